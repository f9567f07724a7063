"""Why these moves and no others, in words that a manager can check against her own figures."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.allocation.moving.problem import Answer, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Children who go from one officer to another together. `number` counts the moves from 1, `bundle` is its number in the
    problem; `points` in units of 1/scale; `meetings`: booked meetings whose chair this changes."""

    number: int
    bundle: int
    children: tuple[str, ...]
    ids: tuple[UUID, ...]
    officer_from: UUID
    officer_to: UUID
    points: int
    meetings: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """Children who should have moved and could not; `reasons` say what stands in the way."""

    bundle: int
    children: tuple[str, ...]
    ids: tuple[UUID, ...]
    officer: UUID
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`message`: the whole proposal in a few sentences, without a child's reference."""

    moves: tuple[Move, ...]
    left_behind: tuple[LeftBehind, ...]
    message: str


def explain(problem: Problem, answer: Answer, worst_bound: int) -> Explained:
    raise NotImplementedError

"""A plan meeting by meeting: what it made of each, and what each costs of the goals that are settled exactly. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.directory.planning import DAYS, Goal
from services.kernel.window import TimeWindow
from services.kernel.words import ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.gathering import Key
from services.planning.goals import covers, days_without_place
from services.planning.problem import Booked, Problem, Wanted
from services.planning.repairing import in_order
from services.planning.times import blocked_by
from services.planning.writing import Part, given_up_by, held_by, taken_by

EXACT = tuple(goal for goal in Goal if goal not in DAYS)
"""The goals that are settled exactly: all but those that choose between days."""
Cost = tuple[int, ...]
"""How far from each of these goals, in the shipped order."""
NOTHING: Cost = (0,) * len(EXACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A meeting that stands (`booked`), or one that is owed (`wanted`), and what the plan has made of it. `placed` None: of what stands,
    nothing; what is owed has no place. `missing`: what it goes on lacking."""

    booked: Booked | None = None
    wanted: Wanted | None = None
    placed: Placed | None = None
    missing: frozenset[ResourceKind] = frozenset()

    @property
    def key(self) -> Key:
        if self.booked is not None:
            return self.booked.key
        assert self.wanted is not None
        return self.wanted.key

    @property
    def moved(self) -> bool:
        return self.placed is not None and self.placed.moved

    @property
    def holds(self) -> tuple[tuple[UUID, TimeWindow], ...]:
        """What it blocks of each resource in the plan."""
        if self.placed is None:
            return () if self.booked is None else self.booked.holds
        kept = () if self.booked is None else (each for each in self.booked.holds if each not in self.placed.gives_up)
        return *kept, *blocked_by(self.placed)

    @property
    def written(self) -> tuple[Part, ...]:
        """What its note-taker has to write up of it in the plan."""
        if self.placed is None:
            return () if self.booked is None else tuple(held_by(self.booked))
        keeps = self.booked is not None and not any(given_up_by(self.placed))
        return *(held_by(self.booked) if keeps and self.booked is not None else ()), *taken_by(self.placed)

    @property
    def chaired(self) -> tuple[UUID, date] | None:
        """Who chairs it in the plan, and on which day."""
        if self.placed is None:
            return None if self.booked is None else self.booked.chaired
        return self.placed.wanted.chair_id, self.placed.day


def pieces_of(problem: Problem, answer: Answer) -> tuple[Piece, ...]:
    """What stands, as the problem has it, then what is owed and has a chair."""
    changed = {each.wanted.key: each for each in answer.placed}
    missing = {booked.key: kinds for booked, kinds in answer.unrepaired}
    return (
        *(Piece(booked=each, placed=changed.get(each.key), missing=missing.get(each.key, frozenset())) for each in problem.booked),
        *(Piece(wanted=each.wanted, placed=each) for each in answer.placed if each.wanted.booked is None),
        *(Piece(wanted=each) for each in answer.missed),
    )


def answer_of(pieces: Iterable[Piece], answer: Answer) -> Answer:
    """The plan of these pieces; what they do not say is as in `answer`."""
    known = list(pieces)
    placed = [each.placed for each in known if each.placed is not None]
    lacking = [(each.booked, each.missing) for each in known if each.booked is not None and each.missing]
    return replace(
        answer,
        placed=tuple(sorted(placed, key=lambda each: (each.meeting.start, str(each.wanted.chair_id)))),
        missed=tuple(each.wanted for each in known if each.wanted is not None and each.placed is None),
        unrepaired=tuple(sorted(lacking, key=in_order)),
    )


def cost_of(problem: Problem, piece: Piece) -> Cost:
    """What the piece adds to the score of the plan."""
    placed = piece.placed
    if piece.booked is None and placed is None:
        assert piece.wanted is not None
        return 1, days_without_place(problem, piece.wanted), 0, 0, 0, 0
    covered = covers(placed) if placed is not None else piece.booked is not None and piece.booked.covered
    chair = int(covered or ResourceKind.IRO in piece.missing)
    if placed is None or placed.in_place:
        return 0, 0, int(bool(piece.missing)), 0, chair, 0
    late = placed.days_late
    after_book_by = int(placed.day > placed.wanted.book_by_on and not late)
    police = int(placed.police_waived is not None) + int(bool(piece.missing))
    return int(bool(late)), late, police, after_book_by, chair, int(placed.moved)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum."""
    return tuple(map(sum, zip(NOTHING, *costs, strict=True)))

"""What callers ask of rebalancing, and what they are answered.

The entry points are in `service`: `propose` answers the id of the proposal, `apply` and `undo` answer `Applied` (or raise
`Superseded`), `cancel_rebalancing` answers the id, `perform_waiting_rebalancings` is the solver worker's.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.kernel.words import ChairAfterMove


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRebalancing:
    """Find at most `max_moves` moves that even out the caseloads.

    `absent_iros`: codes of officers who are or will be away, or leave: all their children are to go to others.
    `keep_references`: children who stay, unless no other way exists. `target_utilisation`: the share of the limit that the
    fullest officer need not go below (0.95: 95 %); None: as low as can be.
    """

    request_key: str
    max_moves: int
    absent_iros: tuple[str, ...] = ()
    keep_references: tuple[str, ...] = ()
    target_utilisation: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRebalancing:
    """Make the moves of a proposal: those named, or (None) all."""

    request_key: str
    id: UUID
    reason: str
    move_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoRebalancing:
    """Take back what a rebalancing did today."""

    request_key: str
    id: UUID
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRebalancing:
    """Want a rebalancing no more."""

    request_key: str
    id: UUID
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisturbedMeeting:
    """A booked meeting that a move disturbs, at the version that was seen: what becomes of its chair, and how many invitations
    change."""

    meeting_id: UUID
    version: int
    chair: ChairAfterMove
    notices: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One move (by its id) that was tried: done, or refused and why."""

    id: UUID
    applied: bool
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of each move, in the order of the proposal."""

    results: tuple[Result, ...]

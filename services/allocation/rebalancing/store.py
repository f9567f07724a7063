"""Rebalancings in PostgreSQL: asked for, claimed by a worker, proposed, applied, undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.allocation.claiming import STALE_AFTER
from services.allocation.rebalancing.commands import DisturbedMeeting, Result
from services.allocation.rebalancing.keeping import kept_results, results_of_kept
from services.kernel.errors import NotFound
from services.kernel.ids import new_id
from services.kernel.words import ChairAfterMove, RunState
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for, in identifiers. `target_utilisation` is a share of the limit."""

    max_moves: int
    absent_iro_ids: tuple[UUID, ...] = ()
    keep_child_ids: tuple[UUID, ...] = ()
    target_utilisation: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A rebalancing that this worker has claimed; `attempts` tells it from any other worker's claim."""

    id: UUID
    wanted: Wanted
    today: date
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A rebalancing, locked. `before`: the table that it starts from, `basis`: what else it rests on, as they are kept."""

    id: UUID
    state: RunState
    wanted: Wanted
    today: date
    requested_by: str
    applied_on: date | None
    before: list[dict[str, Any]]
    basis: Mapping[str, Any]
    message: str | None
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMove:
    number: int
    child_ids: tuple[UUID, ...]
    from_iro_id: UUID
    to_iro_id: UUID
    points: Decimal
    reasons: tuple[str, ...]
    decision: Mapping[str, Any]
    meetings: tuple[DisturbedMeeting, ...]
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMove:
    """A move of a proposal. `meetings`: the version of each meeting that it disturbs. `was`: what applying it changed."""

    id: UUID
    number: int
    child_ids: tuple[UUID, ...]
    from_iro_id: UUID
    to_iro_id: UUID
    points: Decimal
    reasons: tuple[str, ...]
    decision: Mapping[str, Any]
    was: Mapping[str, Any]
    meetings: Mapping[UUID, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a search came to. Shares are of the limit (1: exactly at it)."""

    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    basis: Mapping[str, Any]
    worst_utilisation: Decimal
    bound: Decimal
    message: str
    moves: tuple[NewMove, ...]


# ------------------------------------------------------------------------------------------------------- asked for


async def find_officers(connection: Connection, codes: Collection[str]) -> dict[str, UUID]:
    """The IROs of these codes, as far as there are any."""
    return {row["code"]: row["id"] async for row in _sql.officers_by_code(connection, codes=list(codes))}


async def find_children(connection: Connection, references: Collection[str]) -> dict[str, UUID]:
    """The children of these references, as far as there are any."""
    return {row["reference"]: row["id"] async for row in _sql.children_by_reference(connection, references_=list(references))}


async def add_run(connection: Connection, run_id: UUID, wanted: Wanted, today: date, by: str, now: datetime) -> None:
    stated = {**asdict(wanted), "absent_iro_ids": list(wanted.absent_iro_ids), "keep_child_ids": list(wanted.keep_child_ids)}
    await _sql.add_run(connection, id=run_id, today=today, requested_by=by, requested_at=now, **stated)


# ------------------------------------------------------------------------------------------------------- the worker


async def claim_run(connection: Connection) -> Run | None:
    """The next rebalancing that waits or was left behind, now this worker's; None when there is none."""
    row = await _sql.claim_run(connection, stale_after=STALE_AFTER)
    return None if row is None else Run(id=row["id"], wanted=_wanted(row), today=row["today"], attempts=row["attempts"])


async def beat(connection: Connection, run: Run) -> bool:
    """Tells that the run is being worked on; False when it is no longer this worker's, or cancelled."""
    return bool(await _sql.beat(connection, id=run.id, attempts=run.attempts))


async def show_progress(connection: Connection, run: Run, progress: float, worst: Decimal, bound: Decimal) -> None:
    await _sql.show_progress(connection, id=run.id, attempts=run.attempts, progress=progress, worst_utilisation=worst, bound=bound)


async def hold_run(connection: Connection, run: Run) -> bool:
    """Locks the run until the transaction ends; False when it is no longer this worker's."""
    return bool(await _sql.hold_run(connection, id=run.id, attempts=run.attempts))


async def fail(connection: Connection, run: Run, message: str, now: datetime) -> None:
    """The run has FAILED, if it is still this worker's."""
    await _sql.fail(connection, id=run.id, attempts=run.attempts, finished_at=now, message=message)


async def store_proposal(connection: Connection, run: Run, proposal: Proposal, now: datetime) -> None:
    """The run, which is held, is PROPOSED with its moves and the meetings that they disturb."""
    await _sql.propose(
        connection,
        id=run.id,
        finished_at=now,
        before=proposal.before,
        after=proposal.after,
        basis=dict(proposal.basis),
        worst_utilisation=proposal.worst_utilisation,
        bound=proposal.bound,
        message=proposal.message,
    )
    plain = [{name: getattr(move, name) for name in NewMove.__slots__ if name != "meetings"} for move in proposal.moves]
    await _sql.add_moves(connection, [{**each, "rebalancing_id": run.id} for each in plain])
    met = [{"move_id": move.id, **asdict(meeting)} for move in proposal.moves for meeting in move.meetings]
    await _sql.add_meetings(connection, met)


async def reviews_soon(connection: Connection, child_ids: Collection[UUID], first: date, last: date) -> dict[UUID, date]:
    """The first of these days on which something is due or booked for a child, of those for whom there is one."""
    found = _sql.reviews_soon(connection, child_ids=list(child_ids), first_day=first, last_day=last)
    return {row["child_id"]: row["day"] async for row in found}


# ------------------------------------------------------------------------------------------------ applied and undone


async def lock(connection: Connection, rebalancing_id: UUID) -> Stored:
    """The rebalancing, locked until the transaction ends; raises `NotFound`."""
    row = await _sql.lock(connection, id=rebalancing_id)
    if row is None:
        raise NotFound("there is no such rebalancing")
    return Stored(
        id=row["id"],
        state=RunState(row["state"]),
        wanted=_wanted(row),
        today=row["today"],
        requested_by=row["requested_by"],
        applied_on=row["applied_on"],
        before=row["before"] or [],
        basis=row["basis"] or {},
        message=row["message"],
        results=results_of_kept(row["results"]),
    )


async def load_moves(connection: Connection, rebalancing_id: UUID) -> tuple[StoredMove, ...]:
    """Its moves in their order."""
    return tuple([_move(row) async for row in _sql.moves(connection, rebalancing_id=rebalancing_id)])


async def cancel(connection: Connection, rebalancing_id: UUID, message: str | None, now: datetime) -> None:
    await _sql.cancel(connection, id=rebalancing_id, finished_at=now, message=message)


async def supersede(connection: Connection, rebalancing_id: UUID, message: str) -> bool:
    """It is SUPERSEDED, with what changed; False where it was no longer PROPOSED."""
    return bool(await _sql.supersede(connection, id=rebalancing_id, message=message))


async def note_applied(
    connection: Connection, rebalancing_id: UUID, results: Sequence[Result], *, by: str, now: datetime, on: date, reason: str
) -> None:
    await _sql.note_applied(
        connection, id=rebalancing_id, applied_by=by, applied_at=now, applied_on=on, apply_reason=reason, results=kept_results(results)
    )


async def note_results(connection: Connection, rebalancing_id: UUID, results: Sequence[Result]) -> None:
    await _sql.note_results(connection, id=rebalancing_id, results=kept_results(results))


async def note_undone(connection: Connection, rebalancing_id: UUID, results: Sequence[Result], *, by: str, now: datetime) -> None:
    await _sql.note_undone(connection, id=rebalancing_id, undone_by=by, undone_at=now, results=kept_results(results))


async def note_was(connection: Connection, was: Mapping[UUID, Mapping[str, Any]]) -> None:
    """What applying each move changed, as it was before."""
    await _sql.note_was(connection, [{"id": move, "was": dict(kept)} for move, kept in was.items()])


async def note_chairs(connection: Connection, chairs: Collection[tuple[UUID, UUID, ChairAfterMove, str]]) -> None:
    """What became of the chair of a meeting under a move, where it is not what was foreseen."""
    rows = [{"move_id": move, "meeting_id": meeting, "chair": chair.value, "message": told} for move, meeting, chair, told in chairs]
    await _sql.note_chairs(connection, rows)


async def note_chairs_again(connection: Connection, rebalancing_id: UUID, chairs: Collection[tuple[UUID, ChairAfterMove, str]]) -> None:
    """What has become of the chair of each of these meetings since, under every move that disturbed it."""
    rows = [
        {"rebalancing_id": rebalancing_id, "meeting_id": meeting, "chair": chair.value, "message": told} for meeting, chair, told in chairs
    ]
    await _sql.note_chairs_again(connection, rows)


async def lock_meetings(connection: Connection, ids: Collection[UUID]) -> dict[UUID, int]:
    """The versions of these meetings, which nobody else changes until the transaction ends."""
    return {row["id"]: row["version"] async for row in _sql.lock_meetings(connection, ids=list(ids))}


async def emails(connection: Connection, officers: Collection[UUID]) -> dict[UUID, str]:
    """The addresses of these officers, by code."""
    return {row["id"]: row["email"] async for row in _sql.emails(connection, ids=list(officers))}


def _wanted(row: Any) -> Wanted:
    return Wanted(
        max_moves=row["max_moves"],
        absent_iro_ids=tuple(row["absent_iro_ids"]),
        keep_child_ids=tuple(row["keep_child_ids"]),
        target_utilisation=row["target_utilisation"],
    )


def _move(row: Any) -> StoredMove:
    read = {
        "child_ids": tuple(row["child_ids"]),
        "reasons": tuple(row["reasons"]),
        "meetings": {UUID(meeting): version for meeting, version in row["meetings"].items()},
    }
    return StoredMove(**{**{name: row[name] for name in StoredMove.__slots__ if name not in read}, **read})

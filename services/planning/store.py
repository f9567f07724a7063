"""Plans in PostgreSQL: the snapshot that a problem is made of, runs and their state, placements."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.kernel.errors import Blocker, NotFound
from services.kernel.ids import new_id
from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, ResourceKind, RunState
from services.planning.answer import Placed, Progress
from services.planning.problem import Booked, Owed
from services.planning.proposing import Proposal
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One plan as its row has it. `attempts`: workers that took it up."""

    id: UUID
    state: RunState
    first_day: date
    last_day: date
    kinds: tuple[MeetingKind, ...] | None
    may_move: int
    frozen_days: int
    today: date
    requested_by: str
    apply_by: str | None
    attempts: int = 0


# --------------------------------------------------------------------------------------------------------- runs


def span_of_run(run: Run) -> dict[str, Any]:
    """The columns that say what a plan covers."""
    kinds = None if run.kinds is None else [kind.value for kind in run.kinds]
    return {"first_day": run.first_day, "last_day": run.last_day, "today": run.today, "kinds": kinds}


async def add_run(connection: Connection, run: Run, now: datetime) -> None:
    """A plan that waits for a solver worker."""
    allowed = {"may_move": run.may_move, "frozen_days": run.frozen_days}
    await _sql.add_plan(connection, id=run.id, **span_of_run(run), **allowed, requested_by=run.requested_by, now=now)


async def lock_run(connection: Connection, plan_id: UUID) -> Run:
    """The plan, which nobody else changes until the transaction ends; raises `NotFound`."""
    row = await _sql.lock_plan(connection, id=plan_id)
    if row is None:
        raise NotFound(f"there is no plan {plan_id}")
    return _run(row)


async def start_applying(connection: Connection, plan_id: UUID, apply_by: str) -> None:
    await _sql.start_applying(connection, id=plan_id, apply_by=apply_by)


async def cancel(connection: Connection, plan_id: UUID, now: datetime) -> None:
    await _sql.cancel(connection, id=plan_id, now=now)


async def claim(connection: Connection, now: datetime, stale: timedelta) -> Run | None:
    """The oldest run that waits, RUNNING or APPLYING from now on; also one whose worker has not been heard of for `stale`."""
    row = await _sql.claim(connection, now=now, stale=now - stale)
    return None if row is None else _run(row)


async def beat(connection: Connection, plan_id: UUID, now: datetime, progress: Progress | None = None) -> RunState:
    """The run is alive, and as far as told; answers its state, since somebody may have cancelled it."""
    state = await _sql.beat(
        connection,
        id=plan_id,
        now=now,
        progress=None if progress is None else progress.share,
        placed=None if progress is None else progress.placed,
        late=None if progress is None else progress.late,
        late_bound=None if progress is None else progress.late_bound,
    )
    return RunState(state)


async def fail(connection: Connection, plan_id: UUID, now: datetime, message: str) -> None:
    await _sql.fail(connection, id=plan_id, now=now, message=message)


def _run(row: Any) -> Run:
    return Run(
        id=row["id"],
        state=RunState(row["state"]),
        first_day=row["first_day"],
        last_day=row["last_day"],
        kinds=None if row["kinds"] is None else tuple(MeetingKind(kind) for kind in row["kinds"]),
        may_move=row["may_move"],
        frozen_days=row["frozen_days"],
        today=row["today"],
        requested_by=row["requested_by"],
        apply_by=row["apply_by"],
        attempts=row["attempts"],
    )


# --------------------------------------------------------------------------------------------------- placements


async def store_proposal(connection: Connection, run: Run, proposal: Proposal, now: datetime) -> None:
    """The proposal in place of whatever an earlier try of the same run left; PROPOSED unless it was cancelled meanwhile."""
    await _sql.forget_placements(connection, id=run.id)
    await _sql.forget_unplaced(connection, id=run.id)
    placements, items = [], []
    each_with = zip(proposal.answer.placed, proposal.reasons, proposal.groups, strict=True)
    for number, (placed, reasons, group) in enumerate(each_with, start=1):
        placement_id = new_id()
        placements.append({**_placement(run.id, placement_id, number, placed, reasons), "group_number": group})
        about = [each for each in placed.wanted.items if not each.of_household]  # of a foster home its meeting says so
        items += [_item(placement_id, position, owed) for position, owed in enumerate(about, start=1)]
    unplaced = [_unplaced(run.id, number, owed, blockers) for number, (owed, blockers) in enumerate(proposal.unplaced, start=1)]
    for table, rows in (("plan_placement", placements), ("plan_placement_item", items)):
        if rows:
            await connection.copy_records_to_table(table, columns=list(rows[0]), records=[tuple(row.values()) for row in rows])
    await _sql.add_unplaced(connection, unplaced)  # COPY takes no JSON by the codec of the connection
    unrepaired = [
        _unrepaired(run.id, number, booked, missing, blockers)
        for number, (booked, missing, blockers) in enumerate(proposal.unrepaired, start=len(unplaced) + 1)
    ]
    await _sql.add_unrepaired(connection, unrepaired)
    await _sql.propose(
        connection,
        id=run.id,
        now=now,
        wanted=proposal.wanted,
        placed=len(proposal.answer.placed),
        late=proposal.late,
        late_bound=proposal.answer.late_bound,
        message=proposal.message or None,
        goals=[{"goal": each.goal.value, "value": each.value, "bound": each.bound} for each in proposal.proofs],
    )


def _placement(plan_id: UUID, placement_id: UUID, number: int, placed: Placed, reasons: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": placement_id,
        "plan_id": plan_id,
        "number": number,
        "kind": placed.wanted.kind.value,
        **_standing(placed.wanted.booked, moved=placed.moved),
        "starts_at": placed.meeting.start,
        "ends_at": placed.meeting.end,
        "chair_id": placed.wanted.chair_id,
        "room_id": placed.room_id,
        "note_taker_id": placed.note_taker_id,
        "police_team_id": placed.police_team_id,
        "police_waived_reason": placed.police_waived,
        "late": placed.days_late > 0,
        "reasons": list(reasons),
    }


def _standing(booked: Booked | None, *, moved: bool) -> dict[str, Any]:
    """The meeting that a placement changes, as it stood; whence it is moved."""
    if booked is None:
        return {"meeting_id": None, "meeting_version": None, "moved_from": None}
    return {"meeting_id": booked.meeting_id, "meeting_version": booked.version, "moved_from": booked.meeting.start if moved else None}


def _unrepaired(
    plan_id: UUID, number: int, booked: Booked, missing: frozenset[ResourceKind], blockers: tuple[Blocker, ...]
) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "number": number,
        "meeting_id": booked.meeting_id,
        "kind": booked.kind.value,
        "lacks": [kind.value for kind in ResourceKind if kind in missing],
        "blockers": [asdict(blocker) for blocker in blockers],
    }


def _item(placement_id: UUID, number: int, owed: Owed) -> dict[str, Any]:
    return {"placement_id": placement_id, "number": number, **_known(owed), "chained": owed.chained}


def _unplaced(plan_id: UUID, number: int, owed: Owed, blockers: tuple[Blocker, ...]) -> dict[str, Any]:
    return {"plan_id": plan_id, "number": number, **_known(owed), "blockers": [asdict(blocker) for blocker in blockers]}


def _known(owed: Owed) -> dict[str, Any]:
    return {
        "obligation_id": owed.obligation_id,
        "child_id": owed.child_id,
        "kind": owed.kind.value,
        "triggered_on": owed.triggered_on,
        "statutory_due_on": owed.statutory_due_on,
        "book_by_on": owed.book_by_on,
        "rule_code": owed.rule_code,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    child_id: UUID
    kind: MeetingKind
    obligation_id: UUID
    triggered_on: date
    chained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlacement:
    """A placement that has not been tried yet. `meeting_version` None: a new meeting; else of the one that it changes, as it stood."""

    id: UUID
    kind: MeetingKind
    meeting_id: UUID | None
    meeting_version: int | None
    moved_from: datetime | None
    group_number: int | None
    starts_at: datetime
    ends_at: datetime
    chair_id: UUID
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    police_waived_reason: str | None
    reasons: tuple[str, ...]
    items: tuple[StoredItem, ...]


async def next_placements(connection: Connection, plan_id: UUID, at_once: int) -> tuple[StoredPlacement, ...]:
    """The next ones that nobody has tried, in the order of their times, with all that stands or falls with them, locked until the
    transaction ends."""
    return tuple([_stored(row) async for row in _sql.next_placements(connection, id=plan_id, at_once=at_once)])


async def waiting_placements(connection: Connection, ids: Collection[UUID]) -> tuple[StoredPlacement, ...]:
    """Of these placements those that nobody has tried."""
    return tuple([_stored(row) async for row in _sql.waiting_placements(connection, ids=list(ids))])


def _stored(row: Any) -> StoredPlacement:
    plain = {name: row[name] for name in StoredPlacement.__slots__ if name not in ("kind", "items", "reasons")}
    items = [
        StoredItem(
            child_id=UUID(item["child_id"]),
            kind=MeetingKind(item["kind"]),
            obligation_id=UUID(item["obligation_id"]),
            triggered_on=date.fromisoformat(item["triggered_on"]),
            chained=item["chained"],
        )
        for item in row["items"]
    ]
    return StoredPlacement(**plain, kind=MeetingKind(row["kind"]), reasons=tuple(row["reasons"]), items=tuple(items))


async def follows_something(connection: Connection, item: StoredItem) -> bool:
    """Whether the meeting on which a chained item hangs has been booked on the day that the plan gave it."""
    return bool(await _sql.booked_on(connection, child_id=item.child_id, day=item.triggered_on))


async def chairs_all(connection: Connection, placement: StoredPlacement) -> bool:
    """Whether the chair is, on the day of the meeting, the allocated officer of every child: since the plan that may have changed.
    A panel's chair never is: booking judges her."""
    if placement.kind is MeetingKind.SECURE_CRITERIA_REVIEW:
        return True
    children = [item.child_id for item in placement.items]
    return bool(await _sql.chairs_all(connection, child_ids=children, chair_id=placement.chair_id, day=civil_day(placement.starts_at)))


async def note_applied(connection: Connection, placement_id: UUID, *, meeting_id: UUID | None, refusal: str | None) -> None:
    await _sql.note_applied(connection, id=placement_id, applied=refusal is None, result=refusal, meeting_id=meeting_id)


async def note_share(connection: Connection, plan_id: UUID, now: datetime) -> None:
    """The run is alive, and as far as its placements say."""
    share = await _sql.applied_share(connection, id=plan_id)
    await _sql.beat(connection, id=plan_id, now=now, progress=share, placed=None, late=None, late_bound=None)


async def finish_applying(connection: Connection, plan_id: UUID, now: datetime) -> None:
    """APPLIED, with how many were booked, unless it was cancelled meanwhile."""
    await _sql.finish_applying(connection, id=plan_id, now=now)

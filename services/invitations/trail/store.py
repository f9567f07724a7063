"""Papers of meetings and what calendars show of them, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.invitations.trail.rules import Sitting, Step, TrailMeeting
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind, MeetingState, TaskKind, TaskOf
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A paper as it was stated last. `round`: how many times it was to be done."""

    id: UUID
    meeting_id: UUID
    step: Step
    round: int
    done: bool
    lapsed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What calendars are to show of a paper: to its owner, and to nobody any more who had it before or once it is `over`."""

    task_id: UUID
    reference: str
    owner_id: UUID | None
    due_at: datetime
    due_on: date | None
    over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """What one calendar shows of a paper; `vevent`: the bytes of its event."""

    uid: str
    task_id: UUID
    owner_id: UUID
    sequence: int
    cancelled: bool
    due_at: datetime
    due_on: date | None
    starts_at: datetime | None = None
    vevent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an addressee was told of a sitting, under which SEQUENCE, and since when."""

    uid: str
    sequence: int
    kind: str
    email: str
    window: TimeWindow
    location: str
    since: datetime


async def due_meetings(connection: Connection, hour: datetime, most: int) -> list[TrailMeeting]:
    """Meetings whose papers are to be looked at by that hour, locked until the transaction ends."""
    ids = [row["id"] async for row in _queries.due_meetings(connection, hour=hour, most=most)]
    return [_meeting(row) async for row in _queries.meetings(connection, ids=ids)] if ids else []


async def look_again(connection: Connection, looks: Collection[tuple[UUID, datetime | None]], hour: datetime) -> None:
    """Each of these has been looked at at `hour`, and is next at its own; None: not before it changes."""
    await _queries.look_again(connection, ids=[each for each, _ in looks], looks=[at for _, at in looks], hour=hour)


async def look_at_all(connection: Connection, since: datetime) -> None:
    """Every meeting that ends after that is looked at as soon as may be."""
    await _queries.look_at_all(connection, since=since)


async def look_by_settings(connection: Connection, today: date, since: datetime) -> None:
    """Every meeting that ends after that, and was looked at last before settings that matter here changed, is looked at soon."""
    await _queries.look_by_settings(connection, today=today, since=since)


async def tasks_of(connection: Connection, ids: Collection[UUID]) -> dict[UUID, list[Kept]]:
    """The papers of these meetings, locked until the transaction ends."""
    found: dict[UUID, list[Kept]] = {}
    async for row in _queries.tasks_of(connection, ids=list(ids)):
        found.setdefault(row["meeting_id"], []).append(_kept(row))
    return found


async def raise_task(connection: Connection, task_id: UUID, meeting_id: UUID, step: Step, now: datetime) -> None:
    """It is owed from now on."""
    await _queries.raise_task(connection, id=task_id, meeting_id=meeting_id, kind=step.kind.value, now=now, **_stated(step))


async def restate_task(connection: Connection, task_id: UUID, step: Step, now: datetime, *, anew: bool) -> None:
    """It is owed as stated; `anew`: whatever was done of it."""
    await _queries.restate_task(connection, id=task_id, now=now, anew=anew, **_stated(step))


async def lapse_task(connection: Connection, task_id: UUID) -> None:
    await _queries.lapse_task(connection, id=task_id)


async def finish_task(connection: Connection, task_id: UUID, now: datetime, by: str) -> bool:
    """It is done; False: it was not owed (any more)."""
    return await _queries.finish_task(connection, id=task_id, now=now, by=by) is not None


async def reopen_task(connection: Connection, task_id: UUID, step: Step, now: datetime, by: str) -> None:
    """It is owed again, by when it says now, if it was done by these: what was done of it is not to be done again."""
    await _queries.reopen_task(connection, id=task_id, due_at=step.due_at, due_on=step.due_on, now=now, by=by)


async def shown_task(connection: Connection, task_id: UUID) -> Shown:
    row = await _queries.shown_task(connection, id=task_id)
    return Shown(
        task_id=row["id"],
        reference=row["reference"],
        owner_id=row["owner_id"],
        due_at=row["due_at"],
        due_on=row["due_on"],
        over=row["over"],
    )


async def entries_of(connection: Connection, task_ids: Collection[UUID]) -> list[TaskEntry]:
    """What calendars show of these papers, locked until the transaction ends."""
    return [TaskEntry(**row) async for row in _queries.entries_of(connection, task_ids=list(task_ids))]


async def write_entries(connection: Connection, entries: Sequence[TaskEntry], now: datetime) -> None:
    """Entries, new and known ones, are as stated, and each owner's diary has its next version."""
    await _queries.write_entries(
        connection,
        uids=[each.uid for each in entries],
        task_ids=[each.task_id for each in entries],
        owners=[each.owner_id for each in entries],
        sequences=[each.sequence for each in entries],
        cancelled=[each.cancelled for each in entries],
        due_ats=[each.due_at for each in entries],
        due_ons=[each.due_on for each in entries],
        starts=[each.starts_at for each in entries],
        events=[each.vevent for each in entries],
        now=now,
    )


async def invited(connection: Connection, meeting_id: UUID, kinds: Collection[str], starts_at: datetime) -> list[Told]:
    """Who of these kinds was told last to come to the sitting that begins then, and has an address."""
    rows = _queries.invited(connection, meeting_id=meeting_id, kinds=list(kinds), starts_at=starts_at)
    return [
        Told(
            uid=row["uid"],
            sequence=row["sequence"],
            kind=row["addressee_kind"],
            email=row["email"],
            window=TimeWindow(row["starts_at"], row["ends_at"]),
            location=row["location"],
            since=row["changed_at"],
        )
        async for row in rows
    ]


async def mailed(connection: Connection, meeting_id: UUID, paper: TaskKind, number: int) -> frozenset[str]:
    """To which addresses a paper is owed, or went, already in the round of that number."""
    rows = _queries.mailed(connection, meeting_id=meeting_id, paper=paper.value, round=number)
    return frozenset([row["email"] async for row in rows])


async def reporting_roles(connection: Connection, meeting_id: UUID) -> frozenset[str]:
    """Who is asked to come whose time the unit does not hold, by role."""
    return frozenset([row["role"] async for row in _queries.reporting_roles(connection, meeting_id=meeting_id)])


def _stated(step: Step) -> dict[str, Any]:
    return {
        "whose": step.of.value,
        "owner_id": step.owner_id,
        "runs_from": step.runs_from,
        "due_at": step.due_at,
        "due_on": step.due_on,
    }


def _kept(row: Any) -> Kept:
    step = Step(
        kind=TaskKind(row["kind"]),
        of=TaskOf(row["whose"]),
        owner_id=row["owner_id"],
        runs_from=row["runs_from"],
        due_at=row["due_at"],
        due_on=row["due_on"],
    )
    return Kept(id=row["id"], meeting_id=row["meeting_id"], step=step, round=row["round"], done=row["done"], lapsed=row["lapsed"])


def _meeting(row: Any) -> TrailMeeting:
    sittings = zip(row["starts"], row["ends"], row["held"], strict=True)
    return TrailMeeting(
        id=row["id"],
        reference=row["reference"],
        kinds=frozenset(MeetingKind(kind) for kind in row["kinds"]),
        state=MeetingState(row["state"]),
        sittings=tuple(Sitting(window=TimeWindow(starts, ends), held_on=held) for starts, ends, held in sittings),
        chair_id=row["chair_id"],
        note_taker_id=row["note_taker_id"],
        police_team_id=row["police_team_id"],
    )

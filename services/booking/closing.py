"""Meetings of the diary that an import of records shows as held: closed, with what the records say of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from services.booking import rules, store
from services.booking.changing import lock_police
from services.booking.desk import Desk
from services.booking.entry import Sat
from services.booking.sitting import still_expected
from services.booking.telling import tell
from services.directory.store import load_settings
from services.history.versions import revise_version
from services.kernel.actor import Actor
from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, MeetingState
from services.platform import audit
from services.platform.database import Connection
from services.platform.sql import load_queries

HELD, PARTLY_HELD, ON_ANOTHER_DAY, BUSY = "MEETING_HELD", "MEETING_PARTLY_HELD", "MEETING_ON_ANOTHER_DAY", "MEETING_BUSY"
_sql = load_queries(__file__, "closing.sql")
_STARTING = [kind.value for kind in rules.STARTING]
_REVIEWS = [MeetingKind.CARE_REVIEW.value, MeetingKind.ADOPTION_REVIEW.value, MeetingKind.SHORT_BREAK_REVIEW.value]
"""A return states that a child was reviewed, and not in which of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of one meeting, or is doubtful of one child of it. `rule` is one of the codes above."""

    rule: str
    meeting_reference: str
    child_reference: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveItem:
    """One child of a meeting that stands. `held_on`: of the record that it was held on a day of its sittings, if there is one;
    `answered_on`: when what the meeting is for was met; `triggered_on`: when the clock of that began."""

    meeting_id: UUID
    meeting_reference: str
    days: tuple[date, ...]
    child_id: UUID | None
    child_reference: str | None
    kind: MeetingKind
    triggered_on: date | None = None
    answered_on: date | None = None
    record_id: UUID | None = None
    held_kind: MeetingKind | None = None
    held_on: date | None = None
    completed_on: date | None = None
    source: str | None = None


async def close_as_held_in(
    connection: Connection, actor: Actor, child_ids: Collection[UUID], *, import_id: UUID, now: datetime, today: date
) -> tuple[Told, ...]:
    """Each live meeting whose day has come and of which every child has a record of that day is held, and that record is the meeting's.

    To be called before the obligations of these children are rewritten: a duty must find its own meeting held, not another
    record of the same day. What the meeting held from `now` on is free; who would still come to a sitting after today hears that
    there is none.
    """
    desk = Desk(connection=connection, actor=actor, now=now, today=today, settings=await load_settings(connection, today))
    meetings = await _live_meetings(connection, child_ids)
    return tuple([await _close(desk, items, import_id) for items in meetings if is_held(items, today)])


async def doubts_in(connection: Connection, child_ids: Collection[UUID], *, today: date) -> tuple[Told, ...]:
    """The live meetings of these children that their records contradict, which only a person can settle: some children have a
    record of that day, others none; or what the meeting is for was met on another day. To be called after rewriting."""
    meetings = await _live_meetings(connection, child_ids)
    return tuple(told for items in meetings if not is_held(items, today) for told in doubts_of(items, today))


async def _live_meetings(connection: Connection, child_ids: Collection[UUID]) -> list[list[LiveItem]]:
    rows = [_item(row) async for row in _sql.live_items(connection, child_ids=list(child_ids), starting=_STARTING, reviews=_REVIEWS)]
    return [list(items) for _, items in groupby(rows, key=lambda item: item.meeting_id)]


def is_held(items: Sequence[LiveItem], today: date) -> bool:
    """Whether the records show the whole meeting as over: of every child, and its last sitting too."""
    if any(item.held_on is None for item in items):
        return False
    last = max(items[0].days)
    return last <= today or all(item.completed_on is not None and item.completed_on <= today for item in items)


def doubts_of(items: Sequence[LiveItem], today: date) -> list[Told]:
    """What the records contradict in a meeting that they do not show as held."""
    first = items[0]
    recorded = [item for item in items if item.held_on is not None]
    if recorded and len(recorded) < len(items) and min(first.days) <= today:
        return [_partly(item, recorded) for item in items if item.held_on is None]
    return [_elsewhere(item, today) for item in items if item.held_on is None and _is_superfluous(item, today)]


def _is_superfluous(item: LiveItem, today: date) -> bool:
    if item.answered_on is not None:
        return item.answered_on not in item.days
    return item.triggered_on is not None and max(item.days) <= today and item.triggered_on > max(item.days)


def _partly(item: LiveItem, recorded: Sequence[LiveItem]) -> Told:
    others = ", ".join(each.child_reference or "" for each in recorded)
    days = _days(item)
    message = (
        f"{item.meeting_reference} of {days} is recorded as held for {others}, not for this child; "
        "the meeting is left as it is: record it as held, or correct the records"
    )
    return Told(rule=PARTLY_HELD, meeting_reference=item.meeting_reference, child_reference=item.child_reference, message=message)


def _elsewhere(item: LiveItem, today: date) -> Told:
    met = f"on {item.answered_on.isoformat()}" if item.answered_on is not None else "before another clock began"
    left = "cancel it, or move it to what is owed next" if max(item.days) > today else "cancel it, or correct the day of the record"
    message = f"{item.meeting_reference} stands on {_days(item)}, but what it is for was met {met}: {left}"
    return Told(rule=ON_ANOTHER_DAY, meeting_reference=item.meeting_reference, child_reference=item.child_reference, message=message)


def _days(item: LiveItem) -> str:
    return " and ".join(day.isoformat() for day in sorted(item.days))


async def _close(desk: Desk, items: Sequence[LiveItem], import_id: UUID) -> Told:
    first = items[0]
    if await _sql.lock_idle_meeting(desk.connection, id=first.meeting_id) is None:
        message = (
            f"{first.meeting_reference} of {_days(first)} is held by the records, but somebody is changing it at this moment: look at it"
        )
        return Told(rule=BUSY, meeting_reference=first.meeting_reference, child_reference=None, message=message)
    entry = await store.read_entry(desk.connection, first.meeting_id)
    for record_id, of_record in groupby(sorted(items, key=lambda item: str(item.record_id)), key=lambda item: item.record_id):
        await _link(desk, record_id, list(of_record))
    await lock_police(desk, entry)
    await store.drop_holds(desk.connection, [entry.id], since=desk.hour)
    held_on = max(item.completed_on or item.held_on for item in items if item.held_on is not None)
    sat = tuple(Sat(held_on=day) for each in entry.sittings[len(entry.sat) :] if (day := civil_day(each.start)) <= held_on)
    held = replace(entry, state=MeetingState.HELD, provisional_until=None, sat=(*entry.sat, *sat), version=entry.version + 1)
    event = desk.event("HELD", held_on=held_on, import_id=import_id, recorded_by=sorted({item.source or "" for item in items}))
    await store.change_meeting(desk.connection, held, event)
    await store.note_sat(desk.connection, replace(held, sittings=held.sittings[: len(held.sat)]))
    details = {"held_on": held_on.isoformat(), "import_id": str(import_id)}
    if still_expected(desk, entry, held):
        await tell(desk, held, (), "RECORD_HELD", **details)
    else:
        details["version"] = str(held.version)
        await audit.record(desk.connection, desk.actor, "RECORD_HELD", subject=f"meeting:{entry.id}", details=details)
    message = f"{first.meeting_reference} of {_days(first)} is held: the records say so"
    return Told(rule=HELD, meeting_reference=first.meeting_reference, child_reference=None, message=message)


async def _link(desk: Desk, record_id: UUID | None, items: Sequence[LiveItem]) -> None:
    """The record is this meeting's from now on, and keeps its source: the same return again still finds it as its own.

    One review that was booked for both clocks of a child who may be adopted is recorded as what answers both.
    """
    first = items[0]
    assert record_id is not None
    assert first.source is not None
    changes: dict[str, object] = {"meeting_id": first.meeting_id}
    if first.held_kind is MeetingKind.CARE_REVIEW and any(item.kind is MeetingKind.ADOPTION_REVIEW for item in items):
        changes["kind"] = MeetingKind.ADOPTION_REVIEW.value
    await revise_version(desk.connection, "held_record", record_id, changes, source=first.source, at=desk.now)


def _item(row: Any) -> LiveItem:
    held_kind = row["held_kind"]
    values = {**row, "days": tuple(row["days"]), "kind": MeetingKind(row["kind"])}
    return LiveItem(**{**values, "held_kind": None if held_kind is None else MeetingKind(held_kind)})

"""What booking reads and writes in PostgreSQL. A constraint that refuses is answered by its name; `refusals` speaks it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.booking import rows, written_rows
from services.booking.attendee_rows import attendee_rows, people_rows
from services.booking.entry import Entry, Hold
from services.booking.needs import Span
from services.booking.refusals import MAY_REFUSE, Overtaken
from services.booking.rows import Attendance, Candidate, OfficerThen, Shelf
from services.booking.subject_store import load_dues
from services.booking.written_rows import Event
from services.directory.attendance import RESOURCES
from services.directory.store import SETTINGS
from services.invitations.store import OWED
from services.kernel.errors import NotFound
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind, ResourceKind
from services.platform.audit import ADDED
from services.platform.database import Connection
from services.platform.ranges import range_of
from services.platform.requests import CLAIM, Claim
from services.platform.sql import load_queries

_HELD_AND_ABOUT = "(SELECT count(*) FROM held) + (SELECT count(*) FROM about) > 0"
_words = {"claim": CLAIM, "settings": SETTINGS, "audit": ADDED, **OWED, "the_rest_is_done": _HELD_AND_ABOUT}
_sql = load_queries(__file__, words=_words)
_rechairing = load_queries(__file__, "rechairing.sql")


async def attempt(connection: Connection, work: Callable[[], Awaitable[None]], may_refuse: Collection[str]) -> str | None:
    """`work` in a savepoint. None: done. Else which of these constraints refused it, and nothing was done."""
    try:
        async with connection.transaction():
            await work()
    except asyncpg.IntegrityConstraintViolationError as refused:
        if refused.constraint_name not in may_refuse:
            raise
        return refused.constraint_name
    return None


async def claim_desk(connection: Connection, claim: Claim, today: date) -> str | None:
    """The request key is this transaction's and no child becomes another, as `keep_subjects` says; answers what is stated as settings
    on the day, for `settings_of`. None: the key is known."""
    row = await _sql.claim_desk(connection, actor=claim.actor, key=claim.key, body_hash=claim.body_hash, answer=claim.answer, today=today)
    return None if row is None else row["settings"]


async def keep_subjects(connection: Connection) -> None:
    """Until the transaction ends no child becomes another: whom a meeting is about is read once, and holds. Any number of writers
    may have this at a time; to be taken before anything is read."""
    await _sql.share_subjects(connection)


async def stop_diary(connection: Connection) -> None:
    """Waits for every change of the diary that is under way; until the transaction ends none begins."""
    await _sql.own_subjects(connection)


async def lock_entry(connection: Connection, meeting_id: UUID, *, own_iro: UUID | None = None, today: date | None = None) -> Entry:
    """The meeting, locked until the transaction ends; raises `NotFound` where there is none, or none for this officer."""
    await _sql.lock_meeting(connection, id=meeting_id)
    return await read_entry(connection, meeting_id, own_iro=own_iro, today=today)


async def read_entry(connection: Connection, meeting_id: UUID, *, own_iro: UUID | None = None, today: date | None = None) -> Entry:
    """The meeting as it is; raises `NotFound` where there is none, or none for this officer."""
    row = await _sql.entry(connection, id=meeting_id, own_iro=own_iro, today=today)
    if row is None:
        raise NotFound("there is no such meeting")
    owed = [UUID(item["obligation_id"]) for item in row["items"] if item["obligation_id"]]
    dues = await load_dues(connection, obligation_ids=owed)
    return rows.entry(row, {due.id: due for due in dues})


async def find_resource(connection: Connection, kind: ResourceKind, code: str) -> UUID:
    """The IRO, room, note-taker or police team of that code; raises `NotFound`."""
    found: UUID | None = await _sql.resource_id_of(connection, kind=kind.value, code=code)
    if found is None:
        raise NotFound(f"there is no {kind.value} {code}")
    return found


async def lock_police_days(connection: Connection, days: Collection[date]) -> None:
    """Until the transaction ends nobody else deals places of the police on these days."""
    for day in sorted(set(days)):
        await _sql.lock_police_day(connection, day=day)


async def find_candidates(
    connection: Connection, wanted: Mapping[ResourceKind, tuple[TimeWindow, TimeWindow]], only: Mapping[ResourceKind, UUID], day: TimeWindow
) -> dict[ResourceKind, list[Candidate]]:
    """Resources of the wanted kinds (each with its blocked and attended span), of a kind in `only` that one alone.

    By kind: rooms smallest first, everything else by code.
    """
    stated = _sql.candidates(
        connection,
        kinds=[kind.value for kind in wanted],
        blocked=[range_of(blocked) for blocked, _ in wanted.values()],
        attended=[range_of(attended) for _, attended in wanted.values()],
        restricted=[kind in only for kind in wanted],
        only=list(only.values()),
        day=range_of(day),
    )
    found: dict[ResourceKind, list[Candidate]] = {kind: [] for kind in wanted}
    of_kind = {kind.value: candidates for kind, candidates in found.items()}
    async for row in stated:
        of_kind[row["kind"]].append(Candidate(row))
    return found


async def police_attendances(connection: Connection, team_ids: Collection[UUID], day: TimeWindow) -> list[Attendance]:
    """Every attendance of the teams that touches the day."""
    stated = _sql.police_holds(connection, team_ids=list(team_ids), day=range_of(day))
    return [rows.attendance(row) async for row in stated]


async def add_meeting(connection: Connection, entry: Entry, holds: Sequence[Hold], event: Event) -> None:
    """The meeting with its sittings, items, attendees and the first line of its history; without its holds."""
    await _sql.add_meeting(connection, **_new(entry, holds, event))


def _new(entry: Entry, holds: Sequence[Hold], event: Event) -> dict[str, Any]:
    """The rows of a meeting that is not there yet, without its holds."""
    return {
        "meeting": written_rows.meeting_row(entry),
        "sittings": written_rows.sitting_rows(entry),
        "items": written_rows.item_rows(entry),
        "attendees": attendee_rows(entry, holds),
        "event": written_rows.event_row(entry.id, 1, event),
    }


async def book_at_once(
    connection: Connection, entry: Entry, holds: Sequence[Hold], event: Event, audited: Mapping[str, Any], owed: Mapping[str, Any]
) -> None:
    """As `add_meeting` and `write_holds`, audited, and everybody owed what is to be told. Raises `Overtaken` where something refuses
    that may."""
    try:
        await _sql.book_at_once(
            connection,
            **_new(entry, holds, event),
            numbers=[hold.sitting for hold in holds],
            **_columns(holds),
            **audited,
            **owed,
        )
    except asyncpg.IntegrityConstraintViolationError as refused:
        if refused.constraint_name not in MAY_REFUSE:
            raise
        raise Overtaken from refused


async def change_meeting(connection: Connection, entry: Entry, event: Event, *, live: bool | None = None) -> None:
    """The meeting is as given, with one more line of history. `live`: whether it stands for its obligations from now on."""
    await _sql.change_meeting(
        connection, meeting=written_rows.meeting_row(entry), event=written_rows.event_row(entry.id, 0, event), live=live
    )


async def replace_attendance(connection: Connection, entry: Entry, holds: Sequence[Hold]) -> None:
    """Sittings and attendees are those of the entry."""
    await _sql.drop_attendance(connection, meeting_id=entry.id)
    await _sql.add_attendance(connection, sittings=written_rows.sitting_rows(entry), attendees=attendee_rows(entry, holds))


async def replace_people(connection: Connection, entry: Entry) -> None:
    """Who comes beside those whose time is held are the attendees of the entry."""
    await _sql.drop_people(connection, meeting_id=entry.id, resources=sorted(RESOURCES))
    await _sql.add_people(connection, attendees=people_rows(entry))


async def mark_attended(connection: Connection, meeting_id: UUID, roles: Sequence[str]) -> None:
    """Of those whose time is held these roles came, and no other."""
    await _sql.mark_attended(connection, meeting_id=meeting_id, resources=sorted(RESOURCES), came=list(roles))


async def load_room(connection: Connection, room_id: UUID) -> tuple[int, frozenset[str]]:
    """Seats and features."""
    row = await _sql.room(connection, id=room_id)
    return row["seats"], frozenset(row["features"])


async def is_illness_induced(connection: Connection, child_ids: Collection[UUID], on_day: date) -> bool:
    """Whether a paediatrician belongs to the quorum of a conference about these children on that day."""
    return bool(await _sql.is_illness_induced(connection, child_ids=list(child_ids), on_day=on_day))


async def drop_holds(
    connection: Connection,
    meeting_ids: Collection[UUID],
    *,
    resource_ids: Collection[UUID] | None = None,
    since: datetime | None = None,
    sittings: Collection[int] | None = None,
) -> None:
    """What these meetings held is free: all of it, or of some resources, or from an instant on, or for some sittings."""
    chosen = None if resource_ids is None else list(resource_ids)
    numbers = None if sittings is None else list(sittings)
    await _sql.drop_holds(connection, meeting_ids=list(meeting_ids), resource_ids=chosen, since=since, sittings=numbers)


async def write_holds(connection: Connection, holds: Sequence[Hold], *, instead_of: Sequence[Hold] = ()) -> None:
    """All these holds stand, in place of the others: the only way to take a resource. PostgreSQL refuses what clashes."""
    if instead_of:
        blocked = [range_of(hold.blocked) for hold in instead_of]
        await _sql.drop_these_holds(connection, resource_ids=[hold.resource_id for hold in instead_of], blocked=blocked)
    await _sql.add_holds(connection, sittings=[hold.sitting for hold in holds], **_columns(holds))


def _columns(holds: Sequence[Hold]) -> dict[str, list[Any]]:
    return {
        "resource_ids": [hold.resource_id for hold in holds],
        "blocked": [range_of(hold.blocked) for hold in holds],
        "attended": [range_of(hold.attended) for hold in holds],
        "meeting_ids": [hold.meeting_id for hold in holds],
        "write_up": [hold.write_up for hold in holds],
    }


async def lapsed_meetings(connection: Connection, within: TimeWindow, obligation_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """Provisional meetings whose time is over, in a span or for an obligation; locked."""
    stated = _sql.lapsed_meetings(connection, within=range_of(within), obligation_ids=list(obligation_ids), now=now)
    return [row["id"] async for row in stated]


async def note_sat(connection: Connection, entry: Entry) -> None:
    """The sittings of the meeting, which is held, are those that took place, on which days, and who came."""
    await _sql.note_sat(connection, meeting_id=entry.id, sittings=written_rows.sitting_rows(entry))


async def next_lapsed(connection: Connection, now: datetime) -> UUID | None:
    """The provisional meeting whose time has been over for longest, locked; one that somebody else has is left. None: there is none."""
    found: UUID | None = await _sql.next_lapsed(connection, now=now)
    return found


async def meetings_to_come(connection: Connection, child_id: UUID, now: datetime) -> list[UUID]:
    """Meetings that stand for the child and have a sitting to come."""
    return [row["meeting_id"] async for row in _sql.meetings_to_come(connection, child_id=child_id, now=now)]


async def gone_with_meetings(connection: Connection, child_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """Of these children those who died or were adopted and for whom a meeting to come still stands."""
    found: list[UUID] = await _sql.gone_with_meetings(connection, child_ids=list(child_ids), now=now)
    return found


async def take_out(connection: Connection, meeting_id: UUID, child_id: UUID, kind: MeetingKind) -> None:
    """The meeting is not about this child any more, and is of the kind that the others make it."""
    await _sql.take_out(connection, meeting_id=meeting_id, child_id=child_id, kind=kind.value)


async def meetings_at(connection: Connection, spans: Sequence[tuple[UUID, TimeWindow]], now: datetime) -> list[tuple[UUID, UUID]]:
    """Meeting and resource, wherever the resource would have to be at work in its span for a meeting that is not over."""
    stated = _sql.meetings_at(
        connection, resource_ids=[resource for resource, _ in spans], durings=[range_of(window) for _, window in spans], now=now
    )
    return [(row["meeting_id"], row["resource_id"]) async for row in stated]


async def load_holds(connection: Connection, meeting_id: UUID, sitting: int) -> tuple[Hold, ...]:
    """What a meeting holds for that sitting, as it was taken."""
    return tuple([rows.hold(row) async for row in _rechairing.holds_of(connection, meeting_id=meeting_id, sitting=sitting)])


async def load_officers_then(connection: Connection, asked: Sequence[tuple[UUID, Span]], now: datetime) -> list[OfficerThen]:
    """What each of these officers could give to each of these spans, in the order asked; what has lapsed by `now` blocks nobody."""
    stated = _rechairing.officers_then(
        connection,
        iro_ids=[iro_id for iro_id, _ in asked],
        blocked=[range_of(span.blocked) for _, span in asked],
        attended=[range_of(span.attended) for _, span in asked],
        now=now,
    )
    return [rows.officer_then(row) async for row in stated]


async def load_diaries(
    connection: Connection,
    kinds: Collection[ResourceKind],
    chair_id: UUID | None,
    within: TimeWindow,
    *,
    moving: UUID | None,
    now: datetime,
) -> Shelf:
    """When everyone of these kinds is at work and blocked, of officers `chair_id` alone (None: all); a meeting that is `moving` and
    what has lapsed block nobody."""
    stated = _sql.diaries(
        connection, kinds=[kind.value for kind in kinds], chair_id=chair_id, within=range_of(within), moving=moving, now=now
    )
    return rows.shelf([row async for row in stated])

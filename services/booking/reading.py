"""What viewers read of the diary. The booking itself is one right, whom it concerns another: `items` is None without it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.history.reading import Clock
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.paging import Slice, Window, cut
from services.kernel.permission import Act, Reach, reach
from services.kernel.sight import sight_of
from services.kernel.window import local_instant
from services.kernel.words import MeetingKind, MeetingState, ObligationState, ResourceKind
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")
_LONGEST_SPAN = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One subject of a meeting. `clock` is None once the meeting no longer stands for an obligation."""

    child_id: UUID | None
    household_id: UUID | None
    reference: str
    approved_on: date | None
    kind: MeetingKind
    obligation_id: UUID | None
    clock: Clock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """An entry of the diary as the viewer may see it."""

    id: UUID
    reference: str
    kind: MeetingKind | None
    state: MeetingState
    starts_at: datetime
    ends_at: datetime
    chair_id: UUID | None
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    venue: str | None
    venue_confidential: bool
    needs: tuple[ResourceKind, ...]
    provisional_until: datetime | None
    version: int
    items: tuple[Item, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    starts_at: datetime
    ends_at: datetime
    held_on: date | None
    attended: list[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: datetime
    by: str
    what: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingPlace:
    """Where a meeting stands in a list sorted by beginning."""

    id: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingsWanted:
    """A filter of the diary; both days included."""

    first_day: date
    last_day: date
    kinds: tuple[MeetingKind, ...] | None = None
    states: tuple[MeetingState, ...] | None = None
    iro_code: str | None = None
    room_code: str | None = None
    note_taker_code: str | None = None
    police_team_code: str | None = None
    superfluous: bool | None = None

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise InvalidInput(f"the span {self.first_day} to {self.last_day} ends before it begins", "to")
        if self.last_day - self.first_day > _LONGEST_SPAN:
            raise InvalidInput("the span is longer than three years: ask in parts", "to")


def meetings_seen(actor: Actor) -> dict[str, Any]:
    """The arguments of `meetings_in_sight`."""
    sight = sight_of(actor, Act.READ_MEETINGS)
    return {
        "everything": sight.everything,
        "note_taker_id": sight.note_taker_id,
        "police_team_id": sight.police_team_id,
        "own": list(sight.references),
    }


def items_seen(actor: Actor, today: date) -> dict[str, Any]:
    """The arguments of `items_in_sight`."""
    sight = sight_of(actor, Act.READ_MEETING_SUBJECTS)
    return {
        "all_items": sight.everything,
        "participant_id": sight.participant_id,
        "iro_id": sight.iro_id,
        "own_items": list(sight.references),
        "today": today,
    }


def knows_subjects(actor: Actor) -> bool:
    """Whether there is any meeting of which the actor may know whom it concerns."""
    return reach(actor, Act.READ_MEETING_SUBJECTS) is not Reach.NONE


async def meetings(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Meeting]:
    """Meetings in sight, each with the subjects in sight."""
    rows = await all_rows(_queries.meetings_by_ids(connection, ids=list(ids), **meetings_seen(actor), **items_seen(actor, today)))
    return {row["id"]: _meeting(row, actor) for row in rows}


async def meeting_id_of(connection: Connection, actor: Actor, reference: str) -> UUID | None:
    row = await _queries.meeting_id_of_reference(connection, reference=reference, **meetings_seen(actor))
    return row["id"] if row else None


async def meetings_page(connection: Connection, actor: Actor, today: date, wanted: MeetingsWanted, window: Window) -> Slice[MeetingPlace]:
    rows = await all_rows(
        _queries.meetings_listed(
            connection,
            **meetings_seen(actor),
            **items_seen(actor, today),
            **_filter(wanted),
            after_key=window.after_instant,
            after_id=window.after_id,
            wanted=window.first + 1,
        )
    )
    return cut([MeetingPlace(**row) for row in rows], window)


async def meetings_count(connection: Connection, actor: Actor, today: date, wanted: MeetingsWanted) -> int:
    counted = await _queries.meetings_counted(connection, **meetings_seen(actor), **items_seen(actor, today), **_filter(wanted))
    return int(counted)


async def meetings_of_chairs(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, first: date | None, last: date | None, window: Window
) -> dict[UUID, Slice[MeetingPlace]]:
    """For each IRO a page of the meetings that she chairs from `first` to `last`."""
    rows = await all_rows(
        _queries.meetings_of_chairs(
            connection,
            ids=list(ids),
            **meetings_seen(actor),
            **_days(first, last),
            after_key=window.after_instant,
            after_id=window.after_id,
            wanted=window.first + 1,
        )
    )
    return _slices(rows, window)


async def meetings_of_chairs_count(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, first: date | None, last: date | None
) -> dict[UUID, int]:
    rows = await all_rows(_queries.meetings_of_chair_counted(connection, ids=list(ids), **meetings_seen(actor), **_days(first, last)))
    return {row["of_id"]: row["number"] for row in rows}


async def meetings_of_children(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, window: Window
) -> dict[UUID, Slice[MeetingPlace]]:
    """For each child a page of the meetings of which the viewer may know that they concern it."""
    rows = await all_rows(
        _queries.meetings_of_children(
            connection,
            ids=list(ids),
            **meetings_seen(actor),
            **items_seen(actor, today),
            after_key=window.after_instant,
            after_id=window.after_id,
            wanted=window.first + 1,
        )
    )
    return _slices(rows, window)


async def meetings_of_children_count(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, int]:
    rows = await all_rows(
        _queries.meetings_of_children_counted(connection, ids=list(ids), **meetings_seen(actor), **items_seen(actor, today))
    )
    return {row["of_id"]: row["number"] for row in rows}


async def sittings_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Sitting]]:
    rows = await all_rows(_queries.sittings_of(connection, ids=list(ids), **meetings_seen(actor), **items_seen(actor, today)))
    return grouped(rows, "meeting_id", lambda row: Sitting(**{name: row[name] for name in Sitting.__slots__}))


async def events_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Event]]:
    rows = await all_rows(_queries.events_of(connection, ids=list(ids), **meetings_seen(actor), **items_seen(actor, today)))
    return grouped(rows, "meeting_id", lambda row: Event(**{name: row[name] for name in Event.__slots__}))


def _days(first: date | None, last: date | None) -> dict[str, datetime | None]:
    return {
        "first": local_instant(first, time(0)) if first else None,
        "until": local_instant(last + timedelta(days=1), time(0)) if last else None,
    }


def _filter(wanted: MeetingsWanted) -> dict[str, Any]:
    return {
        **_days(wanted.first_day, wanted.last_day),
        "kinds": [kind.value for kind in wanted.kinds] if wanted.kinds is not None else None,
        "states": [state.value for state in wanted.states] if wanted.states is not None else None,
        "iro_code": wanted.iro_code,
        "room_code": wanted.room_code,
        "note_taker_code": wanted.note_taker_code,
        "police_team_code": wanted.police_team_code,
        "superfluous": wanted.superfluous,
    }


def _slices(rows: Any, window: Window) -> dict[UUID, Slice[MeetingPlace]]:
    pages = grouped(rows, "of_id", lambda row: MeetingPlace(id=row["id"], starts_at=row["starts_at"]))
    return {owner: cut(page, window) for owner, page in pages.items()}


def _meeting(row: Any, actor: Actor) -> Meeting:
    items = tuple(_item(item, row["state"]) for item in row["items"]) if row["items"] else None
    attends = actor.resource_id is not None and actor.resource_id in (row["police_team_id"], row["note_taker_id"], row["chair_id"])
    told_venue = items is not None or attends or not row["venue_confidential"]
    return Meeting(
        id=row["id"],
        reference=row["reference"],
        kind=MeetingKind(row["kind"]) if items is not None else None,
        state=MeetingState(row["state"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        chair_id=row["chair_id"],
        room_id=row["room_id"],
        note_taker_id=row["note_taker_id"],
        police_team_id=row["police_team_id"],
        venue=row["venue"] if told_venue else None,
        venue_confidential=row["venue_confidential"],
        needs=tuple(ResourceKind(each) for each in row["needs"]),
        provisional_until=row["provisional_until"],
        version=row["version"],
        items=items,
    )


def _item(item: Mapping[str, Any], meeting_state: str) -> Item:
    stands = item["live"] and item["state"] is not None and meeting_state not in (MeetingState.CANCELLED, MeetingState.POSTPONED)
    return Item(
        child_id=_uuid(item["child_id"]),
        household_id=_uuid(item["household_id"]),
        reference=item["reference"],
        approved_on=_day(item["approved_on"]),
        kind=MeetingKind(item["kind"]),
        obligation_id=_uuid(item["obligation_id"]),
        clock=_clock(item) if stands else None,
    )


def _clock(item: Mapping[str, Any]) -> Clock:
    due = _day(item["statutory_due_on"])
    assert due is not None
    return Clock(
        state=ObligationState(item["state"]),
        statutory_due_on=due,
        held_on=_day(item["held_on"]),
        completed_on=_day(item["completed_on"]),
        void_from=_day(item["void_from"]),
        begun_on=_day(item["begun_on"]),
    )


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

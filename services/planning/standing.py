"""Meetings that stand, as a plan sees them: what it may repair, and what may give way."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.booking import rules as booking
from services.booking.needs import MeetingNeeds, needs_of
from services.booking.rules import Due
from services.booking.sitting_rules import last_day_to_go_on
from services.directory.settings import Settings
from services.kernel.window import TimeWindow
from services.kernel.words import CONFERENCES, MeetingKind, MeetingState, ObligationState, ResourceKind
from services.planning.duties import owed_of
from services.planning.problem import Booked, Follower, Owed, Subject
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "standing.sql")
_COLUMNS = {
    ResourceKind.IRO: "chair_id",
    ResourceKind.ROOM: "room_id",
    ResourceKind.NOTE_TAKER: "note_taker_id",
    ResourceKind.POLICE: "police_team_id",
}


async def load_booked(
    connection: Connection, first_day: date, last_day: date, subjects: Mapping[UUID, Subject], settings: Settings, now: datetime
) -> tuple[Booked, ...]:
    """Every meeting that stands with a sitting to come on these days, in the order of time of their last ones."""
    rows = [row async for row in _sql.booked(connection, first_day=first_day, last_day=last_day, now=now)]
    asked = {"meeting_ids": [row["id"] for row in rows], "days": [row["day"] for row in rows]}
    items: defaultdict[UUID, list[Any]] = defaultdict(list)
    async for row in _sql.items(connection, **asked):
        items[row["meeting_id"]].append(row)
    placed: defaultdict[UUID, set[UUID]] = defaultdict(set)
    async for row in _sql.placed_iros(connection, **asked):
        placed[row["meeting_id"]].add(row["iro_id"])
    later: defaultdict[UUID, list[Any]] = defaultdict(list)
    async for row in _sql.followers(connection, **asked):
        later[row["meeting_id"]].append(row)
    earlier = defaultdict[UUID, set[UUID]](set)
    for meeting_id, following in later.items():
        for each in following:
            earlier[each["later_id"]].add(meeting_id)
    booked = (_booked(row, items[row["id"]], placed[row["id"]], subjects, settings) for row in rows)
    return tuple(_followed(each, later[each.meeting_id], earlier[each.meeting_id]) for each in booked)


def _followed(booked: Booked, later: list[Any], earlier: set[UUID]) -> Booked:
    """The same with what follows it. The days of one that was adjourned are set by its first sitting."""
    if booked.begun_on is not None or not (later or earlier):
        return booked
    twice = {child for child, number in Counter(item.child_id for item in booked.items).items() if number > 1}
    other = [each["reference"] for each in later if each["child_id"] in twice or each["kind"] != _follows(each["item_kind"])]
    fixed = f"{', '.join(other)} follows it by another clock: people move both (moveMeeting)" if other else None
    followers = (
        Follower(
            reference=each["reference"],
            child_id=each["child_id"],
            kind=MeetingKind(each["kind"]),
            day=each["day"],
            statutory_due_on=each["statutory_due_on"],
            book_by_on=each["book_by_on"],
        )
        for each in later
    )
    entangled = frozenset(earlier | {each["later_id"] for each in later})
    return replace(booked, fixed=booked.fixed or fixed, followers=tuple(followers), entangled=entangled)


def _follows(kind: str) -> str:
    """The kind of meeting that the day of one of this kind makes due."""
    return (MeetingKind.REVIEW_CONFERENCE if MeetingKind(kind) in CONFERENCES else MeetingKind(kind)).value


def _booked(row: Any, about: list[Any], placed: set[UUID], subjects: Mapping[UUID, Subject], settings: Settings) -> Booked:
    kind = MeetingKind(row["kind"])
    adjourned = MeetingState(row["state"]) is MeetingState.ADJOURNED
    has = {each: row[column] for each, column in _COLUMNS.items() if row[column] is not None}
    lacks = frozenset(ResourceKind(each) for each in row["needs"]) - has.keys()
    owed = [_owed(each) for each in about if each["obligation_id"] is not None]
    meeting = TimeWindow(row["starts_at"], row["ends_at"])
    return Booked(
        meeting_id=row["id"],
        version=row["version"],
        reference=row["reference"],
        kind=kind,
        items=tuple(owed),
        meeting=meeting,
        day=row["day"],
        needs=_needs(kind, meeting, {*has, *lacks}, settings, row),
        has=has,
        lacks=lacks,
        own_chairs=tuple(dict.fromkeys(each["iro_id"] for each in about if each["iro_id"] is not None)),
        barred=_barred(kind, about, subjects) | placed,
        holds=tuple((held, TimeWindow(window.lower, window.upper)) for held, window in zip(row["held"], row["blocked"], strict=True)),
        police_waived=row["police_waived_reason"],
        written={date.fromisoformat(monday): int(minutes) for monday, minutes in (row["written"] or {}).items()},
        latest_on=last_day_to_go_on(row["begun_on"]) if adjourned else min((_last_day(each) for each in owed), default=None),
        besides=tuple(TimeWindow(each.lower, each.upper) for each in row["to_come"][:-1]),
        fixed=_fixed(row, owes_all=adjourned or len(owed) == len(about) > 0),
        venue=row["venue"],
        begun_on=row["sat_on"] if adjourned else None,
    )


def _fixed(row: Any, *, owes_all: bool) -> str | None:
    """Why no plan gives the meeting another time, and how people do."""
    to_come = [TimeWindow(each.lower, each.upper) for each in row["to_come"]]
    if row["unrecorded"] > len(to_come):
        return "a sitting of it is over, or is today, and not recorded: record it (recordMeetingHeld) first"
    if len(to_come) > 1:
        lengths = ", ".join(str(int(each.duration.total_seconds() // 60)) for each in to_come)
        return f"it has {len(to_come)} sittings to come: people move it (slots with sittings [{lengths}], then splitMeeting)"
    return None if owes_all else "what it is for is owed no more for somebody: people move it (moveMeeting), or call it off"


def _owed(row: Any) -> Owed:
    """Of a household it is kept under the household's identifier."""
    if row["child_id"] is not None:
        return owed_of(row)
    return replace(owed_of({**row, "child_id": row["household_id"]}), of_household=True)


def _needs(kind: MeetingKind, meeting: TimeWindow, kinds: Iterable[ResourceKind], settings: Settings, row: Any) -> MeetingNeeds:
    """What this meeting takes: as long as it is, with what it has or should have."""
    wanted = frozenset(kinds)
    return replace(
        needs_of(kind, children=1, first=False, settings=settings, remote=row["remote"], apart=row["apart"]),
        minutes=int(meeting.duration.total_seconds() // 60),
        room=ResourceKind.ROOM in wanted,
        note_taker=ResourceKind.NOTE_TAKER in wanted,
        police=ResourceKind.POLICE in wanted,
    )


def _barred(kind: MeetingKind, about: list[Any], subjects: Mapping[UUID, Subject]) -> frozenset[UUID]:
    barred = {each for row in about if row["child_id"] in subjects for each in subjects[row["child_id"]].barred}
    if kind is MeetingKind.SECURE_CRITERIA_REVIEW:
        barred |= {row["iro_id"] for row in about if row["iro_id"] is not None}
    return frozenset(barred)


def _last_day(owed: Owed) -> date:
    """The last day that needs no manager's reason."""
    due = Due(
        id=owed.obligation_id,
        child_id=owed.child_id,
        kind=owed.kind,
        triggered_on=owed.triggered_on,
        rule_code=owed.rule_code or "",
        statutory_due_on=owed.statutory_due_on,
        book_by_on=owed.book_by_on,
        state=ObligationState.OPEN,
    )
    return booking.last_day(owed.kind, due)

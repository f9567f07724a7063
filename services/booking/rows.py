"""From rows of the database to the values of booking."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from sys import byteorder
from typing import Any
from uuid import UUID

from services.booking.attendee_rows import attendee_of, is_of_the_diary
from services.booking.attendees import EARLIEST, Attendee
from services.booking.diaries import Diary, Team
from services.booking.entry import Cast, Entry, Hold, Item, Party, Sat
from services.booking.rules import Due, Subject
from services.booking.timeline import Edges
from services.booking.writing import Writing
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind, MeetingState, ObligationState, ResourceKind


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that a meeting might take: most are looked at and left."""

    row: Row

    @property
    def party(self) -> Party:
        """Who or what it is."""
        row = self.row
        police = row["kind"] == ResourceKind.POLICE
        return Party(
            kind=ResourceKind(row["kind"]),
            id=row["team_id"] if police else row["id"],
            code=row["team_code"] if police else row["code"],
            name=row["team_name"] if police else row["name"],
            email=row["team_email"] if police else row["email"],
            place_id=row["id"] if police else None,
        )

    @property
    def owner_id(self) -> UUID:
        """The party's identifier: of a place of the police its team's."""
        found: UUID = self.row["team_id"] or self.row["id"]
        return found

    @property
    def owner_code(self) -> str:
        """The party's code."""
        return str(self.row["team_code"] or self.row["code"])

    @property
    def at_work(self) -> bool:
        """For all of its part."""
        return bool(self.row["at_work"])

    @property
    def taken(self) -> TimeWindow | None:
        """By another meeting's blocked time that lies in the way."""
        return None if self.row["taken_from"] is None else TimeWindow(self.row["taken_from"], self.row["taken_until"])

    @property
    def is_free(self) -> bool:
        """Whether it can be had."""
        return self.row["at_work"] and self.row["taken_from"] is None

    @property
    def seats(self) -> int:
        """Of a room."""
        return self.row["seats"] or 0

    @property
    def features(self) -> frozenset[str]:
        """Of a room."""
        return frozenset(self.row["features"] or ())

    @property
    def load(self) -> int:
        """Of a note-taker: meetings that day."""
        return int(self.row["load"])

    @property
    def number(self) -> int:
        """Of a place of the police, in its team."""
        return self.row["number"] or 0

    @property
    def capacity(self) -> int:
        """Of its team."""
        return self.row["capacity"] or 0

    @property
    def writing(self) -> Writing:
        """Of a note-taker: minutes of write-up in that week."""
        return Writing(minutes=self.row["written"], most=self.row["write_up_a_week"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """A standing hold of a place of a police team."""

    team_id: UUID
    number: int
    hold: Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerThen:
    """An officer in some span. `taken`: by another meeting. `away`: she has left by then, or is absent."""

    code: str
    at_work: bool
    away: bool
    taken: TimeWindow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The diaries that a search looks into; officers by code, rooms with seats and features, smallest first."""

    officers: tuple[Diary, ...]
    rooms: tuple[tuple[Diary, int, frozenset[str]], ...]
    note_takers: tuple[Diary, ...]
    teams: tuple[Team, ...]


Row = Mapping[str, Any]


def window(stated: Any) -> TimeWindow:
    return TimeWindow(stated.lower, stated.upper)


def subject(row: Row) -> Subject:
    return Subject(
        child_id=row["child_id"],
        reference=row["reference"],
        born_on=row["born_on"],
        gone_on=row["gone_on"],
        iro_id=row["iro_id"],
        kin_iros=frozenset(row["kin_iros"]),
        barred=frozenset(row["barred"]),
        complexity=row["complexity"],
        parents_apart=row["parents_apart"],
    )


def household(row: Row) -> Subject:
    placed = frozenset(row["placed_iros"])
    return Subject(household_id=row["id"], reference=row["reference"], iro_id=row["reviewer_id"], placed_iros=placed)


def due(row: Row) -> Due:
    return Due(
        id=row["id"],
        child_id=row["child_id"],
        household_id=row["household_id"],
        kind=MeetingKind(row["kind"]),
        triggered_on=row["triggered_on"],
        rule_code=row["rule_code"],
        statutory_due_on=row["statutory_due_on"],
        book_by_on=row["book_by_on"],
        state=ObligationState(row["state"]),
        not_before_on=row["not_before_on"],
        meeting_reference=row["meeting_reference"],
    )


def entry(row: Row, dues: Mapping[UUID, Due]) -> Entry:
    parties = [party_of(each) for each in (*row["parties"], *([row["police"]] if row["police"] else []))]
    return Entry(
        id=row["id"],
        reference=row["reference"],
        kind=MeetingKind(row["kind"]),
        state=MeetingState(row["state"]),
        sittings=tuple(window(each) for each in row["sittings"]),
        cast=Cast.of(parties),
        items=tuple(_item(each, dues) for each in row["items"]),
        version=row["version"],
        venue=row["venue"],
        venue_confidential=row["venue_confidential"],
        remote=row["remote"],
        lacks=tuple(ResourceKind(each) for each in row["needs"]),
        provisional_until=row["provisional_until"],
        override_reason=row["override_reason"],
        police_waived_reason=row["police_waived_reason"],
        attendees=_attendees(row["attendees"], [window(each) for each in row["sittings"]]),
        sat=tuple(_sat(each) for each in row["sat"]),
        parents_apart=row["parents_apart"],
    )


def _sat(stated: Row) -> Sat:
    attended = stated["attended"]
    return Sat(held_on=date.fromisoformat(stated["held_on"]), attended=None if attended is None else tuple(attended))


def _attendees(stated: Sequence[Row], sittings: Sequence[TimeWindow]) -> tuple[Attendee, ...]:
    """Those whose time the diary does not hold."""
    found = [{**each, "arrives_at": datetime.fromisoformat(each["arrives_at"])} for each in stated if not is_of_the_diary(each["role"])]
    return tuple(attendee_of(each, _sitting_of(each["arrives_at"], sittings)) for each in found)


def _sitting_of(arrives_at: datetime, sittings: Sequence[TimeWindow]) -> datetime:
    """When the sitting begins for which somebody arrives."""
    return next((each.start for each in sittings if each.start - EARLIEST <= arrives_at < each.end), arrives_at)


def party_of(stated: Row) -> Party:
    place = stated.get("place_id")
    return Party(
        kind=ResourceKind(stated["kind"]),
        id=UUID(str(stated["id"])),
        code=stated["code"],
        name=stated["name"],
        email=stated["email"],
        place_id=None if place is None else UUID(place),
    )


def _item(stated: Row, dues: Mapping[UUID, Due]) -> Item:
    owed = _uuid(stated["obligation_id"])
    return Item(
        child_id=_uuid(stated["child_id"]),
        household_id=_uuid(stated["household_id"]),
        reference=stated["reference"],
        kind=MeetingKind(stated["kind"]),
        obligation_id=owed,
        due=None if owed is None else dues.get(owed),
    )


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def hold(row: Row) -> Hold:
    return Hold(
        resource_id=row["resource_id"],
        blocked=window(row["blocked"]),
        attended=window(row["attended"]),
        meeting_id=row["meeting_id"],
        sitting=row["sitting"],
        write_up=row["write_up"],
    )


def attendance(row: Row) -> Attendance:
    return Attendance(team_id=row["team_id"], number=row["number"], hold=hold(row))


def officer_then(row: Row) -> OfficerThen:
    taken = None if row["taken_from"] is None else TimeWindow(row["taken_from"], row["taken_until"])
    return OfficerThen(code=row["code"], at_work=row["at_work"], away=row["away"], taken=taken)


def shelf(stated: Sequence[Row]) -> Shelf:
    of_kind: dict[str, list[Row]] = {}
    for row in stated:
        of_kind.setdefault(row["kind"], []).append(row)
    teams: dict[tuple[str, UUID], list[Diary]] = {}
    for row in of_kind.get(ResourceKind.POLICE, []):
        teams.setdefault((row["team_code"], row["team_id"]), []).append(_diary(row))
    return Shelf(
        officers=tuple(_diary(row) for row in of_kind.get(ResourceKind.IRO, [])),
        rooms=tuple((_diary(row), row["seats"], frozenset(row["features"])) for row in of_kind.get(ResourceKind.ROOM, [])),
        note_takers=tuple(_diary(row) for row in of_kind.get(ResourceKind.NOTE_TAKER, [])),
        teams=tuple(Team(id=team_id, code=code, places=tuple(places)) for (code, team_id), places in sorted(teams.items())),
    )


def _diary(row: Row) -> Diary:
    return Diary(
        id=row["id"],
        code=row["code"],
        at_work=_edges(row["at_work"]),
        busy=_edges(row["busy"]),
        written={date.fromisoformat(monday): minutes for monday, minutes in (row["written"] or {}).items()},
        write_up_a_week=row["write_up_a_week"],
    )


def _edges(sent: bytes | None) -> Edges:
    """Begin and end of stretches in any order, as PostgreSQL sends an instant: eight bytes each. None overlaps another."""
    found = array("q", sent or b"")
    if byteorder == "little":
        found.byteswap()
    return tuple(sorted(found))

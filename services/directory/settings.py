"""Policy values of the unit with their shipped defaults; what a unit states in its establishment file overrides them.

Each value carries the certainty of its source in `domain` terms: it is a setting because the law leaves it open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from services.directory.attendance import DEFAULT_ATTENDANCE, Attendance, parse_attendance
from services.directory.paper_trail import PaperTrail, parse_paper_trail
from services.directory.planning import Policy, parse_policy
from services.directory.showing import CalendarPolicy, parse_calendar
from services.kernel.errors import InvalidInput
from services.kernel.window import DateSpan
from services.kernel.words import CONFERENCES, MeetingKind


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingShape:
    """Minutes that a kind of meeting takes, and what it needs.

    `travel` is what chair and note-taker need each way where the meeting is not in a room of the unit.
    `per_extra_child` is added for each child beyond `children_included`. `write_up`: how many times as long as it lasts its note-taker
    writes it up afterwards.
    """

    pre_meet: int
    minutes: int
    first_minutes: int
    turnaround: int
    in_unit_room: bool
    note_taker: bool
    seats: int = 12
    features: tuple[str, ...] = ()
    travel: int = 30
    per_extra_child: int = 0
    children_included: int = 3
    write_up: Decimal = Decimal(2)


def _shape(pre: int, minutes: int, turnaround: int, *, room: bool, note: bool, **more: Any) -> MeetingShape:
    first = more.pop("first", minutes)
    return MeetingShape(
        pre_meet=pre, minutes=minutes, first_minutes=first, turnaround=turnaround, in_unit_room=room, note_taker=note, **more
    )


_CONFERENCE_FEATURES = ("family_room", "step_free")
DEFAULT_SHAPES: Mapping[MeetingKind, MeetingShape] = {
    MeetingKind.INITIAL_CONFERENCE: _shape(30, 120, 30, room=True, note=True, per_extra_child=15, features=_CONFERENCE_FEATURES),
    MeetingKind.PRE_BIRTH_CONFERENCE: _shape(30, 120, 30, room=True, note=True, per_extra_child=15, features=_CONFERENCE_FEATURES),
    MeetingKind.TRANSFER_IN_CONFERENCE: _shape(30, 120, 30, room=True, note=True, per_extra_child=15, features=_CONFERENCE_FEATURES),
    MeetingKind.REVIEW_CONFERENCE: _shape(15, 90, 30, room=True, note=True, per_extra_child=15, features=("family_room",)),
    MeetingKind.CARE_REVIEW: _shape(30, 60, 60, room=False, note=False, first=90, per_extra_child=15, children_included=2),
    MeetingKind.ADOPTION_REVIEW: _shape(0, 60, 60, room=False, note=False),
    MeetingKind.SHORT_BREAK_REVIEW: _shape(0, 60, 30, room=False, note=False),
    MeetingKind.SECURE_CRITERIA_REVIEW: _shape(15, 120, 0, room=False, note=True, travel=60),
    MeetingKind.FOSTER_HOME_REVIEW: _shape(0, 75, 30, room=False, note=False),
}
"""Minutes and needs a kind, after the guidance's usual practice; all of them a unit's own to change."""


class ReviewReturnedOn(StrEnum):
    """Which day a return states of a review held in several sittings. The clock counts the first either way."""

    FIRST_SITTING = "FIRST_SITTING"
    LAST_SITTING = "LAST_SITTING"

    def day_of(self, held_on: date, completed_on: date | None) -> date:
        """The day to return of a review that was held on the first day and, if in several sittings, completed on the other."""
        return completed_on if completed_on is not None and self is ReviewReturnedOn.LAST_SITTING else held_on


class Preference(StrEnum):
    """What an allocation seeks for a child beyond the law, in the shipped order: what stands first outweighs all after it."""

    SIBLINGS = "SIBLINGS"
    LAST_IRO = "LAST_IRO"
    CONFERENCE_CHAIR = "CONFERENCE_CHAIR"
    CAPACITY = "CAPACITY"
    SPECIALITY = "SPECIALITY"
    TRAVEL = "TRAVEL"
    WISHES = "WISHES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every policy value in force on a day."""

    unit_name: str = "Conference and Review Unit"
    organiser: str = "conferences@example.org"
    room_desk: str = "rooms@example.org"
    limit_per_wte: Decimal = Decimal(90)
    near_share: Decimal = Decimal("0.9")
    police_at: frozenset[MeetingKind] = CONFERENCES
    conference_from: time = time(9, 30)
    conference_until: time = time(16, 30)
    review_from: time = time(9, 30)
    review_until: time = time(20, 0)
    chaired_a_day: int = 3
    planning: Policy = field(default_factory=Policy)
    calendar: CalendarPolicy = field(default_factory=CalendarPolicy)
    paper_trail: PaperTrail = field(default_factory=PaperTrail)
    write_up_a_week: int = 1200
    note_taker_from_complexity: int = 0
    provisional_minutes: int = 60 * 24
    review_returned_on: ReviewReturnedOn = ReviewReturnedOn.FIRST_SITTING
    allocation_order: tuple[Preference, ...] = tuple(Preference)
    rebalancing_by_two: bool = False
    rebalancing_step: Decimal = Decimal("0.005")
    school_from: time = time(8, 45)
    school_until: time = time(15, 15)
    school_from_age: int = 5
    school_until_age: int = 16
    school_terms: tuple[DateSpan, ...] = ()
    shapes: Mapping[MeetingKind, MeetingShape] = field(default_factory=lambda: dict(DEFAULT_SHAPES))
    attendance: Attendance = field(default_factory=lambda: dict(DEFAULT_ATTENDANCE))
    apart_minutes: int = 15

    def in_term(self, day: date) -> bool:
        """Whether schools are open on a working day: in the terms stated; on every day of a school year of which none is stated."""
        year = _school_year(day)
        of_year = [term for term in self.school_terms if _school_year(term.first) == year]
        return not of_year or any(day in term for term in of_year)

    def hours(self, kind: MeetingKind) -> tuple[time, time]:
        """Earliest start and latest end, by the clock on the wall."""
        if kind.is_conference:
            return self.conference_from, self.conference_until
        return self.review_from, self.review_until


def _school_year(day: date) -> int:
    """The year in which it begins, in September."""
    return day.year - (day.month < 9)


SETTING_NAMES = frozenset(each.name for each in fields(Settings))


def parse_setting(name: str, value: object) -> Any:
    """The typed value of one setting; raises `InvalidInput` that names the setting and what would be right."""
    if name not in SETTING_NAMES:
        raise InvalidInput(f"there is no setting '{name}'; there are: {', '.join(sorted(SETTING_NAMES - {'shapes'}))}", name)
    if name in _TABLES:
        return _parse_table(name, value)
    try:
        return _parse(name, value)
    except (ValueError, TypeError, KeyError, InvalidOperation) as fault:
        raise InvalidInput(
            f"setting {name}: {value!r} is not a value for it ({_EXAMPLES.get(name) or _EXAMPLES[_kind_of(name)]})", name
        ) from fault


_TABLES: Mapping[str, Callable[[object], Any]] = {
    "attendance": parse_attendance,
    "planning": parse_policy,
    "calendar": parse_calendar,
    "paper_trail": parse_paper_trail,
}


def _parse_table(name: str, value: object) -> Any:
    """A setting whose parser says itself what is wrong."""
    try:
        return _TABLES[name](value)
    except (ValueError, TypeError) as fault:
        raise InvalidInput(f"setting {name}: {fault}", name) from fault


def _kind_of(name: str) -> str:
    default = Settings()
    return type(getattr(default, name)).__name__


_EXAMPLES = {
    "str": 'a text such as "rooms@example.org"',
    "Decimal": 'a decimal in quotes such as "90" or "0.9"',
    "frozenset": 'a list of kinds of meeting such as ["INITIAL_CONFERENCE"]',
    "time": 'a time of day such as "09:30"',
    "int": "a whole number such as 3",
    "bool": "true or false",
    "ReviewReturnedOn": f"one of {', '.join(ReviewReturnedOn)}",
    "tuple": f"a list of {', '.join(Preference)} in the order of the unit, each once at most; what is left out follows",
    "rebalancing_step": 'a share of the limit in quotes from "0.0001" to "0.1" by which 1 can be divided, such as "0.005"',
    "school_terms": 'a list of terms or half-terms, first and last day, such as [["2026-09-02", "2026-10-23"]]',
    "dict": "a table of kinds of meeting with minutes, such as { CARE_REVIEW = { minutes = 75 } }",
}


def _parse(name: str, value: object) -> Any:
    if name in _OF_ONE_SETTING:
        return _OF_ONE_SETTING[name](_text(value))
    if name == "school_terms":
        return _parse_terms(value)
    kind = _kind_of(name)
    return _FROM_TEXT[kind](_text(value)) if kind in _FROM_TEXT else _FROM_VALUE.get(kind, _text)(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(value)
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _kinds(value: object) -> frozenset[MeetingKind]:
    if not isinstance(value, list):
        raise TypeError(value)
    return frozenset(MeetingKind(each) for each in value)


def _positive(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or value <= 0:
        raise ValueError(text)
    return value


def _step(text: str) -> Decimal:
    """So much of the limit that the limit itself is a whole number of steps, each of whole hundredths of a percent."""
    value = Decimal(text)
    if not Decimal("0.0001") <= value <= Decimal("0.1") or value % Decimal("0.0001") or 1 % value:
        raise ValueError(text)
    return value


_OF_ONE_SETTING: Mapping[str, Callable[[str], Any]] = {"rebalancing_step": _step}

_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "Decimal": _positive,
    "time": time.fromisoformat,
    "ReviewReturnedOn": ReviewReturnedOn,
}


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value


def _parse_order(value: object) -> tuple[Preference, ...]:
    """What the unit named, in its order, and after it what it left out, in the shipped order."""
    if not isinstance(value, list):
        raise TypeError(value)
    named = [Preference(each) for each in value]
    if len(set(named)) < len(named):
        raise ValueError(value)
    return (*named, *(each for each in Preference if each not in named))


def _parse_terms(value: object) -> tuple[DateSpan, ...]:
    """In order of their days; each lies in one school year."""
    if not isinstance(value, list):
        raise TypeError(value)
    terms = []
    for first, last in value:
        term = DateSpan(date.fromisoformat(first), date.fromisoformat(last) + timedelta(days=1))
        if _school_year(term.first) != _school_year(date.fromisoformat(last)):
            raise ValueError(value)
        terms.append(term)
    return tuple(sorted(terms, key=lambda each: each.first))


def _parse_shapes(value: object) -> dict[MeetingKind, MeetingShape]:
    if not isinstance(value, dict):
        raise TypeError(value)
    shapes = dict(DEFAULT_SHAPES)
    for name, changes in value.items():
        kind = MeetingKind(name)
        known = {each.name: getattr(shapes[kind], each.name) for each in fields(MeetingShape)}
        if not set(changes) <= set(known):
            raise KeyError(name)
        merged = {**known, **{key: _part(key, part) for key, part in changes.items()}}
        shapes[kind] = MeetingShape(**merged)
    return shapes


def _part(name: str, value: Any) -> Any:
    """One value of a shape."""
    if name == "write_up":
        return _times(_text(value))
    return tuple(value) if isinstance(value, list) else value


def _times(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or not 0 <= value <= 20:
        raise ValueError(text)
    return value


_FROM_VALUE: Mapping[str, Callable[[object], Any]] = {
    "int": _whole,
    "bool": _yes_or_no,
    "frozenset": _kinds,
    "tuple": _parse_order,
    "dict": _parse_shapes,
}

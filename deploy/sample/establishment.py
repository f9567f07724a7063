"""Who and what the sample's unit has: officers, rooms, note-takers, police; leave in the holidays, and weeks that are tight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deploy.sample.calendar import Break, Calendar, school_breaks, school_terms
from deploy.sample.volumes import Volumes
from services.statutory.counting import add_months

_ONES = (
    *("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight"),
    *("Nine", "Ten", "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen"),
)
_TEENS = ("Sixteen", "Seventeen", "Eighteen", "Nineteen")
_TENS = ("", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")

_WEEK = timedelta(days=7)
_OFFICERS = (
    ("1.0", ("Mon-Fri 09:00-17:00",), ("neglect",)),
    ("1.0", ("Mon-Fri 09:00-17:00",), ("adoption", "early years")),
    ("1.0", ("Mon-Fri 08:30-16:30",), ("exploitation", "remand")),
    ("1.0", ("Mon-Fri 09:00-17:00",), ("disability",)),
    ("0.8", ("Mon-Thu 09:00-17:00",), ("unborn children",)),
    ("0.6", ("Tue-Thu 09:00-17:00",), ()),
)
"""The report's 5.4 WTE in six people: WTE, hours, specialities."""
_AREAS = (("north",), ("town",), ("south",), ("north", "town"), ("south", "town"), ())
"""Where each of them works; the last anywhere."""

_NOTE_TAKERS = (
    ("1.0", ("Mon-Fri 09:00-17:00",)),
    ("1.0", ("Mon-Fri 09:00-17:00",)),
    ("1.0", ("Mon-Fri 09:00-17:00",)),
    ("0.5", ("Mon,Tue 09:00-17:00", "Wed 09:00-13:00")),
)
"""The report's 3.5 WTE, in four people."""

_ROOMS = (
    ("Large meeting room", 18, ("step_free", "family_room", "hearing_loop", "second_waiting_room"), ("Mon-Fri 09:00-17:30",)),
    ("Garden room", 14, ("step_free", "family_room"), ("Mon-Wed 09:00-14:00",)),
    ("Upper room", 12, ("family_room",), ("Tue,Thu,Fri 09:00-17:00",)),
)
"""Two of the three are shared with others, one cannot be reached without stairs, and in one alone two parents can wait apart."""

_ON_DUTY = ("Mon-Thu 09:30-15:30",)
"""About a third of this is spare in a usual week."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Absence:
    """Both days included."""

    first_day: date
    last_day: date
    reason: str


def establishment(volumes: Volumes, calendar: Calendar, may_not_chair: Sequence[Sequence[str]], random: Random) -> str:
    """The file's text. `may_not_chair`: for the first officers, the references of children of whose case they had charge."""
    officers, rooms, note_takers = (volumes.times(len(each)) for each in (_OFFICERS, _ROOMS, _NOTE_TAKERS))
    barred = [*may_not_chair, *[()] * officers]
    parts = [
        _UNIT + _terms(calendar),
        *(_officer(place, calendar, barred[place], random) for place in range(officers)),
        *(_room(place, calendar) for place in range(rooms)),
        *(_note_taker(place, calendar, random) for place in range(note_takers)),
        _police(volumes, calendar),
    ]
    return "\n".join(parts)


_UNIT = """[unit]
name = "Conference and Review Unit"
organiser = "conferences@example.org"
room_desk = "rooms@example.org"

[settings]
limit_per_wte = "90"
near_share = "0.9"
police_at = ["INITIAL_CONFERENCE", "PRE_BIRTH_CONFERENCE", "TRANSFER_IN_CONFERENCE", "REVIEW_CONFERENCE"]
"""


def _terms(calendar: Calendar) -> str:
    """So that reviews of children at school keep clear of its hours, and the holidays are free for them."""
    lines = [f'    ["{first.isoformat()}", "{last.isoformat()}"],\n' for first, last in school_terms(*_span(calendar))]
    return "".join(["school_terms = [\n", *lines, "]\n"])


def _officer(place: int, calendar: Calendar, barred: Sequence[str], random: Random) -> str:
    wte, works, specialities = _OFFICERS[place % len(_OFFICERS)]
    lines = _person("iro", "Officer", f"IRO-{place + 1:02d}", f"iro{place + 1:02d}", place)
    lines += [f'wte = "{wte}"', f"works = {_texts(works)}", f"specialities = {_texts(specialities)}"]
    lines.append(f"areas = {_texts(_AREAS[place % len(_AREAS)])}")
    away = [*_leave(place, calendar), *_days_away(calendar, random, "court", 3), *_days_away(calendar, random, "training", 1)]
    lines.append(f"absences = {_absences(away)}")
    if barred:
        lines.append(f"may_not_chair = {_texts(barred)}")
    return "\n".join(lines) + "\n"


def _note_taker(place: int, calendar: Calendar, random: Random) -> str:
    wte, works = _NOTE_TAKERS[place % len(_NOTE_TAKERS)]
    lines = _person("note_taker", "Note-taker", f"NT-{place + 1:02d}", f"nt{place + 1:02d}", place)
    lines += [f'wte = "{wte}"', f"works = {_texts(works)}"]
    away = [*_leave(place + 1, calendar), *_days_away(calendar, random, "training", 1)]
    # twice a year the full-timers learn together, and the half-timer is there for two days: conferences must move
    pressed = _pressed(calendar, 9, every=26)
    away += [_week(each, 5, "training") if wte == "1.0" else _week(each + timedelta(days=2), 1, "leave") for each in pressed]
    lines.append(f"absences = {_absences(away)}")
    return "\n".join(lines) + "\n"


def _room(place: int, calendar: Calendar) -> str:
    name, seats, features, opening = _ROOMS[place % len(_ROOMS)]
    closed: list[Absence] = []
    if place % 3 == 0:
        closed += [_week(monday, 12, "closure") for monday in _pressed(calendar, 5, every=13)]
    if place % 3 == 2:
        closed += [_week(monday + _WEEK, 5, "closure") for monday in _pressed(calendar, 5, every=26)]
    closed += [_shut(each) for each in _breaks(calendar) if each.name == "christmas"]
    lines = ["[[room]]", f'code = "ROOM-{place + 1:02d}"', f'name = "{name}{_again(place // 3)}"', f"seats = {seats}"]
    lines += [f"features = {_texts(features)}", f"open = {_texts(opening)}", f"closures = {_absences(closed)}"]
    return "\n".join(lines) + "\n"


def _police(volumes: Volumes, calendar: Calendar) -> str:
    # a trial takes the team from the day on: the most urgent initial conference must go without it, or be late
    trial = Absence(first_day=calendar.step(calendar.as_of, 1), last_day=calendar.step(calendar.as_of, 5), reason="court")
    away = [trial, *(_week(monday, 4, "training") for monday in _pressed(calendar, 3, every=13))]
    away += [_week(monday, 2, "court") for monday in _pressed(calendar, 8, every=13)]
    away += [_shut(each) for each in _breaks(calendar) if each.name == "christmas"]
    lines = ["[[police_team]]", 'code = "POL-01"', 'name = "Area protection team"', 'email = "pol01@example.org"']
    lines += [f"capacity = {volumes.scale}", f"on_duty = {_texts(_ON_DUTY)}", f"absences = {_absences(away)}"]
    return "\n".join(lines) + "\n"


def _person(table: str, title: str, code: str, mailbox: str, place: int) -> list[str]:
    return [f"[[{table}]]", f'code = "{code}"', f'name = "{title} {_number(place + 1)}"', f'email = "{mailbox}@example.org"']


def _number(value: int) -> str:
    """A number in words, below 1000: nobody is called that."""
    if value < 16:
        return _ONES[value]
    if value < 20:
        return _TEENS[value - 16]
    if value < 100:
        return "-".join(filter(None, (_TENS[value // 10], _ONES[value % 10].lower())))
    return " ".join(filter(None, (f"{_ONES[value // 100]} hundred", _number(value % 100).lower())))


def _again(times: int) -> str:
    return f" {times + 1}" if times else ""


def _span(calendar: Calendar) -> tuple[date, date]:
    """Twelve months back and twelve ahead."""
    return calendar.year_starts, add_months(calendar.as_of, 12)


def _breaks(calendar: Calendar) -> Iterable[Break]:
    return school_breaks(*_span(calendar))


def _leave(place: int, calendar: Calendar) -> list[Absence]:
    """About thirty working days a year: a fortnight in summer, most of Christmas, a week at Easter, half-terms in turn."""
    away = []
    for each in _breaks(calendar):
        monday = each.first_day
        if each.name == "summer":
            away.append(_week(monday + _WEEK * (place * 2 % 4), 12, "leave"))
        elif each.name == "easter":
            away.append(_week(monday + _WEEK * (place % 2), 5, "leave"))
        elif each.name == "christmas":
            # one in three works on, and is away in the first week of term instead
            later = _week(_first_monday_after(each.last_day), 5, "leave")
            early = Absence(first_day=each.first_day + timedelta(days=place % 3), last_day=each.last_day, reason="leave")
            away.append(later if place % 3 == 2 else early)
        elif (place + monday.year + monday.month) % 3:
            away.append(_week(monday, 5, "leave"))
    return away


def _first_monday_after(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def _days_away(calendar: Calendar, random: Random, reason: str, a_quarter: int) -> list[Absence]:
    """Single days all through the terms of the two years: in the holidays enough others are away."""
    first, last = _span(calendar)
    breaks = list(_breaks(calendar))
    away = []
    for quarter in range((last - first).days // 91):
        for _ in range(a_quarter):
            day = calendar.on_or_after(first + timedelta(days=quarter * 91 + random.randint(0, 90)))
            if not any(each.first_day <= day <= each.last_day for each in breaks):
                away.append(Absence(first_day=day, last_day=day, reason=reason))
    return away


def _pressed(calendar: Calendar, week: int, *, every: int) -> list[date]:
    """Mondays so many weeks after the day, again every so many weeks, behind and ahead; never in a week of Christmas."""
    first, last = _span(calendar)
    monday = _first_monday_after(calendar.as_of) + _WEEK * week
    monday -= _WEEK * every * ((monday - first).days // (7 * every))
    found = []
    while monday <= last - _WEEK * 2:
        clear = monday
        while any(clear <= each.last_day and clear + _WEEK * 2 > each.first_day for each in _breaks(calendar) if each.name == "christmas"):
            clear += _WEEK
        found.append(clear)
        monday += _WEEK * every
    return found


def _week(monday: date, days: int, reason: str) -> Absence:
    return Absence(first_day=monday, last_day=monday + timedelta(days=days - 1), reason=reason)


def _shut(each: Break) -> Absence:
    """The council's own Christmas closure: the law's working days go on."""
    return Absence(first_day=date(each.first_day.year, 12, 24), last_day=date(each.last_day.year, 1, 1), reason="closure")


def _absences(away: Iterable[Absence]) -> str:
    """Inline tables, a line each; what lies within or overlaps an earlier absence is cut to what it adds."""
    kept: list[Absence] = []
    for each in sorted(away):
        first = max(each.first_day, kept[-1].last_day + timedelta(days=1)) if kept else each.first_day
        if first <= each.last_day:
            kept.append(Absence(first_day=first, last_day=each.last_day, reason=each.reason))
    rows = [f'{{ first_day = {each.first_day}, last_day = {each.last_day}, reason = "{each.reason}" }}' for each in kept]
    return "[\n" + "".join(f"  {row},\n" for row in rows) + "]" if rows else "[]"


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"

"""Episodes of care: how the legal status and the placement of each child changed, one row for every stretch between changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deploy.sample.calendar import Calendar
from deploy.sample.care import CareHousehold, Course
from deploy.sample.people import Child, age_on

_NEEDS = (("N1", 62), ("N4", 9), ("N5", 14), ("N3", 5), ("N2", 4), ("N6", 3), ("N8", 3))
_PROVIDERS = (("PR1", 60), ("PR4", 34), ("PR5", 6))
_MOVES = ("CARPL", "CARPL", "STAND", "CREQB", "CHILD", "OTHER", "ALLEG")
_FIRST_STATUS = (("V2", 48), ("C1", 32), ("L2", 13), ("L1", 7))
_AT_HOME_AGAIN = ("E4A", "E4A", "E4B", "E48")
_TO_FOSTER_CARERS = ("E45", "E46")
"""Guardianship of those with whom the child was placed until then (the collection's rule 516)."""

_AT_HOME, _FOSTERED = "P1", "U6"
_REGISTERED_FROM, _UNDER_A_NEW_CODE = date(2023, 10, 28), date(2025, 4, 1)

_IN_CARE_AT_HOME = frozenset({"C1", "C2", "D1"})
"""Legal statuses under which a child may be placed with parents (rule 378 and its like)."""

_SECURE, _TO_BE_ADOPTED = "K1", "E1"
_SECOND_REVIEW_WITHIN = timedelta(days=80)
"""Less than the three months within which a second review follows."""

_WITH_CARERS, _WITH_OTHERS = "A5", "A6"
"""Placed for adoption under a placement order: with the foster carers of until then, or with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One row of the return. Days are real days; `ended_on` None: it goes on."""

    started_on: date
    reason_started: str
    legal_status: str
    need: str
    place: str
    provider: str
    ended_on: date | None = None
    reason_ended: str = ""
    reason_moved: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    on: date
    status: str | None = None
    place: str | None = None


def draw(random: Random, weighted: Sequence[tuple[str, float]]) -> str:
    return random.choices([code for code, _ in weighted], weights=[weight for _, weight in weighted])[0]


_TOGETHER = 0.7
"""Of the households with several children, how many are placed together all the time."""


def place_household(household: CareHousehold, calendar: Calendar, random: Random) -> list[list[Episode]]:
    """Each child's time in care, without gaps; brothers and sisters who are placed together have the same."""
    youngest = max(household.children, key=lambda child: child.born)
    if random.random() < _TOGETHER:
        return [_episodes(household, youngest, calendar, random)] * len(household.children)
    return [_episodes(household, child, calendar, random) for child in household.children]


def _episodes(household: CareHousehold, child: Child, calendar: Calendar, random: Random) -> list[Episode]:
    """Where the true start is not known the earliest row is no start."""
    chain = household.chain
    stop = chain.ended_on or calendar.as_of + timedelta(days=1)
    need, provider = draw(random, _NEEDS), draw(random, _PROVIDERS)
    rows = _joined(_changes(household, child, calendar, random, stop), chain.started_on, stop)
    following = [*rows[1:], (chain.ended_on, "", "", "")]
    return [
        Episode(
            started_on=day,
            reason_started=reason if place else "S" if household.exact else random.choice("LP"),
            legal_status=status,
            need=need,
            place=home,
            provider="PR0" if home == _AT_HOME else provider,
            ended_on=until,
            reason_ended="X1" if why else _end(household, child, home, random),
            reason_moved=random.choice(_MOVES) if why in ("P", "B") else "PLACE" if why in ("T", "U") else "",
        )
        for place, ((day, status, home, reason), (until, _, _, why)) in enumerate(zip(rows, following, strict=True))
    ]


def _changes(household: CareHousehold, child: Child, calendar: Calendar, random: Random, stop: date) -> list[_Change]:
    started_on = household.chain.started_on
    changes = [_Change(on=started_on, place=_place(child, started_on, calendar, random)), *_statuses(household, child, calendar, random)]
    moves = _moves(child, started_on, stop, calendar, random)
    home = random.choice((_WITH_CARERS, _WITH_OTHERS))
    ordered_on = next((each.on for each in changes if each.status == _TO_BE_ADOPTED), None)
    placed_on = household.placed_on or (_placed_lately(household, ordered_on, calendar) if ordered_on else None)
    last = [_Change(on=placed_on, place=home)] if placed_on else []
    if household.secured_on:
        last = [_Change(on=household.secured_on, place=_SECURE)]
    return [*changes, *(each for each in moves if not last or each.on < last[0].on), *last]


def _placed_lately(household: CareHousehold, ordered_on: date, calendar: Calendar) -> date | None:
    """The day of a placement whose first review is the household's last, or still to come; None where neither can be."""
    reviewed_on = max(household.chain.held, default=date.min)
    if ordered_on + timedelta(days=30) < reviewed_on and calendar.as_of - reviewed_on < _SECOND_REVIEW_WITHIN:
        return reviewed_on - timedelta(days=3 + reviewed_on.day % 20)
    return None


def _joined(changes: Sequence[_Change], start: date, stop: date) -> list[tuple[date, str, str, str]]:
    """(day, legal status, placement, reason) of each stretch, changes of one day in one."""
    status, wanted, before = "", "", ("", "")
    rows: list[tuple[date, str, str, str]] = []
    for day in sorted({each.on for each in changes if start <= each.on < stop}):
        for each in changes:
            if each.on == day:
                status, wanted = each.status or status, each.place or wanted
        home = wanted if wanted != _AT_HOME or status in _IN_CARE_AT_HOME else _FOSTERED
        altered = (status != before[0], home != before[1])
        if any(altered):
            rows.append((day, status, home, _REASONS[home == _WITH_CARERS, *altered]))
        before = status, home
    return rows


_REASONS = {
    (False, True, False): "L",
    (False, False, True): "P",
    (False, True, True): "B",
    (True, True, False): "L",
    (True, False, True): "T",
    (True, True, True): "U",
}
"""Why a row begins, by (adopted by those who foster, status altered, placement altered)."""


def _statuses(household: CareHousehold, child: Child, calendar: Calendar, random: Random) -> list[_Change]:
    """Police protection or an emergency order lasts days, an interim order half a year, a care or placement order long."""
    start = household.chain.started_on
    if _is_remanded(household, child):
        return [_Change(on=start, status="J1")]
    if not household.exact:
        return [_Change(on=start, status=draw(random, (("C2", 84), ("V2", 16))))]
    first = draw(random, _FIRST_STATUS) if household.course is not Course.ADOPTED else random.choice(("L2", "C1", "V2"))
    changes = [_Change(on=start, status=first)]
    stays_voluntary = household.course is not Course.ADOPTED and random.random() < 0.45
    if first == "V2" and stays_voluntary:
        return changes
    interim = start + timedelta(days={"V2": random.randint(20, 90), "C1": 0, "L2": 7, "L1": 2}[first])
    final = interim + timedelta(days=random.randint(150, 230))
    young = all(age_on(each.born, min(final, calendar.as_of)) < 5 for each in household.children)
    to_be_adopted = young and random.random() < 0.35
    before_placement = timedelta(days=random.randint(20, 80))
    if household.placed_on is not None:
        ordered_on: date | None = household.placed_on - before_placement
    else:
        ordered_on = _reviewed_soon(household, final, before_placement, calendar) if to_be_adopted else None
    changes.append(_Change(on=min(interim, ordered_on or interim), status="C1"))
    changes.append(_Change(on=ordered_on or final, status=_TO_BE_ADOPTED if ordered_on else "C2"))
    return changes


def _reviewed_soon(household: CareHousehold, ordered_on: date, before: timedelta, calendar: Calendar) -> date | None:
    """The day of a placement order that is reviewed within three months of it, or not yet; None where it cannot be."""
    following = next((day for day in household.chain.held if day > ordered_on), None)
    if following is None:
        return ordered_on if ordered_on > calendar.as_of - _SECOND_REVIEW_WITHIN else None
    return max(ordered_on, following - before)


def _is_remanded(household: CareHousehold, child: Child) -> bool:
    """A few young people alone, lately come: remands are short."""
    length = ((household.chain.ended_on or date.max) - household.chain.started_on).days
    recent = household.course is Course.NEW or (household.course is Course.CAME_AND_LEFT and length < 120)
    alone = len(household.children) == 1 and child.born_on is not None
    return recent and alone and age_on(child.born, household.chain.started_on) >= 15


def _moves(child: Child, start: date, stop: date, calendar: Calendar, random: Random) -> list[_Change]:
    """A move in the first weeks for one in three, later one in six years, for teenagers twice as often."""
    changes = []
    if random.random() < 0.35:
        day = start + timedelta(days=random.randint(5, 60))
        changes.append(_Change(on=day, place=_place(child, day, calendar, random)))
    day = start
    while True:
        rate = 6.0 if age_on(child.born, day) < 12 else 3.0
        day += timedelta(days=60 + int(random.expovariate(1 / (365 * rate))))
        if day >= stop:
            return changes
        changes.append(_Change(on=day, place=_place(child, day, calendar, random)))


def _place(child: Child, day: date, calendar: Calendar, random: Random) -> str:
    age = age_on(child.born, day)
    foster = ((_FOSTERED, 40), ("U4", 26), ("U1", 8), ("U3", 9), ("U5", 5), (_AT_HOME, 7))
    if age < 10:
        return draw(random, foster)
    return draw(random, (*foster, ("K2", 16), *((_lodgings(calendar),) if age >= 16 else ())))


def _lodgings(calendar: Calendar) -> tuple[str, int]:
    """Supported accommodation by the code of the day's return (its rule 146), and how often it is chosen.

    When it came to be registered, its code and number changed in the middle of a stay: in a sample of those years nobody has one.
    """
    if calendar.as_of >= _UNDER_A_NEW_CODE:
        return "K3", 25
    return ("H5" if calendar.as_of < _REGISTERED_FROM else "K2"), 25


def _end(household: CareHousehold, child: Child, home: str, random: Random) -> str:
    if household.chain.ended_on is None:
        return ""
    if household.course is Course.ADOPTED:
        return random.choice(("E11", "E12"))
    if household.coming_of_age:
        return random.choice(("E5", "E13"))
    if _is_remanded(household, child):
        return "E14"
    ways = _AT_HOME_AGAIN + (_TO_FOSTER_CARERS if home.startswith("U") else ())
    return random.choice(ways)


def short_breaks(calendar: Calendar, number: int, random: Random) -> list[Episode]:
    """A series of short breaks that began lately: each break its own row (V3), or every third child's agreement (V4), now over.

    No return holds reviews of them (its rule 399), so that none can be due yet.
    """
    shared = {"reason_started": "S", "need": "N2", "place": "R1", "provider": "PR1", "reason_ended": "E8"}
    first = calendar.as_of - timedelta(days=random.randint(60, 80))
    if number % 3 == 2:
        over = first + timedelta(days=random.randint(30, 50))
        return [Episode(started_on=first, ended_on=over, legal_status="V4", **shared)]
    friday, rows = first + timedelta(days=(4 - first.weekday()) % 7), []
    while friday + timedelta(days=2) < calendar.as_of:
        rows.append(Episode(started_on=friday, ended_on=friday + timedelta(days=2), legal_status="V3", **shared))
        friday += timedelta(days=random.choice((14, 14, 21, 28)))
    return rows

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
_MOVES = ("CARPL", "CARPL", "STAND", "CREQB", "CHILD", "PLACE", "ALLEG")
_FIRST_STATUS = (("V2", 48), ("C1", 32), ("L2", 13), ("L1", 7))
_AT_HOME_AGAIN = ("E4A", "E4A", "E4B", "E45", "E46", "E48")


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
            provider="PR0" if home == "P1" else provider,
            ended_on=until,
            reason_ended="X1" if why else _end(household, child, random),
            reason_moved=random.choice(_MOVES) if why in ("P", "B") else "",
        )
        for place, ((day, status, home, reason), (until, _, _, why)) in enumerate(zip(rows, following, strict=True))
    ]


def _changes(household: CareHousehold, child: Child, calendar: Calendar, random: Random, stop: date) -> list[_Change]:
    started_on = household.chain.started_on
    changes = [_Change(on=started_on, place=_place(child, started_on, random)), *_statuses(household, child, calendar, random)]
    changes += _moves(child, started_on, stop, random)
    if household.course is Course.ADOPTED:
        changes.append(_Change(on=stop - timedelta(days=random.randint(70, 250)), place=random.choice(("A3", "A5"))))
    return changes


def _joined(changes: Sequence[_Change], start: date, stop: date) -> list[tuple[date, str, str, str]]:
    """(day, legal status, placement, reason) of each stretch, changes of one day in one."""
    status, home = "", ""
    rows: list[tuple[date, str, str, str]] = []
    for day in sorted({each.on for each in changes if start <= each.on < stop}):
        before = status, home
        for each in changes:
            if each.on == day:
                status, home = each.status or status, each.place or home
        altered = (status != before[0], home != before[1])
        if any(altered):
            rows.append((day, status, home, {(True, False): "L", (False, True): "P", (True, True): "B"}[altered]))
    return rows


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
    for_adoption = household.course is Course.ADOPTED or (young and random.random() < 0.35)
    changes.append(_Change(on=interim, status="C1"))
    changes.append(_Change(on=final, status="E1" if for_adoption else "C2"))
    return changes


def _is_remanded(household: CareHousehold, child: Child) -> bool:
    """A few young people alone, lately come: remands are short."""
    length = ((household.chain.ended_on or date.max) - household.chain.started_on).days
    recent = household.course is Course.NEW or (household.course is Course.CAME_AND_LEFT and length < 120)
    alone = len(household.children) == 1 and child.born_on is not None
    return recent and alone and age_on(child.born, household.chain.started_on) >= 15


def _moves(child: Child, start: date, stop: date, random: Random) -> list[_Change]:
    """A move in the first weeks for one in three, later one in six years, for teenagers twice as often."""
    changes = []
    if random.random() < 0.35:
        day = start + timedelta(days=random.randint(5, 60))
        changes.append(_Change(on=day, place=_place(child, day, random)))
    day = start
    while True:
        rate = 6.0 if age_on(child.born, day) < 12 else 3.0
        day += timedelta(days=60 + int(random.expovariate(1 / (365 * rate))))
        if day >= stop:
            return changes
        changes.append(_Change(on=day, place=_place(child, day, random)))


def _place(child: Child, day: date, random: Random) -> str:
    age = age_on(child.born, day)
    foster = (("U6", 40), ("U4", 26), ("U1", 8), ("U3", 9), ("U5", 5), ("P1", 7))
    if age < 10:
        return draw(random, foster)
    return draw(random, (*foster, ("K2", 16), *((("H5", 25),) if age >= 16 else ())))


def _end(household: CareHousehold, child: Child, random: Random) -> str:
    if household.chain.ended_on is None:
        return ""
    if household.course is Course.ADOPTED:
        return random.choice(("E11", "E12"))
    if household.coming_of_age:
        return random.choice(("E5", "E13"))
    if _is_remanded(household, child):
        return "E14"
    return random.choice(_AT_HOME_AGAIN)


def short_breaks(calendar: Calendar, number: int, random: Random) -> list[Episode]:
    """A series of short breaks of the year, over before the day: each break its own row, or every third child the agreement."""
    shared = {"reason_started": "S", "need": "N2", "place": "K2", "provider": "PR1", "reason_ended": "E8"}
    over = calendar.as_of - timedelta(days=random.randint(12, 60))
    if number % 3 == 2:
        return [Episode(started_on=over - timedelta(days=random.randint(120, 240)), ended_on=over, legal_status="V4", **shared)]
    friday = over - timedelta(days=200 + (over.weekday() - 4) % 7)
    rows = []
    while friday + timedelta(days=2) <= over:
        rows.append(Episode(started_on=friday, ended_on=friday + timedelta(days=2), legal_status="V3", **shared))
        friday += timedelta(days=random.choice((14, 14, 21, 28)))
    return rows

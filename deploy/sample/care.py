"""Children in care of the sample: who came, who stayed, who left, and every review, in the report's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import Enum, auto
from random import Random

from deploy.sample.calendar import Calendar, is_quiet
from deploy.sample.chains import CARE_REVIEWS, OF_THE_PLACED, SETTLED, Chain, Habit, draw_habit, follow
from deploy.sample.fit import Choice, explore, fit
from deploy.sample.members import settle_members
from deploy.sample.people import FEMALE, MALE, Child, exact_shares, household_sizes, shuffled_cycle, spaced_births
from deploy.sample.volumes import AGE_BANDS, Volumes
from services.statutory.counting import add_months, birthday

_SIZES = ((1, 12), (2, 5), (3, 2), (4, 1))
_ADOPTED_SIZES = ((1, 5), (2, 2))
_NEW_AGES = (0, 3, 7, 12, 16)

_KNOWN_SINCE = 12 * 6
"""Months: what happened before that is not in the records, so that of some children the beginning is not known."""

_ANSWERED = timedelta(days=30)
"""Who came so long ago has had the first review."""


_UNKNOWN = Chain(started_on=date.min, held=())


class Course(Enum):
    """How a household's time in care went."""

    SETTLED = auto()
    ENTERED = auto()
    NEW = auto()
    ADOPTED = auto()
    LEFT = auto()
    CAME_AND_LEFT = auto()

    @property
    def is_over(self) -> bool:
        return self in (Course.ADOPTED, Course.LEFT, Course.CAME_AND_LEFT)


@dataclass(slots=True, kw_only=True, eq=False)
class CareHousehold:
    """Brothers and sisters who came into care together. `chain` starts where the records do; `exact`: that is the true start.

    `placed_on`: for adoption. `secured_on`: in secure accommodation, where the child still is.
    """

    course: Course
    children: list[Child] = field(default_factory=list)
    chain: Chain = _UNKNOWN
    exact: bool = True
    late: bool = False
    overdue: bool = False
    coming_of_age: bool = False
    placed_on: date | None = None
    secured_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """One possible course of a household's time in care."""

    chain: Chain
    exact: bool
    placed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The days on which a household may have come into care."""

    first: date
    last: date


def build_care(volumes: Volumes, calendar: Calendar, random: Random) -> list[CareHousehold]:
    """Every household in care on the day or within the year; reviews, ages and sexes fit the volumes exactly."""
    staying = _staying(volumes, calendar, random)
    leaving = _leaving(volumes, random)
    _let_slip(staying, volumes, calendar, random)
    every = [*staying, *leaving]
    choices = [explore(_histories(calendar, each, random), size=_size(each)) for each in every]
    fixed = {id(choice) for choice, each in zip(choices, every, strict=True) if each.late or each.overdue}
    held = sum(choice.chosen for choice in choices if id(choice) in fixed)
    fit(
        choices,
        target=volumes.care_reviews - held,
        weight=lambda choice: 0 if id(choice) in fixed else choice.size,
        random=random,
    )
    _settle(every, choices, calendar, random)
    _secure(staying, volumes, calendar)
    _give_sexes(staying, calendar, random, volumes)
    for each in leaving:
        for child, sex in zip(each.children, random.choices((MALE, FEMALE), k=len(each.children)), strict=True):
            child.sex = sex
    return every


def _size(household: CareHousehold) -> int:
    return len(household.children)


def _staying(volumes: Volumes, calendar: Calendar, random: Random) -> list[CareHousehold]:
    """Those in care on the day, with their days of birth: a child came into care after being born."""
    pattern = shuffled_cycle(random, _SIZES)
    households = []
    for course in (Course.SETTLED, Course.ENTERED):
        quota = [volumes.times(band.settled if course is Course.SETTLED else band.entered) for band in AGE_BANDS]
        sizes = list(household_sizes(sum(quota), pattern))
        for births in settle_members(sizes, quota, calendar.as_of, random):
            children = [Child(born_on=born_on) for born_on in births]
            households.append(CareHousehold(course=course, children=children))
    for place in range(volumes.new_to_care):
        oldest = add_months(calendar.as_of, -12 * (_NEW_AGES[place % 5] + 1)) + timedelta(days=5)
        child = Child(born_on=oldest + timedelta(days=random.randint(0, 330)))
        households.append(CareHousehold(course=Course.NEW, children=[child]))
    return households


def _leaving(volumes: Volumes, random: Random) -> list[CareHousehold]:
    before, within = volumes.left_care
    rounds = (
        (Course.ADOPTED, volumes.adopted, _ADOPTED_SIZES),
        (Course.LEFT, before, _SIZES),
        (Course.CAME_AND_LEFT, within, _SIZES),
    )
    households = []
    for course, total, sizes in rounds:
        for size in household_sizes(total, shuffled_cycle(random, sizes)):
            of_age = course is Course.LEFT and size == 1 and random.random() < 0.6
            households.append(CareHousehold(course=course, children=[Child() for _ in range(size)], coming_of_age=of_age))
    return households


def _let_slip(staying: Sequence[CareHousehold], volumes: Volumes, calendar: Calendar, random: Random) -> None:
    """After this as many single children as the report's two per cent are to have a review late or overdue."""
    grown = add_months(calendar.as_of, -12 * 6)
    single = [each for each in staying if each.course is Course.SETTLED and _size(each) == 1 and each.children[0].born < grown]
    chosen = random.sample(single, volumes.reviewed_late + volumes.overdue)
    for each in chosen[: volumes.overdue]:
        each.overdue = True
    for each in chosen[volumes.overdue :]:
        each.late = True


def _histories(calendar: Calendar, household: CareHousehold, random: Random) -> Iterator[tuple[int, _Course]]:
    """Possible courses, with the number of reviews in the year and whether the start is the true one."""
    habit = _habit(calendar, household, random)
    for started_on, ended_on in _spans(calendar, household, random):
        habit = _habit(calendar, household, random) if household.overdue else habit
        known = add_months(calendar.as_of, -_KNOWN_SINCE)
        exact, placed_on = started_on >= known, None
        if household.course is Course.ADOPTED and ended_on is not None:
            placed_on = ended_on - timedelta(days=random.randint(70, 250))
            chain = follow(calendar, CARE_REVIEWS, habit, started_on, until=placed_on)
            after = follow(calendar, OF_THE_PLACED, habit, placed_on, until=ended_on)
            chain = replace(chain, held=chain.held + after.held)
        elif exact:
            chain = follow(calendar, CARE_REVIEWS, habit, started_on, until=ended_on)
        else:
            before = known - timedelta(days=random.randint(0, 176))
            chain = follow(calendar, CARE_REVIEWS, habit, before, step=SETTLED, until=ended_on)
            chain = replace(chain, started_on=max(started_on, before - timedelta(days=random.randint(0, 700))))
        if not _is_right(calendar, household, chain):
            continue
        if household.overdue:
            chain = replace(chain, held=chain.held[:-1])
        number = sum(map(calendar.within_year, chain.held))
        yield number, _Course(chain=replace(chain, ended_on=ended_on), exact=exact, placed_on=placed_on)


def _habit(calendar: Calendar, household: CareHousehold, random: Random) -> Habit:
    habit = draw_habit(random, 18, first=(random.randint(0, 5), random.randint(0, 12)))
    if household.overdue:
        return replace(habit, pulls=(1.0,) * len(habit.pulls))
    return replace(habit, late_from=calendar.year_starts + timedelta(days=20)) if household.late else habit


def _is_right(calendar: Calendar, household: CareHousehold, chain: Chain) -> bool:
    """Whether a course shows what its household is there to show."""
    if household.course is Course.NEW:
        return not chain.held
    if household.overdue:
        due = chain.last_due
        return due is not None and calendar.as_of - timedelta(days=9) <= due <= calendar.as_of - timedelta(days=2)
    return True


def _spans(calendar: Calendar, household: CareHousehold, random: Random) -> Iterator[tuple[date, date | None]]:
    """Possible days of coming into care and of leaving it, in random order."""
    tries = 500 if household.overdue else 80
    if not household.course.is_over:
        span = _coming(calendar, household, random)
        days = (span.last - span.first).days + 1
        for offset in random.sample(range(days), min(days, tries)):
            yield span.first + timedelta(days=offset), None
        return
    for _ in range(tries):
        ended_on = calendar.on_or_before(calendar.as_of - timedelta(days=random.randint(1, 330)))
        least, most = _STAYS[household.course]
        started_on = ended_on - timedelta(days=int(random.triangular(least, most, least)))
        if is_quiet(ended_on) or (started_on >= calendar.year_starts) is not (household.course is Course.CAME_AND_LEFT):
            continue
        if not household.coming_of_age or ended_on == birthday(add_months(ended_on, -12 * 18), 18):
            yield started_on, ended_on


_STAYS = {Course.ADOPTED: (420, 1100), Course.LEFT: (60, 3000), Course.CAME_AND_LEFT: (10, 230)}
"""Days in care of those who left: at least, at most."""


def _coming(calendar: Calendar, household: CareHousehold, random: Random) -> _Span:
    """When a household that is still there may have come: not before its youngest was born."""
    youngest = max(child.born for child in household.children)
    if household.course is Course.NEW:
        return _Span(first=max(youngest, calendar.as_of - timedelta(days=16)), last=calendar.as_of - timedelta(days=1))
    if household.course is Course.ENTERED:
        return _Span(first=max(youngest, calendar.year_starts), last=calendar.as_of - _ANSWERED)
    last = calendar.year_starts - timedelta(days=1)
    earliest = max(youngest, add_months(calendar.as_of, -12 * 13))
    length = (last - earliest).days
    around = last - timedelta(days=int(length * random.random() ** 2.4))
    half = timedelta(days=500 if household.overdue else 100)
    return _Span(first=max(earliest, around - half), last=min(last, around + half))


def _settle(every: Sequence[CareHousehold], choices: Sequence[Choice[_Course]], calendar: Calendar, random: Random) -> None:
    """After this each household has the course chosen for it, and those who left their days of birth."""
    for each, choice in zip(every, choices, strict=True):
        each.chain, each.exact, each.placed_on = choice.history.chain, choice.history.exact, choice.history.placed_on
        ended_on = each.chain.ended_on
        if ended_on is None:
            continue
        if each.coming_of_age:
            each.children[0].born_on = add_months(ended_on, -12 * 18)
            continue
        oldest = add_months(ended_on, -12 * (7 if each.course is Course.ADOPTED else 17))
        since = max(oldest, each.chain.started_on - timedelta(days=1500 if each.course is Course.ADOPTED else 5500))
        births = spaced_births(random, _size(each), min(since, each.chain.started_on), each.chain.started_on)
        for child, born_on in zip(each.children, births, strict=True):
            child.born_on = born_on


def _secure(staying: Sequence[CareHousehold], volumes: Volumes, calendar: Calendar) -> None:
    """After this a young person or two have lately been placed in secure accommodation, by an order of the court."""
    since, grown = calendar.as_of - timedelta(days=60), add_months(calendar.as_of, -12 * 13)
    alone = [each for each in staying if _size(each) == 1 and each.course is Course.SETTLED and not each.late and not each.overdue]
    for place, each in enumerate(
        [one for one in alone if one.chain.started_on < since and one.children[0].born < grown][: volumes.times(1)]
    ):
        each.secured_on = calendar.as_of - timedelta(days=9 + place % 12)


def _give_sexes(staying: Sequence[CareHousehold], calendar: Calendar, random: Random, volumes: Volumes) -> None:
    """After this boys and girls in care on the day are as many in each age band as the volumes say."""
    children = [child for each in staying for child in each.children]
    for band in AGE_BANDS:
        youngest, oldest = (add_months(calendar.as_of, -12 * years) for years in (band.years[0], band.years[1] + 1))
        group = [child for child in children if oldest < child.born <= youngest]
        boys = volumes.times(band.boys)
        for child, sex in zip(group, exact_shares(((MALE, boys), (FEMALE, len(group) - boys)), random), strict=True):
            child.sex = sex

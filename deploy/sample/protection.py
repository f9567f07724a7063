"""Section 47 enquiries, initial and review conferences and protection plans of the sample, in the report's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from deploy.sample.calendar import Calendar, is_quiet
from deploy.sample.chains import CONFERENCES, Chain, Habit, draw_habit, follow
from deploy.sample.fit import Choice, explore, fit
from deploy.sample.people import (
    FEMALE,
    MALE,
    UNBORN,
    Child,
    exact_shares,
    household_sizes,
    largest_remainders,
    shuffled_cycle,
    spaced_births,
)
from deploy.sample.volumes import CATEGORIES, PLAN_BANDS, SHORTEST_PLANS_BY_CATEGORY, PlanBand, Volumes
from services.statutory.counting import add_months

_SIZES = ((1, 17), (2, 8), (3, 4), (4, 2), (5, 1))
"""Households at conferences: 58 children in 32, the report's 1.81 children a conference."""

_IN_TIME, _LATE = (8, 15), (17, 22)
"""Working days from the discussion to the initial conference."""

_FIRST_GAP, _NEXT_GAP = 82, 170


@dataclass(slots=True, kw_only=True, eq=False)
class Household:
    """Brothers and sisters whose conferences are one. No conference yet, or none needed: `chain` is None.

    `kin`: the household whose plan this one's child joined at a review conference of theirs. `from_elsewhere`: the first
    conference took over another authority's plan, without an enquiry here.
    """

    children: list[Child]
    discussed_on: date = date.min
    chain: Chain | None = None
    not_required: bool = False
    has_plan: bool = False
    band: PlanBand | None = None
    categories: list[str] = field(default_factory=list)
    kin: Household | None = None
    from_elsewhere: bool = False

    @property
    def conference_on(self) -> date | None:
        return None if self.chain is None else self.chain.started_on

    @property
    def plan_ended_on(self) -> date | None:
        return None if self.chain is None else self.chain.ended_on

    @property
    def on_plan(self) -> bool:
        """Whether the plan stands on the day."""
        return self.has_plan and self.plan_ended_on is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cohort:
    """Households of one kind: `band` for plans ended in the year (None: on the day), started within the year or before it."""

    total: int
    within: bool
    band: PlanBand | None = None


def build_households(volumes: Volumes, calendar: Calendar, random: Random) -> list[Household]:
    """Every household known to the child protection side; days and numbers fit the volumes exactly."""
    pattern = shuffled_cycle(random, _SIZES)
    sized = [(cohort, size) for cohort in _cohorts(volumes) for size in household_sizes(cohort.total, pattern)]
    choices = [explore(_histories(calendar, cohort, random), size=size) for cohort, size in sized]
    households = [_with_plan(cohort, size) for cohort, size in sized]
    unplanned = [_bare(size) for size in household_sizes(volumes.conferences_without_plan, pattern)]
    for each in unplanned:
        each.chain = Chain(started_on=_conference_day(calendar, random), held=())
    initial = len(unplanned) + sum(1 for cohort, _ in sized if cohort.within)
    _fit(choices, volumes, initial, random)
    for household, choice in zip(households, choices, strict=True):
        household.chain = choice.history
    _join_plans(households, volumes, calendar)
    _take_over(households, volumes, calendar)
    _date_enquiries(households, unplanned, volumes, calendar, random)
    others = _under_way(volumes, calendar, random, pattern) + _without_conference(volumes, calendar, random, pattern)
    every = households + unplanned + others
    for each in every:
        _give_births(each, calendar, random)
    for each in households:
        if each.kin is not None:
            each.children[0].born_on = each.discussed_on - timedelta(days=12)
    _give_unborn(households, others, volumes, calendar, random)
    _give_sexes(every, volumes, random)
    _give_categories(households, random)
    return every


def _cohorts(volumes: Volumes) -> Iterator[_Cohort]:
    for band in PLAN_BANDS:
        yield _Cohort(total=volumes.times(band.started_within), within=True, band=band)
        yield _Cohort(total=volumes.times(band.children - band.started_within), within=False, band=band)
    before, within = volumes.on_plans
    yield _Cohort(total=before, within=False)
    yield _Cohort(total=within, within=True)


def _bare(size: int) -> Household:
    return Household(children=[Child() for _ in range(size)])


def _with_plan(cohort: _Cohort, size: int) -> Household:
    household = _bare(size)
    household.has_plan, household.band = True, cohort.band
    return household


def _fit(choices: Sequence[Choice[Chain]], volumes: Volumes, initial: int, random: Random) -> None:
    """After this the review conferences and the children at them are the report's numbers."""
    conferences = volumes.conferences - initial
    fit(choices, target=volumes.review_children - conferences, weight=lambda each: each.size - 1, random=random)
    settled = sum(each.chosen for each in choices if each.size > 1)
    fit(choices, target=conferences - settled, weight=lambda each: int(each.size == 1), random=random)


def _histories(calendar: Calendar, cohort: _Cohort, random: Random) -> Iterator[tuple[int, Chain]]:
    """Possible courses of one household's plan, with the number of review conferences in the year."""
    reviews = random.choice(cohort.band.reviews) if cohort.band else None
    habit = _habit(cohort.band, random)
    for started_on in _starts(calendar, cohort, reviews, random):
        chain = follow(calendar, CONFERENCES, habit, started_on, count=reviews)
        if reviews is not None:
            if len(chain.held) < reviews or not _ends_rightly(calendar, cohort.band, chain):
                continue
            chain = replace(chain, ended_on=chain.held[-1])
        yield sum(map(calendar.within_year, chain.held)), chain


def _habit(band: PlanBand | None, random: Random) -> Habit:
    habit = draw_habit(random, 24, first=(random.randint(1, 20),))
    if band is not None and band.months == (3, 6):
        sooner = random.randint(95, 150)  # the second conference is brought forward, and ends the plan
        return replace(habit, slacks=(habit.slacks[0], sooner, *habit.slacks[2:]))
    return habit


def _ends_rightly(calendar: Calendar, band: PlanBand | None, chain: Chain) -> bool:
    assert band is not None
    least, most = (add_months(chain.started_on, months) for months in band.months)
    return least <= chain.held[-1] < most and calendar.within_year(chain.held[-1])


def _starts(calendar: Calendar, cohort: _Cohort, reviews: int | None, random: Random) -> Iterator[date]:
    """Possible days of the initial conference, in random order."""
    if reviews is None:
        first = calendar.year_starts if cohort.within else calendar.year_starts - timedelta(days=540)
        last = calendar.as_of
    else:
        gaps = _FIRST_GAP + _NEXT_GAP * (reviews - 1) - (115 if cohort.band and cohort.band.months == (3, 6) else 0)
        first = calendar.year_starts - timedelta(days=gaps + 15)
        last = calendar.as_of - timedelta(days=gaps - 15)
    first = max(first, calendar.year_starts) if cohort.within else first
    last = last if cohort.within else min(last, calendar.year_starts - timedelta(days=1))
    for offset in random.sample(range((last - first).days + 1), min((last - first).days + 1, 120)):
        day = calendar.on_or_after(first + timedelta(days=offset))
        if first <= day <= last and not is_quiet(day) and (day.month != 8 or random.random() < 0.5):
            yield day


def _join_plans(households: Sequence[Household], volumes: Volumes, calendar: Calendar) -> None:
    """After this a child or two came onto the plan of elder brothers and sisters, on the day of a review conference of theirs."""
    lately = calendar.as_of - timedelta(days=75)
    new = [each for each in households if each.on_plan and len(each.children) == 1 and each.chain and not each.chain.held]
    standing = [
        each
        for each in households
        if each.on_plan and each.chain and len(each.chain.held) > 1 and each.chain.held[-1] > lately and len(each.children) < 4
    ]
    for joining, family in zip([each for each in new if calendar.within_year(_start(each))], standing[: volumes.times(1)], strict=False):
        assert family.chain is not None
        joining.chain, joining.kin = Chain(started_on=family.chain.held[-1], held=()), family


def _start(household: Household) -> date:
    assert household.chain is not None
    return household.chain.started_on


def _take_over(households: Sequence[Household], volumes: Volumes, calendar: Calendar) -> None:
    """After this the plans of a few households who moved here before the year began at a transfer-in conference."""
    earlier = [each for each in households if each.on_plan and _start(each) < calendar.year_starts]
    for each in earlier[: volumes.times(1)]:
        each.from_elsewhere = True


def _conference_day(calendar: Calendar, random: Random) -> date:
    while True:
        day = calendar.on_or_before(calendar.as_of - timedelta(days=random.randint(0, 360)))
        if calendar.within_year(day) and not is_quiet(day):
            return day


def _date_enquiries(
    households: Sequence[Household], unplanned: Sequence[Household], volumes: Volumes, calendar: Calendar, random: Random
) -> None:
    """After this each household's enquiry began so long before its conference that the share in time is the report's."""
    every = [*households, *unplanned]
    within = [each for each in every if each.conference_on and calendar.within_year(each.conference_on)]
    random.shuffle(within)
    left, late = volumes.late_initial_children, set[int]()
    for place, each in enumerate(within):
        if len(each.children) <= left:
            late.add(place)
            left -= len(each.children)
    slow = [within[place] for place in sorted(late)]
    for each in every:
        assert each.conference_on is not None
        each.discussed_on = calendar.step(each.conference_on, -random.randint(*(_LATE if each in slow else _IN_TIME)))


def _under_way(volumes: Volumes, calendar: Calendar, random: Random, pattern: Iterator[int]) -> list[Household]:
    """Enquiries begun in the last eleven working days: their conferences are due in four to fourteen."""
    households = [_bare(size) for size in household_sizes(volumes.open_enquiries, pattern)]
    for place, each in enumerate(households):
        each.discussed_on = calendar.step(calendar.as_of, -1 - place * 10 // max(len(households) - 1, 1))
    return households


def _without_conference(volumes: Volumes, calendar: Calendar, random: Random, pattern: Iterator[int]) -> list[Household]:
    """Enquiries of the year that found no conference to be needed."""
    households = [_bare(size) for size in household_sizes(volumes.enquiries_without_conference, pattern)]
    for each in households:
        each.discussed_on = calendar.on_or_before(calendar.as_of - timedelta(days=random.randint(15, 360)))
        each.not_required = True
    return households


def _give_births(household: Household, calendar: Calendar, random: Random) -> None:
    """After this the children were born before the enquiry and are under 18 when the plan ends, or on the day."""
    size = len(household.children)
    until = household.discussed_on - timedelta(days=10)
    oldest = add_months(household.plan_ended_on or calendar.as_of, -12 * 17)
    span = timedelta(days=int(365.25 * max(random.triangular(0.5, 16, 7), size * 1.3)))
    for child, born_on in zip(household.children, spaced_births(random, size, max(oldest, until - span), until), strict=True):
        child.born_on = born_on


def _give_unborn(
    households: Sequence[Household], others: Sequence[Household], volumes: Volumes, calendar: Calendar, random: Random
) -> None:
    """After this some children on plans, and one whose enquiry is under way, are not born yet."""
    recent = calendar.as_of - timedelta(days=70)
    young = [each for each in households if each.on_plan and len(each.children) == 1 and each.discussed_on >= recent and each.kin is None]
    under_way = [each for each in others if not each.not_required and len(each.children) == 1]
    for each in [*young[: volumes.times(2)], *under_way[: volumes.times(1)]]:
        (child,) = each.children
        child.born_on, child.sex = None, UNBORN
        child.expected_on = calendar.as_of + timedelta(days=random.randint(20, 100))


def _give_sexes(every: Sequence[Household], volumes: Volumes, random: Random) -> None:
    """After this boys and girls whose plans ended are as many a duration as the report's table says."""
    for band in (None, *PLAN_BANDS):
        children = [child for each in every if each.band is band for child in each.children if child.sex != UNBORN]
        boys = volumes.times(band.boys) if band else (len(children) + 1) // 2
        sexes = exact_shares(((MALE, boys), (FEMALE, len(children) - boys)), random)
        for child, sex in zip(children, sexes, strict=True):
            child.sex = sex


def _give_categories(households: Sequence[Household], random: Random) -> None:
    """After this each child on a plan has a category of abuse, most often that of brothers and sisters."""
    shortest = PLAN_BANDS[0]
    for chosen in (True, False):
        group = [each for each in households if (each.band is shortest) is chosen]
        total = sum(len(each.children) for each in group)
        shares = [(code, float(count)) for code, count in SHORTEST_PLANS_BY_CATEGORY] if chosen else list(CATEGORIES)
        counts = largest_remainders(shares, total)
        random.shuffle(group)
        codes = iter([code for code, count in counts for _ in range(count)])
        for each in group:
            each.categories = [next(codes) for _ in each.children]

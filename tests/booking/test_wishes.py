"""The child's own time: what of it a time does not respect is counted, ranked and named, and nothing is refused for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking import service
from services.booking.bits import Calendar
from services.booking.commands import SlotSearch
from services.booking.diaries import Diary
from services.booking.needs import needs_of
from services.booking.slots import SlotOption, find_slots
from services.booking.timeline import edges
from services.booking.wishes import OwnTime, Unwished, Where, at_school, count_at, fewest, missed, said
from services.directory.settings import Settings, parse_setting
from services.history.circumstances import StateCircumstances, state_circumstances
from services.kernel.errors import InvalidInput
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import MeetingKind, Weekday, Wish, WishedPlace
from tests.booking.test_slots import DAY, problem
from tests.booking.world import MANAGER, NOW, SUPPORT, TODAY, World, at, key

TERM = date(2026, 9, 8)  # a Tuesday
HALF_TERM = date(2026, 10, 27)
SUNDAY = date(2026, 9, 6)
AWAY = Where(in_unit_room=False, remote=False)
PUPIL = OwnTime(reference="CH1", born_on=date(2016, 5, 4))
REVIEW = MeetingKind.CARE_REVIEW


def held(clock: str, day: date = TERM, minutes: int = 60) -> TimeWindow:
    return TimeWindow(at(day, clock), at(day, clock) + timedelta(minutes=minutes))


def misses(
    own: OwnTime, window: TimeWindow, kind: MeetingKind = REVIEW, where: Where = AWAY, settings: Settings | None = None
) -> set[Wish]:
    return {each.wish for each in missed((own,), kind, (window,), where, settings or Settings())}


@pytest.mark.parametrize(
    ("clock", "day", "expected"),
    [
        ("15:45", TERM, set()),  # the child is seen alone from 15:15 on
        ("15:30", TERM, {Wish.SCHOOL}),
        ("10:00", TERM, {Wish.SCHOOL}),
        ("07:45", TERM, set()),
        ("07:50", TERM, {Wish.SCHOOL}),
        ("10:00", SUNDAY, set()),
        ("10:00", date(2026, 12, 28), set()),  # a bank holiday
    ],
)
def test_school_hours_are_avoided_by_a_review_and_the_time_alone_before_it(clock: str, day: date, expected: set[Wish]) -> None:
    assert misses(PUPIL, held(clock, day)) == expected


def test_school_keeps_children_by_their_age_in_the_terms_that_are_stated() -> None:
    terms = parse_setting("school_terms", [["2026-11-02", "2026-12-18"], ["2026-09-02", "2026-10-23"]])
    settings = Settings(school_terms=terms)
    assert at_school(PUPIL, TERM, settings)
    assert not at_school(PUPIL, HALF_TERM, settings)
    assert at_school(PUPIL, HALF_TERM, Settings())
    assert at_school(PUPIL, date(2028, 8, 1), settings)  # of that school year no term is stated
    for born_on in (None, TERM - timedelta(days=365 * 4), date(2009, 9, 8)):
        assert not at_school(replace(PUPIL, born_on=born_on), TERM, settings)
    assert at_school(replace(PUPIL, born_on=date(2009, 9, 9)), TERM, settings)
    for wrong in ("2026-09-02", [["2026-09-02"]], [["2026-10-23", "2026-09-02"]], [["2026-05-01", "2026-10-01"]], [["now", "then"]]):
        with pytest.raises(InvalidInput):
            parse_setting("school_terms", wrong)


def test_wishes_for_weekday_hours_and_place_and_days_of_activities_are_each_named() -> None:
    own = OwnTime(
        reference="CH1",
        weekdays=frozenset({Weekday.THURSDAY, Weekday.FRIDAY}),
        since=time(16),
        until=time(17, 30),
        place=WishedPlace.ELSEWHERE,
        venue="her school",
        activity_days=frozenset({Weekday.TUESDAY}),
    )
    found = missed((own,), REVIEW, (held("10:00"),), Where(in_unit_room=True, remote=False), Settings())
    assert [(each.wish, each.message) for each in found] == [
        (Wish.WEEKDAY, "not on a day that the child wishes: Thursday, Friday"),
        (Wish.HOURS, "not at an hour that the child wishes: from 16:00 until 17:30"),
        (Wish.ACTIVITY, "on a day of the child's activities: Tuesday"),
        (Wish.PLACE, "not where the child wishes: her school"),
    ]
    respected = Where(in_unit_room=False, remote=False, venue="Her School ")
    assert misses(own, held("16:30", TERM + timedelta(days=2)), where=respected) == set()
    assert misses(own, held("16:30", TERM + timedelta(days=2)), where=replace(respected, venue="the placement")) == {Wish.PLACE}
    assert misses(own, held("10:00"), kind=MeetingKind.REVIEW_CONFERENCE) == {Wish.HOURS}
    assert misses(own, held("10:00"), kind=MeetingKind.SECURE_CRITERIA_REVIEW) == set()


def test_what_is_said_of_several_children_is_said_once_and_without_them() -> None:
    found = missed((PUPIL, replace(PUPIL, reference="CH2")), REVIEW, (held("10:00"),), AWAY, Settings())
    assert [each.reference for each in found] == ["CH1", "CH2"]
    assert said(found) == ("in school hours: 08:45 to 15:15, of 2 children",)


clocks = st.integers(0, 24 * 4 - 1).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
some_days = st.frozensets(st.sampled_from(list(Weekday)))
own_times = st.builds(
    OwnTime,
    reference=st.just("CH1"),
    born_on=st.one_of(st.none(), st.dates(date(2006, 1, 1), date(2026, 1, 1))),
    weekdays=some_days,
    since=st.one_of(st.none(), clocks),
    until=st.one_of(st.none(), clocks),
    activity_days=some_days,
)
WEEK = tuple(date(2026, 10, 22) + timedelta(days=number) for number in range(8))  # with a half-term and the day that the clocks change
SETTINGS = Settings(school_terms=parse_setting("school_terms", [["2026-09-02", "2026-10-23"]]))


@given(own=st.lists(own_times, max_size=3), kind=st.sampled_from(list(MeetingKind)), day=st.integers(0, 7), quarter=st.integers(28, 80))
def test_what_is_counted_as_bits_is_what_is_named(own: list[OwnTime], kind: MeetingKind, day: int, quarter: int) -> None:
    needs = needs_of(kind, children=1, first=False, settings=SETTINGS)
    calendar = Calendar(WEEK)
    begins = local_instant(WEEK[day], time(quarter // 4, quarter % 4 * 15))
    named = [
        each.wish
        for one in own
        for each in missed((one,), kind, (TimeWindow(begins, begins + timedelta(minutes=needs.minutes)),), AWAY, SETTINGS)
    ]
    levels = Unwished(calendar, SETTINGS).levels(own, needs, day)
    start = int(calendar.unit(day, begins))
    assert count_at(levels, start) == len(named)
    assert fewest(levels, 1 << start) == (len(named), 1 << start)


def review_slots(*own: OwnTime, days: tuple[date, ...] = (DAY,), **more: object) -> tuple[SlotOption, ...]:
    needs = needs_of(REVIEW, children=len(own), first=False, settings=Settings())
    chair = Diary(id=uuid4(), code="X", at_work=edges(TimeWindow(at(day, "09:00"), at(day, "17:00")) for day in days), busy=())
    asked = problem(chair, needs=needs, days=days, hours=(time(9, 30), time(17)), own_times=own, last_in_time=days[-1], **more)
    return find_slots(asked, 100)


def test_times_that_respect_the_child_come_first_and_the_others_say_what_they_miss() -> None:
    found = review_slots(PUPIL)
    assert [each.starts_at.strftime("%H:%M") for each in found[:2]] == ["15:45", "16:00"]
    assert all(not each.wishes_missed for each in found[:2])
    assert all("in school hours: 08:45 to 15:15" in each.reasons for each in found[2:])
    assert {each.starts_at for each in found} == {each.starts_at for each in review_slots()}  # nothing is refused for it


def test_a_day_that_the_child_wishes_comes_before_an_earlier_one() -> None:
    days = tuple(DAY + timedelta(days=number) for number in range(4))
    wishing = OwnTime(reference="CH1", weekdays=frozenset({Weekday.THURSDAY}))
    found = review_slots(wishing, days=days, chaired_a_day=3)
    assert found[0].starts_at.date() == DAY + timedelta(days=2)
    assert [bool(each.wishes_missed) for each in found] == sorted(bool(each.wishes_missed) for each in found)


@given(own=st.lists(own_times, max_size=2))
def test_no_time_left_out_respects_more_than_one_that_is_offered(own: list[OwnTime]) -> None:
    days = tuple(DAY + timedelta(days=number) for number in range(3))
    every = review_slots(*own, days=days)
    needs = needs_of(REVIEW, children=len(own), first=False, settings=Settings())
    chair = Diary(id=uuid4(), code="X", at_work=edges(TimeWindow(at(day, "09:00"), at(day, "17:00")) for day in days), busy=())
    asked = problem(chair, needs=needs, days=days, hours=(time(9, 30), time(17)), own_times=tuple(own), last_in_time=days[-1])
    few = find_slots(asked, 2)
    least = sorted(len(each.wishes_missed) for each in every if each.starts_at.date() in {one.starts_at.date() for one in few})
    assert len(few[0].wishes_missed) == least[0]


async def state_wishes(world: World, reference: str, **stated: object) -> None:
    command = StateCircumstances(request_key=key(), reference=reference, from_day=TODAY, **stated)  # type: ignore[arg-type]
    await state_circumstances(world.resources, MANAGER, command, NOW)


async def test_what_is_stated_of_a_child_ranks_its_slots(world: World) -> None:
    await world.review("CH1")
    search = SlotSearch(kind=REVIEW, child_references=("CH1",))
    before = await service.slots(world.resources, SUPPORT, search, NOW)
    assert all(
        Wish.SCHOOL in {each.wish for each in option.wishes_missed} for option in before
    )  # the first one is too long for after school
    await state_wishes(world, "CH1", wished_weekdays=(Weekday.WEDNESDAY,), wished_from="13:00", wished_until="17:00")
    best = (await service.slots(world.resources, SUPPORT, search, NOW))[0]
    assert (best.starts_at.weekday(), best.starts_at.hour >= 13) == (2, True)
    assert [each.wish for each in best.wishes_missed] == [Wish.SCHOOL]


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"wished_from": "4 pm"}, "wishedFrom"),
        ({"wished_from": "25:00"}, "wishedFrom"),
        ({"wished_from": "16:00", "wished_until": "15:00"}, "wishedUntil"),
        ({"wished_venue": "her school"}, "wishedVenue"),
        ({"wished_venue": "her school", "wished_place": WishedPlace.REMOTE}, "wishedVenue"),
    ],
)
async def test_a_wish_that_is_none_is_refused(world: World, stated: dict[str, object], field: str) -> None:
    await world.child("CH1")
    with pytest.raises(InvalidInput) as refused:
        await state_wishes(world, "CH1", **stated)
    assert refused.value.field == field

"""What lies ahead is counted on the diary as it stands: few times left, resources that run out, conferences without police."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking import service as booking
from services.booking.commands import Sitting, SlotSearch, SplitMeeting
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput
from services.kernel.words import Alternative, BlockerCode, MeetingKind, ResourceKind, Role
from services.planning.foreseeing import breach_forecast, last_day_of, quarter_end
from services.planning.foresight import BreachForecast, foresee, slots_of
from services.planning.problem import Problem
from tests.booking.world import MANAGER, SUPPORT, World, at, key
from tests.booking.world import TODAY as BOOKING_TODAY
from tests.support.diaries import TODAY, Authority
from tests.support.diaries import at as instant

WINDOW = TODAY + timedelta(days=1), date(2026, 9, 21)
LAST = date(2026, 9, 22)  # 15 working days after TODAY
QUARTER = date(2026, 9, 30)
END = date(2026, 10, 25)


def ahead(problem: Problem, last_day: date = END) -> BreachForecast:
    return foresee(problem, last_day, QUARTER, ())


def authority(**more: Any) -> Authority:
    return Authority(last_day=END, **more)


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("IRO-0", ResourceKind.IRO, BlockerCode.CHAIR_ABSENT),
        ("ROOM-0", ResourceKind.ROOM, BlockerCode.NO_ROOM),
        ("NT-0", ResourceKind.NOTE_TAKER, BlockerCode.NO_NOTE_TAKER),
        ("POL", ResourceKind.POLICE, BlockerCode.POLICE_OFF_DUTY),
    ],
)
def test_a_conference_with_two_times_left_is_one_short_and_says_of_what(name: str, kind: ResourceKind, code: BlockerCode) -> None:
    made = authority()
    made.initial("CH1", TODAY)
    made.away(name, *WINDOW)  # only the last day is left: from 9:30 and, after pre-meet and turnaround, from 12:30
    (row,) = ahead(made.problem()).obligations
    assert (row.last_day, row.slots, row.short) == (LAST, 2, 1)
    (shortage,) = row.shortages
    assert (shortage.blocker.resource, shortage.blocker.code) == (kind, code)
    assert shortage.blocker.resource_code == ("IRO-0" if kind is ResourceKind.IRO else None)
    assert shortage.slots_if_free == 2 * 15


def test_three_times_left_are_enough() -> None:
    made = authority()
    made.initial("CH1", TODAY)
    made.away("POL", WINDOW[0], date(2026, 9, 20))  # a Sunday: Monday and Tuesday are left
    assert ahead(made.problem()).obligations == ()


def test_what_is_taken_by_others_is_told_from_what_is_not_at_work() -> None:
    made = authority()
    made.initial("CH1", TODAY)
    for day in made.days:
        if day < LAST:
            made.busy.setdefault("NT-0", []).append(booked(day))
    (row,) = ahead(made.problem()).obligations
    assert [(each.blocker.code, each.slots_if_free) for each in row.shortages] == [(BlockerCode.NOTE_TAKER_BUSY, 30)]


def booked(day: date) -> Any:
    from services.kernel.window import TimeWindow

    return TimeWindow(instant(day, "09:00"), instant(day, "17:00"))


def test_two_resources_that_are_never_free_together_are_both_named() -> None:
    made = authority()
    made.initial("CH1", TODAY)
    half = date(2026, 9, 11)
    made.away("IRO-0", WINDOW[0], half)
    made.away("POL", half + timedelta(days=1), LAST)
    (row,) = ahead(made.problem()).obligations
    assert row.slots == 0
    assert {each.blocker.resource for each in row.shortages} == {ResourceKind.IRO, ResourceKind.POLICE}
    assert all(each.slots_if_free > 0 for each in row.shortages)


def test_a_window_that_is_over_and_a_child_without_an_officer_say_so() -> None:
    made = authority()
    made.owe(made.child("CH1"), MeetingKind.CARE_REVIEW, date(2026, 3, 1), TODAY)
    made.owe(made.child("CH2", officer=None), MeetingKind.CARE_REVIEW, date(2026, 4, 1), date(2026, 10, 1))
    over, nobody = ahead(made.problem()).obligations
    assert [each.blocker.code for each in over.shortages] == [BlockerCode.WINDOW_CLOSED]
    assert [each.blocker.code for each in nobody.shortages] == [BlockerCode.NO_CHAIR]
    assert nobody.shortages[0].slots_if_free > 3
    assert nobody.shortages[0].blocker.would_fit_if == "the child were allocated to IRO-0"


def test_only_what_is_due_within_the_weeks_asked_is_looked_at() -> None:
    made = authority()
    made.initial("CH1", TODAY)
    made.away("POL", *WINDOW)
    assert ahead(made.problem(), LAST - timedelta(days=1)).obligations == ()
    assert len(ahead(made.problem(), LAST).obligations) == 1


def test_a_sibling_with_days_of_its_own_left_is_not_at_risk() -> None:
    made = authority()
    for name, due in (("CH1", LAST), ("CH2", LAST + timedelta(days=14))):
        child = made.child(name, siblings="F1")
        made.owe(child, MeetingKind.REVIEW_CONFERENCE, date(2026, 8, 1), due)
    made.away("IRO-0", WINDOW[0], LAST)
    (row,) = ahead(made.problem()).obligations
    assert (row.owed.child_id, row.slots) == (made.owed[0].child_id, 0)


@settings(max_examples=200)
@given(st.integers(0, (1 << 96) - 1), st.integers(1, 40))
def test_times_one_after_the_other_are_as_many_as_there_can_be(starts: int, apart: int) -> None:
    best = [0] * (96 + apart + 1)  # the most from each start on
    for at_ in range(95, -1, -1):
        best[at_] = max(best[at_ + 1], (starts >> at_ & 1) + best[at_ + apart] if starts >> at_ & 1 else 0)
    assert slots_of(starts, apart) == best[0]


# ---------------------------------------------------------------------------------------------------------- weeks


def conferences(made: Authority, number: int, triggered_on: date = date(2026, 8, 26)) -> None:
    """So many initial conferences, each of its own officer, due on Wednesday 16 September."""
    for each in range(number):
        made.initial(f"W{each}", triggered_on, officer=each)


def test_a_week_without_police_is_short_by_what_falls_due_in_it_and_says_what_could_be_earlier() -> None:
    made = authority(officers=2, rooms=2, note_takers=2)
    conferences(made, 2)
    made.away("POL", date(2026, 9, 14), date(2026, 9, 18))
    (week,) = ahead(made.problem()).weeks
    assert (week.first_day, week.last_day, week.resource) == (date(2026, 9, 14), date(2026, 9, 20), ResourceKind.POLICE)
    assert (week.needed, week.expected, week.available, week.short, week.earlier) == (2, 0, 0, 2, 2)
    made.away("POL", TODAY, date(2026, 9, 13))
    (week,) = ahead(made.problem()).weeks
    assert (week.short, week.earlier) == (2, 0)


def test_a_pool_runs_out_at_what_its_places_can_attend() -> None:
    made = authority(officers=17, rooms=9, note_takers=9)
    conferences(made, 17)
    (week,) = ahead(made.problem()).weeks
    assert (week.resource, week.needed, week.available, week.short) == (ResourceKind.POLICE, 17, 15, 2)  # three a day
    assert ahead(replace_police(made, 2).problem()).weeks == ()


def replace_police(made: Authority, places: int) -> Authority:
    made.police = places
    return made


@pytest.mark.parametrize(("name", "kind"), [("ROOM-0", ResourceKind.ROOM), ("NT-0", ResourceKind.NOTE_TAKER)])
def test_rooms_and_note_takers_run_out_too(name: str, kind: ResourceKind) -> None:
    made = authority()
    conferences(made, 1)
    made.away(name, date(2026, 9, 14), date(2026, 9, 18))
    assert [(week.resource, week.short) for week in ahead(made.problem()).weeks] == [(kind, 1)]


def test_expected_conferences_and_what_a_chain_makes_due_count_as_well() -> None:
    made = authority()
    made.away("POL", date(2026, 9, 21), date(2026, 9, 25))
    (week,) = ahead(made.problem(expected_a_week=1.5)).weeks
    assert (week.first_day, week.needed, week.expected, week.short, week.earlier) == (date(2026, 9, 21), 1, 1, 1, 0)
    made = Authority(last_day=date(2027, 5, 2))
    made.owe(made.child("CH1"), MeetingKind.REVIEW_CONFERENCE, date(2026, 6, 15), date(2026, 9, 15))
    made.away("POL", date(2027, 3, 15), date(2027, 3, 19))  # six months after the review that is due on 15 September
    (week,) = ahead(made.problem(), date(2027, 5, 2)).weeks
    assert (week.first_day, week.needed) == (date(2027, 3, 15), 1)


# -------------------------------------------------------------------------------------------------------- service


@pytest.fixture
async def world(database: Any) -> World:
    built = World(database)
    await built.establish()
    return built


async def forecast(world: World, actor: Actor = SUPPORT, weeks: int = 4) -> BreachForecast:
    async with world.database.transaction(snapshot=True) as connection:
        return await breach_forecast(connection, actor, weeks, BOOKING_TODAY, world.now)


async def test_the_times_left_are_those_that_a_search_by_hand_offers(world: World) -> None:
    await world.conference("CH1")
    assert (await forecast(world)).obligations == ()
    await world.sql(
        "DELETE FROM availability a USING resource r WHERE r.id = a.resource_id AND r.code = 'IRO-01' "
        "AND lower(a.during)::date NOT IN ('2026-09-10', '2026-09-15')"
    )
    await world.conference("CH2")
    await world.book("CH2", starts_at=at(date(2026, 9, 10), "12:00"))
    search = SlotSearch(kind=MeetingKind.INITIAL_CONFERENCE, child_references=("CH1",), first=100)
    (row,) = (each for each in (await forecast(world)).obligations if each.reference == "CH1")
    offered = [each.starts_at for each in await booking.slots(world.resources, SUPPORT, search, world.now) if own(each)]
    following: list[Any] = []
    for start in sorted(offered):
        if not following or start >= following[-1] + timedelta(hours=3):
            following.append(start)
    assert (row.slots, row.short, len(following)) == (2, 1, 2)
    assert row.shortages[0].blocker.resource_code == "IRO-01"


def own(option: Any) -> bool:
    return option.alternative in (None, Alternative.ANOTHER_DAY)


async def test_what_is_booked_is_no_risk_and_what_lapsed_is_one_again(world: World) -> None:
    await world.conference("CH1")
    await world.sql("DELETE FROM availability WHERE resource_id IN (SELECT resource_id FROM police_place) AND lower(during) < '2026-09-22'")
    assert [each.slots for each in (await forecast(world)).obligations] == [2]
    await world.book("CH1", starts_at=at(LAST, "10:00"), hold_until=world.now + timedelta(hours=1))
    assert (await forecast(world)).obligations == ()
    world.now += timedelta(hours=2)
    assert [each.slots for each in (await forecast(world)).obligations] == [2]


async def test_conferences_that_stand_without_police_say_whether_a_place_is_free(world: World) -> None:
    for child, officer in (("CH1", "IRO-01"), ("CH2", "IRO-02"), ("CH3", "IRO-01")):
        await world.conference(child, officer)
    day = date(2026, 9, 10)
    await world.book("CH1", starts_at=at(day, "10:00"))
    taken = await world.book("CH2", starts_at=at(day, "10:30"), police_team_code=None, chair_code="IRO-02")
    free = await world.book("CH3", starts_at=at(day, "14:00"), police_team_code=None)
    rows = (await forecast(world)).without_police
    assert [(meeting_of(row), row.day, row.short) for row in rows] == [(free, day, 0), (taken, day, 1)]
    assert "booked without police" in rows[0].message


def meeting_of(row: Any) -> UUID | None:
    return None if row.meeting is None else row.meeting.meeting_id


async def test_a_conference_to_be_booked_for_which_no_police_come_is_named_this_quarter(world: World) -> None:
    await world.conference("CH1")
    await world.sql("DELETE FROM availability WHERE resource_id IN (SELECT resource_id FROM police_place)")
    found = await forecast(world)
    (row,) = found.without_police
    assert (found.quarter_ends_on, row.day, row.short, row.meeting) == (QUARTER, LAST, 1, None)
    assert [each.kind for each in row.owed] == [MeetingKind.INITIAL_CONFERENCE]
    (risk,) = found.obligations
    assert risk.shortages[0].blocker.code is BlockerCode.POLICE_OFF_DUTY


async def test_the_review_of_a_foster_home_is_looked_at_like_any_other(world: World) -> None:
    await world.sql("INSERT INTO foster_household (id, reference) VALUES (gen_random_uuid(), 'FH1')")
    await world.sql(
        "INSERT INTO obligation (id, household_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis, "
        "statutory_due_on, book_by_on, state) SELECT gen_random_uuid(), id, 'FOSTER_HOME_REVIEW', '2025-09-15', 'test', 'TEST', 1, "
        "'YEARS', 'test', '2026-09-15', '2026-09-15', 'OPEN' FROM foster_household"
    )
    (row,) = (await forecast(world)).obligations
    assert (row.reference, row.shortages[0].blocker.code) == ("FH1", BlockerCode.NO_CHAIR)
    assert row.shortages[0].blocker.message == "nobody is named who reviews this home"
    await world.sql(
        "INSERT INTO household_reviewer (id, household_id, iro_id, held, recorded_by, recorded_at) "
        "SELECT gen_random_uuid(), h.id, r.id, '[2026-01-01,)', 'test', now() "
        "FROM foster_household h, resource r WHERE r.code = 'IRO-01'"
    )
    assert (await forecast(world)).obligations == ()


async def test_whoever_may_plan_looks_ahead_and_nobody_else(world: World) -> None:
    for role in Role:
        actor = Actor(subject="x", role=role, name="x")
        if role in (Role.MANAGER, Role.BUSINESS_SUPPORT, Role.SERVICE):
            assert (await forecast(world, actor)).weeks == ()
        else:
            with pytest.raises(Forbidden):
                await forecast(world, actor)


@pytest.mark.parametrize("weeks", [0, 53])
async def test_from_one_week_to_a_year(world: World, weeks: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 52"):
        await forecast(world, MANAGER, weeks)


def test_weeks_end_on_sundays_and_quarters_with_their_month() -> None:
    assert last_day_of(date(2026, 9, 1), 1) == date(2026, 9, 6)
    assert last_day_of(date(2026, 9, 6), 1) == date(2026, 9, 13)  # tomorrow is a Monday
    assert [quarter_end(date(2026, month, 1)).isoformat() for month in (1, 3, 4, 9, 12)] == [
        "2026-03-31", "2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31",
    ]  # fmt: skip


async def test_a_conference_is_without_police_where_one_of_its_sittings_to_come_is(world: World) -> None:
    day = date(2026, 9, 8)
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(day, "10:00"), police_team_code=None)
    sittings = tuple(Sitting(starts_at=at(each, "10:00"), ends_at=at(each, "11:00")) for each in (day, day + timedelta(days=2)))
    command = SplitMeeting(request_key=key(), id=meeting, version=1, sittings=sittings, reason="a test")
    await booking.split(world.resources, MANAGER, command, world.now)
    assert [each.message for each in (await forecast(world)).without_police if each.meeting] == [
        "stands without police (booked without police); a place is free at its time: add it"
    ]
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(day, "10:00"))  # takes the police of the first sitting
    (found,) = [each for each in (await forecast(world)).without_police if each.meeting]
    assert (found.day, found.short) == (day, 1)

"""Evenings and Saturdays that somebody offers, in plans: where the chair is at work, and whatever else the meeting needs is free."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking.commands import RecordAbsence
from services.booking.offering import OfferTime, offer_time
from services.booking.service import record_absence
from services.directory.settings import Settings
from services.kernel.words import AbsenceReason, MeetingKind, ResourceKind
from services.planning import performing, service
from services.planning.answer import Answer, Placed
from services.planning.commands import PlanMeetings, RunAction
from services.planning.days import thawed_on, within
from services.planning.explain import reasons_of
from services.planning.goals import score, slack
from services.planning.laying import lay
from services.planning.problem import Problem
from services.planning.rules import judge
from tests.booking.world import MANAGER, NOW, SUPPORT, TODAY, World, at, key
from tests.support.diaries import Authority, id_of, owed, window
from tests.support.solving import solve_here

SATURDAY = TODAY + timedelta(days=11)
FRIDAY, MONDAY = SATURDAY - timedelta(days=1), SATURDAY + timedelta(days=2)
IRO, ROOM, TAKER = ResourceKind.IRO, ResourceKind.ROOM, ResourceKind.NOTE_TAKER
CARE, SHORT_BREAK, INITIAL = MeetingKind.CARE_REVIEW, MeetingKind.SHORT_BREAK_REVIEW, MeetingKind.INITIAL_CONFERENCE


def plan(problem: Problem) -> Answer:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer


def _unit(kind: MeetingKind = CARE, **more: Any) -> Authority:
    """One duty that the law wants met by a Saturday; its officer is away on every working day until then."""
    made = Authority(last_day=TODAY + timedelta(days=40), **more)
    made.owe(made.child("a"), kind, TODAY - timedelta(days=172), SATURDAY)
    made.away("IRO-0", TODAY, FRIDAY)
    return made


def test_a_review_that_the_law_wants_by_a_saturday_is_held_on_it_where_its_chair_offers_it() -> None:
    made = _unit()
    assert [each.days_late > 0 for each in plan(made.problem()).placed] == [True]
    made.offer("IRO-0", SATURDAY)
    problem = made.problem()
    (placed,) = plan(problem).placed
    assert (placed.day, placed.days_late, placed.wanted.book_by_on) == (SATURDAY, 0, FRIDAY)
    reasons = reasons_of(problem, placed, chaired=1)
    assert "after the book-by day 11 September 2026, on or before the law's day 12 September 2026" in reasons
    assert "no working day: its chair is at work then" in reasons
    assert score(problem, Answer(placed=(placed,), unplaced=(), missed=(), late_bound=0)).book_by == 1


@pytest.mark.parametrize("who", ["IRO-1", "ROOM-0", "NT-0"])
def test_nobody_is_at_work_on_a_saturday_because_another_is(who: str) -> None:
    made = _unit(officers=2)
    made.offer(who, SATURDAY)
    assert all(each.day != SATURDAY for each in plan(made.problem()).placed)


def test_what_a_review_needs_besides_its_chair_must_be_offered_too() -> None:
    made = _unit()
    made.offer("IRO-0", SATURDAY)
    problem = made.problem()
    noted = replace(problem, subjects={id_of("a"): replace(problem.subjects[id_of("a")], complexity=2)}, settings=_noting())
    assert all(each.day > SATURDAY for each in plan(noted).placed)
    made.offer("NT-0", SATURDAY, "13:00", "16:00")
    taker = made.problem().note_takers
    (placed,) = plan(replace(noted, note_takers=taker)).placed
    assert (placed.day, placed.note_taker_id) == (SATURDAY, id_of("NT-0"))
    assert taker[0].available[-1].contains(placed.meeting)


def _noting() -> Settings:
    return replace(Settings(), note_taker_from_complexity=2)


def test_no_conference_is_held_on_a_saturday_and_the_rules_say_so() -> None:
    made = _unit(INITIAL)
    for who in ("IRO-0", "ROOM-0", "NT-0", "POL"):
        made.offer(who, SATURDAY)
    problem = made.problem()
    assert SATURDAY in problem.days
    (placed,) = plan(problem).placed
    assert placed.day > SATURDAY
    there = replace(placed, day=SATURDAY, meeting=window(SATURDAY, "10:00", placed.wanted.needs.minutes))
    answer = Answer(placed=(there,), unplaced=(), missed=(), late_bound=0)
    assert {each.rule for each in judge(problem, answer)} == {"within_hours"}


def test_a_working_day_comes_first_where_it_is_as_good() -> None:
    made = Authority(last_day=TODAY + timedelta(days=40))
    made.owe(made.child("a"), CARE, TODAY - timedelta(days=158), SATURDAY + timedelta(days=14))  # both leave the slack that is wanted
    made.offer("IRO-0", SATURDAY)
    assert [each.day for each in plan(made.problem()).placed] == [FRIDAY]


def test_an_offered_evening_is_used() -> None:
    made = _unit()
    made.offer("IRO-0", FRIDAY, "17:00", "20:00")
    (placed,) = plan(made.problem()).placed
    assert (placed.day, placed.days_late) == (FRIDAY, 0)
    assert placed.meeting.start >= window(FRIDAY, "17:00", 1).start


def test_a_saturday_counts_no_working_day() -> None:
    made = _unit()
    made.offer("IRO-0", SATURDAY)
    problem = made.problem()
    (placed,) = plan(problem).placed
    assert slack(problem, placed) == slack(problem, replace(placed, day=FRIDAY)) == 0
    number = problem.days.index(SATURDAY)
    assert within(problem, number) == problem.days[: number + 1]
    assert within(problem, number + 1) == problem.days[: number + 2]
    assert within(problem, 0) == ()
    assert thawed_on(replace(problem, frozen_days=number)) == MONDAY
    assert thawed_on(replace(problem, frozen_days=0)) == problem.today + timedelta(days=1)


def test_what_stands_on_a_saturday_is_moved_to_one_and_covered_there_like_any_other() -> None:
    made = Authority(last_day=TODAY + timedelta(days=40), officers=2)
    item = owed(made.child("a"), CARE, TODAY - timedelta(days=160), due=TODAY + timedelta(days=20))
    made.stand(item, window(SATURDAY, "10:00", 60).start, has={}, lacks=[IRO])
    made.offer("IRO-1", SATURDAY)
    (covered,) = plan(made.problem()).placed
    assert (covered.moved, covered.wanted.chair_id) == (False, id_of("IRO-1"))
    later = SATURDAY + timedelta(days=7)
    made.offer("IRO-0", later)
    made.away("IRO-0", TODAY, later - timedelta(days=1))
    (moved,) = plan(made.problem(may_move=1)).placed
    assert (moved.moved, moved.day, moved.wanted.chair_id) == (True, later, id_of("IRO-0"))


@st.composite
def offering(draw: st.DrawFn) -> Authority:
    """Reviews of two officers and a conference, with Saturdays and evenings that some offer, and days on which some are away."""
    made = Authority(last_day=TODAY + timedelta(days=35), officers=2)
    for number in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from([CARE, CARE, SHORT_BREAK, INITIAL]))
        due = TODAY + timedelta(days=draw(st.integers(3, 16)))
        made.owe(made.child(f"child-{number}", officer=draw(st.integers(0, 1))), kind, TODAY - timedelta(days=150), due)
    for name in ("IRO-0", "IRO-1", "ROOM-0", "NT-0", "POL"):
        away = draw(st.integers(0, 14))
        made.away(name, TODAY, TODAY + timedelta(days=away))
        for day in draw(st.sets(st.sampled_from([SATURDAY - timedelta(days=7), SATURDAY, SATURDAY + timedelta(days=1), FRIDAY]))):
            opens = draw(st.integers(8, 19))
            made.offer(name, day, f"{opens:02}:00", f"{opens + draw(st.integers(1, 3)):02}:30")
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(offering())
def test_an_offer_makes_nothing_late_that_was_not_and_conferences_keep_to_working_days(made: Authority) -> None:
    problem = made.problem()
    answer = plan(problem)
    made.offers = {}
    assert answer.late <= plan(made.problem()).late
    assert not [each for each in answer.placed if each.wanted.kind.is_conference and each.day in problem.offered]
    assert {each.day for each in answer.placed if each.day in problem.offered} <= _offered_by_chairs(problem, answer.placed)


def _offered_by_chairs(problem: Problem, placed: tuple[Placed, ...]) -> set[date]:
    chairs = {each.id: each for each in problem.chairs}
    return {each.day for each in placed if any(window.contains(each.meeting) for window in chairs[each.wanted.chair_id].available)}


# ----------------------------------------------------------------------------------------------- with a database


@pytest.fixture
async def world(database: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(performing, "solve_apart", solve_here)
    built = World(database)
    await built.establish()
    return built


async def _planned(world: World) -> tuple[UUID, Any]:
    command = PlanMeetings(request_key=str(uuid4()), first_day=TODAY, last_day=date(2026, 10, 30))
    plan_id = await service.request_plan(world.resources, SUPPORT, command, NOW)
    await service.perform_waiting(world.resources, lambda: NOW)
    (placed,) = await world.sql("SELECT * FROM plan_placement WHERE plan_id = $1", plan_id)
    return plan_id, placed


async def test_a_saturday_that_an_officer_offers_is_planned_and_booked(world: World) -> None:
    await world.review("CH1")
    for first, until in ((TODAY, SATURDAY), (MONDAY, date(2026, 9, 23))):  # the law's day is 22 September
        since, till = at(first, "00:00"), at(until, "00:00")
        leave = RecordAbsence(request_key=key(), kind=IRO, code="IRO-01", starts_at=since, ends_at=till, reason=AbsenceReason.LEAVE)
        await record_absence(world.resources, MANAGER, leave, NOW)
    _, late = await _planned(world)
    assert late["late"]
    offer = OfferTime(request_key=key(), kind=IRO, code="IRO-01", starts_at=at(SATURDAY, "10:00"), ends_at=at(SATURDAY, "13:00"))
    await offer_time(world.resources, MANAGER, offer, NOW)
    plan_id, placed = await _planned(world)
    assert (placed["late"], placed["starts_at"].date()) == (False, SATURDAY)
    assert "no working day: its chair is at work then" in placed["reasons"]
    await service.request_apply(world.resources, SUPPORT, RunAction(request_key=key(), id=plan_id), NOW)
    await service.perform_waiting(world.resources, lambda: NOW)
    (meeting,) = await world.sql("SELECT starts_at, chair_id FROM meeting")
    assert meeting["starts_at"] == placed["starts_at"]

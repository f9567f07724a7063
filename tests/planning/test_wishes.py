"""A plan weighs the child's own time: before slack, after lateness, and names what it does not respect."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking import parting
from services.booking.wishes import OwnTime
from services.directory.planning import Goal
from services.directory.settings import Settings
from services.history.circumstances import StateCircumstances
from services.kernel.actor import Actor
from services.kernel.window import LONDON
from services.kernel.words import MeetingKind, Role, Weekday, Wish
from services.planning.answer import Answer
from services.planning.arranging import rearrange
from services.planning.bits import starts_in
from services.planning.board import Board
from services.planning.explain import reasons_of
from services.planning.gathering import gather
from services.planning.goals import score, wishes_missed
from services.planning.laying import lay
from services.planning.model import Choice
from services.planning.preferences import base_cost, cheapest, span_of_days, weights_of
from services.planning.problem import Problem, Wanted
from services.planning.rules import judge
from services.planning.wishing import missed_by_placements
from tests.booking.test_attending import apart_unit
from tests.booking.test_wishes import state_wishes
from tests.booking.world import MANAGER, NOW, SUPPORT, World, at, key
from tests.planning.test_service import _in_this_process, apply, placements, world
from tests.planning.test_service import plan as plan_stored
from tests.support.diaries import TODAY, Authority, add_working_days

__all__ = ["_in_this_process", "world"]

PUPIL = OwnTime(reference="CH1", born_on=date(2016, 5, 4))
NO_SCHOOL = Settings(school_from_age=99)
WISHES = weights_of(tuple(Goal)).wishes


def plan(problem: Problem) -> Answer:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer


def give(made: Authority, child: UUID, own: OwnTime) -> None:
    made.subjects[child] = replace(made.subjects[child], own_time=own)


def one_review(own: OwnTime, *, due_in: int = 60) -> Authority:
    made = Authority(last_day=TODAY + timedelta(days=due_in + 10))
    child = made.child("child")
    give(made, child, own)
    made.owe(child, MeetingKind.CARE_REVIEW, TODAY - timedelta(days=120), TODAY + timedelta(days=due_in))
    return made


def test_a_review_is_after_school_on_a_day_without_activities() -> None:
    own = replace(PUPIL, activity_days=frozenset(Weekday) - {Weekday.THURSDAY, Weekday.SATURDAY, Weekday.SUNDAY})
    problem = one_review(own).problem()
    (placed,) = plan(problem).placed
    assert wishes_missed(problem, placed) == ()
    assert placed.day.weekday() == 3
    assert placed.meeting.start.astimezone(LONDON).time() >= time(15, 45)


def test_slack_yields_to_a_wish_and_a_wish_to_lateness() -> None:
    own = OwnTime(reference="CH1", weekdays=frozenset({Weekday.MONDAY}))
    made = one_review(own, due_in=14)
    problem = made.problem()
    (placed,) = plan(problem).placed
    assert placed.day.weekday() == 0
    made.away("IRO-0", TODAY, TODAY + timedelta(days=13))  # only the last day in time is left: a Tuesday
    problem = made.problem()
    (placed,) = plan(problem).placed
    assert (placed.days_late, [each.wish for each in wishes_missed(problem, placed)]) == (0, [Wish.WEEKDAY])
    assert score(problem, Answer(placed=(placed,), unplaced=(), missed=(), late_bound=0)).wishes >= 1
    assert "not on a day that the child wishes: Monday" in reasons_of(problem, placed, chaired=1)


def test_one_chair_spreads_reviews_over_afternoons() -> None:
    made = Authority(last_day=TODAY + timedelta(days=70))
    for number in range(8):
        child = made.child(f"child-{number}")
        give(made, child, PUPIL)
        made.owe(child, MeetingKind.CARE_REVIEW, TODAY - timedelta(days=120), TODAY + timedelta(days=60))
    problem = made.problem()
    assert not any(wishes_missed(problem, each) for each in plan(problem).placed)


weekdays = st.frozensets(st.sampled_from(list(Weekday)[:5]))
hours = st.one_of(st.none(), st.integers(9, 12).map(time)), st.one_of(st.none(), st.integers(13, 17).map(time))
owns = st.builds(OwnTime, reference=st.just("CH"), weekdays=weekdays, since=hours[0], until=hours[1], activity_days=weekdays)


@settings(max_examples=25, deadline=None)
@given(st.lists(owns, min_size=1, max_size=3), st.integers(0, 3))
def test_the_exact_search_and_the_plain_one_weigh_wishes_alike(own: list[OwnTime], away: int) -> None:
    made = Authority(last_day=TODAY + timedelta(days=40))
    family = "family" if len(own) > 1 else None
    for number, each in enumerate(own):
        child = made.child(f"child-{number}", siblings=family)
        give(made, child, replace(each, reference=f"CH-{number}"))
        made.owe(child, MeetingKind.CARE_REVIEW, TODAY - timedelta(days=120), add_working_days(TODAY, 8))
    made.away("IRO-0", TODAY, add_working_days(TODAY, away))
    problem = made.problem(settings=NO_SCHOOL)
    board, (wanted,) = Board(problem), tuple(gather(problem))
    span = span_of_days(board, wanted)
    days = range(span.first, span.last + 1)
    found = cheapest(board, wanted, span, days)
    assert found is not None
    (exact,) = (
        rearrange(board, [Choice(wanted=wanted, days={day: base_cost(board, wanted, span, day) for day in days}, police=False)]) or []
    )
    plain = Board(replace(problem, subjects={child: replace(each, own_time=None) for child, each in problem.subjects.items()}))
    costs = []
    for day, start in (found, (exact.day, exact.start)):
        placed = board.place(wanted, day, start)
        costs.append(base_cost(plain, wanted, span, day) + WISHES * len(wishes_missed(problem, placed)))
        board.remove(placed)
    assert costs[0] == costs[1]
    assert costs[0] == min(
        base_cost(plain, wanted, span, day) + WISHES * _missed_at(problem, board, wanted, day, start)
        for day in days
        for start in starts_in(board.starts(wanted, day))
    )


def _missed_at(problem: Problem, board: Board, wanted: Wanted, day: int, start: int) -> int:
    placed = board.place(wanted, day, start)
    board.remove(placed)
    return len(wishes_missed(problem, placed))


async def test_what_a_stored_plan_does_not_respect_is_told_to_whoever_may_plan(world: World) -> None:
    await world.review("CH1")
    await state_wishes(world, "CH1", wished_weekdays=(Weekday.SUNDAY,), wished_from="10:00")
    (placed,) = await placements(world, await plan_stored(world, date(2026, 10, 10)))
    async with world.database.connection() as connection:
        found = await missed_by_placements(connection, SUPPORT, [placed["id"]], TODAY)
        hidden = await missed_by_placements(connection, Actor(subject="x", role=Role.NOTE_TAKER, name="x"), [placed["id"]], TODAY)
    assert [(each.reference, each.wish) for each in found[placed["id"]]] == [("CH1", Wish.WEEKDAY), ("CH1", Wish.SCHOOL)]
    assert hidden == {}
    assert "in school hours: 08:45 to 15:15" in placed["reasons"]


async def test_a_plan_gives_another_room_to_a_meeting_whose_parents_must_not_meet_any_more(world: World) -> None:
    await world.establish(apart_unit(second="ROOM-B"))
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    assert (await world.meeting(meeting))["room"] == "ROOM-A"
    command = StateCircumstances(request_key=key(), reference="CH1", from_day=TODAY, parents_apart=True)
    assert (await parting.state_circumstances(world.resources, MANAGER, command, NOW)).released == (meeting,)
    await apply(world, await plan_stored(world, date(2026, 9, 30)))
    row = await world.meeting(meeting)
    assert (row["room"], row["needs"], row["starts_at"]) == ("ROOM-B", [], at(date(2026, 9, 8), "10:00"))


async def test_a_plan_gives_parents_who_must_not_meet_two_places_to_wait(world: World) -> None:
    await world.establish(apart_unit(second="ROOM-B"))
    for child, iro in (("CH1", "IRO-01"), ("CH2", "IRO-02")):
        await world.conference(child, iro)
        await state_wishes(world, child, parents_apart=True)
    placed = await placements(world, await plan_stored(world, date(2026, 9, 30)))
    rows = await world.sql(
        """SELECT c.reference, r.code FROM plan_placement p JOIN plan_placement_item i ON i.placement_id = p.id
           JOIN child c ON c.id = i.child_id JOIN resource r ON r.id = p.room_id WHERE p.kind = 'INITIAL_CONFERENCE'"""
    )
    assert len(placed) >= 2
    assert dict(tuple(row) for row in rows) == {"CH1": "ROOM-B", "CH2": "ROOM-B"}

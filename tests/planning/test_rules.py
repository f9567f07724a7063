"""Each rule finds the breach that it is for, and nothing in a plan that keeps it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.kernel.window import TimeWindow
from services.planning.answer import Answer, Placed
from services.planning.goals import better, score
from services.planning.greedy import plan_greedily
from services.planning.laying import lay
from services.planning.problem import Problem
from services.planning.rules import judge
from tests.support.diaries import TODAY, Authority, county, id_of, window


def _unit() -> Problem:
    made = Authority(last_day=TODAY + timedelta(days=120), officers=2, rooms=2, note_takers=2)
    made.initial("a", TODAY, officer=0)
    made.initial("b", TODAY, officer=1)
    made.review("c", date(2026, 5, 5), officer=0)
    return made.problem()


@pytest.fixture(scope="module")
def problem() -> Problem:
    return _unit()


@pytest.fixture(scope="module")
def answer(problem: Problem) -> Answer:
    found = lay(problem, lambda _: None)
    assert judge(problem, found) == ()
    return found


def _broken(problem: Problem, answer: Answer, number: int, changed: Placed) -> set[str]:
    placed = (*answer.placed[:number], changed, *answer.placed[number + 1 :])
    return {breach.rule for breach in judge(problem, replace(answer, placed=placed))}


def _first(answer: Answer, *, conference: bool = True) -> int:
    return next(number for number, each in enumerate(answer.placed) if each.wanted.kind.is_conference is conference)


def test_nobody_is_in_two_places(problem: Problem, answer: Answer) -> None:
    one, other = [number for number, each in enumerate(answer.placed) if each.wanted.kind.is_conference][:2]
    copied = replace(
        answer.placed[other], meeting=answer.placed[one].meeting, day=answer.placed[one].day, room_id=answer.placed[one].room_id
    )
    assert "no_two_places" in _broken(problem, answer, other, copied)


def test_what_stands_already_counts(problem: Problem, answer: Answer) -> None:
    number = _first(answer)
    chair = answer.placed[number].wanted.chair_id
    chairs = tuple(replace(each, busy=(answer.placed[number].meeting,)) if each.id == chair else each for each in problem.chairs)
    assert "no_two_places" in {breach.rule for breach in judge(replace(problem, chairs=chairs), answer)}


def test_everybody_attends_at_work_alone(problem: Problem, answer: Answer) -> None:
    chairs = tuple(replace(each, available=()) for each in problem.chairs)
    assert "within_availability" in {breach.rule for breach in judge(replace(problem, chairs=chairs), answer)}


def test_a_conference_has_a_room_that_suits(problem: Problem, answer: Answer) -> None:
    number = _first(answer)
    assert "room_fits" in _broken(problem, answer, number, replace(answer.placed[number], room_id=None))
    bare = tuple(replace(room, features=frozenset()) for room in problem.rooms)
    assert "room_fits" in {breach.rule for breach in judge(replace(problem, rooms=bare), answer)}


def test_a_team_attends_no_more_than_it_has_places(problem: Problem, answer: Answer) -> None:
    one, other = [number for number, each in enumerate(answer.placed) if each.police_team_id is not None][:2]
    copied = replace(answer.placed[other], meeting=answer.placed[one].meeting, day=answer.placed[one].day)
    assert "police_capacity" in _broken(problem, answer, other, copied)


def test_police_off_duty_are_beyond_their_places(problem: Problem, answer: Answer) -> None:
    off = tuple(replace(team, places=((),)) for team in problem.police)
    assert "police_capacity" in {breach.rule for breach in judge(replace(problem, police=off), answer)}


def test_police_are_waived_with_a_reason_and_in_time_alone(problem: Problem, answer: Answer) -> None:
    number = _first(answer)
    gone = replace(answer.placed[number], police_team_id=None)
    assert "police_attend" in _broken(problem, answer, number, gone)
    assert "police_attend" not in _broken(problem, answer, number, replace(gone, police_waived="none was free"))
    late = replace(gone, police_waived="none was free", day=gone.wanted.latest_on + timedelta(days=3))
    assert "police_attend" in _broken(problem, answer, number, late)


def test_the_allocated_officer_chairs(problem: Problem, answer: Answer) -> None:
    number = _first(answer)
    placed = answer.placed[number]
    other = next(chair.id for chair in problem.chairs if chair.id != placed.wanted.chair_id)
    assert "chair_is_allocated_iro" in _broken(problem, answer, number, replace(placed, wanted=replace(placed.wanted, chair_id=other)))


def test_an_officer_who_may_not_chair_does_not(problem: Problem, answer: Answer) -> None:
    barred = {key: replace(each, barred=frozenset({each.chair_id or id_of("-")})) for key, each in problem.subjects.items()}
    assert "chair_is_allocated_iro" in {breach.rule for breach in judge(replace(problem, subjects=barred), answer)}


def test_meetings_keep_their_hours(problem: Problem, answer: Answer) -> None:
    number = _first(answer)
    placed = answer.placed[number]
    early = replace(placed, meeting=window(placed.day, "07:00", placed.wanted.needs.minutes))
    assert "within_hours" in _broken(problem, answer, number, early)


def test_nothing_is_met_on_its_day_0(problem: Problem, answer: Answer) -> None:
    first = answer.placed[0]
    lead = replace(first.wanted.items[0], triggered_on=first.day)
    early = replace(first, wanted=replace(first.wanted, items=(lead, *first.wanted.items[1:])))
    assert "clocks_begun" in {each.rule for each in judge(problem, replace(answer, placed=(early, *answer.placed[1:])))}


def test_meetings_last_as_long_as_they_need(problem: Problem, answer: Answer) -> None:
    number = _first(answer)
    meeting = answer.placed[number].meeting
    short = TimeWindow(meeting.start, meeting.end - timedelta(minutes=15))
    assert "lengths_kept" in _broken(problem, answer, number, replace(answer.placed[number], meeting=short))


def test_nothing_owed_is_forgotten_and_nothing_is_placed_twice(problem: Problem, answer: Answer) -> None:
    assert "each_owed_once" in {breach.rule for breach in judge(problem, replace(answer, placed=answer.placed[1:]))}
    twice = replace(answer, placed=(*answer.placed, answer.placed[0]))
    assert "each_owed_once" in {breach.rule for breach in judge(problem, twice)}


def test_a_chain_that_is_not_followed_is_a_breach(problem: Problem, answer: Answer) -> None:
    unchained = tuple(each for each in answer.placed if not each.wanted.items[0].chained)
    assert len(unchained) < len(answer.placed)
    assert "chain_followed" in {breach.rule for breach in judge(problem, replace(answer, placed=unchained))}


def test_fewest_late_decides_before_anything_else(problem: Problem, answer: Answer) -> None:
    late = replace(answer.placed[0], day=answer.placed[0].wanted.latest_on + timedelta(days=1))
    assert better(score(problem, answer), score(problem, replace(answer, placed=(late, *answer.placed[1:]))))


def test_a_laid_plan_is_better_than_a_greedy_one_on_a_tight_authority() -> None:
    tight = county(scale=1, last_day=TODAY + timedelta(days=90), tight=True)
    laid, greedy = lay(tight, lambda _: None), plan_greedily(tight, lambda _: None)
    assert judge(tight, laid) == ()
    assert judge(tight, greedy) == ()
    assert better(score(tight, laid), score(tight, greedy))

"""Each rule on meetings that stand finds the breach that it is for, and the counting of goals sees what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.goals import score
from services.planning.laying import lay
from services.planning.problem import Booked, Problem
from services.planning.repairing import placed_again, wanted_of
from services.planning.rules import judge
from tests.planning.test_repairing import DAY, IRO, ROOM, authority, conference
from tests.support.diaries import TODAY, Authority, add_working_days, id_of, window

NEXT = add_working_days(DAY, 1)


def stands(*, without: tuple[ResourceKind, ...] = (ROOM,), **more: Any) -> Problem:
    made = authority()
    conference(made, "a", without=without)
    problem = made.problem(may_move=1)
    return replace(problem, booked=(replace(problem.booked[0], **more),))


def at_its_time(problem: Problem) -> Placed:
    booked = problem.booked[0]
    return placed_again(problem, booked, {**booked.has, ROOM: id_of("ROOM-0")})


def elsewhere(problem: Problem, day: date = NEXT) -> Placed:
    booked = problem.booked[0]
    return replace(at_its_time(problem), meeting=window(day, "10:00", booked.needs.minutes), day=day)


def broken(problem: Problem, *placed: Placed, left: bool = False) -> set[str]:
    unrepaired = ((problem.booked[0], problem.booked[0].lacks),) if left else ()
    answer = Answer(placed=placed, unplaced=(), missed=(), late_bound=0, unrepaired=unrepaired)
    return {breach.rule for breach in judge(problem, answer)}


def test_what_keeps_the_rules_breaks_none() -> None:
    problem = stands()
    assert broken(problem, at_its_time(problem)) == set()
    assert broken(problem, elsewhere(problem)) == set()
    assert broken(problem, left=True) == set()


@pytest.mark.parametrize("more", [{"fixed": "people move it"}, {"latest_on": DAY}])
def test_only_what_may_move_is_moved_and_not_after_its_last_day(more: dict[str, Any]) -> None:
    problem = stands(**more)
    assert broken(problem, elsewhere(problem)) == {"booked_stay"}
    assert broken(problem, at_its_time(problem)) == set()


def test_no_more_is_moved_than_may_be_and_neither_from_nor_to_a_day_that_is_frozen() -> None:
    problem = stands()
    assert broken(replace(problem, may_move=0), elsewhere(problem)) == {"booked_stay"}
    until = problem.days.index(DAY) + 1
    assert broken(replace(problem, frozen_days=until), elsewhere(problem)) == {"booked_stay"}
    assert broken(problem, elsewhere(problem, problem.days[1])) == {"booked_stay"}
    assert broken(problem, elsewhere(problem, problem.days[2])) == set()


def test_a_meeting_is_changed_once_and_as_the_meeting_that_it_is() -> None:
    problem = stands()
    placed = at_its_time(problem)
    assert "changed_once" in broken(problem, placed, placed)
    other = replace(placed.wanted, booked=replace(problem.booked[0], version=2))
    assert "changed_once" in broken(problem, replace(placed, wanted=other))


def test_nobody_chairs_who_may_not() -> None:
    problem = stands(without=(IRO,), barred=frozenset({id_of("IRO-1")}))
    assert broken(problem, placed_with(problem, "IRO-1")) == {"may_chair_it"}
    assert broken(problem, placed_with(problem, "IRO-0")) == set()


def placed_with(problem: Problem, chair: str) -> Placed:
    booked = problem.booked[0]
    return placed_again(problem, booked, {**booked.has, IRO: id_of(chair)})


def test_what_goes_on_lacking_something_is_named() -> None:
    problem = stands()
    assert broken(problem) == {"lacking_is_had_or_named"}
    assert "lacking_is_had_or_named" in broken(problem, at_its_time(problem), left=True)
    assert "lacking_is_had_or_named" in broken(problem, replace(at_its_time(problem), note_taker_id=None))


def test_rooms_that_are_too_small_do_not_suit() -> None:
    problem = stands()
    small = tuple(replace(room, seats=problem.booked[0].needs.shape.seats - 1) for room in problem.rooms)
    assert broken(replace(problem, rooms=small), at_its_time(problem)) == {"room_fits"}


def test_spans_that_touch_do_not_overlap_and_that_share_a_minute_do() -> None:
    problem = stands()
    hold = next(window for known, window in problem.booked[0].holds if known == id_of("NT-0"))
    for shift, expected in ((timedelta(0), set()), (timedelta(minutes=-1), {"no_two_places"})):
        busy = TimeWindow(hold.end + shift, hold.end + timedelta(hours=1))
        takers = tuple(replace(each, busy=(*each.busy, busy)) if each.code == "NT-0" else each for each in problem.note_takers)
        assert broken(replace(problem, note_takers=takers), at_its_time(problem)) == expected


# ---------------------------------------------------------------------------------------------------------------- goals


def counted(problem: Problem, *placed: Placed, unrepaired: tuple[Booked, ...] = ()) -> dict[str, int]:
    left = tuple((each, each.lacks) for each in unrepaired)
    found = score(problem, Answer(placed=placed, unplaced=(), missed=(), late_bound=0, unrepaired=left))
    return {name: getattr(found, name) for name in ("police_and_quorum", "chair_continuity", "booked_stay", "balanced_days", "journeys")}


def test_what_becomes_of_a_meeting_that_stands_is_counted() -> None:
    problem = stands(without=(IRO,))
    nothing = dict.fromkeys(counted(problem), 0)
    assert counted(problem, placed_with(problem, "IRO-0")) == nothing
    assert counted(problem, placed_with(problem, "IRO-1")) == {**nothing, "chair_continuity": 1}
    assert counted(problem, unrepaired=problem.booked) == {**nothing, "police_and_quorum": 1, "chair_continuity": 1}
    moved = replace(placed_with(problem, "IRO-0"), meeting=window(NEXT, "10:00", 120), day=NEXT)
    assert counted(problem, moved) == {**nothing, "booked_stay": 1}


def test_the_fourth_meeting_of_a_day_counts_and_one_that_leaves_it_does_not() -> None:
    problem = stands()
    full = replace(problem, chairing=((id_of("IRO-0"), DAY),) * 4)
    assert counted(full)["balanced_days"] == 1
    assert counted(full, elsewhere(full))["balanced_days"] == 0
    assert counted(full, at_its_time(full))["balanced_days"] == 1
    assert counted(replace(problem, chairing=((id_of("IRO-0"), DAY),) * 3))["balanced_days"] == 0


def test_a_day_in_the_unit_and_elsewhere_is_one_journey_and_is_avoided() -> None:
    made = Authority(last_day=TODAY + timedelta(days=40), rooms=2, note_takers=2)
    made.initial("a", TODAY)
    made.initial("b", TODAY)
    child = made.child("c")
    made.owe(child, MeetingKind.CARE_REVIEW, TODAY - timedelta(days=170), add_working_days(TODAY, 22))
    problem = made.problem()
    answer = lay(problem, lambda _: None)
    assert score(problem, answer).journeys == 0
    review = next(each for each in answer.placed if not each.wanted.needs.room)
    conferences = [each for each in answer.placed if each.wanted.needs.room]
    same = replace(review, day=conferences[0].day)
    assert score(problem, replace(answer, placed=(*conferences, same))).journeys == 1


def test_a_moved_meeting_begins_after_the_frozen_days() -> None:
    problem = stands()
    wanted = wanted_of(problem, problem.booked[0], id_of("IRO-0"))
    assert wanted.earliest_on == problem.days[problem.frozen_days]

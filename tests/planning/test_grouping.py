"""What is applied together: placements of which one takes what another gives up, and what follows them in a chain."""

from __future__ import annotations

from dataclasses import replace

from services.planning.answer import Placed
from services.planning.grouping import depend
from services.planning.problem import Booked, Problem
from services.planning.repairing import placed_again
from tests.planning.test_repairing import DAY, POLICE, ROOM, authority, conference
from tests.support.diaries import add_working_days, id_of, window

NEXT = add_working_days(DAY, 1)


def two(*, police: int = 2, clock: str = "10:00") -> Problem:
    made = authority(police=police)
    conference(made, "a", clock="10:00")
    conference(made, "b", clock=clock, officer=1, without=(ROOM,), NOTE_TAKER="NT-1")
    return made.problem(may_move=2)


def moved(booked: Booked) -> Placed:
    return replace(placed_again(PROBLEM, booked, dict(booked.has)), meeting=window(NEXT, "10:00", 120), day=NEXT)


PROBLEM = two()


def in_room(problem: Problem, room: str) -> Placed:
    booked = problem.booked[1]
    return placed_again(problem, booked, {**booked.has, ROOM: id_of(room)})


def test_who_takes_a_room_that_another_gives_up_is_of_its_group() -> None:
    giver = moved(PROBLEM.booked[0])
    assert depend(PROBLEM, (giver, in_room(PROBLEM, "ROOM-0"))) == (1, 1)
    assert depend(PROBLEM, (giver, in_room(PROBLEM, "ROOM-1"))) == (None, None)
    assert depend(PROBLEM, (in_room(PROBLEM, "ROOM-0"),)) == (None,)


def test_spans_that_only_share_some_minutes_bind_too_and_other_hours_do_not() -> None:
    for clock, groups in (("11:00", (1, 1)), ("14:30", (None, None))):
        problem = two(clock=clock)
        assert depend(problem, (moved(problem.booked[0]), in_room(problem, "ROOM-0"))) == groups


def attended(problem: Problem, booked: Booked) -> Placed:
    return placed_again(problem, booked, {**booked.has, POLICE: id_of("POL")})


def test_a_place_of_the_police_binds_only_where_the_team_had_none_left() -> None:
    for places, groups in ((1, (1, 1)), (2, (None, None))):
        made = authority(police=places)
        conference(made, "a")
        conference(made, "b", officer=1, without=(POLICE,), ROOM="ROOM-1", NOTE_TAKER="NT-1")
        problem = made.problem(may_move=1)
        assert depend(problem, (moved(problem.booked[0]), attended(problem, problem.booked[1]))) == groups


def test_two_who_take_the_last_place_of_the_police_and_one_that_another_gives_up_are_all_of_one_group() -> None:
    """Each of the two alone would have found the team with a place left."""
    for places, groups in ((2, (1, 1, 1)), (3, (None, None, None))):
        made = authority(police=places)
        conference(made, "a")
        conference(made, "b", officer=1, without=(POLICE,), ROOM="ROOM-1", NOTE_TAKER="NT-1")
        conference(made, "c", officer=2, without=(POLICE,), ROOM="ROOM-2", NOTE_TAKER="NT-2")
        problem = made.problem(may_move=1)
        takers = [attended(problem, each) for each in problem.booked[1:]]
        assert depend(problem, (moved(problem.booked[0]), *takers)) == groups


def test_what_follows_in_a_chain_joins_what_it_follows_only_where_it_hangs_on_something_else_as_well() -> None:
    made = authority()
    conference(made, "a", without=(ROOM,))
    conference(made, "b", NEXT, officer=1, ROOM="ROOM-1", NOTE_TAKER="NT-1")
    problem = made.problem(may_move=1)
    first = placed_again(problem, problem.booked[0], {**problem.booked[0].has, ROOM: id_of("ROOM-0")})
    giver = replace(moved(problem.booked[1]), meeting=window(add_working_days(NEXT, 1), "10:00", 120), day=add_working_days(NEXT, 1))
    item = replace(first.wanted.items[0], triggered_on=first.day, chained=True)
    new = replace(first.wanted, booked=None, items=(item,))
    follows = replace(first, wanted=new, meeting=window(NEXT, "10:00", 120), day=NEXT, room_id=id_of("ROOM-1"), note_taker_id=id_of("NT-0"))
    assert depend(problem, (first, giver, follows)) == (1, 1, 1)
    assert depend(problem, (first, giver, replace(follows, room_id=id_of("ROOM-0")))) == (None, None, None)
    unchained = replace(follows, wanted=replace(new, items=(replace(item, chained=False),)))
    assert depend(problem, (first, giver, unchained)) == (None, 2, 2)

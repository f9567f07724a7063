"""What the exact search answers, on boards small enough to know the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.planning.answer import Answer, Placed
from services.planning.arranging import least_late, rearrange
from services.planning.board import Board
from services.planning.gathering import gather
from services.planning.model import Arranged, Choice
from services.planning.problem import Problem
from services.planning.rules import judge
from tests.support.diaries import TODAY, Authority, add_working_days, id_of, window

DAY = add_working_days(TODAY, 6)


def _choices(problem: Problem, *days: int, police: bool = True) -> list[Choice]:
    return [Choice(wanted=each, days=dict.fromkeys(days, 1), police=police) for each in gather(problem)]


def _number(problem: Problem) -> int:
    return problem.days.index(DAY)


def _place(board: Board, choices: list[Choice], found: list[Arranged]) -> tuple[Placed, ...]:
    return tuple(
        board.place(choice.wanted, place.day, place.start, chosen=place.chosen) for choice, place in zip(choices, found, strict=True)
    )


def test_the_room_of_each_is_part_of_the_answer() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=2, rooms=2, note_takers=2, police=2)
    made.initial("later", TODAY, officer=0)
    made.initial("earlier", TODAY, officer=1)
    made.busy = {
        "IRO-0": [window(DAY, "09:00", 120), window(DAY, "14:00", 180)],
        "IRO-1": [window(DAY, "12:30", 270)],
        "ROOM-1": [window(DAY, "09:00", 120)],
    }
    problem = made.problem()
    board = Board(problem)
    choices = sorted(_choices(problem, _number(problem)), key=lambda each: each.wanted.chair_id != id_of("IRO-0"))
    found = rearrange(board, choices)
    assert found is not None
    placed = tuple(
        board.place(choice.wanted, place.day, place.start, chosen=place.chosen) for choice, place in zip(choices, found, strict=True)
    )
    rooms = [each.room_id for each in placed]
    assert rooms == [id_of("ROOM-1"), id_of("ROOM-0")]  # the later one must leave the room that the earlier one alone can have


def test_more_than_the_police_can_attend_have_no_arrangement() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=4, rooms=4, note_takers=4, police=1)
    for number in range(4):
        made.initial(f"child-{number}", TODAY, officer=number)
    problem = made.problem()
    board, day = Board(problem), _number(problem)
    assert rearrange(board, _choices(problem, day)) is None
    assert rearrange(board, _choices(problem, day)[:3]) is not None
    assert rearrange(board, _choices(problem, day, police=False)) is not None


def test_the_cheapest_days_are_taken() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=2, rooms=2, note_takers=2, police=2)
    made.initial("a", TODAY, officer=0)
    made.initial("b", TODAY, officer=1)
    problem = made.problem()
    costs = [{3: 9, 4: 2, 5: 7}, {3: 1, 4: 2, 5: 3}]
    choices = [replace(choice, days=cost) for choice, cost in zip(_choices(problem, 3), costs, strict=True)]
    found = rearrange(Board(problem), choices)
    assert found is not None
    assert [each.day for each in found] == [4, 3]


def test_what_must_be_late_counts_rooms_as_a_pool() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=4, rooms=1, note_takers=4, police=4)
    for number in range(4):
        made.initial(f"child-{number}", TODAY, officer=number)
    problem = made.problem()
    board, day = Board(problem), _number(problem)
    assert least_late(board, _choices(problem, day)) == 2  # a conference blocks a room for three of its eight and a half hours
    assert least_late(board, _choices(problem, day, day + 1)) == 0


def test_an_arrangement_keeps_the_rules() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=3, rooms=2, note_takers=2, police=1)
    for number in range(3):
        made.initial(f"child-{number}", TODAY, officer=number)
    problem = made.problem()
    board, day = Board(problem), _number(problem)
    choices = _choices(problem, day, day + 1)
    found = rearrange(board, choices)
    assert found is not None
    placed = tuple(
        board.place(choice.wanted, place.day, place.start, chosen=place.chosen) for choice, place in zip(choices, found, strict=True)
    )
    assert judge(problem, Answer(placed=placed, unplaced=(), missed=(), late_bound=0)) == ()

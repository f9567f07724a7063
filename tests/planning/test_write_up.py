"""Plans leave every note-taker no more to write up in a week than she can, by the same rule in the search, the bound and the judge."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.window import monday_of
from services.kernel.words import BlockerCode, MeetingKind, ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.arranging import least_late, rearrange
from services.planning.board import Board
from services.planning.demand import weeks_short
from services.planning.foresight import foresee
from services.planning.gathering import gather
from services.planning.grouping import depend
from services.planning.laying import lay
from services.planning.model import Choice
from services.planning.problem import Problem
from services.planning.proposing import propose
from services.planning.rules import judge
from services.planning.times import Times, without
from tests.planning.test_repairing import CAST, changed, conference
from tests.support.diaries import TODAY, Authority, add_working_days, county, id_of, window

IRO, ROOM, TAKER, POLICE = ResourceKind.IRO, ResourceKind.ROOM, ResourceKind.NOTE_TAKER, ResourceKind.POLICE
LAST = TODAY + timedelta(days=28)
CONFERENCE = 240
"""Minutes of write-up: twice the two hours of an initial conference."""
TUESDAY, THURSDAY, NEXT_TUESDAY = date(2026, 9, 8), date(2026, 9, 10), date(2026, 9, 15)


def authority(**more: Any) -> Authority:
    return Authority(
        **{"last_day": LAST, "officers": 3, "rooms": 3, "note_takers": 1, "police": 3, "write_up_a_week": CONFERENCE + 60, **more}
    )


def plan(problem: Problem) -> Answer:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer


def written(answer: Answer) -> dict[tuple[UUID | None, date], int]:
    found: dict[tuple[UUID | None, date], int] = {}
    for each in answer.placed:
        if each.note_taker_id is not None:
            key = each.note_taker_id, monday_of(each.day)
            found[key] = found.get(key, 0) + each.wanted.needs.write_up
    return found


def test_conferences_are_spread_over_the_weeks_in_which_somebody_can_write_them_up() -> None:
    made = authority()
    for number in range(3):
        made.initial(f"child-{number}", TODAY, officer=number)
    answer = plan(made.problem())
    assert (answer.late, sorted(written(answer).values())) == (0, [CONFERENCE] * 3)
    assert len({monday_of(each.day) for each in answer.placed}) == 3


def test_another_note_taker_takes_what_one_cannot_write_up() -> None:
    made = authority(note_takers=2, last_day=add_working_days(TODAY, 6))
    for number in range(4):
        made.owe(made.child(f"child-{number}", officer=number % 3), MeetingKind.INITIAL_CONFERENCE, TODAY, add_working_days(TODAY, 6))
    answer = plan(made.problem())  # two weeks, two note-takers, one conference each
    assert (answer.late, sorted(written(answer).values())) == (0, [CONFERENCE] * 4)


def test_the_bound_is_met_where_the_write_up_alone_makes_conferences_late() -> None:
    made = authority()
    for number in range(5):
        made.owe(made.child(f"child-{number}", officer=number % 3), MeetingKind.INITIAL_CONFERENCE, TODAY, add_working_days(TODAY, 8))
    answer = plan(made.problem())
    assert (answer.late, answer.late_bound) == (3, 3)  # the days in time lie in two weeks
    assert (
        plan(replace(made.problem(), note_takers=tuple(replace(each, write_up_a_week=None) for each in made.problem().note_takers))).late
        == 0
    )


def test_the_rule_counts_what_stands_and_what_is_planned_and_names_the_week() -> None:
    made = authority()
    conference(made, "stands", TUESDAY)
    made.initial("child", TODAY, officer=1)
    problem = made.problem()
    unlimited = replace(problem, note_takers=tuple(replace(each, write_up_a_week=None) for each in problem.note_takers))
    (wanted,) = gather(problem)
    board = Board(unlimited)
    placed = board.place(wanted, problem.days.index(THURSDAY), 120)
    answer = Answer(placed=(placed,), unplaced=(), missed=(), late_bound=0)
    breaches = [each for each in judge(problem, answer) if each.rule == "write_up_capacity"]
    assert [each.message for each in breaches] == ["NT-0 has 480 minutes to write up in the week of 2026-09-07, more than 300"]
    assert not [each for each in judge(unlimited, answer) if each.rule == "write_up_capacity"]


def test_the_exact_search_and_its_relaxation_know_the_same_rule() -> None:
    made = authority()
    for number in range(2):
        made.initial(f"child-{number}", TODAY, officer=number)
    problem = made.problem()
    board, (tuesday, thursday, next_tuesday) = Board(problem), (problem.days.index(day) for day in (TUESDAY, THURSDAY, NEXT_TUESDAY))

    def choices(*days: int) -> list[Choice]:
        return [Choice(wanted=each, days=dict.fromkeys(days, 0), police=True) for each in gather(problem)]

    assert rearrange(board, choices(tuesday, thursday)) is None
    assert least_late(board, choices(tuesday, thursday)) == 1
    found = rearrange(board, choices(tuesday, thursday, next_tuesday))
    assert found is not None
    assert len({monday_of(problem.days[each.day]) for each in found}) == 2
    assert least_late(board, choices(tuesday, next_tuesday)) == 0


def test_a_lost_note_taker_is_replaced_by_who_can_write_it_up_else_the_plan_says_why_not() -> None:
    made = authority(note_takers=2)
    conference(made, "stands", THURSDAY, officer=1, NOTE_TAKER="NT-1")
    conference(made, "lost", TUESDAY, without=(TAKER,))
    made.away("NT-0", TUESDAY, THURSDAY)
    proposal = propose(made.problem(), lambda _: None)
    ((booked, missing, blockers),) = proposal.unrepaired
    assert (booked.day, missing) == (TUESDAY, frozenset({TAKER}))
    assert blockers[0].code is BlockerCode.WRITE_UP_FULL
    assert blockers[0].message == "at 8 September 2026, 10:00 no note-taker who is free has 240 minutes left for the write-up in that week"
    made.write_up_a_week = 2 * CONFERENCE
    (placed,) = changed(plan(made.problem())).values()
    assert (placed.note_taker_id, placed.moved) == (id_of("NT-1"), False)


def test_a_note_taker_who_is_free_later_in_the_week_writes_that_one_up_so_that_a_lost_one_is_replaced() -> None:
    made = authority(note_takers=2)
    conference(made, "stands", THURSDAY, officer=1, NOTE_TAKER="NT-1")
    conference(made, "lost", TUESDAY, without=(TAKER,))
    made.away("NT-0", TUESDAY, TUESDAY)
    found = changed(plan(made.problem()))
    assert {key: (each.note_taker_id, each.moved) for key, each in found.items()} == {
        "M-000": (id_of("NT-0"), False),
        "M-001": (id_of("NT-1"), False),
    }


def test_a_meeting_that_is_moved_is_written_up_in_its_new_week_alone() -> None:
    made = authority(write_up_a_week=2 * CONFERENCE)
    conference(made, "moves", TUESDAY, without=(ROOM,))
    conference(made, "stays", THURSDAY, officer=1)
    for room in ("ROOM-0", "ROOM-1", "ROOM-2"):
        made.away(room, TUESDAY, date(2026, 9, 11))
    answer = plan(made.problem(may_move=1, frozen_days=0))
    (moved,) = changed(answer).values()
    assert (moved.moved, monday_of(moved.day)) == (True, date(2026, 9, 14))


def _swap(made: Authority) -> tuple[Problem, tuple[Placed, ...]]:
    """One conference goes to the next week, and a new one takes its week."""
    conference(made, "goes", TUESDAY)
    made.initial("comes", TODAY, officer=1)
    problem = made.problem(may_move=1)
    board, (booked,) = Board(problem), problem.booked
    (wanted,) = gather(problem)
    board.vacate(booked)
    goes = replace(wanted, booked=booked, items=booked.items, chair_id=id_of("IRO-0"))
    return problem, (
        board.place(goes, problem.days.index(NEXT_TUESDAY), 120, chosen={kind: id_of(name) for kind, name in CAST.items()}),
        board.place(wanted, problem.days.index(THURSDAY), 120),
    )


@pytest.mark.parametrize(("minutes", "together"), [(CONFERENCE, (1, 1)), (2 * CONFERENCE, (None, None))])
def test_what_is_written_up_instead_of_something_else_stands_or_falls_with_it(minutes: int, together: tuple[int | None, ...]) -> None:
    problem, placed = _swap(authority(write_up_a_week=minutes))
    assert judge(problem, Answer(placed=placed, unplaced=(), missed=(), late_bound=0)) == ()
    assert depend(problem, placed) == together


def _in_week(problem: Problem, day: date) -> int:
    return Board(problem).writing(id_of("NT-0"), monday_of(day)).minutes


def test_who_does_without_a_meeting_has_nothing_to_write_up_of_it() -> None:
    made = authority()
    conference(made, "stands", TUESDAY)
    problem = made.problem()
    assert (_in_week(problem, TUESDAY), _in_week(without(problem, problem.booked), TUESDAY)) == (CONFERENCE, 0)


def test_what_is_changed_is_counted_and_what_is_taken_back_is_not() -> None:
    problem, (goes, comes) = _swap(authority(write_up_a_week=2 * CONFERENCE))
    times, weeks = Times(problem), (TUESDAY, NEXT_TUESDAY)
    seen = []
    for each in (goes, comes):
        times.change(each)
        seen.append([_in_week(times.problem(), day) for day in weeks])
    times.undo(comes)
    times.undo(goes)
    assert seen == [[0, CONFERENCE], [CONFERENCE, CONFERENCE]]
    assert [_in_week(times.problem(), day) for day in weeks] == [CONFERENCE, 0]


def test_a_note_taker_gives_one_up_to_write_another_up_where_somebody_else_can_only_take_the_first() -> None:
    made = authority(rooms=2, note_takers=2, write_up_a_week=CONFERENCE)
    conference(made, "first", TUESDAY, "10:00")
    conference(made, "second", TUESDAY, "12:30", officer=1, without=(TAKER,), ROOM="ROOM-1")
    made.busy.setdefault("NT-1", []).append(window(TUESDAY, "12:30", 240))
    found = {each.wanted.booked.reference: each.note_taker_id for each in plan(made.problem()).placed if each.wanted.booked is not None}
    assert found == {"M-000": id_of("NT-1"), "M-001": id_of("NT-0")}


def test_what_has_no_place_for_want_of_write_up_says_so() -> None:
    made = authority(write_up_a_week=CONFERENCE - 1)
    made.initial("child", TODAY)
    proposal = propose(made.problem(), lambda _: None)
    ((_, blockers),) = proposal.unplaced
    assert [(each.code, each.resource) for each in blockers] == [(BlockerCode.WRITE_UP_FULL, TAKER)]
    assert blockers[0].message == "no note-taker who is free has 240 minutes left for the write-up in the week of any of its days"


def test_whoever_looks_ahead_is_told_of_write_up_that_runs_out() -> None:
    made = authority(write_up_a_week=CONFERENCE)
    day = TODAY
    while day < TODAY + timedelta(days=30):
        conference(made, f"stands-{day}", day, officer=1)
        day += timedelta(days=7)
    made.initial("child", TODAY)
    problem = made.problem()
    (row,) = foresee(problem, LAST, LAST, ()).obligations
    (shortage,) = row.shortages
    assert (row.slots, shortage.blocker.code, shortage.blocker.resource) == (0, BlockerCode.WRITE_UP_FULL, TAKER)
    assert shortage.slots_if_free > 3
    (wanted,) = gather(problem)
    (week,) = weeks_short(problem, [(wanted, wanted.latest_on)], LAST)
    assert (week.resource, week.needed, week.available, week.short) == (TAKER, 1, 0, 1)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 8), st.integers(1, 2), st.sampled_from([0, 180, 240, 300, 500, 720]), st.integers(4, 20))
def test_whatever_is_owed_nobody_gets_more_than_she_can_write_and_the_bound_is_honest(
    meetings: int, note_takers: int, minutes: int, days: int
) -> None:
    made = authority(note_takers=note_takers, write_up_a_week=minutes)
    for number in range(meetings):
        kind = (MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE)[number % 2]
        made.owe(made.child(f"child-{number}", officer=number % 3), kind, TODAY, add_working_days(TODAY, days))
    answer = plan(made.problem())
    assert max(written(answer).values(), default=0) <= minutes
    assert answer.late_bound <= answer.late


@pytest.mark.slow
def test_a_year_of_a_county_is_not_late_for_the_write_up_of_the_shipped_figure() -> None:
    problem = county(scale=1, last_day=date(2027, 8, 31))
    limited = replace(problem, note_takers=tuple(replace(each, write_up_a_week=1200) for each in problem.note_takers))
    free, kept = plan(problem), plan(limited)
    assert kept.late == free.late
    assert max(written(kept).values()) <= 1200

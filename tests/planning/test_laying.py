"""What a laid diary keeps, tried on small authorities of every sort and on some by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.planning import Policy
from services.kernel.words import MeetingKind
from services.planning.answer import Answer, Progress
from services.planning.bits import starts_in
from services.planning.board import Board
from services.planning.bounds import has_time
from services.planning.gathering import gather
from services.planning.laying import lay
from services.planning.preferences import span_of_days
from services.planning.problem import Problem, Wanted
from services.planning.rules import judge
from tests.support.diaries import TODAY, Authority, add_months, add_working_days, county, id_of, working_days

FAR = TODAY + timedelta(days=120)
SMALL = settings(max_examples=25, deadline=None)


def plan(problem: Problem) -> Answer:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer


def late_of(answer: Answer) -> int:
    return answer.late


@st.composite
def authorities(draw: st.DrawFn) -> Problem:
    made = Authority(
        last_day=TODAY + timedelta(days=draw(st.integers(20, 200))),
        officers=draw(st.integers(1, 3)),
        rooms=draw(st.integers(0, 3)),
        plain_rooms=draw(st.integers(0, 2)),
        note_takers=draw(st.integers(0, 2)),
        write_up_a_week=draw(st.sampled_from([None, 200, 300, 500])),
        police=draw(st.integers(0, 2)),
    )
    for number in range(draw(st.integers(1, 12))):
        officer, day = draw(st.integers(0, made.officers - 1)), TODAY - timedelta(days=draw(st.integers(0, 20)))
        siblings = draw(st.sampled_from([None, f"family-{officer}"]))
        kind = draw(st.sampled_from(["initial", "conference", "review"]))
        if kind == "initial":
            made.initial(f"child-{number}", day, officer=officer, siblings=siblings)
        elif kind == "conference":
            child = made.child(f"child-{number}", officer=officer, siblings=siblings)
            made.owe(child, MeetingKind.REVIEW_CONFERENCE, day - timedelta(days=60), day + timedelta(days=25))
        else:
            made.review(f"child-{number}", day - timedelta(days=draw(st.integers(90, 190))), officer=officer, siblings=siblings)
    for name in ("IRO-0", "ROOM-0", "NT-0", "POL"):
        if draw(st.booleans()):
            first = TODAY + timedelta(days=draw(st.integers(1, 30)))
            made.away(name, first, first + timedelta(days=draw(st.integers(0, 30))))
    return made.problem(expected_a_week=draw(st.sampled_from([0.0, 0.7, 3.0])))


@SMALL
@given(authorities())
def test_every_plan_keeps_every_rule_and_its_bound_is_honest(problem: Problem) -> None:
    answer = plan(problem)
    assert answer.late_bound <= late_of(answer)


@SMALL
@given(authorities())
def test_a_conference_goes_without_police_only_where_no_time_with_them_is_left(problem: Problem) -> None:
    answer = plan(problem)
    for waived in (each for each in answer.placed if each.police_waived is not None):
        board = Board(problem)
        for each in answer.placed:
            if each is not waived:
                board.put(each)
        day, _ = board.start_of(waived)
        assert not board.starts(waived.wanted, day)


def _least_late(problem: Problem, wanted: tuple[Wanted, ...]) -> int:
    """By trying every combination of every start on every day, police left out; only for a handful of meetings."""
    board = Board(problem)

    def most(rest: tuple[Wanted, ...]) -> int:
        if not rest:
            return 0
        first, others = rest[0], rest[1:]
        span = span_of_days(board, first)
        best = most(others)
        for day in range(span.first, span.last + 1):
            for start in starts_in(board.starts(first, day, police=False)):
                placed = board.place(first, day, start, police_waived="-")
                best = max(best, 1 + most(others))
                board.remove(placed)
                if best == len(rest):
                    return best
        return best

    return len(wanted) - most(wanted)


@settings(max_examples=15, deadline=None)
@given(
    st.integers(2, 5),
    st.integers(1, 2),
    st.integers(0, 1),
    st.lists(st.booleans(), min_size=5, max_size=5),
    st.sampled_from([None, 100, 200, 400]),
)
def test_the_bound_is_never_above_the_least_possible(
    meetings: int, days_left: int, off: int, conferences: list[bool], write_up: int | None
) -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=1, rooms=1, note_takers=1, write_up_a_week=write_up)
    due = add_working_days(TODAY, days_left + off)
    if off:
        made.away("IRO-0", TODAY, add_working_days(TODAY, off))
    for number in range(meetings):
        child = made.child(f"child-{number}")
        kind = MeetingKind.REVIEW_CONFERENCE if conferences[number] else MeetingKind.CARE_REVIEW
        made.owe(child, kind, TODAY - timedelta(days=40), due)
    problem = made.problem()
    answer = plan(problem)
    least = _least_late(problem, gather(problem))
    assert answer.late_bound <= least <= late_of(answer)


def test_the_bound_is_met_where_an_officer_is_ill_for_a_month() -> None:
    made = Authority(last_day=TODAY + timedelta(days=80), officers=2, rooms=2, note_takers=2)
    made.away("IRO-0", TODAY, TODAY + timedelta(days=30))
    for number in range(3):
        made.initial(f"hers-{number}", TODAY - timedelta(days=number), officer=0)
        made.initial(f"his-{number}", TODAY - timedelta(days=number), officer=1)
    answer = plan(made.problem())
    assert late_of(answer) == answer.late_bound == 3


def test_the_bound_counts_a_crowd_that_the_days_cannot_hold() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30))
    due = add_working_days(TODAY, 1)
    for number in range(5):
        made.owe(made.child(f"child-{number}"), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=170), due)
    problem = made.problem()
    assert all(has_time(Board(problem), each, police=False) for each in gather(problem))
    answer = plan(problem)
    assert late_of(answer) == answer.late_bound == 2  # three care reviews with travel fill an officer's day


def test_what_is_overdue_comes_first_and_counts_late() -> None:
    made = Authority(last_day=FAR)
    made.owe(made.child("a"), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=200), TODAY - timedelta(days=10))
    answer = plan(made.problem())
    first = answer.placed[0]
    assert first.day == add_working_days(TODAY, 1)
    assert first.days_late > 0
    assert answer.late_bound == 1


def test_a_meeting_that_yields_its_time_saves_the_other() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=1)
    wide = made.owe(made.child("wide"), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=170), add_working_days(TODAY, 8))
    for number in range(9):
        made.owe(made.child(f"child-{number}"), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=170), add_working_days(TODAY, 9))
    made.away("IRO-0", TODAY, add_working_days(TODAY, 6))
    answer = plan(made.problem())
    assert wide.key in {item.key for each in answer.placed for item in each.wanted.items}
    assert late_of(answer) == answer.late_bound


def test_the_day_given_to_a_meeting_sets_what_is_due_next() -> None:
    made = Authority(last_day=TODAY + timedelta(days=330))
    made.initial("a", TODAY)
    placed = plan(made.problem()).placed
    assert [each.wanted.kind for each in placed] == [MeetingKind.INITIAL_CONFERENCE] + [MeetingKind.REVIEW_CONFERENCE] * 2
    for before, after in pairwise(placed):
        assert after.wanted.items[0].triggered_on == before.day
        assert after.wanted.items[0].chained


def test_meetings_that_stand_start_chains_too() -> None:
    made = Authority(last_day=FAR)
    child = made.child("a")
    booked = TODAY + timedelta(days=9)
    problem = replace(made.problem(), standing=((child, MeetingKind.INITIAL_CONFERENCE, booked),))
    (placed,) = plan(problem).placed
    assert placed.wanted.items[0].triggered_on == booked


def test_siblings_who_are_due_together_sit_together() -> None:
    made = Authority(last_day=FAR)
    for number, days in enumerate((150, 160, 20)):
        made.review(f"child-{number}", TODAY - timedelta(days=days), siblings="family")
    answer = plan(made.problem())
    assert len(answer.placed[0].wanted.items) == 2
    assert answer.placed[0].wanted.book_by_on == min(item.book_by_on for item in answer.placed[0].wanted.items)


def test_siblings_of_different_officers_sit_apart() -> None:
    made = Authority(last_day=FAR, officers=2)
    made.review("a", TODAY - timedelta(days=150), officer=0, siblings="family")
    made.review("b", TODAY - timedelta(days=150), officer=1, siblings="family")
    assert [len(each.wanted.items) for each in plan(made.problem()).placed] == [1, 1]


def test_siblings_who_sat_together_stay_together_through_the_chain() -> None:
    made = Authority(last_day=TODAY + timedelta(days=300))
    made.initial("new", TODAY, siblings="family")
    known = made.child("known", siblings="family")
    made.owe(known, MeetingKind.REVIEW_CONFERENCE, TODAY - timedelta(days=160), TODAY + timedelta(days=22))
    assert [len(each.wanted.items) for each in plan(made.problem()).placed] == [2, 2, 2]


def test_police_are_waived_only_to_keep_the_statutory_day() -> None:
    made = Authority(last_day=TODAY + timedelta(days=40))
    made.away("POL", TODAY, TODAY + timedelta(days=25))
    made.initial("a", TODAY)
    (waived,) = plan(made.problem()).placed
    assert waived.police_waived is not None
    assert not waived.days_late
    made.off["POL"].discard(add_working_days(TODAY, 4))
    (attended,) = plan(made.problem()).placed
    assert attended.police_team_id is not None
    assert attended.day == add_working_days(TODAY, 4)


def test_police_are_waived_for_the_laws_day_not_for_the_sectors() -> None:
    made = Authority(last_day=TODAY + timedelta(days=40))
    law = add_working_days(TODAY, 15)
    made.away("POL", TODAY, law - timedelta(days=1))
    child = made.child("a")
    made.owe(child, MeetingKind.REVIEW_CONFERENCE, law - timedelta(days=92), law)
    made.owed[0] = replace(made.owed[0], book_by_on=add_working_days(TODAY, 14))
    (attended,) = plan(made.problem()).placed
    assert (attended.day, attended.police_waived, attended.days_late) == (law, None, 0)
    made.off["POL"].discard(add_working_days(TODAY, 14))
    (booked_by,) = plan(made.problem()).placed
    assert (booked_by.day, booked_by.police_waived) == (add_working_days(TODAY, 14), None)


def test_nothing_is_met_before_its_clock_has_begun() -> None:
    made = Authority(last_day=TODAY + timedelta(days=200))
    lead, sibling = made.child("lead", siblings="family"), made.child("sibling", siblings="family")
    made.owe(lead, MeetingKind.REVIEW_CONFERENCE, TODAY - timedelta(days=58), TODAY + timedelta(days=125))
    made.away("IRO-0", TODAY + timedelta(days=46), TODAY + timedelta(days=120))
    made.away("POL", TODAY + timedelta(days=46), TODAY + timedelta(days=270))  # a reason to meet early
    begins = add_working_days(TODAY, 36)
    problem = replace(made.problem(), standing=((sibling, MeetingKind.INITIAL_CONFERENCE, begins),))
    together = plan(problem).placed[0]
    assert len(together.wanted.items) == 2
    assert together.day > begins


def test_a_police_place_is_shared_by_conferences_one_after_the_other() -> None:
    made = Authority(last_day=TODAY + timedelta(days=40), officers=4, rooms=4, note_takers=4, police=1)
    only = add_working_days(TODAY, 6)
    made.away("POL", TODAY, TODAY + timedelta(days=40))
    made.off["POL"].discard(only)
    for number in range(4):
        made.initial(f"child-{number}", TODAY - timedelta(days=2), officer=number)
    answer = plan(made.problem())
    assert sum(1 for each in answer.placed if each.police_waived is None) == 3  # three conferences of two hours in a day
    assert late_of(answer) == 0


def test_reviews_are_neither_too_early_nor_without_slack() -> None:
    made = Authority(last_day=TODAY + timedelta(days=200))
    made.review("a", TODAY - timedelta(days=10))
    (placed,) = plan(made.problem()).placed
    between = len(working_days(placed.day + timedelta(days=1), placed.wanted.book_by_on))
    assert between == made.problem().policy.slack_days


def test_room_is_kept_for_the_conferences_that_a_week_is_expected_to_bring() -> None:
    made = Authority(last_day=TODAY + timedelta(days=90), officers=2, rooms=2, note_takers=2)
    made.initial("a", TODAY)
    answer = plan(made.problem(expected_a_week=2.0))
    assert len(answer.reserved) == answer.reserved_wanted > 10
    assert plan(made.problem(expected_a_week=2.0, policy=Policy(reserve=False))).reserved == ()


def test_kept_room_yields_to_what_is_owed() -> None:
    made = Authority(last_day=TODAY + timedelta(days=40), officers=1)
    only = add_working_days(TODAY, 7)
    made.away("IRO-0", TODAY, TODAY + timedelta(days=40))
    made.off["IRO-0"].discard(only)
    made.initial("a", TODAY)
    answer = plan(made.problem(expected_a_week=30.0))
    (placed,) = answer.placed
    assert (placed.day, placed.days_late, placed.police_waived) == (only, 0, None)


def test_children_without_an_officer_are_told_apart() -> None:
    made = Authority(last_day=FAR)
    made.owe(made.child("a", officer=None), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=100), TODAY + timedelta(days=20))
    answer = plan(made.problem())
    assert (len(answer.placed), len(answer.unplaced)) == (0, 1)
    assert (answer.late, answer.late_bound) == (1, 1)  # nothing that a plan can do would keep it in time


def test_the_same_problem_gives_the_same_plan() -> None:
    problem = county(scale=1, last_day=date(2026, 10, 31), tight=True)
    assert plan(problem) == plan(problem)


def test_nobody_chairs_more_than_three_meetings_a_day_without_need() -> None:
    answer = plan(county(scale=1, last_day=date(2026, 11, 30)))
    days = {(each.wanted.chair_id, each.day) for each in answer.placed}
    assert all(sum(1 for each in answer.placed if (each.wanted.chair_id, each.day) == pair) <= 3 for pair in days)


def test_progress_tells_of_meetings_placed() -> None:
    heard: list[Progress] = []
    answer = lay(county(scale=1, last_day=date(2026, 11, 30)), heard.append)
    assert [each.share for each in heard] == sorted(each.share for each in heard)
    assert (heard[-1].share, heard[-1].placed) == (1.0, len(answer.placed))


def test_a_group_that_is_rearranged_keeps_the_rooms_that_the_search_chose_for_it() -> None:
    made = Authority(last_day=TODAY + timedelta(days=30), officers=4, rooms=2, plain_rooms=1, note_takers=4, police=4)
    due = add_working_days(TODAY, 2)
    for number in range(3):
        child = made.child(f"known-{number}", officer=number)
        made.owe(child, MeetingKind.REVIEW_CONFERENCE, TODAY - timedelta(days=80), due)
    for number in range(4):
        child = made.child(f"new-{number}", officer=3 - number)
        made.owe(child, MeetingKind.INITIAL_CONFERENCE, TODAY - timedelta(days=19), due)
    assert late_of(plan(made.problem())) == 0


@pytest.mark.parametrize(("rooms", "police"), list(product((0, 1), (0, 1))))
def test_nothing_is_lost_where_something_is_missing_altogether(rooms: int, police: int) -> None:
    made = Authority(last_day=TODAY + timedelta(days=40), rooms=rooms, police=police)
    made.initial("a", TODAY)
    answer = plan(made.problem())
    assert len(answer.placed) + len(answer.missed) == 1
    assert bool(answer.placed) is bool(rooms)
    wanted = [*(each.wanted for each in answer.placed), *answer.missed]
    assert [item.child_id for each in wanted for item in each.items] == [id_of("a")]


def test_who_is_late_anyway_makes_room_for_who_is_not_however_far_the_next_free_day_is() -> None:
    made = Authority(last_day=TODAY + timedelta(days=60))
    back = add_working_days(TODAY, 10)
    for number in range(6):
        made.review(f"late-{number}", add_months(back, -6) - timedelta(days=5))
    made.review("in-time", add_months(back, -6))
    made.away("IRO-0", TODAY, back - timedelta(days=1))
    made.away("IRO-0", back + timedelta(days=1), add_working_days(back, 14))
    problem = made.problem()
    answer = plan(problem)
    assert answer.late == answer.late_bound == 6
    assert [each.day for each in answer.placed if not each.days_late] == [back]

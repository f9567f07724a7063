"""The edge cases of the field that are a matter of the clock alone, by their numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, ObligationState, Timeliness, TransferDirection
from services.statutory.clock import (
    CarePeriodFact,
    Due,
    HeldFact,
    PlanFact,
    Section47Fact,
    SubjectFacts,
    following,
    may_fall_on,
    obligations,
)
from services.statutory.facts import EarlierReviewFact, StatusFact, TransferFact
from services.statutory.timeliness import timeliness
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

LAW = Timescales(SHIPPED)
CHILD = SubjectFacts(subject_id=UUID(int=7), born_on=date(2015, 6, 1))
UNBORN = SubjectFacts(subject_id=UUID(int=7), expected_on=date(2026, 11, 16))
CARE, REVIEW, INITIAL = MeetingKind.CARE_REVIEW, MeetingKind.REVIEW_CONFERENCE, MeetingKind.INITIAL_CONFERENCE
PRE_BIRTH, SECURE = MeetingKind.PRE_BIRTH_CONFERENCE, MeetingKind.SECURE_CRITERIA_REVIEW
OPEN, HELD, VOID = ObligationState.OPEN, ObligationState.HELD, ObligationState.VOID


def owed(facts: SubjectFacts, kind: MeetingKind | None = None) -> list[Due]:
    return [due for due in obligations(facts, LAW, england()) if kind in (None, due.kind)]


def outline(facts: SubjectFacts, kind: MeetingKind | None = None) -> list[tuple[str, date, date, ObligationState]]:
    return [(due.timescale.code, due.triggered_on, due.statutory_due_on, due.state) for due in owed(facts, kind)]


def held(kind: MeetingKind, *days: date, **more: Any) -> tuple[HeldFact, ...]:
    return tuple(HeldFact(kind=kind, held_on=day, **more) for day in days)


def in_care(started: date, *reviews: date, ended: date | None = None, **more: Any) -> SubjectFacts:
    return replace(CHILD, care_periods=(CarePeriodFact(started_on=started, ended_on=ended),), held=held(CARE, *reviews), **more)


def enquiry(day: date, **more: Any) -> Section47Fact:
    return Section47Fact(initiating_discussion_on=day, **more)


def judged(due: Due, today: date) -> Timeliness:
    return timeliness(
        state=due.state,
        statutory_due_on=due.statutory_due_on,
        held_on=due.held_on,
        completed_on=due.completed_on,
        void_from=due.void_from,
        today=today,
    )


def test_edge_case_01_a_child_who_leaves_care_and_returns_next_month_has_a_new_clock() -> None:
    left = CarePeriodFact(started_on=date(2026, 1, 5), ended_on=date(2026, 3, 2))
    facts = replace(CHILD, care_periods=(left, CarePeriodFact(started_on=date(2026, 4, 7))), held=held(CARE, date(2026, 1, 28)))
    assert outline(facts)[1:] == [
        ("CARE_REVIEW_SECOND", date(2026, 1, 28), date(2026, 4, 28), VOID),
        ("CARE_REVIEW_FIRST", date(2026, 4, 7), date(2026, 5, 6), OPEN),
    ]


def test_edge_case_02_a_stay_under_24_hours_voids_the_clock_and_is_kept() -> None:
    (due,) = owed(in_care(date(2026, 9, 1), ended=date(2026, 9, 1)))
    assert (due.triggered_on, due.state, due.void_from) == (date(2026, 9, 1), VOID, date(2026, 9, 1))
    assert judged(due, date(2027, 1, 1)) is Timeliness.VOID
    assert [due.triggered_on for due in owed(in_care(date(2026, 9, 1)))] == [date(2026, 9, 1)]


def test_edge_case_03_a_change_of_legal_status_or_placement_starts_no_clock() -> None:
    accommodated = in_care(date(2026, 1, 5), date(2026, 1, 28))
    moved = replace(
        accommodated,
        statuses=(
            StatusFact(status=CareStatus.LONG_TERM_PLACEMENT, started_on=date(2026, 2, 9), ended_on=date(2026, 3, 9)),
            StatusFact(status=CareStatus.LONG_TERM_PLACEMENT, started_on=date(2026, 3, 9)),
        ),
    )
    assert outline(moved) == outline(accommodated)
    remanded_later = replace(accommodated, statuses=(StatusFact(status=CareStatus.REMAND, started_on=date(2026, 3, 2)),))
    assert outline(remanded_later) == outline(accommodated)


def test_edge_case_05_a_sibling_who_joins_mid_cycle_is_on_a_clock_of_its_own_that_binds_the_next_sitting() -> None:
    together = date(2026, 9, 15)
    elder = replace(CHILD, plans=(PlanFact(started_on=date(2026, 3, 23)),), held=held(REVIEW, date(2026, 6, 15)))
    younger = replace(CHILD, subject_id=UUID(int=8), section47s=(enquiry(date(2026, 9, 1)),))
    assert (owed(elder)[-1].kind, owed(younger)[-1].kind) == (REVIEW, INITIAL)
    next_of_elder = following(elder, REVIEW, together, LAW, england())
    next_of_younger = following(younger, INITIAL, together, LAW, england())
    assert next_of_elder is not None
    assert next_of_younger is not None
    assert (next_of_elder.statutory_due_on, next_of_younger.statutory_due_on) == (date(2027, 3, 15), date(2026, 12, 15))


@pytest.mark.parametrize(
    ("first_sitting", "completed", "expected"),
    [
        (date(2026, 9, 29), date(2026, 10, 27), Timeliness.IN_TIME),
        (date(2026, 9, 29), date(2026, 10, 28), Timeliness.LATE_ADJOURNED),
        (date(2026, 9, 30), date(2026, 10, 1), Timeliness.LATE),
    ],
)
def test_edge_case_06_an_adjourned_review_counts_by_its_first_sitting_and_is_completed_within_20_working_days(
    first_sitting: date, completed: date, expected: Timeliness
) -> None:
    facts = replace(in_care(date(2026, 9, 1)), held=held(CARE, first_sitting, completed_on=completed))
    first, second = owed(facts)
    assert judged(first, date(2026, 12, 1)) is expected
    assert second.triggered_on == first_sitting


def test_edge_case_07_a_review_that_was_never_opened_leaves_the_duty_as_it_was() -> None:
    (due,) = owed(in_care(date(2026, 9, 1)))
    assert (due.state, judged(due, date(2026, 9, 29)), judged(due, date(2026, 9, 30))) == (OPEN, Timeliness.NOT_YET_DUE, Timeliness.OVERDUE)
    opened_later = owed(in_care(date(2026, 9, 1), date(2026, 10, 5)))[0]
    assert judged(opened_later, date(2026, 12, 1)) is Timeliness.LATE


def test_edge_case_09_a_council_that_shuts_from_29_to_31_december_stops_no_clock() -> None:
    assert all(england().is_working(date(2026, 12, day)) for day in (29, 30, 31))
    (due,) = owed(replace(CHILD, section47s=(enquiry(date(2026, 12, 7)),)))
    assert due.statutory_due_on == date(2026, 12, 30)


def test_edge_case_10_three_months_after_30_november_end_on_sunday_28_february_and_are_booked_by_friday() -> None:
    (due,) = owed(replace(CHILD, plans=(PlanFact(started_on=date(2026, 11, 30)),)))
    assert (due.statutory_due_on, due.book_by_on) == (date(2027, 2, 28), date(2027, 2, 26))


@pytest.mark.parametrize("day", [29, 30, 31])
def test_edge_case_11_six_months_after_the_end_of_august_are_the_end_of_february_and_no_day_is_lost_for_ever(day: int) -> None:
    reviewed = date(2026, 8, day)
    facts = in_care(date(2026, 1, 5), date(2026, 1, 28), date(2026, 3, 2), reviewed)
    assert owed(facts)[-1].statutory_due_on == date(2027, 2, 28)
    leap = in_care(date(2027, 1, 5), date(2027, 1, 28), date(2027, 3, 2), reviewed.replace(year=2027))
    assert owed(leap)[-1].statutory_due_on == date(2028, 2, 29)
    again = replace(facts, held=(*facts.held, *held(CARE, date(2027, 2, 28), reviewed.replace(year=2027))))
    assert owed(again)[-1].statutory_due_on == date(2028, 2, 29)


def test_edge_case_14_after_a_birth_between_conferences_the_review_is_booked_within_20_working_days_and_judged_by_the_law() -> None:
    on_plan = replace(UNBORN, section47s=(enquiry(date(2026, 9, 1)),), plans=(PlanFact(started_on=date(2026, 9, 21)),))
    assert outline(on_plan, REVIEW) == [("REVIEW_CONFERENCE_FIRST", date(2026, 9, 21), date(2026, 12, 21), OPEN)]
    born = replace(on_plan, expected_on=None, born_on=date(2026, 11, 10))
    (due,) = owed(born, REVIEW)
    assert (due.timescale.code, due.triggered_on, due.triggered_by) == ("POST_BIRTH_REVIEW", date(2026, 11, 10), "born")
    assert (due.book_by_on, due.statutory_due_on, due.census_due_on) == (date(2026, 12, 8), date(2026, 12, 21), date(2026, 12, 21))
    late = replace(on_plan, expected_on=None, born_on=date(2026, 11, 30))
    assert outline(late, REVIEW) == [("REVIEW_CONFERENCE_FIRST", date(2026, 9, 21), date(2026, 12, 21), OPEN)]
    reviewed = replace(born, held=held(REVIEW, date(2026, 12, 1)))
    assert outline(reviewed, REVIEW) == [
        ("POST_BIRTH_REVIEW", date(2026, 11, 10), date(2026, 12, 21), HELD),
        ("REVIEW_CONFERENCE_NEXT", date(2026, 12, 1), date(2027, 6, 1), OPEN),
    ]


def test_edge_case_15_a_baby_born_before_the_pre_birth_conference_has_an_initial_one_from_the_same_day() -> None:
    unborn = replace(UNBORN, section47s=(enquiry(date(2026, 9, 1)),))
    born = replace(unborn, expected_on=None, born_on=date(2026, 9, 10))
    assert [(due.kind, due.triggered_on, due.statutory_due_on) for due in owed(unborn)] == [
        (PRE_BIRTH, date(2026, 9, 1), date(2026, 9, 22))
    ]
    assert [(due.kind, due.triggered_on, due.statutory_due_on) for due in owed(born)] == [(INITIAL, date(2026, 9, 1), date(2026, 9, 22))]
    held_before = replace(born, held=held(PRE_BIRTH, date(2026, 9, 9)))
    assert [(due.kind, due.state) for due in owed(held_before)] == [(PRE_BIRTH, HELD)]
    held_after = replace(born, held=held(PRE_BIRTH, date(2026, 9, 10)))
    assert [(due.kind, due.state) for due in owed(held_after)] == [(INITIAL, HELD)]


def test_edge_case_16_a_child_who_moves_away_stays_ours_until_the_other_authority_has_held_its_conference() -> None:
    move = TransferFact(direction=TransferDirection.OUT, notified_on=date(2026, 9, 7))
    facts = replace(CHILD, plans=(PlanFact(started_on=date(2026, 9, 1)),), transfers=(move,))
    assert outline(facts) == [("REVIEW_CONFERENCE_FIRST", date(2026, 9, 1), date(2026, 12, 1), OPEN)]
    taken = replace(facts, transfers=(replace(move, conference_on=date(2026, 9, 28)),))
    (due,) = owed(taken)
    assert (due.state, due.void_from) == (VOID, date(2026, 9, 28))
    assert not taken.on_plan(date(2026, 9, 28))
    called_off = replace(facts, transfers=(replace(move, conference_on=date(2026, 9, 28), withdrawn_on=date(2026, 9, 30)),))
    assert outline(called_off) == outline(facts)


def test_edge_case_17_nothing_is_owed_on_or_after_the_18th_birthday_and_the_last_review_before_it_is() -> None:
    born = date(2009, 3, 2)
    reviews = (date(2026, 1, 28), date(2026, 4, 20), date(2026, 9, 1))
    turning = replace(in_care(date(2026, 1, 5), *reviews), born_on=born)
    assert outline(turning)[-1] == ("CARE_REVIEW_NEXT", date(2026, 9, 1), date(2027, 3, 1), OPEN)
    on_the_day = owed(replace(turning, born_on=date(2009, 3, 1)))[-1]
    assert (on_the_day.state, on_the_day.void_from) == (VOID, date(2027, 3, 1))
    assert following(turning, CARE, date(2027, 2, 22), LAW, england()) is None
    pathway = EarlierReviewFact(
        kind=CARE, called_on=date(2026, 12, 1), by_on=date(2027, 2, 26), reason=EarlierReviewReason.CEASING_TO_BE_LOOKED_AFTER
    )
    brought_forward = owed(replace(turning, born_on=date(2009, 3, 1), earlier=(pathway,)))[-1]
    assert (brought_forward.state, brought_forward.statutory_due_on) == (OPEN, date(2027, 2, 26))


@pytest.mark.parametrize("stop", ["died_on", "adopted_on"])
def test_edge_case_18_a_death_or_an_adoption_order_stops_every_clock_that_day(stop: str) -> None:
    facts = replace(
        in_care(date(2026, 1, 5), date(2026, 1, 28)),
        plans=(PlanFact(started_on=date(2026, 2, 2)),),
        section47s=(enquiry(date(2026, 2, 16)),),
        transfers=(TransferFact(direction=TransferDirection.IN, notified_on=date(2026, 2, 17)),),
        statuses=tuple(
            StatusFact(status=status, started_on=date(2026, 2, 3))
            for status in (CareStatus.SECURE, CareStatus.PLACED_FOR_ADOPTION, CareStatus.AUTHORISED_FOR_ADOPTION)
        ),
        **{stop: date(2026, 2, 20)},  # type: ignore[arg-type]
    )
    unmet = [due for due in owed(facts) if due.state is not HELD]
    assert {due.kind for due in unmet} == set(MeetingKind) - {PRE_BIRTH, MeetingKind.SHORT_BREAK_REVIEW, MeetingKind.FOSTER_HOME_REVIEW}
    assert {due.state for due in unmet} == {VOID}
    assert {due.void_from for due in unmet if due.kind is not CARE} == {date(2026, 2, 20)}
    assert owed(replace(facts, **{stop: date(2026, 1, 5)})) == []  # type: ignore[arg-type]


def test_edge_case_23_a_child_on_a_plan_who_comes_into_care_has_both_clocks() -> None:
    on_plan = replace(CHILD, plans=(PlanFact(started_on=date(2026, 8, 3)),))
    both = replace(on_plan, care_periods=(CarePeriodFact(started_on=date(2026, 9, 1)),))
    assert outline(both) == [
        ("REVIEW_CONFERENCE_FIRST", date(2026, 8, 3), date(2026, 11, 3), OPEN),
        ("CARE_REVIEW_FIRST", date(2026, 9, 1), date(2026, 9, 29), OPEN),
    ]
    offered = EarlierReviewFact(
        kind=REVIEW, called_on=date(2026, 9, 1), by_on=date(2026, 10, 2), reason=EarlierReviewReason.BECAME_LOOKED_AFTER
    )
    (review,) = owed(replace(both, earlier=(offered,)), REVIEW)
    assert (review.statutory_due_on, review.brought_forward_by) == (date(2026, 10, 2), EarlierReviewReason.BECAME_LOOKED_AFTER)


def test_edge_case_24_under_a_secure_order_the_criteria_and_the_care_clock_both_run() -> None:
    order = StatusFact(status=CareStatus.SECURE, started_on=date(2026, 9, 7))
    facts = replace(in_care(date(2026, 9, 1)), statuses=(order,))
    assert outline(facts) == [
        ("CARE_REVIEW_FIRST", date(2026, 9, 1), date(2026, 9, 29), OPEN),
        ("SECURE_CRITERIA_REVIEW_FIRST", date(2026, 9, 7), date(2026, 10, 5), OPEN),
    ]
    criteria = replace(facts, held=held(SECURE, date(2026, 9, 21)))
    assert [(due.kind, due.state) for due in owed(criteria)] == [(CARE, OPEN), (SECURE, HELD), (SECURE, OPEN)]


def test_edge_case_25_reviews_may_fall_on_weekends_conferences_may_not_and_a_late_entry_recomputes_what_follows() -> None:
    saturday = date(2026, 9, 12)
    assert may_fall_on(CARE, saturday)
    assert not may_fall_on(INITIAL, saturday)
    reviews = (date(2026, 1, 28), date(2026, 4, 20), date(2026, 10, 1))
    known = owed(in_care(date(2026, 1, 5), date(2026, 1, 28), date(2026, 10, 1)))
    entered_late = owed(in_care(date(2026, 1, 5), *reviews))
    assert [judged(due, date(2026, 10, 2)) for due in known] == [Timeliness.IN_TIME, Timeliness.LATE, Timeliness.NOT_YET_DUE]
    assert [judged(due, date(2026, 10, 2)) for due in entered_late] == [Timeliness.IN_TIME] * 3 + [Timeliness.NOT_YET_DUE]
    assert {due.id for due in known} <= {due.id for due in entered_late}


# ------------------------------------------------------------------------------------------- further traps


def test_trap_short_breaks_that_cross_75_days_become_ordinary_care_on_the_76th() -> None:
    starts = [date(2026, 1, 2) + timedelta(days=14 * number) for number in range(15)]
    spans = [(start, start + timedelta(days=5)) for start in starts]

    def away(*more: tuple[date, date | None]) -> SubjectFacts:
        found = (StatusFact(status=CareStatus.SHORT_BREAK, started_on=start, ended_on=end) for start, end in [*spans, *more])
        return replace(CHILD, statuses=tuple(found), seen_until=date(2026, 8, 20))

    assert owed(away(), CARE) == []
    (due,) = owed(away((date(2026, 8, 7), None)), CARE)
    assert (due.timescale.code, due.triggered_on, due.statutory_due_on) == ("CARE_REVIEW_FIRST", date(2026, 8, 8), date(2026, 9, 7))
    assert [each.state for each in owed(away((date(2026, 8, 7), None)), MeetingKind.SHORT_BREAK_REVIEW)] == [VOID]
    a_year_later = owed(away((date(2027, 1, 8), date(2027, 1, 10))), CARE)
    assert a_year_later == []


def test_trap_a_foster_home_approved_on_29_february_is_reviewed_by_28_february() -> None:
    household = SubjectFacts(subject_id=UUID(int=9), approved_on=date(2028, 2, 29))
    (due,) = owed(household)
    assert (due.statutory_due_on, due.book_by_on) == (date(2029, 2, 28), date(2029, 2, 28))
    again = owed(replace(household, held=held(MeetingKind.FOSTER_HOME_REVIEW, date(2029, 2, 28))))
    assert again[-1].statutory_due_on == date(2030, 2, 28)


def test_trap_a_review_that_is_brought_forward_shortens_the_ones_after_it() -> None:
    reviews = (date(2026, 1, 28), date(2026, 4, 20))
    call = EarlierReviewFact(kind=CARE, called_on=date(2026, 5, 4), by_on=date(2026, 6, 1), reason=EarlierReviewReason.IRO_REQUESTS)
    facts = replace(in_care(date(2026, 1, 5), *reviews), earlier=(call,))
    due = owed(facts)[-1]
    assert (due.statutory_due_on, due.book_by_on, due.brought_forward_by) == (
        date(2026, 6, 1),
        date(2026, 6, 1),
        EarlierReviewReason.IRO_REQUESTS,
    )
    reviewed = owed(replace(facts, held=(*facts.held, *held(CARE, date(2026, 5, 29)))))
    assert (reviewed[-2].statutory_due_on, judged(reviewed[-2], date(2026, 7, 1))) == (date(2026, 6, 1), Timeliness.IN_TIME)
    assert (reviewed[-1].statutory_due_on, reviewed[-1].brought_forward_by) == (date(2026, 11, 29), None)


def test_trap_a_foster_home_review_is_no_childs_meeting() -> None:
    household = SubjectFacts(
        subject_id=UUID(int=9),
        approved_on=date(2026, 9, 1),
        care_periods=(CarePeriodFact(started_on=date(2026, 9, 1)),),
        section47s=(enquiry(date(2026, 9, 1)),),
    )
    assert {due.kind for due in owed(household)} == {MeetingKind.FOSTER_HOME_REVIEW}
    child = replace(household, approved_on=None)
    assert MeetingKind.FOSTER_HOME_REVIEW not in {due.kind for due in owed(child)}

"""From records to what is owed: the chains, where they begin, and where they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.kernel.words import CareStatus, MeetingKind, ObligationState
from services.statutory.clock import (
    DAY_ZERO_RULES,
    PREDECESSORS,
    CarePeriodFact,
    Due,
    HeldFact,
    PlanFact,
    Section47Fact,
    SubjectFacts,
    assume_held,
    following,
    may_fall_on,
    obligations,
    owed_from,
)
from services.statutory.counting import add_months, due_dates
from services.statutory.facts import StatusFact
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

LAW = Timescales(SHIPPED)
CHILD = UUID(int=7)
NOTHING = SubjectFacts(subject_id=CHILD, born_on=date(2015, 6, 1))
CARE, REVIEW, INITIAL = MeetingKind.CARE_REVIEW, MeetingKind.REVIEW_CONFERENCE, MeetingKind.INITIAL_CONFERENCE
OPEN, HELD, VOID = ObligationState.OPEN, ObligationState.HELD, ObligationState.VOID


def in_care(started: date, *reviews: date, exact: bool = True, ended: date | None = None, born: date = date(2015, 6, 1)) -> SubjectFacts:
    period = CarePeriodFact(started_on=started, started_on_exact=exact, ended_on=ended)
    return SubjectFacts(subject_id=CHILD, born_on=born, care_periods=(period,), held=held(CARE, *reviews))


def on_plan(started: date, *reviews: date, ended: date | None = None) -> SubjectFacts:
    return replace(NOTHING, plans=(PlanFact(started_on=started, ended_on=ended),), held=held(REVIEW, *reviews))


def held(kind: MeetingKind, *days: date) -> tuple[HeldFact, ...]:
    return tuple(HeldFact(kind=kind, held_on=day) for day in days)


def owed(facts: SubjectFacts) -> tuple[Due, ...]:
    return obligations(facts, LAW, england())


def outline(facts: SubjectFacts) -> list[tuple[str, date, date, ObligationState]]:
    return [(due.timescale.code, due.triggered_on, due.statutory_due_on, due.state) for due in owed(facts)]


def after(facts: SubjectFacts, kind: MeetingKind, day: date) -> Due | None:
    return following(facts, kind, day, LAW, england())


# ------------------------------------------------------------------------------------------- children in care


def test_a_child_new_to_care_is_owed_a_review_within_20_working_days() -> None:
    (due,) = owed(in_care(date(2026, 9, 1)))
    assert (due.kind, due.triggered_by, due.state) == (CARE, "became looked after", OPEN)
    assert (due.statutory_due_on, due.census_due_on, due.book_by_on) == (date(2026, 9, 29), None, date(2026, 9, 29))
    assert "reg. 33" in due.timescale.legal_basis


def test_reviews_follow_after_20_working_days_then_3_then_6_months_from_the_days_held() -> None:
    assert outline(in_care(date(2026, 1, 5), date(2026, 1, 28), date(2026, 4, 20), date(2026, 10, 1))) == [
        ("CARE_REVIEW_FIRST", date(2026, 1, 5), date(2026, 2, 2), HELD),
        ("CARE_REVIEW_SECOND", date(2026, 1, 28), date(2026, 4, 28), HELD),
        ("CARE_REVIEW_NEXT", date(2026, 4, 20), date(2026, 10, 20), HELD),
        ("CARE_REVIEW_NEXT", date(2026, 10, 1), date(2027, 4, 1), OPEN),
    ]


def test_an_early_review_pulls_the_chain_in_and_a_late_one_pushes_it_out() -> None:
    early = owed(in_care(date(2026, 1, 5), date(2026, 1, 12)))[-1]
    late = owed(in_care(date(2026, 1, 5), date(2026, 3, 2)))[-1]
    assert (early.statutory_due_on, late.statutory_due_on) == (date(2026, 4, 12), date(2026, 6, 2))


def test_two_sources_that_state_one_review_are_one_review() -> None:
    facts = in_care(date(2026, 1, 5), date(2026, 1, 28), date(2026, 1, 28))
    facts = replace(facts, held=(*facts.held, HeldFact(kind=CARE, held_on=date(2026, 1, 28), completed_on=date(2026, 2, 10))))
    first, second = owed(facts)
    assert (first.held_on, first.completed_on) == (date(2026, 1, 28), date(2026, 2, 10))
    assert second.triggered_on == date(2026, 1, 28)


def test_the_next_interval_runs_from_the_first_sitting_of_an_adjourned_review() -> None:
    facts = replace(in_care(date(2026, 1, 5)), held=(HeldFact(kind=CARE, held_on=date(2026, 1, 28), completed_on=date(2026, 2, 10)),))
    assert owed(facts)[-1].statutory_due_on == date(2026, 4, 28)


def test_a_chain_from_31_august_is_clamped_at_each_step_and_remembers_no_28th() -> None:
    assert owed(in_care(date(2020, 1, 6), date(2026, 8, 31), exact=False))[-1].statutory_due_on == date(2027, 2, 28)
    assert owed(in_care(date(2020, 1, 6), date(2027, 2, 28), exact=False))[-1].statutory_due_on == date(2027, 8, 28)
    assert owed(in_care(date(2020, 1, 6), date(2027, 2, 26), exact=False))[-1].statutory_due_on == date(2027, 8, 26)
    assert owed(in_care(date(2020, 1, 6), date(2027, 8, 31), exact=False))[-1].statutory_due_on == date(2028, 2, 29)


def test_a_child_who_leaves_and_returns_has_a_new_clock() -> None:
    facts = replace(
        in_care(date(2026, 1, 5), date(2026, 1, 28), ended=date(2026, 3, 2)),
        care_periods=(
            CarePeriodFact(started_on=date(2026, 1, 5), ended_on=date(2026, 3, 2)),
            CarePeriodFact(started_on=date(2026, 4, 7)),
        ),
    )
    assert outline(facts) == [
        ("CARE_REVIEW_FIRST", date(2026, 1, 5), date(2026, 2, 2), HELD),
        ("CARE_REVIEW_SECOND", date(2026, 1, 28), date(2026, 4, 28), VOID),
        ("CARE_REVIEW_FIRST", date(2026, 4, 7), date(2026, 5, 6), OPEN),
    ]


def test_a_review_on_the_day_of_return_belongs_to_the_period_that_ends() -> None:
    facts = SubjectFacts(
        subject_id=CHILD,
        care_periods=(
            CarePeriodFact(started_on=date(2026, 6, 1)),
            CarePeriodFact(started_on=date(2026, 1, 5), ended_on=date(2026, 6, 1)),
        ),
        held=held(CARE, date(2026, 1, 28), date(2026, 6, 1)),
    )
    assert outline(facts)[1:] == [
        ("CARE_REVIEW_SECOND", date(2026, 1, 28), date(2026, 4, 28), HELD),
        ("CARE_REVIEW_FIRST", date(2026, 6, 1), date(2026, 6, 29), OPEN),
    ]


def test_a_stay_that_ends_on_the_day_it_began_is_void_from_that_day_and_a_night_is_enough() -> None:
    (due,) = owed(in_care(date(2026, 1, 5), date(2026, 1, 5), ended=date(2026, 1, 5)))
    assert (due.state, due.void_from, due.held_on) == (VOID, date(2026, 1, 5), None)
    assert outline(in_care(date(2026, 1, 5), exact=False, ended=date(2026, 1, 5))) == []
    night = owed(in_care(date(2026, 1, 5), date(2026, 1, 6), ended=date(2026, 1, 6)))
    assert [due.state for due in night] == [HELD]


def test_a_review_outside_any_period_of_care_starts_nothing() -> None:
    assert outline(in_care(date(2026, 1, 5), date(2025, 12, 1))) == [("CARE_REVIEW_FIRST", date(2026, 1, 5), date(2026, 2, 2), OPEN)]


# ----------------------------------------------------------------------- care known only to have begun by a day


def test_no_first_review_is_computed_where_the_start_of_care_is_not_known() -> None:
    assert outline(in_care(date(2026, 4, 1), exact=False)) == []


def test_one_known_review_of_such_a_child_is_followed_within_six_months() -> None:
    assert outline(in_care(date(2026, 4, 1), date(2026, 5, 11), exact=False)) == [
        ("CARE_REVIEW_NEXT", date(2026, 5, 11), date(2026, 11, 11), OPEN)
    ]


def test_the_chain_of_such_a_child_runs_from_review_to_review() -> None:
    assert outline(in_care(date(2026, 4, 1), date(2026, 5, 11), date(2026, 10, 30), exact=False)) == [
        ("CARE_REVIEW_NEXT", date(2026, 5, 11), date(2026, 11, 11), HELD),
        ("CARE_REVIEW_NEXT", date(2026, 10, 30), date(2027, 4, 30), OPEN),
    ]


def test_a_review_before_the_known_part_of_a_period_shows_that_it_had_begun() -> None:
    facts = SubjectFacts(
        subject_id=CHILD,
        care_periods=(
            CarePeriodFact(started_on=date(2024, 1, 8), ended_on=date(2024, 9, 2)),
            CarePeriodFact(started_on=date(2026, 4, 1), started_on_exact=False),
        ),
        held=held(CARE, date(2024, 9, 2), date(2026, 2, 2)),
    )
    assert outline(facts)[-1] == ("CARE_REVIEW_NEXT", date(2026, 2, 2), date(2026, 8, 2), OPEN)
    assert [due.triggered_on for due in owed(facts)] == [date(2024, 1, 8), date(2026, 2, 2)]


def in_window(started: date, *reviews: date, exact: bool = True, known_from: date = date(2026, 4, 1)) -> SubjectFacts:
    period = CarePeriodFact(started_on=started, started_on_exact=exact, reviews_known_from=known_from)
    return replace(in_care(started, *reviews), care_periods=(period,))


def test_where_a_return_shows_one_year_of_a_longer_story_no_review_before_it_is_called_late() -> None:
    assert outline(in_window(date(2019, 3, 4), date(2026, 5, 11), date(2026, 10, 30))) == [
        ("CARE_REVIEW_NEXT", date(2026, 5, 11), date(2026, 11, 11), HELD),
        ("CARE_REVIEW_NEXT", date(2026, 10, 30), date(2027, 4, 30), OPEN),
    ]
    plan = PlanFact(started_on=date(2025, 6, 2), reviews_known_from=date(2026, 4, 1))
    assert outline(replace(NOTHING, plans=(plan,), held=held(REVIEW, date(2026, 5, 11)))) == [
        ("REVIEW_CONFERENCE_NEXT", date(2026, 5, 11), date(2026, 11, 11), OPEN)
    ]


def test_a_first_review_that_falls_due_within_the_window_is_owed_and_answered_as_ever() -> None:
    assert outline(in_window(date(2026, 3, 9), date(2026, 4, 7))) == [
        ("CARE_REVIEW_FIRST", date(2026, 3, 9), date(2026, 4, 8), HELD),
        ("CARE_REVIEW_SECOND", date(2026, 4, 7), date(2026, 7, 7), OPEN),
    ]


@pytest.mark.parametrize(
    ("started", "exact", "day0"), [(date(2019, 3, 4), True, date(2026, 3, 31)), (date(2026, 4, 20), False, date(2026, 4, 20))]
)
def test_where_the_window_shows_no_review_one_is_owed_within_six_months_of_its_beginning(started: date, exact: bool, day0: date) -> None:
    ((code, triggered_on, due, state),) = outline(in_window(started, exact=exact))
    assert (code, triggered_on, state) == ("CARE_REVIEW_NEXT", day0, OPEN)
    assert due == add_months(day0, 6)


def test_a_review_from_before_the_window_counts_only_where_none_within_is_known() -> None:
    assert outline(in_window(date(2019, 3, 4), date(2020, 1, 6), date(2026, 5, 11)))[0][1] == date(2026, 5, 11)
    assert outline(in_window(date(2019, 3, 4), date(2026, 1, 6))) == [("CARE_REVIEW_NEXT", date(2026, 1, 6), date(2026, 7, 6), OPEN)]


# --------------------------------------------------------------------------------------- the end of a chain


def test_what_is_due_on_or_after_the_end_of_care_is_void() -> None:
    before = owed(in_care(date(2026, 1, 5), ended=date(2026, 2, 1)))[-1]
    same_day = owed(in_care(date(2026, 1, 5), ended=date(2026, 2, 2)))[-1]
    assert (before.state, before.void_from) == (VOID, date(2026, 2, 1))
    assert (same_day.state, same_day.void_from) == (VOID, date(2026, 2, 2))


def test_what_was_missed_before_the_end_of_care_can_no_longer_be_booked_and_keeps_the_day_it_ended() -> None:
    due = owed(in_care(date(2026, 1, 5), ended=date(2026, 5, 1)))[-1]
    assert (due.state, due.statutory_due_on, due.void_from) == (VOID, date(2026, 2, 2), date(2026, 5, 1))


def test_a_review_on_the_last_day_of_care_counts_and_starts_nothing() -> None:
    assert outline(in_care(date(2026, 1, 5), date(2026, 2, 2), ended=date(2026, 2, 2))) == [
        ("CARE_REVIEW_FIRST", date(2026, 1, 5), date(2026, 2, 2), HELD)
    ]


def test_no_review_is_owed_on_or_after_the_18th_birthday() -> None:
    born = date(2008, 9, 29)
    assert owed(in_care(date(2026, 9, 1), born=born))[0].state is VOID
    assert owed(in_care(date(2026, 9, 1), born=born))[0].void_from == date(2026, 9, 29)
    assert owed(in_care(date(2026, 9, 1), born=born + timedelta(days=1)))[0].state is OPEN
    assert outline(in_care(date(2026, 9, 29), born=born)) == []


def test_death_stops_every_clock() -> None:
    facts = replace(
        in_care(date(2026, 1, 5), date(2026, 1, 28)),
        plans=(PlanFact(started_on=date(2026, 2, 2)),),
        section47s=(Section47Fact(initiating_discussion_on=date(2026, 2, 16)),),
        died_on=date(2026, 2, 20),
    )
    assert {due.state for due in owed(facts)} == {HELD, VOID}
    assert {due.void_from for due in owed(facts) if due.state is VOID} == {date(2026, 2, 20)}


# ----------------------------------------------------------------------------------------- protection plans


def test_a_plan_is_reviewed_within_3_months_then_every_6() -> None:
    assert outline(on_plan(date(2026, 1, 14), date(2026, 4, 8), date(2026, 10, 5))) == [
        ("REVIEW_CONFERENCE_FIRST", date(2026, 1, 14), date(2026, 4, 14), HELD),
        ("REVIEW_CONFERENCE_NEXT", date(2026, 4, 8), date(2026, 10, 8), HELD),
        ("REVIEW_CONFERENCE_NEXT", date(2026, 10, 5), date(2027, 4, 5), OPEN),
    ]


def test_the_first_review_of_a_plan_is_counted_from_the_first_sitting_of_an_adjourned_conference() -> None:
    conference = HeldFact(kind=INITIAL, held_on=date(2026, 1, 14), completed_on=date(2026, 1, 28))
    facts = replace(on_plan(date(2026, 1, 28)), held=(conference,))
    assert outline(facts) == [("REVIEW_CONFERENCE_FIRST", date(2026, 1, 14), date(2026, 4, 14), OPEN)]


def test_the_review_conference_that_ends_a_plan_counts_and_starts_nothing() -> None:
    assert [due.state for due in owed(on_plan(date(2026, 1, 14), date(2026, 4, 8), ended=date(2026, 4, 8)))] == [HELD]


def test_a_conference_on_the_day_the_plan_began_is_not_its_review() -> None:
    assert outline(on_plan(date(2026, 1, 14), date(2026, 1, 14))) == [
        ("REVIEW_CONFERENCE_FIRST", date(2026, 1, 14), date(2026, 4, 14), OPEN)
    ]


def test_plans_that_overlap_in_the_records_owe_each_review_once() -> None:
    facts = replace(
        on_plan(date(2026, 1, 14), date(2026, 4, 8), ended=date(2026, 6, 1)),
        plans=(PlanFact(started_on=date(2026, 1, 14), ended_on=date(2026, 6, 1)), PlanFact(started_on=date(2026, 2, 2))),
    )
    assert [(due.triggered_on, due.state) for due in owed(facts)] == [
        (date(2026, 1, 14), HELD),
        (date(2026, 2, 2), HELD),
        (date(2026, 4, 8), OPEN),
    ]


def test_becoming_looked_after_starts_a_clock_and_ends_none() -> None:
    facts = replace(on_plan(date(2026, 1, 14)), care_periods=(CarePeriodFact(started_on=date(2026, 2, 2)),))
    assert [(due.kind, due.state) for due in owed(facts)] == [(REVIEW, OPEN), (CARE, OPEN)]


# --------------------------------------------------------------------------------------- initial conferences


def enquiry(day: date, **more: date | bool) -> Section47Fact:
    return Section47Fact(initiating_discussion_on=day, **more)  # type: ignore[arg-type]


def test_a_strategy_discussion_on_a_saturday_is_day_0() -> None:
    (due,) = owed(replace(NOTHING, section47s=(enquiry(date(2026, 12, 5)),)))
    assert (due.kind, due.statutory_due_on, due.book_by_on, due.state) == (INITIAL, date(2026, 12, 29), date(2026, 12, 29), OPEN)


def test_an_enquiry_that_needs_no_conference_owes_none() -> None:
    assert owed(replace(NOTHING, section47s=(enquiry(date(2026, 9, 1), conference_not_required=True),))) == ()


@pytest.mark.parametrize("kind", [INITIAL, MeetingKind.PRE_BIRTH_CONFERENCE])
def test_a_conference_held_on_or_after_the_discussion_answers_it(kind: MeetingKind) -> None:
    facts = replace(NOTHING, section47s=(enquiry(date(2026, 9, 1)),), held=held(kind, date(2026, 8, 31), date(2026, 9, 20)))
    (due,) = owed(facts)
    assert (due.kind, due.state, due.held_on) == (INITIAL, HELD, date(2026, 9, 20))
    same_day = replace(facts, held=held(kind, date(2026, 9, 1)))
    assert owed(same_day)[0].held_on == date(2026, 9, 1)


def test_a_conference_that_the_enquiry_states_or_a_plan_that_begins_answers_it() -> None:
    stated = replace(NOTHING, section47s=(enquiry(date(2026, 9, 1), conference_on=date(2026, 9, 21)),))
    planned = replace(NOTHING, section47s=(enquiry(date(2026, 9, 1)),), plans=(PlanFact(started_on=date(2026, 9, 18)),))
    assert owed(stated)[0].held_on == date(2026, 9, 21)
    assert owed(planned)[0].held_on == date(2026, 9, 18)


def test_one_conference_answers_every_enquiry_before_it() -> None:
    facts = replace(
        NOTHING,
        section47s=(enquiry(date(2026, 9, 1)), enquiry(date(2026, 9, 23)), enquiry(date(2026, 10, 5))),
        held=held(INITIAL, date(2026, 9, 28)),
    )
    assert [(due.triggered_on, due.state) for due in owed(facts)] == [
        (date(2026, 9, 1), HELD),
        (date(2026, 9, 23), HELD),
        (date(2026, 10, 5), OPEN),
    ]


@pytest.mark.parametrize("conference", [(), held(INITIAL, date(2026, 9, 22)), held(INITIAL, date(2026, 10, 12))])
def test_discussions_within_15_working_days_of_the_first_owe_one_conference_counted_from_the_first(
    conference: tuple[HeldFact, ...],
) -> None:
    facts = replace(NOTHING, section47s=(enquiry(date(2026, 9, 22)), enquiry(date(2026, 9, 1)), enquiry(date(2026, 9, 8))), held=conference)
    assert [(due.triggered_on, due.statutory_due_on) for due in owed(facts)] == [(date(2026, 9, 1), date(2026, 9, 22))]
    later = replace(facts, section47s=(enquiry(date(2026, 9, 1)), enquiry(date(2026, 9, 23))))
    assert [due.triggered_on for due in owed(later)] == [date(2026, 9, 1), date(2026, 9, 23)]


def test_a_discussion_after_the_conference_or_after_one_that_needed_none_starts_an_enquiry_of_its_own() -> None:
    held_before = replace(
        NOTHING, section47s=(enquiry(date(2026, 9, 1)), enquiry(date(2026, 9, 14))), held=held(INITIAL, date(2026, 9, 10))
    )
    assert [(due.triggered_on, due.state) for due in owed(held_before)] == [(date(2026, 9, 1), HELD), (date(2026, 9, 14), OPEN)]
    none_needed = replace(NOTHING, section47s=(enquiry(date(2026, 9, 1), conference_not_required=True), enquiry(date(2026, 9, 8))))
    assert [due.triggered_on for due in owed(none_needed)] == [date(2026, 9, 8)]
    one_needed = replace(NOTHING, section47s=(enquiry(date(2026, 9, 1)), enquiry(date(2026, 9, 8), conference_not_required=True)))
    assert [due.triggered_on for due in owed(one_needed)] == [date(2026, 9, 1)]


def test_a_review_conference_answers_a_new_enquiry_about_a_child_who_is_on_a_plan_and_no_other() -> None:
    facts = replace(on_plan(date(2026, 8, 3), date(2026, 9, 14)), section47s=(enquiry(date(2026, 9, 1)),))
    assert next(due for due in owed(facts) if due.kind is INITIAL).held_on == date(2026, 9, 14)
    off_plan = replace(NOTHING, section47s=(enquiry(date(2026, 9, 1)),), held=held(REVIEW, date(2026, 9, 14)))
    assert owed(off_plan)[0].state is OPEN


def test_the_conference_about_a_child_of_unknown_age_is_no_pre_birth_conference() -> None:
    (due,) = owed(SubjectFacts(subject_id=CHILD, section47s=(enquiry(date(2026, 9, 1)),)))
    assert due.kind is INITIAL


def test_conferences_do_not_fall_on_weekends_and_reviews_of_children_in_care_may() -> None:
    saturday = date(2026, 9, 5)
    assert not may_fall_on(INITIAL, saturday)
    assert may_fall_on(CARE, saturday)
    assert may_fall_on(INITIAL, date(2026, 9, 4))


# -------------------------------------------------------------------------------------------- short breaks


def test_short_breaks_are_reviewed_within_3_months_then_6_and_are_no_ordinary_care() -> None:
    facts = SubjectFacts(
        subject_id=CHILD,
        care_periods=(CarePeriodFact(started_on=date(2026, 1, 5), short_break=True),),
        held=held(MeetingKind.SHORT_BREAK_REVIEW, date(2026, 3, 2)),
    )
    assert outline(facts) == [
        ("SHORT_BREAK_REVIEW_FIRST", date(2026, 1, 5), date(2026, 4, 5), HELD),
        ("SHORT_BREAK_REVIEW_NEXT", date(2026, 3, 2), date(2026, 9, 2), OPEN),
    ]
    assert {due.kind for due in owed(facts)} == {MeetingKind.SHORT_BREAK_REVIEW}


# ----------------------------------------------------------------------------------------- looking ahead


def test_what_follows_a_planned_review_is_what_will_be_owed_once_it_is_held() -> None:
    facts = in_care(date(2026, 9, 1))
    due = after(facts, CARE, date(2026, 9, 21))
    assert due is not None
    assert (due.state, due.timescale.code, due.statutory_due_on) == (ObligationState.EXPECTED, "CARE_REVIEW_SECOND", date(2026, 12, 21))
    then = owed(assume_held(facts, CARE, date(2026, 9, 21)))[-1]
    assert replace(due, state=OPEN) == then


def status(which: CareStatus, day: date) -> StatusFact:
    return StatusFact(status=which, started_on=day)


@pytest.mark.parametrize(
    ("facts", "kind", "code", "due"),
    [
        (replace(NOTHING, statuses=(status(CareStatus.SECURE, date(2026, 9, 1)),)), MeetingKind.SECURE_CRITERIA_REVIEW,
         "SECURE_CRITERIA_REVIEW_NEXT", date(2026, 12, 21)),
        (replace(NOTHING, statuses=(status(CareStatus.SHORT_BREAK, date(2026, 9, 1)),)), MeetingKind.SHORT_BREAK_REVIEW,
         "SHORT_BREAK_REVIEW_NEXT", date(2027, 3, 21)),
        (replace(NOTHING, statuses=(status(CareStatus.AUTHORISED_FOR_ADOPTION, date(2026, 9, 1)),)), MeetingKind.ADOPTION_REVIEW,
         "ADOPTION_REVIEW_AUTHORISED_NEXT", date(2027, 3, 21)),
        (replace(NOTHING, statuses=(status(CareStatus.PLACED_FOR_ADOPTION, date(2026, 9, 1)),)), MeetingKind.ADOPTION_REVIEW,
         "ADOPTION_REVIEW_PLACED_SECOND", date(2026, 12, 21)),
        (SubjectFacts(subject_id=CHILD, approved_on=date(2026, 9, 1)), MeetingKind.FOSTER_HOME_REVIEW,
         "FOSTER_HOME_REVIEW_NEXT", date(2027, 9, 21)),
        (NOTHING, MeetingKind.PRE_BIRTH_CONFERENCE, "REVIEW_CONFERENCE_FIRST", date(2026, 12, 21)),
        (NOTHING, MeetingKind.TRANSFER_IN_CONFERENCE, "REVIEW_CONFERENCE_FIRST", date(2026, 12, 21)),
    ],
)  # fmt: skip
def test_every_chain_can_be_followed_from_a_planned_day(facts: SubjectFacts, kind: MeetingKind, code: str, due: date) -> None:
    found = after(facts, kind, date(2026, 9, 21))
    assert found is not None
    assert (found.state, found.timescale.code, found.triggered_on, found.statutory_due_on) == (
        ObligationState.EXPECTED,
        code,
        date(2026, 9, 21),
        due,
    )


def test_every_kind_has_a_rule_for_a_day_0_of_its_own_and_says_which_meetings_start_it() -> None:
    assert set(DAY_ZERO_RULES) == set(PREDECESSORS) == set(MeetingKind)
    for kind in MeetingKind:
        stated = owed_from(NOTHING, kind, date(2026, 9, 1), "stated", LAW, england())
        assert (stated.kind, stated.timescale.code, stated.triggered_by) == (kind, DAY_ZERO_RULES[kind], "stated")
        assert stated.statutory_due_on == due_dates(stated.timescale, date(2026, 9, 1), england()).statutory_due_on
    with pytest.raises(LookupError, match="no timescale SECURE_CRITERIA_REVIEW_FIRST is in force"):
        owed_from(NOTHING, MeetingKind.SECURE_CRITERIA_REVIEW, date(1980, 1, 1), "stated", LAW, england())


def test_a_chain_can_be_followed_as_far_as_wanted() -> None:
    facts = replace(NOTHING, section47s=(enquiry(date(2026, 9, 1)),))
    days = [date(2026, 9, 21), date(2026, 12, 14), date(2027, 6, 7)]
    codes = []
    for kind, day in zip((INITIAL, REVIEW, REVIEW), days, strict=True):
        due = after(facts, kind, day)
        assert due is not None
        assert due.triggered_on == day
        codes.append(due.timescale.code)
        facts = replace(facts, held=(*facts.held, HeldFact(kind=kind, held_on=day)))
    assert codes == ["REVIEW_CONFERENCE_FIRST", "REVIEW_CONFERENCE_NEXT", "REVIEW_CONFERENCE_NEXT"]


def test_nothing_follows_where_the_chain_ends() -> None:
    assert after(in_care(date(2026, 1, 5), ended=date(2026, 3, 2)), CARE, date(2026, 3, 9)) is None
    assert after(in_care(date(2026, 9, 1), born=date(2008, 11, 1)), CARE, date(2026, 9, 21)) is None
    assert after(NOTHING, REVIEW, date(2026, 9, 21)) is None
    assert after(in_care(date(2026, 1, 5), date(2026, 1, 28)), CARE, date(2026, 1, 20)) is None
    assert after(NOTHING, MeetingKind.FOSTER_HOME_REVIEW, date(2026, 9, 21)) is None


def test_a_stated_day_0_is_judged_by_the_rule_that_binds_first_and_a_booked_day_by_the_chain() -> None:
    stated = owed_from(NOTHING, INITIAL, date(2026, 9, 1), "stated", LAW, england())
    assert (stated.state, stated.statutory_due_on) == (ObligationState.EXPECTED, date(2026, 9, 22))
    old_conference = replace(NOTHING, held=held(INITIAL, date(2025, 9, 1)))
    codes = [
        owed_from(facts, kind, date(2026, 9, 1), "stated", LAW, england()).timescale.code
        for facts, kind in [
            (NOTHING, CARE),
            (in_care(date(2026, 1, 5), date(2026, 1, 28)), CARE),
            (NOTHING, REVIEW),
            (old_conference, REVIEW),
            (on_plan(date(2026, 6, 1)), REVIEW),
            (NOTHING, MeetingKind.SECURE_CRITERIA_REVIEW),
        ]
    ]
    assert codes == [
        "CARE_REVIEW_FIRST",
        "CARE_REVIEW_NEXT",
        "REVIEW_CONFERENCE_FIRST",
        "REVIEW_CONFERENCE_FIRST",
        "REVIEW_CONFERENCE_NEXT",
        "SECURE_CRITERIA_REVIEW_FIRST",
    ]

"""Clocks of children who are looked after: remand, adoption, short breaks, secure and long-term placements, foster homes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, ObligationState, TimescaleUnit
from services.statutory.clock import CarePeriodFact, Due, HeldFact, PlanFact, SubjectFacts, obligations
from services.statutory.facts import EarlierReviewFact, StatusFact
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

LAW = Timescales(SHIPPED)
CHILD = SubjectFacts(subject_id=UUID(int=7), born_on=date(2015, 6, 1))
CARE, ADOPTION = MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW
BREAK_REVIEW, SECURE = MeetingKind.SHORT_BREAK_REVIEW, MeetingKind.SECURE_CRITERIA_REVIEW
OPEN, HELD, VOID = ObligationState.OPEN, ObligationState.HELD, ObligationState.VOID
AUTHORISED, PLACED = CareStatus.AUTHORISED_FOR_ADOPTION, CareStatus.PLACED_FOR_ADOPTION
FIRST, SECOND, NEXT = "CARE_REVIEW_FIRST", "CARE_REVIEW_SECOND", "CARE_REVIEW_NEXT"


def owed(facts: SubjectFacts, kind: MeetingKind | None = None) -> list[Due]:
    return [due for due in obligations(facts, LAW, england()) if kind in (None, due.kind)]


def outline(facts: SubjectFacts, kind: MeetingKind | None = None) -> list[tuple[str, date, date, ObligationState]]:
    return [(due.timescale.code, due.triggered_on, due.statutory_due_on, due.state) for due in owed(facts, kind)]


def held(kind: MeetingKind, *days: date, **more: Any) -> tuple[HeldFact, ...]:
    return tuple(HeldFact(kind=kind, held_on=day, **more) for day in days)


def status(which: CareStatus, started: date, ended: date | None = None, reason: str | None = None, **more: Any) -> StatusFact:
    return StatusFact(status=which, started_on=started, ended_on=ended, end_reason=reason, **more)


def in_care(started: date, *reviews: date, statuses: tuple[StatusFact, ...] = (), ended: date | None = None) -> SubjectFacts:
    period = CarePeriodFact(started_on=started, ended_on=ended)
    return replace(CHILD, care_periods=(period,), statuses=statuses, held=held(CARE, *reviews))


def and_held(facts: SubjectFacts, kind: MeetingKind, *days: date, **more: Any) -> SubjectFacts:
    return replace(facts, held=(*facts.held, *held(kind, *days, **more)))


# ------------------------------------------------------------------------------------------------- remand


def remanded(*reviews: date, expected: date | None = date(2026, 9, 18), ended: date | None = None) -> SubjectFacts:
    remand = status(CareStatus.REMAND, date(2026, 9, 1), ended, expected_end_on=expected)
    return replace(in_care(date(2026, 9, 1), *reviews, statuses=(remand,)), born_on=date(2011, 6, 1))


def test_a_remand_that_ends_before_the_first_review_is_due_brings_it_forward() -> None:
    (due,) = owed(remanded())
    assert (due.timescale.code, due.statutory_due_on, due.book_by_on) == ("REMAND_REVIEW_FIRST", date(2026, 9, 18), date(2026, 9, 18))
    assert due.brought_forward_by is EarlierReviewReason.LEAVING_REMAND
    (unhurried,) = owed(remanded(expected=date(2026, 12, 1)))
    assert (unhurried.statutory_due_on, unhurried.brought_forward_by) == (date(2026, 9, 29), None)
    assert owed(remanded(expected=None))[0].statutory_due_on == date(2026, 9, 29)


def test_a_review_during_the_remand_is_enough() -> None:
    first, second = owed(remanded(date(2026, 9, 14)))
    assert (first.held_on, first.statutory_due_on) == (date(2026, 9, 14), date(2026, 9, 18))
    assert (second.timescale.code, second.brought_forward_by) == (SECOND, None)


def test_a_remand_from_within_care_brings_forward_the_review_that_was_open() -> None:
    remand = status(CareStatus.REMAND, date(2026, 5, 4), expected_end_on=date(2026, 6, 5))
    due = owed(in_care(date(2026, 1, 5), date(2026, 1, 28), date(2026, 4, 20), statuses=(remand,)))[-1]
    assert (due.timescale.code, due.triggered_on, due.statutory_due_on) == (NEXT, date(2026, 4, 20), date(2026, 6, 5))
    reviewed_that_day = owed(in_care(date(2026, 1, 5), date(2026, 1, 28), date(2026, 5, 4), statuses=(remand,)))[-1]
    assert reviewed_that_day.statutory_due_on == date(2026, 6, 5)


def test_a_remand_that_goes_on_is_one_remand_with_its_last_expected_end() -> None:
    first = status(CareStatus.REMAND, date(2026, 9, 1), date(2026, 9, 11), expected_end_on=date(2026, 9, 11))
    renewed = status(CareStatus.REMAND, date(2026, 9, 11), expected_end_on=date(2026, 9, 25))
    facts = replace(in_care(date(2026, 9, 1), statuses=(renewed, first)), born_on=date(2011, 6, 1))
    assert owed(facts)[0].statutory_due_on == date(2026, 9, 25)


def test_a_remand_known_only_to_have_begun_by_the_first_day_of_care_is_judged_as_care() -> None:
    remand = status(CareStatus.REMAND, date(2026, 9, 1), started_on_exact=False)
    assert owed(in_care(date(2026, 9, 1), statuses=(remand,)))[0].timescale.code == FIRST


# ------------------------------------------------------------------------------- earlier reviews of all kinds


def call(
    called: date, by: date, reason: EarlierReviewReason = EarlierReviewReason.IRO_REQUESTS, kind: MeetingKind = CARE
) -> EarlierReviewFact:
    return EarlierReviewFact(kind=kind, called_on=called, by_on=by, reason=reason)


def called(*calls: EarlierReviewFact) -> list[tuple[date, date, EarlierReviewReason | None]]:
    facts = replace(in_care(date(2026, 1, 5), date(2026, 1, 28), date(2026, 4, 20)), earlier=calls)
    return [(due.triggered_on, due.statutory_due_on, due.brought_forward_by) for due in owed(facts)]


def test_a_call_binds_the_duty_that_was_open_on_its_day_and_no_other() -> None:
    plain = called()
    assert called(call(date(2026, 2, 2), date(2026, 3, 2)))[1] == (date(2026, 1, 28), date(2026, 3, 2), EarlierReviewReason.IRO_REQUESTS)
    assert called(call(date(2026, 2, 2), date(2026, 3, 2)))[2] == plain[2]
    assert called(call(date(2026, 4, 21), date(2026, 5, 18)))[2][1] == date(2026, 5, 18)
    assert called(call(date(2026, 4, 19), date(2026, 4, 24)))[1][1] == date(2026, 4, 24)
    assert called(call(date(2025, 12, 1), date(2026, 1, 12))) == plain


def test_of_several_calls_the_earliest_day_binds_and_none_makes_a_duty_later() -> None:
    one = call(date(2026, 5, 4), date(2026, 6, 8), EarlierReviewReason.CHILD_REQUESTS)
    two = call(date(2026, 5, 5), date(2026, 6, 1), EarlierReviewReason.WELFARE_NOT_SAFEGUARDED)
    for calls in ((one, two), (two, one)):
        assert called(*calls)[2] == (date(2026, 4, 20), date(2026, 6, 1), EarlierReviewReason.WELFARE_NOT_SAFEGUARDED)
    assert called(call(date(2026, 5, 4), date(2026, 10, 20))) == called()
    assert called(call(date(2026, 5, 4), date(2027, 1, 4))) == called()


@pytest.mark.parametrize("by", [date(2026, 4, 20), date(2026, 4, 24), date(2026, 5, 18)])
def test_a_review_called_earlier_and_held_that_day_was_what_was_called_for(by: date) -> None:
    plain, found = called(), called(call(date(2026, 4, 20), by))
    assert (found[0], found[2]) == (plain[0], plain[2])
    brought = by < plain[1][1]
    assert found[1][1:] == ((by, EarlierReviewReason.IRO_REQUESTS) if brought else plain[1][1:])


def test_a_call_on_the_day_on_which_care_or_a_plan_began_is_for_its_first_review() -> None:
    new = replace(in_care(date(2026, 9, 1)), earlier=(call(date(2026, 9, 1), date(2026, 9, 8)),))
    assert owed(new)[0].statutory_due_on == date(2026, 9, 8)
    decided = EarlierReviewFact(
        kind=MeetingKind.REVIEW_CONFERENCE,
        called_on=date(2026, 9, 1),
        by_on=date(2026, 10, 1),
        reason=EarlierReviewReason.CIRCUMSTANCES_CHANGED,
    )
    plan = replace(
        CHILD,
        plans=(PlanFact(started_on=date(2026, 9, 1)),),
        held=held(MeetingKind.INITIAL_CONFERENCE, date(2026, 9, 1)),
        earlier=(decided,),
    )
    assert owed(plan)[0].statutory_due_on == date(2026, 10, 1)


def test_a_weekend_by_which_a_review_must_be_held_is_booked_by_the_friday() -> None:
    facts = replace(in_care(date(2026, 1, 5), date(2026, 1, 28)), earlier=(call(date(2026, 2, 2), date(2026, 3, 1)),))
    assert (owed(facts)[-1].statutory_due_on, owed(facts)[-1].book_by_on) == (date(2026, 3, 1), date(2026, 2, 27))


# ------------------------------------------------------------------------------------------------ adoption

IN_CARE = (date(2025, 9, 1), date(2025, 9, 25), date(2025, 12, 15))


def adopted(*statuses: StatusFact, reviews: tuple[date, ...] = (), ended: date | None = None) -> SubjectFacts:
    return and_held(in_care(*IN_CARE, statuses=statuses, ended=ended), ADOPTION, *reviews)


GRANTED = status(AUTHORISED, date(2026, 1, 12))


def test_while_there_is_authority_both_clocks_run_and_an_adoption_review_answers_both() -> None:
    facts = adopted(GRANTED, reviews=(date(2026, 3, 30),))
    assert outline(facts)[2:] == [
        (NEXT, date(2025, 12, 15), date(2026, 6, 15), HELD),
        ("ADOPTION_REVIEW_AUTHORISED_FIRST", date(2026, 1, 12), date(2026, 4, 12), HELD),
        ("ADOPTION_REVIEW_AUTHORISED_NEXT", date(2026, 3, 30), date(2026, 9, 30), OPEN),
        (NEXT, date(2026, 3, 30), date(2026, 9, 30), OPEN),
    ]


def test_a_care_review_answers_no_adoption_review_and_one_without_authority_answers_no_care_review() -> None:
    facts = in_care(*IN_CARE, date(2026, 3, 30), statuses=(GRANTED,))
    assert outline(facts, ADOPTION) == [("ADOPTION_REVIEW_AUTHORISED_FIRST", date(2026, 1, 12), date(2026, 4, 12), OPEN)]
    unauthorised = and_held(in_care(*IN_CARE), ADOPTION, date(2026, 3, 30))
    assert owed(unauthorised)[-1].triggered_on == date(2025, 12, 15)


def test_the_day_of_authority_is_not_the_day_of_its_review() -> None:
    facts = adopted(GRANTED, reviews=(date(2026, 1, 12),))
    assert outline(facts, ADOPTION) == [("ADOPTION_REVIEW_AUTHORISED_FIRST", date(2026, 1, 12), date(2026, 4, 12), OPEN)]


def test_a_placement_voids_the_care_clock_and_starts_its_own() -> None:
    facts = adopted(GRANTED, status(PLACED, date(2026, 3, 2)), reviews=(date(2026, 3, 27), date(2026, 6, 22)))
    assert outline(facts)[2:] == [
        (NEXT, date(2025, 12, 15), date(2026, 6, 15), VOID),
        ("ADOPTION_REVIEW_AUTHORISED_FIRST", date(2026, 1, 12), date(2026, 4, 12), VOID),
        ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 3, 2), date(2026, 3, 30), HELD),
        ("ADOPTION_REVIEW_PLACED_SECOND", date(2026, 3, 27), date(2026, 6, 27), HELD),
        ("ADOPTION_REVIEW_PLACED_NEXT", date(2026, 6, 22), date(2026, 12, 22), OPEN),
    ]
    assert {due.void_from for due in owed(facts) if due.state is VOID} == {date(2026, 3, 2)}


def test_a_review_of_a_placed_child_is_an_adoption_review_whatever_it_is_called() -> None:
    facts = in_care(*IN_CARE, date(2026, 3, 27), statuses=(GRANTED, status(PLACED, date(2026, 3, 2))))
    assert outline(facts, ADOPTION)[1:] == [
        ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 3, 2), date(2026, 3, 30), HELD),
        ("ADOPTION_REVIEW_PLACED_SECOND", date(2026, 3, 27), date(2026, 6, 27), OPEN),
    ]
    assert [due.state for due in owed(facts, CARE)] == [HELD, HELD, VOID]


def test_a_review_on_the_day_of_the_placement_was_a_care_review_and_one_on_the_day_of_the_return_an_adoption_review() -> None:
    placed_that_day = in_care(*IN_CARE, date(2026, 3, 2), statuses=(GRANTED, status(PLACED, date(2026, 3, 2))))
    assert outline(placed_that_day, CARE)[2:] == [(NEXT, date(2025, 12, 15), date(2026, 6, 15), HELD)]
    assert outline(placed_that_day, ADOPTION)[-1][3] is OPEN
    placed = status(PLACED, date(2026, 3, 9), date(2026, 4, 20), "DISRUPTED")
    back_that_day = in_care(date(2026, 3, 2), date(2026, 4, 20), statuses=(placed,))
    assert outline(back_that_day, CARE) == [
        (FIRST, date(2026, 3, 2), date(2026, 3, 30), VOID),
        (NEXT, date(2026, 4, 20), date(2026, 10, 20), OPEN),
    ]


def test_a_child_who_was_placed_before_any_review_and_comes_back_is_still_owed_the_first() -> None:
    placed = status(PLACED, date(2026, 3, 9), date(2026, 4, 20), "DISRUPTED")
    assert outline(in_care(date(2026, 3, 2), statuses=(placed,)), CARE) == [(FIRST, date(2026, 3, 2), date(2026, 3, 30), OPEN)]


BACK = status(PLACED, date(2026, 3, 2), date(2026, 9, 14), "DISRUPTED")


def test_after_a_disruption_a_review_falls_from_28_to_42_days_and_the_care_clock_goes_on_from_the_last_review() -> None:
    facts = adopted(GRANTED, BACK, reviews=(date(2026, 3, 27), date(2026, 6, 22)))
    disrupted = owed(facts, ADOPTION)[-1]
    assert (disrupted.triggered_on, disrupted.statutory_due_on, disrupted.not_before_on, disrupted.state) == (
        date(2026, 9, 14),
        date(2026, 10, 26),
        date(2026, 10, 12),
        OPEN,
    )
    assert outline(facts, ADOPTION)[-2] == ("ADOPTION_REVIEW_PLACED_NEXT", date(2026, 6, 22), date(2026, 12, 22), VOID)
    assert outline(facts, CARE)[2:] == [
        (NEXT, date(2025, 12, 15), date(2026, 6, 15), VOID),
        (NEXT, date(2026, 6, 22), date(2026, 12, 22), OPEN),
    ]


def test_the_review_of_the_return_answers_both_clocks_and_they_go_on_six_months_from_it() -> None:
    facts = adopted(GRANTED, BACK, reviews=(date(2026, 6, 22), date(2026, 10, 12)))
    assert outline(facts, ADOPTION)[-2:] == [
        ("ADOPTION_REVIEW_DISRUPTED", date(2026, 9, 14), date(2026, 10, 26), HELD),
        ("ADOPTION_REVIEW_AUTHORISED_NEXT", date(2026, 10, 12), date(2027, 4, 12), OPEN),
    ]
    assert outline(facts, CARE)[-2:] == [
        (NEXT, date(2026, 6, 22), date(2026, 12, 22), HELD),
        (NEXT, date(2026, 10, 12), date(2027, 4, 12), OPEN),
    ]


def test_a_review_before_the_28th_day_is_no_review_of_the_return() -> None:
    facts = adopted(GRANTED, BACK, reviews=(date(2026, 10, 11),))
    assert outline(facts, ADOPTION)[-1] == ("ADOPTION_REVIEW_DISRUPTED", date(2026, 9, 14), date(2026, 10, 26), OPEN)
    later = and_held(facts, ADOPTION, date(2026, 10, 27))
    assert next(due for due in owed(later) if due.timescale.code == "ADOPTION_REVIEW_DISRUPTED").held_on == date(2026, 10, 27)


def test_no_call_asks_for_the_review_of_the_return_before_it_may_be_held() -> None:
    facts = replace(adopted(GRANTED, BACK), earlier=(call(date(2026, 9, 15), date(2026, 9, 30), kind=ADOPTION),))
    assert owed(facts, ADOPTION)[-1].statutory_due_on == date(2026, 10, 12)


def test_a_child_who_is_placed_again_is_on_the_clock_of_the_new_placement() -> None:
    facts = adopted(GRANTED, BACK, status(PLACED, date(2026, 10, 5)))
    assert outline(facts, ADOPTION)[-2:] == [
        ("ADOPTION_REVIEW_DISRUPTED", date(2026, 9, 14), date(2026, 10, 26), VOID),
        ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 10, 5), date(2026, 11, 2), OPEN),
    ]
    assert [due.state for due in owed(facts, CARE)] == [HELD, HELD, VOID]
    moved_at_once = adopted(GRANTED, BACK, status(PLACED, date(2026, 9, 14)))
    assert outline(moved_at_once, ADOPTION)[-1] == ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 9, 14), date(2026, 10, 12), OPEN)


def test_a_placement_whose_basis_changed_is_one_placement() -> None:
    by_consent = status(PLACED, date(2026, 3, 2), date(2026, 5, 4))
    facts = adopted(GRANTED, by_consent, status(PLACED, date(2026, 5, 4)), reviews=(date(2026, 3, 27),))
    assert outline(facts, ADOPTION)[1:] == [
        ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 3, 2), date(2026, 3, 30), HELD),
        ("ADOPTION_REVIEW_PLACED_SECOND", date(2026, 3, 27), date(2026, 6, 27), OPEN),
    ]


def test_when_authority_is_revoked_only_the_review_of_a_return_is_still_owed() -> None:
    revoked = status(AUTHORISED, date(2026, 1, 12), date(2026, 9, 21), "REVOKED")
    assert outline(adopted(revoked), ADOPTION) == [("ADOPTION_REVIEW_AUTHORISED_FIRST", date(2026, 1, 12), date(2026, 4, 12), VOID)]
    facts = adopted(revoked, BACK)
    assert outline(facts, ADOPTION)[-1] == ("ADOPTION_REVIEW_DISRUPTED", date(2026, 9, 14), date(2026, 10, 26), OPEN)
    assert outline(and_held(facts, ADOPTION, date(2026, 10, 19)), ADOPTION)[-1][3] is HELD
    later = adopted(replace(revoked, ended_on=date(2026, 12, 1)), BACK, reviews=(date(2026, 10, 19),))
    assert (owed(later, ADOPTION)[-1].state, owed(later, ADOPTION)[-1].void_from) == (VOID, date(2026, 12, 1))


def test_authority_of_which_nothing_is_recorded_is_presumed_of_a_child_who_was_placed() -> None:
    facts = adopted(BACK, reviews=(date(2026, 10, 19),))
    assert outline(facts, ADOPTION) == [
        ("ADOPTION_REVIEW_PLACED_FIRST", date(2026, 3, 2), date(2026, 3, 30), VOID),
        ("ADOPTION_REVIEW_DISRUPTED", date(2026, 9, 14), date(2026, 10, 26), HELD),
        ("ADOPTION_REVIEW_AUTHORISED_NEXT", date(2026, 10, 19), date(2027, 4, 19), OPEN),
    ]


@pytest.mark.parametrize("reason", ["ADOPTED", "E11", "E12"])
def test_a_placement_that_ended_in_an_order_or_with_care_was_not_disrupted(reason: str) -> None:
    ended = status(PLACED, date(2026, 3, 2), date(2026, 9, 14), reason)
    assert "ADOPTION_REVIEW_DISRUPTED" not in {due.timescale.code for due in owed(adopted(GRANTED, ended))}
    with_care = status(PLACED, date(2026, 3, 2), date(2026, 9, 14))
    facts = adopted(GRANTED, with_care, ended=date(2026, 9, 14))
    assert "ADOPTION_REVIEW_DISRUPTED" not in {due.timescale.code for due in owed(facts)}
    assert {due.state for due in owed(facts)} == {HELD, VOID}


def test_a_placement_that_ended_with_care_was_not_disrupted_though_the_child_came_into_care_again_that_day() -> None:
    facts = adopted(GRANTED, status(PLACED, date(2026, 3, 2), date(2026, 9, 14)), ended=date(2026, 9, 14))
    again = replace(facts, care_periods=(*facts.care_periods, CarePeriodFact(started_on=date(2026, 9, 14))))
    assert [(due.timescale.code, due.triggered_on) for due in owed(again) if due.state is OPEN] == [(FIRST, date(2026, 9, 14))]


@pytest.mark.parametrize("known_by", ["order", "care", "reason"])
def test_after_an_order_no_care_review_is_said_to_have_been_missed_during_the_placement(known_by: str) -> None:
    over = date(2027, 3, 1)
    placed = status(PLACED, date(2026, 3, 2), None if known_by == "order" else over, "ADOPTED" if known_by == "reason" else None)
    facts = adopted(GRANTED, placed, reviews=(date(2026, 3, 27), date(2026, 6, 22)), ended=None if known_by == "order" else over)
    facts = replace(facts, adopted_on=over if known_by == "order" else None)
    assert outline(facts, CARE)[2:] == [(NEXT, date(2025, 12, 15), date(2026, 6, 15), VOID)]
    assert owed(facts, CARE)[-1].void_from == date(2026, 3, 2)


def test_a_placement_that_ended_while_care_went_on_was_disrupted_whatever_its_reason() -> None:
    for reason in (None, "CHANGED", "DISRUPTED"):
        ended = status(PLACED, date(2026, 3, 2), date(2026, 9, 14), reason)
        assert "ADOPTION_REVIEW_DISRUPTED" in {due.timescale.code for due in owed(adopted(GRANTED, ended))}


def test_a_first_review_that_was_missed_before_the_placement_is_still_missed_after_the_return() -> None:
    granted, placed = status(AUTHORISED, date(2026, 2, 2)), status(PLACED, date(2026, 3, 2), date(2026, 4, 1), "DISRUPTED")
    facts = replace(CHILD, care_periods=(CarePeriodFact(started_on=date(2026, 1, 5)),), statuses=(granted, placed))
    assert outline(facts, CARE) == [(FIRST, date(2026, 1, 5), date(2026, 2, 2), OPEN)]
    missed_second = in_care(date(2025, 9, 1), date(2025, 9, 25), statuses=(granted, placed))
    assert outline(missed_second, CARE)[-1] == (SECOND, date(2025, 9, 25), date(2025, 12, 25), OPEN)
    not_missed = in_care(date(2025, 12, 1), date(2025, 12, 22), statuses=(granted, placed))
    assert outline(not_missed, CARE)[-1] == (NEXT, date(2025, 12, 22), date(2026, 6, 22), OPEN)


def test_no_clock_counts_from_a_day_by_which_a_status_had_merely_begun() -> None:
    known_by = status(PLACED, date(2026, 4, 1), started_on_exact=False)
    facts = replace(CHILD, statuses=(known_by,))
    assert owed(facts) == []
    assert outline(and_held(facts, ADOPTION, date(2026, 5, 11))) == [
        ("ADOPTION_REVIEW_PLACED_NEXT", date(2026, 5, 11), date(2026, 11, 11), OPEN)
    ]
    period = CarePeriodFact(started_on=date(2025, 6, 2), reviews_known_from=date(2026, 4, 1))
    windowed = replace(CHILD, care_periods=(period,), statuses=(replace(known_by, started_on=date(2025, 9, 1), started_on_exact=True),))
    assert outline(windowed, ADOPTION) == [("ADOPTION_REVIEW_PLACED_NEXT", date(2026, 3, 31), date(2026, 9, 30), OPEN)]


# ---------------------------------------------------------------------------------------------- short breaks


def breaks(*spans: tuple[date, date | None], reviews: tuple[date, ...] = (), seen: date | None = None, **more: Any) -> SubjectFacts:
    statuses = tuple(status(CareStatus.SHORT_BREAK, *span) for span in spans)
    return replace(CHILD, statuses=statuses, held=held(BREAK_REVIEW, *reviews), seen_until=seen, **more)


WEEKENDS = ((date(2026, 1, 2), date(2026, 1, 4)), (date(2026, 2, 6), date(2026, 2, 8)), (date(2026, 8, 7), date(2026, 8, 9)))


def test_single_breaks_are_one_series_with_one_clock() -> None:
    facts = breaks(*WEEKENDS, reviews=(date(2026, 3, 30),))
    assert outline(facts) == [
        ("SHORT_BREAK_REVIEW_FIRST", date(2026, 1, 2), date(2026, 4, 2), HELD),
        ("SHORT_BREAK_REVIEW_NEXT", date(2026, 3, 30), date(2026, 9, 30), OPEN),
    ]
    as_returned = replace(
        facts, care_periods=tuple(CarePeriodFact(started_on=start, ended_on=end, short_break=True) for start, end in WEEKENDS)
    )
    assert outline(as_returned) == outline(facts)


def test_an_agreement_is_one_series_that_ends_with_it_and_its_length_is_no_break() -> None:
    agreement = CarePeriodFact(started_on=date(2026, 1, 2), short_break=True)
    assert outline(replace(CHILD, care_periods=(agreement,))) == [("SHORT_BREAK_REVIEW_FIRST", date(2026, 1, 2), date(2026, 4, 2), OPEN)]
    ended = replace(agreement, ended_on=date(2026, 3, 2))
    assert outline(replace(CHILD, care_periods=(ended,))) == [("SHORT_BREAK_REVIEW_FIRST", date(2026, 1, 2), date(2026, 4, 2), VOID)]
    renewed = CarePeriodFact(started_on=date(2026, 6, 1), short_break=True)
    assert [due.triggered_on for due in owed(replace(CHILD, care_periods=(renewed, ended)))] == [date(2026, 1, 2), date(2026, 6, 1)]
    with_breaks = breaks(*WEEKENDS, care_periods=(agreement,))
    assert outline(with_breaks) == [("SHORT_BREAK_REVIEW_FIRST", date(2026, 1, 2), date(2026, 4, 2), OPEN)]


def test_a_series_is_over_once_a_year_has_passed_without_a_break() -> None:
    facts = breaks(*WEEKENDS, reviews=(date(2026, 3, 30),))
    assert owed(replace(facts, seen_until=date(2027, 8, 9)))[-1].state is OPEN
    over = owed(replace(facts, seen_until=date(2027, 8, 10)))[-1]
    assert (over.state, over.void_from) == (VOID, date(2027, 8, 10))


def test_the_17th_day_of_a_break_is_a_short_break_and_the_18th_is_not() -> None:
    assert owed(breaks((date(2026, 9, 4), date(2026, 9, 21))), CARE) == []
    (due,) = owed(breaks((date(2026, 9, 4), date(2026, 9, 22))), CARE)
    assert (due.triggered_on, due.triggered_by, due.state) == (date(2026, 9, 22), "short breaks became ordinary care", VOID)


def test_a_limit_may_be_stated_in_weeks() -> None:
    shipped = next(row for row in SHIPPED if row.code == "SHORT_BREAK_LONGEST")
    law = Timescales([replace(shipped, amount=2, unit=TimescaleUnit.WEEKS), *(row for row in SHIPPED if row is not shipped)])
    dues = obligations(breaks((date(2026, 9, 4), date(2026, 9, 21))), law, england())
    assert [due.triggered_on for due in dues if due.kind is CARE] == [date(2026, 9, 19)]


def test_a_break_that_goes_on_becomes_ordinary_care_when_the_day_has_come() -> None:
    facts = breaks((date(2026, 9, 4), None))
    assert owed(facts, CARE) == []
    assert owed(replace(facts, seen_until=date(2026, 9, 21)), CARE) == []
    goes_on = replace(facts, seen_until=date(2026, 9, 22))
    assert outline(goes_on) == [
        ("SHORT_BREAK_REVIEW_FIRST", date(2026, 9, 4), date(2026, 12, 4), VOID),
        (FIRST, date(2026, 9, 22), date(2026, 10, 20), OPEN),
    ]
    assert owed(goes_on)[0].void_from == date(2026, 9, 22)
    that_day = and_held(goes_on, CARE, date(2026, 9, 22))
    assert outline(that_day, CARE) == [(FIRST, date(2026, 9, 22), date(2026, 10, 20), OPEN)]


def test_after_the_care_that_a_long_break_became_the_series_goes_on_from_the_last_review() -> None:
    long = (date(2026, 9, 4), date(2026, 11, 2))
    facts = and_held(breaks(*WEEKENDS, long, reviews=(date(2026, 3, 30),)), CARE, date(2026, 10, 12))
    assert outline(facts, CARE) == [
        (FIRST, date(2026, 9, 22), date(2026, 10, 20), HELD),
        (SECOND, date(2026, 10, 12), date(2027, 1, 12), VOID),
    ]
    assert outline(facts, BREAK_REVIEW)[1:] == [
        ("SHORT_BREAK_REVIEW_NEXT", date(2026, 3, 30), date(2026, 9, 30), VOID),
        ("SHORT_BREAK_REVIEW_NEXT", date(2026, 10, 12), date(2027, 4, 12), OPEN),
    ]


def test_breaks_that_touch_are_one_break_and_a_night_at_home_parts_them() -> None:
    first, second = (date(2026, 9, 4), date(2026, 9, 14)), (date(2026, 9, 14), date(2026, 9, 25))
    assert owed(breaks(first, second), CARE)[0].triggered_on == date(2026, 9, 22)
    assert owed(breaks(first, (date(2026, 9, 15), date(2026, 9, 25))), CARE) == []


def test_every_further_break_of_a_year_over_75_days_is_ordinary_care_from_its_first_day() -> None:
    starts = [date(2026, 1, 2) + timedelta(days=14 * number) for number in range(16)]
    facts = breaks(*((start, start + timedelta(days=5)) for start in starts))
    assert [due.triggered_on for due in owed(facts, CARE)] == [starts[-1] + timedelta(days=1)]
    more = breaks(*((start, start + timedelta(days=5)) for start in starts), (date(2026, 8, 21), None), seen=date(2026, 9, 1))
    assert owed(more, CARE)[-1].triggered_on == date(2026, 8, 22)


def test_a_day_away_a_year_ago_to_the_day_is_not_added_up() -> None:
    starts = [date(2026, 1, 16) + timedelta(days=14 * number) for number in range(14)]
    spans = [
        (date(2026, 1, 1), date(2026, 1, 2)),
        *((start, start + timedelta(days=5)) for start in starts),
        (date(2026, 8, 7), date(2026, 8, 11)),
    ]
    assert owed(breaks(*spans), CARE) == []
    assert owed(breaks(*spans, (date(2027, 1, 1), date(2027, 1, 5))), CARE)[0].triggered_on == date(2027, 1, 3)


def test_breaks_within_ordinary_care_make_no_series_and_care_voids_one_that_ran() -> None:
    in_ordinary = breaks(*WEEKENDS[1:], care_periods=(CarePeriodFact(started_on=date(2026, 1, 5)),))
    assert owed(in_ordinary, BREAK_REVIEW) == []
    long = breaks((date(2026, 2, 6), date(2026, 3, 20)), care_periods=(CarePeriodFact(started_on=date(2026, 1, 5)),))
    assert outline(long) == [(FIRST, date(2026, 1, 5), date(2026, 2, 2), OPEN)]
    became = breaks(*WEEKENDS[:2], care_periods=(CarePeriodFact(started_on=date(2026, 3, 2)),))
    assert outline(became) == [
        ("SHORT_BREAK_REVIEW_FIRST", date(2026, 1, 2), date(2026, 4, 2), VOID),
        (FIRST, date(2026, 3, 2), date(2026, 3, 30), OPEN),
    ]


def test_a_day_without_a_night_is_no_break() -> None:
    assert owed(breaks((date(2026, 1, 2), date(2026, 1, 2)))) == []


# ---------------------------------------------------------------------------------------------------- secure


def test_secure_criteria_are_reviewed_until_the_placement_ends_and_an_order_that_is_renewed_starts_nothing() -> None:
    first, renewed = status(CareStatus.SECURE, date(2026, 9, 7), date(2026, 9, 28)), status(CareStatus.SECURE, date(2026, 9, 28))
    facts = replace(CHILD, statuses=(renewed, first), held=held(SECURE, date(2026, 9, 30)))
    assert outline(facts) == [
        ("SECURE_CRITERIA_REVIEW_FIRST", date(2026, 9, 7), date(2026, 10, 5), HELD),
        ("SECURE_CRITERIA_REVIEW_NEXT", date(2026, 9, 30), date(2026, 12, 30), OPEN),
    ]
    over = replace(facts, statuses=(first, replace(renewed, ended_on=date(2026, 12, 1))))
    assert (owed(over)[-1].state, owed(over)[-1].void_from) == (VOID, date(2026, 12, 1))


def test_the_day_on_which_a_clock_begins_is_not_the_day_of_its_first_review() -> None:
    order = replace(CHILD, statuses=(status(CareStatus.SECURE, date(2026, 9, 7)),), held=held(SECURE, date(2026, 9, 7)))
    home = SubjectFacts(subject_id=UUID(int=9), approved_on=date(2026, 9, 1), held=held(MeetingKind.FOSTER_HOME_REVIEW, date(2026, 9, 1)))
    care = in_care(date(2026, 9, 1), date(2026, 9, 1))
    breaks = replace(
        CHILD,
        care_periods=(CarePeriodFact(started_on=date(2026, 9, 1), short_break=True),),
        held=held(MeetingKind.SHORT_BREAK_REVIEW, date(2026, 9, 1)),
    )
    assert [due.state for facts in (order, home, care, breaks) for due in owed(facts)] == [OPEN, OPEN, OPEN, OPEN]


def test_a_status_ends_with_the_care_that_it_lies_in() -> None:
    secured = status(CareStatus.SECURE, date(2026, 9, 7))
    facts = in_care(date(2026, 9, 1), statuses=(secured,), ended=date(2026, 9, 18))
    assert {due.void_from for due in owed(facts)} == {date(2026, 9, 18)}


# ------------------------------------------------------------------------------------------ long-term placements


def test_a_meeting_of_an_earlier_time_in_care_hurries_no_review_of_a_later_one() -> None:
    placement = status(CareStatus.LONG_TERM_PLACEMENT, date(2020, 3, 2), started_on_exact=False)
    facts = replace(in_care(date(2024, 1, 8)), statuses=(placement,), held=held(CARE, date(2021, 1, 11)))
    assert [(due.triggered_on, due.statutory_due_on) for due in owed(facts)] == [(date(2024, 1, 8), date(2024, 2, 5))]


def settled(*reviews: HeldFact, placed: date = date(2024, 3, 4), ended: date | None = None) -> SubjectFacts:
    facts = in_care(date(2020, 1, 6), date(2020, 1, 28), date(2020, 4, 20))
    placement = status(CareStatus.LONG_TERM_PLACEMENT, placed, ended)
    return replace(facts, statuses=(placement,), held=(*facts.held, *reviews))


def meetings(facts: SubjectFacts) -> list[tuple[date, date, bool, ObligationState]]:
    return [(due.triggered_on, due.statutory_due_on, due.meeting_needed, due.state) for due in owed(facts)[3:]]


def test_in_a_settled_placement_a_meeting_is_needed_once_a_year_and_the_review_every_six_months() -> None:
    facts = settled(*held(CARE, date(2026, 1, 12)))
    assert meetings(facts) == [(date(2026, 1, 12), date(2026, 7, 12), False, OPEN)]
    on_paper = and_held(facts, CARE, date(2026, 7, 6), without_meeting=True)
    assert meetings(on_paper) == [
        (date(2026, 1, 12), date(2026, 7, 12), False, HELD),
        (date(2026, 7, 6), date(2027, 1, 6), False, OPEN),
    ]
    again = and_held(on_paper, CARE, date(2026, 12, 7), without_meeting=True)
    assert meetings(again)[-1] == (date(2026, 12, 7), date(2027, 1, 12), True, OPEN)
    due_a_year_after_the_meeting = and_held(facts, CARE, date(2026, 7, 12), without_meeting=True)
    assert meetings(due_a_year_after_the_meeting)[-1] == (date(2026, 7, 12), date(2027, 1, 12), True, OPEN)


def test_a_review_of_the_file_does_not_count_once_a_meeting_is_a_year_ago() -> None:
    facts = settled(*held(CARE, date(2025, 1, 13)), *held(CARE, date(2026, 1, 13), without_meeting=True))
    assert meetings(facts) == [(date(2025, 1, 13), date(2025, 7, 13), True, OPEN)]
    a_day_sooner = settled(*held(CARE, date(2025, 1, 13)), *held(CARE, date(2026, 1, 12), without_meeting=True))
    assert meetings(a_day_sooner)[-1] == (date(2026, 1, 12), date(2026, 1, 13), True, OPEN)


def test_a_review_of_the_file_outside_a_settled_placement_is_no_review() -> None:
    for facts in (
        settled(*held(CARE, date(2020, 7, 6), without_meeting=True), placed=date(2020, 1, 6)),
        settled(*held(CARE, date(2020, 7, 6), without_meeting=True), placed=date(2015, 1, 6), ended=date(2020, 2, 3)),
        replace(settled(*held(CARE, date(2020, 7, 6), without_meeting=True)), statuses=()),
    ):
        assert outline(facts)[-1] == (NEXT, date(2020, 4, 20), date(2020, 10, 20), OPEN)


def test_after_the_placement_has_ended_meetings_are_needed_again() -> None:
    review = held(CARE, date(2026, 1, 12))
    assert meetings(settled(*review, ended=date(2026, 3, 2)))[-1][2]
    held_in_it = settled(*review, *held(CARE, date(2026, 2, 23), without_meeting=True), ended=date(2026, 3, 2))
    assert [each[2] for each in meetings(held_in_it)] == [False, True]


def test_a_long_term_placement_counts_from_its_own_beginning_though_another_came_before_it() -> None:
    before = status(CareStatus.LONG_TERM_PLACEMENT, date(2024, 3, 4), date(2025, 9, 1))
    facts = settled(*held(CARE, date(2026, 1, 12)), placed=date(2025, 9, 1))
    assert meetings(replace(facts, statuses=(*facts.statuses, before)))[-1][2]


# ---------------------------------------------------------------------------------------------- foster homes


def test_a_foster_home_is_reviewed_every_year_until_its_approval_ends() -> None:
    home = SubjectFacts(subject_id=UUID(int=9), approved_on=date(2025, 9, 1), held=held(MeetingKind.FOSTER_HOME_REVIEW, date(2026, 8, 3)))
    assert outline(home) == [
        ("FOSTER_HOME_REVIEW_FIRST", date(2025, 9, 1), date(2026, 9, 1), HELD),
        ("FOSTER_HOME_REVIEW_NEXT", date(2026, 8, 3), date(2027, 8, 3), OPEN),
    ]
    ended = owed(replace(home, approval_ended_on=date(2026, 12, 1)))[-1]
    assert (ended.state, ended.void_from) == (VOID, date(2026, 12, 1))

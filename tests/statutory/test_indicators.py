"""Timeliness as the sector counts it: who counts below the line, who above it, and who does not count at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.words import MeetingKind, ObligationState, ParticipationCode, Timeliness
from services.statutory.cases import Duty, Measured, Period
from services.statutory.clock import obligations
from services.statutory.facts import CarePeriodFact, HeldFact, PlanFact, SubjectFacts
from services.statutory.indicators import INDICATORS, Indicator, judged_in, measure_all
from services.statutory.law import Law
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

INITIAL, PRE_BIRTH, TRANSFER = MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE, MeetingKind.TRANSFER_IN_CONFERENCE
REVIEW, CARE, ADOPTION = MeetingKind.REVIEW_CONFERENCE, MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW
YEAR = Period(first=date(2026, 4, 1), last=date(2027, 3, 31), today=date(2027, 5, 1))
DUE = date(2026, 9, 10)
DAY = timedelta(days=1)


def duty(kind: MeetingKind = CARE, due: date = DUE, held: date | None = DUE, **more: Any) -> Duty:
    """Due and, if not stated otherwise, held on its last day."""
    state = ObligationState.OPEN if held is None else ObligationState.HELD
    values = {"triggered_on": due - timedelta(days=80), "rule_code": f"{kind}_NEXT", "state": state, "id": uuid4(), **more}
    return Duty(kind=kind, statutory_due_on=due, held_on=held, **values)


def child(
    *duties: Duty, participation: dict[date, ParticipationCode] | None = None, held: tuple[HeldFact, ...] | None = None, **facts: Any
) -> Measured:
    """A child with these duties and, unless other ones are given, the meetings that answer them."""
    answers = tuple(HeldFact(kind=each.kind, held_on=each.held_on) for each in duties if each.held_on is not None)
    known = SubjectFacts(subject_id=uuid4(), held=answers if held is None else held, **facts)
    return Measured(facts=known, duties=duties, participation=participation or {})


def looked_after(*duties: Duty, since: date = date(2024, 1, 5), **more: Any) -> Measured:
    return child(*duties, care_periods=(CarePeriodFact(started_on=since),), **more)


def on_plan(*duties: Duty, since: date = date(2026, 1, 5), **more: Any) -> Measured:
    return child(*duties, plans=(PlanFact(started_on=since),), **more)


def figure(code: str, *subjects: Measured, period: Period = YEAR) -> tuple[int, int, tuple[UUID, ...]]:
    (found,) = [each for each in measure_all(subjects, period) if each.code == code]
    return found.numerator, found.denominator, found.failing


@pytest.mark.parametrize(
    ("numerator", "denominator", "share"),
    [(192, 197, "0.975"), (1, 2, "0.500"), (1, 3, "0.333"), (1, 16, "0.063"), (3, 16, "0.188"), (0, 5, "0.000"), (5, 5, "1.000")],
)
def test_a_share_has_three_decimals_half_up(numerator: int, denominator: int, share: str) -> None:
    indicator = Indicator(code="", version=1, title="", definition="", numerator=numerator, denominator=denominator, failing=())
    assert indicator.share == Decimal(share)
    assert str(indicator.share) == share


def test_where_nobody_counts_there_is_no_share() -> None:
    assert {each.share for each in measure_all([], YEAR)} == {None}


def test_each_indicator_has_one_latest_version_and_says_what_it_leaves_out() -> None:
    assert len({(each.code, each.version) for each in INDICATORS}) == len(INDICATORS)
    assert [each.code for each in measure_all([], YEAR)] == list(dict.fromkeys(each.code for each in INDICATORS))
    assert all(each.title and each.definition.endswith(".") for each in INDICATORS)


# ------------------------------------------------------------------------------------------ initial conferences

ICPC = "INITIAL_CONFERENCES_IN_15_WORKING_DAYS"


def test_the_fifteenth_working_day_is_in_time_and_the_day_after_is_not() -> None:
    late = duty(INITIAL, held=DUE + DAY)
    assert figure(ICPC, child(duty(INITIAL)), child(duty(PRE_BIRTH)), child(late)) == (2, 3, (late.id,))


def test_each_child_of_one_conference_counts() -> None:
    assert figure(ICPC, *(child(duty(INITIAL)) for _ in range(4)))[:2] == (4, 4)


def test_a_conference_counts_in_the_period_in_which_it_was_held() -> None:
    first, last = YEAR.first, YEAR.last
    for held, counted in ((first - DAY, 0), (first, 1), (last, 1), (last + DAY, 0)):
        assert figure(ICPC, child(duty(INITIAL, due=held, held=held)))[:2] == (counted, counted)
    assert figure(ICPC, child(duty(INITIAL, held=None))) == (0, 0, ())


def test_a_conference_that_answers_two_enquiries_counts_once_and_must_be_in_time_for_both() -> None:
    earlier = duty(INITIAL, due=DUE - timedelta(days=7), held=DUE)
    assert figure(ICPC, child(duty(INITIAL), earlier)) == (0, 1, (earlier.id,))
    assert figure(ICPC, child(duty(INITIAL), duty(INITIAL, due=DUE + DAY, held=DUE)))[:2] == (1, 1)


def test_what_a_review_or_a_transfer_conference_answered_is_no_initial_conference() -> None:
    answered = duty(INITIAL)
    for kind in (REVIEW, TRANSFER):
        assert figure(ICPC, child(answered, held=(HeldFact(kind=kind, held_on=DUE),)))[:2] == (0, 0)
    assert figure(ICPC, child(answered, held=()))[:2] == (1, 1)  # the enquiry alone states the day
    assert figure(ICPC, child(duty(INITIAL, rule_code="INQUORATE_CONFERENCE")))[:2] == (0, 0)


def test_transfers_in_are_counted_apart() -> None:
    late = duty(TRANSFER, held=DUE + DAY)
    code = "TRANSFER_IN_CONFERENCES_IN_15_WORKING_DAYS"
    assert figure(code, child(duty(TRANSFER)), child(late), child(duty(INITIAL))) == (1, 2, (late.id,))
    assert figure(ICPC, child(duty(TRANSFER)))[:2] == (0, 0)


def test_an_adjourned_conference_counts_by_its_first_sitting_and_its_completion() -> None:
    # 20 working days after Thursday 10 September 2026 is Thursday 8 October
    assert figure(ICPC, child(duty(INITIAL, completed_on=date(2026, 10, 8))))[:2] == (1, 1)
    assert figure(ICPC, child(duty(INITIAL, completed_on=date(2026, 10, 9))))[:2] == (0, 1)


# ------------------------------------------------------------------------------------------------ plans reviewed

D6 = "PLANS_REVIEWED_IN_TIME"


def test_one_late_review_conference_fails_the_child() -> None:
    fine = on_plan(duty(REVIEW), duty(REVIEW, due=date(2027, 2, 1), held=date(2027, 1, 20)))
    late = duty(REVIEW, due=date(2027, 2, 1), held=date(2027, 2, 2))
    assert figure(D6, fine, on_plan(duty(REVIEW), late)) == (1, 2, (late.id,))


def test_a_review_that_was_due_and_never_held_fails_the_child() -> None:
    missed = duty(REVIEW, held=None)
    assert figure(D6, on_plan(missed)) == (0, 1, (missed.id,))


def test_a_plan_counts_from_three_months_on_and_while_it_stands_on_the_last_day() -> None:
    for since, counted in ((date(2026, 12, 31), 1), (date(2027, 1, 1), 0)):
        assert figure(D6, on_plan(since=since))[:2] == (counted, counted)
    for ended_on, counted in ((YEAR.last, 0), (YEAR.last + DAY, 1)):
        ended = child(plans=(PlanFact(started_on=date(2026, 1, 5), ended_on=ended_on),))
        assert figure(D6, ended)[:2] == (counted, counted)


def test_only_reviews_due_in_the_period_and_of_the_plan_that_stands_are_judged() -> None:
    before = duty(REVIEW, due=YEAR.first - DAY, held=YEAR.first)
    after = duty(REVIEW, due=YEAR.last + DAY, held=None)
    assert figure(D6, on_plan(before, after))[:2] == (1, 1)
    earlier = duty(REVIEW, due=date(2026, 4, 10), held=date(2026, 4, 20), triggered_on=date(2025, 10, 10))
    plans = (PlanFact(started_on=date(2025, 5, 1), ended_on=date(2026, 4, 20)), PlanFact(started_on=date(2026, 7, 1)))
    assert figure(D6, child(earlier, plans=plans))[:2] == (1, 1)


@pytest.mark.parametrize(("held_on", "in_time"), [(date(2026, 10, 5), 1), (date(2026, 12, 21), 1), (date(2026, 12, 22), 0), (None, 0)])
def test_a_review_that_meets_again_because_it_was_inquorate_is_judged_by_the_six_months_of_the_law(
    held_on: date | None, in_time: int
) -> None:
    """Inquorate on 21 June 2026; local practice asks for the next within 10 working days, the law within six months."""
    inquorate = duty(REVIEW, due=date(2026, 6, 21), held=date(2026, 6, 21))
    again = duty(REVIEW, due=date(2026, 7, 3), held=held_on, rule_code="INQUORATE_CONFERENCE", triggered_on=date(2026, 6, 21))
    assert figure(D6, on_plan(inquorate, again))[:2] == (in_time, 1)
    if held_on is not None:
        assert figure("REVIEW_CONFERENCES_HELD_IN_TIME", on_plan(inquorate, again))[:2] == (1 + in_time, 2)


def test_a_conference_that_meets_again_before_any_plan_has_no_law_to_be_judged_by() -> None:
    again = duty(INITIAL, held=DUE + DAY, rule_code="INQUORATE_CONFERENCE")
    assert figure("CONFERENCES_HELD_IN_TIME", child(duty(INITIAL), again))[:2] == (1, 1)


def test_an_adjourned_meeting_is_judged_by_the_units_own_days() -> None:
    subject = looked_after(duty(CARE, completed_on=date(2026, 10, 9)))  # 21 working days after the first sitting
    longer = [replace(row, amount=21) if row.code == "ADJOURNED_COMPLETION" else row for row in SHIPPED]
    assert figure(NI66, subject)[:2] == (0, 1)
    assert figure(NI66, subject, period=replace(YEAR, law=Law(Timescales(longer), england())))[:2] == (1, 1)


def test_a_review_after_a_birth_is_judged_by_the_law_and_not_by_local_practice() -> None:
    """On a plan since 21 September, born on 10 November: local practice asks for a review by 8 December, the law by 21 December."""
    held = (
        HeldFact(kind=PRE_BIRTH, held_on=date(2026, 9, 21)),
        HeldFact(kind=REVIEW, held_on=date(2026, 12, 21)),
    )
    facts = SubjectFacts(subject_id=uuid4(), born_on=date(2026, 11, 10), plans=(PlanFact(started_on=date(2026, 9, 21)),), held=held)
    duties = [
        duty(due.kind, due.statutory_due_on, due.held_on, rule_code=due.timescale.code, triggered_on=due.triggered_on, state=due.state)
        for due in obligations(facts, Timescales(SHIPPED), england())
    ]
    assert figure(D6, Measured(facts=facts, duties=tuple(duties)))[:2] == (1, 1)


@pytest.mark.parametrize("gone", [{"died_on": YEAR.last}, {"adopted_on": YEAR.last}, {"born_on": date(2009, 3, 31)}])
def test_who_died_was_adopted_or_came_of_age_is_on_no_plan_and_in_nobodys_care(gone: dict[str, date]) -> None:
    assert figure(D6, on_plan(**gone))[:2] == (0, 0)
    assert figure("CHILDREN_IN_CARE_REVIEWED_IN_TIME", looked_after(**gone))[:2] == (0, 0)


# --------------------------------------------------------------------------------------------- children in care

NI66 = "CHILDREN_IN_CARE_REVIEWED_IN_TIME"


def test_care_and_adoption_reviews_are_judged_together_and_one_late_fails_the_child() -> None:
    late = duty(ADOPTION, held=DUE + DAY)
    fine = looked_after(duty(CARE), duty(ADOPTION, due=date(2027, 2, 1), held=date(2027, 2, 1)))
    assert figure(NI66, fine, looked_after(duty(CARE), late)) == (1, 2, (late.id,))


def test_over_four_weeks_is_more_than_28_days() -> None:
    for days, counted in ((28, 0), (29, 1)):
        assert figure(NI66, looked_after(since=YEAR.last - timedelta(days=days)))[:2] == (counted, counted)


def test_short_breaks_are_left_out_until_they_outgrow_their_limits() -> None:
    short = (CarePeriodFact(started_on=date(2026, 1, 5), short_break=True),)
    assert figure(NI66, child(duty(MeetingKind.SHORT_BREAK_REVIEW, held=None), care_periods=short))[:2] == (0, 0)
    overdue = duty(CARE, held=None)
    assert figure(NI66, child(overdue, care_periods=short)) == (0, 1, (overdue.id,))
    over = duty(CARE, held=None, state=ObligationState.VOID, void_from=DUE)
    assert figure(NI66, child(over, care_periods=short))[:2] == (0, 0)  # back within the limits


def test_an_earlier_period_of_care_is_not_judged_with_the_present_one() -> None:
    late = duty(CARE, due=date(2026, 5, 1), held=date(2026, 5, 9), triggered_on=date(2025, 11, 1))
    periods = (CarePeriodFact(started_on=date(2024, 1, 5), ended_on=date(2026, 6, 1)), CarePeriodFact(started_on=date(2026, 7, 1)))
    assert figure(NI66, child(late, care_periods=periods))[:2] == (1, 1)
    left = (CarePeriodFact(started_on=date(2024, 1, 5), ended_on=YEAR.last),)
    assert figure(NI66, child(late, care_periods=left))[:2] == (0, 0)


def test_a_duty_that_ended_before_its_last_day_fails_nobody_and_one_missed_before_does() -> None:
    ended = duty(CARE, held=None, state=ObligationState.VOID, void_from=DUE)
    missed = duty(CARE, held=None, state=ObligationState.VOID, void_from=DUE + DAY)
    assert figure(NI66, looked_after(ended))[:2] == (1, 1)
    assert figure(NI66, looked_after(missed)) == (0, 1, (missed.id,))


def test_a_day_that_has_not_passed_yet_fails_nobody() -> None:
    today = Period(first=YEAR.first, last=YEAR.last, today=DUE)
    assert figure(NI66, looked_after(duty(CARE, held=None)), period=today)[:2] == (1, 1)
    tomorrow = Period(first=YEAR.first, last=YEAR.last, today=DUE + DAY)
    assert figure(NI66, looked_after(duty(CARE, held=None)), period=tomorrow)[:2] == (0, 1)


# ------------------------------------------------------------------------------------------------- participation

C63 = "CHILDREN_WHO_GAVE_THEIR_VIEWS"
PN = ParticipationCode


@pytest.mark.parametrize(
    ("codes", "counted"),
    [
        (("PN1", "PN2"), (1, 1)),
        (("PN3", "PN5"), (1, 1)),
        (("PN6",), (1, 1)),
        (("PN1", "PN4"), (0, 1)),
        (("PN7",), (0, 1)),
        (("PN0",), (0, 0)),
        (("PN0", "PN1"), (1, 1)),
        ((), (0, 0)),
    ],
)
def test_views_count_if_they_were_given_at_every_review_from_four_on(codes: tuple[str, ...], counted: tuple[int, int]) -> None:
    days = [DUE + timedelta(days=60 * number) for number in range(len(codes))]
    duties = [duty(CARE, due=day, held=day) for day in days]
    heard = looked_after(*duties, participation={day: PN(code) for day, code in zip(days, codes, strict=True)})
    assert figure(C63, heard)[:2] == counted


def test_a_review_without_a_code_gave_no_views_and_is_named() -> None:
    silent = duty(CARE)
    assert figure(C63, looked_after(silent, born_on=date(2022, 9, 10))) == (0, 1, (silent.id,))
    assert figure(C63, looked_after(silent, born_on=date(2022, 9, 11)))[:2] == (0, 0)  # four only on the day after


def test_a_review_of_an_earlier_period_of_care_asked_a_child_who_has_left_since() -> None:
    periods = (CarePeriodFact(started_on=date(2024, 1, 5), ended_on=DUE), CarePeriodFact(started_on=date(2026, 10, 1)))
    last, now = DUE, date(2026, 10, 27)
    both = child(
        duty(CARE, due=last, held=last), duty(CARE, due=now, held=now), care_periods=periods, participation={last: PN.PN7, now: PN.PN1}
    )
    assert figure(C63, both)[:2] == (1, 1)


def test_a_review_that_answers_no_known_duty_counts_as_well() -> None:
    unknown = looked_after(held=(HeldFact(kind=CARE, held_on=DUE),), participation={DUE: PN.PN7})
    assert figure(C63, unknown) == (0, 1, ())


# --------------------------------------------------------------------------------------------- meeting by meeting


def test_a_review_that_answers_both_clocks_is_one_meeting() -> None:
    late = duty(CARE, due=DUE - DAY, held=DUE)
    assert figure("CARE_REVIEWS_HELD_IN_TIME", looked_after(late, duty(ADOPTION))) == (0, 1, (late.id,))
    assert figure("CARE_REVIEWS_HELD_IN_TIME", looked_after(duty(CARE), duty(ADOPTION)))[:2] == (1, 1)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("REVIEW_CONFERENCES_HELD_IN_TIME", REVIEW),
        ("SHORT_BREAK_REVIEWS_HELD_IN_TIME", MeetingKind.SHORT_BREAK_REVIEW),
        ("SECURE_CRITERIA_REVIEWS_HELD_IN_TIME", MeetingKind.SECURE_CRITERIA_REVIEW),
        ("FOSTER_HOME_REVIEWS_HELD_IN_TIME", MeetingKind.FOSTER_HOME_REVIEW),
    ],
)
def test_each_kind_has_its_share_meeting_by_meeting(code: str, kind: MeetingKind) -> None:
    late = duty(kind, due=date(2027, 1, 1), held=date(2027, 1, 2))
    assert figure(code, child(duty(kind), late, duty(kind, held=None))) == (1, 2, (late.id,))


def test_a_conference_of_any_kind_is_a_conference() -> None:
    held = [child(duty(kind)) for kind in (INITIAL, PRE_BIRTH, TRANSFER, REVIEW)]
    assert figure("CONFERENCES_HELD_IN_TIME", *held, child(duty(CARE)))[:2] == (4, 4)


def test_what_is_judged_is_what_was_held_what_was_missed_and_what_no_duty_is_known_of() -> None:
    held, missed = duty(CARE), duty(CARE, due=date(2026, 6, 1), held=None)
    old, ahead = duty(CARE, due=YEAR.first - DAY, held=None), duty(CARE, due=date(2027, 5, 2), held=None)
    void = duty(CARE, held=None, state=ObligationState.VOID, void_from=DUE)
    facts = (HeldFact(kind=CARE, held_on=DUE), HeldFact(kind=CARE, held_on=date(2026, 4, 7)), HeldFact(kind=REVIEW, held_on=DUE))
    found = list(judged_in(child(held, missed, old, ahead, void, held=facts), YEAR))
    assert [(each.duty, each.kind, each.held_on, each.timeliness) for each in found] == [
        (held, CARE, DUE, Timeliness.IN_TIME),
        (missed, CARE, None, Timeliness.OVERDUE),
        (None, REVIEW, DUE, Timeliness.NOT_APPLICABLE),
        (None, CARE, date(2026, 4, 7), Timeliness.NOT_APPLICABLE),
    ]


# -------------------------------------------------------------------------------------------------- properties

days = st.dates(min_value=date(2025, 1, 1), max_value=date(2027, 12, 31))
duties = st.builds(duty, st.sampled_from(list(MeetingKind)), days, st.none() | days)
subjects = st.builds(
    lambda duties, since: child(*duties, care_periods=(CarePeriodFact(started_on=since),), plans=(PlanFact(started_on=since),)),
    st.lists(duties, max_size=6),
    days,
)


@given(st.lists(subjects, max_size=5))
def test_nobody_counts_above_the_line_alone_and_who_fails_is_named(several: list[Measured]) -> None:
    known = {each.id for subject in several for each in subject.duties}
    for each in measure_all(several, YEAR):
        assert 0 <= each.numerator <= each.denominator
        assert set(each.failing) <= known
        if each.numerator == each.denominator:
            assert each.failing == ()
        elif each.code != C63:
            assert each.failing


@given(subjects, subjects)
def test_an_authority_is_the_sum_of_its_children(one: Measured, other: Measured) -> None:
    for each, left, right in zip(measure_all([one, other], YEAR), measure_all([one], YEAR), measure_all([other], YEAR), strict=True):
        assert (each.numerator, each.denominator) == (left.numerator + right.numerator, left.denominator + right.denominator)


@given(subjects, days)
def test_time_alone_never_makes_anybody_timelier(subject: Measured, day: date) -> None:
    earlier = measure_all([subject], Period(first=YEAR.first, last=YEAR.last, today=day))
    later = measure_all([subject], Period(first=YEAR.first, last=YEAR.last, today=day + timedelta(days=30)))
    assert all(after.numerator <= before.numerator for before, after in zip(earlier, later, strict=True))

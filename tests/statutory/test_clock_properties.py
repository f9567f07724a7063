"""What holds of the clock for any records, however untidy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, ObligationState, TransferDirection
from services.statutory.clock import CarePeriodFact, Due, HeldFact, PlanFact, Section47Fact, SubjectFacts, following, obligations
from services.statutory.counting import add_months, latest_day
from services.statutory.facts import EarlierReviewFact, StatusFact, TransferFact, assume_held
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

T = TypeVar("T")
LAW = Timescales(SHIPPED)
CHILD = SubjectFacts(subject_id=UUID(int=1))
DAYS = st.dates(min_value=date(2012, 12, 3), max_value=date(2030, 12, 31))
NEAR = st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 12, 31))  # close enough together to meet
KINDS = st.sampled_from(MeetingKind)
ANY = settings(max_examples=60, deadline=None)


def _ended(day: date, length: int | None) -> date | None:
    return None if length is None else day + timedelta(days=length)


def _period(day: date, length: int | None, *, exact: bool, short: bool, known: date | None) -> CarePeriodFact:
    return CarePeriodFact(started_on=day, started_on_exact=exact, ended_on=_ended(day, length), short_break=short, reviews_known_from=known)


def _status(status: CareStatus, day: date, length: int | None, *, reason: str | None, exact: bool, expected: int | None) -> StatusFact:
    return StatusFact(
        status=status,
        started_on=day,
        started_on_exact=exact,
        ended_on=_ended(day, length),
        end_reason=reason,
        expected_end_on=_ended(day, expected),
    )


def _facts(days: st.SearchStrategy[date]) -> st.SearchStrategy[SubjectFacts]:
    known = st.none() | days
    lengths = st.none() | st.integers(min_value=0, max_value=40) | st.integers(min_value=0, max_value=900)
    periods = st.builds(_period, days, lengths, exact=st.booleans(), short=st.booleans(), known=known)
    plans = st.builds(lambda day, length: PlanFact(started_on=day, ended_on=_ended(day, length)), days, lengths)
    enquiries = st.builds(Section47Fact, initiating_discussion_on=days, conference_on=known, conference_not_required=st.booleans())
    statuses = st.builds(
        _status,
        st.sampled_from(CareStatus),
        days,
        lengths,
        reason=st.sampled_from([None, "DISRUPTED", "ADOPTED", "REVOKED"]),
        exact=st.booleans(),
        expected=lengths,
    )
    earlier = st.builds(
        lambda kind, day, length, reason: EarlierReviewFact(kind=kind, called_on=day, by_on=day + timedelta(days=length), reason=reason),
        KINDS,
        days,
        st.integers(min_value=0, max_value=200),
        st.sampled_from(EarlierReviewReason),
    )
    transfers = st.builds(
        TransferFact, direction=st.sampled_from(TransferDirection), notified_on=days, conference_on=known, withdrawn_on=known
    )
    held = st.builds(HeldFact, kind=KINDS, held_on=days, completed_on=st.none(), to_reconvene=st.booleans(), without_meeting=st.booleans())
    return st.builds(
        SubjectFacts,
        subject_id=st.just(CHILD.subject_id),
        born_on=st.none() | st.dates(min_value=date(2008, 1, 1), max_value=date(2026, 1, 1)),
        expected_on=known,
        died_on=st.none() | st.none() | days,
        adopted_on=st.none() | st.none() | days,
        care_periods=st.lists(periods, max_size=3).map(tuple),
        plans=st.lists(plans, max_size=2).map(tuple),
        section47s=st.lists(enquiries, max_size=3).map(tuple),
        statuses=st.lists(statuses, max_size=5).map(tuple),
        earlier=st.lists(earlier, max_size=2).map(tuple),
        transfers=st.lists(transfers, max_size=2).map(tuple),
        held=st.lists(held, max_size=12).map(tuple),
        seen_until=known,
    )


FACTS = _facts(DAYS) | _facts(NEAR)


def owed(facts: SubjectFacts) -> tuple[Due, ...]:
    return obligations(facts, LAW, england())


@ANY
@given(FACTS)
def test_no_duty_is_owed_later_than_its_rule_says_and_none_is_booked_later_than_it_is_owed(facts: SubjectFacts) -> None:
    for due in owed(facts):
        rule = due.timescale
        last = latest_day(due.triggered_on, rule.amount, rule.unit, england())
        if rule.code == "POST_BIRTH_REVIEW":  # the unit's own: the law's day stays what it was
            assert due.book_by_on <= last < due.statutory_due_on
            continue
        assert (
            due.statutory_due_on == last if due.brought_forward_by is None and due.meeting_needed is False else due.statutory_due_on <= last
        )
        assert due.book_by_on <= min(due.statutory_due_on, due.census_due_on or date.max)
        assert england().is_working(due.book_by_on)
        assert due.triggered_on in rule.in_force
        assert (due.brought_forward_by is None) or due.statutory_due_on < last


@ANY
@given(FACTS)
def test_the_same_records_owe_the_same_however_often_they_are_read_or_stated(facts: SubjectFacts) -> None:
    once = owed(facts)
    assert owed(facts) == once
    doubled = replace(
        facts,
        care_periods=facts.care_periods * 2,
        plans=facts.plans * 2,
        section47s=facts.section47s * 2,
        statuses=facts.statuses * 2,
        earlier=facts.earlier * 2,
        transfers=facts.transfers * 2,
        held=facts.held * 2,
    )
    assert owed(doubled) == once


@ANY
@given(FACTS, KINDS, NEAR)
def test_what_is_recorded_of_a_day_changes_nothing_that_was_met_before_it(facts: SubjectFacts, kind: MeetingKind, day: date) -> None:
    more = owed(replace(facts, held=(*facts.held, HeldFact(kind=kind, held_on=day))))
    by_id = {due.id: due for due in more}
    for due in owed(facts):
        if due.held_on is not None and due.held_on < day:
            assert by_id[due.id] == due


@ANY
@given(FACTS)
def test_every_duty_has_an_identifier_of_its_own_and_days_in_order(facts: SubjectFacts) -> None:
    dues = owed(facts)
    assert len({due.id for due in dues}) == len(dues)
    for due in dues:
        assert due.triggered_on <= due.statutory_due_on
        assert due.not_before_on is None or due.triggered_on < due.not_before_on <= due.statutory_due_on
        assert due.book_by_on <= due.statutory_due_on
        assert (due.state is ObligationState.HELD) == (due.held_on is not None)
        assert (due.state is ObligationState.VOID) == (due.void_from is not None)
        assert due.void_from is None or due.triggered_on <= due.void_from
        assert due.held_on is None or due.triggered_on <= due.held_on


@ANY
@given(FACTS, st.randoms())
def test_the_order_in_which_records_are_read_changes_nothing(facts: SubjectFacts, chance: Random) -> None:
    shuffled = replace(
        facts,
        care_periods=_shuffled(facts.care_periods, chance),
        plans=_shuffled(facts.plans, chance),
        section47s=_shuffled(facts.section47s, chance),
        statuses=_shuffled(facts.statuses, chance),
        earlier=_shuffled(facts.earlier, chance),
        transfers=_shuffled(facts.transfers, chance),
        held=_shuffled(facts.held, chance),
    )
    assert owed(shuffled) == owed(facts)


@ANY
@given(FACTS)
def test_nothing_is_owed_of_the_dead_the_adopted_or_adults(facts: SubjectFacts) -> None:
    for due in owed(facts):
        if due.state is ObligationState.OPEN:
            assert facts.died_on is None
            assert facts.adopted_on is None
            assert facts.born_on is None or (due.statutory_due_on - facts.born_on).days < 18 * 366


@ANY
@given(FACTS)
def test_each_record_owes_at_most_one_meeting_at_a_time(facts: SubjectFacts) -> None:
    found = [due.kind for due in owed(facts) if due.state is ObligationState.OPEN]
    inquorate = sum(each.to_reconvene for each in facts.held)
    breaks = sum(each.status is CareStatus.SHORT_BREAK for each in facts.statuses)
    for kinds, most in [
        ({MeetingKind.CARE_REVIEW}, len(facts.care_periods) + breaks),
        ({MeetingKind.REVIEW_CONFERENCE}, len(facts.plans)),
        ({MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE}, len(facts.section47s) + inquorate),
        ({MeetingKind.TRANSFER_IN_CONFERENCE}, len(facts.transfers) + inquorate),
        ({MeetingKind.ADOPTION_REVIEW}, len(facts.statuses)),
        ({MeetingKind.SECURE_CRITERIA_REVIEW}, sum(each.status is CareStatus.SECURE for each in facts.statuses)),
        ({MeetingKind.SHORT_BREAK_REVIEW}, len(facts.care_periods) + breaks),
    ]:
        assert sum(kind in kinds for kind in found) <= most


def _status_from(status: CareStatus, day: date) -> SubjectFacts:
    return replace(CHILD, statuses=(StatusFact(status=status, started_on=day),))


BEGINNINGS = {
    MeetingKind.INITIAL_CONFERENCE: lambda day: replace(CHILD, section47s=(Section47Fact(initiating_discussion_on=day),)),
    MeetingKind.PRE_BIRTH_CONFERENCE: lambda day: replace(
        CHILD, expected_on=date(2032, 1, 1), section47s=(Section47Fact(initiating_discussion_on=day),)
    ),
    MeetingKind.TRANSFER_IN_CONFERENCE: lambda day: replace(
        CHILD, transfers=(TransferFact(direction=TransferDirection.IN, notified_on=day),)
    ),
    MeetingKind.REVIEW_CONFERENCE: lambda day: replace(CHILD, plans=(PlanFact(started_on=day),)),
    MeetingKind.CARE_REVIEW: lambda day: replace(CHILD, care_periods=(CarePeriodFact(started_on=day),)),
    MeetingKind.ADOPTION_REVIEW: lambda day: _status_from(CareStatus.PLACED_FOR_ADOPTION, day),
    MeetingKind.SHORT_BREAK_REVIEW: lambda day: _status_from(CareStatus.SHORT_BREAK, day),
    MeetingKind.SECURE_CRITERIA_REVIEW: lambda day: _status_from(CareStatus.SECURE, day),
    MeetingKind.FOSTER_HOME_REVIEW: lambda day: replace(CHILD, approved_on=day),
}


@pytest.mark.parametrize("kind", MeetingKind)
@ANY
@given(day=DAYS, later=st.integers(min_value=0, max_value=40))
def test_what_began_later_is_never_owed_earlier(kind: MeetingKind, day: date, later: int) -> None:
    first, second = (owed(BEGINNINGS[kind](each))[0] for each in (day, day + timedelta(days=later)))
    assert first.kind is kind
    assert first.statutory_due_on <= second.statutory_due_on
    assert first.book_by_on <= second.book_by_on


@pytest.mark.parametrize(
    ("kind", "then"),
    [
        (MeetingKind.REVIEW_CONFERENCE, [6]),
        (MeetingKind.CARE_REVIEW, [3, 6]),
        (MeetingKind.ADOPTION_REVIEW, [3, 6]),
        (MeetingKind.SHORT_BREAK_REVIEW, [6]),
        (MeetingKind.SECURE_CRITERIA_REVIEW, [3]),
        (MeetingKind.FOSTER_HOME_REVIEW, [12]),
    ],
)
@ANY
@given(start=DAYS, reviews=st.integers(min_value=2, max_value=8))
def test_a_chain_held_on_its_last_days_keeps_its_day_of_the_month_but_for_the_clamp(
    kind: MeetingKind, then: list[int], start: date, reviews: int
) -> None:
    facts = BEGINNINGS[kind](start)
    day = owed(facts)[0].statutory_due_on
    for number in range(reviews):
        due = following(facts, kind, day, LAW, england())
        assert due is not None
        assert due.statutory_due_on == add_months(day, then[min(number, len(then) - 1)])
        assert day.day >= due.statutory_due_on.day >= min(day.day, 28)
        facts = assume_held(facts, kind, day)
        assert owed(facts)[-1] == replace(due, state=ObligationState.OPEN)
        day = due.statutory_due_on


@ANY
@given(st.lists(st.integers(min_value=20, max_value=200), min_size=3, max_size=8), st.data())
def test_a_corrected_review_changes_its_own_duty_and_the_next_and_no_other(gaps: list[int], data: st.DataObject) -> None:
    start = date(2014, 3, 3)
    days = [start + timedelta(days=sum(gaps[: number + 1])) for number in range(len(gaps))]
    number = data.draw(st.integers(min_value=0, max_value=len(days) - 1))
    before, after = days[number - 1] if number else start, days[number + 1] if number + 1 < len(days) else date(2025, 1, 1)
    corrected = list(days)
    corrected[number] = data.draw(st.dates(min_value=before + timedelta(days=1), max_value=after - timedelta(days=1)))
    old, new = (
        owed(
            replace(
                BEGINNINGS[MeetingKind.CARE_REVIEW](start), held=tuple(HeldFact(kind=MeetingKind.CARE_REVIEW, held_on=day) for day in each)
            )
        )
        for each in (days, corrected)
    )
    assert len(old) == len(new) == len(days) + 1
    for place, (one, other) in enumerate(zip(old, new, strict=True)):
        if place == number:
            assert replace(one, held_on=None) == replace(other, held_on=None)
        elif place != number + 1:
            assert one == other


@ANY
@given(FACTS, KINDS, DAYS)
def test_what_follows_a_meeting_begins_on_its_day_and_is_owed_of_nobody_who_came_of_age(
    facts: SubjectFacts, kind: MeetingKind, day: date
) -> None:
    due = following(facts, kind, day, LAW, england())
    if due is not None:
        assert due.triggered_on == day
        assert due.state is ObligationState.EXPECTED
        assert facts.died_on is None
        assert replace(due, state=ObligationState.OPEN) in owed(assume_held(facts, kind, day))


def _shuffled(values: tuple[T, ...], chance: Random) -> tuple[T, ...]:
    mixed = list(values)
    chance.shuffle(mixed)
    return tuple(mixed)

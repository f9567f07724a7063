"""What holds of the clock for any records, however untidy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.words import MeetingKind, ObligationState
from services.statutory.clock import CarePeriodFact, HeldFact, PlanFact, Section47Fact, SubjectFacts, following, obligations
from services.statutory.counting import add_months
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

T = TypeVar("T")
LAW = Timescales(SHIPPED)
DAYS = st.dates(min_value=date(2012, 1, 1), max_value=date(2030, 12, 31))
LATER = st.none() | st.integers(min_value=0, max_value=900)


def _ended(day: date, length: int | None) -> date | None:
    return None if length is None else day + timedelta(days=length)


PERIODS = st.builds(
    lambda day, exact, length, short, known: CarePeriodFact(
        started_on=day, started_on_exact=exact, ended_on=_ended(day, length), short_break=short, reviews_known_from=known
    ),
    DAYS,
    st.booleans(),
    LATER,
    st.booleans(),
    st.none() | DAYS,
)
PLANS = st.builds(lambda day, length: PlanFact(started_on=day, ended_on=_ended(day, length)), DAYS, LATER)
ENQUIRIES = st.builds(Section47Fact, initiating_discussion_on=DAYS, conference_on=st.none() | DAYS, conference_not_required=st.booleans())
HELD = st.builds(HeldFact, kind=st.sampled_from(MeetingKind), held_on=DAYS)
FACTS = st.builds(
    SubjectFacts,
    subject_id=st.just(UUID(int=1)),
    born_on=st.none() | st.dates(min_value=date(2000, 1, 1), max_value=date(2026, 1, 1)),
    died_on=st.none() | DAYS,
    care_periods=st.lists(PERIODS, max_size=3).map(tuple),
    plans=st.lists(PLANS, max_size=3).map(tuple),
    section47s=st.lists(ENQUIRIES, max_size=3).map(tuple),
    held=st.lists(HELD, max_size=12).map(tuple),
)


@given(FACTS)
def test_every_duty_has_an_identifier_of_its_own_and_days_in_order(facts: SubjectFacts) -> None:
    dues = obligations(facts, LAW, england())
    assert len({due.id for due in dues}) == len(dues)
    for due in dues:
        assert due.triggered_on < due.statutory_due_on
        assert due.book_by_on <= due.statutory_due_on
        assert (due.state is ObligationState.HELD) == (due.held_on is not None)
        assert (due.state is ObligationState.VOID) == (due.void_from is not None)
        assert due.void_from is None or due.triggered_on <= due.void_from
        assert due.held_on is None or due.triggered_on <= due.held_on


@given(FACTS, st.randoms())
def test_the_order_in_which_records_are_read_changes_nothing(facts: SubjectFacts, chance: Random) -> None:
    shuffled = replace(
        facts,
        care_periods=_shuffled(facts.care_periods, chance),
        plans=_shuffled(facts.plans, chance),
        section47s=_shuffled(facts.section47s, chance),
        held=_shuffled(facts.held, chance),
    )
    assert obligations(shuffled, LAW, england()) == obligations(facts, LAW, england())


@given(FACTS)
def test_nothing_is_owed_of_the_dead_or_of_adults(facts: SubjectFacts) -> None:
    for due in obligations(facts, LAW, england()):
        if due.state is ObligationState.OPEN:
            assert facts.died_on is None
            assert facts.born_on is None or (due.statutory_due_on - facts.born_on).days < 18 * 366


@given(FACTS)
def test_each_plan_and_period_owes_at_most_one_meeting_at_a_time(facts: SubjectFacts) -> None:
    dues = [due for due in obligations(facts, LAW, england()) if due.state is ObligationState.OPEN]
    for kind, most in [
        (MeetingKind.CARE_REVIEW, len(facts.care_periods)),
        (MeetingKind.REVIEW_CONFERENCE, len(facts.plans)),
        (MeetingKind.INITIAL_CONFERENCE, len(facts.section47s)),
    ]:
        assert sum(due.kind is kind for due in dues) <= most


@given(DAYS, st.integers(min_value=0, max_value=30))
def test_care_that_began_later_is_never_reviewed_earlier(day: date, later: int) -> None:
    first, second = (
        obligations(SubjectFacts(subject_id=UUID(int=1), care_periods=(CarePeriodFact(started_on=each),)), LAW, england())[0]
        for each in (day, day + timedelta(days=later))
    )
    assert first.statutory_due_on <= second.statutory_due_on


@given(DAYS, st.integers(min_value=2, max_value=8))
def test_a_chain_held_on_its_last_days_keeps_its_day_of_the_month_but_for_the_clamp(start: date, reviews: int) -> None:
    facts = SubjectFacts(subject_id=UUID(int=1), care_periods=(CarePeriodFact(started_on=start),))
    day = obligations(facts, LAW, england())[0].statutory_due_on
    for number in range(reviews):
        due = following(facts, MeetingKind.CARE_REVIEW, day, LAW, england())
        assert due is not None
        assert due.statutory_due_on == add_months(day, 3 if number == 0 else 6)
        assert day.day >= due.statutory_due_on.day >= min(day.day, 28)
        facts = replace(facts, held=(*facts.held, HeldFact(kind=MeetingKind.CARE_REVIEW, held_on=day)))
        day = due.statutory_due_on


@given(FACTS, st.sampled_from([MeetingKind.CARE_REVIEW, MeetingKind.REVIEW_CONFERENCE, MeetingKind.INITIAL_CONFERENCE]), DAYS)
def test_what_follows_a_meeting_begins_on_its_day_and_is_owed_of_nobody_who_came_of_age(
    facts: SubjectFacts, kind: MeetingKind, day: date
) -> None:
    due = following(facts, kind, day, LAW, england())
    if due is not None:
        assert due.triggered_on == day
        assert due.state is ObligationState.EXPECTED
        assert facts.died_on is None


def _shuffled(values: tuple[T, ...], chance: Random) -> tuple[T, ...]:
    mixed = list(values)
    chance.shuffle(mixed)
    return tuple(mixed)

"""What the clock says beside its days, each where it is due and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from services.history.advice import Known, advise
from services.kernel.words import CareStatus, MeetingKind
from services.statutory.facts import CarePeriodFact, HeldFact, PlanFact, StatusFact, SubjectFacts
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

TODAY = date(2026, 9, 1)
REVIEW, CONFERENCE, CRITERIA = MeetingKind.CARE_REVIEW, MeetingKind.REVIEW_CONFERENCE, MeetingKind.SECURE_CRITERIA_REVIEW
CARE = CarePeriodFact(started_on=date(2026, 3, 2))
FACTS = SubjectFacts(
    subject_id=UUID(int=1), born_on=date(2012, 5, 1), care_periods=(CARE,), held=(HeldFact(kind=REVIEW, held_on=date(2026, 3, 20)),)
)
KNOWN = Known(facts=FACTS, timescales=Timescales(SHIPPED))


def _advice(known: Known, kind: MeetingKind = REVIEW, due: date = date(2026, 9, 20), today: date = TODAY) -> tuple[str, ...]:
    return advise(known, kind, due, today, england())


def _of(**changes: object) -> Known:
    return replace(KNOWN, facts=replace(FACTS, **changes))  # type: ignore[arg-type]


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    assert [_advice(KNOWN, kind) for kind in MeetingKind] == [()] * len(MeetingKind)


def test_a_child_on_a_plan_who_comes_into_care_may_be_offered_an_early_conference() -> None:
    both = _of(plans=(PlanFact(started_on=date(2026, 1, 12)),))
    (said,) = _advice(both, CONFERENCE)
    assert said.startswith("became looked after on 2026-03-02 while on a protection plan")
    met = _of(plans=both.facts.plans, held=(HeldFact(kind=CONFERENCE, held_on=date(2026, 3, 2)),))
    assert _advice(met, CONFERENCE) == ()
    later = _of(plans=(PlanFact(started_on=date(2026, 3, 3)),))
    assert _advice(later, CONFERENCE) == ()
    over = _of(plans=(PlanFact(started_on=date(2026, 1, 12), ended_on=TODAY),))
    assert _advice(over, CONFERENCE) == ()


def test_a_move_after_the_last_review_calls_for_one_before_the_next_change() -> None:
    moved = replace(KNOWN, moved_on=date(2026, 3, 21), legal_status_changed_on=date(2026, 3, 20))
    (said,) = _advice(moved)
    assert said.startswith("the placement changed on 2026-03-21")
    (said,) = _advice(replace(KNOWN, moved_on=date(2026, 3, 20), legal_status_changed_on=date(2026, 4, 1)))
    assert said.startswith("the legal status changed on 2026-04-01")
    before_care = replace(_of(held=()), moved_on=CARE.started_on)
    assert _advice(before_care) == ()
    assert _advice(moved, CRITERIA) == ()


def test_the_last_review_before_the_eighteenth_birthday_settles_the_pathway_plan() -> None:
    due = date(2026, 9, 20)  # a review held that day is followed by one within six months: 20 March 2027
    assert _advice(_of(born_on=date(2009, 3, 20), held=(*FACTS.held, HeldFact(kind=REVIEW, held_on=date(2026, 6, 1)))), due=due) == (
        "turns 18 before the next review would be due: the last review, with the pathway plan",
    )
    assert _advice(_of(born_on=date(2009, 3, 21), held=(*FACTS.held, HeldFact(kind=REVIEW, held_on=date(2026, 6, 1)))), due=due) == ()
    assert _advice(_of(born_on=None), due=due) == ()


def test_in_secure_accommodation_the_criteria_come_first() -> None:
    secure = _of(statuses=(StatusFact(status=CareStatus.SECURE, started_on=date(2026, 8, 20)),))
    assert _advice(secure) == ("in secure accommodation: the criteria are reviewed first",)
    (said,) = _advice(secure, CRITERIA)
    assert "own IRO takes no part" in said
    ended = _of(statuses=(StatusFact(status=CareStatus.SECURE, started_on=date(2026, 8, 20), ended_on=TODAY),))
    assert _advice(ended) == _advice(ended, CRITERIA) == ()


def test_nothing_is_said_of_care_that_has_ended_or_not_begun() -> None:
    moved = replace(KNOWN, moved_on=date(2026, 4, 1))
    assert _advice(moved)
    assert _advice(replace(moved, facts=replace(FACTS, care_periods=(replace(CARE, ended_on=TODAY),)))) == ()
    assert _advice(moved, today=date(2026, 3, 1)) == ()

"""Enquiries, plans and transfers: what may be recorded of them, rule by rule of the census."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.history.commands import (
    CompleteTransferOut,
    EndProtectionPlan,
    RecordTransferIn,
    RecordTransferOut,
    StartProtectionPlan,
    WithdrawTransfer,
)
from services.history.rules.protection import (
    answers,
    judge_completed,
    judge_plan,
    judge_plan_end,
    judge_plan_start,
    judge_reviews_stay_on_plan,
    judge_transfer_in,
    judge_transfer_out,
    judge_withdrawn,
)
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind, PlanEnd, TransferDirection
from services.statutory.facts import HeldFact, PlanFact, SubjectFacts, TransferFact

TODAY, BORN = date(2026, 9, 1), date(2015, 6, 1)
INITIAL, REVIEW = MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE
STARTED = date(2026, 3, 2)
PLAN = PlanFact(started_on=STARTED)
BEFORE = PlanFact(started_on=date(2025, 3, 3), ended_on=date(2025, 9, 1))
IN, OUT = TransferDirection.IN, TransferDirection.OUT


def held(day: date, kind: MeetingKind = INITIAL, completed_on: date | None = None) -> HeldFact:
    return HeldFact(kind=kind, held_on=day, completed_on=completed_on)


def known(*plans: PlanFact, **facts: Any) -> SubjectFacts:
    values: dict[str, Any] = {"born_on": BORN, **facts}
    return SubjectFacts(subject_id=UUID(int=1), plans=plans, **values)


def start(day: date, category: str | None = "NEG") -> StartProtectionPlan:
    return StartProtectionPlan(request_key="k", reference="CH1", started_on=day, category=category)


def end(day: date, reason: PlanEnd = PlanEnd.REVIEW_CONFERENCE) -> EndProtectionPlan:
    return EndProtectionPlan(request_key="k", reference="CH1", ended_on=day, reason=reason)


# -------------------------------------------------------------------------------------------------- plans


@pytest.mark.parametrize(
    ("field", "says", "command", "facts"),
    [
        ("startedOn", "in the future", start(date(2026, 9, 2)), known(held=(held(date(2026, 9, 2)),))),
        ("startedOn", "18th birthday", start(TODAY), known(born_on=date(2008, 9, 1), held=(held(TODAY),))),
        ("startedOn", "death", start(TODAY), known(died_on=date(2026, 8, 31), held=(held(TODAY),))),
        ("startedOn", "adoption order", start(TODAY), known(adopted_on=date(2026, 8, 31), held=(held(TODAY),))),
        ("startedOn", "2885", start(STARTED), known()),
        ("startedOn", "2885", start(STARTED), known(held=(held(date(2026, 3, 3)),))),
        ("startedOn", "2885", start(STARTED), known(held=(held(STARTED, REVIEW),))),
        ("startedOn", "one open plan at a time .*8935", start(TODAY), known(PLAN, held=(held(TODAY),))),
        ("startedOn", "8935", start(STARTED), known(PLAN, held=(held(STARTED),))),
        ("startedOn", "8935", start(date(2026, 2, 2)), known(PLAN, held=(held(date(2026, 2, 2)),))),
        ("startedOn", "two cannot overlap .*8940", start(date(2025, 9, 1)), known(BEFORE, held=(held(date(2025, 9, 1)),))),
        ("startedOn", "8940", start(date(2025, 2, 3)), known(BEFORE, held=(held(date(2025, 2, 3)),))),
        ("category", "such as NEG", start(STARTED, " "), known(held=(held(STARTED),))),
        ("category", "such as NEG", start(STARTED, "N" * 65), known(held=(held(STARTED),))),
    ],
)
def test_a_plan_does_not_start_where_it_cannot(field: str, says: str, command: StartProtectionPlan, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_plan_start(command, facts, TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        (start(STARTED), known(held=(held(STARTED),))),
        (start(STARTED, None), known(held=(held(date(2026, 2, 23), completed_on=STARTED),))),
        (start(date(2025, 9, 2)), known(BEFORE, held=(held(date(2025, 9, 2)),))),
        (start(TODAY), known(born_on=None, expected_on=date(2026, 11, 1), held=(held(TODAY, MeetingKind.PRE_BIRTH_CONFERENCE),))),
        (start(TODAY), known(born_on=date(2008, 9, 2), held=(held(TODAY, MeetingKind.TRANSFER_IN_CONFERENCE),))),
    ],
)
def test_a_plan_starts_on_the_day_of_its_conference(command: StartProtectionPlan, facts: SubjectFacts) -> None:
    judge_plan_start(command, facts, TODAY)


@pytest.mark.parametrize(
    ("field", "says", "command", "facts"),
    [
        ("endedOn", "not on a plan", end(TODAY), known(BEFORE, held=(held(TODAY, REVIEW),))),
        ("endedOn", "in the future", end(date(2026, 9, 2)), known(PLAN, held=(held(date(2026, 9, 2), REVIEW),))),
        ("endedOn", "give 2026-03-02 or later", end(date(2026, 3, 1)), known(PLAN)),
        ("endedOn", "8840", end(STARTED), known(PLAN, held=(held(STARTED, REVIEW),))),
        (
            "reason",
            "no review conference is recorded on 2026-06-01",
            end(date(2026, 6, 1)),
            known(PLAN, held=(held(date(2026, 6, 2), REVIEW),)),
        ),
        ("reason", "completeTransferOut", end(TODAY, PlanEnd.TRANSFERRED_OUT), known(PLAN)),
        ("reason", "recordDeath", end(TODAY, PlanEnd.DIED), known(PLAN)),
        ("reason", "recordAdoptionOrder", end(TODAY, PlanEnd.ADOPTED), known(PLAN)),
        ("endedOn", "not the 18th birthday: give 2033-06-01", end(TODAY, PlanEnd.TURNED_18), known(PLAN)),
        (
            "endedOn",
            "not the 18th birthday: give 2026-08-01",
            end(date(2026, 7, 31), PlanEnd.TURNED_18),
            known(PLAN, born_on=date(2008, 8, 1)),
        ),
        ("endedOn", "18th birthday", end(date(2026, 8, 2), PlanEnd.TURNED_18), known(PLAN, born_on=date(2008, 8, 1))),
        ("reason", "not born yet", end(TODAY, PlanEnd.TURNED_18), known(PLAN, born_on=None, expected_on=date(2026, 9, 9))),
        (
            "endedOn",
            "leaves the REVIEW_CONFERENCE of 2026-06-02 without a plan .*8841",
            end(date(2026, 6, 1), PlanEnd.MOVED_ABROAD),
            known(PLAN, held=(held(date(2026, 6, 2), REVIEW),)),
        ),
    ],
)
def test_a_plan_does_not_end_without_what_ends_one(field: str, says: str, command: EndProtectionPlan, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_plan_end(command, facts, TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("command", "facts"),
    [
        (end(date(2026, 6, 1)), known(PLAN, held=(held(date(2026, 6, 1), REVIEW),))),
        (end(date(2026, 6, 8)), known(PLAN, held=(held(date(2026, 6, 1), REVIEW, date(2026, 6, 8)),))),
        (end(date(2026, 8, 1), PlanEnd.TURNED_18), known(PLAN, born_on=date(2008, 8, 1))),
        (end(date(2026, 3, 3), PlanEnd.MOVED_ABROAD), known(PLAN)),
    ],
)
def test_a_plan_ends_by_a_review_at_18_or_by_a_move_abroad(command: EndProtectionPlan, facts: SubjectFacts) -> None:
    assert judge_plan_end(command, facts, TODAY) == PLAN


_DAYS = st.dates(date(2025, 1, 1), date(2025, 2, 9))
_PLANS = st.builds(lambda one, other: PlanFact(started_on=min(one, other), ended_on=max(one, other)), _DAYS, _DAYS)


@given(st.lists(_PLANS | st.builds(lambda day: PlanFact(started_on=day), _DAYS), max_size=6))
def test_plans_that_are_taken_one_after_another_never_share_a_day(offered: list[PlanFact]) -> None:
    taken: list[PlanFact] = []
    for plan in offered:
        try:
            judge_plan(plan, known(), taken, TODAY)
        except InvalidInput:
            continue
        taken.append(plan)
    in_order = sorted(taken, key=lambda plan: plan.started_on)
    assert all(before.ended_on is not None and before.ended_on < after.started_on for before, after in pairwise(in_order))
    assert all(plan.ended_on is None or plan.started_on < plan.ended_on for plan in taken)


def test_a_review_conference_stays_strictly_after_the_start_of_its_plan_and_on_its_last_day_at_the_latest() -> None:
    facts = known(PLAN, held=(held(date(2026, 6, 1), REVIEW),))
    for after in (replace(PLAN, started_on=date(2026, 5, 29)), replace(PLAN, ended_on=date(2026, 6, 1))):
        judge_reviews_stay_on_plan("startedOn", 0, PLAN, after, facts)
    for lost in (None, replace(PLAN, started_on=date(2026, 6, 1)), replace(PLAN, ended_on=date(2026, 5, 31))):
        with pytest.raises(InvalidInput, match="leaves the REVIEW_CONFERENCE of 2026-06-01"):
            judge_reviews_stay_on_plan("startedOn", 0, PLAN, lost, facts)
    judge_reviews_stay_on_plan("startedOn", 0, BEFORE, None, facts)


# ---------------------------------------------------------------------------------------------- transfers


def moving(direction: TransferDirection, day: date = date(2026, 5, 1), **more: date) -> TransferFact:
    return TransferFact(direction=direction, notified_on=day, **more)


def into(day: date) -> RecordTransferIn:
    return RecordTransferIn(request_key="k", references=("CH1",), notified_on=day)


def out_of(day: date) -> RecordTransferOut:
    return RecordTransferOut(request_key="k", reference="CH1", notified_on=day)


def complete(day: date) -> CompleteTransferOut:
    return CompleteTransferOut(request_key="k", reference="CH1", conference_on=day)


def give_up(day: date, direction: TransferDirection = OUT) -> WithdrawTransfer:
    return WithdrawTransfer(request_key="k", reference="CH1", direction=direction, withdrawn_on=day)


@pytest.mark.parametrize(
    ("says", "day", "facts"),
    [
        ("in the future", date(2026, 9, 2), known()),
        ("death", TODAY, known(died_on=date(2026, 8, 31))),
        ("18th birthday", TODAY, known(born_on=date(2008, 9, 1))),
        ("before the child was born", date(2026, 1, 4), known(born_on=None, expected_on=date(2026, 11, 1))),
        ("on a plan of ours", TODAY, known(PLAN)),
        ("a transfer IN is under way", TODAY, known(transfers=(moving(IN),))),
    ],
)
def test_a_child_does_not_move_in_twice_or_onto_a_plan_of_ours(says: str, day: date, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_transfer_in(into(day), facts, TODAY)
    assert refused.value.field == "notifiedOn"


@pytest.mark.parametrize(
    "facts",
    [
        known(),
        known(BEFORE),
        known(born_on=None, expected_on=date(2026, 11, 1)),
        known(transfers=(moving(IN, withdrawn_on=date(2026, 5, 2)),)),
        known(transfers=(moving(IN),), held=(held(date(2026, 5, 1)),)),
        known(transfers=(moving(OUT),)),
    ],
)
def test_a_child_moves_in_on_any_day_once_the_last_move_is_answered(facts: SubjectFacts) -> None:
    judge_transfer_in(into(date(2026, 8, 29)), facts, TODAY)


def test_a_child_moves_out_from_a_plan_of_ours_alone() -> None:
    judge_transfer_out(out_of(STARTED), known(PLAN), TODAY)
    judge_transfer_out(out_of(TODAY), known(PLAN, transfers=(moving(OUT, withdrawn_on=date(2026, 6, 1)),)), TODAY)
    for says, day, facts in [
        ("on no plan of ours", date(2026, 3, 1), known(PLAN)),
        ("on no plan of ours", date(2025, 9, 1), known(BEFORE)),
        ("on no plan of ours", TODAY, known(PLAN, transfers=(moving(OUT, conference_on=date(2026, 6, 1)),))),
        ("a transfer OUT is under way", TODAY, known(PLAN, transfers=(moving(OUT),))),
        ("in the future", date(2026, 9, 2), known(PLAN)),
    ]:
        with pytest.raises(InvalidInput, match=says) as refused:
            judge_transfer_out(out_of(day), facts, TODAY)
        assert refused.value.field == "notifiedOn"


@pytest.mark.parametrize(
    ("says", "day", "facts"),
    [
        ("no transfer OUT of the child is under way", TODAY, known(PLAN, transfers=(moving(OUT, withdrawn_on=TODAY), moving(IN)))),
        ("in the future", date(2026, 9, 2), known(PLAN, transfers=(moving(OUT),))),
        ("weekend.*8875", date(2026, 8, 29), known(PLAN, transfers=(moving(OUT),))),
        ("give 2026-05-01 or later", date(2026, 4, 30), known(PLAN, transfers=(moving(OUT),))),
        ("8840", STARTED, known(PLAN, transfers=(moving(OUT, STARTED),))),
        ("8841", date(2026, 6, 1), known(PLAN, transfers=(moving(OUT),), held=(held(date(2026, 6, 2), REVIEW),))),
    ],
)
def test_a_transfer_out_is_not_complete_on_a_day_that_cannot_be(says: str, day: date, facts: SubjectFacts) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        judge_completed(complete(day), facts, TODAY)
    assert refused.value.field == "conferenceOn"


def test_a_complete_transfer_out_ends_the_plan_that_stands() -> None:
    assert judge_completed(complete(date(2026, 5, 1)), known(PLAN, transfers=(moving(OUT),)), TODAY) == (moving(OUT), PLAN)
    ended = replace(PLAN, ended_on=date(2026, 5, 2))
    assert judge_completed(complete(TODAY), known(ended, transfers=(moving(OUT),)), TODAY) == (moving(OUT), None)


def test_a_transfer_is_withdrawn_while_it_is_under_way() -> None:
    assert judge_withdrawn(give_up(date(2026, 5, 1)), known(PLAN, transfers=(moving(OUT), moving(IN))), TODAY) == moving(OUT)
    assert judge_withdrawn(give_up(TODAY, IN), known(transfers=(moving(IN),)), TODAY) == moving(IN)
    answered = known(transfers=(moving(IN),), held=(held(date(2026, 5, 1), MeetingKind.TRANSFER_IN_CONFERENCE),))
    for field, says, command, facts in [
        ("direction", "no transfer IN", give_up(TODAY, IN), answered),
        ("direction", "no transfer OUT", give_up(TODAY), known(PLAN, transfers=(moving(OUT, conference_on=TODAY),))),
        ("withdrawnOn", "in the future", give_up(date(2026, 9, 2)), known(PLAN, transfers=(moving(OUT),))),
        ("withdrawnOn", "give 2026-05-01 or later", give_up(date(2026, 4, 30)), known(PLAN, transfers=(moving(OUT),))),
    ]:
        with pytest.raises(InvalidInput, match=says) as refused:
            judge_withdrawn(command, facts, TODAY)
        assert refused.value.field == field


def test_a_transfer_in_conference_answers_a_notice_that_stood_that_day() -> None:
    notice = moving(IN, withdrawn_on=date(2026, 5, 8))
    assert [answers(day, notice) for day in (date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 9))] == [
        False,
        True,
        True,
        False,
    ]
    assert not answers(date(2026, 5, 1), moving(OUT))

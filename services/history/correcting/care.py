"""Corrections of when a child was looked after, and of what held of it then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.history.correcting.frame import Correcting, correct, fact_of, swapped, without
from services.history.corrections import CorrectCarePeriod, CorrectCareStatus
from services.history.rules.care import (
    OPENED_BY,
    SHORT_BREAKS,
    judge_authority_lasts,
    judge_end_reason,
    judge_expected_end,
    judge_left_outside,
    judge_legal_status,
    judge_period,
    judge_reviews_keep_status,
    judge_same_care,
    judge_status,
)
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.words import CareStatusEnd
from services.platform.resources import Resources
from services.statutory.facts import CarePeriodFact, StatusFact

_ENDED_ELSEWHERE = {
    CareStatusEnd.DIED.value: "the child's death: correct diedOn (correctChild)",
    CareStatusEnd.ADOPTED.value: "the adoption order: correct adoptedOn (correctChild)",
    CareStatusEnd.CARE_ENDED.value: "care: correct the period of care (correctCarePeriod)",
}


async def correct_care_period(resources: Resources, actor: Actor, command: CorrectCarePeriod, now: datetime) -> UUID:
    """The period of care is as corrected, or was never; a status that began with it, or ended with it, follows.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput` where it cannot be so, or would leave a
    review or a status outside care.
    """

    async def work(case: Correcting) -> None:
        if case.withdraw:
            await _withdraw_period(case)
            return
        _judge_reason_stays(case)
        if case.changed("legal_status"):
            judge_legal_status(case.changes["legal_status"])
            case.changes["short_break"] = case.changes["legal_status"] in SHORT_BREAKS
        before, after = case.before(CarePeriodFact), case.after(CarePeriodFact)
        if case.changed("started_on", "ended_on", "started_on_exact"):
            judge_period(after, case.facts, without(case.facts.care_periods, before), case.hand.today, _first_change(case)[0])
        statuses = await _statuses_follow(case)
        facts = replace(case.facts, statuses=statuses)
        field, value = _first_change(case)
        judge_left_outside(field, value, before, swapped(facts.care_periods, before, after), facts)
        judge_same_care(before, after, facts)

    return await correct(resources, actor, command, now, "care_period", work)


async def correct_care_status(resources: Resources, actor: Actor, command: CorrectCareStatus, now: datetime) -> UUID:
    """The status is as corrected, or never held. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` where it cannot be so, or would leave a placement without its authority or a
    review without what it reviewed.
    """

    async def work(case: Correcting) -> None:
        before, facts = case.before(StatusFact), case.facts
        rest = without(facts.statuses, before)
        if case.withdraw:
            judge_authority_lasts("withdraw", _of(before), before, rest, facts)
            judge_reviews_keep_status("withdraw", _of(before), before, rest, facts)
            return
        _judge_reason_stays(case)
        _judge_status_reason(case)
        if case.changed("started_on"):
            case.changes["started_on_exact"] = True
        after = case.after(StatusFact)
        judge_expected_end(after)
        if case.changed("started_on", "ended_on"):
            field, value = _first_change(case)
            judge_status(after, facts, rest, case.hand.today, field)
            judge_authority_lasts(field, value, before, (*rest, after), facts)
            judge_reviews_keep_status(field, value, before, (*rest, after), facts)

    return await correct(resources, actor, command, now, "care_status", work)


async def _withdraw_period(case: Correcting) -> None:
    """What began with the period was never either; a review, or a status of its own, stands in the way."""
    period = case.before(CarePeriodFact)
    facts = case.facts
    for record in await case.hand.records("care_status", child_id=case.child_id):
        if _began_with(case, record):
            facts = replace(facts, statuses=without(facts.statuses, fact_of(StatusFact, record)))
            await case.drop("care_status", record)
    judge_left_outside("withdraw", _of(period), period, without(facts.care_periods, period), facts)


async def _statuses_follow(case: Correcting) -> tuple[StatusFact, ...]:
    """The child's statuses, those that hang on the period as it is to be."""
    statuses = case.facts.statuses
    for record in await case.hand.records("care_status", child_id=case.child_id):
        before = fact_of(StatusFact, record)
        if _began_with(case, record) and OPENED_BY.get(case.changes.get("legal_status", case.record["legal_status"])) is not before.status:
            statuses = without(statuses, before)
            await case.drop("care_status", record)
            continue
        changes = _following(case, record)
        if changes:
            statuses = swapped(statuses, before, fact_of(StatusFact, {**record, **changes}))
            await case.follow("care_status", record, changes)
    return statuses


def _following(case: Correcting, record: Mapping[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if _began_with(case, record) and case.changed("started_on"):
        changes["started_on"] = case.changes["started_on"]
    ended_with = record["end_reason"] == CareStatusEnd.CARE_ENDED and record["ended_on"] == case.record["ended_on"]
    if ended_with and case.changed("ended_on"):
        changes["ended_on"] = case.changes["ended_on"]
        changes["end_reason"] = None if changes["ended_on"] is None else record["end_reason"]
    return changes


def _began_with(case: Correcting, record: Mapping[str, Any]) -> bool:
    """Whether the legal status with which care began opened this status, too."""
    opened = OPENED_BY.get(case.record["legal_status"] or "")
    return opened is not None and record["status"] == opened and record["started_on"] == case.record["started_on"]


def _judge_reason_stays(case: Correcting) -> None:
    """An end goes with its reason: it is not given without one, and not moved where something else ended it."""
    if not case.changed("ended_on"):
        return
    if case.record["ended_on"] is None and case.changes.get("end_reason") is None:
        verb = "endCarePeriod" if case.table == "care_period" else "endCareStatus, or give endReason"
        raise InvalidInput(f"endedOn: it has not ended: end it with a reason ({verb})", "endedOn")
    reason = case.changes.get("end_reason", case.record["end_reason"])
    if case.changes["ended_on"] is None:
        case.changes.setdefault("end_reason", None)
        reason = case.record["end_reason"]
    if reason in _ENDED_ELSEWHERE and reason == case.record["end_reason"]:
        raise InvalidInput(f"endedOn: it ended with {_ENDED_ELSEWHERE[reason]}, and this follows", "endedOn")


def _judge_status_reason(case: Correcting) -> None:
    if not case.changed("end_reason"):
        return
    after = case.after(StatusFact)
    if (after.ended_on is None) != (after.end_reason is None):
        right = "endedOn is missing: give it too" if after.ended_on is None else "endReason cannot be taken away: the status has ended"
        raise InvalidInput(right, "endedOn" if after.ended_on is None else "endReason")
    judge_end_reason("endReason", after.status, None if after.end_reason is None else CareStatusEnd(after.end_reason))


def _of(record: CarePeriodFact | StatusFact) -> str:
    return f"of what began on {record.started_on}"


def _first_change(case: Correcting) -> tuple[str, object]:
    """For a refusal: the field that was to change, and to what."""
    names = {"started_on": "startedOn", "ended_on": "endedOn", "legal_status": "legalStatus", "started_on_exact": "startedOnExact"}
    for name, field in names.items():
        if name in case.changes:
            return field, "open" if case.changes[name] is None else case.changes[name]
    return "reason", ""

"""Corrections of enquiries, plans and transfers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.history.correcting.frame import Correcting, correct, swapped, without
from services.history.corrections import CorrectEnquiry, CorrectProtectionPlan, CorrectTransfer
from services.history.rules.days import following, judge_category, judge_order, judge_past
from services.history.rules.protection import (
    answers,
    judge_conference_day,
    judge_discussed,
    judge_made_by_conference,
    judge_no_enquiry_runs,
    judge_notice,
    judge_plan,
    judge_plan_reason,
    judge_reviews_stay_on_plan,
    judge_taken_over,
    judge_withdrawn_on,
)
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind, PlanEnd, TransferDirection
from services.platform.resources import Resources
from services.statutory.facts import PlanFact, Section47Fact, TransferFact
from services.statutory.working_days import england

_ENDED_ELSEWHERE = {
    PlanEnd.DIED.value: "the child's death: correct diedOn (correctChild)",
    PlanEnd.ADOPTED.value: "the adoption order: correct adoptedOn (correctChild)",
    PlanEnd.TRANSFERRED_OUT.value: "the transfer: correct conferenceOn (correctTransfer)",
}


# -------------------------------------------------------------------------------------------------- plans


async def correct_protection_plan(resources: Resources, actor: Actor, command: CorrectProtectionPlan, now: datetime) -> UUID:
    """The plan is as corrected, or never stood. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` where it cannot be so, or would leave a review conference without a plan.
    """

    async def work(case: Correcting) -> None:
        before = case.before(PlanFact)
        if case.withdraw:
            judge_reviews_stay_on_plan("withdraw", f"of the plan that started on {before.started_on}", before, None, case.facts)
            return
        if case.changed("category"):
            judge_category("category", case.changes["category"])
        if not case.changed("started_on", "ended_on"):
            return
        if case.changed("ended_on"):
            _judge_plan_reason_stays(case)
        after = case.after(PlanFact)
        field = "startedOn" if case.changed("started_on") else "endedOn"
        judge_plan(after, case.facts, without(case.facts.plans, before), case.hand.today, field)
        if case.changed("started_on"):
            judge_made_by_conference("startedOn", after.started_on, case.facts)
        value = after.started_on if case.changed("started_on") else after.ended_on
        judge_reviews_stay_on_plan(field, value, before, after, case.facts)

    return await correct(resources, actor, command, now, "protection_plan", work)


def _judge_plan_reason_stays(case: Correcting) -> None:
    """An end goes with its reason: not given without one, and not moved away from what ended the plan."""
    reason, day = case.record["end_reason"], case.changes["ended_on"]
    if case.record["ended_on"] is None:
        raise InvalidInput("endedOn: the plan has not ended: end it with a reason (endProtectionPlan)", "endedOn")
    if reason in _ENDED_ELSEWHERE:
        raise InvalidInput(f"endedOn: the plan ended with {_ENDED_ELSEWHERE[reason]}, and this follows", "endedOn")
    if day is None:
        case.changes["end_reason"] = None
    elif reason in set(PlanEnd):  # a return may have words of its own
        judge_plan_reason("endedOn", PlanEnd(reason), day, case.facts)


# ---------------------------------------------------------------------------------------------- enquiries


async def correct_enquiry(resources: Resources, actor: Actor, command: CorrectEnquiry, now: datetime) -> UUID:
    """The enquiry began on the corrected day, needs no conference, or never was; its conference is owed accordingly.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput` where it cannot be so.
    """

    async def work(case: Correcting) -> None:
        if case.withdraw:
            return
        before, after = case.before(Section47Fact), case.after(Section47Fact)
        rest = without(case.facts.section47s, before)
        if case.changed("initiating_discussion_on"):
            await _judge_discussion_day(case, after, rest)
        if after.conference_not_required and case.changed("conference_not_required") and after.conference_on is not None:
            message = f"a conference on {after.conference_on} is recorded of the enquiry, so one was required"
            raise InvalidInput(f"conferenceNotRequired: {message}", "conferenceNotRequired")

    return await correct(resources, actor, command, now, "section47", work)


async def _judge_discussion_day(case: Correcting, after: Section47Fact, rest: tuple[Section47Fact, ...]) -> None:
    field, day = "initiatingDiscussionOn", after.initiating_discussion_on
    judge_past(field, day, case.hand.today, "a strategy discussion is recorded once it has been held")
    judge_discussed(field, day, case.facts)
    if any(each.initiating_discussion_on == day for each in rest):
        raise InvalidInput(f"{field} {day}: an enquiry that began that day is recorded already: withdraw this one", field)
    if after.conference_on is not None and after.conference_on < day:
        raise InvalidInput(f"{field} {day} comes after the conference of {after.conference_on}: give that day or an earlier one", field)
    dues = await case.hand.dues(replace(case.facts, section47s=rest))
    judge_no_enquiry_runs(field, day, case.facts, dues, england())


# ---------------------------------------------------------------------------------------------- transfers


async def correct_transfer(resources: Resources, actor: Actor, command: CorrectTransfer, now: datetime) -> UUID:
    """The transfer is as corrected, or never was; the plan that ended with it ends on the corrected day, or goes on.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput` where it cannot be so.
    """

    async def work(case: Correcting) -> None:
        before = case.before(TransferFact)
        after = None if case.withdraw else case.after(TransferFact)
        _judge_answered(case, before, after)
        if after is not None:
            _judge_days(case, before, after)
        conference_on = None if after is None else after.conference_on
        if conference_on != before.conference_on:
            await _plan_follows(case, before, conference_on)

    return await correct(resources, actor, command, now, "transfer", work)


def _judge_days(case: Correcting, before: TransferFact, after: TransferFact) -> None:
    rest, today = without(case.facts.transfers, before), case.hand.today
    if case.changed("conference_on"):
        if before.conference_on is None:
            verb = "recordHeldMeeting" if after.direction is TransferDirection.IN else "completeTransferOut"
            raise InvalidInput(f"conferenceOn: none is recorded that could be corrected: record it ({verb})", "conferenceOn")
        if after.conference_on is not None:
            judge_conference_day("conferenceOn", after.conference_on, today)
    if case.changed("notified_on"):
        judge_notice(after.notified_on, after.direction, case.facts, rest, today)
    if after.conference_on is not None:
        judge_order("conferenceOn", after.conference_on, after.notified_on, "the transfer")
    if after.withdrawn_on is not None:
        judge_withdrawn_on(after.withdrawn_on, after, today)
        if after.conference_on is not None:
            raise InvalidInput(f"withdrawnOn: the transfer was complete on {after.conference_on}: take that day away first", "withdrawnOn")


def _judge_answered(case: Correcting, before: TransferFact, after: TransferFact | None) -> None:
    """A transfer-in conference that was held keeps the notice that it answered."""
    for held in case.facts.held:
        if held.kind is not MeetingKind.TRANSFER_IN_CONFERENCE or not answers(held.held_on, before):
            continue
        after_all = without(case.facts.transfers, before) if after is None else swapped(case.facts.transfers, before, after)
        if not any(answers(held.held_on, each) for each in after_all):
            field = "withdraw" if after is None else ("notifiedOn" if case.changed("notified_on") else "withdrawnOn")
            raise InvalidInput(f"{field}: the {held.kind} of {held.held_on} answered this notice: correct that first", field)


async def _plan_follows(case: Correcting, before: TransferFact, conference_on: date | None) -> None:
    where = {"ended_on": before.conference_on, "end_reason": PlanEnd.TRANSFERRED_OUT.value}
    for record in await case.hand.records("protection_plan", child_id=case.child_id, **where):
        plan = next(plan for plan in case.facts.plans if (plan.started_on, plan.ended_on) == (record["started_on"], record["ended_on"]))
        moved = replace(plan, ended_on=conference_on)
        changes: dict[str, Any] = {"ended_on": conference_on, "end_reason": record["end_reason"]}
        if conference_on is None:
            changes["end_reason"] = None
            with following("withdraw" if case.withdraw else "conferenceOn", "the plan"):
                judge_plan(moved, case.facts, without(case.facts.plans, plan), case.hand.today)
        else:
            judge_taken_over(conference_on, plan, case.facts)
        await case.follow("protection_plan", record, changes)

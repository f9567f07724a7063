"""Corrections of meetings that took place, and of those that were to be held earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID

from services.history.correcting.frame import Correcting, correct, fact_of, swapped, without
from services.history.corrections import CorrectEarlierReview, CorrectHeldRecord
from services.history.recording import store
from services.history.rules.days import following
from services.history.rules.households import judge_household_held
from services.history.rules.meetings import judge_earlier_day, judge_held, judge_participation, judge_shape, judge_without_meeting
from services.history.rules.outcomes import decided_on
from services.history.rules.protection import judge_plan, judge_reviews_stay_on_plan
from services.history.timescales import load_timescales
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.words import CONFERENCES, MeetingKind, ObligationState, ParticipationCode, PlanEnd
from services.platform.resources import Resources
from services.statutory.facts import STARTING_CONFERENCES, EarlierReviewFact, HeldFact, PlanFact, SubjectFacts
from services.statutory.working_days import england

_BY_CONFERENCE = (None, PlanEnd.REVIEW_CONFERENCE.value)
"""Reasons for which a plan ended that ended on the day of a conference; a census states none."""


async def correct_held_record(resources: Resources, actor: Actor, command: CorrectHeldRecord, now: datetime) -> UUID:
    """The meeting took place as corrected, or not at all; a plan that began or ended with it follows to another day.

    One that did not take place frees what it was booked for. Answers the child's or the household's identifier. Raises
    `Forbidden`, `NotFound`, `InvalidInput` where it cannot be so, or a plan stands on it.
    """

    async def work(case: Correcting) -> None:
        before = case.before(HeldFact)
        after = None if case.withdraw else case.after(HeldFact)
        facts = await _plans_follow(case, before, after) if case.child_id is not None else case.facts
        if after is None:
            if case.record["meeting_id"] is not None:
                meeting_id, hand = case.record["meeting_id"], case.hand
                await store.leave_meeting(hand.connection, hand.actor, case.child_id, case.household_id, meeting_id, hand.now)
            return
        judge_shape(after, case.hand.today)
        if case.child_id is None:
            _judge_of_household(case, before, after)
        else:
            await _judge_of_child(case, before, after, facts)

    return await correct(resources, actor, command, now, "held_record", work)


def _judge_of_household(case: Correcting, before: HeldFact, after: HeldFact) -> None:
    if after.kind is not before.kind:
        raise InvalidInput(f"kind: a {before.kind} is about a household, and {after.kind} is not", "kind")
    if case.changed("participation"):
        raise InvalidInput("participation is of a child: leave it out", "participation")
    judge_household_held(after, replace(case.facts, held=without(case.facts.held, before)))


async def _judge_of_child(case: Correcting, before: HeldFact, after: HeldFact, facts: SubjectFacts) -> None:
    if after.kind is MeetingKind.FOSTER_HOME_REVIEW:
        raise InvalidInput(f"kind: a {after.kind} is about a household, and this meeting was about a child", "kind")
    rest = replace(facts, held=without(facts.held, before))
    law = await load_timescales(case.hand.connection)
    if case.changed("kind", "held_on"):
        judge_held(after, rest, await case.hand.dues(rest), law, england())
    elif case.changed("without_meeting") and after.without_meeting:
        judge_without_meeting(after.held_on, rest, law, england())
    if case.changed("participation", "held_on"):
        code = {**case.record, **case.changes}["participation"]
        judge_participation("participation", None if code is None else ParticipationCode(code), after.held_on, facts.born_on)


async def _plans_follow(case: Correcting, before: HeldFact, after: HeldFact | None) -> SubjectFacts:
    """The child's facts, with the plan that began or ended with the conference as it is to be."""
    facts, day = case.facts, decided_on(before)
    new_day = None if after is None else decided_on(after)
    same_kind = after is not None and (after.kind is before.kind or {after.kind, before.kind} <= STARTING_CONFERENCES)
    if not before.kind.is_conference or (new_day == day and same_kind) or _another_met(facts, before, day):
        return facts
    hangs = ("started_on", day, STARTING_CONFERENCES), ("ended_on", day, CONFERENCES)
    for column, on, kinds in hangs:
        for record in await case.hand.records("protection_plan", child_id=case.child_id, **{column: on}):
            if before.kind not in kinds or (column == "ended_on" and record["end_reason"] not in _BY_CONFERENCE):
                continue
            if new_day is None or not same_kind:
                _refuse(case, record, column)
            facts = await _move_plan(case, facts, record, column, new_day)
    return facts


async def _move_plan(case: Correcting, facts: SubjectFacts, record: dict[str, Any], column: str, day: date) -> SubjectFacts:
    plan = fact_of(PlanFact, record)
    moved = replace(plan, started_on=day) if column == "started_on" else replace(plan, ended_on=day)
    field = "heldOn" if case.changed("held_on") else "completedOn"
    with following(field, "the plan"):
        judge_plan(moved, facts, without(facts.plans, plan), case.hand.today)
    reviewed = replace(facts, held=without(facts.held, case.before(HeldFact)))
    judge_reviews_stay_on_plan(field, day, plan, moved, reviewed)
    await case.follow("protection_plan", record, {column: day})
    return replace(facts, plans=swapped(facts.plans, plan, moved))


def _refuse(case: Correcting, record: dict[str, Any], column: str) -> NoReturn:
    field = "withdraw" if case.withdraw else "kind"
    what = f"started on {record['started_on']}" if column == "started_on" else f"ended on {record['ended_on']}"
    raise InvalidInput(f"{field}: the plan that {what} stands on this conference: correct it first (correctProtectionPlan)", field)


def _another_met(facts: SubjectFacts, before: HeldFact, day: date) -> bool:
    return any(each.kind.is_conference and decided_on(each) == day for each in without(facts.held, before))


async def correct_earlier_review(resources: Resources, actor: Actor, command: CorrectEarlierReview, now: datetime) -> UUID:
    """The meeting was to be held by the corrected day, or was not to be held earlier at all. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` for a day before it was decided, or not before the law's.
    """

    async def work(case: Correcting) -> None:
        if case.withdraw:
            return
        before, after = case.before(EarlierReviewFact), case.after(EarlierReviewFact)
        rest = replace(case.facts, earlier=without(case.facts.earlier, before))
        dues = await case.hand.dues(rest)
        awaited = any(due.kind is after.kind and due.state is ObligationState.OPEN and due.triggered_on <= after.called_on for due in dues)
        if after.by_on < after.called_on or awaited:
            judge_earlier_day(after.by_on, after.kind, dues, after.called_on)

    return await correct(resources, actor, command, now, "earlier_review", work)

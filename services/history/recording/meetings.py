"""A meeting took place that was never booked here; one that is owed must be held earlier."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.history.commands import CallEarlierReview, HeldOutcome, RecordHeldMeeting
from services.history.recording.deed import Case, Details, Hand, days, record_all, record_one
from services.history.recording.households import record_held_of_household
from services.history.rules.days import about
from services.history.rules.meetings import (
    held_fact,
    judge_called,
    judge_held,
    judge_meeting,
    judge_outcome,
    judge_participation,
    judge_shape,
)
from services.history.rules.outcomes import Decision, decide
from services.history.store import RECORDED, record_held_in
from services.history.timescales import load_timescales
from services.kernel.actor import Actor
from services.kernel.words import MeetingKind, PlanEnd
from services.platform.resources import Resources
from services.statutory.facts import HeldFact
from services.statutory.working_days import england


async def record_held_meeting(resources: Resources, actor: Actor, command: RecordHeldMeeting, now: datetime) -> list[UUID]:
    """The meeting was held that day: it answers what was owed, the next of its chain is owed, and a conference's plan stands.

    Answers the children's identifiers, in the order asked for, or the household's. All or none: raises `Forbidden`,
    `NotFound`, `InvalidInput` for a meeting that one of them cannot have had, or that is recorded already.
    """
    if command.kind is MeetingKind.FOSTER_HOME_REVIEW:
        return [await record_held_of_household(resources, actor, command, now)]

    async def work(hand: Hand, cases: Sequence[Case]) -> Sequence[Details]:
        judge_meeting(command)
        held = held_fact(command)
        judge_shape(held, hand.today)
        outcomes = {outcome.reference: outcome for outcome in command.outcomes}
        return [await _record(case, held, outcomes.get(case.reference)) for case in cases]

    return await record_all(resources, actor, command, now, work)


async def call_earlier_review(resources: Resources, actor: Actor, command: CallEarlierReview, now: datetime) -> UUID:
    """The meeting of that kind that is owed today is owed by `by_on`; the one after it by its rule again.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput` where none is owed, or none so late.
    """

    async def work(case: Case) -> Details:
        judge_called(command, case.facts, await case.hand.dues(case.facts), case.hand.today)
        said = {"kind": command.kind.value, "reason": command.reason.value}
        record_id = await case.hand.open("earlier_review", child_id=case.child_id, called_on=case.hand.today, by_on=command.by_on, **said)
        return {"record_id": str(record_id), **said, **days(by_on=command.by_on)}

    return await record_one(resources, actor, command, now, work)


async def _record(case: Case, held: HeldFact, outcome: HeldOutcome | None) -> Details:
    facts, hand = case.facts, case.hand
    with about(case.reference):
        judge_held(held, facts, await hand.dues(facts), await load_timescales(hand.connection), england())
        judge_outcome(held, outcome)
        code = None if outcome is None else outcome.participation
        judge_participation("outcomes", code, held.held_on, facts.born_on)
        decision = decide(held, outcome, facts, hand.today)
    await record_held_in(
        hand.connection,
        case.child_id,
        held.kind,
        held.held_on,
        participation=code,
        meeting_id=None,
        source=RECORDED,
        now=hand.now,
        completed_on=held.completed_on,
        to_reconvene=held.to_reconvene,
        without_meeting=held.without_meeting,
    )
    if decision is not None:
        await _follow(case, decision)
    return {"kind": held.kind.value, **days(held_on=held.held_on, completed_on=held.completed_on)}


async def _follow(case: Case, decision: Decision) -> None:
    """The plan stands as the conference decided."""
    stated: dict[str, Any] = {} if decision.category is None else {"category": decision.category}
    if decision.before is None:
        await case.hand.open("protection_plan", child_id=case.child_id, started_on=decision.plan.started_on, **stated)
        return
    if decision.plan != decision.before:
        stated |= {"ended_on": decision.plan.ended_on, "end_reason": PlanEnd.REVIEW_CONFERENCE.value}
    where = {"started_on": decision.before.started_on, "ended_on": decision.before.ended_on}
    for record in await case.hand.records("protection_plan", child_id=case.child_id, **where):
        await case.hand.revise("protection_plan", record["id"], stated)

"""An enquiry begins; a plan starts and ends; a child on a plan moves in or out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.history import store
from services.history.commands import (
    CompleteTransferOut,
    EndProtectionPlan,
    RecordStrategyDiscussion,
    RecordTransferIn,
    RecordTransferOut,
    StartProtectionPlan,
    WithdrawTransfer,
)
from services.history.recording.deed import Case, Details, Hand, days, record_all, record_one
from services.history.rules.days import about, judge_references
from services.history.rules.protection import (
    judge_completed,
    judge_discussed,
    judge_discussion,
    judge_no_enquiry_runs,
    judge_plan_end,
    judge_plan_start,
    judge_transfer_in,
    judge_transfer_out,
    judge_withdrawn,
)
from services.kernel.actor import Actor
from services.kernel.words import PlanEnd, TransferDirection
from services.platform.resources import Resources
from services.statutory.facts import PlanFact, TransferFact
from services.statutory.working_days import england


async def record_strategy_discussion(resources: Resources, actor: Actor, command: RecordStrategyDiscussion, now: datetime) -> list[UUID]:
    """Each of the children is owed an initial conference within 15 working days of that day, whatever day of the week it is.

    Answers the children's identifiers, in the order asked for. All or none: raises `Forbidden`, `NotFound`, `InvalidInput`.
    """

    async def work(hand: Hand, cases: Sequence[Case]) -> Sequence[Details]:
        judge_discussion(command, hand.today)
        for case in cases:
            with about(case.reference):
                judge_discussed("heldOn", command.held_on, case.facts)
                dues = await hand.dues(case.facts)
                judge_no_enquiry_runs("heldOn", command.held_on, case.facts, dues, england())
            await store.open_section47(hand.connection, case.child_id, command.held_on, hand.now)
        return [days(held_on=command.held_on)] * len(cases)

    return await record_all(resources, actor, command, now, work)


async def start_protection_plan(resources: Resources, actor: Actor, command: StartProtectionPlan, now: datetime) -> UUID:
    """A plan stands from that day on, on which a conference that may begin one is recorded, and its first review is owed.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput` where it cannot have started.
    """

    async def work(case: Case) -> Details:
        judge_plan_start(command, case.facts, case.hand.today)
        record_id = await case.hand.open(
            "protection_plan", child_id=case.child_id, started_on=command.started_on, category=command.category
        )
        return {"record_id": str(record_id), **days(started_on=command.started_on)}

    return await record_one(resources, actor, command, now, work)


async def end_protection_plan(resources: Resources, actor: Actor, command: EndProtectionPlan, now: datetime) -> UUID:
    """The child's open plan ended that day, for that reason: no review conference is owed from it on.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput` where nothing of the kind ended it.
    """

    async def work(case: Case) -> Details:
        plan = judge_plan_end(command, case.facts, case.hand.today)
        await _end_plan(case, plan, {"ended_on": command.ended_on, "end_reason": command.reason.value})
        return {"reason": command.reason.value, **days(started_on=plan.started_on, ended_on=command.ended_on)}

    return await record_one(resources, actor, command, now, work)


async def record_transfer_in(resources: Resources, actor: Actor, command: RecordTransferIn, now: datetime) -> list[UUID]:
    """Each of the children is owed a transfer-in conference within 15 working days of the notice.

    Answers the children's identifiers, in the order asked for. All or none: raises `Forbidden`, `NotFound`, `InvalidInput`.
    """

    async def work(hand: Hand, cases: Sequence[Case]) -> Sequence[Details]:
        judge_references(command.references, "households")
        told: list[Details] = []
        for case in cases:
            with about(case.reference):
                judge_transfer_in(command, case.facts, hand.today)
            record_id = await _open_transfer(case, TransferDirection.IN, command)
            told.append({"record_id": str(record_id), **days(notified_on=command.notified_on)})
        return told

    return await record_all(resources, actor, command, now, work)


async def record_transfer_out(resources: Resources, actor: Actor, command: RecordTransferOut, now: datetime) -> UUID:
    """The child is on its way to another authority; plan and reviews stay ours until that one has held its conference.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """

    async def work(case: Case) -> Details:
        judge_transfer_out(command, case.facts, case.hand.today)
        record_id = await _open_transfer(case, TransferDirection.OUT, command)
        return {"record_id": str(record_id), **days(notified_on=command.notified_on)}

    return await record_one(resources, actor, command, now, work)


async def complete_transfer_out(resources: Resources, actor: Actor, command: CompleteTransferOut, now: datetime) -> UUID:
    """The other authority has held its conference: our plan ended that day, and nothing more is owed on it.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """

    async def work(case: Case) -> Details:
        transfer, plan = judge_completed(command, case.facts, case.hand.today)
        await _revise_transfer(case, transfer, {"conference_on": command.conference_on})
        if plan is not None:
            await _end_plan(case, plan, {"ended_on": command.conference_on, "end_reason": PlanEnd.TRANSFERRED_OUT.value})
        return days(notified_on=transfer.notified_on, conference_on=command.conference_on)

    return await record_one(resources, actor, command, now, work)


async def withdraw_transfer(resources: Resources, actor: Actor, command: WithdrawTransfer, now: datetime) -> UUID:
    """The move does not come about: no transfer-in conference is owed, or our plan simply goes on.

    Answers the child's identifier. Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """

    async def work(case: Case) -> Details:
        transfer = judge_withdrawn(command, case.facts, case.hand.today)
        await _revise_transfer(case, transfer, {"withdrawn_on": command.withdrawn_on})
        return {"direction": command.direction.value, **days(withdrawn_on=command.withdrawn_on)}

    return await record_one(resources, actor, command, now, work)


async def _open_transfer(case: Case, direction: TransferDirection, command: RecordTransferIn | RecordTransferOut) -> UUID:
    return await case.hand.open("transfer", child_id=case.child_id, direction=direction.value, notified_on=command.notified_on)


async def _revise_transfer(case: Case, transfer: TransferFact, changes: Details) -> None:
    where = {"direction": transfer.direction.value, "notified_on": transfer.notified_on, "conference_on": None, "withdrawn_on": None}
    for record in await case.hand.records("transfer", child_id=case.child_id, **where):
        await case.hand.revise("transfer", record["id"], changes)


async def _end_plan(case: Case, plan: PlanFact, changes: Details) -> None:
    for record in await case.hand.records("protection_plan", child_id=case.child_id, started_on=plan.started_on, ended_on=None):
        await case.hand.revise("protection_plan", record["id"], changes)

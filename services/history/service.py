"""What people have recorded of children, each with what follows from it in the same transaction; and, for the rooms above,
the records and obligations themselves (from `store` and `projection`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from services.history import commands, store
from services.history.commands import EndCarePeriod, RecordStrategyDiscussion, RegisterChild, StartCarePeriod
from services.history.projection import (
    expect_household_obligation,
    expect_obligation,
    obligations_known_at,
    re_anchor,
    rewrite_household_obligations,
    rewrite_moving,
    rewrite_obligations,
)
from services.history.rules import (
    SHORT_BREAKS,
    judge_care_end,
    judge_care_start,
    judge_discussed,
    judge_discussion,
    judge_no_enquiry_runs,
    judge_parent,
    judge_registration,
)
from services.history.store import ensure_timescales, facts_of, household_facts_of, load_timescales, record_held_in, record_plan_in
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.permission import Act, Reach, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.statutory.clock import obligations
from services.statutory.working_days import england

__all__ = [
    "Afterwards",
    "approve_household",
    "call_earlier_review",
    "complete_transfer_out",
    "correct_care_period",
    "correct_care_status",
    "correct_child",
    "correct_earlier_review",
    "correct_enquiry",
    "correct_held_record",
    "correct_household",
    "correct_protection_plan",
    "correct_transfer",
    "end_care_period",
    "end_care_status",
    "end_household_approval",
    "end_protection_plan",
    "ensure_timescales",
    "expect_household_obligation",
    "expect_obligation",
    "facts_of",
    "household_facts_of",
    "load_timescales",
    "obligations_known_at",
    "re_anchor",
    "record_adoption_order",
    "record_birth",
    "record_death",
    "record_held_in",
    "record_held_meeting",
    "record_plan_in",
    "record_strategy_discussion",
    "record_transfer_in",
    "record_transfer_out",
    "register_child",
    "rewrite_household_obligations",
    "rewrite_moving",
    "rewrite_obligations",
    "start_care_period",
    "start_care_status",
    "start_protection_plan",
    "withdraw_transfer",
]


async def register_child(resources: Resources, actor: Actor, command: RegisterChild, now: datetime) -> UUID:
    """The child is known under its reference, with its sibling or its own child. Answers its identifier.

    Raises `Forbidden`, `InvalidInput` (also for a reference that is taken), `NotFound` for an unknown sibling or child.
    """
    if require(actor, Act.RECORD_CHILDREN) is not Reach.ALL:
        raise Forbidden("your role may not register a child: it would not be one of your own")

    async def work(connection: Connection) -> dict[str, Any]:
        judge_registration(command, resources.today(now))
        named = [each for each in (command.sibling_of, command.parent_of) if each is not None]
        known = await store.children_in_reach(connection, actor, named, resources.today(now))
        await store.lock_children(connection, known.values())
        child_id = await store.add_child(connection, command.reference, command.born_on, command.expected_on, now)
        if child_id is None:
            raise InvalidInput(f"the reference {command.reference} is taken by a child that is registered already", "reference")
        if command.sibling_of is not None:
            await store.make_siblings(connection, child_id, known[command.sibling_of], now)
        if command.parent_of is not None:
            await _make_parent(connection, command, child_id, known[command.parent_of], now)
        await audit.record(connection, actor, "REGISTER_CHILD", subject=f"child:{child_id}", details=_relations(command, known))
        return {"child_id": str(child_id)}

    return await _done(resources, actor, command, work)


async def start_care_period(resources: Resources, actor: Actor, command: StartCarePeriod, now: datetime) -> UUID:
    """The child is looked after from that day on, and its first review is owed. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` for a day on which it cannot have begun.
    """
    require(actor, Act.RECORD_CHILDREN)

    async def work(connection: Connection) -> dict[str, Any]:
        child_id = await _own_child(connection, actor, command.reference, resources, now)
        facts = await facts_of(connection, [child_id])
        judge_care_start(command, facts[child_id], resources.today(now))
        await store.open_care_period(
            connection,
            child_id,
            command.started_on,
            legal_status=command.legal_status,
            short_break=command.legal_status in SHORT_BREAKS,
            now=now,
        )
        details = {"started_on": command.started_on.isoformat()}
        return await _recorded(connection, actor, "START_CARE_PERIOD", child_id, details, resources.today(now))

    return await _done(resources, actor, command, work)


async def end_care_period(resources: Resources, actor: Actor, command: EndCarePeriod, now: datetime) -> UUID:
    """The child's open period of care ended that day: no review is owed from it on. Answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput` where no period is open or the day does not fit.
    """
    require(actor, Act.RECORD_CHILDREN)

    async def work(connection: Connection) -> dict[str, Any]:
        child_id = await _own_child(connection, actor, command.reference, resources, now)
        facts = await facts_of(connection, [child_id])
        period = judge_care_end(command, facts[child_id], resources.today(now))
        await store.close_care_period(
            connection, child_id, period.started_on, ended_on=command.ended_on, end_reason=command.reason, now=now
        )
        details = {"started_on": period.started_on.isoformat(), "ended_on": command.ended_on.isoformat()}
        return await _recorded(connection, actor, "END_CARE_PERIOD", child_id, details, resources.today(now))

    return await _done(resources, actor, command, work)


async def record_strategy_discussion(resources: Resources, actor: Actor, command: RecordStrategyDiscussion, now: datetime) -> list[UUID]:
    """Each of the children is owed an initial conference within 15 working days of that day, whatever day of the week it is.

    Answers the children's identifiers, in the order asked for. All or none: raises `Forbidden`, `NotFound`, `InvalidInput`.
    """
    require(actor, Act.RECORD_CHILDREN)

    async def work(connection: Connection) -> dict[str, Any]:
        today = resources.today(now)
        judge_discussion(command, today)
        known = await store.children_in_reach(connection, actor, command.references, today)
        await store.lock_children(connection, known.values())
        facts = await facts_of(connection, known.values())
        timescales = await load_timescales(connection)
        for reference, child_id in known.items():
            judge_discussed(command, facts[child_id])
            dues = obligations(facts[child_id], timescales, england())
            judge_no_enquiry_runs(reference, command.held_on, facts[child_id], dues, england())
            await store.open_section47(connection, child_id, command.held_on, now)
        await rewrite_obligations(connection, known.values(), today)
        details = {"held_on": command.held_on.isoformat()}
        subjects = [(f"child:{child_id}", details) for child_id in known.values()]
        await audit.record_many(connection, actor, "RECORD_STRATEGY_DISCUSSION", subjects)
        return {"child_ids": [str(known[reference]) for reference in command.references]}

    answer = await once(resources.database, actor, command.request_key, _body(command), work)
    return [UUID(each) for each in answer["child_ids"]]


async def _own_child(connection: Connection, actor: Actor, reference: str, resources: Resources, now: datetime) -> UUID:
    """The child, held until the transaction ends; raises `NotFound` where there is none, or not for this actor."""
    known = await store.children_in_reach(connection, actor, [reference], resources.today(now))
    await store.lock_children(connection, known.values())
    return known[reference]


async def _recorded(
    connection: Connection, actor: Actor, action: str, child_id: UUID, details: dict[str, str], today: date
) -> dict[str, Any]:
    await rewrite_obligations(connection, [child_id], today)
    await audit.record(connection, actor, action, subject=f"child:{child_id}", details=details)
    return {"child_id": str(child_id)}


async def _make_parent(connection: Connection, command: RegisterChild, parent_id: UUID, child_id: UUID, now: datetime) -> None:
    facts = (await facts_of(connection, [child_id])).get(child_id)
    if facts is None:
        raise NotFound(f"there is no child with the reference {command.parent_of}")
    judge_parent(command, facts)
    await store.add_parent(connection, child_id, parent_id, now)


def _relations(command: RegisterChild, known: dict[str, UUID]) -> dict[str, str]:
    related = {"sibling_id": command.sibling_of, "parent_of_id": command.parent_of}
    return {name: str(known[reference]) for name, reference in related.items() if reference is not None}


def _body(command: RegisterChild | StartCarePeriod | EndCarePeriod | RecordStrategyDiscussion) -> dict[str, Any]:
    fields = asdict(command)
    del fields["request_key"]
    return {"command": type(command).__name__, **fields}


async def _done(
    resources: Resources,
    actor: Actor,
    command: RegisterChild | StartCarePeriod | EndCarePeriod,
    work: Callable[[Connection], Awaitable[dict[str, Any]]],
) -> UUID:
    answer = await once(resources.database, actor, command.request_key, _body(command), work)
    return UUID(answer["child_id"])


Afterwards: TypeAlias = Callable[[Connection, UUID], Awaitable[None]]
"""What a room above does in the same transaction, with the child that is meant."""


async def record_birth(resources: Resources, actor: Actor, command: commands.RecordBirth, now: datetime) -> UUID:
    raise NotImplementedError


async def record_death(
    resources: Resources, actor: Actor, command: commands.RecordDeath, now: datetime, *, afterwards: Afterwards | None = None
) -> UUID:
    raise NotImplementedError


async def record_adoption_order(
    resources: Resources, actor: Actor, command: commands.RecordAdoptionOrder, now: datetime, *, afterwards: Afterwards | None = None
) -> UUID:
    raise NotImplementedError


async def start_protection_plan(resources: Resources, actor: Actor, command: commands.StartProtectionPlan, now: datetime) -> UUID:
    raise NotImplementedError


async def end_protection_plan(resources: Resources, actor: Actor, command: commands.EndProtectionPlan, now: datetime) -> UUID:
    raise NotImplementedError


async def record_transfer_in(resources: Resources, actor: Actor, command: commands.RecordTransferIn, now: datetime) -> list[UUID]:
    raise NotImplementedError


async def record_transfer_out(resources: Resources, actor: Actor, command: commands.RecordTransferOut, now: datetime) -> UUID:
    raise NotImplementedError


async def complete_transfer_out(resources: Resources, actor: Actor, command: commands.CompleteTransferOut, now: datetime) -> UUID:
    raise NotImplementedError


async def withdraw_transfer(resources: Resources, actor: Actor, command: commands.WithdrawTransfer, now: datetime) -> UUID:
    raise NotImplementedError


async def start_care_status(resources: Resources, actor: Actor, command: commands.StartCareStatus, now: datetime) -> UUID:
    raise NotImplementedError


async def end_care_status(resources: Resources, actor: Actor, command: commands.EndCareStatus, now: datetime) -> UUID:
    raise NotImplementedError


async def call_earlier_review(resources: Resources, actor: Actor, command: commands.CallEarlierReview, now: datetime) -> UUID:
    raise NotImplementedError


async def record_held_meeting(resources: Resources, actor: Actor, command: commands.RecordHeldMeeting, now: datetime) -> list[UUID]:
    raise NotImplementedError


async def approve_household(resources: Resources, actor: Actor, command: commands.ApproveHousehold, now: datetime) -> UUID:
    raise NotImplementedError


async def end_household_approval(resources: Resources, actor: Actor, command: commands.EndHouseholdApproval, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_child(resources: Resources, actor: Actor, command: commands.CorrectChild, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_care_period(resources: Resources, actor: Actor, command: commands.CorrectCarePeriod, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_protection_plan(resources: Resources, actor: Actor, command: commands.CorrectProtectionPlan, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_enquiry(resources: Resources, actor: Actor, command: commands.CorrectEnquiry, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_held_record(resources: Resources, actor: Actor, command: commands.CorrectHeldRecord, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_care_status(resources: Resources, actor: Actor, command: commands.CorrectCareStatus, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_transfer(resources: Resources, actor: Actor, command: commands.CorrectTransfer, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_earlier_review(resources: Resources, actor: Actor, command: commands.CorrectEarlierReview, now: datetime) -> UUID:
    raise NotImplementedError


async def correct_household(resources: Resources, actor: Actor, command: commands.CorrectHousehold, now: datetime) -> UUID:
    raise NotImplementedError

"""A person's own decision about one child: done at once, or asked of another manager."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.allocation import request_store, store
from services.allocation.choosing import Choice, look_at
from services.allocation.commands import AllocateTo, DecideRequest
from services.allocation.comparing import Option
from services.allocation.deciding import find_asked, know_family, must_be_in_scope
from services.allocation.figures import in_points, plain
from services.allocation.request_store import Request
from services.allocation.telling import kept_basis, kept_rejected
from services.booking.desk import Desk, open_desk
from services.booking.rechairing import chaired_for, rechair_in
from services.booking.rules import judge_text
from services.caseload import service as caseload
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotEligible
from services.kernel.permission import Act, Reach, reach, require
from services.kernel.words import ApprovalGround, BlockerCode, RequestState
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

__all__ = ["DecidedRequest", "Request", "Requested", "allocate_to", "decide_request", "requests", "requests_by_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """The decision waits for another manager."""

    request_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRequest:
    """What became of a request. `allocation_id`: where it was approved. `message` says what overtook it."""

    request_id: UUID
    state: RequestState
    allocation_id: UUID | None
    message: str | None


async def allocate_to(resources: Resources, actor: Actor, command: AllocateTo, now: datetime) -> UUID | Requested:
    """The child has this officer (answers the allocation), or another manager is asked: over the limit, for a change of IRO, and
    where a program would go against the recommendation.

    The reason is kept with whom the rules recommended and what the choice costs. Raises `NotEligible` where a hard rule forbids
    it, `NotFound`, `InvalidInput`.
    """
    require(actor, Act.ALLOCATE)
    reason = _judge_reason(command.reason, "why this officer is to have the child")
    today = resources.today(now)

    async def work(connection: Connection) -> dict[str, Any]:
        asked = await find_asked(connection, [command.reference], "reference")
        child = asked.children[command.reference].id
        officer = await request_store.find_officer(connection, command.iro_code)
        known = await know_family(connection, today, [child])
        must_be_in_scope(known, asked, "reference")
        if known.holders.get(child) == officer:
            return {"allocation": str((await store.load_allocations(connection, [child], today))[child])}
        if child not in known.weights:
            raise InvalidInput(f"{command.reference} needs no IRO any more", "reference")
        choice = look_at(known, child)
        option = _judge(choice, officer, command.iro_code)
        grounds = choice.needs_approval(option, actor)
        kept = _kept(choice, option)
        if not grounds:
            return {"allocation": str(await _allocate(connection, actor, choice, option, reason, kept, now, today))}
        return {"request": str(await _ask(connection, actor, choice, option, grounds, reason, kept, now))}

    body = {"allocate_to": command.reference, "iro": command.iro_code, "reason": command.reason}
    answer = await once(resources.database, actor, command.request_key, body, work)
    return UUID(answer["allocation"]) if "allocation" in answer else Requested(request_id=UUID(answer["request"]))


async def decide_request(resources: Resources, actor: Actor, command: DecideRequest, now: datetime) -> DecidedRequest:
    """The request is approved and done, declined, or overtaken by what happened since: then nothing changed.

    Booked meetings that the old officer chairs as the child's IRO get their new chair with it. Raises `Forbidden` to whoever
    approves her own (she may decline it, which takes it back), `NotFound`, `InvalidInput` for one that is decided already.
    """
    require(actor, Act.OVERRIDE)
    reason = _judge_reason(command.reason, "why it is approved or declined")

    async def work(connection: Connection) -> dict[str, Any]:
        desk = await open_desk(resources, connection, actor, now)
        await caseload.lock_decisions(connection)
        request = await request_store.lock_request(connection, command.id)
        if request.state is not RequestState.WAITING:
            raise InvalidInput(f"this request is {request.state.value} already", "id")
        if command.approve and request.asked_by == actor.subject:
            raise Forbidden("nobody approves her own request: another manager decides it")
        if not command.approve:
            return await _settle(desk, request, RequestState.DECLINED, reason)
        return await _approve(desk, request, reason)

    body = {"decide_request": str(command.id), "approve": command.approve, "reason": command.reason}
    answer = await once(resources.database, actor, command.request_key, body, work)
    await resources.doorbell.ring_delivery()
    allocation = answer["allocation"]
    return DecidedRequest(
        request_id=command.id,
        state=RequestState(answer["state"]),
        allocation_id=UUID(allocation) if allocation else None,
        message=answer["message"],
    )


async def requests(connection: Connection, actor: Actor, states: Collection[RequestState] | None) -> tuple[Request, ...]:
    """Requests in these states (None: all), the oldest first; to whoever may allocate."""
    return await request_store.load_requests(connection, states) if reach(actor, Act.ALLOCATE) is Reach.ALL else ()


async def requests_by_id(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Request]:
    """These requests; to whoever may allocate."""
    if reach(actor, Act.ALLOCATE) is not Reach.ALL:
        return {}
    return {request.id: request for request in await request_store.load_requests(connection, None, ids)}


# -------------------------------------------------------------------------------------------------------- asked


def _judge_reason(stated: str, what: str) -> str:
    reason = judge_text(stated, "reason")
    if reason is None:
        raise InvalidInput(f"a reason is needed: say {what}", "reason")
    return reason


def _judge(choice: Choice, officer: UUID, code: str) -> Option:
    """The officer as an option; raises `NotEligible` where the law or her absence forbids her."""
    option = choice.option_of(officer)
    if option is None:
        raise NotEligible(BlockerCode.UNAVAILABLE, f"{code} is not at the unit on {choice.problem.day.isoformat()}")
    if option.bars:
        _, bar = option.bars[0]
        raise NotEligible(bar.code, f"{bar.reason} ({bar.source})" if bar.source else bar.reason)
    return option


def _kept(choice: Choice, option: Option) -> dict[str, Any]:
    """What is kept of a person's choice: whom the rules recommended, what it costs, and what they said of everybody else."""
    others = [each for each in choice.options if each.officer.id != option.officer.id]
    costs = choice.costs(option)
    told = [choice.costs(each) for each in others if each.officer.id != choice.recommended]
    return {
        "reasons": [],
        "rejected": [kept_rejected(each) for each in told if each is not None],
        "recommended": None if choice.recommended is None else str(choice.recommended),
        "costs": None if costs is None else costs.message,
        "over": str(choice.problem.in_points(option.over)),
        **kept_basis(choice.problem),
    }


async def _allocate(
    connection: Connection, actor: Actor, choice: Choice, option: Option, reason: str, kept: dict[str, Any], now: datetime, today: date
) -> UUID:
    wanted = caseload.Assignment(
        child_id=choice.child.id,
        iro_id=option.officer.id,
        points=choice.problem.in_points(choice.child.points),
        reason=reason,
        decision={**kept, "reasons": [reason]},
        approved_by=actor.subject,
    )
    return (await caseload.assign_many(connection, [wanted], today, actor=actor, now=now))[choice.child.id]


async def _ask(
    connection: Connection,
    actor: Actor,
    choice: Choice,
    option: Option,
    grounds: tuple[ApprovalGround, ...],
    reason: str,
    kept: dict[str, Any],
    now: datetime,
) -> UUID:
    """A request waits. One that waited and has been overtaken makes way; raises `InvalidInput` where one still waits."""
    waiting = await request_store.waiting_of(connection, choice.child.id)
    if waiting is not None:
        earlier, taken_from = waiting
        if taken_from == choice.holder:
            raise InvalidInput(f"a request for {choice.child.reference} waits already: let it be decided, or take it back", "reference")
        message = "the child has another IRO than when it was asked"
        await request_store.decide(
            connection, earlier, RequestState.OVERTAKEN, by=actor.subject, now=now, reason="asked anew", message=message
        )
    request_id = await request_store.add_request(
        connection,
        child_id=choice.child.id,
        iro_id=option.officer.id,
        from_iro_id=choice.holder,
        grounds=grounds,
        reason=reason,
        by=actor.subject,
        now=now,
        decision=kept,
    )
    details = {"iro": option.officer.code, "for": [ground.value for ground in grounds]}
    await audit.record(connection, actor, "REQUEST_APPROVAL", subject=f"allocation_request:{request_id}", details=details)
    return request_id


# ------------------------------------------------------------------------------------------------------ decided


async def _settle(
    desk: Desk, request: Request, state: RequestState, reason: str, *, allocation: UUID | None = None, message: str | None = None
) -> dict[str, Any]:
    await request_store.decide(desk.connection, request.id, state, by=desk.actor.subject, now=desk.now, reason=reason, message=message)
    subject = f"allocation_request:{request.id}"
    await audit.record(desk.connection, desk.actor, "DECIDE_REQUEST", subject=subject, details={"state": state.value})
    return {"state": state.value, "allocation": None if allocation is None else str(allocation), "message": message}


async def _approve(desk: Desk, request: Request, reason: str) -> dict[str, Any]:
    known = await know_family(desk.connection, desk.today, [request.child_id])
    overtaken, choice = None, None
    if known.holders.get(request.child_id) != request.from_iro_id:
        overtaken = f"{request.reference} has another IRO than when it was asked"
    elif request.child_id not in known.weights:
        overtaken = f"{request.reference} is neither in care nor on a plan nor awaiting a conference any more"
    else:
        choice = look_at(known, request.child_id)
        overtaken = _overtaken(choice, request)
    if choice is None or overtaken is not None:
        return await _settle(desk, request, RequestState.OVERTAKEN, reason, message=overtaken)
    option = choice.option_of(request.iro_id)
    assert option is not None  # else it was overtaken
    kept = {**_kept(choice, option), "request_id": str(request.id), "approval_reason": reason}
    allocation = await _allocate(desk.connection, desk.actor, choice, option, request.reason, kept, desk.now, desk.today)
    if request.from_iro_id is not None:
        await _rechair(desk, request.child_id, request.from_iro_id, request.iro_id)
    return await _settle(desk, request, RequestState.APPROVED, reason, allocation=allocation)


def _overtaken(choice: Choice, request: Request) -> str | None:
    """What has changed since it was asked, so that another thing would be approved than was asked; None where nothing has."""
    option = choice.option_of(request.iro_id)
    if option is None:
        return "the officer is not at the unit any more"
    if option.bars:
        return option.bars[0][1].reason
    over, then = choice.problem.in_points(option.over), Decimal(request.decision.get("over", "0"))
    if over > then:
        return f"{option.officer.code} would stand {in_points(over)} over her limit now, {plain(then)} when it was asked"
    return None


async def _rechair(desk: Desk, child_id: UUID, old: UUID, new: UUID) -> None:
    """Booked meetings of the child that its old IRO chairs as such have their new chair, go on with her as cover, or list a chair
    among their needs."""
    for meeting in await chaired_for(desk.connection, [child_id], old, desk.today):
        await rechair_in(desk, meeting.meeting_id, meeting.version, new, "the child has another IRO")

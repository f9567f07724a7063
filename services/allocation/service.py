"""Giving children their IROs: one family at once, or all by a run of the solver worker."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.allocation import performing, store
from services.allocation.commands import AllocateChildren, CancelRun
from services.allocation.deciding import Asked, decisions_of, find_asked, impossible, know_family, must_be_in_scope
from services.allocation.door import settle
from services.allocation.posing import pose
from services.allocation.telling import kept_decision
from services.caseload import service as caseload
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

__all__ = ["AllocateChildren", "CancelRun", "allocate_now", "cancel_run", "is_one_family", "perform_waiting", "request_run"]


async def request_run(resources: Resources, actor: Actor, command: AllocateChildren, now: datetime) -> UUID:
    """A run is waiting for the solver worker, and its bell was rung; answers the run's id. Needs the right to allocate."""
    require(actor, Act.ALLOCATE)
    today = resources.today(now)

    async def queue(connection: Connection) -> dict[str, Any]:
        if command.references is not None:
            await find_asked(connection, command.references, "references")
        run_id = new_id()
        await store.add_run(connection, run_id, command.references, today, actor.subject, now)
        await audit.record(connection, actor, "REQUEST_ALLOCATION", subject=f"allocation_run:{run_id}")
        return {"run_id": str(run_id)}

    body = {"request_run": command.references}
    answer = await once(resources.database, actor, command.request_key, body, queue)
    await resources.doorbell.ring_solver("perform_allocations")
    return UUID(answer["run_id"])


async def is_one_family(resources: Resources, references: Collection[str]) -> bool:
    """Whether these children are one child or one sibling group: then `allocate_now` answers at once."""
    async with resources.database.connection() as connection:
        found = await store.find_children(connection, references)
        return await _is_one_family(connection, [child.id for child in found.values()])


async def allocate_now(resources: Resources, actor: Actor, command: AllocateChildren, now: datetime) -> tuple[UUID, ...]:
    """One family has its IRO; answers the allocations in the order of the references. A child that has one keeps her.

    No limit is passed: where nobody has room or may have the children, `Impossible` says which rules collide. Raises
    `NotFound` for an unknown reference and `InvalidInput` for a child out of scope or for more than one family.
    """
    require(actor, Act.ALLOCATE)
    references = command.references
    if not references:
        raise InvalidInput("name the children, or ask for a run that allocates all", "references")
    today = resources.today(now)

    async def allocate(connection: Connection) -> dict[str, Any]:
        asked = await find_asked(connection, references, "references")
        if not await _is_one_family(connection, asked.ids):
            raise InvalidInput("these children are not one sibling group: ask for a run", "references")
        await _decide(connection, actor, asked, today, now)
        allocated = await store.load_allocations(connection, asked.ids, today)
        return {"allocations": [str(allocated[asked.children[reference].id]) for reference in dict.fromkeys(references)]}

    body = {"allocate_now": list(references)}
    answer = await once(resources.database, actor, command.request_key, body, allocate)
    return tuple(UUID(each) for each in answer["allocations"])


async def cancel_run(resources: Resources, actor: Actor, command: CancelRun, now: datetime) -> UUID:
    """The run is CANCELLED: one that waits is never begun, one at work stops at its next sign of life and has written nothing.

    Raises `NotFound`, and `InvalidInput` for a run that has ended.
    """
    require(actor, Act.ALLOCATE)

    async def cancel(connection: Connection) -> dict[str, Any]:
        state = await store.lock_run(connection, command.id)
        if state is None:
            raise NotFound(f"there is no allocation run {command.id}")
        if state.is_final:
            raise InvalidInput(f"this run is {state.value}: there is nothing left to cancel", "id")
        await store.cancel_run(connection, command.id, now)
        await audit.record(connection, actor, "CANCEL_ALLOCATION", subject=f"allocation_run:{command.id}")
        return {"run_id": str(command.id)}

    body = {"cancel_allocation": str(command.id), "reason": command.reason}
    return UUID((await once(resources.database, actor, command.request_key, body, cancel))["run_id"])


async def perform_waiting(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Performs every run that waits, and those whose worker is gone; answers how many. Safe to call twice at once."""
    return await performing.perform_waiting(resources, clock)


async def _is_one_family(connection: Connection, child_ids: list[UUID]) -> bool:
    groups = await store.load_sibling_groups(connection, child_ids)
    return len({groups.get(child, str(child)) for child in child_ids}) == 1


async def _decide(connection: Connection, actor: Actor, asked: Asked, today: date, now: datetime) -> None:
    """Decides under the lock of decisions: what is read cannot change before it is written."""
    known = await know_family(connection, today, asked.ids)
    must_be_in_scope(known, asked, "references")
    wanted = [child for child in asked.ids if child not in known.holders]
    if not wanted:
        return
    problem = pose(known, wanted, may_exceed=False)
    best = settle(problem)
    if best is None:
        raise impossible(problem)
    assignments = [
        caseload.Assignment(
            child_id=child,
            iro_id=decision.officer,
            points=known.weights[child].points,
            reason=decision.reasons[0],
            decision=kept_decision(problem, decision),
        )
        for decision in decisions_of(problem, best)
        for child in decision.children
    ]
    await caseload.assign_many(connection, assignments, today, actor=actor, now=now)

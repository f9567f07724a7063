"""Giving children their IROs: one family at once, or all by a run of the solver worker."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.allocation import performing, store
from services.allocation.bounds import least_worst_utilisation
from services.allocation.commands import AllocateChildren
from services.allocation.door import decide_family
from services.allocation.explain import blockers, collision, explain
from services.allocation.posing import Known, pose
from services.allocation.problem import Problem
from services.allocation.telling import kept_decision
from services.caseload import service as caseload
from services.kernel.actor import Actor
from services.kernel.errors import Blocker, Impossible, InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

__all__ = ["AllocateChildren", "allocate_now", "is_one_family", "perform_waiting", "request_run"]


async def request_run(resources: Resources, actor: Actor, command: AllocateChildren, now: datetime) -> UUID:
    """A run is waiting for the solver worker, and its bell was rung; answers the run's id. Needs the right to allocate."""
    require(actor, Act.ALLOCATE)
    today = resources.today(now)

    async def queue(connection: Connection) -> dict[str, Any]:
        if command.references is not None:
            await _find(connection, command.references)
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
        return await _is_one_family(connection, list((await store.find_children(connection, references)).values()))


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
        found = await _find(connection, references)
        if not await _is_one_family(connection, list(found.values())):
            raise InvalidInput("these children are not one sibling group: ask for a run", "references")
        await _decide(connection, actor, found, today, now)
        allocated = await store.load_allocations(connection, list(found.values()), today)
        return {"allocations": [str(allocated[found[reference]]) for reference in dict.fromkeys(references)]}

    body = {"allocate_now": list(references)}
    answer = await once(resources.database, actor, command.request_key, body, allocate)
    return tuple(UUID(each) for each in answer["allocations"])


async def perform_waiting(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Performs every run that waits, and those whose worker is gone; answers how many. Safe to call twice at once."""
    return await performing.perform_waiting(resources, clock)


async def _find(connection: Connection, references: Collection[str]) -> dict[str, UUID]:
    found = await store.find_children(connection, references)
    missing = sorted(set(references) - set(found))
    if missing:
        raise NotFound(f"there is no child {missing[0]}")
    return found


async def _is_one_family(connection: Connection, child_ids: list[UUID]) -> bool:
    groups = await store.load_sibling_groups(connection, child_ids)
    return len({groups.get(child, str(child)) for child in child_ids}) == 1


async def _decide(connection: Connection, actor: Actor, found: dict[str, UUID], today: date, now: datetime) -> None:
    """Decides under the lock of decisions: what is read cannot change before it is written."""
    await caseload.lock_decisions(connection)
    await caseload.ensure_scheme(connection, today)
    known = await store.load_known(connection, today)
    wanted = _in_need(known, found)
    if not wanted:
        return
    problem = pose(known, wanted, may_exceed=False)
    answer = decide_family(problem)
    if answer is None:
        raise _impossible(problem)
    told = explain(problem, answer, least_worst_utilisation(problem))
    assignments = [
        caseload.Assignment(child_id=child, iro_id=decision.officer, reason=decision.reasons[0], decision=kept_decision(problem, decision))
        for decision in told.decisions
        for child in decision.children
    ]
    await caseload.assign_many(connection, assignments, today, actor=actor, now=now)


def _in_need(known: Known, found: dict[str, UUID]) -> list[UUID]:
    in_scope = {child.child_id for child in known.children}
    for reference, child in found.items():
        if child not in in_scope and child not in known.holders:
            raise InvalidInput(f"{reference} is neither in care nor on a plan nor awaiting a conference: it needs no IRO", "references")
    return [child for child in found.values() if child not in known.holders]


def _impossible(problem: Problem) -> Impossible:
    """The rules at fault for the first child that cannot be placed, or for the family together."""
    answer: dict[UUID, UUID] = {}
    found: tuple[Blocker, ...] = ()
    for child in problem.children:
        found = blockers(problem, answer, child)
        free = [officer for officer in problem.officers if not any(each.resource_code == officer.code for each in found)]
        if not free:
            break
        answer[child.id] = max(free, key=lambda officer: officer.limit - officer.held).id
    return Impossible(collision(problem, found), found)

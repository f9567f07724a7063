"""Rebalancing: a proposal is asked for, looked at, applied as a whole or in part, and undone on the same day."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.allocation.rebalancing import performing, store
from services.allocation.rebalancing.applying import apply_in
from services.allocation.rebalancing.commands import (
    Applied,
    ApplyRebalancing,
    CancelRebalancing,
    ProposeRebalancing,
    UndoRebalancing,
)
from services.allocation.rebalancing.keeping import kept_results, results_of_kept
from services.allocation.rebalancing.store import Wanted
from services.allocation.rebalancing.undoing import undo_in
from services.booking.rules import judge_text
from services.caseload import service as caseload
from services.caseload.capacity import limit_of
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound, Superseded
from services.kernel.ids import new_id
from services.kernel.permission import Act, require
from services.kernel.words import RunState
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

__all__ = [
    "Applied",
    "ApplyRebalancing",
    "CancelRebalancing",
    "ProposeRebalancing",
    "UndoRebalancing",
    "apply",
    "cancel_rebalancing",
    "perform_waiting_rebalancings",
    "propose",
    "undo",
]

MOST_MOVES = 1000
_MOST_TARGET = Decimal(2)
_TARGET_PLACES = 4
_JOB = "perform_rebalancings"
_NAMED = 5
"""Of many that are not there, so many are named."""
_WANTED = (RunState.QUEUED, RunState.RUNNING, RunState.PROPOSED)


async def propose(resources: Resources, actor: Actor, command: ProposeRebalancing, now: datetime) -> UUID:
    """A rebalancing is QUEUED for the solver worker, and its bell was rung; answers its id. Nothing is moved by it.

    Raises `InvalidInput` for figures that cannot be meant and where everybody with capacity would be absent, `NotFound` for
    officers and children who are not there, `Forbidden` without the right to rebalance.
    """
    require(actor, Act.REBALANCE)
    _judge_figures(command)
    today = resources.today(now)

    async def queue(connection: Connection) -> dict[str, Any]:
        wanted = await _wanted(connection, command, today)
        run_id = new_id()
        await store.add_run(connection, run_id, wanted, today, actor.subject, now)
        details = {"max_moves": command.max_moves, "absent": list(command.absent_iros), "keep": len(wanted.keep_child_ids)}
        await audit.record(connection, actor, "REQUEST_REBALANCING", subject=f"rebalancing:{run_id}", details=details)
        return {"id": str(run_id)}

    answer = await once(resources.database, actor, command.request_key, {"propose_rebalancing": _body(command)}, queue)
    await resources.doorbell.ring_solver(_JOB)
    return UUID(answer["id"])


async def apply(resources: Resources, actor: Actor, command: ApplyRebalancing, now: datetime) -> Applied:
    """The moves named (None: all) are made from today on, each whole or not at all; answers what became of each.

    Children have their new IRO, with who applied as approver; booked meetings are re-chaired or listed with what they need;
    everybody invited hears of it, and each officer concerned gets one letter with numbers. A move that the rules forbid without
    the others is refused by name and the rest is made. Where the world has changed since the proposal, nothing is applied, the
    rebalancing is SUPERSEDED and `Superseded` says what changed. Raises `InvalidInput` in any other state than PROPOSED,
    `NotFound`, and `Forbidden` to whoever asked for it where the unit wants two (`rebalancing_by_two`).
    """
    require(actor, Act.REBALANCE)
    reason = judge_text(command.reason, "reason")
    if reason is None:
        raise InvalidInput("say why: children do not change their IRO without a reason", "reason")

    async def work(connection: Connection) -> dict[str, Any]:
        try:
            applied = await apply_in(resources, connection, actor, command, reason, now)
        except Superseded as changed:
            if await store.supersede(connection, command.id, str(changed)):
                await audit.record(connection, actor, "SUPERSEDE_REBALANCING", subject=f"rebalancing:{command.id}")
            return {"superseded": str(changed)}
        return {"results": kept_results(applied.results)}

    body = {"apply_rebalancing": str(command.id), "moves": _texts(command.move_ids), "reason": command.reason}
    return await _answered(resources, await once(resources.database, actor, command.request_key, body, work))


async def undo(resources: Resources, actor: Actor, command: UndoRebalancing, now: datetime) -> Applied:
    """What a rebalancing did today is as it was: allocations exactly, chairs where they are free; answers what became of each move.

    A move that something has overtaken since is refused by name and stays made. The history keeps both. Raises
    `InvalidInput` on another day or where nothing was applied, `NotFound`, `Forbidden`.
    """
    require(actor, Act.REBALANCE)
    reason = judge_text(command.reason, "reason")

    async def work(connection: Connection) -> dict[str, Any]:
        undone = await undo_in(resources, connection, actor, command, reason, now)
        return {"results": kept_results(undone.results)}

    body = {"undo_rebalancing": str(command.id), "reason": command.reason}
    return await _answered(resources, await once(resources.database, actor, command.request_key, body, work))


async def cancel_rebalancing(resources: Resources, actor: Actor, command: CancelRebalancing, now: datetime) -> UUID:
    """It is CANCELLED: a worker that is at it stops at its next beat and writes nothing. Raises `InvalidInput` for one that has ended."""
    require(actor, Act.REBALANCE)
    reason = judge_text(command.reason, "reason")

    async def work(connection: Connection) -> dict[str, Any]:
        found = await store.lock(connection, command.id)
        if found.state not in _WANTED:
            raise InvalidInput(f"this rebalancing is {found.state.value}: there is nothing left to cancel", "id")
        await store.cancel(connection, found.id, reason, now)
        await audit.record(connection, actor, "CANCEL_REBALANCING", subject=f"rebalancing:{found.id}")
        return {"id": str(found.id)}

    body = {"cancel_rebalancing": str(command.id), "reason": command.reason}
    return UUID((await once(resources.database, actor, command.request_key, body, work))["id"])


async def perform_waiting_rebalancings(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Performs every rebalancing that waits, and those whose worker is gone; answers how many. Safe to call twice at once."""
    return await performing.perform_waiting(resources, clock)


async def _answered(resources: Resources, answer: dict[str, Any]) -> Applied:
    if "superseded" in answer:
        raise Superseded(answer["superseded"])
    await resources.doorbell.ring_delivery()
    return Applied(results=results_of_kept(answer["results"]))


# --------------------------------------------------------------------------------------------------- what is asked


def _judge_figures(command: ProposeRebalancing) -> None:
    if not 1 <= command.max_moves <= MOST_MOVES:
        raise InvalidInput(f"maxMoves {command.max_moves}: give how many moves you would make, from 1 to {MOST_MOVES}", "maxMoves")
    target = command.target_utilisation
    if target is None:
        return
    if not (target.is_finite() and 0 < target <= _MOST_TARGET):
        raise InvalidInput(f"targetUtilisation {target}: give a share of the limit, for example 0.95 for 95 %", "targetUtilisation")
    if target != round(target, _TARGET_PLACES):
        raise InvalidInput(
            f"targetUtilisation {target}: a share has {_TARGET_PLACES} decimals at most, for example 0.9525", "targetUtilisation"
        )


async def _wanted(connection: Connection, command: ProposeRebalancing, today: date) -> Wanted:
    officers = await store.find_officers(connection, command.absent_iros)
    _judge_found("IRO", command.absent_iros, officers)
    children = await store.find_children(connection, command.keep_references)
    _judge_found("child", command.keep_references, children)
    await caseload.ensure_scheme(connection, today)
    await _judge_somebody_left(connection, set(officers.values()), today)
    return Wanted(
        max_moves=command.max_moves,
        absent_iro_ids=tuple(dict.fromkeys(officers[code] for code in command.absent_iros)),
        keep_child_ids=tuple(dict.fromkeys(children[reference] for reference in command.keep_references)),
        target_utilisation=command.target_utilisation,
    )


def _judge_found(what: str, asked: Collection[str], found: Collection[str]) -> None:
    missing = sorted(set(asked) - set(found))
    if missing:
        more = f" (and {len(missing) - _NAMED} more)" if len(missing) > _NAMED else ""
        raise NotFound(f"there is no {what} {', '.join(missing[:_NAMED])}{more}")


async def _judge_somebody_left(connection: Connection, absent: Collection[UUID], today: date) -> None:
    scheme = await caseload.scheme_on(connection, today)
    there = [officer for officer in await caseload.officers_on(connection, today) if limit_of(officer, scheme) > 0]
    if all(officer.iro_id in absent for officer in there):
        words = "every officer with capacity would be absent: nobody is left to take a child" if there else "no officer has capacity today"
        raise InvalidInput(words, "absentIros")


def _body(command: ProposeRebalancing) -> dict[str, Any]:
    target = command.target_utilisation
    return {
        "max_moves": command.max_moves,
        "absent": list(command.absent_iros),
        "keep": list(command.keep_references),
        "target": None if target is None else str(target),
    }


def _texts(ids: Collection[UUID] | None) -> list[str] | None:
    return None if ids is None else [str(each) for each in ids]

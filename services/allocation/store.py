"""What a decision looks at, and the runs of the solver, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.allocation.claiming import STALE_AFTER
from services.allocation.posing import Known, Tie
from services.caseload import service as caseload
from services.caseload import store as allocations
from services.caseload.weights import weigh
from services.kernel.words import IndependenceGround, RunState
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run that this worker has claimed; `attempts` tells it from any other worker's claim."""

    id: UUID
    child_references: tuple[str, ...] | None
    today: date
    requested_by: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended. Shares are of the limit (1: exactly at it)."""

    state: RunState
    message: str
    worst_utilisation: Decimal | None = None
    bound: Decimal | None = None
    unallocated: tuple[dict[str, Any], ...] = ()


async def load_known(connection: Connection, on: date) -> Known:
    """Everything that a decision looks at on a day, as the records have it."""
    scheme = await caseload.scheme_on(connection, on)
    children = await allocations.load_children(connection, on, None)
    ids, references = [child.child_id for child in children], [child.reference for child in children]
    barred: dict[str, tuple[Tie, ...]] = {}
    async for row in _sql.may_not_chair(connection, references=references):
        tie = Tie(officer=row["iro_id"], ground=IndependenceGround(row["ground"]), reason=row["reason"])
        barred[row["reference"]] = (*barred.get(row["reference"], ()), tie)
    return Known(
        day=on,
        scheme=scheme,
        children=children,
        weights=weigh(children, scheme),
        holders=await allocations.load_holders(connection, on),
        officers=await allocations.load_officers(connection, on),
        may_not_chair=barred,
        parents=tuple(sorted([(row["parent_id"], row["child_id"]) async for row in _sql.parents_of(connection, child_ids=ids)])),
        last_iros={row["child_id"]: row["iro_id"] async for row in _sql.last_iros(connection, child_ids=ids, on_day=on)},
        categories={row["child_id"]: row["category"] async for row in _sql.plan_categories(connection, child_ids=ids, on_day=on)},
    )


async def find_children(connection: Connection, references: Collection[str]) -> dict[str, UUID]:
    """The children of these references, as far as there are any."""
    return {row["reference"]: row["id"] async for row in _sql.children_by_reference(connection, references=list(references))}


async def load_sibling_groups(connection: Connection, child_ids: Collection[UUID]) -> dict[UUID, str]:
    return {row["child_id"]: row["group_key"] async for row in _sql.siblings_of(connection, child_ids=list(child_ids))}


async def load_allocations(connection: Connection, child_ids: Collection[UUID], on: date) -> dict[UUID, UUID]:
    """The allocation in force of each child that has one."""
    return {row["child_id"]: row["id"] async for row in _sql.allocations_of(connection, child_ids=list(child_ids), on_day=on)}


async def add_run(connection: Connection, run_id: UUID, references: tuple[str, ...] | None, today: date, by: str, now: datetime) -> None:
    wanted = None if references is None else list(references)
    await _sql.add_run(connection, id=run_id, child_references=wanted, today=today, requested_by=by, requested_at=now)


async def claim_run(connection: Connection) -> Run | None:
    """The next run that waits or was left behind, now this worker's; None when there is none."""
    row = await _sql.claim_run(connection, stale_after=STALE_AFTER)
    if row is None:
        return None
    references = row["child_references"]
    return Run(**{**row, "child_references": None if references is None else tuple(references)})


async def beat(connection: Connection, run: Run) -> bool:
    """Tells that the run is being worked on; False when it is no longer this worker's."""
    return bool(await _sql.beat(connection, id=run.id, attempts=run.attempts))


async def show_progress(connection: Connection, run: Run, progress: float, worst: Decimal, bound: Decimal) -> None:
    await _sql.show_progress(connection, id=run.id, attempts=run.attempts, progress=progress, worst_utilisation=worst, bound=bound)


async def hold_run(connection: Connection, run: Run) -> bool:
    """Locks the run until the transaction ends; False when it is no longer this worker's."""
    return bool(await _sql.hold_run(connection, id=run.id, attempts=run.attempts))


async def finish_run(connection: Connection, run: Run, outcome: Outcome, now: datetime) -> None:
    await _sql.finish_run(
        connection,
        id=run.id,
        attempts=run.attempts,
        state=outcome.state.value,
        finished_at=now,
        worst_utilisation=outcome.worst_utilisation,
        bound=outcome.bound,
        unallocated=list(outcome.unallocated),
        message=outcome.message,
    )

"""What a decision looks at, and the runs of the solver, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.allocation.claiming import STALE_AFTER
from services.allocation.order import order_of
from services.allocation.posing import Known, Tie
from services.caseload import service as caseload
from services.caseload import store as allocations
from services.caseload.capacity import household_points
from services.caseload.standing import standing_on
from services.caseload.weights import ChildOnDay, Scheme, weigh
from services.directory.store import load_settings
from services.history.circumstances import Circumstance, circumstances_on
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
class Named:
    """A child and what it goes by, which is another reference where two were found to be one child."""

    id: UUID
    reference: str


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
    holders = await allocations.load_holders(connection, on)
    return await _load_about(connection, on, scheme, children, holders)


async def load_near(connection: Connection, on: date, child_ids: Collection[UUID], scheme: Scheme) -> Known:
    """As `load_known`, of these children, their brothers and sisters and their parents and children alone.

    Everybody else is in what each officer holds in all: as `standing` keeps it, which the caller has renewed or found as it
    should be.
    """
    near = [row["id"] async for row in _sql.relatives_of(connection, child_ids=list(child_ids))]
    children = await allocations.load_children(connection, on, near)
    rows = _sql.allocations_of(connection, child_ids=list({*near, *(child.child_id for child in children)}), on_day=on)
    holders = {row["child_id"]: row["iro_id"] async for row in rows}
    known = await _load_about(connection, on, scheme, children, holders)
    held = await standing_on(connection, on)
    homes = {one.iro_id: household_points(known.households.get(one.iro_id, 0), scheme) for one in known.officers}
    return replace(known, standing={officer: held.get(officer, Decimal(0)) + points for officer, points in homes.items()})


async def _load_about(
    connection: Connection, on: date, scheme: Scheme, children: tuple[ChildOnDay, ...], holders: Mapping[UUID, UUID]
) -> Known:
    """These children and their holders with all that rules and wishes say of them, and every officer."""
    ids = [child.child_id for child in children]
    about = {"child_ids": ids, "on_day": on}
    circumstances = await circumstances_on(connection, on, ids)
    return Known(
        day=on,
        scheme=scheme,
        children=children,
        weights=weigh(children, scheme),
        holders=holders,
        officers=await allocations.load_officers(connection, on),
        may_not_chair=await _load_ties(connection, [child.reference for child in children]),
        parents=tuple(sorted([(row["parent_id"], row["child_id"]) async for row in _sql.parents_of(connection, child_ids=ids)])),
        last_iros={row["child_id"]: row["iro_id"] async for row in _sql.last_iros(connection, **about)},
        categories={row["child_id"]: row["category"] async for row in _sql.plan_categories(connection, **about)},
        circumstances=circumstances,
        conference_chairs={
            row["child_id"]: row["chair_id"] async for row in _sql.conference_chairs(connection, **about) if row["chair_id"] is not None
        },
        panels=await _load_panels(connection, about),
        household_reviewers=await _load_reviewers(connection, on, circumstances),
        households=await caseload.households_on(connection, on),
        order=order_of(await load_settings(connection, on)),
    )


async def _load_ties(connection: Connection, references: list[str]) -> dict[str, tuple[Tie, ...]]:
    found: dict[str, tuple[Tie, ...]] = {}
    async for row in _sql.may_not_chair(connection, references=references):
        tie = Tie(officer=row["iro_id"], ground=IndependenceGround(row["ground"]), reason=row["reason"])
        found[row["reference"]] = (*found.get(row["reference"], ()), tie)
    return found


async def _load_panels(connection: Connection, about: dict[str, Any]) -> dict[UUID, frozenset[UUID]]:
    found: dict[UUID, frozenset[UUID]] = {}
    async for row in _sql.panels(connection, **about):
        found[row["child_id"]] = found.get(row["child_id"], frozenset()) | {row["chair_id"]}
    return found


async def _load_reviewers(connection: Connection, on: date, circumstances: Mapping[UUID, Circumstance]) -> dict[UUID, UUID]:
    """Who reviews the foster home that each child lives in."""
    homes = {child: stated.household_id for child, stated in circumstances.items() if stated.household_id is not None}
    if not homes:
        return {}
    rows = _sql.reviewers_of(connection, household_ids=list(set(homes.values())), on_day=on)
    reviewers = {row["household_id"]: row["iro_id"] async for row in rows}
    return {child: reviewers[home] for child, home in homes.items() if home in reviewers}


async def find_children(connection: Connection, references: Collection[str]) -> dict[str, Named]:
    """The children of these references, as far as there are any."""
    rows = _sql.children_by_reference(connection, references=list(references))
    return {row["asked"]: Named(id=row["id"], reference=row["reference"]) async for row in rows}


async def load_sibling_groups(connection: Connection, child_ids: Collection[UUID]) -> dict[UUID, str]:
    return {row["child_id"]: row["group_key"] async for row in _sql.siblings_of(connection, child_ids=list(child_ids))}


async def load_allocations(connection: Connection, child_ids: Collection[UUID], on: date) -> dict[UUID, UUID]:
    """The allocation in force of each child that has one."""
    return {row["child_id"]: row["id"] async for row in _sql.allocations_of(connection, child_ids=list(child_ids), on_day=on)}


async def add_run(connection: Connection, run_id: UUID, references: tuple[str, ...] | None, today: date, by: str, now: datetime) -> None:
    wanted = None if references is None else list(references)
    await _sql.add_run(connection, id=run_id, child_references=wanted, today=today, requested_by=by, requested_at=now)


async def lock_run(connection: Connection, run_id: UUID) -> RunState | None:
    """The state of a run, which nobody changes until the transaction ends; None where there is none."""
    state = await _sql.lock_run(connection, id=run_id)
    return None if state is None else RunState(state)


async def cancel_run(connection: Connection, run_id: UUID, now: datetime) -> None:
    await _sql.cancel_run(connection, id=run_id, now=now)


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

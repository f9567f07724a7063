"""What viewers read of allocation runs: to those who may allocate; decisions to those who may see the child."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.caseload.reading import Allocation
from services.directory.reading import all_rows, grouped
from services.history.reading import children_seen
from services.kernel.actor import Actor
from services.kernel.errors import Blocker
from services.kernel.permission import Act, Reach, reach
from services.kernel.words import BlockerCode, ResourceKind, RunState
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedOfficer:
    """An IRO who was not chosen, and why."""

    iro_id: UUID
    code: BlockerCode
    message: str
    would_fit_if: str | None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One allocation with the reasons that were kept when it was made.

    `points`: what the child weighed then, by the scheme `scheme_id`; `known_at`: the instant whose records counted. `recommended`,
    `costs`: whom a person decided against, and what that cost, as it was then.
    """

    allocation: Allocation
    reasons: tuple[str, ...]
    rejected: tuple[RejectedOfficer, ...]
    points: Decimal | None = None
    scheme_id: UUID | None = None
    engine: str | None = None
    known_at: datetime | None = None
    order: tuple[str, ...] = ()
    recommended: UUID | None = None
    costs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unallocated:
    child_id: UUID
    reference: str
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    id: UUID
    state: RunState
    progress: float
    worst_utilisation: Decimal | None
    worst_utilisation_bound: Decimal | None
    message: str | None
    unallocated: tuple[Unallocated, ...]


async def runs(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Run]:
    if reach(actor, Act.ALLOCATE) is not Reach.ALL:
        return {}
    return {row["id"]: _run(row) for row in await all_rows(_queries.runs_by_ids(connection, ids=list(ids)))}


async def decisions_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Decision]]:
    """The decisions of each run, by the child's reference."""
    if reach(actor, Act.ALLOCATE) is not Reach.ALL:
        return {}
    rows = await all_rows(_queries.decisions(connection, runs=list(ids), allocations=[], **children_seen(actor, today)))
    return grouped(rows, "run_id", _decision)


async def decisions(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Decision]:
    """The decision behind each allocation."""
    rows = await all_rows(_queries.decisions(connection, runs=[], allocations=list(ids), **children_seen(actor, today)))
    return {row["allocation_id"]: _decision(row) for row in rows}


def blocker_of(kept: Mapping[str, Any]) -> Blocker:
    """A blocker as a run keeps it."""
    resource = kept.get("resource")
    return Blocker(
        code=BlockerCode(kept["code"]),
        message=kept["message"],
        resource=ResourceKind(resource) if resource else None,
        resource_code=kept.get("resource_code"),
        would_fit_if=kept.get("would_fit_if"),
        source=kept.get("source"),
    )


def _run(row: Any) -> Run:
    return Run(
        id=row["id"],
        state=RunState(row["state"]),
        progress=row["progress"],
        worst_utilisation=row["worst_utilisation"],
        worst_utilisation_bound=row["worst_utilisation_bound"],
        message=row["message"],
        unallocated=tuple(_unallocated(each) for each in row["unallocated"]),
    )


def _unallocated(kept: Mapping[str, Any]) -> Unallocated:
    return Unallocated(
        child_id=UUID(kept["child_id"]),
        reference=kept["reference"],
        blockers=tuple(blocker_of(each) for each in kept["blockers"]),
    )


def _decision(row: Any) -> Decision:
    allocation = Allocation(id=row["allocation_id"], **{name: row[name] for name in Allocation.__slots__ if name != "id"})
    kept = row["decision"]
    return Decision(
        allocation=allocation,
        reasons=tuple(kept.get("reasons", ())),
        rejected=tuple(_rejected(each) for each in kept.get("rejected", ())),
        points=Decimal(kept["points"]) if kept.get("points") else None,
        scheme_id=UUID(kept["scheme_id"]) if kept.get("scheme_id") else None,
        engine=kept.get("engine"),
        known_at=datetime.fromisoformat(kept["known_at"]) if kept.get("known_at") else None,
        order=tuple(kept.get("order", ())),
        recommended=UUID(kept["recommended"]) if kept.get("recommended") else None,
        costs=kept.get("costs"),
    )


def _rejected(kept: Mapping[str, Any]) -> RejectedOfficer:
    return RejectedOfficer(
        iro_id=UUID(kept["iro_id"]),
        code=BlockerCode(kept["code"]),
        message=kept["message"],
        would_fit_if=kept.get("would_fit_if"),
        source=kept.get("source"),
    )

"""What viewers read of rebalancings: those who may rebalance see all children, so that a proposal needs no narrower sight."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.allocation.rebalancing.commands import DisturbedMeeting, Result
from services.allocation.rebalancing.keeping import results_of_kept, table_of_kept
from services.caseload.capacity import Caseload
from services.directory.reading import all_rows, grouped
from services.history.reading import ChildName
from services.kernel.actor import Actor
from services.kernel.permission import Act, Reach, reach
from services.kernel.words import ChairAfterMove, RunState
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """Children of an absent officer who could not be given another one, and what stands in the way."""

    child_ids: tuple[UUID, ...]
    references: tuple[str, ...]
    iro_id: UUID
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebalancing:
    """A proposal and what became of it. Before it is PROPOSED `before` is empty and `after` None.

    Shares are of the limit (1: exactly at it). `today` is the civil day that the proposal is of.
    """

    id: UUID
    state: RunState
    progress: float
    max_moves: int
    absent_iro_ids: tuple[UUID, ...]
    target_utilisation: Decimal | None
    today: date
    before: tuple[Caseload, ...]
    after: tuple[Caseload, ...] | None
    worst_utilisation: Decimal | None
    worst_utilisation_bound: Decimal | None
    message: str | None
    left_behind: tuple[LeftBehind, ...]
    results: tuple[Result, ...]
    requested_by: str
    requested_at: datetime
    applied_by: str | None
    applied_at: datetime | None
    apply_reason: str | None
    undone_by: str | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Brothers and sisters (or one child), by reference, who would go from one officer to another together."""

    id: UUID
    rebalancing_id: UUID
    number: int
    children: tuple[ChildName, ...]
    from_iro_id: UUID
    to_iro_id: UUID
    points: Decimal
    reasons: tuple[str, ...]
    meetings: tuple[DisturbedMeeting, ...]


async def rebalancings(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Rebalancing]:
    """The rebalancings of these ids, to whoever may rebalance; to others there are none."""
    if reach(actor, Act.REBALANCE) is not Reach.ALL:
        return {}
    return {row["id"]: _rebalancing(row) for row in await all_rows(_queries.rebalancings(connection, ids=list(ids)))}


async def moves_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Move]]:
    """The moves of each rebalancing, in their order."""
    if reach(actor, Act.REBALANCE) is not Reach.ALL:
        return {}
    return grouped(await all_rows(_queries.moves(connection, ids=list(ids))), "rebalancing_id", _move)


def _left_behind(kept: Mapping[str, Any]) -> LeftBehind:
    return LeftBehind(
        child_ids=tuple(UUID(each) for each in kept["child_ids"]),
        references=tuple(kept["references"]),
        iro_id=UUID(kept["iro_id"]),
        reasons=tuple(kept["reasons"]),
    )


def _rebalancing(row: Any) -> Rebalancing:
    read = {
        "state": RunState(row["state"]),
        "absent_iro_ids": tuple(row["absent_iro_ids"]),
        "before": table_of_kept(row["before"] or []),
        "after": None if row["after"] is None else table_of_kept(row["after"]),
        "left_behind": tuple(_left_behind(each) for each in (row["basis"] or {}).get("left_behind", ())),
        "results": results_of_kept(row["results"]),
    }
    return Rebalancing(**{**{name: row[name] for name in Rebalancing.__slots__ if name not in read}, **read})


def _move(row: Any) -> Move:
    read = {
        "children": tuple(ChildName(id=UUID(each["id"]), reference=each["reference"]) for each in row["children"]),
        "reasons": tuple(row["reasons"]),
        "meetings": tuple(_meeting(each) for each in row["meetings"]),
    }
    return Move(**{**{name: row[name] for name in Move.__slots__ if name not in read}, **read})


def _meeting(kept: Mapping[str, Any]) -> DisturbedMeeting:
    return DisturbedMeeting(
        meeting_id=UUID(kept["meeting_id"]),
        version=kept["version"],
        chair=ChairAfterMove(kept["chair"]),
        notices=kept["notices"],
        message=kept["message"],
    )

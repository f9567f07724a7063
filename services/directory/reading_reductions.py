"""What viewers read of officers' reductions: whoever sees a caseload may know why its limit is what it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.kernel.actor import Actor
from services.kernel.permission import Act, Reach, reach
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading_reductions.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """WTE taken off an officer's contract; the last day is included, None: until it is ended."""

    id: UUID
    resource_id: UUID
    first_day: date
    last_day: date | None
    wte: Decimal
    reason: str


async def reductions_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Reduction]]:
    """Of each officer whose caseload is in sight, by first day."""
    return grouped(await _rows(connection, actor, officers=ids), "resource_id", lambda row: Reduction(**row))


async def reductions(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Reduction]:
    """By identifier, of officers whose caseload is in sight."""
    return {row["id"]: Reduction(**row) for row in await _rows(connection, actor, ids=ids)}


async def _rows(connection: Connection, actor: Actor, *, officers: Collection[UUID] = (), ids: Collection[UUID] = ()) -> list[Any]:
    far = reach(actor, Act.READ_CASELOADS)
    if far is Reach.NONE:
        return []
    sight = {"everything": far is Reach.ALL, "self_id": actor.resource_id}
    return await all_rows(_queries.reductions(connection, officers=list(officers), ids=list(ids), **sight))

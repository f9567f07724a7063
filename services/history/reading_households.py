"""What viewers read of foster households: all of them, or none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.history.reading import Obligation, obligation_of_row
from services.kernel.actor import Actor
from services.kernel.paging import Slice, Window, cut
from services.kernel.permission import Act
from services.kernel.sight import sight_of
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading_households.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Foster carers, as approved. `ended_on`: the day on which the approval ended."""

    id: UUID
    reference: str
    recorded_at: datetime
    approved_on: date
    ended_on: date | None
    end_reason: str | None


def _everything(actor: Actor) -> bool:
    return sight_of(actor, Act.READ_CHILDREN).everything


async def households(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Household]:
    rows = await all_rows(_queries.households_by_ids(connection, ids=list(ids), everything=_everything(actor)))
    return {row["id"]: Household(**row) for row in rows}


async def household_named(connection: Connection, actor: Actor, reference: str) -> Household | None:
    """The household of a reference, if in sight."""
    row = await _queries.household_by_reference(connection, reference=reference, everything=_everything(actor))
    return Household(**row) if row else None


async def households_page(connection: Connection, actor: Actor, window: Window) -> Slice[Household]:
    """Households by reference, those whose approval has ended among them."""
    rows = await all_rows(
        _queries.households_listed(
            connection, everything=_everything(actor), after_key=window.after_key, after_id=window.after_id, wanted=window.first + 1
        )
    )
    return cut([Household(**row) for row in rows], window)


async def households_count(connection: Connection, actor: Actor) -> int:
    return int(await _queries.households_counted(connection, everything=_everything(actor)))


async def household_obligations_of(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date
) -> dict[UUID, list[Obligation]]:
    """The latest first."""
    rows = await all_rows(_queries.obligations_of_households(connection, ids=list(ids), everything=_everything(actor)))
    return grouped(rows, "household_id", obligation_of_row)

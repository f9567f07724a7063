"""The timescales in force, in PostgreSQL: as shipped until the unit states its own."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.window import DateSpan
from services.kernel.words import TimescaleUnit
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.law import Law, law_of
from services.statutory.timescales import SHIPPED, Timescale, Timescales
from services.statutory.working_days import england

_sql = load_queries(__file__, "timescales.sql")


async def load_timescales(connection: Connection) -> Timescales:
    """The rules in force by the database; a code that it does not have yet is as shipped."""
    rows = [_timescale(row) async for row in _sql.timescales_in_force(connection)]
    stated = {row.code for row in rows}
    return Timescales([*rows, *(row for row in SHIPPED if row.code not in stated)])


async def laws_in_force(connection: Connection, actor: Actor, keys: Collection[UUID], today: date) -> dict[UUID, Law]:
    """The law by which everything is judged, under each key: one for every viewer and every day."""
    law = law_of(await load_timescales(connection), england())
    return dict.fromkeys(keys, law)


async def ensure_timescales(connection: Connection) -> None:
    """Every shipped rule is in the database; one that the unit has changed for any of its days stays as it is."""
    for row in SHIPPED:
        await _sql.ship_timescale(
            connection,
            code=row.code,
            first=row.in_force.first,
            until=row.in_force.until,
            amount=row.amount,
            unit=row.unit.value,
            census_days=row.census_days,
            legal_basis=row.legal_basis,
        )


def _timescale(row: Any) -> Timescale:
    return Timescale(
        code=row["code"],
        amount=row["amount"],
        unit=TimescaleUnit(row["unit"]),
        census_days=row["census_days"],
        legal_basis=row["legal_basis"],
        in_force=DateSpan(row["in_force"].lower or date.min, row["in_force"].upper),
    )

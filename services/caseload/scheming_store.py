"""Weighting schemes in PostgreSQL: added, superseded, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.caseload.weights import FactorCode, Scheme
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "scheming.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """That a scheme is in force, and the unit's settings of the limits as they were when a scheme was last stated, for any day."""

    id: UUID
    effective_from: date
    settings_limit_per_wte: Decimal | None
    settings_near_share: Decimal | None


async def load_schemes(connection: Connection, first: date, last: date, known_at: datetime | None = None) -> tuple[Scheme, ...]:
    """The scheme in force on the first day and those that begin later, in their order; nothing where none was in force by then."""
    days = {"first_day": first, "last_day": last}
    asked = _sql.schemes(connection, **days) if known_at is None else _sql.schemes_known(connection, **days, at=known_at)
    return tuple([_scheme(row) async for row in asked])


async def load_scheme(connection: Connection, on: date, known_at: datetime | None = None) -> Scheme | None:
    """The scheme in force on a day."""
    return next(iter(await load_schemes(connection, on, on, known_at)), None)


async def find_scheme(connection: Connection, scheme_id: UUID) -> Scheme | None:
    """A scheme by its identifier, also one that another statement has superseded."""
    row = await _sql.scheme_of(connection, id=scheme_id)
    return None if row is None else _scheme(row)


def _scheme(row: Mapping[str, Any]) -> Scheme:
    points = {FactorCode(code): Decimal(value) for code, value in row["points"].items() if code in FactorCode.__members__}
    return Scheme(**{**row, "points": points})


async def load_statement(connection: Connection, on: date) -> Statement | None:
    """The statement by which the scheme of a day is in force."""
    row = await _sql.statement_on(connection, on_day=on)
    return None if row is None else Statement(**row)


async def save_scheme(
    connection: Connection,
    scheme: Scheme,
    *,
    settings_limit_per_wte: Decimal,
    settings_near_share: Decimal,
    recorded_by: str,
    now: datetime,
) -> None:
    """Adds a scheme, which is never changed; another one of the same day is superseded. The caller holds the lock of decisions.

    The two settings are those of the unit by now: until they are others, this scheme stands.
    """
    await _sql.supersede_scheme(connection, effective_from=scheme.effective_from, at=now)
    await _sql.add_scheme(
        connection,
        id=scheme.id,
        effective_from=scheme.effective_from,
        limit_per_wte=scheme.limit_per_wte,
        near_share=scheme.near_share,
        settings_limit_per_wte=settings_limit_per_wte,
        settings_near_share=settings_near_share,
        recorded_by=recorded_by,
        at=now,
    )
    codes, points = [code.value for code in scheme.points], list(scheme.points.values())
    await _sql.add_factors(connection, scheme_id=scheme.id, codes=codes, points=points)


async def stated_at(connection: Connection) -> datetime:
    """The instant at which the database would record what is stated now."""
    at: datetime = await _sql.stated_at(connection)
    return at

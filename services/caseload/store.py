"""Schemes, allocations and what a child weighs by, in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from services.caseload.capacity import LONG_ABSENCE_DAYS, Officer
from services.caseload.weights import ChildOnDay, FactorCode, Scheme
from services.kernel.errors import ConveneError, NotFound, Superseded, Unavailable
from services.kernel.ids import new_id
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An allocation in force on a day or later; `until` is the first day on which it no longer is."""

    id: UUID
    child_id: UUID
    iro_id: UUID
    first_day: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAllocation:
    child_id: UUID
    iro_id: UUID
    first_day: date
    until: date | None
    reason: str | None
    approved_by: str | None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationEvent:
    """One line of the history that is never rewritten."""

    child_id: UUID
    at: datetime
    by: str
    what: str
    iro_id: UUID | None
    from_iro_id: UUID | None
    effective_on: date
    reason: str | None = None
    approved_by: str | None = None
    run_id: UUID | None = None
    decision: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


@asynccontextmanager
async def refusals() -> AsyncIterator[None]:
    """The database's refusals of an allocation, in our own words."""
    try:
        yield
    except asyncpg.ExclusionViolationError as fault:
        raise _told(fault.constraint_name) from fault
    except asyncpg.ForeignKeyViolationError as fault:
        raise _told(fault.constraint_name) from fault
    except asyncpg.LockNotAvailableError as fault:
        raise Unavailable("other allocations are being decided: try again") from fault


def _told(constraint: str | None) -> ConveneError:
    match constraint:
        case "allocation_one_iro_a_day":
            return Superseded("the child was allocated by somebody else meanwhile")
        case "allocation_to_iro" | "allocation_event_iro":
            return NotFound("there is no such IRO")
        case "allocation_of_child" | "allocation_event_of_child":
            return NotFound("there is no such child")
    raise AssertionError(f"unmapped constraint {constraint}")


async def load_children(connection: Connection, on: date, child_ids: Collection[UUID] | None) -> tuple[ChildOnDay, ...]:
    """Every child in scope on a day, by reference; with `child_ids`, those of them and all their siblings in scope."""
    asked = None if child_ids is None else list(child_ids)
    return tuple([ChildOnDay(**row) async for row in _sql.children_in_scope(connection, on_day=on, child_ids=asked)])


async def load_officers(connection: Connection, on: date) -> tuple[Officer, ...]:
    """Every IRO that there is or was, by code."""
    found = _sql.officers_on(connection, on_day=on, absent_until=on + timedelta(days=LONG_ABSENCE_DAYS))
    return tuple([Officer(**{**row, "specialities": frozenset(row["specialities"])}) async for row in found])


async def load_holders(connection: Connection, on: date) -> dict[UUID, UUID]:
    """The IRO of each child that has one on a day."""
    return {row["child_id"]: row["iro_id"] async for row in _sql.holders_on(connection, on_day=on)}


async def load_scheme(connection: Connection, on: date) -> Scheme | None:
    row = await _sql.scheme_on(connection, on_day=on)
    if row is None:
        return None
    points = {FactorCode(code): Decimal(value) for code, value in row["points"].items() if code in FactorCode.__members__}
    return Scheme(**{**row, "points": points})


async def save_scheme(connection: Connection, scheme: Scheme, recorded_by: str) -> UUID:
    """Writes a scheme; one of the same day is replaced. Answers the id that it has."""
    stated = {"effective_from": scheme.effective_from, "limit_per_wte": scheme.limit_per_wte, "near_share": scheme.near_share}
    kept: UUID = await _sql.add_scheme(connection, id=scheme.id, recorded_by=recorded_by, **stated)
    codes, points = [code.value for code in scheme.points], list(scheme.points.values())
    await _sql.add_factors(connection, scheme_id=kept, codes=codes, points=points)
    return kept


async def lock_decisions(connection: Connection) -> None:
    """Waits until no other transaction decides who gets whom; kept until this transaction ends."""
    async with refusals():
        await _sql.lock_decisions(connection)


async def load_held(connection: Connection, child_ids: Collection[UUID], on: date) -> dict[UUID, list[Held]]:
    """Allocations in force on a day or later, locked, in their order."""
    found: dict[UUID, list[Held]] = {}
    async for row in _sql.held_from(connection, child_ids=list(child_ids), on_day=on):
        found.setdefault(row["child_id"], []).append(Held(**row))
    return found


async def load_out_of_scope(connection: Connection, in_scope: Collection[UUID], on: date) -> list[tuple[Held, date | None]]:
    """Allocations in force of children not in scope, and the day on which the last of care and plan ended."""
    rows = [row async for row in _sql.out_of_scope(connection, child_ids=list(in_scope), on_day=on)]
    return [(Held(**{key: row[key] for key in ("id", "child_id", "iro_id", "first_day")}, until=None), row["ended_on"]) for row in rows]


async def end_held(connection: Connection, ends: Sequence[tuple[Held, date]]) -> None:
    """Each allocation ends on its day; one that ends on the day it began is gone (its events remain)."""
    gone = [held.id for held, until in ends if until <= held.first_day]
    shortened = [(held.id, until) for held, until in ends if until > held.first_day]
    if gone:
        await _sql.remove(connection, ids=gone)
    if shortened:
        await _sql.shorten(connection, ids=[each for each, _ in shortened], until=[until for _, until in shortened])


async def add_allocations(connection: Connection, added: Sequence[NewAllocation], events: Sequence[AllocationEvent]) -> None:
    """Allocations and the events that tell of them."""
    async with refusals():
        if added:
            await _sql.add_allocations(
                connection,
                ids=[each.id for each in added],
                child_ids=[each.child_id for each in added],
                iro_ids=[each.iro_id for each in added],
                first_days=[each.first_day for each in added],
                until=[each.until for each in added],
                reasons=[each.reason for each in added],
                approved_by=[each.approved_by for each in added],
            )
        await _sql.add_events(connection, [asdict(event) for event in events])

"""Allocations, officers' working time and what a child weighs by, in PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.caseload.capacity import LEAVER_DAYS, LONG_ABSENCE_DAYS, Officer
from services.caseload.capacity_over_time import Contracted, Reduced, WorkingTime, officer_on
from services.caseload.weights import ChildOnDay
from services.history.facts import approvals_before
from services.kernel.errors import ConveneError, NotFound, Superseded, Unavailable
from services.kernel.ids import new_id
from services.kernel.window import DateSpan, TimeWindow, local_instant
from services.kernel.words import Complexity
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__)


_ANYBODY = "(:child_ids::uuid[] IS NULL OR {} = ANY(ARRAY(SELECT id FROM asked)))"


def scope_words(version: str, owed: str, more: str = "", among: str = _ANYBODY) -> dict[str, str]:
    """What makes `scope.sql` a statement: which versions of records count (`{}`: where the alias of the table goes), where what was
    owed is read, its further parameters, and whose records are looked at (`{}`: where the child goes)."""
    aliases = ("", "h.", "g.", "f.", "own.", "sibling.")
    known = {f"{alias}known": version.format(alias) for alias in aliases}
    return {"more": more, "owed": owed, "among": among.format("child_id"), "c.among": among.format("c.id"), **known}


_OWED = """
    SELECT child_id, kind, triggered_on
    FROM obligation
    WHERE kind IN ('INITIAL_CONFERENCE', 'PRE_BIRTH_CONFERENCE', 'TRANSFER_IN_CONFERENCE', 'SHORT_BREAK_REVIEW') AND child_id IS NOT NULL
      AND triggered_on <= :on_day::date AND {}
      AND (state IN ('OPEN', 'EXPECTED') OR (state = 'HELD' AND held_on > :on_day::date) OR (state = 'VOID' AND void_from > :on_day::date))
"""


def _scope_now(among: str) -> Any:
    words = scope_words("upper_inf({}recorded)", _OWED.format(among.format("child_id")), among=among)
    return load_queries(__file__, "scope.sql", words)


_scope, _scope_of_few = _scope_now("true"), _scope_now("{} = ANY(ARRAY(SELECT id FROM asked))")
"""A statement each, since what finds a family by its records' indexes is no way to read a whole unit."""

_NOT_COMPLEX: frozenset[Complexity] = frozenset()
_SOON = timedelta(days=max(LEAVER_DAYS, LONG_ABSENCE_DAYS) + 1)
"""As far ahead as what an officer is on a day depends on."""
_WEEKEND = timedelta(days=3)
"""As far back: an absence that ended with the Friday goes on over the weekend where she is away again from the Monday on."""


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
    """One line of the history that is never rewritten: from `effective_on` until `until` (None: without end) the child has this
    IRO, or none. Read in their order, the lines tell who had whom on any day, as it was known at any time."""

    child_id: UUID
    at: datetime
    by: str
    what: str
    iro_id: UUID | None
    from_iro_id: UUID | None
    effective_on: date
    until: date | None = None
    reason: str | None = None
    approved_by: str | None = None
    run_id: UUID | None = None
    decision: Mapping[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as it is kept."""

    child_id: UUID
    at: datetime
    effective_on: date
    decision: Mapping[str, Any]


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
    scope, asked = (_scope, None) if child_ids is None else (_scope_of_few, list(child_ids))
    return tuple([child_of(row) async for row in scope.children_in_scope(connection, on_day=on, child_ids=asked)])


def child_of(row: Mapping[str, Any]) -> ChildOnDay:
    """A child as the statement of those in scope tells it."""
    stated = row["complexity"]
    return ChildOnDay(**{**row, "complexity": frozenset(map(Complexity, stated)) if stated else _NOT_COMPLEX})


async def load_officers(connection: Connection, on: date) -> tuple[Officer, ...]:
    """Every IRO that there is or was, by code."""
    return tuple(officer_on(known, on) for known in await load_working_times(connection, on, on + _SOON))


async def load_working_times(connection: Connection, first: date, until: date, known_at: datetime | None = None) -> tuple[WorkingTime, ...]:
    """Every IRO that there is or was, by code, with what is known of her working time in these days, or was at `known_at`."""
    since = local_instant(first - _WEEKEND, time.min)
    days = {"first_day": first, "until_day": until, "since": since, "until": local_instant(until, time.min)}
    if known_at is None:
        officers, spans = _sql.working_times(connection), _sql.spans(connection, **days)
    else:
        officers, spans = _sql.working_times_known(connection, at=known_at), _sql.spans_known(connection, **days, at=known_at)
    rows = [row async for row in officers]
    stretches: dict[UUID, list[Mapping[str, Any]]] = {}
    async for span in spans:
        stretches.setdefault(span["resource_id"], []).append(span)
    return tuple(_working_time(row, stretches.get(row["iro_id"], [])) for row in rows)


def _working_time(row: Mapping[str, Any], spans: Sequence[Mapping[str, Any]]) -> WorkingTime:
    by_kind: dict[str, list[Mapping[str, Any]]] = {"CONTRACT": [], "REDUCTION": [], "ABSENCE": []}
    for span in spans:
        by_kind[span["what"]].append(span)
    return WorkingTime(
        iro_id=row["iro_id"],
        code=row["code"],
        active=_days(row["active"]),
        contracts=tuple(Contracted(in_force=_days(each["in_force"]), wte=each["wte"]) for each in by_kind["CONTRACT"]),
        reductions=tuple(
            Reduced(in_force=_days(each["in_force"]), wte=each["wte"], reason=each["reason"]) for each in by_kind["REDUCTION"]
        ),
        absences=tuple(TimeWindow(each["during"].lower, each["during"].upper) for each in by_kind["ABSENCE"]),
        specialities=frozenset(row["specialities"]),
        areas=frozenset(row["areas"]),
    )


def _days(span: asyncpg.Range[date]) -> DateSpan:
    return DateSpan(span.lower or date.min, span.upper)


async def load_households(connection: Connection, on: date, known_at: datetime | None = None) -> dict[UUID, int]:
    """How many approved foster households each IRO reviews on a day, of those who review any; also under an earlier approval."""
    asked = _sql.households_on(connection, on_day=on) if known_at is None else _sql.households_known_on(connection, on_day=on, at=known_at)
    named = [row async for row in asked]
    others = [row["household_id"] for row in named if not row["is_approved"]]
    before = await approvals_before(connection, others, known_at) if others else {}
    once = {home for home, approvals in before.items() if any(each.approved_on <= on < each.ended_on for each in approvals)}
    return Counter(row["iro_id"] for row in named if row["is_approved"] or row["household_id"] in once)


async def load_holders(connection: Connection, on: date, known_at: datetime | None = None) -> dict[UUID, UUID]:
    """The IRO of each child that has one on a day, as is known now, or was at `known_at`."""
    asked = _sql.holders_on(connection, on_day=on) if known_at is None else _sql.holders_known_on(connection, on_day=on, at=known_at)
    return {row["child_id"]: row["iro_id"] async for row in asked}


async def find_event(connection: Connection, event_id: UUID) -> Decided | None:
    """One line of the history of decisions."""
    row = await _sql.event(connection, id=event_id)
    return None if row is None else Decided(**row)


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
    return [(Held(**{key: row[key] for key in ("id", "child_id", "iro_id", "first_day", "until")}), row["ended_on"]) for row in rows]


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

"""What viewers read of children: records and obligations, a statement each, every one within the viewer's sight."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.kernel.actor import Actor
from services.kernel.paging import Slice, Window, cut
from services.kernel.permission import Act
from services.kernel.sight import sight_of
from services.kernel.words import MeetingKind, ObligationState, ParticipationCode, TimescaleUnit
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildName:
    """Who a child is: all that some edges may say."""

    id: UUID
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildFacts:
    """A child as recorded now; `in_care` and `on_plan` are of the day."""

    id: UUID
    reference: str
    born_on: date | None
    expected_on: date | None
    in_care: bool
    on_plan: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePeriod:
    id: UUID
    child_id: UUID
    started_on: date
    started_on_exact: bool
    ended_on: date | None
    legal_status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionPlan:
    id: UUID
    child_id: UUID
    started_on: date
    ended_on: date | None
    category: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What timeliness is judged by."""

    state: ObligationState
    statutory_due_on: date
    held_on: date | None
    completed_on: date | None
    void_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """A conference or review that took place; `clock` is the obligation that it met, if one is known."""

    id: UUID
    child_id: UUID
    kind: MeetingKind
    held_on: date
    participation: ParticipationCode | None
    source: str
    clock: Clock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    code: str
    amount: int
    unit: TimescaleUnit
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """`reference` is the child's; `meeting_id` a meeting that stands for it."""

    id: UUID
    child_id: UUID | None
    reference: str | None
    household_id: UUID | None
    kind: MeetingKind
    triggered_on: date
    triggered_by: str
    rule: Rule
    census_due_on: date | None
    book_by_on: date
    clock: Clock
    meeting_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    id: UUID
    reference: str
    approved_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildrenWanted:
    """A filter of children; None: either way."""

    iro_code: str | None = None
    unallocated: bool | None = None
    in_care: bool | None = None
    on_plan: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObligationsWanted:
    """A filter of what is due; days are those of the law, both included."""

    due_from: date | None = None
    due_to: date | None = None
    kinds: tuple[MeetingKind, ...] | None = None
    booked: bool | None = None
    overdue: bool | None = None
    iro_code: str | None = None


def children_seen(actor: Actor, today: date, act: Act = Act.READ_CHILDREN) -> dict[str, Any]:
    """The arguments of `children_in_sight` for this viewer on this day."""
    sight = sight_of(actor, act)
    return {"everything": sight.everything, "iro_id": sight.iro_id, "own": list(sight.references), "today": today}


async def children(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, ChildFacts]:
    rows = await all_rows(_queries.children_by_ids(connection, ids=list(ids), **children_seen(actor, today)))
    return {row["id"]: ChildFacts(**row) for row in rows}


async def child_id_of(connection: Connection, actor: Actor, reference: str, today: date) -> UUID | None:
    """The child of a reference, if in sight."""
    row = await _queries.child_by_reference(connection, reference=reference, **children_seen(actor, today))
    return row["id"] if row else None


async def children_page(connection: Connection, actor: Actor, today: date, wanted: ChildrenWanted, window: Window) -> Slice[ChildFacts]:
    """Children in sight, by reference."""
    rows = await all_rows(
        _queries.children_listed(
            connection,
            **children_seen(actor, today),
            **_filter(wanted),
            after_key=window.after_key,
            after_id=window.after_id,
            wanted=window.first + 1,
        )
    )
    return cut([ChildFacts(**row) for row in rows], window)


async def children_count(connection: Connection, actor: Actor, today: date, wanted: ChildrenWanted) -> int:
    return int(await _queries.children_counted(connection, **children_seen(actor, today), **_filter(wanted)))


async def siblings_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[ChildName]]:
    """Siblings in sight of children in sight."""
    rows = await all_rows(_queries.siblings_of(connection, ids=list(ids), **children_seen(actor, today)))
    return grouped(rows, "of_id", lambda row: ChildName(id=row["id"], reference=row["reference"]))


async def care_periods_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[CarePeriod]]:
    rows = await all_rows(_queries.care_periods(connection, children=list(ids), ids=[], **children_seen(actor, today)))
    return grouped(rows, "child_id", lambda row: CarePeriod(**row))


async def care_periods(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, CarePeriod]:
    rows = await all_rows(_queries.care_periods(connection, children=[], ids=list(ids), **children_seen(actor, today)))
    return {row["id"]: CarePeriod(**row) for row in rows}


async def plans_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[ProtectionPlan]]:
    rows = await all_rows(_queries.protection_plans(connection, children=list(ids), ids=[], **children_seen(actor, today)))
    return grouped(rows, "child_id", lambda row: ProtectionPlan(**row))


async def plans(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, ProtectionPlan]:
    rows = await all_rows(_queries.protection_plans(connection, children=[], ids=list(ids), **children_seen(actor, today)))
    return {row["id"]: ProtectionPlan(**row) for row in rows}


async def held_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[HeldRecord]]:
    rows = await all_rows(_queries.held_records(connection, children=list(ids), ids=[], **children_seen(actor, today)))
    return grouped(rows, "child_id", _held)


async def held(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, HeldRecord]:
    rows = await all_rows(_queries.held_records(connection, children=[], ids=list(ids), **children_seen(actor, today)))
    return {row["id"]: _held(row) for row in rows}


async def obligations(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Obligation]:
    rows = await all_rows(_queries.obligations_by_ids(connection, ids=list(ids), **children_seen(actor, today)))
    return {row["id"]: _obligation(row) for row in rows}


async def obligations_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Obligation]]:
    """All of a child: open ones first, by due day, then those that were met, the latest first."""
    rows = await all_rows(_queries.obligations_of_children(connection, ids=list(ids), **children_seen(actor, today)))
    return grouped(rows, "child_id", _obligation)


async def household_obligations_of(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date
) -> dict[UUID, list[Obligation]]:
    everything = sight_of(actor, Act.READ_CHILDREN).everything
    rows = await all_rows(_queries.obligations_of_households(connection, ids=list(ids), everything=everything))
    return grouped(rows, "household_id", _obligation)


async def obligations_page(
    connection: Connection, actor: Actor, today: date, wanted: ObligationsWanted, window: Window
) -> Slice[Obligation]:
    """What is owed and not yet met, by the law's day."""
    rows = await all_rows(
        _queries.obligations_listed(
            connection,
            **children_seen(actor, today),
            **_filter(wanted),
            after_key=window.after_day,
            after_id=window.after_id,
            wanted=window.first + 1,
        )
    )
    return cut([_obligation(row) for row in rows], window)


async def obligations_count(connection: Connection, actor: Actor, today: date, wanted: ObligationsWanted) -> int:
    return int(await _queries.obligations_counted(connection, **children_seen(actor, today), **_filter(wanted)))


async def households(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Household]:
    everything = sight_of(actor, Act.READ_CHILDREN).everything
    rows = await all_rows(_queries.households_by_ids(connection, ids=list(ids), everything=everything))
    return {row["id"]: Household(**row) for row in rows}


def _filter(wanted: ChildrenWanted | ObligationsWanted) -> dict[str, Any]:
    values = {name: getattr(wanted, name) for name in wanted.__slots__}
    if isinstance(values.get("kinds"), Sequence):
        values["kinds"] = [kind.value for kind in values["kinds"]]
    return values


def _clock(row: Any, held_on: str = "held_on") -> Clock:
    return Clock(
        state=ObligationState(row["state"]),
        statutory_due_on=row["statutory_due_on"],
        held_on=row[held_on],
        completed_on=row["completed_on"],
        void_from=row["void_from"],
    )


def _held(row: Any) -> HeldRecord:
    return HeldRecord(
        id=row["id"],
        child_id=row["child_id"],
        kind=MeetingKind(row["kind"]),
        held_on=row["held_on"],
        participation=ParticipationCode(row["participation"]) if row["participation"] else None,
        source=row["source"],
        clock=_clock(row, "met_on") if row["state"] else None,
    )


def _obligation(row: Any) -> Obligation:
    return Obligation(
        id=row["id"],
        child_id=row["child_id"],
        reference=row["reference"],
        household_id=row["household_id"],
        kind=MeetingKind(row["kind"]),
        triggered_on=row["triggered_on"],
        triggered_by=row["triggered_by"],
        rule=Rule(code=row["rule_code"], amount=row["rule_amount"], unit=TimescaleUnit(row["rule_unit"]), legal_basis=row["legal_basis"]),
        census_due_on=row["census_due_on"],
        book_by_on=row["book_by_on"],
        clock=_clock(row),
        meeting_id=row["meeting_id"],
    )

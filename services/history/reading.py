"""What viewers read of children and of what is owed to them, a statement each, every one within the viewer's sight."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.history.advice import Known
from services.history.facts import facts_of
from services.history.timescales import load_timescales
from services.kernel.actor import Actor
from services.kernel.paging import Slice, Window, cut
from services.kernel.permission import Act
from services.kernel.sight import sight_of
from services.kernel.words import EarlierReviewReason, MeetingKind, ObligationState, TimescaleUnit
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.facts import SubjectFacts
from services.statutory.law import law_of
from services.statutory.timescales import Timescales
from services.statutory.working_days import england

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
    recorded_at: datetime | None
    born_on: date | None
    expected_on: date | None
    died_on: date | None
    adopted_on: date | None
    in_care: bool
    on_plan: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What timeliness is judged by. `begun_on`: the first sitting of a meeting for it that goes on."""

    state: ObligationState
    statutory_due_on: date
    held_on: date | None
    completed_on: date | None
    void_from: date | None = None
    begun_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    code: str
    amount: int
    unit: TimescaleUnit
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """`reference` is the child's; `meeting_id` a meeting that stands for it.

    `not_before_on`: the first day on which it may be held. `meeting_needed`: False where the review may be of the file alone.
    """

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
    not_before_on: date | None = None
    brought_forward_by: EarlierReviewReason | None = None
    meeting_needed: bool = True


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


async def child_named(connection: Connection, actor: Actor, reference: str, today: date) -> ChildName | None:
    """The child of a reference, if in sight; also by a reference that was found to be another name of it."""
    row = await _queries.child_by_reference(connection, reference=reference, **children_seen(actor, today))
    return ChildName(id=row["id"], reference=row["reference"]) if row else None


async def other_references_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[str]]:
    """References under which a child in sight was known before they were found to be one."""
    rows = await all_rows(_queries.other_references(connection, ids=list(ids), **children_seen(actor, today)))
    return grouped(rows, "id", lambda row: str(row["reference"]))


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


async def children_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[ChildName]]:
    """Children in sight of parents in sight who are children themselves."""
    rows = await all_rows(_queries.children_of(connection, ids=list(ids), **children_seen(actor, today)))
    return grouped(rows, "of_id", lambda row: ChildName(id=row["id"], reference=row["reference"]))


async def obligations(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Obligation]:
    rows = await all_rows(_queries.obligations_by_ids(connection, ids=list(ids), **children_seen(actor, today)))
    return {row["id"]: obligation_of_row(row) for row in rows}


async def obligations_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Obligation]]:
    """All of a child: open ones first, by due day, then those that were met, the latest first."""
    rows = await all_rows(_queries.obligations_of_children(connection, ids=list(ids), **children_seen(actor, today)))
    return grouped(rows, "child_id", obligation_of_row)


async def obligations_page(
    connection: Connection, actor: Actor, today: date, wanted: ObligationsWanted, window: Window
) -> Slice[Obligation]:
    """What is owed and not yet met, by the law's day."""
    rows = await all_rows(
        _queries.obligations_listed(
            connection,
            **children_seen(actor, today),
            **_filter(wanted),
            adjourned_since=await _adjourned_since(connection, wanted, today),
            after_key=window.after_day,
            after_id=window.after_id,
            wanted=window.first + 1,
        )
    )
    return cut([obligation_of_row(row) for row in rows], window)


async def obligations_count(connection: Connection, actor: Actor, today: date, wanted: ObligationsWanted) -> int:
    since = await _adjourned_since(connection, wanted, today)
    named = {**children_seen(actor, today), **_filter(wanted), "adjourned_since": since}
    return int(await _queries.obligations_counted(connection, **named))


async def _adjourned_since(connection: Connection, wanted: ObligationsWanted, today: date) -> date | None:
    """The first day from which one that was adjourned may still be completed in time."""
    if wanted.overdue is None:
        return None
    law = law_of(await load_timescales(connection), england())
    return law.ahead_of("ADJOURNED_COMPLETION", today, on=today) or date.min


async def advised(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Known]:
    """What advice of their duties is drawn from, of children in sight."""
    seen = await children(connection, actor, ids, today)
    facts = await facts_of(connection, seen, today=today)
    timescales = await load_timescales(connection)
    changes = {row["child_id"]: row for row in await all_rows(_queries.changes_in_care(connection, ids=list(seen)))}
    return {child_id: _known(facts[child_id], timescales, changes.get(child_id)) for child_id in seen if child_id in facts}


def _known(facts: SubjectFacts, timescales: Timescales, changes: Any) -> Known:
    if changes is None:
        return Known(facts=facts, timescales=timescales)
    return Known(
        facts=facts, timescales=timescales, moved_on=changes["moved_on"], legal_status_changed_on=changes["legal_status_changed_on"]
    )


def _filter(wanted: ChildrenWanted | ObligationsWanted) -> dict[str, Any]:
    values = {name: getattr(wanted, name) for name in wanted.__slots__}
    if isinstance(values.get("kinds"), Sequence):
        values["kinds"] = [kind.value for kind in values["kinds"]]
    return values


def clock_of_row(row: Any) -> Clock:
    """The clock of an obligation as it is stored."""
    return Clock(
        state=ObligationState(row["state"]),
        statutory_due_on=row["statutory_due_on"],
        held_on=row["held_on"],
        completed_on=row["completed_on"],
        void_from=row["void_from"],
        begun_on=row["begun_on"],
    )


def obligation_of_row(row: Any) -> Obligation:
    reason = row["brought_forward_by"]
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
        clock=clock_of_row(row),
        meeting_id=row["meeting_id"],
        not_before_on=row["not_before_on"],
        brought_forward_by=None if reason is None else EarlierReviewReason(reason),
        meeting_needed=row["meeting_needed"],
    )

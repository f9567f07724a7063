"""What viewers read of the records themselves, as they are now or were known at an instant: a statement each, within sight."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.history.reading import Clock, children_seen
from services.history.reading_known import clock_of_due, dues_of_children, dues_of_households
from services.kernel.actor import Actor
from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, ObligationState, ParticipationCode, TransferDirection
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.clock import Due
from services.statutory.facts import STARTING_CONFERENCES

_queries = load_queries(__file__, "reading_records.sql")
_STARTING = sorted(kind.value for kind in STARTING_CONFERENCES)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePeriod:
    id: UUID
    child_id: UUID
    recorded_at: datetime
    started_on: date
    started_on_exact: bool
    ended_on: date | None
    end_reason: str | None
    legal_status: str | None
    short_break: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionPlan:
    id: UUID
    child_id: UUID
    recorded_at: datetime
    started_on: date
    ended_on: date | None
    category: str | None
    end_reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry:
    """A section 47 enquiry, by the discussion that initiated it."""

    id: UUID
    child_id: UUID
    recorded_at: datetime
    initiating_discussion_on: date
    conference_on: date | None
    conference_not_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    id: UUID
    child_id: UUID
    recorded_at: datetime
    status: CareStatus
    started_on: date
    ended_on: date | None
    end_reason: str | None
    expected_end_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    id: UUID
    child_id: UUID
    recorded_at: datetime
    direction: TransferDirection
    notified_on: date
    conference_on: date | None
    withdrawn_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierReview:
    id: UUID
    child_id: UUID
    recorded_at: datetime
    kind: MeetingKind
    called_on: date
    by_on: date
    reason: EarlierReviewReason


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecord:
    """A conference or review that took place; `clock` is the obligation that it met, if one is known."""

    id: UUID
    child_id: UUID | None
    household_id: UUID | None
    recorded_at: datetime
    kind: MeetingKind
    held_on: date
    completed_on: date | None
    participation: ParticipationCode | None
    to_reconvene: bool
    without_meeting: bool
    source: str
    clock: Clock | None


class Records(Generic[Row]):
    """The reads of one kind of record of children."""

    def __init__(self, query: Callable[..., Any], row: Callable[..., Row], **words: type[StrEnum]) -> None:
        self._query = query
        self._row = row
        self._words = words

    async def of_children(
        self, connection: Connection, actor: Actor, ids: Collection[UUID], today: date, known_at: datetime | None = None
    ) -> dict[UUID, list[Row]]:
        """Those of each child in sight, in the order of time; of `known_at` where it is given."""
        rows = await all_rows(self._query(connection, children=list(ids), ids=[], at=known_at, **children_seen(actor, today)))
        return grouped(rows, "child_id", self._build)

    async def by_ids(self, connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Row]:
        """Those with these identifiers that are in force, of children in sight."""
        rows = await all_rows(self._query(connection, children=[], ids=list(ids), at=None, **children_seen(actor, today)))
        return {row["id"]: self._build(row) for row in rows}

    def _build(self, row: Mapping[str, Any]) -> Row:
        return self._row(**{**row, **{name: word(row[name]) for name, word in self._words.items()}})


CARE_PERIODS = Records(_queries.care_periods, CarePeriod)
PLANS = Records(_queries.protection_plans, ProtectionPlan)
ENQUIRIES = Records(_queries.enquiries, Enquiry)
STATUSES = Records(_queries.care_statuses, Status, status=CareStatus)
TRANSFERS = Records(_queries.transfers, Transfer, direction=TransferDirection)
EARLIER_REVIEWS = Records(_queries.earlier_reviews, EarlierReview, kind=MeetingKind, reason=EarlierReviewReason)


async def held_of(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, known_at: datetime | None = None
) -> dict[UUID, list[HeldRecord]]:
    """Of each child in sight, in the order of time; each with the duty that it met: as stored, or by what was known then."""
    rows = await _held_rows(connection, actor, today, children=ids, known_at=known_at)
    if known_at is None:
        return grouped(rows, "child_id", _as_stored)
    dues = await dues_of_children(connection, {row["child_id"] for row in rows}, known_at, today)
    return grouped(rows, "child_id", lambda row: _held(row, _computed_clock(row, dues.get(row["child_id"], ()))))


async def held_of_households(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, known_at: datetime | None = None
) -> dict[UUID, list[HeldRecord]]:
    """The same of each foster household, to whoever sees everything."""
    rows = await _held_rows(connection, actor, today, households=ids, known_at=known_at)
    if known_at is None:
        return grouped(rows, "household_id", _as_stored)
    dues = await dues_of_households(connection, {row["household_id"] for row in rows}, known_at)
    return grouped(rows, "household_id", lambda row: _held(row, _computed_clock(row, dues.get(row["household_id"], ()))))


async def held(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, HeldRecord]:
    return {row["id"]: _as_stored(row) for row in await _held_rows(connection, actor, today, ids=ids)}


async def _held_rows(
    connection: Connection,
    actor: Actor,
    today: date,
    *,
    children: Collection[UUID] = (),
    households: Collection[UUID] = (),
    ids: Collection[UUID] = (),
    known_at: datetime | None = None,
) -> list[Any]:
    named: dict[str, Any] = {"children": list(children), "households": list(households), "ids": list(ids)}
    return list(await all_rows(_queries.held_records(connection, **named, at=known_at, starting=_STARTING, **children_seen(actor, today))))


def _held(row: Any, clock: Clock | None) -> HeldRecord:
    return HeldRecord(
        id=row["id"],
        child_id=row["child_id"],
        household_id=row["household_id"],
        recorded_at=row["recorded_at"],
        kind=MeetingKind(row["kind"]),
        held_on=row["held_on"],
        completed_on=row["completed_on"],
        participation=ParticipationCode(row["participation"]) if row["participation"] else None,
        to_reconvene=row["to_reconvene"],
        without_meeting=row["without_meeting"],
        source=row["source"],
        clock=clock,
    )


def _as_stored(row: Any) -> HeldRecord:
    if row["state"] is None:
        return _held(row, None)
    clock = Clock(
        state=ObligationState(row["state"]),
        statutory_due_on=row["statutory_due_on"],
        held_on=row["met_on"],
        completed_on=row["met_completed_on"],
        void_from=row["void_from"],
    )
    return _held(row, clock)


def _computed_clock(row: Any, dues: Iterable[Due]) -> Clock | None:
    kinds = _STARTING if row["kind"] in _STARTING else [row["kind"]]
    met = [due for due in dues if due.held_on == row["held_on"] and due.kind.value in kinds]
    met.sort(key=lambda due: (due.kind.value != row["kind"], due.triggered_on))
    return clock_of_due(met[0]) if met else None

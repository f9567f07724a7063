"""What PostgreSQL keeps of when resources are there: absences, time that is offered, and the availability that comes of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.directory.patterns import parse_pattern
from services.kernel.errors import HasMeetings
from services.kernel.ids import new_id
from services.kernel.window import DateSpan, TimeWindow
from services.kernel.words import AbsenceReason, ResourceKind
from services.platform.database import Connection
from services.platform.ranges import range_of
from services.platform.sql import load_queries

_sql = load_queries(__file__, "availability.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceAbsence:
    """A stretch in which a resource is not there."""

    resource_id: UUID
    during: TimeWindow
    reason: AbsenceReason


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutside:
    """Meetings that stand at times at which a resource is no longer at work by its pattern."""

    kind: ResourceKind
    code: str
    meeting_ids: tuple[UUID, ...]


async def drop_unstated_absences(
    connection: Connection, owners: Collection[UUID], stated: Sequence[ResourceAbsence], since: datetime
) -> None:
    """Absences that an establishment once stated and does not now are gone, unless they were over by `since`."""
    await _sql.drop_absences(connection, owners=list(owners), from_=since, **_columns(stated))


async def unrecorded(connection: Connection, stated: Sequence[ResourceAbsence]) -> list[ResourceAbsence]:
    """Those of the stated absences that are not recorded yet."""
    rows = _sql.new_absences(connection, **_columns(stated))
    return [
        ResourceAbsence(
            resource_id=row["id"], during=TimeWindow(row["during"].lower, row["during"].upper), reason=AbsenceReason(row["reason"])
        )
        async for row in rows
    ]


async def add_absences(connection: Connection, absences: Sequence[ResourceAbsence], source: str, now: datetime) -> list[UUID]:
    """Recorded; answers one identifier for each. Availability is not touched."""
    ids = [new_id() for _ in absences]
    columns = _columns(absences)
    await _sql.add_absences(
        connection,
        ids=ids,
        resource_ids=columns["ids"],
        durings=columns["durings"],
        reasons=columns["reasons"],
        source=source,
        now=now,
    )
    return ids


async def drop_unstated_offers(
    connection: Connection, owners: Collection[UUID], stated: Sequence[tuple[UUID, TimeWindow]], since: datetime
) -> None:
    """Time that an establishment once said was offered and does not now is not, unless it was over by `since`."""
    ids, durings = [resource for resource, _ in stated], [range_of(window) for _, window in stated]
    await _sql.drop_offers(connection, owners=list(owners), ids=ids, durings=durings, from_=since)


async def add_offers(connection: Connection, offered: Sequence[tuple[UUID, TimeWindow]], source: str, now: datetime) -> None:
    """Recorded, each once of a source. Availability is not touched."""
    ids, durings = [resource for resource, _ in offered], [range_of(window) for _, window in offered]
    await _sql.add_offers(connection, ids=[new_id() for _ in ids], resource_ids=ids, durings=durings, source=source, now=now)


async def meetings_under(
    connection: Connection, spans: Sequence[tuple[UUID, TimeWindow]], now: datetime
) -> dict[tuple[UUID, TimeWindow], tuple[UUID, ...]]:
    """The meetings, not over by `now`, for which each resource must be at work in each window; windows without any are left out."""
    rows = _sql.holds_under(
        connection, resource_ids=[resource for resource, _ in spans], durings=[range_of(window) for _, window in spans], now=now
    )
    return {(row["resource_id"], TimeWindow(row["during"].lower, row["during"].upper)): tuple(row["meeting_ids"]) async for row in rows}


async def meetings_in_order(connection: Connection, meeting_ids: Collection[UUID]) -> tuple[UUID, ...]:
    """These meetings in order of time; what is equal, by reference."""
    return tuple(await _sql.meetings_in_order(connection, ids=list(meeting_ids)))


async def withdraw_offers(connection: Connection, resource_ids: Collection[UUID], window: TimeWindow) -> int:
    """Nobody's offer of these resources reaches into the window any more, but for those of a file; answers how many did. Availability
    is not touched."""
    found: int = await _sql.withdraw_offers(connection, resource_ids=list(resource_ids), during=range_of(window))
    return found


async def is_offered(connection: Connection, resource_ids: Collection[UUID], window: TimeWindow) -> bool:
    """Whether some of it is, by a person or a file."""
    return bool(await _sql.is_offered(connection, resource_ids=list(resource_ids), during=range_of(window)))


async def lay_availability(
    connection: Connection, days: DateSpan, resource_ids: Collection[UUID] | None, holidays: Collection[date], over_by: datetime
) -> tuple[HeldOutside, ...]:
    """Availability of these days is the pattern less holidays, with what is offered, less absences; only rows that change are written.

    Answers the holds that stand outside the pattern and keep their time. Holds that ended by `over_by` keep it even under an
    absence; another hold under an absence makes it raise `HasMeetings`.
    """
    assert days.until is not None
    chosen = None if resource_ids is None else list(resource_ids)
    last_day = max(days.days())
    rows = [row async for row in _sql.patterns_in_force(connection, first_day=days.first, last_day=last_day, resource_ids=chosen)]
    try:
        held = _sql.lay_availability(
            connection,
            first_day=days.first,
            last_day=last_day,
            resource_ids=chosen,
            holidays=list(holidays),
            over_by=over_by,
            **_stretches(rows),
        )
        return tuple([_held_outside(row) async for row in held])
    except asyncpg.ForeignKeyViolationError as fault:
        if fault.constraint_name != "hold_within_availability":
            raise
        raise HasMeetings(()) from fault


def _held_outside(row: Mapping[str, Any]) -> HeldOutside:
    return HeldOutside(kind=ResourceKind(row["kind"]), code=row["code"], meeting_ids=tuple(row["meeting_ids"]))


def _stretches(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"ids": [], "spans": [], "weekdays": [], "sinces": [], "untils": []}
    for row in rows:
        for stretch in parse_pattern(row["pattern"]):
            values = (row["resource_id"], row["in_force"], stretch.weekday, stretch.since, stretch.until)
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
    return columns


def _columns(absences: Sequence[ResourceAbsence]) -> dict[str, list[Any]]:
    return {
        "ids": [each.resource_id for each in absences],
        "durings": [range_of(each.during) for each in absences],
        "reasons": [each.reason.value for each in absences],
    }

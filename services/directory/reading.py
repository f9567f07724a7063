"""What viewers read of the directory: officers, rooms, note-takers, police teams and absences, a statement each.

Whoever sees the whole diary sees who is in it. Others list themselves alone, and meet the rest on their own meetings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.paging import Slice, Window, cut
from services.kernel.permission import Act, Reach, reach
from services.kernel.window import local_instant
from services.kernel.words import AbsenceReason, ResourceKind, Role
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")
_KIND_OF = {Role.IRO: ResourceKind.IRO, Role.NOTE_TAKER: ResourceKind.NOTE_TAKER, Role.POLICE_LIAISON: ResourceKind.POLICE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """An IRO with the WTE of the day."""

    id: UUID
    code: str
    name: str
    wte: Decimal
    specialities: tuple[str, ...]
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    id: UUID
    code: str
    name: str
    seats: int
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTaker:
    """`write_up_a_week`: minutes of write-up that she can do from Monday to Sunday; None: no limit is stated."""

    id: UUID
    code: str
    name: str
    wte: Decimal
    write_up_a_week: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceTeam:
    id: UUID
    code: str
    name: str
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """`reason` is None to all but managers and the person herself."""

    id: UUID
    resource_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: AbsenceReason | None


def sees_directory(actor: Actor) -> bool:
    """Whether the actor may list everybody."""
    return reach(actor, Act.READ_MEETINGS) is Reach.ALL


def may_meet(actor: Actor, resource_id: UUID) -> bool:
    """Whether the actor may ask for one officer, note-taker or police team by its identifier."""
    return sees_directory(actor) or actor.resource_id == resource_id


async def resource_of(connection: Connection, role: Role, code: str | None, today: date) -> UUID | None:
    """The IRO, note-taker or police team that a person with this role and code is; None for no such, or no longer."""
    if code is None or role not in _KIND_OF:
        return None
    row = await _queries.actor_resource(connection, kind=_KIND_OF[role].value, code=code, today=today)
    return row["id"] if row else None


async def officers(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Officer]:
    """IROs by identifier, for edges of what the actor sees."""
    return {row["id"]: _officer(row) for row in await all_rows(_queries.officers_by_ids(connection, ids=list(ids), today=today))}


async def officers_page(connection: Connection, actor: Actor, today: date, window: Window) -> Slice[Officer]:
    """IROs in post, by code."""
    rows = await all_rows(
        _queries.officers_listed(
            connection,
            today=today,
            everything=sees_directory(actor),
            self_id=actor.resource_id,
            code=None,
            after_key=window.after_key,
            after_id=window.after_id,
            wanted=window.first + 1,
        )
    )
    return cut([_officer(row) for row in rows], window)


async def officers_count(connection: Connection, actor: Actor, today: date) -> int:
    counted = await _queries.officers_counted(connection, today=today, everything=sees_directory(actor), self_id=actor.resource_id)
    return int(counted)


async def officer_by_code(connection: Connection, actor: Actor, code: str, today: date) -> Officer | None:
    """The IRO of a code, if in post and in sight."""
    rows = await all_rows(
        _queries.officers_listed(
            connection,
            today=today,
            everything=sees_directory(actor),
            self_id=actor.resource_id,
            code=code,
            after_key=None,
            after_id=None,
            wanted=1,
        )
    )
    return _officer(rows[0]) if rows else None


async def rooms(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Room]:
    return {row["id"]: _room(row) for row in await all_rows(_queries.rooms_by_ids(connection, ids=list(ids)))}


async def all_rooms(connection: Connection, actor: Actor, today: date) -> list[Room]:
    """Rooms in use, by code: everybody who reads meetings may know them."""
    return [_room(row) for row in await all_rows(_queries.rooms_listed(connection, today=today))]


async def note_takers(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, NoteTaker]:
    rows = await all_rows(_queries.note_takers_by_ids(connection, ids=list(ids), today=today))
    return {row["id"]: NoteTaker(**row) for row in rows}


async def all_note_takers(connection: Connection, actor: Actor, today: date) -> list[NoteTaker]:
    rows = await all_rows(_queries.note_takers_listed(connection, today=today, everything=sees_directory(actor), self_id=actor.resource_id))
    return [NoteTaker(**row) for row in rows]


async def police_teams(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, PoliceTeam]:
    return {row["id"]: PoliceTeam(**row) for row in await all_rows(_queries.police_teams_by_ids(connection, ids=list(ids)))}


async def all_police_teams(connection: Connection, actor: Actor, today: date) -> list[PoliceTeam]:
    rows = await all_rows(_queries.police_teams_listed(connection, everything=sees_directory(actor), self_id=actor.resource_id))
    return [PoliceTeam(**row) for row in rows]


async def absences_of(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, first: date | None, last: date | None
) -> dict[UUID, list[Absence]]:
    """Absences of IROs that touch the days from `first` to `last`, both included."""
    rows = await all_rows(
        _queries.absences_of(
            connection,
            ids=list(ids),
            everything=reach(actor, Act.READ_ABSENCES) is Reach.ALL,
            self_id=actor.resource_id,
            first=local_instant(first, time(0)) if first else None,
            last=local_instant(last + timedelta(days=1), time(0)) if last else None,
        )
    )
    return grouped(rows, "resource_id", lambda row: _absence(row, actor))


async def absences(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Absence]:
    far = reach(actor, Act.READ_ABSENCES)
    rows = await all_rows(
        _queries.absences_by_ids(
            connection,
            ids=list(ids),
            everything=far is Reach.ALL,
            self_id=actor.resource_id,
            kinds=[ResourceKind.ROOM, ResourceKind.NOTE_TAKER] if actor.role is Role.BUSINESS_SUPPORT else [],
        )
    )
    return {row["id"]: _absence(row, actor) for row in rows}


async def all_rows(found: AsyncIterator[Any]) -> list[Any]:
    """Every row of a statement."""
    return [row async for row in found]


def grouped(rows: Sequence[Any], key: str, build: Any) -> dict[UUID, list[Any]]:
    """Rows under the value of one column, in their order."""
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(build(row))
    return found


def _officer(row: Any) -> Officer:
    return Officer(
        id=row["id"], code=row["code"], name=row["name"], wte=row["wte"], specialities=tuple(row["specialities"]), areas=tuple(row["areas"])
    )


def _room(row: Any) -> Room:
    return Room(id=row["id"], code=row["code"], name=row["name"], seats=row["seats"], features=tuple(row["features"]))


def _absence(row: Any, actor: Actor) -> Absence:
    told = actor.role is Role.MANAGER or actor.resource_id == row["resource_id"]
    return Absence(
        id=row["id"],
        resource_id=row["resource_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        reason=AbsenceReason(row["reason"]) if told else None,
    )

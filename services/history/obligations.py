"""Obligations in PostgreSQL: read with what stands for each, and written array by array, as many at once as there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from services.history.rows import Changes, Row, Stored
from services.kernel.actor import service_actor
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "obligations.sql")
_RECORDS = service_actor("records").subject

_TYPES = {"id": "uuid", "child_id": "uuid", "household_id": "uuid", "rule_amount": "integer", "meeting_needed": "boolean"}
_ARRAYS = [_TYPES.get(name, "date" if name.endswith("_on") or name == "void_from" else "text") for name in Row._fields]
_WIDTH = len(Row._fields)
_COLUMNS = ", ".join(Row._fields)
_VALUES = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_ARRAYS, start=1))
_ASSIGNED = ", ".join(f"{name} = v.{name}" for name in Row._fields)
_CHANGE = f"UPDATE obligation o SET {_ASSIGNED} FROM unnest({_VALUES}) AS v({_COLUMNS}) WHERE o.id = v.id"  # noqa: S608 - columns of Row
_MOVE = (
    f"UPDATE obligation o SET {_ASSIGNED} FROM unnest({_VALUES}, ${len(_ARRAYS) + 1}::uuid[]) AS v({_COLUMNS}, old_id) "  # noqa: S608 - as above
    "WHERE o.id = v.old_id"
)


async def stored_of(connection: Connection, subject_ids: Collection[UUID], *, households: bool = False) -> dict[UUID, list[Stored]]:
    """What is stored of these children, or of these households."""
    stored = _sql.stored_of_households if households else _sql.stored_of_children
    found: dict[UUID, list[Stored]] = defaultdict(list)
    of_subject = 2 if households else 1
    async for record in stored(connection, ids=list(subject_ids)):
        referred_to, booked, meets_on = record[_WIDTH:]
        each = Stored(row=Row._make(record[:_WIDTH]), booked=booked, referred_to=referred_to, meets_on=meets_on)
        found[record[of_subject]].append(each)
    return found


async def subjects_after(connection: Connection, after: UUID, at_once: int, *, households: bool) -> list[UUID]:
    """The next children, or households, in the order of their identifiers."""
    listed = _sql.households_after if households else _sql.children_after
    return [row["id"] async for row in listed(connection, after=after, at_once=at_once)]


async def write(connection: Connection, changes: Changes) -> None:
    """The table is as `changes` say, and meetings and plans follow."""
    await move(connection, changes.moved)
    await change(connection, changes.changed)
    await add(connection, changes.added)
    await hand_over(connection, changes.handed)
    if changes.rekinded:
        await _sql.rekind_meetings(connection, ids=changes.rekinded, by=_RECORDS)
    await give_up(connection, changes.gone)


async def add(connection: Connection, rows: Sequence[Row]) -> None:
    """New obligations. By COPY: arrays cost the driver several times as much."""
    if rows:
        await connection.copy_records_to_table("obligation", records=rows, columns=Row._fields)


async def change(connection: Connection, rows: Sequence[Row]) -> None:
    """Obligations under the identifiers that they have."""
    if rows:
        await connection.execute(_CHANGE, *_arrays(rows))


async def move(connection: Connection, moved: Sequence[tuple[UUID, Row]]) -> None:
    """Under their new identifiers; meetings follow by the foreign key, plans are told."""
    if moved:
        old_ids, rows = [old for old, _ in moved], [row for _, row in moved]
        await connection.execute(_MOVE, *_arrays(rows), old_ids)
        await _sql.follow_in_placements(connection, old_ids=old_ids, new_ids=[row.id for row in rows])
        await _sql.follow_in_plans(connection, ids=[row.id for row in rows])
        await _sql.follow_in_unplaced(connection, old_ids=old_ids, new_ids=[row.id for row in rows])


async def hand_over(connection: Connection, handed: Sequence[tuple[UUID, UUID]]) -> None:
    """Meetings that stand for the old ones stand for the new ones."""
    if handed:
        await _sql.hand_over_meetings(connection, old_ids=[old for old, _ in handed], new_ids=[new for _, new in handed])


async def hand_over_all(connection: Connection, old_id: UUID, new_id: UUID) -> None:
    """Whatever was booked for the old one, also what was called off, is for the new one, unless a meeting stands for that."""
    await _sql.hand_over_bookings(connection, old_id=old_id, new_id=new_id)


async def give_up(connection: Connection, ids: Sequence[UUID]) -> None:
    """Locked first: whoever books one of them at this moment has finished before it is judged whether it is referred to."""
    if ids:
        _ = [row async for row in _sql.lock_obligations(connection, ids=ids)]
        await _sql.remove_obligations(connection, ids=ids)
        await _sql.void_obligations(connection, ids=ids)


def _arrays(rows: Sequence[Row]) -> Iterator[list[Any]]:
    return (list(column) for column in zip(*rows, strict=True))

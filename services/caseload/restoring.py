"""Allocations as they were before a decision of the same day: the rows exactly, while the history keeps what was decided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.caseload import store
from services.caseload.store import AllocationEvent, refusals
from services.kernel.actor import Actor
from services.platform import audit
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "restoring.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One allocation as it stands, whole; `until` is the first day on which it no longer holds."""

    id: UUID
    child_id: UUID
    iro_id: UUID
    first_day: date
    until: date | None
    reason: str | None
    approved_by: str | None

    def kept(self) -> dict[str, Any]:
        """As JSON that `row_of_kept` reads back to the same row."""
        return {name: None if (value := getattr(self, name)) is None else str(value) for name in Row.__slots__}


def row_of_kept(kept: dict[str, Any]) -> Row:
    """The row that was kept."""
    until = kept["until"]
    return Row(
        id=UUID(kept["id"]),
        child_id=UUID(kept["child_id"]),
        iro_id=UUID(kept["iro_id"]),
        first_day=date.fromisoformat(kept["first_day"]),
        until=None if until is None else date.fromisoformat(until),
        reason=kept["reason"],
        approved_by=kept["approved_by"],
    )


async def load_rows(connection: Connection, child_ids: Collection[UUID], on: date) -> dict[UUID, Row]:
    """The allocation of each of these children in force on a day, of those who have one, locked."""
    return {row["child_id"]: Row(**row) async for row in _sql.rows_on(connection, child_ids=list(child_ids), on_day=on)}


async def restore_many(
    connection: Connection,
    wanted: Sequence[tuple[Row, Row]],
    on: date,
    *,
    actor: Actor,
    now: datetime,
    run_id: UUID,
    reason: str | None,
) -> None:
    """Of each pair the first allocation, made on `on`, is gone, and the second stands exactly as it stood before.

    The history keeps that it was UNDONE, by whom and why. Waits for other decisions to commit; the caller has seen inside the
    same transaction that the first stands as it was made.
    """
    await store.lock_decisions(connection)
    async with refusals():
        await _sql.remove(connection, ids=[made.id for made, _ in wanted])
        await _sql.restore(connection, [{name: getattr(was, name) for name in Row.__slots__} for _, was in wanted])
    events = [_event(made, was, on, actor=actor, now=now, run_id=run_id, reason=reason) for made, was in wanted]
    await store.add_allocations(connection, [], events)
    told = [(f"child:{was.child_id}", {"iro": str(was.iro_id), "from_iro": str(made.iro_id), "run": str(run_id)}) for made, was in wanted]
    await audit.record_many(connection, actor, "UNDO_ALLOCATION", told)


def _event(made: Row, was: Row, on: date, *, actor: Actor, now: datetime, run_id: UUID, reason: str | None) -> AllocationEvent:
    return AllocationEvent(
        child_id=was.child_id,
        at=now,
        by=actor.subject,
        what="UNDONE",
        iro_id=was.iro_id,
        from_iro_id=made.iro_id,
        effective_on=on,
        until=was.until,
        reason=reason,
        approved_by=actor.subject,
        run_id=run_id,
    )

"""Short ways to put records and bookings into a database, and to read back what is owed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from services.history import service
from services.kernel.ids import new_id, new_reference
from services.kernel.words import MeetingKind
from services.platform.database import Connection, Database

CARE, REVIEW, INITIAL = MeetingKind.CARE_REVIEW, MeetingKind.REVIEW_CONFERENCE, MeetingKind.INITIAL_CONFERENCE
LEARNED = datetime(2026, 1, 1, tzinfo=UTC)


async def add_child(connection: Connection, reference: str, born_on: date | None = date(2015, 6, 1)) -> UUID:
    child_id = new_id()
    await connection.execute("INSERT INTO child (id, reference) VALUES ($1, $2)", child_id, reference)
    await connection.execute(
        "INSERT INTO child_fact (child_id, recorded, born_on, source) VALUES ($1, tstzrange($2, NULL), $3, 'TEST')",
        child_id,
        LEARNED,
        born_on,
    )
    return child_id


async def add_care(connection: Connection, child_id: UUID, started_on: date, *, exact: bool = True) -> None:
    await connection.execute(
        "INSERT INTO care_period (id, child_id, recorded, started_on, started_on_exact, source) "
        "VALUES ($1, $2, tstzrange($3, NULL), $4, $5, 'TEST')",
        new_id(),
        child_id,
        LEARNED,
        started_on,
        exact,
    )


async def hold(connection: Connection, child_id: UUID, kind: MeetingKind, day: date, now: datetime, **more: Any) -> None:
    values: dict[str, Any] = {"participation": None, "meeting_id": None, "source": "DIARY", **more}
    await service.record_held_in(connection, child_id, kind, day, now=now, **values)


async def book(connection: Connection, child_id: UUID, kind: MeetingKind, day: date, obligation_id: UUID, state: str = "CONFIRMED") -> UUID:
    """A meeting of the diary that stands for an obligation."""
    meeting_id = new_id()
    starts = datetime.combine(day, time(10), tzinfo=UTC)
    await connection.execute(
        "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) "
        "VALUES ($1, $2, $3, $4, $5::timestamptz, $5::timestamptz + interval '1 hour')",
        meeting_id,
        new_reference(),
        kind.value,
        state,
        starts,
    )
    await connection.execute(
        "INSERT INTO meeting_item (meeting_id, number, child_id, kind, obligation_id, live) VALUES ($1, 1, $2, $3, $4, $5)",
        meeting_id,
        child_id,
        kind.value,
        obligation_id,
        state not in ("CANCELLED", "POSTPONED"),
    )
    return meeting_id


async def owed(database: Database, child_id: UUID) -> list[tuple[str, date, date, str]]:
    """Rule, day 0, the law's latest day and state of all that is stored of a child."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT rule_code, triggered_on, statutory_due_on, state FROM obligation WHERE child_id = $1 ORDER BY triggered_on, kind",
            child_id,
        )
    return [tuple(row) for row in rows]


async def booked(database: Database, meeting_id: UUID) -> tuple[date, str]:
    """Day 0 and state of the obligation that a meeting stands for."""
    async with database.connection() as connection:
        row = await connection.fetchrow(
            "SELECT o.triggered_on, o.state FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id WHERE i.meeting_id = $1",
            meeting_id,
        )
    assert row is not None
    return row["triggered_on"], row["state"]

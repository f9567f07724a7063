"""A database that an earlier release has filled: what is added to it says of what was there before what this release would."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import services
from deploy.embedded import EmbeddedPostgres
from services.platform.migrate import migrate, newest_revision
from tests.support.servers import drop_database

_FOLDER = Path(services.__file__).parent / "platform" / "migrations" / "sql"
_NUMBERS = iter(range(100))

_FILLED = Path(__file__).parent / "filled_at_0003.sql"


@pytest.fixture
async def upgraded(postgres: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    """That database at this release, by its owner."""
    name = f"upgraded_{next(_NUMBERS)}"
    server = await asyncpg.connect(postgres.url())
    await server.execute(f'CREATE DATABASE "{name}"')
    await server.close()
    owner = await asyncpg.connect(postgres.url(name))
    try:
        await owner.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
        for path in (*sorted(_FOLDER.glob("000[123]_*.sql")), _FILLED):
            await owner.execute(path.read_text(encoding="utf-8"))
        await owner.execute("INSERT INTO alembic_version VALUES ('0003')")
        assert await migrate(postgres.url(name)) == newest_revision()
        yield owner
    finally:
        await owner.close()
        await drop_database(postgres, postgres.url(name))


async def _rows(owner: asyncpg.Connection, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await owner.fetch(statement)]


async def test_what_took_place_has_its_day_and_what_is_to_come_has_none(upgraded: asyncpg.Connection) -> None:
    rows = await _rows(upgraded, "SELECT reference, number, held_on, attended FROM sitting JOIN meeting ON id = meeting_id ORDER BY 1, 2")
    assert rows == [
        ("M-01", 1, None, None),
        ("M-01", 2, None, None),
        ("M-02", 1, date(2026, 7, 6), None),  # by the clock in England
        ("M-03", 1, date(2026, 9, 9), None),
        ("M-03", 2, None, None),
        ("M-04", 1, None, None),
    ]
    entries = await _rows(upgraded, "SELECT uid, sitting FROM calendar_entry ORDER BY 1")
    assert entries == [("M-01", 1), ("M-02", 1), ("M-03", 2), ("M-04", 1)]


async def test_whoever_came_with_the_diary_has_an_agency(upgraded: asyncpg.Connection) -> None:
    assert await _rows(upgraded, "SELECT agency, direct_contact, consent FROM attendee") == [("POLICE", True, "NOT_ASKED")]


async def test_what_is_held_counts_as_write_up_in_the_weeks_of_its_sittings(upgraded: asyncpg.Connection) -> None:
    takers = await _rows(upgraded, "SELECT code, write_up_a_week FROM note_taker JOIN resource ON id = resource_id ORDER BY 1")
    assert takers == [("NT-01", 1200), ("NT-02", 600), ("NT-03", None)]
    weeks = "SELECT code, monday, minutes, most FROM write_up_week JOIN resource ON id = note_taker_id ORDER BY 1, 2"
    assert await _rows(upgraded, weeks) == [
        ("NT-01", date(2026, 9, 7), 480, 1200),  # twice two hours, two times
        ("NT-01", date(2026, 9, 14), 90, 1200),
        ("NT-02", date(2026, 9, 7), 660, 660),  # more than she can: it stands
        ("NT-03", date(2026, 7, 6), 120, None),
    ]
    rooms = await _rows(upgraded, "SELECT DISTINCT write_up FROM hold JOIN resource ON id = resource_id WHERE kind = 'ROOM'")
    assert rooms == [(0,)]


async def test_from_then_on_it_is_counted_and_refused_as_if_it_had_been_booked_since(upgraded: asyncpg.Connection) -> None:
    more = """INSERT INTO hold (resource_id, blocked, attended, meeting_id, sitting, write_up)
              SELECT r.id, $2, $2, m.id, 9, $3 FROM resource r, meeting m WHERE r.code = $1 AND m.reference = 'M-01'"""
    friday = asyncpg.Range(datetime(2026, 9, 11, 9, tzinfo=UTC), datetime(2026, 9, 11, 10, tzinfo=UTC))
    for code, minutes in (("NT-01", 721), ("NT-02", 1)):
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await upgraded.execute(more, code, friday, minutes)
        assert refused.value.constraint_name == "write_up_within_capacity"
    await upgraded.execute(more, "NT-01", friday, 720)
    await upgraded.execute("DELETE FROM hold")
    assert await _rows(upgraded, "SELECT DISTINCT minutes FROM write_up_week") == [(0,)]

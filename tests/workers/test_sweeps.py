"""The work of each day is done once, and again on the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from services.platform.config import load_config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from workers.sweeps import DailySweep

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
ROOM = """
WITH stated AS (INSERT INTO resource (id, kind, code, name) VALUES (gen_random_uuid(), 'ROOM', 'ROOM-A', 'A') RETURNING id)
INSERT INTO working_pattern (resource_id, in_force, pattern) SELECT id, daterange('2020-01-01', NULL), '{Mon-Fri 09:00-17:00}' FROM stated
"""
LAST_DAY = "SELECT (max(upper(during)) AT TIME ZONE 'Europe/London')::date FROM availability"


@pytest.fixture
def resources(database: Database) -> Resources:
    return Resources(config=load_config(_env_file=None), database=database, doorbell=Doorbell(None))


async def _last_day(database: Database) -> date:
    async with database.connection() as connection:
        found: date = await connection.fetchval(LAST_DAY)
        return found


async def test_working_time_is_laid_out_further_each_day(database: Database, resources: Resources) -> None:
    async with database.transaction() as connection:
        await connection.execute(ROOM)
    sweep = DailySweep()
    await sweep.sweep(resources, lambda: NOW)
    first = await _last_day(database)
    assert first > date(2027, 9, 1)
    async with database.transaction() as connection:
        await connection.execute("DELETE FROM availability")
    await sweep.sweep(resources, lambda: NOW + timedelta(hours=3))  # the same day: nothing is done twice
    async with database.connection() as connection:
        assert not await connection.fetchval("SELECT EXISTS (SELECT FROM availability)")
    await sweep.sweep(resources, lambda: NOW + timedelta(days=7))
    assert await _last_day(database) == first + timedelta(days=7)

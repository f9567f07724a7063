"""The work of each day is done once, and again on the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.history import renewing
from services.history.service import rewrite_obligations
from services.history.versions import open_version
from services.kernel.words import CareStatus
from services.platform.config import load_config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.history.children import add_care, add_child, owed
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


async def _on_a_break(database: Database, started_on: date, ended_on: date | None = None, *, exact: bool = True) -> UUID:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        known = {"started_on": started_on, "started_on_exact": exact, "ended_on": ended_on}
        values = {"child_id": child, "status": CareStatus.SHORT_BREAK, **known}
        await open_version(connection, "care_status", values, source="TEST", at=NOW)
        await rewrite_obligations(connection, [child], NOW.date())
    return child


async def test_a_short_break_that_goes_on_is_ordinary_care_from_its_eighteenth_day(database: Database, resources: Resources) -> None:
    began = date(2026, 8, 20)  # the 17th day is 6 September
    child, sweep = await _on_a_break(database, began), DailySweep()
    breaks = ("SHORT_BREAK_REVIEW_FIRST", began, date(2026, 11, 20))
    await sweep.sweep(resources, lambda: NOW + timedelta(days=5))
    assert await owed(database, child) == [(*breaks, "OPEN")]
    await sweep.sweep(resources, lambda: NOW + timedelta(days=6))
    beyond = [(*breaks, "VOID"), ("CARE_REVIEW_FIRST", date(2026, 9, 7), date(2026, 10, 5), "OPEN")]
    assert await owed(database, child) == beyond
    async with database.connection() as connection:
        before = await connection.fetch("SELECT xmin, * FROM obligation")
    await DailySweep().sweep(resources, lambda: NOW + timedelta(days=6))  # of another process, on the same day
    await sweep.sweep(resources, lambda: NOW + timedelta(days=7))
    async with database.connection() as connection:
        assert await connection.fetch("SELECT xmin, * FROM obligation") == before


async def test_a_short_break_of_whose_series_nothing_is_owed_yet_becomes_ordinary_care_too(
    database: Database, resources: Resources
) -> None:
    child, sweep = await _on_a_break(database, date(2026, 8, 20), exact=False), DailySweep()
    await sweep.sweep(resources, lambda: NOW + timedelta(days=5))
    assert await owed(database, child) == []
    await sweep.sweep(resources, lambda: NOW + timedelta(days=6))
    assert await owed(database, child) == [("CARE_REVIEW_FIRST", date(2026, 9, 7), date(2026, 10, 5), "OPEN")]


async def test_a_series_of_short_breaks_is_over_when_none_has_followed_for_a_year(database: Database, resources: Resources) -> None:
    child = await _on_a_break(database, date(2025, 9, 1), date(2025, 9, 8))
    assert [state for *_, state in await owed(database, child)] == ["OPEN"]
    sweep = DailySweep()
    await sweep.sweep(resources, lambda: NOW + timedelta(days=7))
    assert [state for *_, state in await owed(database, child)] == ["OPEN"]
    await sweep.sweep(resources, lambda: NOW + timedelta(days=8))
    assert [state for *_, state in await owed(database, child)] == ["VOID"]


async def test_a_new_release_computes_what_everybody_owes_by_its_own_reading_of_the_law(database: Database, resources: Resources) -> None:
    async with database.transaction() as connection:
        children = [await add_child(connection, f"CH{number}") for number in range(3)]
        for child in children:
            await add_care(connection, child, date(2026, 8, 24))
    assert await owed(database, children[0]) == []
    await DailySweep().sweep(resources, lambda: NOW)
    for child in children:
        assert await owed(database, child) == [("CARE_REVIEW_FIRST", date(2026, 8, 24), date(2026, 9, 22), "OPEN")]


async def test_everybody_has_a_turn_however_few_go_at_once(
    database: Database, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewing, "_AT_ONCE", 2)
    async with database.transaction() as connection:
        children = [await add_child(connection, f"CH{number}") for number in range(5)]
        for child in children:
            await add_care(connection, child, date(2026, 8, 24))
    assert await renewing.rewrite_everybody(database, NOW.date()) == 5
    for child in children:
        assert len(await owed(database, child)) == 1

"""What one test leaves behind, the next one does not find."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from tests.booking.world import World, at
from tests.support.kept import Kept, keep, restore, shape


async def _everything(owner: asyncpg.Connection[asyncpg.Record]) -> dict[str, list[str]]:
    tables = [row[0] for row in await owner.fetch("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")]
    rows = {each: sorted(row[0] for row in await owner.fetch(f"SELECT t::text FROM {each} t")) for each in tables}
    sequences = await owner.fetch("SELECT sequencename || ' ' || coalesce(last_value::text, '') FROM pg_sequences ORDER BY 1")
    return {**rows, "sequences": [row[0] for row in sequences]}


async def test_the_database_is_brought_back_to_the_unit_and_nothing_else(world: World, unit_database: Kept) -> None:
    owner = await asyncpg.connect(unit_database.url)
    before = await _everything(owner)
    await world.conference("CH1")
    await world.book("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    await owner.execute("SET session_replication_role = replica; DELETE FROM availability; UPDATE resource SET name = 'another'")
    changed = await _everything(owner)
    assert {table for table in before if before[table] != changed[table]} > {"meeting", "hold", "availability", "resource", "audit_event"}
    assert await restore(unit_database)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError)):
        await owner.execute("SELECT 1")  # nobody who was connected still is
    owner = await asyncpg.connect(unit_database.url)
    assert await _everything(owner) == before
    await owner.close()


_ALTERED = [
    "DROP INDEX meeting_item_obligation_once",
    "CREATE FUNCTION told() RETURNS void LANGUAGE sql AS ''",
    "GRANT TRUNCATE ON audit_event TO convene_app",
    "ALTER TABLE hold DISABLE TRIGGER ALL",
    "ALTER DATABASE {name} SET search_path = public, pg_catalog",
    "CREATE SCHEMA another",
    "ALTER TABLE hold DROP CONSTRAINT hold_no_overlap",
]


async def test_a_database_that_is_no_longer_built_as_it_was_is_not_used_again(database_url: str) -> None:
    kept = await keep(database_url)
    owner = await asyncpg.connect(database_url)
    for altered in _ALTERED:
        change = owner.transaction()
        await change.start()
        await owner.execute(altered.format(name=database_url.rsplit("/", 1)[1]))
        assert await shape(owner) != kept.shape, altered
        await change.rollback()
    assert await shape(owner) == kept.shape
    await owner.execute(_ALTERED[-1])
    await owner.close()
    assert not await restore(kept)

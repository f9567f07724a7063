"""What one test leaves behind, the next one does not find."""

from __future__ import annotations

from datetime import date

import asyncpg

from tests.booking.world import World, at


async def _everything(owner: asyncpg.Connection[asyncpg.Record]) -> dict[str, list[str]]:
    tables = [row[0] for row in await owner.fetch("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")]
    rows = {each: sorted(row[0] for row in await owner.fetch(f"SELECT t::text FROM {each} t")) for each in tables}
    sequences = await owner.fetch("SELECT sequencename || ' ' || coalesce(last_value::text, '') FROM pg_sequences ORDER BY 1")
    return {**rows, "sequences": [row[0] for row in sequences]}


async def test_the_database_is_brought_back_to_the_unit_and_nothing_else(world: World, unit_database: tuple[str, str]) -> None:
    url, script = unit_database
    owner = await asyncpg.connect(url)
    before = await _everything(owner)
    await world.conference("CH1")
    await world.book("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    await owner.execute("SET session_replication_role = replica; DELETE FROM availability; UPDATE resource SET name = 'another'")
    changed = await _everything(owner)
    assert {table for table in before if before[table] != changed[table]} > {"meeting", "hold", "availability", "resource", "audit_event"}
    await owner.execute(script)
    assert await _everything(owner) == before
    await owner.close()

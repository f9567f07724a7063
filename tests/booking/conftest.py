"""A world with a small unit in it: a database for each module of tests, as empty but for that unit before every test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from services.platform.database import Database
from tests.booking.world import World
from tests.support.servers import drop_database, fresh_database

_TABLES = """
    SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES = "SELECT quote_ident(sequencename) AS name, last_value FROM pg_sequences WHERE schemaname = 'public'"


async def _keep(owner: asyncpg.Connection[asyncpg.Record]) -> str:
    """The script that brings every row and every sequence back to what it is now."""
    steps = ["SET session_replication_role = replica"]  # neither foreign keys nor triggers: whole tables go and come
    await owner.execute("CREATE SCHEMA kept")
    for table in await owner.fetch(_TABLES):
        name, columns = table["name"], table["columns"]
        await owner.execute(f'CREATE TABLE kept."{name}" AS TABLE public."{name}"')
        held, kept = f'public."{name}"', f'kept."{name}"'
        steps.append(f"DELETE FROM {held}")
        if await owner.fetchval(f"SELECT EXISTS (SELECT FROM {kept})"):
            steps.append(f"INSERT INTO {held} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {kept}")
    for sequence in await owner.fetch(_SEQUENCES):
        value, called = sequence["last_value"] or 1, str(sequence["last_value"] is not None).lower()
        steps.append(f"SELECT setval('public.{sequence['name']}', {value}, {called})")
    return "; ".join(steps)


@pytest.fixture(scope="module")
def unit_database(postgres: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    """A database with the unit of the tests: its address (as owner), and the script that brings it back to that."""

    async def prepare() -> tuple[str, str]:
        url = await fresh_database(postgres)
        database = await Database.connect(url, size=1, name="template")
        await World(database).establish()
        await database.close()
        owner = await asyncpg.connect(url)
        script = await _keep(owner)
        await owner.close()
        return url, script

    url, script = asyncio.run(prepare())
    yield url, script
    asyncio.run(drop_database(postgres, url))


@pytest.fixture
async def database_url(unit_database: tuple[str, str]) -> str:
    """Address (as owner) of a database in which there is the unit and nothing else."""
    url, script = unit_database
    owner = await asyncpg.connect(url)
    await owner.execute(script)
    await owner.close()
    return url


@pytest.fixture
def world(database: Database) -> World:
    return World(database)

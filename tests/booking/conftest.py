"""A world with a small unit in it, copied from a database in which that unit was laid out once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from services.platform.database import Database
from tests.booking.world import World
from tests.support.servers import drop_database, fresh_database


@pytest.fixture(scope="session")
def unit_template(postgres: EmbeddedPostgres) -> Iterator[str]:
    """Name of a database with the unit of the tests."""

    async def prepare() -> str:
        url = await fresh_database(postgres)
        database = await Database.connect(url, size=1, name="template")
        await World(database).establish()
        await database.close()
        return url

    url = asyncio.run(prepare())
    yield url.rsplit("/", 1)[1]
    asyncio.run(drop_database(postgres, url))


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres, unit_template: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Address (as owner) of a database of this test's own, with the unit in it."""
    name = f"unit_{abs(hash(request.node.nodeid))}"
    owner = await asyncpg.connect(postgres.url())
    await owner.execute(f'CREATE DATABASE "{name}" TEMPLATE "{unit_template}" STRATEGY file_copy')
    await owner.close()
    yield postgres.url(name)
    await drop_database(postgres, postgres.url(name))


@pytest.fixture
def world(database: Database) -> World:
    return World(database)

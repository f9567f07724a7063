"""A world with a small unit in it: every test has a database of its own, as empty but for that unit."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deploy.embedded import EmbeddedPostgres
from services.platform.database import Database
from tests.booking.world import World
from tests.support.kept import HandedBack, Kept, lend
from tests.support.servers import fresh_database


@pytest.fixture
async def unit_database(postgres: EmbeddedPostgres, handed_back: HandedBack) -> AsyncIterator[Kept]:
    """A database in which there is the unit of the tests and nothing else."""

    async def establish() -> str:
        url = await fresh_database(postgres)
        database = await Database.connect(url, size=1, name="template")
        await World(database).establish()
        await database.close()
        return url

    async with lend(postgres, handed_back, "unit", establish) as kept:
        yield kept


@pytest.fixture
def database_url(unit_database: Kept) -> str:
    """Address (as owner) of that database."""
    return unit_database.url


@pytest.fixture
def world(database: Database) -> World:
    return World(database)

"""Fixtures of every test: real servers, a fresh database, services that know a fixed now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from deploy.embedded import EmbeddedPostgres, EmbeddedValkey
from services.platform.database import Database
from tests.support.servers import drop_database, fresh_database, postgres_server, valkey_server

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[EmbeddedValkey]:
    with valkey_server() as server:
        yield server


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """Address (as owner) of a database of this test's own."""
    url = await fresh_database(postgres)
    yield url
    await drop_database(postgres, url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The application's own door to that database."""
    opened = await Database.connect(database_url, size=8, name="test")
    yield opened
    await opened.close()


@pytest.fixture
def now() -> datetime:
    """The instant that tests call now: Tuesday 1 September 2026, 10:00 in England."""
    return NOW

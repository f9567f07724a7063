"""Fixtures of every test: real servers, a fresh database, services that know a fixed now."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings

from deploy.embedded import EmbeddedPostgres, EmbeddedValkey
from services.platform.database import Database
from tests.support.kept import HandedBack, lend
from tests.support.servers import fresh_database, postgres_server, valkey_server

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)

settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("unhurried", settings.get_profile("explore"), derandomize=True)  # the same examples each time
if settings.get_current_profile_name() in ("default", "ci"):  # unless one is named: `pytest --hypothesis-profile=explore`
    settings.load_profile("unhurried")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that take long begin first, then those of many tests: no worker is left alone with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in slow, -tests[item.path], item.path))


@pytest.fixture(autouse=True)
def unhurried_solvers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plan searches is counted, not timed: how fast the machine is changes nothing."""
    model = sys.modules.get("services.planning.model")
    if model is not None:
        monkeypatch.setattr(model, "SECONDS", 3600.0)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[EmbeddedValkey]:
    with valkey_server() as server:
        yield server


@pytest.fixture(scope="session")
def handed_back() -> HandedBack:
    """Databases that tests before have used, by what is in them."""
    return {}


@pytest.fixture
async def database_url(postgres: EmbeddedPostgres, handed_back: HandedBack) -> AsyncIterator[str]:
    """Address (as owner) of a database of this test's own: migrated, and empty."""
    async with lend(postgres, handed_back, "nothing", lambda: fresh_database(postgres)) as kept:
        yield kept.url


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

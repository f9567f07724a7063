"""A world with a small unit in it."""

from __future__ import annotations

import pytest

from services.platform.database import Database
from tests.booking.world import World


@pytest.fixture
async def world(database: Database) -> World:
    built = World(database)
    await built.establish()
    return built

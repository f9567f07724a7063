"""A process of its own for each test, and short ways to say who records what."""

from __future__ import annotations

import pytest

from services.platform.config import load_config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources


@pytest.fixture
def resources(database: Database) -> Resources:
    return Resources(config=load_config(_env_file=None), database=database, doorbell=Doorbell(None))

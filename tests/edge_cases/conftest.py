"""A small unit with an empty diary, to which each case adds its children."""

from __future__ import annotations

import pytest

from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database
from tests.edge_cases.authority import Authority

__all__ = ["database_url", "unit_database"]


@pytest.fixture
def authority(database: Database) -> Authority:
    return Authority(database)

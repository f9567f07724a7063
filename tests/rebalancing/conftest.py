"""The database of the tests of booking, with caseloads in it."""

from __future__ import annotations

import pytest

from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database
from tests.rebalancing.unit import Caseloads

__all__ = ["database_url", "unit_database"]


@pytest.fixture
def world(database: Database) -> Caseloads:
    return Caseloads(database)

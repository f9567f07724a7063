"""What the sample records by hand: foster households and a child who moves here, none of them overdue."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.by_hand import record_by_hand
from deploy.sample.households import foster_households, moving_child
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from services.statutory.working_days import england
from tests.sample.reading import months_after


@settings(deadline=None)
@given(as_of=st.dates(date(2012, 1, 1), date(2045, 12, 31)))
def test_no_foster_home_has_ever_waited_for_a_review_for_over_a_year(as_of: date) -> None:
    households = foster_households(as_of, england())
    assert len({each.reference for each in households}) == 10
    for each in households:
        days = [each.approved_on, *each.reviewed_on, as_of]
        assert days == sorted(days)
        assert all(after <= months_after(before, 12) for before, after in pairwise(days))
    child = moving_child(as_of, england())
    assert child.born_on < child.notified_on < as_of
    assert england().is_working(child.notified_on)


@pytest.fixture
def resources(database: Database) -> Resources:
    config = Config(_env_file=None, today=date(2026, 9, 1))  # type: ignore[call-arg]
    return Resources(config=config, database=database, doorbell=Doorbell(None))


async def test_households_and_a_transfer_are_owed_what_the_law_wants_and_recorded_once(resources: Resources, now: datetime) -> None:
    today = resources.today(now)
    said = await record_by_hand(resources, today)
    assert await record_by_hand(resources, today) == said
    async with resources.database.connection() as connection:
        open_duties = await connection.fetch("SELECT kind, statutory_due_on FROM obligation WHERE state = 'OPEN'")
        kinds = sorted(row["kind"] for row in open_duties)
        held = await connection.fetchval("SELECT count(*) FROM held_record WHERE kind = 'FOSTER_HOME_REVIEW'")
    assert kinds == ["FOSTER_HOME_REVIEW"] * 10 + ["TRANSFER_IN_CONFERENCE"]
    assert all(row["statutory_due_on"] >= today for row in open_duties)
    assert f"{held} reviews" in said

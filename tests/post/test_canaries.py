"""200 canaries in every field of a unit, through all its processes: nobody outside the database hears one sing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from deploy.embedded import EmbeddedPostgres
from tests.post.canaries import CHILDREN, CODES, Sight, drive
from tests.support.servers import drop_database, fresh_database

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sight(postgres: EmbeddedPostgres) -> Iterator[Sight]:
    url = asyncio.run(fresh_database(postgres))
    yield asyncio.run(drive(url))
    asyncio.run(drop_database(postgres, url))


def test_no_canary_is_in_any_mail_feed_log_metric_nor_in_valkey(sight: Sight) -> None:
    assert sight.found([*CODES, *CHILDREN]) == []
    assert sight.planted >= 200


def test_the_unit_was_driven_through_all_of_it(sight: Sight) -> None:
    done = {"MeetingBooked", "MeetingChanged", "AbsenceRecorded", "PlanQueued", "RebalancingQueued", "ApplyQueued", "ChildRecorded"}
    assert done <= sight.answers.keys()
    assert sum(where.startswith("mail") for where in sight.texts) > 20
    assert {"feeds", "metrics", "words to Valkey", "log of serve", "log of worker delivery", "log of worker solver"} <= sight.texts.keys()
    assert "deliver_notices" in sight.texts["words to Valkey"]
    assert "notices.delivered" in sight.texts["log of worker delivery"]
    assert "BEGIN:VEVENT" in sight.texts["feeds"]
    assert "SUMMARY:Task M-" in sight.texts["feeds"]
    mails = [text for where, text in sight.texts.items() if where.startswith("mail")]
    for subject in ("Notice: Meeting M-", "Report wanted: Meeting M-", "Reminder: Meeting M-"):
        assert any(f"Subject: {subject}" in text for text in mails), subject
    assert "convene_http_requests_total" in sight.texts["metrics"]


def test_a_canary_in_a_subject_a_log_or_a_feed_would_be_found(sight: Sight) -> None:
    """The control."""
    for where in ("mail 0", "feeds", "log of serve"):
        planted = Sight(texts={**sight.texts, where: sight.texts[where].replace("eeting", "eeting CH00007", 1) + "\nCANARYREASON007"})
        assert (where, "canary") in planted.found(CODES)
        assert where == "log of serve" or (where, "CH00007") in planted.found(CHILDREN)

"""Every mail and feed of a run is as the standards want it, and tells nothing of a child."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from deploy.embedded import EmbeddedPostgres
from tests.fire.unit import Size, lay
from tests.post.census import Census, find_ill_feeds, judge, judge_by_libical, take
from tests.readers.asked import need
from tests.support.servers import drop_database, fresh_database


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    url: str
    census: Census


@pytest.fixture(scope="module")
def taken(postgres: EmbeddedPostgres) -> Iterator[Taken]:
    url = asyncio.run(fresh_database(postgres))
    ground = asyncio.run(lay(url, Size(officers=8, days=3, children=60)))
    yield Taken(url=url, census=asyncio.run(take(url, ground, meetings=25, seed=2)))
    asyncio.run(drop_database(postgres, url))


async def test_every_mail_and_feed_is_as_it_should_be_and_tells_nothing(taken: Taken) -> None:
    assert await judge(taken.url, taken.census) == []
    assert len(taken.census.meetings) == 25
    assert {"INITIAL_CONFERENCE", "CARE_REVIEW"} == {stated["kind"] for stated in taken.census.meetings.values()}
    assert len(taken.census.mails) > 50
    assert sum(b"METHOD:CANCEL" in mail.content for mail in taken.census.mails) > 5
    assert all("BEGIN:VTIMEZONE" in text for text in taken.census.feeds.values())
    assert taken.census.feeds["UNIT None"].count("BEGIN:VEVENT") == 25


def test_libical_finds_no_fault_with_any(taken: Taken) -> None:
    need("libical")
    assert judge_by_libical(taken.census) == []


def test_the_census_sees_a_feed_that_tells(taken: Taken) -> None:
    """The control."""
    kept = dict(taken.census.feeds)
    for planted in (taken.census.canaries[0], "mailto:iro1@example.org", "x" * 80):
        taken.census.feeds["UNIT None"] = kept["UNIT None"].replace("SUMMARY:Meeting", f"SUMMARY:Meeting {planted}")
        assert [each.where for each in find_ill_feeds(taken.census)] == ["UNIT None"]
    taken.census.feeds.update(kept)

"""A relay in every bad temper: nothing is lost, nobody waits longer than a quarter of an hour, and operators see what is wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from graph.app import build_app, build_management_app
from services.invitations.delivery import deliver_owed
from services.platform.database import Database
from services.platform.resources import Resources
from tests.invitations.meetings import Clock, tell
from tests.post.oracle import read, without_last
from tests.post.relay import away_for_an_hour, days_of, is_unknown, judge, reached_elsewhere, weather
from tests.support.smtp import DROP


async def test_whatever_the_relay_does_everything_arrives_and_the_unknown_are_dead_letters(database: Database, now: datetime) -> None:
    async with days_of(database, now, meetings=16, seed=5) as days:
        await weather(days)
        assert await judge(days) == []
        assert len(days.server.accepted) > len({mail.content for mail in days.server.accepted})  # some answers were lost
        assert len(days.waits) > 5  # no two wait equally long
        days.server.accepted[:] = without_last(days.server.accepted)
        assert await judge(days) != []  # the control


async def test_an_address_that_was_left_is_told_so_and_it_would_be_seen_if_it_were_not(database: Database, now: datetime) -> None:
    async with days_of(database, now, meetings=8, seed=5) as days:
        await days.pass_(timedelta(minutes=1))
        moved = reached_elsewhere(days.meetings[0])
        days.server.on_data = lambda to: "451 later" if to == "iro-1@example.org" else "250 fine"
        await tell(database, moved, days.clock())
        await days.pass_(timedelta(minutes=1))
        days.server.on_data = lambda _: "250 fine"
        await days.pass_(timedelta(minutes=1))
        *_, arrived, late = map(read, days.server.accepted)
        assert [(each.mail.recipient, each.method, each.key[1]) for each in (arrived, late)] == [
            ("new-iro-1@example.org", "REQUEST", 2),
            ("iro-1@example.org", "CANCEL", 1),  # which overtakes nobody: another reads it
        ]
        assert await judge(days) == []
        days.server.accepted.remove(late.mail)
        assert {each.what for each in await judge(days)} == {"lost"}  # the control


@pytest.mark.parametrize("temper", ["451 later", DROP])
async def test_others_are_not_kept_waiting_by_those_whom_the_relay_defers_refuses_or_hangs_up_on(
    database: Database, now: datetime, temper: str
) -> None:
    async with days_of(database, now, meetings=14, seed=1) as days:
        days.server.on_data = lambda to: temper if to == "iro-1@example.org" else "250 fine"
        await deliver_owed(days.resources(), days.clock)
        others = {f"iro-{number}@example.org" for number in range(2, 15)}
        assert {mail.recipient for mail in days.server.accepted} == {each for each in others if not is_unknown(each)}


async def test_an_hour_without_a_relay_shows_and_passes(database: Database, now: datetime) -> None:
    async with days_of(database, now, meetings=8, seed=9) as days:
        await away_for_an_hour(days)
        shown = await _shown(days.resources(), days.clock)
        assert shown["age"] == shown["readiness"] == 3600
        assert (shown["owed"], shown["status"]) == (8, 200)
        assert days.server.accepted == []
        await days.change_some(4)
        await days.pass_(timedelta(minutes=16))
        assert await judge(days) == []
        assert max(days.waits) > timedelta(minutes=7)
        assert (await _shown(days.resources(), days.clock))["age"] == 0


async def _shown(resources: Resources, clock: Clock) -> dict[str, float]:
    """What metrics and readiness tell of the mail that waits."""
    found: dict[str, float] = {}
    management = httpx.ASGITransport(build_management_app(resources, clock))
    async with httpx.AsyncClient(transport=management, base_url="http://convene") as client:
        for line in (await client.get("/metrics")).text.splitlines():
            name, _, value = line.partition(" ")
            names = {"convene_oldest_owed_notice_seconds": "age", "convene_notices_owed": "owed"}
            if name in names:
                found[names[name]] = float(value)
    public = httpx.ASGITransport(build_app(resources, clock))
    async with httpx.AsyncClient(transport=public, base_url="http://convene") as client:
        ready = await client.get("/health/ready")
    return {**found, "status": ready.status_code, "readiness": ready.json()["oldestOwedNoticeSeconds"]}

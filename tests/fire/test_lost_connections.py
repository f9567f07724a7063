"""kill -9 of PostgreSQL's processes under load, and connections that are cut between COMMIT and its answer."""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from tests.fire import killing
from tests.fire.api import BOOK, Callers, calling, serving
from tests.fire.crowd import judge, meeting_of, rush
from tests.fire.cutting import cutting
from tests.fire.unit import Size, attempts, fitting, lay
from tests.support.servers import fresh_database, postgres_server

pytestmark = pytest.mark.slow


@pytest.fixture
def durable() -> Iterator[EmbeddedPostgres]:
    """A server whose commits survive its own death."""
    with postgres_server(durable=True) as server:
        yield server


async def test_killed_at_work_the_server_keeps_what_was_acknowledged_and_the_same_key_settles_the_rest(durable: EmbeddedPostgres) -> None:
    url = await fresh_database(durable)
    with serving(url) as api:
        ground = await lay(url, Size(officers=8, days=4, children=100))
        await api.ready()
        outcome = await killing.rush(api.addresses, url, attempts(ground, 3), kills=3, seed=1)
    assert await judge(url, ground, outcome) == []
    assert outcome.unsure, "nobody noticed that the server died"
    assert len(outcome.acknowledged) > 16


async def test_cut_off_after_its_commit_a_booking_is_there_and_the_same_key_says_which(database_url: str) -> None:
    async with cutting(database_url, of=1, seed=1) as cutter:
        with serving(cutter.address, processes=1) as api:
            ground = await lay(database_url, Size(officers=4, days=4, children=28))
            await api.ready()
            first, *others = fitting(ground, "cut")
            async with calling(api.addresses) as callers:
                assert await _try_once(callers, first) == "the database does not answer: try again"
                there = await _meetings(database_url)
                assert len(there) == 1
                cutter.of = 3
                assert {meeting_of(await callers.ask(BOOK, first))} == there
                assert (await callers.ask(BOOK, {**first, "requestKey": "another"}))["__typename"] == "InvalidInput"  # the control
            cuts = cutter.cuts
            outcome = await rush(api.addresses, database_url, [first, *others], gate=1)
    assert await judge(database_url, ground, outcome) == []
    assert len(outcome.acknowledged) == len(others) + 1
    assert cutter.cuts > cuts


async def _try_once(callers: Callers, stated: object) -> object:
    """What a caller hears who does not ask again."""
    return await callers._once(BOOK, stated, next(iter(callers.tokens)))  # type: ignore[arg-type]


async def _meetings(url: str) -> set[object]:
    owner = await asyncpg.connect(url)
    try:
        return {row["id"] for row in await owner.fetch("SELECT id FROM meeting")}
    finally:
        await owner.close()

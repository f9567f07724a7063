"""Valkey is wiped, killed, hung, full and gone: bookings go on, and everything owed is sent."""

from __future__ import annotations

import random
from datetime import timedelta

import asyncpg
import pytest
from arq.connections import ArqRedis

from services.platform import queue
from services.platform.queue import Doorbell
from tests.fire.unit import Ground, Size, lay
from tests.post.valkey import ILLS, Valkey, bookings, ill_treat, judge, own_valkey

SIZE = Size(officers=8, days=2, children=30)


@pytest.fixture
async def ground(database_url: str) -> Ground:
    return await lay(database_url, SIZE)


async def test_whatever_befalls_valkey_meetings_are_booked_and_everything_is_sent(database_url: str, ground: Ground) -> None:
    mails = await ill_treat(database_url, ground, rounds=1, meetings=1, sweep_seconds=0.1, away=timedelta(0))
    assert await judge(database_url, mails) == []
    assert len({mail.content for mail in mails}) == len(mails) >= 9
    owner = await asyncpg.connect(database_url)
    assert await owner.fetchval("SELECT count(*) FROM meeting WHERE state = 'CONFIRMED'") == 2 * len(ILLS) + 1
    await owner.close()
    assert await judge(database_url, mails[1:]) != []  # the control


async def test_a_worker_hears_the_doorbell_again_once_valkey_is_back(
    database_url: str, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(queue, "_PATIENCE_SECONDS", 300.0)  # a ring that is not heard is not rung again
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)
    async with own_valkey() as valkey, bookings(database_url, valkey, ground, sweep_seconds=3600) as made:
        for harm, heal in (ILLS["killed"], ILLS["wiped"]):
            await harm(valkey)
            await heal(valkey)
            await _is_listened_to(valkey)
            await made.book(1)
            await made.all_mailed()


async def _is_listened_to(valkey: Valkey) -> None:
    """True afterwards: somebody else than the asker is there, who can only be the worker."""
    while True:
        if len((await valkey.say("CLIENT", "LIST")).splitlines()) > 1:
            return


async def test_a_valkey_that_hangs_makes_one_caller_wait_briefly_and_then_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_PATIENCE_SECONDS", 300.0)
    monkeypatch.setattr(queue, "_PAUSE_SECONDS", 3600.0)
    tries: list[str] = []
    async with own_valkey() as valkey:
        doorbell = Doorbell(valkey.url)
        assert await doorbell.ping()
        await valkey.hang()
        monkeypatch.setattr(queue, "_PATIENCE_SECONDS", 0.05)
        connected = doorbell._connected

        async def asked() -> ArqRedis | None:
            tries.append("asked")
            return await connected()

        monkeypatch.setattr(doorbell, "_connected", asked)
        for _ in range(50):
            await doorbell.ring_delivery()
        assert tries == ["asked"]
        assert not await doorbell.ping()
        await valkey.go_on()
        monkeypatch.setattr(queue, "_PATIENCE_SECONDS", 300.0)
        assert await doorbell.ping()
        await doorbell.close()

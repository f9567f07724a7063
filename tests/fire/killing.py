"""kill -9 of PostgreSQL's own processes while a crowd books: the server starts anew, and so do its callers."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from tests.fire.api import BOOK, Answer, Callers, calling
from tests.fire.crowd import Outcome, Told, begin, meeting_of, without

_AT_WORK = """SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'convene-graph' AND state <> 'idle' ORDER BY pid"""
_HELD = _AT_WORK.replace("state <> 'idle'", "wait_event_type = 'Lock'")


async def rush(addresses: Sequence[str], url: str, wanted: Sequence[Mapping[str, Any]], *, kills: int, seed: int) -> Outcome:
    """All of them at once, once one of each kind is booked; after each part of the answers one backend is killed, whatever it is at."""
    answered, told = asyncio.Semaphore(0), list[Told]()

    async def ask(callers: Callers, stated: Mapping[str, Any]) -> None:
        answer: Answer = await callers.ask(BOOK, stated)
        told.append((stated, answer))
        answered.release()

    async with calling(addresses, at_once=24) as callers:
        told += await begin(callers, wanted)
        rest = without(wanted, told)
        asking = asyncio.gather(*(ask(callers, each) for each in rest))
        for number in range(kills):
            for _ in range(len(rest) // (kills + 1)):
                await answered.acquire()
            await _kill_one(url, random.Random(seed + number), asking, held=number == 0)
        await asking
        unsure = callers.unsure
        refused = [each for each in told if each[1]["__typename"] != "MeetingBooked"]
        stands = [(stated, await callers.ask(BOOK, stated)) for stated, _ in refused]
    acknowledged = {meeting_of(answer): stated for stated, answer in told if answer["__typename"] == "MeetingBooked"}
    return Outcome(acknowledged=acknowledged, refused=refused, stands=stands, seconds=0, unsure=unsure)


async def _kill_one(url: str, chance: random.Random, asking: asyncio.Future[Any], *, held: bool) -> None:
    """One backend of the API processes that is at work; if `held`, one that nobody lets come to its end before."""
    while True:
        try:
            connection = await asyncpg.connect(url)
            break
        except (asyncpg.PostgresError, OSError):  # still recovering from the last time
            await asyncio.sleep(0.02)
    try:
        if held:
            await connection.execute("BEGIN; LOCK TABLE meeting IN SHARE MODE")
        wanted = _HELD if held else _AT_WORK
        while not (pids := [row["pid"] for row in await connection.fetch(wanted)]):
            if asking.done():
                return
            await asyncio.sleep(0.001)
        os.kill(chance.choice(pids), signal.SIGKILL)
    finally:
        connection.terminate()

"""A crowd on few slots, over HTTP through several processes, all of them past the look and before the write at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from graph.names import id_of
from services.platform.database import Connection
from tests.fire.api import BOOK, Answer, Callers, calling
from tests.fire.oracle import Fault, find_faults, find_fitting, find_unkept, find_untrue, read_diary
from tests.fire.unit import Ground

Told = tuple[Mapping[str, Any], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the crowd was told. `stands`: what those who were refused heard when they asked again at the end."""

    acknowledged: Mapping[UUID, Mapping[str, Any]]
    refused: Sequence[Told]
    stands: Sequence[Told]
    seconds: float
    unsure: Mapping[str, int]


async def rush(addresses: Sequence[str], url: str, wanted: Sequence[Mapping[str, Any]], *, gate: int = 16, begun: bool = True) -> Outcome:
    """All of them at once; if `begun`, once one of each kind is booked. The first `gate` are let go together: by then each has seen
    that what it wants is free."""
    async with calling(addresses) as callers:
        began = time.perf_counter()
        told = await begin(callers, wanted) if begun else []
        rest = without(wanted, told)
        async with _gate(url, gate):
            asked = asyncio.create_task(callers.ask_all(BOOK, rest))
        told += list(zip(rest, await asked, strict=True))
        seconds = time.perf_counter() - began
        unsure = callers.unsure
        refused = [each for each in told if each[1]["__typename"] != "MeetingBooked"]
        again = await _ask_again(callers, refused)
    acknowledged = {meeting_of(answer): stated for stated, answer in told if answer["__typename"] == "MeetingBooked"}
    return Outcome(acknowledged=acknowledged, refused=refused, stands=again, seconds=seconds, unsure=unsure)


async def begin(callers: Callers, wanted: Sequence[Mapping[str, Any]]) -> list[Told]:
    """The first of each kind, one after the other: so something of each is booked, whoever is served first among the rest."""
    firsts = {stated["kind"]: stated for stated in reversed(wanted)}
    return [(stated, await callers.ask(BOOK, stated)) for stated in firsts.values()]


def without(wanted: Sequence[Mapping[str, Any]], told: Sequence[Told]) -> list[Mapping[str, Any]]:
    """Those that have not been asked yet."""
    asked = {stated["requestKey"] for stated, _ in told}
    return [each for each in wanted if each["requestKey"] not in asked]


async def _ask_again(callers: Callers, refused: Sequence[Told]) -> list[Told]:
    stated = [each for each, _ in refused]
    return list(zip(stated, await callers.ask_all(BOOK, stated), strict=True))


@asynccontextmanager
async def _gate(url: str, number: int) -> AsyncIterator[None]:
    """Whoever writes a meeting meanwhile waits, until so many do; inside, they have not begun."""
    keeper, watch = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        async with keeper.transaction():
            await keeper.execute("LOCK TABLE meeting IN SHARE MODE")
            yield
            async with asyncio.timeout(600):
                while await _waiting(watch) < number:
                    pass
    finally:
        await keeper.close()
        await watch.close()


async def _waiting(watch: Connection) -> int:
    statement = "SELECT count(*), pg_sleep(0.005) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    found: int = await watch.fetchval(statement)
    return found


def meeting_of(answer: Answer) -> UUID:
    return id_of("Meeting", answer["meeting"]["id"])


async def judge(url: str, ground: Ground, outcome: Outcome) -> list[Fault]:
    """Everything that is wrong after the rush."""
    owner = await asyncpg.connect(url)
    try:
        return await judge_on(owner, ground, outcome)
    finally:
        await owner.close()


async def judge_on(owner: Connection, ground: Ground, outcome: Outcome) -> list[Fault]:
    diary = await read_diary(owner, ground.officer_of)
    return [
        *await find_faults(owner),
        *await find_unkept(owner, outcome.acknowledged, ground.officer_of.keys()),
        *find_fitting(diary, [stated for stated, _ in outcome.refused]),
        *find_untrue(diary, outcome.stands),
    ]

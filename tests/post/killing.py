"""kill -9 of API processes and delivery workers at random, while meetings are booked, moved, cancelled and mailed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import asyncpg
import httpx

from services.platform.database import Database
from tests.fire import storms
from tests.fire.api import Callers, calling
from tests.fire.oracle import Fault
from tests.fire.unit import Ground
from tests.invitations.meetings import resources_for
from tests.post.oracle import find_ill_formed, find_mail_faults, heard_again
from tests.post.processes import Crew, Post, serving_with_post
from tests.support.smtp import Mail, ScriptedSmtp, running
from workers.delivery import deliver

_CALLERS = 8
_OWED = """SELECT EXISTS (SELECT FROM notice WHERE state = 'OWED') OR EXISTS (SELECT FROM letter WHERE state = 'OWED')
                  OR EXISTS (SELECT FROM paper_trail WHERE look_at = '-infinity')"""
_LONGEST_DRAIN = 600.0
API, WORKER, ANSWERED = "API", "worker", "worker, by the server's answer"
VICTIMS = (API, ANSWERED, WORKER, ANSWERED)
"""Who is killed, one after the other and then again: so each kind is, however the storm goes."""


@dataclass(slots=True, kw_only=True)
class Kills:
    """How often what was killed so far; workers also at the very moment in which the server has taken their message."""

    crew: Crew
    most: int
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def victim(self) -> str | None:
        """Whose turn it is; None when so many are done."""
        number = self.done.total()
        return VICTIMS[number % len(VICTIMS)] if number < self.most else None

    def kill(self, each: Post, what: str) -> None:
        self.done[what] += 1
        each.kill_and_start()

    def on_data(self, _: str) -> str:
        """The answer to a message: now and then a deferral; now and then nobody is left to hear it."""
        if self.chance.random() < 0.02:
            return "451 later"
        if self.victim == ANSWERED and self.chance.random() < 0.2:
            self.kill(self.chance.choice(self.crew.workers), ANSWERED)
            self.struck.set()
        return "250 fine"

    async def at_random(self) -> None:
        """Until so many are done: each API process once it is up again, each worker at any time."""
        async with httpx.AsyncClient() as client:
            while (victim := self.victim) is not None:
                if victim == ANSWERED:
                    self.struck.clear()
                    await self.struck.wait()
                    continue
                each = self.chance.choice(self.crew.apis if victim == API else self.crew.workers)
                await each.ready(client)
                await asyncio.sleep(self.chance.uniform(0.0, 0.5))
                self.kill(each, victim)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the killing left behind."""

    kills: Counter[str]
    storm: storms.Storm
    accepted: list[Mail]

    @property
    def repeated(self) -> int:
        """Messages that came more than once."""
        return len(self.accepted) - len({mail.content for mail in self.accepted})


async def rage(
    url: str, ground: Ground, queue_url: str | None, *, kills: int, meetings: int, seed: int, apis: int = 2, workers: int = 2
) -> Outcome:
    """So many kills under a storm of changes, which goes on until as many mails have come as there are meetings, and to somebody
    two about one; then everything that is owed is sent."""
    chance = random.Random(seed)
    async with running(ScriptedSmtp()) as server:
        with serving_with_post(url, server.url, queue_url, apis=apis, workers=workers) as crew:
            await crew.ready()
            async with calling(crew.addresses, at_once=_CALLERS) as callers:
                raging = await storms.gather(callers, ground, meetings, seed)
                killing = Kills(crew=crew, most=kills, chance=chance)
                server.on_data = killing.on_data
                numbers = count(1)

                def goes_on() -> bool:
                    return killing.victim is not None or len(server.accepted) < meetings or not heard_again(server.accepted)

                await asyncio.gather(killing.at_random(), *(_change(raging, callers, numbers, goes_on) for _ in range(_CALLERS)))
        server.on_data = lambda _: "250 fine"
        await drain(url, server)
    return Outcome(kills=killing.done, storm=raging, accepted=server.accepted)


async def _change(raging: storms.Storm, callers: Callers, numbers: Iterator[int], goes_on: Callable[[], bool]) -> None:
    while goes_on():
        await raging.deed(callers, next(numbers))


async def drain(url: str, server: ScriptedSmtp) -> None:
    """An hour later: whatever was deferred is due. What a killed worker had in hand is free once PostgreSQL has found it dead."""
    later = datetime.now(UTC) + timedelta(hours=1)
    database = await Database.connect(url, size=5, name="drain")
    try:
        resources = resources_for(database, server.url)
        async with asyncio.timeout(_LONGEST_DRAIN):
            while await deliver(resources, lambda: later) or await _is_owed(database):
                pass
    finally:
        await database.close()


async def _is_owed(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(await connection.fetchval(_OWED))


async def judge(url: str, ground: Ground, outcome: Outcome) -> list[Fault]:
    """Whatever is wrong in the tables, in the mails, or between the two."""
    owner = await asyncpg.connect(url)
    try:
        faults = await find_mail_faults(owner, outcome.accepted)
    finally:
        await owner.close()
    return [*faults, *find_ill_formed(outcome.accepted, list(ground.officer_of)), *await storms.judge(url, outcome.storm)]

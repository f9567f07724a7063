"""Valkey wiped, killed, absent, hung and full, while meetings are booked and mailed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from deploy.embedded import _valkey_binary, end_with_parent, free_port
from services.booking import service
from services.booking.commands import BookMeeting
from services.kernel.words import MeetingKind
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.booking.world import SUPPORT
from tests.fire.oracle import Fault
from tests.fire.unit import Ground, fitting
from tests.invitations.meetings import resources_for
from tests.post.oracle import find_mail_faults
from tests.support.smtp import Mail, ScriptedSmtp, running
from workers.running import keep_watch
from workers.settings import delivery_worker


@dataclass(slots=True, kw_only=True)
class Valkey:
    """One on a port, which can be ill-treated, and be there again at the same address."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self) -> None:
        """True afterwards: it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        command = [str(_valkey_binary()), *options]
        with (self.folder / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=end_with_parent(signal.SIGKILL))
        async with asyncio.timeout(60):
            while True:
                with suppress(RedisError, OSError):
                    await self.say("PING")
                    return
                await asyncio.sleep(0.02)

    async def say(self, *words: str) -> Any:
        client = Redis.from_url(self.url)
        try:
            return await client.execute_command(*words)
        finally:
            await client.aclose()

    def send(self, what: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, what)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    async def wipe(self) -> None:
        await self.say("FLUSHALL")

    async def hang(self) -> None:
        self.send(signal.SIGSTOP)

    async def go_on(self) -> None:
        self.send(signal.SIGCONT)

    async def fill(self) -> None:
        await self.say("CONFIG", "SET", "maxmemory-policy", "noeviction")
        await self.say("CONFIG", "SET", "maxmemory", "1")

    async def empty(self) -> None:
        await self.say("CONFIG", "SET", "maxmemory", "0")


@asynccontextmanager
async def own_valkey() -> AsyncIterator[Valkey]:
    """One that answers; gone at the end, whatever was done to it."""
    with tempfile.TemporaryDirectory(prefix="convene-valkey-") as folder:
        valkey = Valkey(folder=Path(folder))
        await valkey.start()
        try:
            yield valkey
        finally:
            await valkey.kill()


Deed = Callable[[Valkey], Awaitable[None]]


async def _nothing(_: Valkey) -> None:
    return


ILLS: Mapping[str, tuple[Deed, Deed]] = {
    "hung": (Valkey.hang, Valkey.go_on),
    "wiped": (Valkey.wipe, _nothing),
    "killed": (Valkey.kill, Valkey.start),
    "full": (Valkey.fill, Valkey.empty),
}
"""What is done to it, and what undoes that."""


@dataclass(slots=True, kw_only=True)
class Bookings:
    """Meetings that are booked one after another, and the mail server that their invitations reach."""

    resources: Resources
    server: ScriptedSmtp
    wanted: list[dict[str, Any]]
    booked: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def on_data(self, _: str) -> str:
        self.came.set()
        return "250 fine"

    async def book(self, number: int) -> None:
        for stated in self.wanted[self.booked : self.booked + number]:
            start, end = (datetime.fromisoformat(stated[each]) for each in ("startsAt", "endsAt"))
            command = BookMeeting(
                request_key=stated["requestKey"],
                kind=MeetingKind(stated["kind"]),
                child_references=tuple(stated["childReferences"]),
                starts_at=start,
                ends_at=end,
            )
            async with asyncio.timeout(120):  # who books does not wait for whoever only wakes a worker
                await service.book(self.resources, SUPPORT, command, datetime.now(UTC))
            self.booked += 1

    async def all_mailed(self) -> None:
        """True afterwards: the server has taken a mail for everything that was ever owed."""
        async with self.resources.database.connection() as connection:
            owed = await connection.fetchval("SELECT count(*) FROM notice WHERE state <> 'REFUSED'")
        async with asyncio.timeout(600):
            while len({mail.content for mail in self.server.accepted}) < owed:
                self.came.clear()
                await self.came.wait()


@asynccontextmanager
async def bookings(url: str, valkey: Valkey, ground: Ground, sweep_seconds: float) -> AsyncIterator[Bookings]:
    """A diary with a delivery worker, which sweeps every so often and is woken through that Valkey."""
    database = await Database.connect(url, size=8, name="bookings")
    async with running(ScriptedSmtp()) as server:
        resources = replace(resources_for(database, server.url), doorbell=Doorbell(valkey.url))
        made = Bookings(resources=resources, server=server, wanted=fitting(ground, "valkey"))
        server.on_data = made.on_data
        watch = delivery_worker(resources)
        watch.sweep_seconds = sweep_seconds
        working = asyncio.create_task(keep_watch(watch, valkey.url))
        try:
            yield made
        finally:
            watch.stop()
            await working
            await resources.doorbell.close()
            await database.close()


async def ill_treat(url: str, ground: Ground, *, rounds: int, meetings: int, sweep_seconds: float, away: timedelta) -> list[Mail]:
    """In each round each ill, and so many bookings meanwhile; then Valkey is gone for good for so long. Answers what was mailed."""
    async with own_valkey() as valkey, bookings(url, valkey, ground, sweep_seconds) as made:
        for _ in range(rounds):
            for harm, heal in ILLS.values():
                await made.book(meetings)
                await harm(valkey)
                await made.book(meetings)
                await made.all_mailed()
                await heal(valkey)
        await valkey.kill()
        until = asyncio.get_running_loop().time() + away.total_seconds()
        while True:
            await made.book(1)
            await made.all_mailed()
            if made.booked == len(made.wanted) or asyncio.get_running_loop().time() >= until:
                return made.server.accepted


async def judge(url: str, mails: list[Mail]) -> list[Fault]:
    """Whatever was owed and did not arrive, or arrived otherwise than it was owed."""
    owner = await asyncpg.connect(url)
    try:
        return await find_mail_faults(owner, mails)
    finally:
        await owner.close()

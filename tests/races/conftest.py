"""Two operating-system processes, and a unit whose one day they fight for."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from subprocess import PIPE, Popen
from typing import Any

import asyncpg
import pytest

from services.platform.database import Connection
from tests.booking.world import World


class Runner:
    """The test's end of one racer."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = Popen([sys.executable, "-m", "tests.races.racer"], stdin=PIPE, stdout=PIPE, env=environment)
        self.pid = 0

    async def connect(self, url: str) -> None:
        self.pid = (await self.ask(connect=url))["pid"]

    def tell(self, **asked: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()

    async def hear(self) -> dict[str, Any]:
        """The next line; who hears nothing for ten minutes is stopped, and the test fails."""
        assert self._process.stdout is not None
        silence = threading.Timer(600, self._process.kill)
        silence.start()
        line = await asyncio.to_thread(self._process.stdout.readline)
        silence.cancel()
        assert line, "the racer died, or had nothing to say"
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def ask(self, **asked: Any) -> dict[str, Any]:
        self.tell(**asked)
        return await self.hear()

    def stop(self) -> None:
        self._process.kill()
        with self._process:
            pass


@pytest.fixture(scope="module")
def processes() -> Iterator[tuple[Runner, Runner]]:
    started = Runner(), Runner()
    yield started
    for each in started:
        each.stop()


@pytest.fixture
async def racers(database_url: str, processes: tuple[Runner, Runner]) -> AsyncIterator[tuple[Runner, Runner]]:
    for each in processes:
        await each.connect(database_url)
    yield processes
    for each in processes:
        assert await each.ask(disconnect=True) == {"disconnected": True}


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Connection]:
    """A connection that may do anything."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def until_waiting(owner: Connection, *, pid: int | None = None) -> None:
    """Somebody (or that server process) waits for another transaction to end."""
    statement = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database() AND ($1::int IS NULL OR pid = $1)"
    )
    async with asyncio.timeout(300):
        while not await owner.fetchval(statement, pid):
            pass


async def until_gone(owner: Connection, name: str) -> None:
    """PostgreSQL has found that the killed process of that name is no more, and undone what it had begun."""
    statement = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"
    async with asyncio.timeout(300):
        while await owner.fetchval(statement, name):
            pass


@pytest.fixture
def world(database: Any) -> World:
    return World(database)

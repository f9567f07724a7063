"""An operating-system process that does one thing after another, and can be held just before it commits, to be killed or let go on.

Each line that it reads is a deed with its arguments as JSON. It prints `held` before it commits where it is to be held and waits
for a line; last it prints what came of the deed as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from subprocess import PIPE, Popen
from typing import Any, TypeVar
from unittest.mock import patch
from uuid import UUID

from services.allocation import requests
from services.allocation import service as allocation
from services.allocation.commands import AllocateChildren, DecideRequest
from services.allocation.rebalancing import performing
from services.kernel.errors import ConveneError
from services.platform.database import Connection, Database
from tests.booking.world import MANAGER
from tests.rebalancing.unit import OTHER, Caseloads, searching

T = TypeVar("T")


# ------------------------------------------------------------------------------------------------------ in the process


async def apply(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    applied = await world.apply(UUID(asked["id"]), request_key=asked["key"])
    return {"applied": [each.applied for each in applied.results]}


async def undo(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    undone = await world.undo(UUID(asked["id"]), request_key=asked["key"])
    return {"undone": [each.applied for each in undone.results]}


async def work(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    """A solver worker, whose search finds these moves."""
    with patch.object(performing, "solve_apart", searching(asked["moves"])):
        return {"performed": await world.perform()}


async def search_for_ever(world: Caseloads, _: dict[str, Any]) -> dict[str, Any]:
    """A solver worker whose search never ends."""

    async def search(*_: object, **__: object) -> None:
        await hold()

    with patch.object(performing, "solve_apart", search):
        return {"performed": await world.perform()}


async def allocate(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    command = AllocateChildren(request_key=asked["key"], references=tuple(asked["references"]))
    return {"allocated": len(await allocation.allocate_now(world.resources, MANAGER, command, world.now))}


async def allocate_all(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    await allocation.request_run(world.resources, MANAGER, AllocateChildren(request_key=asked["key"]), world.now)
    return {"performed": await allocation.perform_waiting(world.resources, lambda: world.now)}


async def decide(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    """Another manager approves a request."""
    command = DecideRequest(request_key=asked["key"], id=UUID(asked["id"]), approve=True, reason="agreed")
    return {"decided": (await requests.decide_request(world.resources, OTHER, command, world.now)).state}


async def move(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    starts_at = datetime.fromisoformat(asked["starts_at"])
    return {"moved": str(await world.move(UUID(asked["meeting"]), request_key=asked["key"], starts_at=starts_at))}


async def book(world: Caseloads, asked: dict[str, Any]) -> dict[str, Any]:
    starts_at = datetime.fromisoformat(asked["starts_at"])
    await world.book_review(asked["reference"], request_key=asked["key"], starts_at=starts_at)
    return {"booked": asked["reference"]}


_DEEDS = {each.__name__: each for each in (apply, undo, work, search_for_ever, allocate, allocate_all, decide, move, book)}


async def hold() -> None:
    """Says that it is held, and waits to be let go on."""
    print("held", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def _held_at(number: int) -> Callable[..., Awaitable[Any]]:
    """`Database.run`, whose call of that number is held before it commits."""
    run, calls = Database.run, [0]

    async def held(database: Database, do: Callable[[Connection], Awaitable[T]]) -> T:
        calls[0] += 1
        mine = calls[0]

        async def do_and_hold(connection: Connection) -> T:
            answer = await do(connection)
            if mine == number:
                await hold()
            return answer

        return await run(database, do_and_hold)

    return held


async def do(url: str, deed: str, asked: dict[str, Any]) -> dict[str, Any]:
    database = await Database.connect(url, size=4, name="process")
    try:
        with patch.object(Database, "run", _held_at(asked.get("hold", 0))):
            return await _DEEDS[deed](Caseloads(database), asked)
    except ConveneError as refused:
        return {"refused": type(refused).__name__, "message": str(refused)}
    finally:
        await database.close()


def main() -> None:
    while line := sys.stdin.readline():
        asked = json.loads(line)
        told = asyncio.run(do(asked.pop("url"), asked.pop("deed"), asked))
        print(json.dumps(told), flush=True)


# --------------------------------------------------------------------------------------------------------- in the test


class Started:
    """The test's end of one such process."""

    def __init__(self, module: str) -> None:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        self._process = Popen([sys.executable, "-m", module], stdin=PIPE, stdout=PIPE, env=environment)

    def ask(self, url: str, deed: str, **asked: Any) -> None:
        self._tell(json.dumps({"url": url, "deed": deed, **asked}))

    async def is_held(self) -> None:
        while (line := await self._hear()) != "held":
            assert not line.startswith("{"), line

    def let_go(self) -> None:
        self._tell("")

    async def go_on(self) -> dict[str, Any]:
        self.let_go()
        return await self.answer()

    async def answer(self) -> dict[str, Any]:
        while not (line := await self._hear()).startswith("{"):
            pass
        found: dict[str, Any] = json.loads(line)
        return found

    def kill(self) -> None:
        """By SIGKILL, without a word; killed already, it stays so."""
        self._process.kill()
        with self._process:
            pass
        assert self._process.returncode == -signal.SIGKILL

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()

    async def _hear(self) -> str:
        """The next line; a process that says nothing for ten minutes is stopped, and the test fails."""
        assert self._process.stdout is not None
        silence = threading.Timer(600, self._process.kill)
        silence.start()
        line = await asyncio.to_thread(self._process.stdout.readline)
        silence.cancel()
        assert line, "the process died, or had nothing to say"
        return line.decode().strip()


@contextmanager
def started(module: str = "tests.rebalancing.process") -> Iterator[Started]:
    """Such a process, which is gone afterwards."""
    process = Started(module)
    try:
        yield process
    finally:
        process.kill()


if __name__ == "__main__":
    main()

"""One operating-system process that allocates: does what its standard input says, and answers each line with a line.

`{"connect": url}`; `{"attempts": [...], "at_once": n}`: many callers at once, each child by its reference and request key, tried
again while the service says so; `{"work": "point"}`: performs the runs that wait, and stops for good (says `{"stopped": ...}`,
does nothing more) at a point of the run until it is killed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

from services.allocation import performing, service, store
from services.allocation.commands import AllocateChildren
from services.caseload import store as allocations
from services.kernel.actor import Actor
from services.kernel.errors import Impossible, Rejected, Unavailable
from services.kernel.words import Role
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from services.platform.telemetry import configure_logging

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
MANAGER = Actor(subject="manager", role=Role.MANAGER, name="manager")
POINTS: Mapping[str, tuple[Any, str]] = {
    "CLAIMED": (performing, "_pose"),
    "SOLVED": (performing, "_write"),
    "HALF_ASSIGNED": (allocations, "add_allocations"),
    "ASSIGNED": (store, "finish_run"),
}
"""Where a worker can be stopped: just before it calls this."""


async def _never(*_: Any, **__: Any) -> None:
    print(json.dumps({"stopped": True}), flush=True)
    await asyncio.Event().wait()


async def _half(connection: Any, added: Any, events: Any) -> None:
    await _ADD(connection, added[: len(added) // 2], events[: len(events) // 2])
    await _never()


_ADD = allocations.add_allocations


async def attempt(resources: Resources, turn: asyncio.Semaphore, asked: Mapping[str, str]) -> dict[str, Any]:
    command = AllocateChildren(request_key=asked["key"], references=(asked["reference"],))
    async with turn:
        while True:
            try:
                (allocation,) = await service.allocate_now(resources, MANAGER, command, NOW)
            except Impossible:
                return {"refused": "Impossible"}
            except Rejected as fault:
                return {"refused": type(fault).__name__, "message": str(fault)}
            except Unavailable:
                continue
            return {"allocated": str(allocation)}


async def perform(resources: Resources, point: str) -> dict[str, Any]:
    with ExitStack() as patched:
        module, name = POINTS[point]
        patched.enter_context(patch.object(module, name, _half if point == "HALF_ASSIGNED" else _never))
        return {"performed": await service.perform_waiting(resources, lambda: NOW)}


async def main() -> None:
    configure_logging("ERROR")
    config = Config(_env_file=None, solver_seconds=3600, solver_workers=1, today=date(2026, 9, 1))  # type: ignore[call-arg]
    loop, resources = asyncio.get_running_loop(), None
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        if "connect" in asked:
            database = await Database.connect(asked["connect"], size=asked.get("size", 4), name="allocator")
            resources = Resources(config=config, database=database, doorbell=Doorbell(None))
            answer: dict[str, Any] = {"connected": True}
        elif "attempts" in asked:
            assert resources is not None
            turn = asyncio.Semaphore(asked["at_once"])
            answer = {"answers": await asyncio.gather(*(attempt(resources, turn, each) for each in asked["attempts"]))}
        else:
            assert resources is not None
            answer = await perform(resources, asked["work"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

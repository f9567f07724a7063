"""One operating-system process of a race: does what its standard input says, line by line, and answers each with a line.

`{"connect": url}`, `{"disconnect": true}`, `{"commit": true}`, `{"rollback": true}`;
`{"sql": [statements]}` in a transaction that stays open;
`{"book": {...}, "pause": true}` one booking through the service, paused just before it commits until `{"go": true}`;
`{"attempts": [...]}` many bookings at once. What PostgreSQL or the service refuses is answered, not raised.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from unittest.mock import patch

import asyncpg

from services.booking import service, store
from services.booking.commands import BookMeeting
from services.kernel.errors import ConveneError, ResourceTaken, Unavailable
from services.kernel.words import MeetingKind
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.booking.world import NOW, SUPPORT


class Racer:
    def __init__(self) -> None:
        self.connection: asyncpg.Connection[asyncpg.Record] | None = None
        self.resources: Resources | None = None
        self.paused: asyncio.Event | None = None
        self.rolls_back = False

    async def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        verb = next(iter(asked))
        answered: dict[str, Any] = await getattr(self, verb)(asked)
        return answered

    async def connect(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self.connection = await asyncpg.connect(asked["connect"])
        database = await Database.connect(asked["connect"], size=8, name="racer")
        self.resources = Resources(config=Config(_env_file=None), database=database, doorbell=Doorbell(None))  # type: ignore[call-arg]
        return {"pid": self.connection.get_server_pid()}

    async def disconnect(self, _: Mapping[str, Any]) -> dict[str, Any]:
        assert self.connection is not None
        assert self.resources is not None
        await self.connection.close()
        await self.resources.database.close()
        return {"disconnected": True}

    async def sql(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        assert self.connection is not None
        await self.connection.execute("BEGIN")
        try:
            for statement in asked["sql"]:
                await self.connection.execute(statement)
        except asyncpg.IntegrityConstraintViolationError as refused:
            return {"refused": refused.constraint_name}
        return {"did": True}

    async def commit(self, _: Mapping[str, Any]) -> dict[str, Any]:
        assert self.connection is not None
        return {"committed": await self.connection.execute("COMMIT") == "COMMIT"}

    async def rollback(self, _: Mapping[str, Any]) -> dict[str, Any]:
        assert self.connection is not None
        await self.connection.execute("ROLLBACK")
        return {"committed": False}

    async def book(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if not asked.get("pause"):
            return await self.attempt(asked["book"])
        self.paused, self.rolls_back = asyncio.Event(), False

        write = store.book_at_once

        async def write_and_wait(*given: Any, **more: Any) -> None:
            await write(*given, **more)
            print(json.dumps({"paused": True}), flush=True)
            assert self.paused is not None
            await self.paused.wait()
            if self.rolls_back:
                raise GaveUp

        with patch.object(store, "book_at_once", write_and_wait):
            return await self.attempt(asked["book"])

    async def attempts(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"answers": await asyncio.gather(*(self.attempt(each) for each in asked["attempts"]))}

    async def attempt(self, stated: Mapping[str, Any]) -> dict[str, Any]:
        assert self.resources is not None
        command = BookMeeting(
            **{
                **stated,
                "kind": MeetingKind(stated["kind"]),
                "starts_at": datetime.fromisoformat(stated["starts_at"]),
                "child_references": tuple(stated["child_references"]),
            }
        )
        try:
            return {"booked": str(await service.book(self.resources, SUPPORT, command, NOW))}
        except Unavailable:  # too many at once for this machine: asked again by the same key, as a caller does
            return await self.attempt(stated)
        except ResourceTaken as refused:
            return {"refused": type(refused).__name__, "kind": refused.kind, "code": refused.code}
        except (ConveneError, GaveUp) as refused:
            return {"refused": type(refused).__name__, "message": str(refused)}

    def go(self, asked: Mapping[str, Any]) -> None:
        assert self.paused is not None
        self.rolls_back = not asked["go"]
        self.paused.set()


class GaveUp(Exception):
    """The booking is abandoned just before it commits."""


async def main() -> None:
    racer, loop = Racer(), asyncio.get_running_loop()
    running: set[asyncio.Task[None]] = set()

    async def perform(asked: Mapping[str, Any]) -> None:
        print(json.dumps(await racer.answer(asked)), flush=True)

    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        if "go" in asked:
            racer.go(asked)
            continue
        task = asyncio.create_task(perform(asked))
        running.add(task)
        task.add_done_callback(running.discard)


if __name__ == "__main__":
    asyncio.run(main())

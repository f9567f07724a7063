"""A proxy before PostgreSQL that lets a COMMIT pass and cuts the connection before its answer comes back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

_COMMIT = b"COMMIT;\x00"
_COMMITTED = b"COMMIT\x00"


@dataclass(slots=True, kw_only=True)
class Cutter:
    """Cuts one COMMIT in `of`, on the far side of its success. `cuts`: how many so far."""

    url: str
    of: int
    chance: random.Random
    cuts: int = 0
    address: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parts = urlsplit(self.url)
        far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port)
        doomed = asyncio.Event()
        there = asyncio.create_task(self._forth(reader, far_writer, doomed))
        back = asyncio.create_task(self._back(far_reader, writer, doomed))
        with suppress(ConnectionError):
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        for task in (there, back):
            task.cancel()
        for each in (writer, far_writer):
            each.close()

    async def _forth(self, reader: asyncio.StreamReader, far: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await reader.read(65536):
            if data.endswith(_COMMIT) and self.chance.randrange(self.of) == 0:
                doomed.set()
            far.write(data)
            await far.drain()

    async def _back(self, far: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await far.read(65536):
            if doomed.is_set() and _COMMITTED in data:
                self.cuts += 1
                return
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def cutting(url: str, *, of: int, seed: int) -> AsyncIterator[Cutter]:
    """The proxy runs; `address` is the database's as seen through it."""
    cutter = Cutter(url=url, of=of, chance=random.Random(seed))
    server = await asyncio.start_server(cutter.accept, "127.0.0.1", 0)
    async with server:
        parts = urlsplit(url)
        port = server.sockets[0].getsockname()[1]
        cutter.address = urlunsplit(parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}"))
        yield cutter

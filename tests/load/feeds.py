"""A year's feed fetched over HTTP: whole, against icalendar rendering the same events, and unchanged, against a 304 from memory.
Then the full hour: many addresses, unchanged, each fetched once, so that each fetch is noted too.

Ours and what it is compared with are answered by one process with one HTTP server, in turns.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from statistics import median
from typing import cast
from uuid import uuid4

import asyncpg
import icalendar

from deploy.embedded import end_with_parent, free_port
from services.directory.service import apply_establishment
from services.invitations.feeds import IssueFeed, issue_feed
from services.kernel.actor import COMMAND_LINE
from services.kernel.window import civil_day
from services.kernel.words import FeedScope
from services.platform.database import Database
from tests.booking.world import unit
from tests.invitations.meetings import add_meeting, chair, resources_for, tell
from tests.load.beside import ETAG, RENDERED, UNCHANGED

_EVENTS = 1_200
_CLIENTS = 16
_ROUNDS = 5
_ADDRESSES = 2_000
_PACKED = "Accept-Encoding: gzip\r\n"
_ADD_ADDRESS = """INSERT INTO calendar_feed (id, scope, code, owner_id, token_hash, issued_by, issued_at)
    SELECT $1, scope, code, owner_id, $2, issued_by, clock_timestamp() FROM calendar_feed ORDER BY issued_at LIMIT 1"""


async def run(url: str, quick: bool) -> list[str]:
    """The figures, a line each. Quick: a tenth of most requests, once."""
    path = await _lay(url)
    rounds, share = (1, 10) if quick else (_ROUNDS, 1)
    async with _served(url) as port:
        etag = await _agreed(port, path)
        lines = []
        for words, headers in (("plain", ""), ("packed with gzip", _PACKED)):
            ours = _Load(port=port, requests=_request(path, headers), asked=400 // share, clients=4)
            theirs = _Load(port=port, requests=_request(RENDERED, headers), asked=8, clients=1)
            lines.append(f"{_EVENTS:,} events cold, {words}: {await _in_turns(ours, theirs, rounds, 'rendered by icalendar')}")
        for clients in (1, _CLIENTS):
            asked = 2_000 if clients == 1 else 20_000 // share
            ours = _Load(port=port, requests=_request(path, _tagged(etag)), asked=asked, clients=clients)
            theirs = _Load(port=port, requests=_request(UNCHANGED, _tagged(ETAG)), asked=asked, clients=clients)
            lines.append(f"the same at 304, {clients} at a time: {await _in_turns(ours, theirs, rounds, 'from memory')}")
        lines.append(await _full_hour(url, port, etag, _ADDRESSES // share, rounds))
    return lines


async def _lay(url: str) -> str:
    """The path of the feed of an officer who has so many meetings in the year to come."""
    database, now = await Database.connect(url, size=1, name="lay"), datetime.now(UTC)
    async with database.transaction() as connection:
        await apply_establishment(connection, unit(iros=1), actor=COMMAND_LINE, now=now, today=civil_day(now))
        owner = await connection.fetchval("SELECT id FROM resource WHERE code = 'IRO-01'")
    first = now.replace(minute=0, second=0, microsecond=0)
    for number in range(_EVENTS):
        starts_at = first + timedelta(days=number // 4, hours=2 * (number % 4))
        await tell(database, await add_meeting(database, starts_at, [chair(starts_at, owner_id=owner)]), now)
    command = IssueFeed(request_key=str(uuid4()), scope=FeedScope.IRO, code="IRO-01")
    feed = await issue_feed(resources_for(database), COMMAND_LINE, command, now)
    await database.close()
    assert feed.url is not None
    return feed.url.removeprefix("https://convene.example.org")


async def _full_hour(url: str, port: int, etag: str, addresses: int, rounds: int) -> str:
    """Each of many addresses of one diary is fetched once, and noted; beside it, as many notes alone, each committed by itself."""
    pool = await asyncpg.create_pool(url, min_size=_CLIENTS, max_size=_CLIENTS)
    ratios, rates = [], []
    for _ in range(rounds):
        tokens = [secrets.token_urlsafe(32) for _ in range(addresses)]
        await pool.executemany(_ADD_ADDRESS, [(uuid4(), hashlib.sha256(token.encode()).digest()) for token in tokens])
        await pool.execute("ANALYZE calendar_feed")  # as the server itself does after a while
        requests = [each for token in tokens for each in _request(f"/calendars/{token}.ics", _tagged(etag))]
        ours = await _Load(port=port, requests=requests, asked=addresses, clients=_CLIENTS).rate()
        theirs = await _notes(pool, addresses)
        ratios.append(ours / theirs)
        rates.append((ours, theirs))
    await pool.close()
    ours, theirs = (median(each) for each in zip(*rates, strict=True))
    return (
        f"{addresses:,} addresses once each at 304 and noted, {_CLIENTS} at a time: {ours:,.0f} a second, "
        f"noted alone, each by itself, {theirs:,.1f}, {median(ratios):.2f} x"
    )


async def _notes(pool: asyncpg.Pool[asyncpg.Record], addresses: int) -> float:
    """A second."""
    left = iter(await pool.fetch("SELECT id FROM calendar_feed ORDER BY issued_at DESC, id LIMIT $1", addresses))

    async def note() -> None:
        async with pool.acquire() as connection:
            for row in left:
                await connection.execute("UPDATE calendar_feed SET last_fetched_at = clock_timestamp() WHERE id = $1", row["id"])

    began = time.perf_counter()
    await asyncio.gather(*(note() for _ in range(_CLIENTS)))
    return addresses / (time.perf_counter() - began)


@asynccontextmanager
async def _served(url: str) -> AsyncIterator[int]:
    """The port of a process that serves the product and what is beside it."""
    port = free_port()
    environment = {**os.environ, "CONVENE_DATABASE_URL": url, "CONVENE_PORT": str(port), "CONVENE_TOKEN_SECRET": "x" * 32}
    process = subprocess.Popen([sys.executable, "-m", "tests.load.beside"], env=environment, preexec_fn=end_with_parent(signal.SIGTERM))
    try:
        while process.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        yield port
    finally:
        process.terminate()
        process.wait()


async def _agreed(port: int, path: str) -> str:
    """The ETag of the feed, which holds the very events that icalendar renders."""
    found = []
    for each in (path, RENDERED):
        _, body = await _Load(port=port, requests=_request(each, _PACKED), asked=1, clients=1).ask()
        events = icalendar.Calendar.from_ical(gzip.decompress(body)).walk("VEVENT")
        names = ("UID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION")
        found.append([tuple(str(event.decoded(name)) for name in names) for event in events])
    assert found[0] == found[1]
    assert len(found[0]) == _EVENTS
    head, _ = await _Load(port=port, requests=_request(path), asked=1, clients=1).ask()
    return next(line.split(": ", 1)[1] for line in head.decode().split("\r\n") if line.lower().startswith("etag: "))


async def _in_turns(ours: _Load, theirs: _Load, rounds: int, what: str) -> str:
    rates = [(await ours.rate(), await theirs.rate()) for _ in range(rounds)]
    ratio = median(one / other for one, other in rates)
    return f"{median(one for one, _ in rates):,.0f} a second, {what} {median(other for _, other in rates):,.1f}, {ratio:.2f} x"


def _request(path: str, headers: str = "") -> list[bytes]:
    return [f"GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode()]


def _tagged(etag: str) -> str:
    return f"If-None-Match: {etag}\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """So many requests, one after another and again from the first, by so many clients, each on a connection that it keeps."""

    port: int
    requests: list[bytes]
    asked: int
    clients: int

    async def rate(self) -> float:
        """Answers a second."""
        requests, began = cycle(self.requests), time.perf_counter()
        await asyncio.gather(*(self._client(requests, self.asked // self.clients) for _ in range(self.clients)))
        return self.asked / (time.perf_counter() - began)

    async def ask(self) -> tuple[bytes, bytes]:
        """Head and body of one answer."""
        return await self._client(cycle(self.requests), 1)

    async def _client(self, requests: Iterator[bytes], times: int) -> tuple[bytes, bytes]:
        client = _Client(requests, times)
        await asyncio.get_running_loop().create_connection(lambda: client, "127.0.0.1", self.port)
        return await client.ended


class _Client(asyncio.Protocol):
    """Asks the next as soon as the answer is whole. Little is done for each, so that the server is what is measured."""

    def __init__(self, requests: Iterator[bytes], times: int) -> None:
        self._requests = requests
        self._left = times
        self._head = b""
        self._parts: list[bytes] = []
        self._missing = -1
        self.ended: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head, _, data = (self._head + data).partition(b"\r\n\r\n")
            _, found, length = self._head.lower().partition(b"content-length: ")
            self._missing, self._parts = int(length.split(b"\r\n", 1)[0]) if found else 0, []
            assert self._head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")), self._head
        self._parts.append(data)
        self._missing -= len(data)
        if not self._missing:
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._missing, self._left = -1, self._left - 1
        if self._left:
            self._head = b""
            self._transport.write(next(self._requests))
        else:
            self.ended.set_result((self._head, b"".join(self._parts)))
            self._transport.close()

    def connection_lost(self, fault: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(fault or ConnectionError("the server hung up"))

"""Conferences booked through the service, against pgbench asking the very same statements from C, with as many clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import TypeVar

import asyncpg

from deploy.embedded import EmbeddedPostgres
from services.booking import service
from services.booking.commands import BookMeeting
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import MeetingKind
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.booking.world import at, unit
from tests.fire.unit import Size, lay
from tests.load.replaying import Recording, replay
from tests.support.servers import drop_database, fresh_database

T = TypeVar("T")
_OFFICERS = 10
_ROUNDS = 3


async def run(server: EmbeddedPostgres, quick: bool) -> list[str]:
    """The figures, a line for each number of clients. Quick: fewer bookings, eight clients alone."""
    size = Size(officers=_OFFICERS, days=4 if quick else 24, children=80 if quick else 480)
    laid = await fresh_database(server)
    wanted = await conferences(laid, size)
    recordings = await _on_copy(server, laid, partial(_record, wanted))
    statements = len(recordings[-1].asked)
    lines = []
    for clients in (8,) if quick else (1, 8):
        ours, theirs = [], []
        for _ in range(1 if quick else _ROUNDS):
            theirs.append(await _on_copy(server, laid, partial(_replay, recordings, clients)))
            ours.append(await _on_copy(server, laid, partial(_book, wanted, clients)))
        rate, baseline = len(wanted) / median(ours), len(wanted) / median(theirs)
        lines.append(
            f"{len(wanted)} conferences of {statements} statements each, {clients} client{'s' if clients > 1 else ''}: "
            f"{rate:.0f} a second, pgbench {baseline:.0f}, {rate / baseline:.2f} x"
        )
    return lines


async def _replay(recordings: Sequence[Recording], clients: int, url: str) -> float:
    return await asyncio.to_thread(replay, url, recordings, clients)


async def _on_copy(server: EmbeddedPostgres, laid: str, work: Callable[[str], Awaitable[T]]) -> T:
    """What `work` answers on a copy of the database that was laid, from disk."""
    source, name = laid.rsplit("/", 1)[1], "bench_copy"
    owner = await asyncpg.connect(server.url())
    await owner.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy')
    await owner.execute("CHECKPOINT")
    await owner.close()
    url = server.url(name)
    try:
        return await work(url)
    finally:
        await drop_database(server, url)


async def conferences(url: str, size: Size) -> list[BookMeeting]:
    """The database holds a unit of that size, which is wanted whole: a conference for each child, two a day for each officer, who all
    have a room, a note-taker and a place of the police."""
    each = size.officers
    ground = await lay(url, size, unit(iros=each, rooms=each, note_takers=each, police=each))
    found = []
    for number, reference in enumerate(ground.officer_of):
        day, half = divmod(number // each, 2)
        starts_at = at(ground.days[day], ("09:30", "14:00")[half])
        found.append(
            BookMeeting(request_key=reference, kind=MeetingKind.INITIAL_CONFERENCE, starts_at=starts_at, child_references=(reference,))
        )
    return found


async def _resources(url: str, clients: int) -> Resources:
    database = await Database.connect(url, size=clients, name="bench")
    return Resources(config=Config(_env_file=None), database=database, doorbell=Doorbell(None))  # type: ignore[call-arg]


async def _book(wanted: Sequence[BookMeeting], clients: int, url: str) -> float:
    """Seconds for all of them, by so many clients at once."""
    resources = await _resources(url, clients)

    async def client(mine: Sequence[BookMeeting]) -> None:
        for command in mine:
            await service.book(resources, COMMAND_LINE, command, datetime.now(UTC))

    began = time.perf_counter()
    await asyncio.gather(*(client(wanted[number::clients]) for number in range(clients)))
    taken = time.perf_counter() - began
    await resources.database.close()
    return taken


async def _record(wanted: Sequence[BookMeeting], url: str) -> list[Recording]:
    """Each booked once, one after the other, and what that asked of PostgreSQL."""
    resources = await _resources(url, 1)
    found = []
    for command in wanted:
        recording = Recording()
        async with resources.database.connection() as connection:
            connection.add_query_logger(recording.note)
        await service.book(resources, COMMAND_LINE, command, datetime.now(UTC))
        async with resources.database.connection() as connection:
            connection.remove_query_logger(recording.note)
        found.append(recording)
    await resources.database.close()
    return found

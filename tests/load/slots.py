"""Times looked for in a year's diary, against a plain statement that only reads the same holds."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import suppress
from datetime import time as clock
from datetime import timedelta
from statistics import median

import asyncpg
import uvloop

from services.booking import service
from services.booking.commands import SlotSearch
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import Impossible
from services.kernel.window import local_instant
from services.kernel.words import MeetingKind
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from services.statutory.working_days import england
from tests.booking.world import NOW, TODAY
from tests.load.diary import WINDOWS, Laid, lay_year
from tests.support.servers import fresh_database, postgres_server

_PLAIN = """SELECT h.resource_id, lower(h.blocked), upper(h.blocked) FROM hold h JOIN resource r ON r.id = h.resource_id
WHERE (r.kind = ANY($1) OR r.code = $2) AND h.blocked && tstzrange($3, $4) ORDER BY 1, 2"""


def run(quick: bool) -> list[str]:
    """The figures, a line for each scale and kind. Quick: scale 1 alone, fewer searches."""
    lines: list[str] = []
    with postgres_server(durable=True) as server:
        for scale in (1,) if quick else (1, 10):

            async def measure(scale: int = scale) -> list[str]:
                return await _measure(await fresh_database(server), scale, 30 if quick else 300)

            lines += uvloop.run(measure())
    return lines


async def _measure(url: str, scale: int, searches: int) -> list[str]:
    laid = await lay_year(url, scale, searches)
    database = await Database.connect(url, size=1, name="bench")
    resources = Resources(config=Config(_env_file=None), database=database, doorbell=Doorbell(None))  # type: ignore[call-arg]
    plain = await asyncpg.connect(url)
    ours, theirs = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for number, (reference, kind) in enumerate(laid.children):
        chair = f"IRO-{1 + number % laid.officers:02}"
        theirs[kind].append(await _read(plain, kind, chair))
        ours[kind].append(await _search(resources, reference, kind))
    await plain.close()
    await database.close()
    return [_line(scale, laid, kind, sorted(ours[kind]), sorted(theirs[kind])) for kind in ours]


def _line(scale: int, laid: Laid, kind: str, ours: list[float], theirs: list[float]) -> str:
    slow, plain = (times[(len(times) * 99 - 1) // 100] for times in (ours, theirs))  # the nearest rank: one of a hundred is slower
    return (
        f"scale {scale}, {laid.meetings:,} meetings booked, {kind} within {WINDOWS[kind]} working days: median {median(ours):.1f} ms, "
        f"p99 {slow:.1f} ms; its holds alone, read by plain SQL: {median(theirs):.1f} and {plain:.1f} ms, "
        f"{median(ours) / median(theirs):.1f} x and {slow / plain:.1f} x"
    )


async def _search(resources: Resources, reference: str, kind: str) -> float:
    began = time.perf_counter()
    with suppress(Impossible):  # to say why not is as much of an answer
        await service.slots(resources, COMMAND_LINE, SlotSearch(kind=MeetingKind(kind), child_references=(reference,)), NOW)
    return (time.perf_counter() - began) * 1000


async def _read(connection: asyncpg.Connection[asyncpg.Record], kind: str, chair: str) -> float:
    first = local_instant(england().add(TODAY, 1), clock.min)
    last = local_instant(england().add(TODAY, WINDOWS[kind]) + timedelta(days=1), clock.min)
    kinds = ["ROOM", "NOTE_TAKER", "POLICE"] if MeetingKind(kind).is_conference else []
    began = time.perf_counter()
    await connection.fetch(_PLAIN, kinds, chair, first, last)
    return (time.perf_counter() - began) * 1000

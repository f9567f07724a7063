"""One child at the door of a large unit, with the database: the whole of `allocateChildren`, from request key to commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from services.allocation import service
from services.allocation.candidates import candidates
from services.allocation.commands import AllocateChildren
from services.kernel.actor import COMMAND_LINE
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.support.servers import fresh_database, postgres_server
from tests.support.units import TODAY, lay_unit

_NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
_UNITS = ((500, 6), (5_000, 60))


def run(quick: bool) -> list[str]:
    """The figures, a line each. Quick: the small unit alone."""
    lines: list[str] = []
    with postgres_server(durable=True) as server:
        for children, officers in _UNITS[:1] if quick else _UNITS:
            lines += asyncio.run(_measure(lambda: fresh_database(server), children, officers))
    return lines


async def _measure(fresh: Callable[[], Awaitable[str]], children: int, officers: int) -> list[str]:
    url = await fresh()
    unit = await lay_unit(url, children=children, officers=officers, waiting=children // 25)
    database = await Database.connect(url, size=4, name="bench")
    config = Config(_env_file=None, today=TODAY)  # type: ignore[call-arg]
    resources = Resources(config=config, database=database, doorbell=Doorbell(None))
    alone = [family for family in unit.waiting if len(family) == 1]
    first = await _ask(resources, alone[0])
    ranking = await _rank(database, alone[1][0])
    taken = sorted([await _ask(resources, family) for family in alone[1:]])
    await database.close()
    place = f"one child at the door of {officers} officers and {children:,} children, with the database"
    return [
        (
            f"{place}: median {taken[len(taken) // 2]:.1f} ms, slowest of {len(taken)} {taken[-1]:.1f} ms; "
            f"the first of a day, who weighs everybody, {first:.0f} ms; every officer ranked {ranking:.1f} ms"
        )
    ]


async def _ask(resources: Resources, family: tuple[str, ...]) -> float:
    began = time.perf_counter()
    await service.allocate_now(resources, COMMAND_LINE, AllocateChildren(request_key=family[0], references=family), _NOW)
    return (time.perf_counter() - began) * 1000


async def _rank(database: Database, reference: str) -> float:
    async with database.connection() as connection:
        began = time.perf_counter()
        await candidates(connection, COMMAND_LINE, reference, TODAY)
        return (time.perf_counter() - began) * 1000

"""What a whole authority owes, computed from nothing, beside a plain loop that only parses the dates of the same records."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.authority import take_in_sample
from deploy.embedded import EmbeddedPostgres
from deploy.sample import write_sample
from services.history import service as history
from services.platform.config import Config
from services.platform.database import Connection, Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from services.statutory.clock import obligations
from services.statutory.working_days import england
from tests.support.servers import fresh_database, postgres_server

TODAY = date(2026, 9, 1)
_DATED = {
    "child_fact": ("born_on", "expected_on", "died_on", "adopted_on"),
    "care_period": ("started_on", "ended_on"),
    "care_status": ("started_on", "ended_on", "expected_end_on"),
    "protection_plan": ("started_on", "ended_on"),
    "section47": ("initiating_discussion_on", "conference_on"),
    "held_record": ("held_on", "completed_on"),
    "transfer": ("notified_on", "conference_on", "withdrawn_on"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds: to parse the dates, to compute what is owed from facts in memory, and to read, compute and write all of it."""

    children: int
    dates: int
    owed: int
    parsing: float
    computing: float
    writing: float


def run(quick: bool) -> list[str]:
    """Lines to print; `quick`: scale 1 alone."""
    lines = []
    for scale in (1,) if quick else (1, 10):
        with postgres_server() as server:
            lines.append(_line(scale, asyncio.run(_measure(server, scale))))
    return [*lines, f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB, sample and import included"]


def _line(scale: int, found: Figures) -> str:
    return (
        f"scale {scale}, {found.children:,} children, {found.owed:,} obligations from nothing: "
        f"computed in {found.computing:.2f} s ({found.computing / found.parsing:.0f} x the loop), "
        f"read, computed and written in {found.writing:.2f} s ({found.writing / found.parsing:.0f} x); "
        f"plain loop over their {found.dates:,} dates {found.parsing:.3f} s"
    )


async def _measure(server: EmbeddedPostgres, scale: int) -> Figures:
    database = await Database.connect(await fresh_database(server), name="bench")
    try:
        resources = Resources(config=Config(_env_file=None, today=TODAY), database=database, doorbell=Doorbell(None))  # type: ignore[call-arg]
        with tempfile.TemporaryDirectory(prefix="convene-bench-") as folder:
            write_sample(Path(folder), as_of=TODAY, scale=scale)
            await take_in_sample(resources, Path(folder), TODAY, lambda _: None)
        async with database.transaction() as connection:
            children = [row["id"] for row in await connection.fetch("SELECT id FROM child ORDER BY id")]
            dates, parsing = _parse(await _dates_as_text(connection))
            owed, computing = await _compute(connection, children)
            await connection.execute("DELETE FROM obligation")
            started = time.perf_counter()
            await history.rewrite_obligations(connection, children, TODAY)
            writing = time.perf_counter() - started
        return Figures(children=len(children), dates=dates, owed=owed, parsing=parsing, computing=computing, writing=writing)
    finally:
        await database.close()


async def _dates_as_text(connection: Connection) -> list[str]:
    found: list[str] = []
    for table, columns in _DATED.items():
        listed = ", ".join(f"{column}::text" for column in columns)
        rows: Iterable[Any] = await connection.fetch(f"SELECT {listed} FROM {table} WHERE upper_inf(recorded)")
        found += [value for row in rows for value in row if value is not None]
    return found


def _parse(texts: list[str]) -> tuple[int, float]:
    started = time.perf_counter()
    for text in texts:
        date.fromisoformat(text)
    return len(texts), time.perf_counter() - started


async def _compute(connection: Connection, children: list[UUID]) -> tuple[int, float]:
    facts = await history.facts_of(connection, children, today=TODAY)
    timescales, working_days = await history.load_timescales(connection), england()
    started = time.perf_counter()
    owed = sum(len(obligations(known, timescales, working_days)) for known in facts.values())
    return owed, time.perf_counter() - started

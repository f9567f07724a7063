"""Import of a generated return, in rows a second, beside a plain COPY of the same rows in the same run.

The return is written by a process of its own, so that the peak memory told is that of the import. The largest has a million
rows of reviews.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from services.intake.service import import_ssda903
from services.kernel.actor import COMMAND_LINE
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources

AS_OF = date(2026, 3, 31)
_ROWS_A_CHILD = 8  # one of the header, two episodes, five reviews
MILLION_REVIEWS = 1_600_000
_FILES = {
    "header": "CHILD,SEX,DOB,UPN",
    "episodes": "CHILD,DECOM,RNE,LS,PLACE,DEC,REC",
    "reviews": "CHILD,DOB,REVIEW,REVIEW_CODE",
}


def write_return(folder: Path, rows: int, seed: int = 1) -> None:
    """A tidy return of about that many rows; a child's rows lie all over its files."""
    random_days = random.Random(seed)
    told: dict[str, list[str]] = {name: [] for name in _FILES}
    for number in range(rows // _ROWS_A_CHILD):
        child = f"CH{number:07}"
        born = date(2008, 1, 1) + timedelta(days=random_days.randrange(12 * 365))
        came = date(2025, 4, 1) + timedelta(days=random_days.randrange(60))
        moved = came + timedelta(days=random_days.randrange(20, 90))
        told["header"].append(f"{child},{1 + number % 2},{born:%d/%m/%Y},")
        told["episodes"].append(f"{child},{came:%d/%m/%Y},S,C2,U1,{moved:%d/%m/%Y},X1")
        told["episodes"].append(f"{child},{moved:%d/%m/%Y},P,C2,U4,,")
        for review in range(5):
            held = came + timedelta(days=20 + 55 * review)
            code = "PN0" if held < born.replace(day=min(born.day, 28)).replace(year=born.year + 4) else "PN1"
            told["reviews"].append(f"{child},{born:%d/%m/%Y},{held:%d/%m/%Y},{code}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, first in _FILES.items():
        random_days.shuffle(told[name])
        (folder / f"{name}.csv").write_text("\n".join([first, *told[name], ""]), encoding="utf-8")


def _write_apart(folder: Path, rows: int) -> dict[str, int]:
    """Rows a file, of a return that another process has written."""
    writer = multiprocessing.get_context("spawn").Process(target=write_return, args=(folder, rows))
    writer.start()
    writer.join()
    counted = {}
    for name in _FILES:
        with (folder / f"{name}.csv").open("rb") as lines:
            counted[name] = sum(1 for _ in lines) - 1
    return counted


async def measure(database_url: str, rows: int) -> dict[str, Any]:
    """Seconds and rows a second of both, into a migrated empty database; peak memory of this process before and after, in MB."""
    folder = Path(tempfile.mkdtemp(prefix="convene-bench-"))
    database = await Database.connect(database_url, name="bench")
    try:
        written = _write_apart(folder, rows)
        copied = await _copy_plainly(database_url, folder)
        resources = Resources(config=Config(_env_file=None), database=database, doorbell=Doorbell(None))  # type: ignore[call-arg]
        before = _peak_mb()
        took = []
        for attempt in range(2):
            started = time.perf_counter()
            now = datetime(2026, 4, 1, 9, tzinfo=UTC) + timedelta(days=attempt)
            report = await import_ssda903(resources, COMMAND_LINE, folder, as_of=AS_OF, dry_run=False, now=now)
            took.append(time.perf_counter() - started)
        return {
            "rows": sum(written.values()),
            "reviews": written["reviews"],
            "children": report.counts.taken,
            "copy_seconds": copied,
            "import_seconds": took[0],
            "again_seconds": took[1],
            "changed_again": report.counts.changed,
            "memory_before_mb": before,
            "memory_after_mb": _peak_mb(),
        }
    finally:
        await database.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _copy_plainly(database_url: str, folder: Path) -> float:
    """Seconds that COPY takes to load the same files into tables of text, logged like any other."""
    connection = await asyncpg.connect(database_url)
    try:
        for name, columns in _FILES.items():
            await connection.execute(f"CREATE TABLE plain_{name} ({', '.join(f'{column} text' for column in columns.split(','))})")
        started = time.perf_counter()
        async with connection.transaction():
            for name in _FILES:
                with (folder / f"{name}.csv").open("rb") as source:
                    await connection.copy_to_table(f"plain_{name}", source=source, format="csv", header=True)
        took = time.perf_counter() - started
        for name in _FILES:
            await connection.execute(f"DROP TABLE plain_{name}")
        return took
    finally:
        await connection.close()


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def run(server_url_factory: Callable[[], Awaitable[str]], quick: bool) -> list[str]:
    """The figures as lines; `server_url_factory` answers a migrated empty database each time."""
    lines = []
    for rows in (4_000,) if quick else (200_000, MILLION_REVIEWS):
        found = await measure(await server_url_factory(), rows)
        speed, plain = found["rows"] / found["import_seconds"], found["rows"] / found["copy_seconds"]
        lines.append(
            f"{found['rows']:,} rows of {found['children']:,} children, {found['reviews']:,} of reviews: import {speed:,.0f} rows/s "
            f"({found['import_seconds']:.1f} s, obligations and history included), plain COPY {plain:,.0f} rows/s, "
            f"ratio 1 : {plain / speed:.0f}; again unchanged {found['rows'] / found['again_seconds']:,.0f} rows/s; "
            f"peak memory {found['memory_before_mb']:.0f} MB before, {found['memory_after_mb']:.0f} MB after"
        )
    return lines

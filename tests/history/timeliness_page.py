"""The page on timeliness, written from the definitions and from the sample authority's year.

`python -m tests.history.timeliness_page` writes it anew; a test compares it with what is there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.authority import take_in_sample
from deploy.embedded import EmbeddedPostgres
from deploy.sample import SampleSummary, write_sample
from services.history.indicators import TimelinessReport, TimelinessRow, timeliness_between
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import MeetingKind, Timeliness
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from services.statutory.indicators import INDICATORS, Definition, Indicator
from tests.support.servers import drop_database, fresh_database, postgres_server

PAGE = Path(__file__).parents[2] / "docs" / "timeliness.md"
AS_OF = date(2026, 9, 1)
FIRST = date(2025, 9, 2)
_INITIAL = frozenset({MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE})
_CARE = frozenset({MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW})
_COLUMNS = (
    ("initial conferences", _INITIAL),
    ("review conferences", frozenset({MeetingKind.REVIEW_CONFERENCE})),
    ("reviews in care", _CARE),
)

_INTRODUCTION = """# Timeliness

How many conferences and reviews of a period were held in time, as the sector counts it. A period is any span of days. Everything
is judged by the obligations: by the law's day, never by the diary's. With `asKnownAt` (graph) or `--as-known-at` (command line) by
what was known at an instant, as of the day of that instant: what a return said then can be computed again.

    convene timeliness --from 2025-09-02 --to 2026-09-01
    convene timeliness --from 2025-09-02 --to 2026-09-01 --meetings             # each meeting that was counted, too
    convene timeliness --from 2025-09-02 --to 2026-09-01 --as-known-at 2026-06-30 --json

A share is the numerator by the denominator, to three decimals, half up; where nobody counts there is none. Every viewer measures
the children whom she sees. A review held in several sittings was held on the day of the first; a return states that day, or with the
setting `review_returned_on = "LAST_SITTING"` the day of the last.

## Definitions

Each is a function with a version (`services/statutory/indicators.py`, `cases.py`). A definition that changes becomes one more
version; the old one stays.
"""


async def load_sample(database: Database, folder: Path) -> SampleSummary:
    """The sample authority as `make run` loads it, as of the page's day."""
    config = Config(_env_file=None)  # type: ignore[call-arg]
    resources = Resources(config=config, database=database, doorbell=Doorbell(None))
    summary = write_sample(folder, as_of=AS_OF)
    await take_in_sample(resources, folder, AS_OF, lambda line: None)
    return summary


async def measure_sample(database: Database) -> TimelinessReport:
    async with database.transaction(snapshot=True) as connection:
        return await timeliness_between(connection, COMMAND_LINE, FIRST, AS_OF, today=AS_OF)


async def page(database: Database) -> str:
    """The whole page."""
    report = await measure_sample(database)
    parts = [_INTRODUCTION, *map(_definition, INDICATORS), *_year(report), *_by_month(report), *await _counted(database)]
    return "\n".join([*parts, *_not_in_time(report)]) + "\n"


def _definition(each: Definition) -> str:
    return f"**{each.title}** (`{each.code}`, version {each.version})\n\n{_wrapped(each.definition)}\n"


def _wrapped(text: str, width: int = 130) -> str:
    lines = [""]
    for word in text.split():
        lines = [*lines[:-1], f"{lines[-1]} {word}".strip()] if len(lines[-1]) + len(word) < width else [*lines, word]
    return "\n".join(lines)


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    return [_line(head), _line(("---",) * len(head)), *map(_line, rows), ""]


def _line(cells: tuple[object, ...]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _year(report: TimelinessReport) -> list[str]:
    head = ("indicator", "in time", "of", "share")
    text = (
        f"## The sample authority's year\n\nThe files that `convene sample DIR --as-of {AS_OF}` writes and `make run` loads on that day; "
        f"{FIRST} to {AS_OF},\nboth included. The numbers of this page are written by a test from those files.\n"
    )
    return [text, *_table(head, map(_figures, report.indicators))]


def _figures(each: Indicator) -> tuple[object, ...]:
    return f"`{each.code}`", each.numerator, each.denominator, "–" if each.share is None else f"{each.share * 100:.1f} %"


def _by_month(report: TimelinessReport) -> list[str]:
    text = "Meeting by meeting, one a child: those held, and how many of them in time. A review that answers two clocks is one.\n"
    totals = [Counter[tuple[str, bool]]() for _ in _COLUMNS]
    for total, (_, kinds) in zip(totals, _COLUMNS, strict=True):
        total.update((f"{day:%Y-%m}", in_time) for day, in_time in _meetings(report, kinds))
    months = sorted({month for total in totals for month, _ in total})
    rows = [(month, *(cell for total in totals for cell in _cells(total, [month]))) for month in months]
    head = ("month", *(name for title, _ in _COLUMNS for name in (title, "in time")))
    return [text, *_table(head, [*rows, ("together", *(cell for total in totals for cell in _cells(total, months)))])]


def _cells(total: Counter[tuple[str, bool]], months: list[str]) -> tuple[int, int]:
    in_time = sum(total[month, True] for month in months)
    return in_time + sum(total[month, False] for month in months), in_time


def _meetings(report: TimelinessReport, kinds: frozenset[MeetingKind]) -> list[tuple[date, bool]]:
    found: dict[tuple[str, date], bool] = {}
    for row in report.rows:
        if row.kind in kinds and row.held_on is not None and row.obligation_id is not None and row.held_on >= FIRST:
            key = row.reference, row.held_on
            found[key] = found.get(key, True) and row.timeliness is Timeliness.IN_TIME
    return [(day, in_time) for (_, day), in_time in found.items()]


async def _counted(database: Database) -> list[str]:
    """Who stands below the line of the two that are counted child by child."""
    standing = "started_on <= $1 AND (ended_on IS NULL OR ended_on > $1) AND upper_inf(recorded)"
    async with database.connection() as connection:
        plans = await connection.fetch(f"SELECT started_on FROM protection_plan WHERE {standing}", AS_OF)
        care = await connection.fetch(f"SELECT started_on, short_break FROM care_period WHERE {standing}", AS_OF)
    lately = sum(row["started_on"] > date(2026, 6, 1) for row in plans)
    ordinary = [row for row in care if not row["short_break"]]
    breaks = len(care) - len(ordinary)
    new = sum(AS_OF - row["started_on"] <= timedelta(days=28) for row in ordinary)
    return [
        f"On plans on {AS_OF}: {len(plans)}; for less than three months: {lately}; counted: {len(plans) - lately}.",
        "",
        f"In care on {AS_OF}: {len(care)}; in short breaks: {breaks}; for 28 days or less: {new}; counted: {len(ordinary) - new}.",
        "",
    ]


def _not_in_time(report: TimelinessReport) -> list[str]:
    rows = [row for row in report.rows if row.timeliness not in (Timeliness.IN_TIME, Timeliness.NOT_APPLICABLE)]
    head = ("child", "kind", "day 0", "due", "held", "timeliness")
    return ["What was not in time, all of it:\n", *_table(head, map(_missed, rows))][:-1]


def _missed(row: TimelinessRow) -> tuple[object, ...]:
    return row.reference, row.kind.value, row.triggered_on, row.statutory_due_on, row.held_on or "–", row.timeliness.value


async def _write(server: EmbeddedPostgres) -> None:
    url = await fresh_database(server)
    database = await Database.connect(url, size=4, name="page")
    with TemporaryDirectory() as folder:
        await load_sample(database, Path(folder))
    PAGE.write_text(await page(database), encoding="utf-8")
    await database.close()
    await drop_database(server, url)


if __name__ == "__main__":
    with postgres_server() as postgres:
        asyncio.run(_write(postgres))

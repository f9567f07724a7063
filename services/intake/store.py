"""What an import keeps in PostgreSQL: staging tables of its own, then the records, the report and its findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from services.intake.keeping import keeping
from services.intake.readers.days import MONTH_FIRST
from services.intake.report import Finding
from services.intake.rules import RULES, Severity
from services.intake.versions import CHILD_FACT, Versioned, replacing
from services.kernel.errors import InvalidInput, Unavailable
from services.platform.database import Connection
from services.platform.sql import load_queries

_staging, _own_files = load_queries(__file__, "staging.sql"), load_queries(__file__, "own_files.sql")
_LONGEST = 30 * 60.0  # seconds that one step of an import may take
_BATCH = 5000


@contextmanager
def driver_errors() -> Iterator[None]:
    """Turns the driver's errors that are nobody's fault into `Unavailable`: nothing was imported."""
    try:
        yield
    except asyncpg.DiskFullError:
        raise Unavailable("the disk of the database is full: nothing was imported; make room and import again") from None
    except (asyncpg.QueryCanceledError, asyncpg.InsufficientResourcesError) as fault:
        raise Unavailable(f"the database gave the import up ({type(fault).__name__}): nothing was imported; try again") from fault


async def begin(connection: Connection, import_id: UUID, source: str, *, as_of: date, stamp: datetime, overdue_before: date) -> None:
    """Empty staging tables, which end with this transaction. Waits for another import to end."""
    for setting in (f"statement_timeout = {int(_LONGEST * 1000)}", "lock_timeout = 0", "jit = off", "work_mem = '64MB'"):
        await connection.execute(f"SET LOCAL {setting}")
    await connection.fetchval(_staging.one_import_at_a_time.sql, timeout=_LONGEST)
    await run(connection, "staging", "open_import")
    await connection.execute(_staging.start_import.sql, import_id, source, as_of, stamp, overdue_before)
    await connection.copy_records_to_table("staged_rule", records=[(rule.code, rule.severity.value, rule.follows) for rule in RULES])


@cache
def script(name: str) -> Any:
    """The queries of `<name>.sql`."""
    return load_queries(__file__, f"{name}.sql")


async def run(connection: Connection, source: str, *names: str) -> None:
    """Runs named scripts of `<source>.sql`, one after another."""
    for name in names:
        await connection.execute(getattr(script(source), name).sql, timeout=_LONGEST)


async def name_files(connection: Connection, names: Mapping[str, str]) -> None:
    """Which file each part of a return came in: for the findings."""
    await connection.copy_records_to_table("staged_file", records=list(names.items()))


async def stage(connection: Connection, table: str, rows: Iterable[NamedTuple]) -> None:
    """Copies rows of one kind as they are read: never more of them in memory than one buffer."""
    await connection.copy_records_to_table(table, records=rows, timeout=_LONGEST)


async def stage_mixed(connection: Connection, rows: Iterator[NamedTuple], tables: Mapping[type, str]) -> None:
    """Copies rows of several kinds in one pass, some thousands at a time. A kind without a table is dealt with by itself."""
    while batch := list(islice(rows, _BATCH)):
        for kind, table in tables.items():
            if some := [row for row in batch if type(row) is kind]:
                await stage(connection, table, some)


async def refuse_months_first(connection: Connection) -> None:
    """Raises `InvalidInput` where so many days exist only with the month first that all of them must be written so."""
    row = await connection.fetchrow(_staging.months_first.sql, MONTH_FIRST)
    assert row is not None
    if row["found"] >= 3 and row["found"] * 10 >= row["stated"]:
        raise InvalidInput(
            f"{row['found']} of {row['stated']} children have days that exist only {MONTH_FIRST}: then the other days are wrong too, "
            "though they do not show it; write every day as dd/mm/yyyy and import again (nothing was taken)"
        )


async def state_reference_day(connection: Connection, day: date) -> None:
    """The last day of the return's year, as it states it."""
    await connection.execute(_staging.state_reference_day.sql, day)


async def keep_corrections(connection: Connection, *tables: Versioned) -> None:
    """What is desired is what the return states, but for what persons have corrected of it; the difference is listed."""
    if await connection.fetchval(_staging.corrections_made.sql):
        for table in tables:
            await connection.execute(keeping(table), timeout=_LONGEST)


async def state_child_facts(connection: Connection) -> None:
    """Of the children taken is known what is desired, corrections kept; what other sources stated differently is listed."""
    await keep_corrections(connection, CHILD_FACT)
    await run(connection, "staging", "compare_child_facts")
    await replace_versions(connection, CHILD_FACT)


async def replace_versions(connection: Connection, *tables: Versioned) -> None:
    """Closes and opens versions until what is in force is what is desired."""
    for table in tables:
        await connection.execute(replacing(table), timeout=_LONGEST)


async def rows_of(connection: Connection, source: str, what: str) -> int:
    """Rows that were staged, those at fault included."""
    return int(await connection.fetchval(getattr(script(source), f"rows_of_{what}").sql) or 0)


async def changed_children(connection: Connection) -> list[UUID]:
    """The children whose records this import changed."""
    rows = await connection.fetch(_staging.changed_children.sql, timeout=_LONGEST)
    return [row["child_id"] for row in rows]


async def note_changed(connection: Connection, child_ids: Iterable[UUID]) -> None:
    await connection.copy_records_to_table("changed_child", records=[(child_id,) for child_id in child_ids])


async def timescales_in_force(connection: Connection) -> list[tuple[Any, ...]]:
    """Every row, to be compared with what they are later."""
    return [tuple(row) for row in await connection.fetch(_own_files.timescales_in_force.sql)]


async def everybody(connection: Connection) -> tuple[list[UUID], list[UUID]]:
    """Every child that stands for itself, and every foster household."""
    children = await connection.fetch(_own_files.every_child.sql)
    return [row["id"] for row in children], [row["id"] for row in await connection.fetch(_own_files.every_household.sql)]


async def allocations_to_make(connection: Connection) -> list[Mapping[str, Any]]:
    """Accepted allocations that do not stand yet, each with line, child, child_id, iro_id and from_day."""
    return [dict(row) for row in await connection.fetch(_own_files.allocations_to_make.sql, timeout=_LONGEST)]


async def add_rules(connection: Connection, severities: Mapping[str, str]) -> None:
    """Rules that another capability judges by, where ours do not name them."""
    await connection.executemany("INSERT INTO staged_rule (code, severity) VALUES ($1, $2) ON CONFLICT DO NOTHING", severities.items())


async def add_findings(connection: Connection, findings: Iterable[Finding]) -> None:
    """Findings that were made outside the database."""
    records = [(each.file_name, each.line, each.element, each.child_reference, each.rule, each.message) for each in findings]
    await connection.copy_records_to_table("staged_finding", records=records)


async def count_children(connection: Connection) -> Mapping[str, int]:
    """Children taken, refused and changed."""
    row = await connection.fetchrow(_staging.children_counted.sql, timeout=_LONGEST)
    assert row is not None
    return dict(row)


async def count_findings(connection: Connection) -> dict[str, int]:
    """Findings by severity, the gravest first; every severity is there."""
    found = {row["severity"]: int(row["findings"]) for row in await connection.fetch(_staging.findings_by_severity.sql, timeout=_LONGEST)}
    unknown = await connection.fetch(_staging.unknown_rules.sql, timeout=_LONGEST)
    assert not unknown, f"rules.py lacks {', '.join(row['rule'] for row in unknown)}"
    return {severity.value: found.get(severity.value, 0) for severity in Severity}


async def write_report(connection: Connection, file_name: str, made_by: str, made_at: datetime, counts: Mapping[str, Any]) -> None:
    """The report and every finding are kept."""
    await connection.execute(_staging.write_report.sql, file_name, made_by, made_at, dict(counts))
    await connection.execute(_staging.write_findings.sql, timeout=_LONGEST)


async def first_findings(connection: Connection, first: int) -> tuple[Finding, ...]:
    """The gravest findings of this import."""
    rows = await connection.fetch(_staging.first_findings.sql, first)
    return tuple(Finding(**{**row, "severity": Severity(row["severity"])}) for row in map(dict, rows))

"""What viewers read of imports: the reports, the latest first, and their findings, the gravest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.intake.rules import Severity
from services.kernel.actor import Actor
from services.kernel.paging import Slice, Window, bad_cursor, cut
from services.kernel.permission import Act, Reach, reach
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`counts`: children and rows by what became of them. `findings`: how many of each severity."""

    id: UUID
    source: str
    file_name: str
    as_of: date
    made_by: str
    made_at: datetime
    counts: Mapping[str, int]
    findings: Mapping[Severity, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFinding:
    """`child_id`, `known_as`: the child that the reference names, where it is known here."""

    import_id: UUID
    number: int
    file_name: str
    line: int | None
    element: str | None
    child_reference: str | None
    rule: str
    severity: Severity
    message: str
    child_id: UUID | None
    known_as: str | None


def _may_read(actor: Actor) -> bool:
    return reach(actor, Act.READ_IMPORTS) is Reach.ALL


async def reports_page(connection: Connection, actor: Actor, window: Window) -> Slice[Report]:
    """The latest first; none for a role that may not read them."""
    if not _may_read(actor):
        return Slice()
    rows = _queries.reports_listed(connection, after_key=window.after_instant, after_id=window.after_id, wanted=window.first + 1)
    return cut([_report(row) for row in await all_rows(rows)], window)


async def reports_count(connection: Connection, actor: Actor) -> int:
    return 0 if not _may_read(actor) else int(await _queries.reports_counted(connection))


async def reports(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Report]:
    if not _may_read(actor):
        return {}
    return {row["id"]: _report(row) for row in await all_rows(_queries.reports_by_ids(connection, ids=list(ids)))}


async def findings_of(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, severities: tuple[Severity, ...] | None, window: Window
) -> dict[UUID, Slice[KeptFinding]]:
    """A page of the findings of each report, the gravest first."""
    if not _may_read(actor):
        return {}
    rows = _queries.findings_of(
        connection, ids=list(ids), severities=severities, after_number=_after_number(window), wanted=window.first + 1
    )
    found = grouped(await all_rows(rows), "import_id", _finding)
    return {import_id: cut(kept, window) for import_id, kept in found.items()}


def _after_number(window: Window) -> int:
    if window.after_key is None:
        return 0
    if not window.after_key.isascii() or not window.after_key.isdecimal() or len(window.after_key) > 9:
        raise bad_cursor()
    return int(window.after_key)


def _report(row: Any) -> Report:
    counts = dict(row["counts"])
    findings = counts.pop("findings", {})
    return Report(
        id=row["id"],
        source=row["source"],
        file_name=row["file_name"],
        as_of=row["as_of"],
        made_by=row["made_by"],
        made_at=row["made_at"],
        counts=counts,
        findings={severity: int(findings.get(severity.value, 0)) for severity in Severity},
    )


def _finding(row: Any) -> KeptFinding:
    return KeptFinding(**{**row, "severity": Severity(row["severity"])})

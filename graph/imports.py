"""Imports of records: what each took, what it refused or doubts, and why."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from graph import described
from graph.context import Info
from graph.names import LazyChild, Node, global_id
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from graph.words import Severity
from services.intake import reading
from services.kernel.paging import Slice


@strawberry.type(description="One thing that an import refused, doubts or has noted; with line or element, or both.")
class ImportFinding:
    number: int = strawberry.field(description="Its place in the report, the gravest first.")
    file_name: str
    line: int | None
    element: str | None
    child_reference: str | None = strawberry.field(description="As the file has it.")
    rule: str = strawberry.field(description="The collection's own number where it has one, else a name of ours.")
    severity: Severity
    message: str
    row: strawberry.Private[reading.KeptFinding]

    @described.field("The child, where it is known here and in sight.")
    async def child(self, info: Info) -> LazyChild | None:
        from graph.children import child_by_id

        return None if self.row.child_id is None else await child_by_id(info, self.row.child_id)


@strawberry.type
class ImportFindingEdge:
    cursor: str
    node: ImportFinding


@strawberry.type
class ImportFindingConnection:
    edges: list[ImportFindingEdge]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="How many findings of one severity a report has.")
class FindingCount:
    severity: Severity
    findings: int


@strawberry.type(description="One import, and what became of the children in its files. A trial run leaves none.")
class ImportReport(Node):
    source: str = strawberry.field(description="SSDA903, CIN_CENSUS, SSD, FAMILY, ALLOCATIONS, DIARY or ESTABLISHMENT.")
    file_name: str
    as_of: date = strawberry.field(description="The day up to which the files tell the story.")
    made_by: str
    made_at: datetime
    rows: int = strawberry.field(description="Rows that were read, those at fault included.")
    taken: int = strawberry.field(description="Children taken, changed or not.")
    changed: int
    unchanged: int
    refused: int = strawberry.field(description="Children of whom nothing was taken.")
    findings_by_severity: list[FindingCount]
    row: strawberry.Private[reading.Report]

    @described.field("The gravest first; of some severities, or of all.")
    async def findings(
        self, info: Info, severities: list[Severity] | None = strawberry.UNSET, first: int | None = 50, after: str | None = None
    ) -> ImportFindingConnection:
        wanted = tuple(dict.fromkeys(severities)) if severities else None
        window = window_of(first, after)
        page: Slice[reading.KeptFinding] = await info.context.loaders.load(reading.findings_of, self.row.id, wanted, window) or Slice()
        edges = [ImportFindingEdge(cursor=cursor_of(str(row.number), self.row.id), node=_finding_of(info, row)) for row in page.rows]
        total = sum(self.row.findings[severity] for severity in wanted or Severity)
        return ImportFindingConnection(
            edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), total_count=total
        )


@strawberry.type
class ImportReportEdge:
    cursor: str
    node: ImportReport


@strawberry.type
class ImportReportConnection:
    edges: list[ImportReportEdge]
    page_info: PageInfo
    counting: strawberry.Private[Counting]

    @strawberry.field
    async def total_count(self) -> int:
        return await self.counting()


def report_of(row: reading.Report) -> ImportReport:
    counts = {name: int(row.counts.get(name, 0)) for name in ("rows", "taken", "changed", "unchanged", "refused")}
    return ImportReport(
        id=global_id("ImportReport", row.id),
        source=row.source,
        file_name=row.file_name,
        as_of=row.as_of,
        made_by=row.made_by,
        made_at=row.made_at,
        **counts,
        findings_by_severity=[FindingCount(severity=severity, findings=number) for severity, number in row.findings.items()],
        row=row,
    )


def _finding_of(info: Info, row: reading.KeptFinding) -> ImportFinding:
    """A finding tells of a child, even where nobody asks whose it is."""
    if row.child_id is not None:
        info.context.seen.add(row.child_id)
    return ImportFinding(
        number=row.number,
        file_name=row.file_name,
        line=row.line,
        element=row.element,
        child_reference=row.child_reference,
        rule=row.rule,
        severity=row.severity,
        message=row.message,
        row=row,
    )


@strawberry.type
class ImportQuery:
    @described.field("Imports of records with their findings, the latest first.")
    async def import_reports(self, info: Info, first: int | None = 50, after: str | None = None) -> ImportReportConnection:
        window, context = window_of(first, after), info.context
        page = await context.read(reading.reports_page, window)
        edges = [ImportReportEdge(cursor=cursor_of(row.made_at.isoformat(), row.id), node=report_of(row)) for row in page.rows]
        return ImportReportConnection(
            edges=edges,
            page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window),
            counting=lambda: context.read(reading.reports_count),
        )

"""What was in time in a period: the figures as the sector counts them, and the meetings from which they were counted."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graph import described
from graph.context import Info
from graph.names import AsKnownAt, LazyChild, LazyObligation, LazyObligations
from graph.pagination import PageInfo, cursor_of, page_info, page_of, window_of
from services.history import indicators as measured
from services.history import reading as history
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind, Timeliness
from services.statutory.indicators import Indicator as Figure

_LONGEST_DAYS = 3 * 366
_BELOW_ALL = "\x01"
"""Sorts before whatever a reference holds."""


@strawberry.type(description="A figure of a period. A definition that changes becomes another version; the old one can be computed again.")
class Indicator:
    code: str
    version: int
    title: str
    definition: str
    numerator: int
    denominator: int
    share: Decimal | None = strawberry.field(description="numerator / denominator, to three decimals; null where nobody counts.")
    figure: strawberry.Private[Figure]

    @described.field("The obligations for which somebody counts below the line but not above it.")
    async def failing(self, info: Info, first: int | None = 50, after: str | None = None) -> LazyObligations:
        from graph.obligations import obligations_page

        window, loaders = window_of(first, after), info.context.loaders
        found = (await loaders.load_many(history.obligations, self.figure.failing)).values()
        rows = sorted(found, key=lambda row: (row.clock.statutory_due_on, row.id))

        async def count() -> int:
            return len(rows)

        page = page_of(rows, window, lambda row: (row.clock.statutory_due_on.isoformat(), row.id))
        return obligations_page(info, page, window, count)


@strawberry.type(description="One meeting of the period, or one that was due in it and was not held.")
class JudgedMeeting:
    reference: str = strawberry.field(description="Of the child or the foster household.")
    kind: MeetingKind
    triggered_on: date | None = strawberry.field(description="Day 0; null where no duty is known that it answered.")
    statutory_due_on: date | None
    held_on: date | None
    completed_on: date | None
    timeliness: Timeliness
    row: strawberry.Private[measured.TimelinessRow]

    @described.field("Null for a foster household.")
    async def child(self, info: Info) -> LazyChild | None:
        from graph.children import child_by_id

        return await child_by_id(info, self.row.subject_id)

    @described.field("As it is recorded now; null where none is.")
    async def obligation(self, info: Info) -> LazyObligation | None:
        from graph.obligations import obligation_by_id

        return await obligation_by_id(info, self.row.obligation_id)


@strawberry.type
class JudgedMeetingEdge:
    cursor: str
    node: JudgedMeeting


@strawberry.type
class JudgedMeetingConnection:
    edges: list[JudgedMeetingEdge]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="Of the children in the viewer's sight, and of foster households to whoever sees all. Both days included.")
class TimelinessReport:
    from_: date = strawberry.field(name="from")
    to: date
    known_at: datetime | None
    indicators: list[Indicator]
    report: strawberry.Private[measured.TimelinessReport]

    @described.field("By reference, kind and day.")
    async def meetings(self, info: Info, first: int | None = 50, after: str | None = None) -> JudgedMeetingConnection:
        window = window_of(first, after)
        page = page_of(self.report.rows, window, lambda row: (_key(row), row.subject_id))
        edges = [JudgedMeetingEdge(cursor=cursor_of(_key(row), row.subject_id), node=_judged_of(info, row)) for row in page.rows]
        return JudgedMeetingConnection(
            edges=edges,
            page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window),
            total_count=len(self.report.rows),
        )


def _key(row: measured.TimelinessRow) -> str:
    """Its place in the order of the report."""
    day, began = row.held_on or row.statutory_due_on or date.max, row.triggered_on or date.max
    return _BELOW_ALL.join((row.reference, row.kind.value, day.isoformat(), began.isoformat()))


def _judged_of(info: Info, row: measured.TimelinessRow) -> JudgedMeeting:
    """What became of a meeting tells of the child, even where nobody asks whose it is."""
    if row.kind is not MeetingKind.FOSTER_HOME_REVIEW:
        info.context.seen.add(row.subject_id)
    return JudgedMeeting(
        reference=row.reference,
        kind=row.kind,
        triggered_on=row.triggered_on,
        statutory_due_on=row.statutory_due_on,
        held_on=row.held_on,
        completed_on=row.completed_on,
        timeliness=row.timeliness,
        row=row,
    )


def _report_of(report: measured.TimelinessReport) -> TimelinessReport:
    return TimelinessReport(
        from_=report.first,
        to=report.last,
        known_at=report.known_at,
        indicators=[_indicator_of(each) for each in report.indicators],
        report=report,
    )


def _indicator_of(figure: Figure) -> Indicator:
    return Indicator(
        code=figure.code,
        version=figure.version,
        title=figure.title,
        definition=figure.definition,
        numerator=figure.numerator,
        denominator=figure.denominator,
        share=figure.share,
        figure=figure,
    )


@strawberry.type
class TimelinessQuery:
    @described.field("Timeliness of a period, both days included: judged as of today, or of the day on which it was known.")
    async def timeliness(
        self,
        info: Info,
        from_: Annotated[date, strawberry.argument(name="from")],
        to: date,
        as_known_at: AsKnownAt = None,
    ) -> TimelinessReport:
        if (to - from_).days > _LONGEST_DAYS:
            raise InvalidInput("the span is longer than three years: ask in parts", "to")
        context = info.context
        return _report_of(await context.read_at_once(measured.timeliness_between, from_, to, known_at=as_known_at, today=context.today))

"""What is due, for whom, by when and under which rule."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.judging import timeliness_of
from graph.names import AsKnownAt, LazyChild, LazyIro, LazyMeeting, Node, global_id
from graph.officers import AsOf, iro_by_id
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from graph.recorded import SINCE, HeldRecord, held_record_of
from graph.words import EarlierReviewReason
from services.history import reading
from services.history import reading_households as households
from services.history.advice import advise
from services.history.reading_known import household_obligations_known
from services.history.reading_records import held_of_households
from services.kernel.errors import NotFound
from services.kernel.paging import Slice, Window
from services.kernel.words import MeetingKind, ObligationState, Timeliness, TimescaleUnit
from services.statutory.working_days import england


@strawberry.type
class Timescale:
    code: str
    amount: int
    unit: TimescaleUnit
    legal_basis: str


@strawberry.type(description="Foster carers, under the reference that the fostering service gave them. No carer's name is held.")
class FosterHousehold(Node):
    reference: str
    approved_on: date = strawberry.field(description="Day 0 of its reviews.")
    key: strawberry.Private[UUID]

    @described.field(f"Of the days of its approval. {SINCE}")
    async def recorded_at(self, info: Info) -> datetime | None:
        row = await info.context.loaders.load(households.households, self.key)
        return None if row is None else row.recorded_at

    @described.field("The day on which the approval ended: from it on no review is owed.")
    async def ended_on(self, info: Info) -> date | None:
        row = await info.context.loaders.load(households.households, self.key)
        return None if row is None else row.ended_on

    @strawberry.field
    async def end_reason(self, info: Info) -> str | None:
        row = await info.context.loaders.load(households.households, self.key)
        return None if row is None else row.end_reason

    @described.field("Who reviews it on a day; null where nobody does.")
    async def reviewer(self, info: Info, as_of: AsOf = None) -> LazyIro | None:
        from graph.circumstances import reviewers_of

        return await iro_by_id(info, await info.context.loaders.load(reviewers_of, self.key, as_of or info.context.today))

    @described.field("Reviews that took place, in the order of time.")
    async def held(self, info: Info, as_known_at: AsKnownAt = None) -> list[HeldRecord]:
        found = await info.context.loaders.load(held_of_households, self.key, as_known_at)
        return [held_record_of(info, row, as_known_at) for row in found or []]

    @described.field("The latest first.")
    async def obligations(self, info: Info, as_known_at: AsKnownAt = None) -> list[Obligation]:
        loaders = info.context.loaders
        if as_known_at is None:
            found = await loaders.load(households.household_obligations_of, self.key)
        else:
            found = await loaders.load(household_obligations_known, self.key, as_known_at)
        return [obligation_of(info, row, as_known_at) for row in found or []]


Subject = Annotated[LazyChild | FosterHousehold, strawberry.union("Subject")]


@strawberry.type(description="Its id is stable: the same subject, kind and trigger have the same id after every recomputation.")
class Obligation(Node):
    kind: MeetingKind
    triggered_on: date
    triggered_by: str
    rule: Timescale
    statutory_due_on: date = strawberry.field(description="The law's latest day: timeliness is judged by it.")
    census_due_on: date | None = strawberry.field(
        description="The latest day by the sector's day-count (91, 183); null where the rule has none."
    )
    book_by_on: date = strawberry.field(description="The last working day on or before the earlier of the two: what the diary aims at.")
    working_days_left: int = strawberry.field(description="To the law's day; negative once it has passed.")
    not_before_on: date | None = strawberry.field(description="The first day on which it may be held, where a rule sets one.")
    brought_forward_by: EarlierReviewReason | None = strawberry.field(description="Why it is due earlier than its rule says.")
    meeting_needed: bool = strawberry.field(
        description="False where the review may be made without a meeting (a settled long-term placement); the duty to review stays."
    )
    clock: strawberry.Private[reading.Clock]
    judged_on: strawberry.Private[date]
    child_id: strawberry.Private[UUID | None]
    reference: strawberry.Private[str | None]
    household_id: strawberry.Private[UUID | None]
    meeting_id: strawberry.Private[UUID | None]
    is_advised: strawberry.Private[bool]

    @strawberry.field
    async def timeliness(self, info: Info) -> Timeliness:
        return await timeliness_of(info, self.clock, self.judged_on)

    @described.field("What whoever arranges it should know beside its days: a sentence each. Advice moves no day.")
    async def advice(self, info: Info) -> list[str]:
        if not self.is_advised or self.child_id is None:
            return []
        known = await info.context.loaders.load(reading.advised, self.child_id)
        return [] if known is None else list(advise(known, self.kind, self.statutory_due_on, info.context.today, england()))

    @strawberry.field
    async def subject(self, info: Info) -> Subject:
        if self.child_id is not None and self.reference is not None:
            from graph.children import child_of

            return child_of(info, self.child_id, self.reference)
        household = await household_by_id(info, self.household_id)
        if household is None:
            raise NotFound("there is no such subject, or not for you")
        return household

    @strawberry.field
    async def meeting(self, info: Info) -> LazyMeeting | None:
        from graph.booking import meeting_by_id

        return await meeting_by_id(info, self.meeting_id)


@strawberry.type
class ObligationEdge:
    cursor: str
    node: Obligation


@strawberry.type
class ObligationConnection:
    edges: list[ObligationEdge]
    page_info: PageInfo
    counting: strawberry.Private[Counting]

    @strawberry.field
    async def total_count(self) -> int:
        return await self.counting()


@strawberry.input(description="Days are those of the law, both included. overdue: its day has passed.")
class ObligationFilter:
    due_from: date | None = strawberry.UNSET
    due_to: date | None = strawberry.UNSET
    kinds: list[MeetingKind] | None = strawberry.UNSET
    booked: bool | None = strawberry.UNSET
    overdue: bool | None = strawberry.UNSET
    iro_code: str | None = strawberry.UNSET

    def wanted(self) -> reading.ObligationsWanted:
        return reading.ObligationsWanted(
            due_from=self.due_from or None,
            due_to=self.due_to or None,
            kinds=tuple(self.kinds) if self.kinds else None,
            booked=None if self.booked is strawberry.UNSET else self.booked,
            overdue=None if self.overdue is strawberry.UNSET else self.overdue,
            iro_code=None if self.iro_code is strawberry.UNSET else self.iro_code,
        )


def obligation_of(info: Info, row: reading.Obligation, known_at: datetime | None = None) -> Obligation:
    """What a child is owed tells of the child, even where nobody asks whose it is. Judged as of the day on which it was known."""
    if row.child_id is not None:
        info.context.seen.add(row.child_id)
    today = info.context.day_known(known_at)
    return Obligation(
        id=global_id("Obligation", row.id),
        kind=row.kind,
        triggered_on=row.triggered_on,
        triggered_by=row.triggered_by,
        rule=Timescale(code=row.rule.code, amount=row.rule.amount, unit=row.rule.unit, legal_basis=row.rule.legal_basis),
        statutory_due_on=row.clock.statutory_due_on,
        census_due_on=row.census_due_on,
        book_by_on=row.book_by_on,
        working_days_left=england().between(today, row.clock.statutory_due_on),
        not_before_on=row.not_before_on,
        brought_forward_by=row.brought_forward_by,
        meeting_needed=row.meeting_needed,
        clock=row.clock,
        judged_on=today,
        child_id=row.child_id,
        reference=row.reference,
        household_id=row.household_id,
        meeting_id=row.meeting_id,
        is_advised=known_at is None and row.clock.state in (ObligationState.OPEN, ObligationState.EXPECTED),
    )


def household_of(identifier: UUID, reference: str, approved_on: date) -> FosterHousehold:
    return FosterHousehold(id=global_id("FosterHousehold", identifier), reference=reference, approved_on=approved_on, key=identifier)


async def household_by_id(info: Info, identifier: UUID | None) -> FosterHousehold | None:
    row = None if identifier is None else await info.context.loaders.load(households.households, identifier)
    return None if row is None else household_of(row.id, row.reference, row.approved_on)


async def obligation_by_id(info: Info, identifier: UUID | None) -> Obligation | None:
    row = None if identifier is None else await info.context.loaders.load(reading.obligations, identifier)
    return None if row is None else obligation_of(info, row)


def obligations_page(info: Info, page: Slice[reading.Obligation], window: Window, count: Counting) -> ObligationConnection:
    edges = [
        ObligationEdge(cursor=cursor_of(row.clock.statutory_due_on.isoformat(), row.id), node=obligation_of(info, row)) for row in page.rows
    ]
    return ObligationConnection(
        edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), counting=count
    )


@strawberry.type
class ObligationQuery:
    @described.field("What is due, for whom, by when and under which rule; booked or not.")
    async def obligations(
        self,
        info: Info,
        wanted: Annotated[ObligationFilter | None, strawberry.argument(name="filter")] = strawberry.UNSET,
        first: int | None = 50,
        after: str | None = None,
    ) -> ObligationConnection:
        window, context = window_of(first, after), info.context
        rows_wanted = wanted.wanted() if wanted else reading.ObligationsWanted()
        page = await context.read(reading.obligations_page, context.today, rows_wanted, window)
        return obligations_page(info, page, window, lambda: context.read(reading.obligations_count, context.today, rows_wanted))

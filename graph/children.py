"""Children: the records of them, and the changes to those records. No child's name is held anywhere."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.names import LazyAllocation, LazyChildWeight, LazyIro, LazyMeetings, Node, global_id
from graph.obligations import Obligation, obligation_of, timeliness_of
from graph.officers import AsOf
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from services.caseload import reading as caseload_reading
from services.history import reading
from services.kernel.errors import NotFound
from services.kernel.paging import Slice, Window
from services.kernel.words import MeetingKind, ParticipationCode, Timeliness


@strawberry.type(
    description="startedOnExact is false where the records only show that the period had begun by startedOn: "
    "then no first review is computed from it."
)
class CarePeriod(Node):
    started_on: date
    started_on_exact: bool
    ended_on: date | None
    legal_status: str | None


@strawberry.type
class ProtectionPlan(Node):
    started_on: date
    ended_on: date | None
    category: str | None


@strawberry.type
class HeldRecord(Node):
    kind: MeetingKind
    held_on: date
    participation: ParticipationCode | None
    timeliness: Timeliness
    source: str


@strawberry.type
class Child(Node):
    reference: str = strawberry.field(
        description="The authority's own child identifier (LAchildID, CHILD). The service holds no child's name."
    )
    key: strawberry.Private[UUID]

    @strawberry.field
    async def born_on(self, info: Info) -> date | None:
        facts = await _facts(info, self.key)
        return facts.born_on if facts else None

    @strawberry.field
    async def expected_on(self, info: Info) -> date | None:
        facts = await _facts(info, self.key)
        return facts.expected_on if facts else None

    @strawberry.field
    async def dual_status(self, info: Info) -> bool:
        facts = await _facts(info, self.key)
        return facts is not None and facts.in_care and facts.on_plan

    @described.field("Siblings that the viewer may see.")
    async def siblings(self, info: Info) -> list[Child]:
        found = await info.context.loaders.load(reading.siblings_of, self.key)
        return [child_of(info, each.id, each.reference) for each in found or []]

    @strawberry.field
    async def care_periods(self, info: Info) -> list[CarePeriod]:
        found = await info.context.loaders.load(reading.care_periods_of, self.key)
        return [care_period_of(info, row) for row in found or []]

    @strawberry.field
    async def protection_plans(self, info: Info) -> list[ProtectionPlan]:
        found = await info.context.loaders.load(reading.plans_of, self.key)
        return [protection_plan_of(info, row) for row in found or []]

    @described.field("Conferences and reviews that took place, from the records and from this diary.")
    async def held(self, info: Info) -> list[HeldRecord]:
        found = await info.context.loaders.load(reading.held_of, self.key)
        return [held_record_of(info, row) for row in found or []]

    @strawberry.field
    async def iro(self, info: Info, as_of: AsOf = None) -> LazyIro | None:
        from graph.officers import iro_by_id

        return await iro_by_id(info, await info.context.loaders.load(caseload_reading.officers_of, self.key, as_of or info.context.today))

    @described.field("Who had and has it, the latest first.")
    async def allocations(self, info: Info) -> list[LazyAllocation]:
        from graph.allocation import allocation_of

        found = await info.context.loaders.load(caseload_reading.allocations_of, self.key)
        return [allocation_of(info, row) for row in found or []]

    @strawberry.field
    async def weight(self, info: Info, as_of: AsOf = None) -> LazyChildWeight:
        from graph.caseload import weight_of

        if await _facts(info, self.key) is None:
            raise NotFound("there is no weight to see")
        return weight_of(await info.context.loaders.load(caseload_reading.weights, self.key, as_of or info.context.today))

    @described.field("What is open first, by due day; then what was met, the latest first.")
    async def obligations(self, info: Info) -> list[Obligation]:
        found = await info.context.loaders.load(reading.obligations_of, self.key)
        return [obligation_of(info, row) for row in found or []]

    @described.field("Meetings that concern it, by their beginning.")
    async def meetings(self, info: Info, first: int | None = 20, after: str | None = None) -> LazyMeetings:
        from graph.booking import meetings_page
        from services.booking import reading as booking_reading

        window, loaders = window_of(first, after, usual=20), info.context.loaders
        page = await loaders.load(booking_reading.meetings_of_children, self.key, window)

        async def count() -> int:
            return await loaders.load(booking_reading.meetings_of_children_count, self.key) or 0

        return await meetings_page(info, page or Slice(), window, count)


@strawberry.type
class ChildEdge:
    cursor: str
    node: Child


@strawberry.type
class ChildConnection:
    edges: list[ChildEdge]
    page_info: PageInfo
    counting: strawberry.Private[Counting]

    @strawberry.field
    async def total_count(self) -> int:
        return await self.counting()


@strawberry.input
class ChildFilter:
    iro_code: str | None = strawberry.UNSET
    unallocated: bool | None = strawberry.UNSET
    in_care: bool | None = strawberry.UNSET
    on_plan: bool | None = strawberry.UNSET

    def wanted(self) -> reading.ChildrenWanted:
        given = {name: getattr(self, name) for name in ("iro_code", "unallocated", "in_care", "on_plan")}
        return reading.ChildrenWanted(**{name: None if value is strawberry.UNSET else value for name, value in given.items()})


async def _facts(info: Info, key: UUID) -> reading.ChildFacts | None:
    return await info.context.loaders.load(reading.children, key)


def child_of(info: Info, identifier: UUID, reference: str) -> Child:
    """A child in an answer: who sees it is recorded before the answer is given."""
    info.context.seen.add(identifier)
    return Child(id=global_id("Child", identifier), reference=reference, key=identifier)


async def child_by_id(info: Info, identifier: UUID) -> Child | None:
    facts = await _facts(info, identifier)
    return None if facts is None else child_of(info, facts.id, facts.reference)


def care_period_of(info: Info, row: reading.CarePeriod) -> CarePeriod:
    info.context.seen.add(row.child_id)
    return CarePeriod(
        id=global_id("CarePeriod", row.id),
        started_on=row.started_on,
        started_on_exact=row.started_on_exact,
        ended_on=row.ended_on,
        legal_status=row.legal_status,
    )


def protection_plan_of(info: Info, row: reading.ProtectionPlan) -> ProtectionPlan:
    info.context.seen.add(row.child_id)
    return ProtectionPlan(id=global_id("ProtectionPlan", row.id), started_on=row.started_on, ended_on=row.ended_on, category=row.category)


def held_record_of(info: Info, row: reading.HeldRecord) -> HeldRecord:
    info.context.seen.add(row.child_id)
    return HeldRecord(
        id=global_id("HeldRecord", row.id),
        kind=row.kind,
        held_on=row.held_on,
        participation=row.participation,
        timeliness=timeliness_of(row.clock, info.context.today),
        source=row.source,
    )


def named_children(info: Info, page: Slice[reading.ChildName], window: Window, count: Counting) -> ChildConnection:
    edges = [ChildEdge(cursor=cursor_of(row.reference, row.id), node=child_of(info, row.id, row.reference)) for row in page.rows]
    return ChildConnection(edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), counting=count)


@strawberry.type
class ChildQuery:
    @strawberry.field
    async def child(self, info: Info, reference: str) -> Child | None:
        identifier = await info.context.read(reading.child_id_of, reference, info.context.today)
        return None if identifier is None else child_of(info, identifier, reference)

    @strawberry.field
    async def children(
        self,
        info: Info,
        wanted: Annotated[ChildFilter | None, strawberry.argument(name="filter")] = strawberry.UNSET,
        first: int | None = 50,
        after: str | None = None,
    ) -> ChildConnection:
        window, context = window_of(first, after), info.context
        rows_wanted = wanted.wanted() if wanted else reading.ChildrenWanted()
        page = await context.read(reading.children_page, context.today, rows_wanted, window)
        for facts in page.rows:
            context.loaders.remember(reading.children, facts.id, facts)
        names = Slice(rows=tuple(reading.ChildName(id=row.id, reference=row.reference) for row in page.rows), more=page.more)
        return named_children(info, names, window, lambda: context.read(reading.children_count, context.today, rows_wanted))

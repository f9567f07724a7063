"""Children: the records of them, and the changes to those records. No child's name is held anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described, recorded
from graph.context import Info
from graph.names import AsKnownAt, LazyAllocation, LazyChildWeight, LazyCircumstances, LazyIro, LazyMeetings, Node, global_id
from graph.obligations import Obligation, obligation_of
from graph.officers import AsOf
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from graph.recorded import SINCE, CarePeriod, CareStatusRecord, EarlierReview, Enquiry, HeldRecord, ProtectionPlan, Transfer
from services.caseload import reading as caseload_reading
from services.history import reading
from services.history import reading_records as records
from services.history.reading_known import obligations_known
from services.kernel.errors import NotFound
from services.kernel.paging import Slice, Window


@strawberry.type
class Child(Node):
    reference: str = strawberry.field(
        description="The authority's own child identifier (LAchildID, CHILD). The service holds no child's name."
    )
    key: strawberry.Private[UUID]

    @described.field(f"Of its own days below. {SINCE}")
    async def recorded_at(self, info: Info) -> datetime | None:
        facts = await _facts(info, self.key)
        return facts.recorded_at if facts else None

    @strawberry.field
    async def born_on(self, info: Info) -> date | None:
        facts = await _facts(info, self.key)
        return facts.born_on if facts else None

    @strawberry.field
    async def expected_on(self, info: Info) -> date | None:
        facts = await _facts(info, self.key)
        return facts.expected_on if facts else None

    @described.field("From that day on nothing is owed.")
    async def died_on(self, info: Info) -> date | None:
        facts = await _facts(info, self.key)
        return facts.died_on if facts else None

    @described.field("The day of the adoption order: from it on nothing is owed. What the child is called since is in no record here.")
    async def adopted_on(self, info: Info) -> date | None:
        facts = await _facts(info, self.key)
        return facts.adopted_on if facts else None

    @described.field("Other references under which it was known before they were found to be one child.")
    async def other_references(self, info: Info) -> list[str]:
        return await info.context.loaders.load(reading.other_references_of, self.key) or []

    @described.field("In care and on a protection plan today.")
    async def dual_status(self, info: Info) -> bool:
        facts = await _facts(info, self.key)
        return facts is not None and facts.in_care and facts.on_plan

    @described.field("Siblings that the viewer may see.")
    async def siblings(self, info: Info) -> list[Child]:
        found = await info.context.loaders.load(reading.siblings_of, self.key)
        return [child_of(info, each.id, each.reference) for each in found or []]

    @described.field("Its own children that the viewer may see: a parent may be a child who is known here, too.")
    async def parent_of(self, info: Info) -> list[Child]:
        found = await info.context.loaders.load(reading.children_of, self.key)
        return [child_of(info, each.id, each.reference) for each in found or []]

    @described.field("By their first days.")
    async def care_periods(self, info: Info, as_known_at: AsKnownAt = None) -> list[CarePeriod]:
        found = await info.context.loaders.load(records.CARE_PERIODS.of_children, self.key, as_known_at)
        return [recorded.care_period_of(info, row) for row in found or []]

    @described.field("By their first days.")
    async def protection_plans(self, info: Info, as_known_at: AsKnownAt = None) -> list[ProtectionPlan]:
        found = await info.context.loaders.load(records.PLANS.of_children, self.key, as_known_at)
        return [recorded.protection_plan_of(info, row) for row in found or []]

    @described.field("Section 47 enquiries, by the days of the discussions that initiated them.")
    async def enquiries(self, info: Info, as_known_at: AsKnownAt = None) -> list[Enquiry]:
        found = await info.context.loaders.load(records.ENQUIRIES.of_children, self.key, as_known_at)
        return [recorded.enquiry_of(info, row) for row in found or []]

    @described.field("Remand, authority to place, placements for adoption, secure orders and the like, by their first days.")
    async def care_statuses(self, info: Info, as_known_at: AsKnownAt = None) -> list[CareStatusRecord]:
        found = await info.context.loaders.load(records.STATUSES.of_children, self.key, as_known_at)
        return [recorded.care_status_of(info, row) for row in found or []]

    @described.field("Moves between authorities while on a plan, by the days on which they were notified.")
    async def transfers(self, info: Info, as_known_at: AsKnownAt = None) -> list[Transfer]:
        found = await info.context.loaders.load(records.TRANSFERS.of_children, self.key, as_known_at)
        return [recorded.transfer_of(info, row) for row in found or []]

    @described.field("Meetings that were called for earlier than their rule says.")
    async def earlier_reviews(self, info: Info, as_known_at: AsKnownAt = None) -> list[EarlierReview]:
        found = await info.context.loaders.load(records.EARLIER_REVIEWS.of_children, self.key, as_known_at)
        return [recorded.earlier_review_of(info, row) for row in found or []]

    @described.field("Conferences and reviews that took place, from the records and from this diary.")
    async def held(self, info: Info, as_known_at: AsKnownAt = None) -> list[HeldRecord]:
        found = await info.context.loaders.load(records.held_of, self.key, as_known_at)
        return [recorded.held_record_of(info, row, as_known_at) for row in found or []]

    @strawberry.field
    async def iro(self, info: Info, as_of: AsOf = None) -> LazyIro | None:
        from graph.officers import iro_by_id

        return await iro_by_id(info, await info.context.loaders.load(caseload_reading.officers_of, self.key, as_of or info.context.today))

    @described.field("Who had and has it, the latest first.")
    async def allocations(self, info: Info) -> list[LazyAllocation]:
        from graph.allocation import allocation_of

        found = await info.context.loaders.load(caseload_reading.allocations_of, self.key)
        return [allocation_of(info, row) for row in found or []]

    @described.field("What it weighs on a day; asKnownAt by the records and the scheme as they were known then.")
    async def weight(self, info: Info, as_of: AsOf = None, as_known_at: AsKnownAt = None) -> LazyChildWeight:
        from graph.caseload import weight_of

        if await _facts(info, self.key) is None:
            raise NotFound("there is no weight to see")
        day = as_of or info.context.day_known(as_known_at)
        return weight_of(await info.context.loaders.load(caseload_reading.weights, self.key, day, as_known_at))

    @described.field("What a person stated of it for a day: where it is placed, what it needs, whom it wishes.")
    async def circumstances(self, info: Info, as_of: AsOf = None, as_known_at: AsKnownAt = None) -> LazyCircumstances | None:
        from graph.circumstances import circumstances_of, shown

        found = await info.context.loaders.load(circumstances_of, self.key, as_of or info.context.today, as_known_at)
        return None if found is None else shown(found)

    @described.field("What is open first, by due day; then what was met, the latest first.")
    async def obligations(self, info: Info, as_known_at: AsKnownAt = None) -> list[Obligation]:
        loaders = info.context.loaders
        if as_known_at is None:
            found = await loaders.load(reading.obligations_of, self.key)
        else:
            found = await loaders.load(obligations_known, self.key, as_known_at)
        return [obligation_of(info, row, as_known_at) for row in found or []]

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


async def children_by_ids(info: Info, identifiers: Sequence[UUID]) -> list[Child]:
    """Those in sight, in this order, in one statement."""
    found = await info.context.loaders.load_many(reading.children, list(dict.fromkeys(identifiers)))
    return [child_of(info, facts.id, facts.reference) for facts in found.values()]


def named_children(info: Info, page: Slice[reading.ChildName], window: Window, count: Counting) -> ChildConnection:
    edges = [ChildEdge(cursor=cursor_of(row.reference, row.id), node=child_of(info, row.id, row.reference)) for row in page.rows]
    return ChildConnection(edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), counting=count)


@strawberry.type
class ChildQuery:
    @described.field("By its reference, or by another that was found to be the same child's.")
    async def child(self, info: Info, reference: str) -> Child | None:
        found = await info.context.read(reading.child_named, reference, info.context.today)
        return None if found is None else child_of(info, found.id, found.reference)

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

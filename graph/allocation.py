"""Who has whom, and the decisions behind it: few children at once, many by a run of the worker."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described, errors
from graph.context import Info
from graph.names import LazyChild, LazyIro, Node, global_id, id_of
from graph.officers import iro_by_id, the_iro
from graph.requests import AllocationRequested
from graph.runs import follow
from graph.schemes import WeightingScheme, scheme_of
from services.allocation import reading, service
from services.caseload import reading as caseload_reading
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.words import BlockerCode, RunState


@strawberry.type(description="Both days are included; to: null until it is changed.")
class Allocation(Node):
    from_: date = strawberry.field(name="from")
    to: date | None
    reason: str | None
    approved_by: str | None
    row: strawberry.Private[caseload_reading.Allocation]

    @strawberry.field
    def child(self, info: Info) -> LazyChild:
        from graph.children import child_of

        return child_of(info, self.row.child_id, self.row.reference)

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.row.iro_id)

    @described.field("The decision behind it, as it was kept when it was made; null where none was made here.")
    async def decision(self, info: Info) -> AllocationDecision | None:
        found = await info.context.loaders.load(reading.decisions, self.row.id)
        return None if found is None else _decision_of(info, found)


@strawberry.type(description="For COSTLIER the message says by how much the whole would be worse with this officer.")
class RejectedIro:
    code: BlockerCode
    message: str
    would_fit_if: str | None
    source: str | None = strawberry.field(description="Of the rule that forbids her.")
    iro_id: strawberry.Private[UUID]

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.iro_id)


@strawberry.type
class AllocationDecision:
    allocation: Allocation
    reasons: list[str]
    rejected: list[RejectedIro]
    points: Decimal | None = strawberry.field(description="What the child weighed when it was decided.")
    engine: str | None = strawberry.field(description="The version of the rules that decided.")
    known_at: datetime | None = strawberry.field(
        description="The instant whose records counted: by them, the scheme and the engine it can be computed again."
    )
    order: list[str] = strawberry.field(description="What was sought, in the unit's order.")
    costs: str | None = strawberry.field(description="Where a person decided against the recommendation: what that cost.")
    row: strawberry.Private[reading.Decision | None]

    @described.field("By which the child was weighed; to whoever sees caseloads.")
    async def scheme(self, info: Info) -> WeightingScheme | None:
        if self.row is None or self.row.scheme_id is None:
            return None
        found = await info.context.loaders.load(caseload_reading.schemes, self.row.scheme_id)
        return None if found is None else scheme_of(found)

    @described.field("Whom the rules recommended, where a person decided against it.")
    async def recommended(self, info: Info) -> LazyIro | None:
        return None if self.row is None else await iro_by_id(info, self.row.recommended)


@strawberry.type
class UnallocatedChild:
    blockers: list[errors.Blocker]
    row: strawberry.Private[reading.Unallocated]

    @strawberry.field
    def child(self, info: Info) -> LazyChild:
        from graph.children import child_of

        return child_of(info, self.row.child_id, self.row.reference)


@strawberry.type
class AllocationRun(Node):
    state: RunState
    progress: float
    unallocated: list[UnallocatedChild]
    worst_utilisation: Decimal | None
    worst_utilisation_bound: Decimal | None
    message: str | None
    key: strawberry.Private[UUID]

    @strawberry.field
    async def decisions(self, info: Info) -> list[AllocationDecision]:
        found = await info.context.loaders.load(reading.decisions_of, self.key)
        return [_decision_of(info, row) for row in found or []]


@strawberry.input
class AllocateChildrenInput:
    request_key: strawberry.ID
    references: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Omitted: every child that needs an IRO and has none."
    )


@strawberry.type
class ChildrenAllocated:
    decisions: list[AllocationDecision]


@strawberry.type
class AllocationQueued:
    run: AllocationRun


AllocateChildrenResult = Annotated[
    ChildrenAllocated
    | AllocationQueued
    | AllocationRequested
    | errors.NoAllocation
    | errors.NotEligible
    | errors.NotFound
    | errors.InvalidInput
    | errors.RequestKeyReused
    | errors.Forbidden,
    strawberry.union("AllocateChildrenResult"),
]


def allocation_of(info: Info, row: caseload_reading.Allocation) -> Allocation:
    info.context.seen.add(row.child_id)
    return Allocation(
        id=global_id("Allocation", row.id),
        from_=row.first_day,
        to=row.last_day,
        reason=row.reason,
        approved_by=row.approved_by,
        row=row,
    )


def _decision_of(info: Info, row: reading.Decision) -> AllocationDecision:
    rejected = [
        RejectedIro(code=each.code, message=each.message, would_fit_if=each.would_fit_if, source=each.source, iro_id=each.iro_id)
        for each in row.rejected
    ]
    return AllocationDecision(
        allocation=allocation_of(info, row.allocation),
        reasons=list(row.reasons),
        rejected=rejected,
        points=row.points,
        engine=row.engine,
        known_at=row.known_at,
        order=list(row.order),
        costs=row.costs,
        row=row,
    )


def _undecided(info: Info, row: caseload_reading.Allocation) -> AllocationDecision:
    """An allocation that stood already: no decision was made."""
    return AllocationDecision(
        allocation=allocation_of(info, row),
        reasons=[],
        rejected=[],
        points=None,
        engine=None,
        known_at=None,
        order=[],
        costs=None,
        row=None,
    )


def run_of(row: reading.Run) -> AllocationRun:
    return AllocationRun(
        id=global_id("AllocationRun", row.id),
        state=row.state,
        progress=row.progress,
        unallocated=[
            UnallocatedChild(blockers=[errors.blocker(blocker) for blocker in each.blockers], row=each) for each in row.unallocated
        ],
        worst_utilisation=row.worst_utilisation,
        worst_utilisation_bound=row.worst_utilisation_bound,
        message=row.message,
        key=row.id,
    )


async def allocation_by_id(info: Info, identifier: UUID) -> Allocation | None:
    row = await info.context.loaders.load(caseload_reading.allocations, identifier)
    return None if row is None else allocation_of(info, row)


async def run_by_id(info: Info, identifier: UUID) -> AllocationRun | None:
    row = await info.context.loaders.load(reading.runs, identifier)
    return None if row is None else run_of(row)


@strawberry.type
class AllocationQuery:
    @strawberry.field
    async def allocation_run(self, info: Info, id: strawberry.ID) -> AllocationRun | None:  # noqa: A002
        try:
            return await run_by_id(info, id_of("AllocationRun", id))
        except NotFound:
            return None


@strawberry.type
class AllocationMutation:
    @described.mutation("One child or one sibling group: decided at once. More, or all: a run of the worker.")
    async def allocate_children(self, info: Info, input: AllocateChildrenInput) -> AllocateChildrenResult:  # noqa: A002
        context = info.context
        references = None if input.references is strawberry.UNSET else tuple(input.references or ())
        if references is not None and not references:
            raise InvalidInput("name at least one child, or leave references out to allocate all", "references")
        command = service.AllocateChildren(request_key=input.request_key, references=references)
        if references is not None and await service.is_one_family(context.resources, references):
            identifiers = await service.allocate_now(context.resources, context.actor, command, context.now)
            context.renew()
            return ChildrenAllocated(decisions=await decisions_of(info, identifiers))
        identifier = await service.request_run(context.resources, context.actor, command, context.now)
        context.renew()
        run = await run_by_id(info, identifier)
        if run is None:
            raise NotFound("there is no such run, or not for you")
        return AllocationQueued(run=run)


async def decisions_of(info: Info, identifiers: tuple[UUID, ...]) -> list[AllocationDecision]:
    """The decisions behind allocations, in their order; one that stood already has its allocation alone."""
    found = await info.context.loaders.load_many(reading.decisions, identifiers)
    standing = await info.context.loaders.load_many(caseload_reading.allocations, [each for each in identifiers if each not in found])
    return [
        _decision_of(info, found[each]) if each in found else _undecided(info, standing[each])
        for each in identifiers
        if each in found or each in standing
    ]


@strawberry.type
class AllocationSubscription:
    @strawberry.subscription
    async def allocation_progress(self, info: Info, id: strawberry.ID) -> AsyncGenerator[AllocationRun, None]:  # noqa: A002
        context = info.context

        async def load(key: UUID) -> reading.Run | None:
            return await context.loaders.load(reading.runs, key)

        async for row in follow(context, load, id_of("AllocationRun", id), lambda run: run.state):
            yield run_of(row)

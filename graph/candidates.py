"""Who might have a child: every officer, ranked, for a person who decides herself; and the children who wait."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.names import LazyChild, LazyIro
from graph.officers import the_iro
from services.allocation import candidates, waiting
from services.history import reading as history_reading
from services.kernel.words import ApprovalGround, BlockerCode


@strawberry.type(description="One officer as the IRO of one child. Points and utilisation are hers, with this child.")
class Candidate:
    rank: int | None = strawberry.field(description="1 is the best; null where a rule forbids her.")
    recommended: bool
    holds: bool = strawberry.field(description="She has the child now.")
    code: BlockerCode | None = strawberry.field(description="What keeps the child from her, or COSTLIER; null for the best.")
    message: str = strawberry.field(description="For COSTLIER by how much the whole would be worse with this officer.")
    would_fit_if: str | None = strawberry.field(description="It was tried: under it, she may have the child.")
    source: str | None = strawberry.field(description="Of the rule that forbids her.")
    points_after: Decimal
    limit: Decimal
    utilisation_after: Decimal | None = strawberry.field(description="pointsAfter / limit; null when limit is 0.")
    reasons: list[str]
    needs_approval_for: list[ApprovalGround] = strawberry.field(description="Why another manager would have to approve; empty: nobody.")
    iro_id: strawberry.Private[UUID]

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.iro_id)


@strawberry.type(description="A child that needs an IRO and has none.")
class AwaitingAllocation:
    since: date = strawberry.field(description="Day 0: it became looked after, a plan began, or it was discussed.")
    since_exact: bool = strawberry.field(description="False where the records only show that care had begun by then.")
    why: str
    working_days: int = strawberry.field(description="From since to today.")
    named_by: date = strawberry.field(description="Five working days after since.")
    overdue: bool
    row: strawberry.Private[waiting.WaitingChild]

    @strawberry.field
    def child(self, info: Info) -> LazyChild:
        from graph.children import child_of

        return child_of(info, self.row.child_id, self.row.reference)


def _candidate_of(row: candidates.Candidate) -> Candidate:
    return Candidate(
        rank=row.rank,
        recommended=row.recommended,
        holds=row.holds,
        code=row.code,
        message=row.message,
        would_fit_if=row.would_fit_if,
        source=row.source,
        points_after=row.points_after,
        limit=row.limit,
        utilisation_after=row.utilisation_after,
        reasons=list(row.reasons),
        needs_approval_for=list(row.needs_approval_for),
        iro_id=row.iro_id,
    )


def _awaiting_of(info: Info, row: waiting.WaitingChild) -> AwaitingAllocation:
    info.context.seen.add(row.child_id)
    return AwaitingAllocation(
        since=row.since,
        since_exact=row.since_exact,
        why=row.why,
        working_days=row.working_days,
        named_by=row.named_by,
        overdue=row.overdue,
        row=row,
    )


@strawberry.type
class CandidateQuery:
    @described.field("Every officer for one child, the best first; to whoever may allocate. For allocateTo.")
    async def candidates(self, info: Info, reference: str) -> list[Candidate]:
        context = info.context
        found = await context.read_at_once(candidates.candidates, reference, context.today)
        child = await context.read(history_reading.child_named, reference, context.today)
        if child is not None:
            context.seen.add(child.id)
        return [_candidate_of(row) for row in found]

    @described.field("Children in sight that need an IRO and have none, who have waited longest first.")
    async def awaiting_allocation(self, info: Info) -> list[AwaitingAllocation]:
        context = info.context
        return [_awaiting_of(info, row) for row in await context.read_at_once(waiting.waiting, context.today)]

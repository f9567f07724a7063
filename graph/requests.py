"""Decisions about one child that wait for another manager, and what became of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.names import LazyChild, LazyIro, Node, global_id
from graph.officers import iro_by_id, the_iro
from graph.pagination import PageInfo, cursor_of, page_behind, page_info, window_of
from graph.words import ApprovalGround, RequestState
from services.allocation import requests
from services.kernel.errors import NotFound


@strawberry.type(description="A child is to have this officer, if a manager other than the one who asks approves.")
class AllocationRequest(Node):
    needs_approval_for: list[ApprovalGround]
    reason: str
    state: RequestState
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decided_reason: str | None
    overtaken_because: str | None = strawberry.field(description="What happened since it was asked, so that nothing was done.")
    costs: str | None = strawberry.field(description="What this officer would cost against the recommended one, as it was when asked.")
    row: strawberry.Private[requests.Request]

    @strawberry.field
    def child(self, info: Info) -> LazyChild:
        from graph.children import child_of

        return child_of(info, self.row.child_id, self.row.reference)

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.row.iro_id)

    @described.field("Who had the child when it was asked; null where nobody did.", name="from")
    async def from_(self, info: Info) -> LazyIro | None:
        return await iro_by_id(info, self.row.from_iro_id)

    @described.field("Whom the rules recommended when it was asked.")
    async def recommended(self, info: Info) -> LazyIro | None:
        return await iro_by_id(info, self.row.recommended_iro_id)


@strawberry.type(description="The decision waits for another manager: nothing has changed yet.")
class AllocationRequested:
    request: AllocationRequest


@strawberry.type
class AllocationRequestEdge:
    cursor: str
    node: AllocationRequest


@strawberry.type
class AllocationRequestConnection:
    edges: list[AllocationRequestEdge]
    page_info: PageInfo
    total_count: int


def request_of(info: Info, row: requests.Request) -> AllocationRequest:
    info.context.seen.add(row.child_id)
    return AllocationRequest(
        id=global_id("AllocationRequest", row.id),
        needs_approval_for=list(row.needs_approval_for),
        reason=row.reason,
        state=row.state,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        decided_reason=row.decided_reason,
        overtaken_because=row.decision.get("overtaken"),
        costs=row.costs,
        row=row,
    )


async def request_by_id(info: Info, identifier: UUID) -> AllocationRequest | None:
    row = await info.context.loaders.load(requests.requests_by_id, identifier)
    return None if row is None else request_of(info, row)


async def the_request(info: Info, identifier: UUID) -> AllocationRequest:
    """A request that the viewer has just made or decided."""
    found = await request_by_id(info, identifier)
    if found is None:
        raise NotFound("there is no such request, or not for you")
    return found


@strawberry.type
class RequestQuery:
    @described.field("Decisions that wait, or waited, for another manager: in some states, or in all; the oldest first.")
    async def allocation_requests(
        self, info: Info, states: list[RequestState] | None = strawberry.UNSET, first: int | None = 50, after: str | None = None
    ) -> AllocationRequestConnection:
        window = window_of(first, after)
        found = await info.context.read(requests.requests, tuple(states) if states else None)
        page = page_behind(found, window, lambda row: row.id)
        edges = [AllocationRequestEdge(cursor=cursor_of("", row.id), node=request_of(info, row)) for row in page.rows]
        return AllocationRequestConnection(
            edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), total_count=len(found)
        )

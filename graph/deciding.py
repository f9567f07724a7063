"""A person's own decision about one child: done at once, or asked of another manager, who decides it."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graph import described, errors
from graph.allocation import AllocateChildrenResult, AllocationDecision, ChildrenAllocated, decisions_of
from graph.commands import fill
from graph.context import Info
from graph.recording import keep
from graph.requests import AllocationRequest, AllocationRequested, the_request
from services.allocation import requests
from services.allocation.commands import AllocateTo, DecideRequest


@strawberry.input(description="The reason is kept; against the recommendation it must say why.")
class AllocateToInput:
    request_key: strawberry.ID
    reference: str
    iro_code: str
    reason: str


@strawberry.input(description="Whoever asked may decline, which takes the request back, but never approve.")
class DecideAllocationRequestInput:
    request_key: strawberry.ID
    id: strawberry.ID
    approve: bool
    reason: str


@strawberry.type(description="decision: where it was approved. OVERTAKEN: nothing has changed, and the request says why.")
class AllocationRequestDecided:
    request: AllocationRequest
    decision: AllocationDecision | None


DecideAllocationRequestResult = Annotated[
    AllocationRequestDecided | errors.NotEligible | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("DecideAllocationRequestResult"),
]


@strawberry.type
class DecidingMutation:
    @described.mutation(
        "A person's own decision, against the recommendation if need be. Over the limit, or with another IRO: asked of another manager."
    )
    async def allocate_to(self, info: Info, input: AllocateToInput) -> AllocateChildrenResult:  # noqa: A002
        done = await keep(info, requests.allocate_to, fill(AllocateTo, input))
        if isinstance(done, requests.Requested):
            return AllocationRequested(request=await the_request(info, done.request_id))
        return ChildrenAllocated(decisions=await decisions_of(info, (done,)))

    @described.mutation("Another manager approves the request, which is done at once, or declines it. Nobody approves her own.")
    async def decide_allocation_request(self, info: Info, input: DecideAllocationRequestInput) -> DecideAllocationRequestResult:  # noqa: A002
        decided = await keep(info, requests.decide_request, fill(DecideRequest, input, of="AllocationRequest"))
        made = () if decided.allocation_id is None else await decisions_of(info, (decided.allocation_id,))
        return AllocationRequestDecided(request=await the_request(info, decided.request_id), decision=made[0] if made else None)

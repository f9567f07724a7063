"""Rebalancing as a proposal: before and after for every officer, each move with its reasons, and what became of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from graph import described
from graph.applying import ItemResult, results_of
from graph.booking import Meeting, meeting_of, the_meeting
from graph.caseload import Caseload, caseload_of
from graph.children import Child, child_of
from graph.context import Info
from graph.names import LazyIro, Node, global_id, id_of
from graph.officers import iro_of, the_iro
from graph.runs import follow
from graph.words import ChairAfterMove
from services.allocation.rebalancing import commands, reading
from services.booking import reading as booking_reading
from services.directory import reading as directory
from services.kernel.errors import NotFound
from services.kernel.words import RunState


@strawberry.type(description="A booked meeting whose chair a move changes, or would change.")
class DisturbedMeeting:
    chair: ChairAfterMove
    notices: int = strawberry.field(description="How many invitations this changes.")
    message: str
    row: strawberry.Private[commands.DisturbedMeeting]

    @strawberry.field
    async def meeting(self, info: Info) -> Meeting:
        return await the_meeting(info, self.row.meeting_id)


@strawberry.type(description="Brothers and sisters, or one child, who go from one officer to another together.")
class RebalancingMove:
    id: strawberry.ID
    points: Decimal
    reasons: list[str]
    row: strawberry.Private[reading.Move]

    @strawberry.field
    def children(self, info: Info) -> list[Child]:
        return [child_of(info, each.id, each.reference) for each in self.row.children]

    @described.field(name="from")
    async def from_(self, info: Info) -> LazyIro:
        return await the_iro(info, self.row.from_iro_id)

    @strawberry.field
    async def to(self, info: Info) -> LazyIro:
        return await the_iro(info, self.row.to_iro_id)

    @described.field("Booked meetings of these children whose chair this changes, or would change.")
    async def meetings_disturbed(self, info: Info) -> list[Meeting]:
        found = await info.context.loaders.load_many(booking_reading.meetings, [each.meeting_id for each in self.row.meetings])
        return [meeting_of(info, row) for row in found.values()]

    @described.field("The same meetings, each with what becomes of its chair.")
    def meetings(self) -> list[DisturbedMeeting]:
        return [DisturbedMeeting(chair=each.chair, notices=each.notices, message=each.message, row=each) for each in self.row.meetings]


@strawberry.type(description="Children of an absent officer who could not be given another one, and what stands in the way.")
class LeftBehind:
    reasons: list[str]
    row: strawberry.Private[reading.LeftBehind]

    @strawberry.field
    def children(self, info: Info) -> list[Child]:
        return [child_of(info, *each) for each in zip(self.row.child_ids, self.row.references, strict=True)]

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.row.iro_id)


@strawberry.type(description="A proposal; it changes nothing until it is applied.")
class Rebalancing(Node):
    state: RunState
    progress: float
    max_moves: int
    target_utilisation: Decimal | None
    as_of: date = strawberry.field(description="The civil day that it is of.")
    before: list[Caseload] = strawberry.field(
        description="Empty until proposed. An officer named absent has no limit, as if she were away."
    )
    after: list[Caseload] | None = strawberry.field(description="Null until proposed.")
    worst_utilisation: Decimal | None = strawberry.field(
        description="Largest utilisation after, and the proven least possible within maxMoves."
    )
    worst_utilisation_bound: Decimal | None = strawberry.field(
        description="Proven: no proposal of at most maxMoves moves that keeps the rules, leaves no more children behind, goes no "
        "further over the limits and moves no more children who should stay has a largest utilisation below this. To a hundredth of "
        "a percent, whatever the target and the unit's step; never above the true least, and worstUtilisation itself where that is "
        "proven to be the least. While the run goes on, what is proven so far."
    )
    results: list[ItemResult]
    message: str | None
    requested_by: str
    requested_at: datetime
    applied_by: str | None
    applied_at: datetime | None
    apply_reason: str | None
    undone_by: str | None
    undone_at: datetime | None
    row: strawberry.Private[reading.Rebalancing]

    @described.field("Officers who are away or leave: all their children are to go to others.")
    async def absent_iros(self, info: Info) -> list[LazyIro]:
        found = await info.context.loaders.load_many(directory.officers, self.row.absent_iro_ids)
        return [iro_of(row) for row in found.values()]

    @strawberry.field
    def left_behind(self, info: Info) -> list[LeftBehind]:
        for row in self.row.left_behind:
            info.context.seen.update(row.child_ids)
        return [LeftBehind(reasons=list(row.reasons), row=row) for row in self.row.left_behind]

    @strawberry.field
    async def moves(self, info: Info) -> list[RebalancingMove]:
        found = await info.context.loaders.load(reading.moves_of, self.row.id)
        return [_move_of(info, row) for row in found or []]


def _move_of(info: Info, row: reading.Move) -> RebalancingMove:
    info.context.seen.update(child.id for child in row.children)
    return RebalancingMove(id=global_id("RebalancingMove", row.id), points=row.points, reasons=list(row.reasons), row=row)


def rebalancing_of(row: reading.Rebalancing) -> Rebalancing:
    return Rebalancing(
        id=global_id("Rebalancing", row.id),
        state=row.state,
        progress=row.progress,
        max_moves=row.max_moves,
        target_utilisation=row.target_utilisation,
        as_of=row.today,
        before=[caseload_of(each) for each in row.before],
        after=None if row.after is None else [caseload_of(each) for each in row.after],
        worst_utilisation=row.worst_utilisation,
        worst_utilisation_bound=row.worst_utilisation_bound,
        results=results_of("RebalancingMove", row.results),
        message=row.message,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        applied_by=row.applied_by,
        applied_at=row.applied_at,
        apply_reason=row.apply_reason,
        undone_by=row.undone_by,
        undone_at=row.undone_at,
        row=row,
    )


async def rebalancing_by_id(info: Info, identifier: UUID) -> Rebalancing | None:
    row = await info.context.loaders.load(reading.rebalancings, identifier)
    return None if row is None else rebalancing_of(row)


async def the_rebalancing(info: Info, identifier: UUID) -> Rebalancing:
    """One that the viewer has just asked for."""
    found = await rebalancing_by_id(info, identifier)
    if found is None:
        raise NotFound("there is no such rebalancing, or not for you")
    return found


@strawberry.type
class RebalancingQuery:
    @strawberry.field
    async def rebalancing(self, info: Info, id: strawberry.ID) -> Rebalancing | None:  # noqa: A002
        try:
            return await rebalancing_by_id(info, id_of("Rebalancing", id))
        except NotFound:
            return None


@strawberry.type
class RebalancingSubscription:
    @strawberry.subscription
    async def rebalancing_progress(self, info: Info, id: strawberry.ID) -> AsyncGenerator[Rebalancing, None]:  # noqa: A002
        context = info.context

        async def load(key: UUID) -> reading.Rebalancing | None:
            return await context.loaders.load(reading.rebalancings, key)

        async for row in follow(context, load, id_of("Rebalancing", id), lambda run: run.state):
            yield rebalancing_of(row)

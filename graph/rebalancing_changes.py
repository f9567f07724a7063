"""What a manager does with a rebalancing: asks for one, applies all or some of its moves, takes it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry

from graph import described, errors
from graph.applying import Applied, ApplyResult, RunActionInput, results_of
from graph.commands import fill, given
from graph.context import Info
from graph.names import id_of
from graph.rebalancing import Rebalancing, the_rebalancing
from graph.recording import keep
from services.allocation.rebalancing import commands, service


@strawberry.input(
    description="At most maxMoves moves; one move is one sibling group, or one child, that goes to one officer. "
    "targetUtilisation: the share of the limit that the fullest officer need not go below (0.95); omitted: as low as can be."
)
class ProposeRebalancingInput:
    request_key: strawberry.ID
    max_moves: int
    absent_iros: list[str] | None = strawberry.UNSET
    keep_references: list[str] | None = strawberry.UNSET
    target_utilisation: Decimal | None = strawberry.UNSET

    def command(self) -> commands.ProposeRebalancing:
        """Null and omitted are the same: nobody, none, no target."""
        return commands.ProposeRebalancing(**{name: value for name, value in given(self).items() if value is not None})


@strawberry.input
class ApplyRebalancingInput:
    request_key: strawberry.ID
    id: strawberry.ID
    move_ids: list[strawberry.ID] | None = strawberry.field(default=strawberry.UNSET, description="Omitted: all.")
    reason: str

    def command(self) -> commands.ApplyRebalancing:
        moves = None if not isinstance(self.move_ids, list) else tuple(id_of("RebalancingMove", each) for each in self.move_ids)
        return commands.ApplyRebalancing(request_key=self.request_key, id=id_of("Rebalancing", self.id), move_ids=moves, reason=self.reason)


@strawberry.type
class RebalancingQueued:
    rebalancing: Rebalancing


RebalancingResult = Annotated[
    RebalancingQueued | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("RebalancingResult"),
]


@strawberry.type
class RebalancingMutation:
    @described.mutation("A proposal, found by the worker; it changes nothing until it is applied. Follow it by rebalancingProgress.")
    async def propose_rebalancing(self, info: Info, input: ProposeRebalancingInput) -> RebalancingResult:  # noqa: A002
        identifier = await keep(info, service.propose, input.command())
        return RebalancingQueued(rebalancing=await the_rebalancing(info, identifier))

    @described.mutation("All moves, or those named, with a result each. Where the world has overtaken the proposal nothing is applied.")
    async def apply_rebalancing(self, info: Info, input: ApplyRebalancingInput) -> ApplyResult:  # noqa: A002
        done = await keep(info, service.apply, input.command())
        return Applied(results=results_of("RebalancingMove", done.results))

    @described.mutation("On the day on which it was applied: every move that nothing has overtaken since is taken back.")
    async def undo_rebalancing(self, info: Info, input: RunActionInput) -> ApplyResult:  # noqa: A002
        done = await keep(info, service.undo, fill(commands.UndoRebalancing, input, of="Rebalancing"))
        return Applied(results=results_of("RebalancingMove", done.results))

"""Giving up a run of the worker, whatever it is of: its id says which service is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import strawberry

from graph import described
from graph.applying import Applied, ApplyResult, KeptResult, RunActionInput, results_of
from graph.context import Info
from graph.names import parse_id
from graph.recording import Serve, keep
from services.allocation.commands import CancelRun
from services.allocation.rebalancing import reading as rebalancing_reading
from services.allocation.rebalancing import service as rebalancing
from services.allocation.rebalancing.commands import CancelRebalancing
from services.allocation.service import cancel_run as cancel_allocation_run
from services.kernel.errors import NotFound
from services.planning import reading as planning_reading
from services.planning import service as planning

Tell = Callable[[Info, UUID], Awaitable[Iterable[KeptResult]]]


async def _of_plan(info: Info, identifier: UUID) -> Iterable[KeptResult]:
    return await info.context.loaders.load(planning_reading.results_of, identifier) or ()


async def _of_rebalancing(info: Info, identifier: UUID) -> Iterable[KeptResult]:
    found = await info.context.loaders.load(rebalancing_reading.rebalancings, identifier)
    return () if found is None else found.results


async def _of_allocation_run(info: Info, identifier: UUID) -> Iterable[KeptResult]:
    return ()  # such a run is written whole, or not at all


_RUNS: Mapping[str, tuple[type[Any], Serve[Any, UUID], str, Tell]] = {
    "Plan": (planning.RunAction, planning.cancel_run, "Placement", _of_plan),
    "AllocationRun": (CancelRun, cancel_allocation_run, "AllocationDecision", _of_allocation_run),
    "Rebalancing": (CancelRebalancing, rebalancing.cancel_rebalancing, "RebalancingMove", _of_rebalancing),
}
"""By the type of the id: the command, the service, and what of it may have been applied already."""


@strawberry.type
class CancelMutation:
    @described.mutation(
        "A plan, an allocation run or a rebalancing that waits, is at work or is proposed: nothing more is done of it. "
        "Applied tells what had been done already, which stands."
    )
    async def cancel_run(self, info: Info, input: RunActionInput) -> ApplyResult:  # noqa: A002
        kind, identifier = parse_id(input.id)
        if kind not in _RUNS:
            raise NotFound("there is no such run, or not for you")
        command, serve, item, tell = _RUNS[kind]
        await keep(info, serve, command(request_key=input.request_key, id=identifier, reason=input.reason or None))
        return Applied(results=results_of(item, await tell(info, identifier)))

"""The solver worker's part: a proposal is sought apart, foreseen in the diary, and stored whole. Nothing is moved by it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.allocation import claiming
from services.allocation.claiming import Clock
from services.allocation.moving import solver
from services.allocation.moving.explain import Explained, LeftBehind, Move
from services.allocation.moving.search import Proposed
from services.allocation.rebalancing import store
from services.allocation.rebalancing.commands import DisturbedMeeting
from services.allocation.rebalancing.disturbing import Taken, foresee_meetings
from services.allocation.rebalancing.gathering import World, gather
from services.allocation.rebalancing.keeping import kept_table
from services.allocation.rebalancing.store import NewMove, Proposal, Run
from services.allocation.rules import WHOLE
from services.allocation.search import Progress, Search
from services.allocation.what_if import table_of
from services.caseload import weights
from services.kernel.words import RunState
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.solver_process import solve_apart

ENGINE = f"rebalancing-1 {weights.ENGINE}"


async def perform_waiting(resources: Resources, clock: Clock) -> int:
    """Performs every rebalancing that waits, and those whose worker is gone; answers how many."""
    return await claiming.perform_all(resources, _RUNS, clock)


async def _perform(resources: Resources, run: Run, clock: Clock, stopped: asyncio.Event) -> str:
    async with resources.database.transaction(snapshot=True) as connection:
        world = await gather(connection, run.wanted, run.today)

    async def show(progress: Progress) -> None:
        async with resources.database.connection() as connection:
            await store.show_progress(connection, run, progress.share, _share(progress.worst_utilisation), _share(progress.bound))

    effort = Search(seconds=resources.config.solver_seconds, workers=resources.config.solver_workers)
    proposed = await solve_apart(solver.propose, (world.problem, effort), on_progress=show, stopped=stopped)

    async def write(connection: Connection) -> str:
        return await _write(connection, run, world, proposed, clock())

    return await resources.database.run(write)


async def _write(connection: Connection, run: Run, world: World, proposed: Proposed, now: datetime) -> str:
    """The proposal and the meetings that it disturbs, in one transaction; nothing where the run is no longer this worker's."""
    if not await store.hold_run(connection, run):
        return "GONE"
    assert proposed.explained is not None
    taken = [
        Taken(number=move.number, child_ids=move.ids, officer=move.officer_from, to=move.officer_to) for move in proposed.explained.moves
    ]
    meetings = await foresee_meetings(connection, taken, run.wanted.absent_iro_ids, run.today, now)
    await store.store_proposal(connection, run, _proposal(world, proposed, proposed.explained, meetings, now), now)
    return RunState.PROPOSED


def _proposal(
    world: World, proposed: Proposed, told: Explained, meetings: Mapping[int, tuple[DisturbedMeeting, ...]], now: datetime
) -> Proposal:
    moved = {child: move.officer_to for move in told.moves for child in move.ids}
    after = replace(world.known, holders={**world.known.holders, **moved})
    return Proposal(
        before=kept_table(table_of(world.known)),
        after=kept_table(table_of(after)),
        basis={
            "engine": ENGINE,
            "scheme_id": str(world.known.scheme.id),
            "known_at": now.isoformat(),
            "terms": dict(zip(world.problem.terms, zip(proposed.values, proposed.least, strict=True), strict=True)),
            "left_behind": [_kept_left_behind(each) for each in told.left_behind],
        },
        worst_utilisation=_share(proposed.worst),
        bound=_share(proposed.worst_bound),
        message=told.message,
        moves=tuple(_move(world, move, meetings.get(move.number, ())) for move in told.moves),
    )


def _move(world: World, move: Move, meetings: tuple[DisturbedMeeting, ...]) -> NewMove:
    return NewMove(
        number=move.number,
        child_ids=move.ids,
        from_iro_id=move.officer_from,
        to_iro_id=move.officer_to,
        points=world.problem.in_points(move.points),
        reasons=move.reasons,
        decision={
            "points": {str(child): str(world.known.weights[child].points) for child in move.ids},
            "keeps": world.problem.bundles[move.bundle].protected,
        },
        meetings=meetings,
    )


def _kept_left_behind(each: LeftBehind) -> dict[str, Any]:
    return {
        "child_ids": [str(child) for child in each.ids],
        "references": list(each.children),
        "iro_id": str(each.officer),
        "reasons": list(each.reasons),
    }


def _share(utilisation: int) -> Decimal:
    return Decimal(utilisation) / WHOLE


_RUNS = claiming.Runs(name="rebalancing", claim=store.claim_run, beat=store.beat, perform=_perform, fail=store.fail)

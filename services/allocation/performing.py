"""Runs of the solver worker: claimed, solved apart, judged against the world as it is by then, and written whole.

A run belongs to whoever claimed it last: every write names the claim, so a worker that was thought dead and is not can
do nothing any more. What a killed worker left is taken up again; a run that ends three workers is given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog

from services.allocation import explain, rules, search, store
from services.allocation.bounds import least_worst_utilisation
from services.allocation.explain import Explained
from services.allocation.posing import pose, waiting
from services.allocation.problem import Problem
from services.allocation.store import Outcome, Run
from services.allocation.telling import kept_decision, kept_unallocated, tell
from services.caseload import service as caseload
from services.kernel.actor import service_actor
from services.kernel.errors import Unavailable
from services.kernel.words import RunState
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.solver_process import SolverDied, SolverStopped, solve_apart

_log = structlog.get_logger(__name__)
_ACTOR = service_actor("allocation")
_BEAT_SECONDS = 10
_ATTEMPTS = 3
_REPOSE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A problem with the answer that was found for it."""

    problem: Problem
    decided: search.Decided


async def perform_waiting(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Performs every run that waits, and those whose worker is gone; answers how many."""
    performed = 0
    while (run := await resources.database.run(store.claim_run)) is not None:
        await _perform(resources, run, clock)
        performed += 1
    return performed


async def _perform(resources: Resources, run: Run, clock: Callable[[], datetime]) -> None:
    """The run has ended, unless the database is out of reach: then it is taken up again later."""
    _log.info("allocation.started", run=str(run.id), attempt=run.attempts)
    if run.attempts > _ATTEMPTS:
        await _fail(resources, run, f"given up after {_ATTEMPTS} attempts that ended without an answer", clock())
        return
    try:
        async with _heartbeat(resources, run) as stopped:
            state = await _solve_and_write(resources, run, clock, stopped)
    except SolverStopped:
        _log.info("allocation.stopped", run=str(run.id))
    except SolverDied as fault:
        await _fail(resources, run, str(fault), clock())
    else:
        _log.info("allocation.ended", run=str(run.id), state=state)


async def _solve_and_write(resources: Resources, run: Run, clock: Callable[[], datetime], stopped: asyncio.Event) -> str:
    """Solves, and writes if the rules still hold by then; else poses the problem anew, a few times."""
    for _ in range(_REPOSE):
        problem = await _pose(resources, run, clock)
        decided = await _solve(resources, run, problem, stopped)
        solved = Solved(problem=problem, decided=decided)

        async def write(connection: Connection, solved: Solved = solved) -> str | None:
            return await _write(connection, run, solved, clock())

        state = await resources.database.run(write)
        if state is not None:
            return state
        _log.info("allocation.overtaken", run=str(run.id))
    await _fail(resources, run, "children, officers or limits kept changing while the answer was sought: ask again", clock())
    return RunState.FAILED


async def _pose(resources: Resources, run: Run, clock: Callable[[], datetime]) -> Problem:
    async def ready(connection: Connection) -> None:
        await caseload.ensure_scheme(connection, run.today)
        await caseload.end_allocations(connection, run.today, actor=_ACTOR, now=clock())

    await resources.database.run(ready)
    async with resources.database.transaction(snapshot=True) as connection:
        return await _problem(connection, run)


async def _problem(connection: Connection, run: Run) -> Problem:
    known = await store.load_known(connection, run.today)
    wanted = set(waiting(known))
    if run.child_references is not None:
        wanted &= set((await store.find_children(connection, run.child_references)).values())
    return pose(known, wanted, may_exceed=True)


async def _solve(resources: Resources, run: Run, problem: Problem, stopped: asyncio.Event) -> search.Decided:
    async def show(progress: search.Progress) -> None:
        async with resources.database.connection() as connection:
            await store.show_progress(connection, run, progress.share, _share(progress.worst_utilisation), _share(progress.bound))

    effort = search.Search(seconds=resources.config.solver_seconds, workers=resources.config.solver_workers)
    return await solve_apart(search.decide, (problem, effort), on_progress=show, stopped=stopped)


async def _write(connection: Connection, run: Run, solved: Solved, now: datetime) -> str | None:
    """Everything of the run in one transaction; None, and nothing written, where the world has overtaken the answer."""
    await caseload.lock_decisions(connection)
    if not await store.hold_run(connection, run):
        return RunState.SUPERSEDED
    problem = await _problem(connection, run)
    answer, told = dict(solved.decided.answer), solved.decided.explained
    bound = solved.decided.bound(solved.problem, "worst_utilisation")
    if problem != solved.problem or told is None:
        needed = {child.id for child in problem.children}
        answer = {child: officer for child, officer in answer.items() if child in needed}
        if rules.judge(problem, answer) or _lost(problem, answer, solved):
            return None
        bound = least_worst_utilisation(problem)
        told = explain.explain(problem, answer, bound)
    await _assign(connection, run, problem, told, now)
    await store.finish_run(connection, run, _outcome(problem, answer, told, bound), now)
    return RunState.APPLIED


def _lost(problem: Problem, answer: dict[UUID, UUID], solved: Solved) -> bool:
    """Whether children need an IRO of whom the answer knows nothing."""
    known = {child.id for child in solved.problem.children}
    return any(child.id not in answer and child.id not in known for child in problem.children)


async def _assign(connection: Connection, run: Run, problem: Problem, told: Explained, now: datetime) -> None:
    wanted = [
        caseload.Assignment(child_id=child, iro_id=decision.officer, reason=decision.reasons[0], decision=kept_decision(problem, decision))
        for decision in told.decisions
        for child in decision.children
    ]
    await caseload.assign_many(connection, wanted, run.today, actor=_ACTOR, now=now, run_id=run.id)


def _outcome(problem: Problem, answer: dict[UUID, UUID], told: Explained, bound: int) -> Outcome:
    nobody = bool(problem.groups) and not answer
    worst = rules.worst_utilisation(problem, answer)
    return Outcome(
        state=RunState.FAILED if nobody else RunState.APPLIED,
        message=tell(problem, answer, told, bound),
        worst_utilisation=_share(worst),
        bound=_share(min(bound, worst)),
        unallocated=tuple(kept_unallocated(each) for each in told.unallocated),
    )


async def _fail(resources: Resources, run: Run, message: str, now: datetime) -> None:
    _log.warning("allocation.failed", run=str(run.id))

    async def finish(connection: Connection) -> None:
        await store.finish_run(connection, run, Outcome(state=RunState.FAILED, message=message), now)

    await resources.database.run(finish)


def _share(utilisation: int) -> Decimal:
    return Decimal(utilisation) / rules.WHOLE


@asynccontextmanager
async def _heartbeat(resources: Resources, run: Run) -> AsyncIterator[asyncio.Event]:
    """Says again and again that the run is worked on; the event is set once it is no longer this worker's."""
    stopped = asyncio.Event()

    async def beat() -> None:
        while not stopped.is_set():
            await asyncio.sleep(_BEAT_SECONDS)
            with suppress(Unavailable):
                async with resources.database.connection() as connection:
                    if not await store.beat(connection, run):
                        stopped.set()

    beating = asyncio.create_task(beat())
    try:
        yield stopped
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)

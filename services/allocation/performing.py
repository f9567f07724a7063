"""Runs of the solver worker: solved apart, judged against the world as it is by then, and written whole.

Whose a run is, and what becomes of one that ends its workers, is in `claiming`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import structlog

from services.allocation import claiming, explain, rules, search, solver, store
from services.allocation.bounds import least_worst_utilisation
from services.allocation.claiming import Clock
from services.allocation.explain import Explained
from services.allocation.posing import pose, waiting
from services.allocation.problem import Problem
from services.allocation.store import Outcome, Run
from services.allocation.telling import kept_decision, kept_unallocated, tell
from services.caseload import service as caseload
from services.kernel.actor import service_actor
from services.kernel.words import RunState
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.solver_process import solve_apart

_log = structlog.get_logger(__name__)
_ACTOR = service_actor("allocation")
_REPOSE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A problem with the answer that was found for it."""

    problem: Problem
    decided: search.Decided


async def perform_waiting(resources: Resources, clock: Clock) -> int:
    """Performs every run that waits, and those whose worker is gone; answers how many."""
    return await claiming.perform_all(resources, _RUNS, clock)


async def _perform(resources: Resources, run: Run, clock: Clock, stopped: asyncio.Event) -> str:
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
    await claiming.fail(resources, _RUNS, run, "children, officers or limits kept changing while the answer was sought: ask again", clock())
    return RunState.FAILED


async def _pose(resources: Resources, run: Run, clock: Clock) -> Problem:
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
        wanted &= {child.id for child in (await store.find_children(connection, run.child_references)).values()}
    return pose(known, wanted, may_exceed=True)


async def _solve(resources: Resources, run: Run, problem: Problem, stopped: asyncio.Event) -> search.Decided:
    async def show(progress: search.Progress) -> None:
        async with resources.database.connection() as connection:
            await store.show_progress(connection, run, progress.share, _share(progress.worst_utilisation), _share(progress.bound))

    effort = search.Search(seconds=resources.config.solver_seconds, workers=resources.config.solver_workers)
    return await solve_apart(solver.decide, (problem, effort), on_progress=show, stopped=stopped)


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


async def _fail(connection: Connection, run: Run, message: str, now: datetime) -> None:
    await store.finish_run(connection, run, Outcome(state=RunState.FAILED, message=message), now)


def _share(utilisation: int) -> Decimal:
    return Decimal(utilisation) / rules.WHOLE


_RUNS = claiming.Runs(name="allocation", claim=store.claim_run, beat=store.beat, perform=_perform, fail=_fail)

"""Runs of the solver, asked for and waited for at the command line."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from services.allocation import reading as allocation_reading
from services.allocation.commands import AllocateChildren
from services.allocation.reading import Run, Unallocated
from services.allocation.rebalancing.reading import Rebalancing
from services.allocation.service import perform_waiting as perform_allocations
from services.allocation.service import request_run
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Blocker, Rejected
from services.kernel.window import LONDON
from services.kernel.words import RunState
from services.planning import reading as planning_reading
from services.planning.commands import PlanMeetings, RunAction
from services.planning.reading import Placement, Plan, Result, Unplaced
from services.planning.service import perform_waiting as perform_plans
from services.planning.service import request_apply, request_plan
from services.platform.database import Connection
from services.platform.resources import Resources

Report = Callable[[str, float], None]
"""Told what is being done and how far it is (0 to 1)."""

R = TypeVar("R", Run, Plan, Rebalancing)
Read = Callable[[Connection, Actor, list[UUID], date], Awaitable[dict[UUID, R]]]
Perform = Callable[[Resources, Callable[[], datetime]], Awaitable[int]]
_LOOK_SECONDS = 0.2


class RunFailed(Rejected):
    """A run ended without its result."""


def wall_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationResult:
    """What an allocation run came to."""

    run: Run

    def lines(self) -> list[str]:
        """The result, then each child that nobody could take, with every reason."""
        return [self.run.message or f"the run ended as {self.run.state.value}", *map(_unallocated_line, self.run.unallocated)]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """What a plan came to, proposed or applied."""

    plan: Plan
    placements: tuple[Placement, ...]
    unplaced: tuple[Unplaced, ...]
    results: tuple[Result, ...]

    def lines(self) -> list[str]:
        """The result; what could not be placed or booked, and conferences without police, each with its reason."""
        refused = [result for result in self.results if not result.applied]
        at = {placement.id: placement.starts_at for placement in self.placements}
        return [
            *self._sentences(),
            *(_unplaced_line(each) for each in self.unplaced),
            *(_without_police_line(each) for each in self.without_police()),
            *(f"  refused: {at[each.id].astimezone(LONDON):%Y-%m-%d %H:%M}: {each.message}" for each in refused),
        ]

    def without_police(self) -> list[Placement]:
        """Conferences that police will not attend."""
        return [each for each in self.placements if each.police_team_id is None and each.items[0].kind.is_conference]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def _sentences(self) -> list[str]:
        plan = self.plan
        if plan.state is RunState.APPLIED:
            return [plan.message or "the plan is applied"]
        proven = f"proven: at least {plan.late_bound} late" if plan.late else "none need be"
        told = f"{plan.placed} of {plan.wanted} meetings placed, {plan.late} late ({proven})"
        return [f"{told}; {plan.message}" if plan.message else told]


def _unallocated_line(child: Unallocated) -> str:
    return f"  without an IRO: child {child.reference}: {_told(child.blockers)}"


def _unplaced_line(each: Unplaced) -> str:
    item = each.item
    return f"  not placed: {item.kind.value}, child {item.reference}, by {item.book_by_on}: {_told(each.blockers)}"


def _without_police_line(placement: Placement) -> str:
    why = next((reason for reason in placement.reasons if "police" in reason.lower()), "no reason was noted")
    return f"  without police: {placement.items[0].kind.value} at {placement.starts_at.astimezone(LONDON):%Y-%m-%d %H:%M}: {why}"


def _told(blockers: tuple[Blocker, ...]) -> str:
    return "; ".join(f"{blocker.code.value} {blocker.message}" for blocker in blockers)


async def allocate_all(resources: Resources, report: Report) -> AllocationResult:
    """Every child that needs an IRO and has none gets one, by a run performed here or by a solver worker."""
    command = AllocateChildren(request_key=str(uuid.uuid4()), references=None)
    run_id = await request_run(resources, COMMAND_LINE, command, wall_clock())
    run = await finish(resources, run_id, "allocating", report, allocation_reading.runs, perform_allocations)
    return AllocationResult(run=run)


async def plan_span(resources: Resources, first: date, last: date, report: Report) -> PlanResult:
    """A proposed plan of the days from `first` to `last`, both included."""
    command = PlanMeetings(request_key=str(uuid.uuid4()), first_day=first, last_day=last, kinds=None, may_move=0)
    plan_id = await request_plan(resources, COMMAND_LINE, command, wall_clock())
    plan = await finish(resources, plan_id, "planning", report, planning_reading.plans, perform_plans)
    return await _plan_result(resources, plan)


async def apply_plan(resources: Resources, plan_id: UUID, report: Report) -> PlanResult:
    """Books what the plan proposes; what the world took meanwhile is refused by name."""
    action = RunAction(request_key=str(uuid.uuid4()), id=plan_id, reason=None)
    await request_apply(resources, COMMAND_LINE, action, wall_clock())
    plan = await finish(resources, plan_id, "booking", report, planning_reading.plans, perform_plans)
    return await _plan_result(resources, plan)


async def _plan_result(resources: Resources, plan: Plan) -> PlanResult:
    today, ids = resources.today(wall_clock()), [plan.id]
    async with resources.database.transaction(snapshot=True) as connection:
        placements = await planning_reading.placements_of(connection, COMMAND_LINE, ids, today)
        unplaced = await planning_reading.unplaced_of(connection, COMMAND_LINE, ids, today)
        results = await planning_reading.results_of(connection, COMMAND_LINE, ids, today)
    return PlanResult(
        plan=plan,
        placements=tuple(placements.get(plan.id, ())),
        unplaced=tuple(unplaced.get(plan.id, ())),
        results=tuple(results.get(plan.id, ())),
    )


async def finish(resources: Resources, run_id: UUID, doing: str, report: Report, read: Read[R], perform: Perform) -> R:
    """Performs the run here unless a worker has it already, and waits for its end."""
    working = asyncio.ensure_future(perform(resources, wall_clock))
    try:
        while True:
            async with resources.database.connection() as connection:
                found = await read(connection, COMMAND_LINE, [run_id], resources.today(wall_clock()))
            run = found[run_id]
            report(doing, run.progress)
            if run.state.is_final:
                break
            if working.done():
                working.result()  # a fault in the work is the command's fault too
                await asyncio.sleep(_LOOK_SECONDS)  # a worker has the run
            else:
                await asyncio.wait({working}, timeout=_LOOK_SECONDS)
        await working
    finally:
        working.cancel()
    if run.state in (RunState.FAILED, RunState.CANCELLED):
        raise RunFailed(f"{doing} ended as {run.state.value}: {run.message or 'no reason was given'}")
    return run

"""Runs of the solver, asked for and waited for at the command line."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.allocation import service as allocation
from services.allocation.commands import AllocateChildren
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import Rejected
from services.kernel.words import RunState
from services.planning import service as planning
from services.planning.commands import PlanMeetings, RunAction
from services.platform.resources import Resources

Report = Callable[[str, float], None]
"""Told what is being done and how far it is (0 to 1)."""

_LOOK_SECONDS = 0.2


class RunFailed(Rejected):
    """A run ended without its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run came to; `figures` are the columns of its row."""

    id: UUID
    state: RunState
    figures: dict[str, Any]

    @property
    def sentence(self) -> str:
        """The result in one line."""
        figures, message = self.figures, str(self.figures["message"] or "")
        if "late" not in figures or self.state is not RunState.PROPOSED:
            return message or f"the run ended as {self.state.value}"
        placed = f"{figures['placed']} of {figures['wanted']} meetings placed, {figures['late']} late"
        proven = f"proven: at least {figures['late_bound']} late" if figures["late"] else "none need be"
        return f"{placed} ({proven})" + (f"; {message}" if message else "")


def wall_clock() -> datetime:
    return datetime.now(UTC)


async def allocate_all(resources: Resources, report: Report) -> RunResult:
    """Every child that needs an IRO and has none gets one, by a run performed here or by a solver worker."""
    command = AllocateChildren(request_key=str(uuid.uuid4()), references=None)
    run = await allocation.request_run(resources, COMMAND_LINE, command, wall_clock())
    return await _finish(resources, "allocation_run", run, "allocating", report, allocation.perform_waiting)


async def plan_span(resources: Resources, first: date, last: date, report: Report) -> RunResult:
    """A proposed plan of the days from `first` to `last`, both included."""
    command = PlanMeetings(request_key=str(uuid.uuid4()), first_day=first, last_day=last, kinds=None, may_move=0)
    plan = await planning.request_plan(resources, COMMAND_LINE, command, wall_clock())
    return await _finish(resources, "plan", plan, "planning", report, planning.perform_waiting)


async def apply_plan(resources: Resources, plan: UUID, report: Report) -> RunResult:
    """Books what the plan proposes; what the world took meanwhile is refused by name."""
    action = RunAction(request_key=str(uuid.uuid4()), id=plan, reason=None)
    await planning.request_apply(resources, COMMAND_LINE, action, wall_clock())
    return await _finish(resources, "plan", plan, "booking", report, planning.perform_waiting)


async def _finish(
    resources: Resources,
    table: str,
    run: UUID,
    doing: str,
    report: Report,
    perform: Callable[[Resources, Callable[[], datetime]], Awaitable[int]],
) -> RunResult:
    """Performs the run here unless a worker has it already, and waits for its end."""
    working = asyncio.ensure_future(perform(resources, wall_clock))
    try:
        while True:
            figures = await _figures(resources, table, run)
            state = RunState(figures["state"])
            report(doing, float(figures["progress"]))
            if state.is_final:
                break
            if working.done():
                working.result()  # a fault in the work is the command's fault too
                await asyncio.sleep(_LOOK_SECONDS)  # a worker has the run
            else:
                await asyncio.wait({working}, timeout=_LOOK_SECONDS)
        await working
    finally:
        working.cancel()
    if state in (RunState.FAILED, RunState.CANCELLED):
        raise RunFailed(f"{doing} ended as {state.value}: {figures['message'] or 'no reason was given'}")
    return RunResult(id=run, state=state, figures=figures)


async def _figures(resources: Resources, table: str, run: UUID) -> dict[str, Any]:
    async with resources.database.connection() as connection:
        row = await connection.fetchrow(f"SELECT * FROM {table} WHERE id = $1", run)  # noqa: S608  # one of two names above
    if row is None:
        raise RunFailed(f"the run {run} is gone")
    return dict(row)

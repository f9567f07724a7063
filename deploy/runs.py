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
from services.kernel.words import RunState
from services.planning.reading import Plan
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


def _unallocated_line(child: Unallocated) -> str:
    return f"  without an IRO: child {child.reference}: {told(child.blockers)}"


def told(blockers: tuple[Blocker, ...]) -> str:
    """Coded blockers in one line."""
    return "; ".join(f"{blocker.code.value} {blocker.message}" for blocker in blockers)


async def allocate_all(resources: Resources, report: Report) -> AllocationResult:
    """Every child that needs an IRO and has none gets one, by a run performed here or by a solver worker."""
    command = AllocateChildren(request_key=str(uuid.uuid4()), references=None)
    run_id = await request_run(resources, COMMAND_LINE, command, wall_clock())
    run = await finish(resources, run_id, "allocating", report, allocation_reading.runs, perform_allocations)
    return AllocationResult(run=run)


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

"""The two workers: one delivers, one solves. They share no queue, so that mail never waits for a search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from services.platform.queue import DELIVERY_QUEUE, SOLVER_QUEUE
from services.platform.resources import Resources
from workers.delivery import deliver
from workers.running import Watch
from workers.solving import solve
from workers.sweeps import DailySweep

DELIVERY_SWEEP_SECONDS = 5.0
SOLVER_SWEEP_SECONDS = 2.0


def wall_clock() -> datetime:
    """Now, in UTC: the only place where a worker reads the clock."""
    return datetime.now(UTC)


def delivery_worker(resources: Resources, clock: Callable[[], datetime] = wall_clock) -> Watch:
    """Sends what is owed."""

    async def work() -> int:
        return await deliver(resources, clock)

    return Watch(name="delivery", queue=DELIVERY_QUEUE, jobs=("deliver_notices",), work=work, sweep_seconds=DELIVERY_SWEEP_SECONDS)


def solver_worker(resources: Resources, clock: Callable[[], datetime] = wall_clock) -> Watch:
    """Performs allocation runs, rebalancings and plans, and the work of each new day."""
    daily = DailySweep()

    async def work() -> int:
        await daily.sweep(resources, clock)
        return await solve(resources, clock)

    jobs = ("perform_allocations", "perform_rebalancings", "perform_plans")
    return Watch(name="solver", queue=SOLVER_QUEUE, jobs=jobs, work=work, sweep_seconds=SOLVER_SWEEP_SECONDS)

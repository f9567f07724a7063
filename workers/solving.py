"""What the solver worker does when it wakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.allocation.rebalancing.service import perform_waiting_rebalancings
from services.allocation.service import perform_waiting as perform_allocations
from services.planning.service import perform_waiting as perform_plans
from services.platform.resources import Resources


async def solve(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Performs every run that waits: allocations first, since rebalancings and plans stand on them."""
    done = await perform_allocations(resources, clock)
    done += await perform_waiting_rebalancings(resources, clock)
    return done + await perform_plans(resources, clock)

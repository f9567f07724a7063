"""What the solver worker does when it wakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.allocation import service as allocation
from services.planning import service as planning
from services.platform.resources import Resources


async def solve(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Performs every run that waits: allocations first, since plans stand on them."""
    return await allocation.perform_waiting(resources, clock) + await planning.perform_waiting(resources, clock)

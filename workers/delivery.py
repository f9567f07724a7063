"""What the delivery worker does when it wakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.booking.lapsing import lapse_all
from services.invitations.delivery import deliver_owed
from services.platform.resources import Resources

_AT_ONCE = 200


async def deliver(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Lets provisional holds lapse whose time is over, and sends notices that are owed and due; answers how many were handled."""
    lapsed = await lapse_all(resources, clock)
    return lapsed + await deliver_owed(resources, clock, limit=_AT_ONCE)

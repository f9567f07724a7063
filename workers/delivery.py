"""What the delivery worker does when it wakes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.booking.lapsing import lapse_all
from services.invitations.delivery import deliver_owed
from services.invitations.trail.following import follow_some
from services.platform.resources import Resources

_AT_ONCE = 200


async def deliver(resources: Resources, clock: Callable[[], datetime]) -> int:
    """Lets provisional holds lapse whose time is over, sends mail that is owed and due, and lets the papers of meetings, and what
    feeds show of them, follow; answers how much was handled. They come last, a few at a time: what is owed is not kept waiting by a day on
    which much is due, and what papers owe is sent next time."""
    lapsed = await lapse_all(resources, clock)
    sent = await deliver_owed(resources, clock, limit=_AT_ONCE)
    looked, _ = await follow_some(resources, clock())
    return lapsed + sent + looked

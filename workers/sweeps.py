"""What must happen every day although nobody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from services.booking.watching import forget_changes
from services.caseload.service import end_allocations
from services.directory.service import lay_ahead
from services.history.service import rewrite_everybody
from services.invitations.trail.following import look_by_settings
from services.kernel.actor import service_actor
from services.platform.resources import Resources

_log = structlog.get_logger(__name__)
_SWEEPER = service_actor("sweep")


@dataclass(slots=True)
class DailySweep:
    """Does the day's work once a civil day and when a worker starts. Two workers may both do it: the second finds nothing left
    to do."""

    done_for: date | None = None

    async def sweep(self, resources: Resources, clock: Callable[[], datetime]) -> None:
        """True afterwards: working time is laid out as far ahead as plans may reach, what everybody is owed is as of
        today and by the law as this release reads it, nobody holds a child whose care and plan are over,
        changes of the diary that everybody has been told of are forgotten, and settings that begin to hold today hold for papers and
        feeds, too."""
        now = clock()
        today = resources.today(now)
        if self.done_for == today:
            return
        rewritten = await rewrite_everybody(resources.database, today)
        async with resources.database.transaction() as connection:
            await lay_ahead(connection, today)
            ended = await end_allocations(connection, today, actor=_SWEEPER, now=now)
            await forget_changes(connection)
        await resources.database.run(lambda connection: look_by_settings(connection, today))
        self.done_for = today
        _log.info("day.swept", day=today.isoformat(), allocations_ended=ended, subjects_rewritten=rewritten)

"""Meetings that stand for what an earlier one makes due: where that is given another day, they must still be where they may be."""

from __future__ import annotations

from datetime import date

from services.booking import rows, rules
from services.booking.entry import Entry
from services.booking.rules import Due
from services.kernel.errors import InvalidInput
from services.kernel.window import civil_day
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "following.sql")


async def judge_followers(connection: Connection, moved: Entry) -> None:
    """Raises `InvalidInput` where a meeting that follows this one, as it is now, is not where it may be without a manager's reason."""
    begun_on = civil_day(moved.sittings[0].start)
    async for row in _sql.followers(connection, meeting_id=moved.id, day=begun_on):
        due, held_on = rows.due(row), row["held_on"]
        if not _may_be(due, held_on):
            raise InvalidInput(f"{due.meeting_reference}, which follows it, may not be on {held_on.isoformat()} any more", "startsAt")


def _may_be(due: Due, held_on: date) -> bool:
    early = held_on <= due.triggered_on or (due.not_before_on is not None and held_on < due.not_before_on)
    return not early and held_on <= rules.last_day(due.kind, due)

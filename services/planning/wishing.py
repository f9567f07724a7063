"""Tells what of the children's own time the placements of a plan do not respect."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.booking.wishes import Where, WishMissed, missed
from services.booking.wishing import own_times
from services.directory.store import load_settings
from services.kernel.actor import Actor
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind
from services.planning.reading import may_read
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "wishing.sql")


async def missed_by_placements(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date
) -> dict[UUID, tuple[WishMissed, ...]]:
    """For each placement what it does not respect, by what is stated for today."""
    if not may_read(actor):
        return {}
    rows = [row async for row in _sql.placed(connection, ids=list(ids))]
    own = await own_times(connection, {child for row in rows for child in row["children"]}, today)
    settings = await load_settings(connection, today)
    found = {}
    for row in rows:
        where = Where(in_unit_room=row["in_unit_room"], remote=row["remote"], venue=row["venue"])
        window = TimeWindow(row["starts_at"], row["ends_at"])
        stated = [own[child] for child in dict.fromkeys(row["children"]) if child in own]
        found[row["id"]] = missed(stated, MeetingKind(row["kind"]), (window,), where, settings)
    return found

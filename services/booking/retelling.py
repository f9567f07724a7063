"""Names of rooms and addresses that an establishment file changes, told to whoever has a meeting to come."""

from __future__ import annotations

from datetime import time

from services.booking import rules, store
from services.booking.changing import taken_holds
from services.booking.desk import Desk
from services.booking.telling import diary_meeting
from services.directory.reading import all_rows
from services.invitations.service import owe_notices
from services.kernel.window import civil_day, local_instant
from services.platform.sql import load_queries

_sql = load_queries(__file__, "retelling.sql")


async def retell(desk: Desk) -> int:
    """Everybody with a meeting to come whose own address, or the name of whose room, is another than was told is owed how it stands;
    an address that is nobody's any more is owed a CANCEL. Answers how many mails are owed. To be called last in a transaction.
    """
    owed = 0
    since = desk.now if civil_day(desk.now) == desk.today else local_instant(desk.today, time(0))  # the day may be a fixed one
    for row in await all_rows(_sql.told_otherwise(desk.connection, since=since, room_desk=desk.settings.room_desk)):
        entry = await store.lock_entry(desk.connection, row["meeting_id"])
        if entry.state in rules.STANDING:
            holds = await taken_holds(desk.connection, entry, desk.settings)
            owed += await owe_notices(desk.connection, diary_meeting(entry, holds, desk.settings), desk.settings, desk.now)
    return owed

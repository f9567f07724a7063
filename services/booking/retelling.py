"""Names of rooms and addresses that an establishment file changes, told to whoever has a meeting to come."""

from __future__ import annotations

from services.booking import rules, store
from services.booking.changing import taken_holds
from services.booking.desk import Desk
from services.booking.telling import diary_meeting
from services.directory.reading import all_rows
from services.invitations.service import owe_notices
from services.platform.sql import load_queries

_sql = load_queries(__file__, "retelling.sql")


async def retell(desk: Desk) -> int:
    """Everybody with a meeting to come whose own address, or the name of whose room, is another than was told is owed how it stands;
    an address that is nobody's any more is owed a CANCEL. Answers how many mails are owed. To be called last in a transaction.
    """
    owed = 0
    for row in await all_rows(_sql.told_otherwise(desk.connection, since=desk.hour, room_desk=desk.settings.room_desk)):
        entry = await store.lock_entry(desk.connection, row["meeting_id"])
        if entry.state in rules.STANDING:
            holds = await taken_holds(desk.connection, entry, desk.settings)
            owed += await owe_notices(desk.connection, diary_meeting(entry, holds, desk.settings), desk.settings, desk.now)
    return owed

"""Feeds written anew when the unit switches on, or off, what they show, and when the records change it. Nobody is mailed: mails follow
with the next change."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from services.directory.settings import Settings
from services.directory.store import load_settings
from services.invitations import store
from services.invitations.owe import as_told
from services.invitations.service import entry_of
from services.kernel.window import local_instant
from services.kernel.words import MeetingKind
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.sql import load_queries

_SHOWN_BACK = timedelta(days=60)
"""Further back than any feed reaches."""
_queries = load_queries(__file__, "showing.sql")


async def show_anew(connection: Connection, settings: Settings, today: date, now: datetime, *, rekinded: bool = False) -> int:
    """True once the caller's transaction commits: every feed shows of each meeting what `settings` let it show, and no more.

    `rekinded`: of meetings alone whose kind came to be another by the records. `today` may be a fixed day. Answers how many entries are
    different for it. UID, SEQUENCE and stamp stay: no meeting has changed.
    """
    uids, events, owners = [], [], []
    since = min(now, local_instant(today, time(0))) - _SHOWN_BACK
    async for row in _queries.entries(connection, since=since, rekinded=rekinded):
        seen = store.seen_of(row)
        kind = settings.calendar.kind_for(seen.kind, MeetingKind(row["kind"]))
        entry = entry_of(as_told(seen, seen.sequence), row["reference"], row["changed_at"], kind)
        if entry.vevent != row["vevent"]:
            uids.append(entry.uid)
            events.append(entry.vevent)
            owners.append(seen.owner_id)
    if uids:
        await _queries.show(connection, uids=uids, events=events, owners=owners, now=now)
    return len(uids)


async def show_rekinded(resources: Resources, now: datetime) -> int:
    """Feeds that show kinds show those that the records say by now; answers how many entries are different for it."""
    today = resources.today(now)

    async def show(connection: Connection) -> int:
        settings = await load_settings(connection, today)
        return await show_anew(connection, settings, today, now, rekinded=True) if settings.calendar.show else 0

    return await resources.database.run(show)

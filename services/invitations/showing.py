"""Feeds written anew when the unit switches on, or off, what they show, and when the records change it. Nobody is mailed: mails follow
with the next change."""

from __future__ import annotations

from collections.abc import AsyncIterable, Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.directory.settings import Settings
from services.invitations import store
from services.invitations.owe import as_told
from services.invitations.service import entry_of
from services.kernel.window import local_instant
from services.kernel.words import MeetingKind
from services.platform.database import Connection
from services.platform.sql import load_queries

_SHOWN_BACK = timedelta(days=60)
"""Further back than any feed reaches."""
_queries = load_queries(
    __file__,
    "showing.sql",
    words={
        "told": "e.uid, e.sitting, e.addressee_kind, e.addressee_code, e.owner_id, e.email, e.sequence, e.cancelled, e.starts_at, "
        "e.ends_at, e.view ->> 'location' AS location, e.changed_at, e.vevent, m.reference, m.kind"
    },
)


async def show_anew(connection: Connection, settings: Settings, today: date, now: datetime) -> int:
    """True once the caller's transaction commits: every feed shows of each meeting what `settings` let it show, and no more.

    `today` may be a fixed day. Answers how many entries are different for it. UID, SEQUENCE and stamp stay: no meeting has changed.
    """
    since = min(now, local_instant(today, time(0))) - _SHOWN_BACK
    return await _show(connection, settings, _queries.entries(connection, since=since), now)


async def show_meetings(connection: Connection, settings: Settings, meeting_ids: Collection[UUID], now: datetime) -> int:
    """The same of some meetings, which must be locked. What somebody else has locked is left to whoever is writing it anew."""
    return await _show(connection, settings, _queries.entries_of(connection, meeting_ids=list(meeting_ids)), now)


async def _show(connection: Connection, settings: Settings, rows: AsyncIterable[Any], now: datetime) -> int:
    uids, before, events, owners = [], [], [], []
    async for row in rows:
        seen = store.seen_of(row)
        kind = settings.calendar.kind_for(seen.kind, MeetingKind(row["kind"]))
        entry = entry_of(as_told(seen, seen.sequence), row["reference"], row["changed_at"], kind)
        if entry.vevent != row["vevent"]:
            uids.append(entry.uid)
            before.append(row["vevent"])
            events.append(entry.vevent)
            owners.append(seen.owner_id)
    if uids:
        await _queries.show(connection, uids=uids, before=before, events=events, owners=owners, now=now)
    return len(uids)

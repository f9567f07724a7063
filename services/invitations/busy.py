"""Free and busy times of one resource for other systems, behind the address of a feed.

What is not said: what a meeting is, where, with whom, and whether it was cancelled. The time is that which is held: travel,
pre-meet and turnaround are of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid5

from services.directory.store import load_settings
from services.invitations import feed_store
from services.invitations.answering import NOT_THERE, FeedAnswer, has_it, unchanged, whole
from services.invitations.feeds import feed_behind, midnight, note_fetch
from services.invitations.free_busy import Period, periods
from services.invitations.ical import free_busy
from services.kernel.window import TimeWindow, civil_day, monday_of
from services.platform.database import Connection
from services.platform.resources import Resources

DAYS_TOLD = 364
"""From the Monday of this week on: no further than working time is laid out."""

_KIND = "text/calendar; charset=utf-8; method=PUBLISH; component=VFREEBUSY"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    span: TimeWindow
    busy: tuple[Period, ...]
    organiser: str

    @property
    def digest(self) -> bytes:
        """Of all that can differ from one fetch to the next."""
        return hashlib.sha256(repr((self.span, self.organiser, self.busy)).encode()).digest()


async def fetch_free_busy(
    resources: Resources,
    token: str,
    if_none_match: str | None,
    if_modified_since: str | None,
    now: datetime,
    *,
    accept_gzip: bool = False,
    only_looked_at: bool = False,
) -> FeedAnswer:
    """When the resource behind an address is taken for about a year: 200, 304 if the caller has that already, 404 if there is none.

    The unit is no resource. `Last-Modified` is when a fetch first found it as it is. Arguments as of `fetch_feed`.
    """
    feed = await feed_behind(resources.database, token, civil_day(now))
    if feed is None or feed.owner_id is None:
        return NOT_THERE
    async with resources.database.connection() as connection:
        if feed.free_busy_only and not only_looked_at:
            await note_fetch(connection, feed, now)
        told = await _told(connection, feed, resources.today(now), now)
        since = await feed_store.busy_since(connection, feed, told.digest, now)
    answer = unchanged(told.digest.hex()[:32], since, past=since <= now, gzipped=accept_gzip)
    if has_it(answer, if_none_match, if_modified_since):
        return answer
    text = free_busy(str(uuid5(feed.id, "free/busy")), since, told.span, told.busy, told.organiser)
    return await whole(answer, text.encode(), _KIND, gzipped=accept_gzip)


async def _told(connection: Connection, feed: feed_store.FetchedFeed, today: date, now: datetime) -> _Told:
    assert feed.owner_id is not None
    monday = monday_of(today)
    span = TimeWindow(midnight(monday), midnight(monday + timedelta(days=DAYS_TOLD)))
    held = await feed_store.held_of(connection, feed.owner_id, span)
    at_work = await feed_store.at_work(connection, feed.owner_id, span)
    settings = await load_settings(connection, civil_day(now))
    return _Told(span=span, busy=periods(span, held, at_work), organiser=settings.organiser)

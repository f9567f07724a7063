"""The diary for whoever follows it: looked at once for all who look, each change told to those who may know of it.

A change is found by what a snapshot of PostgreSQL can see and the one before it could not: none is missed because it was
committed late, and nothing has to wake anybody. What was found is kept in order, and each follower has a place in it. Whoever
falls too far behind is told so, rather than waited for.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from services.booking.reading import MeetingsWanted, meetings_seen
from services.directory.reading import all_rows
from services.kernel.actor import Actor
from services.kernel.errors import Unavailable
from services.kernel.window import TimeWindow, local_instant
from services.platform.database import Connection, Database
from services.platform.sql import load_queries

MOST_KEPT = 20_000
"""Changes that a process keeps for its followers."""
TOLD_FROM = timedelta(minutes=2)
"""How long before somebody begins to follow the changes lie of which she is told first: what she read then may lack them."""

_LONGEST_PAUSE = 60.0
"""Seconds after which nobody is taken to have followed: the next one begins anew."""
_KEPT = timedelta(days=1)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_TOO_MUCH = "the diary has changed more than can be told one by one: read it anew, and follow it again"
_queries = load_queries(__file__, "watching.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """That a meeting changed, and where it stood before (None: nowhere) and stands by now. For nobody's eyes as it is."""

    number: int
    at: datetime
    meeting_id: UUID
    was_starts_at: datetime | None
    starts_at: datetime

    def touches(self, followed: TimeWindow) -> bool:
        """Whether it can be news to who follows that span."""
        return any(each is not None and followed.start <= each < followed.end for each in (self.was_starts_at, self.starts_at))


class DiaryWatch:
    """What changed in the diary as of the last look of anybody in this process."""

    def __init__(self, look_every: float = 0.25) -> None:
        """`look_every`: seconds, however many follow."""
        self._look_every = look_every
        self._turn = asyncio.Lock()
        self._changes: deque[Change] = deque()
        self._first = 0
        self._seen: str | None = None
        self._looked = 0.0
        self._moment = self._whole_since = _LONG_AGO

    async def begin(self, database: Database) -> int:
        """The place of a new follower: before every change of the last minutes. Raises `Unavailable` while these are too many."""
        await self._look(database)
        since = self._moment - TOLD_FROM
        if since < self._whole_since:
            raise Unavailable(_TOO_MUCH)
        return next((place for place, each in enumerate(self._changes, self._first) if each.at >= since), self._end)

    async def after(self, database: Database, place: int) -> tuple[list[Change], int]:
        """What changed since a follower's place, and where she is then. Raises `Unavailable` for who is too far behind."""
        await self._look(database)
        if place < self._first:
            raise Unavailable(_TOO_MUCH)
        return [self._changes[each - self._first] for each in range(place, self._end)], self._end

    @property
    def _end(self) -> int:
        return self._first + len(self._changes)

    async def _look(self, database: Database) -> None:
        """True afterwards: what was committed until the last look is kept, and that look is not long ago."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if self._seen is not None and now - self._looked < self._look_every:
                return
            if now - self._looked > _LONGEST_PAUSE:
                self._drop_all(_LONG_AGO)
                self._seen = None
            async with database.connection() as connection:
                await self._find(connection)
            self._looked = now

    async def _find(self, connection: Connection) -> None:
        moment = await _queries.moment(connection)
        if moment["seen"] != self._seen:
            self._keep(await _found(connection, self._seen, moment["seen"], moment["at"] - TOLD_FROM), moment["at"])
        self._seen, self._moment = moment["seen"], moment["at"]

    def _keep(self, found: Collection[Change], moment: datetime) -> None:
        if len(found) > MOST_KEPT:
            self._drop_all(moment)
            return
        self._changes.extend(found)
        while len(self._changes) > MOST_KEPT:
            self._whole_since = max(self._whole_since, self._changes.popleft().at)
            self._first += 1

    def _drop_all(self, whole_since: datetime) -> None:
        """Every place so far is too far behind, and what changed before that moment is not told any more."""
        self._first = self._end + 1
        self._changes.clear()
        self._whole_since = whole_since


async def _found(connection: Connection, before: str | None, seen: str, since: datetime) -> list[Change]:
    """What the snapshot `seen` shows and `before` did not; of no snapshot before, what is not older than `since`."""
    if before is None:
        rows = await all_rows(_queries.changed_since(connection, since=since, seen=seen, most=MOST_KEPT + 1))
    else:
        rows = await all_rows(_queries.changed_between(connection, before=before, seen=seen, most=MOST_KEPT + 1))
    return [_change(row) for row in rows]


def _change(row: Any) -> Change:
    return Change(
        number=row["number"], at=row["at"], meeting_id=row["meeting_id"], was_starts_at=row["was_starts_at"], starts_at=row["starts_at"]
    )


def followed_span(first_day: date, last_day: date) -> TimeWindow:
    """From the first to the end of the last day in England. Raises `InvalidInput` as a search in the diary does."""
    days = MeetingsWanted(first_day=first_day, last_day=last_day)
    return TimeWindow(local_instant(days.first_day, time(0)), local_instant(days.last_day + timedelta(days=1), time(0)))


async def concerned(connection: Connection, actor: Actor, changes: Collection[Change], followed: TimeWindow) -> list[UUID]:
    """The meetings of these changes that the viewer can see in the span, or could before the change."""
    numbers = [each.number for each in changes]
    rows = await all_rows(_queries.concerned(connection, **meetings_seen(actor), numbers=numbers, first=followed.start, until=followed.end))
    return [row["meeting_id"] for row in rows]


async def forget_changes(connection: Connection) -> None:
    """Drops what nobody can need any more, by the database's own clock."""
    await _queries.forget_changes(connection, kept=_KEPT)

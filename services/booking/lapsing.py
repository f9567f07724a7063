"""Provisional holds whose time is over: they go by themselves, and at once where somebody needs what they hold."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

from services.booking import store
from services.booking.desk import Desk
from services.booking.telling import tell
from services.directory.store import load_settings
from services.kernel.actor import service_actor
from services.kernel.window import TimeWindow, civil_day, local_instant, monday_of
from services.kernel.words import MeetingState
from services.platform.database import Connection
from services.platform.resources import Resources

_BY_ITSELF = service_actor("lapse")


async def lapse(desk: Desk, within: TimeWindow, obligation_ids: Collection[UUID], *, sparing: UUID | None = None) -> None:
    """Provisional meetings whose time is over hold nothing in the week of this span any more, nor stand for these obligations; but for
    one that is being changed itself. The whole week: what they leave to write up counts in all of it."""
    for meeting_id in await store.lapsed_meetings(desk.connection, week_of(within), obligation_ids, desk.now):
        if meeting_id != sparing:
            await _let_go(desk, meeting_id)


def week_of(window: TimeWindow) -> TimeWindow:
    """From the Monday before its start to the Sunday after it, and as much of the next week as it reaches into."""
    monday = monday_of(civil_day(window.start))
    return TimeWindow(local_instant(monday, time.min), max(local_instant(monday + timedelta(days=7), time.min), window.end))


async def lapse_all(resources: Resources, clock: Callable[[], datetime]) -> int:
    """No provisional meeting stands whose time is over, but for those that somebody is changing at this moment; answers how many
    have gone. Each is noted as LAPSED in its history and in the audit."""
    found = 0
    while await resources.database.run(lambda connection: _lapse_one(resources, connection, clock())):
        found += 1
    return found


async def _lapse_one(resources: Resources, connection: Connection, now: datetime) -> bool:
    """One a transaction: nobody waits for the others."""
    today = resources.today(now)
    await store.keep_subjects(connection)
    desk = Desk(connection=connection, actor=_BY_ITSELF, now=now, today=today, settings=await load_settings(connection, today))
    meeting_id = await store.next_lapsed(connection, now)
    if meeting_id is not None:
        await _let_go(desk, meeting_id)
    return meeting_id is not None


async def _let_go(desk: Desk, meeting_id: UUID) -> None:
    """The meeting, which is locked, holds nothing any more and is gone."""
    entry = await store.lock_entry(desk.connection, meeting_id)
    if entry.cast.police is not None:
        await store.lock_police_days(desk.connection, [civil_day(sitting.start) for sitting in entry.sittings])
    await store.drop_holds(desk.connection, [entry.id])
    gone = replace(entry, state=MeetingState.CANCELLED, provisional_until=None, version=entry.version + 1)
    await store.change_meeting(desk.connection, gone, desk.event("LAPSED"), live=False)
    await tell(desk, gone, (), "LAPSE")

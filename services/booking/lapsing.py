"""Provisional holds whose time is over: they stay until somebody needs what they hold, and go then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from services.booking import store
from services.booking.desk import Desk
from services.booking.telling import tell
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import MeetingState


async def lapse(desk: Desk, within: TimeWindow, obligation_ids: Collection[UUID], *, sparing: UUID | None = None) -> None:
    """Provisional meetings whose time is over hold nothing in this span any more, nor stand for these obligations; but for one that
    is being changed itself."""
    for meeting_id in await store.lapsed_meetings(desk.connection, within, obligation_ids, desk.now):
        if meeting_id == sparing:
            continue
        entry = await store.lock_entry(desk.connection, meeting_id)
        if entry.cast.police is not None:
            await store.lock_police_days(desk.connection, [civil_day(entry.window.start)])
        await store.drop_holds(desk.connection, [entry.id])
        gone = replace(entry, state=MeetingState.CANCELLED, provisional_until=None, version=entry.version + 1)
        await store.change_meeting(desk.connection, gone, desk.event("LAPSED"), live=False)
        await tell(desk, gone, (), "LAPSE")

"""A child has died or was adopted: nothing that was arranged for it may go on by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.booking import rules, store
from services.booking.changing import lock_police, rewrite, taken_holds
from services.booking.desk import Desk
from services.booking.entry import Entry
from services.booking.telling import tell
from services.directory.availability_store import meetings_in_order
from services.directory.store import load_settings
from services.kernel.actor import Actor
from services.kernel.window import hour_of
from services.kernel.words import MeetingState
from services.platform.database import Connection


async def stop_for(connection: Connection, child_id: UUID, *, actor: Actor, now: datetime, today: date) -> tuple[UUID, ...]:
    """Every meeting to come of this child alone is cancelled, and every other goes on without it; answers which, in order of time.

    No reason is written anywhere: whoever was invited hears of a cancellation and no more. What has begun is left to people.
    """
    desk = Desk(connection=connection, actor=actor, now=now, today=today, settings=await load_settings(connection, today))
    changed = set()
    for meeting_id in await store.meetings_to_come(connection, child_id, hour_of(today, now)):
        entry = await store.lock_entry(connection, meeting_id)
        staying = tuple(item for item in entry.items if item.child_id != child_id)
        if entry.state not in rules.STANDING or len(staying) == len(entry.items):
            continue  # somebody was faster
        await (_go_on_without(desk, entry, child_id) if staying else _call_off(desk, entry))
        changed.add(meeting_id)
    return await meetings_in_order(connection, changed)


async def stop_for_all_gone(
    connection: Connection, child_ids: Collection[UUID], *, actor: Actor, now: datetime, today: date
) -> tuple[UUID, ...]:
    """The same for those of the children who died or were adopted by what the records say now; to be called after rewriting."""
    gone = await store.gone_with_meetings(connection, child_ids, hour_of(today, now))
    stopped = [await stop_for(connection, child_id, actor=actor, now=now, today=today) for child_id in gone]
    return tuple(each for meetings in stopped for each in meetings)


async def _call_off(desk: Desk, entry: Entry) -> None:
    await lock_police(desk, entry)
    await store.drop_holds(desk.connection, [entry.id], since=desk.hour)
    gone = replace(entry, state=MeetingState.CANCELLED, provisional_until=None, version=entry.version + 1)
    event = desk.event(MeetingState.CANCELLED.value, before={"starts_at": entry.window.start, **entry.cast.codes()})
    await store.change_meeting(desk.connection, gone, event, live=False)
    await rewrite(desk, entry.items)
    await tell(desk, gone, (), "CANCEL")


async def _go_on_without(desk: Desk, entry: Entry, child_id: UUID) -> None:
    """The others keep their time and everything that is held for it."""
    staying = tuple(item for item in entry.items if item.child_id != child_id)
    kind = rules.leading_kind(entry.kind, {item.kind for item in staying})
    await store.take_out(desk.connection, entry.id, child_id, kind)
    after = replace(entry, kind=kind, items=staying, version=entry.version + 1)
    await store.change_meeting(desk.connection, after, desk.event("CHILD_TAKEN_OUT"))
    await rewrite(desk, [item for item in entry.items if item.child_id == child_id])
    await tell(desk, after, await taken_holds(desk.connection, after, desk.settings), "TAKE_OUT")

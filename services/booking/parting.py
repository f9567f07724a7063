"""Parents who must not meet, stated while meetings stand: those in a room with one place to wait give it up, and lack one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.booking import rules, store
from services.booking.absences import release
from services.booking.desk import Desk
from services.booking.entry import Entry
from services.booking.needs import SECOND_WAITING_ROOM
from services.booking.store import stop_diary
from services.directory.availability_store import meetings_in_order
from services.directory.store import load_settings
from services.history.circumstances import StateCircumstances, state_and_follow
from services.kernel.actor import Actor
from services.platform.database import Connection
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class CircumstancesStated:
    """`released`: the meetings that have lost their room by it, in order of time."""

    child_id: UUID
    released: tuple[UUID, ...]


async def state_circumstances(resources: Resources, actor: Actor, command: StateCircumstances, now: datetime) -> CircumstancesStated:
    """As `history.circumstances.state_circumstances`; where it says that the parents must not meet, every meeting to come to which
    they come, in a room without a second place to wait, goes on without that room and lists it in its needs."""
    apart = command.parents_apart is True

    async def part(connection: Connection, child_id: UUID) -> Sequence[UUID]:
        await stop_diary(connection)  # who books for the child at this moment is waited for, and who would is told
        return await part_for(connection, child_id, actor=actor, now=now, today=resources.today(now))

    child_id, released = await state_and_follow(resources, actor, command, now, part if apart else None)
    if released:
        await resources.doorbell.ring_delivery()
    return CircumstancesStated(child_id=child_id, released=released)


async def part_for(connection: Connection, child_id: UUID, *, actor: Actor, now: datetime, today: date) -> tuple[UUID, ...]:
    """The meetings to come of this child whose parents must not meet, and could not wait apart, go on without their room; answers
    which, in order of time. To be called with the diary stopped."""
    desk = Desk(connection=connection, actor=actor, now=now, today=today, settings=await load_settings(connection, today))
    released = set()
    for meeting_id in await store.meetings_to_come(desk.connection, child_id, desk.hour):
        entry = await store.lock_entry(desk.connection, meeting_id)
        room = entry.cast.room
        if room is not None and entry.state in rules.STANDING and await _must_wait_together(desk, entry, room.id):
            await release(desk, entry, {room.resource_id})
            released.add(meeting_id)
    return await meetings_in_order(desk.connection, released)


async def _must_wait_together(desk: Desk, entry: Entry, room_id: UUID) -> bool:
    _, features = await store.load_room(desk.connection, room_id)
    return entry.apart and SECOND_WAITING_ROOM not in features

"""Another chair, room, note-taker or police for a meeting at its own time: everybody else's time is as it was taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from uuid import UUID

from services.booking import store
from services.booking.changing import resources_of, taken_holds
from services.booking.choosing import Taking, day_of
from services.booking.desk import Desk
from services.booking.entry import Cast, Entry, Hold
from services.booking.holding import hold_every
from services.booking.lapsing import lapse
from services.booking.needs import MeetingNeeds
from services.booking.placing import needs_for
from services.booking.telling import tell
from services.directory.settings import Settings
from services.kernel.words import ResourceKind


async def recast(desk: Desk, entry: Entry, chosen: Mapping[ResourceKind, UUID], what: str, reason: str) -> Entry:
    """The meeting, which is locked, has these in the place of those of their kinds, or lacks them no more; whose own view has changed
    is told.

    Raises `ResourceTaken`, `OutsideAvailability` or `NotEligible` where one of them cannot be had; then nothing has changed.
    """
    for _, window in entry.to_come:
        await lapse(desk, day_of(window), (), sparing=entry.id)
    kept = Cast.of(party for party in entry.cast if party.kind not in chosen)
    others = await taken_holds(desk.connection, replace(entry, cast=kept), desk.settings)
    written: list[tuple[Entry, tuple[Hold, ...]]] = []

    async def write(taking: Taking) -> None:
        cast = Cast.of((*kept, *taking.cast))
        after = replace(
            entry,
            cast=cast,
            lacks=tuple(kind for kind in entry.lacks if kind not in chosen),
            police_waived_reason=None if ResourceKind.POLICE in chosen else entry.police_waived_reason,
            version=entry.version + 1,
        )
        holds = (*others, *taking.holds)
        await store.change_meeting(desk.connection, after, desk.event(what, reason, before=entry.cast.codes(), after=cast.codes()))
        await store.replace_attendance(desk.connection, after, holds)
        written.append((after, holds))

    async with desk.connection.transaction():  # all sittings or none
        await give_up(desk, entry, chosen)  # before anything is held: of the police it would be let go of again
        await hold_every(desk, entry.id, needs_as_it_is(entry, desk.settings), entry.to_come, chosen, write)
    after, holds = written[-1]
    await tell(desk, after, holds, what, **after.cast.codes())
    return after


async def give_up(desk: Desk, entry: Entry, kinds: Collection[ResourceKind]) -> None:
    """What it holds of these kinds for its sittings to come, and nothing else, is free."""
    gone = await resources_of(desk.connection, entry, kinds)
    if gone:
        await store.drop_holds(desk.connection, [entry.id], resource_ids=gone, sittings=[number for number, _ in entry.to_come])


def needs_as_it_is(entry: Entry, settings: Settings) -> MeetingNeeds:
    """What the meeting takes where it is: in a room of the unit or not, whatever its kind."""
    in_room = entry.cast.room is not None or ResourceKind.ROOM in entry.lacks
    return replace(needs_for(entry.kind, entry.items, settings, remote=entry.remote, apart=entry.apart), room=in_room)

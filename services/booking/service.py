"""One meeting at a time: booked, confirmed, moved, called off, recorded as held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from services.booking.absences import AbsenceRecorded, record_absence
from services.booking.attending import set_attendees_in
from services.booking.changing import cancel_in, confirm_in, move_in, reinstate_in
from services.booking.closing import Told, close_as_held_in, doubts_in
from services.booking.commands import BookMeeting, MeetingAction, MoveMeeting, RecordHeld, SetAttendees, SplitMeeting
from services.booking.desk import Desk, claim_desk
from services.booking.parting import part_for
from services.booking.placing import book_in, place_in
from services.booking.recording import record_held_in
from services.booking.refusals import Overtaken
from services.booking.repairing import Repair, repair_in
from services.booking.searching import slots
from services.booking.slots import SlotOption
from services.booking.splitting import split_in
from services.booking.standing import LeftOut, StandingMeeting, Stood, stand_again_in, stand_in
from services.booking.stopping import stop_for, stop_for_all_gone
from services.booking.store import stop_diary
from services.history import service as history
from services.history.commands import RecordAdoptionOrder, RecordDeath
from services.kernel.actor import Actor
from services.kernel.ids import new_id
from services.kernel.permission import Act, require
from services.kernel.words import MeetingState
from services.platform.database import Connection
from services.platform.requests import Claim, Work, body_of, once_from
from services.platform.resources import Resources

__all__ = [
    "AbsenceRecorded",
    "Desk",
    "LeftOut",
    "Repair",
    "SlotOption",
    "StandingMeeting",
    "Stood",
    "Told",
    "book",
    "cancel",
    "close_as_held_in",
    "confirm",
    "doubts_in",
    "move",
    "part_for",
    "place_in",
    "postpone",
    "record_absence",
    "record_adoption_order",
    "record_death",
    "record_held",
    "reinstate",
    "repair_in",
    "set_attendees",
    "slots",
    "split",
    "stand_again_in",
    "stand_in",
    "stop_diary",
    "stop_for",
    "stop_for_all_gone",
]

Command: TypeAlias = BookMeeting | MoveMeeting | SplitMeeting | MeetingAction | RecordHeld | SetAttendees


async def book(resources: Resources, actor: Actor, command: BookMeeting, now: datetime) -> UUID:
    """One meeting for all the children, with everything that its kind needs held for it and everybody's invitation owed.

    Omitted: the officer of the first child that has one, the smallest room that suits, a note-taker who is free, a police team
    with a place. Raises `ResourceTaken`, `OutsideAvailability`, `OutsideTimescale`, `NotEligible`, `NotFound`, `InvalidInput`,
    `RequestKeyReused`, `Forbidden`; then nothing is held. Answers the meeting's identifier.
    """
    meeting_id = new_id()
    try:
        return await _done(
            resources, actor, "book", command, now, lambda desk: book_in(desk, command, meeting_id, at_once=True), meeting_id
        )
    except Overtaken:
        return await _done(resources, actor, "book", command, now, lambda desk: book_in(desk, command, meeting_id), meeting_id)


async def confirm(resources: Resources, actor: Actor, command: MeetingAction, now: datetime) -> UUID:
    """A provisional meeting is certain. Raises `StaleVersion`, `NotFound`, `InvalidInput`, `Forbidden`."""
    return await _done(resources, actor, "confirm", command, now, lambda desk: confirm_in(desk, command))


async def move(resources: Resources, actor: Actor, command: MoveMeeting, now: datetime) -> UUID:
    """The meeting has another time or other resources, or (raising as `book` does, or `StaleVersion`) nothing has changed."""
    return await _done(resources, actor, "move", command, now, lambda desk: move_in(desk, command))


async def split(resources: Resources, actor: Actor, command: SplitMeeting, now: datetime) -> UUID:
    """The meeting is held in the sittings stated, with what it has; raises as `move` does, and then nothing has changed."""
    return await _done(resources, actor, "split", command, now, lambda desk: split_in(desk, command))


async def cancel(resources: Resources, actor: Actor, command: MeetingAction, now: datetime) -> UUID:
    """The meeting will not take place: nothing is held, what it was for is owed unbooked. Wants a reason."""
    return await _done(resources, actor, "cancel", command, now, lambda desk: cancel_in(desk, command, MeetingState.CANCELLED))


async def postpone(resources: Resources, actor: Actor, command: MeetingAction, now: datetime) -> UUID:
    """As `cancel`, but it is to take place another day; the law's day stays what it was. Wants a reason."""
    return await _done(resources, actor, "postpone", command, now, lambda desk: cancel_in(desk, command, MeetingState.POSTPONED))


async def reinstate(resources: Resources, actor: Actor, command: MeetingAction, now: datetime) -> UUID:
    """A meeting that was called off stands again as it was; raises as `book` does where something is not free any more."""
    return await _done(resources, actor, "reinstate", command, now, lambda desk: reinstate_in(desk, command))


async def record_held(resources: Resources, actor: Actor, command: RecordHeld, now: datetime) -> UUID:
    """The meeting took place: the children's records and what is owed next follow. Raises as `confirm`, and for an adjourned
    meeting that cannot go on then `ResourceTaken` or `OutsideAvailability`."""
    return await _done(resources, actor, "record_held", command, now, lambda desk: record_held_in(desk, command))


async def set_attendees(resources: Resources, actor: Actor, command: SetAttendees, now: datetime) -> UUID:
    """These come to the meeting beside those whose time is held for it; raises as `attending.set_attendees_in`, or `Forbidden`."""
    return await _done(resources, actor, "set_attendees", command, now, lambda desk: set_attendees_in(desk, command))


async def record_death(resources: Resources, actor: Actor, command: RecordDeath, now: datetime) -> UUID:
    """As `history.service.record_death`; in the same transaction every meeting to come stops for the child."""
    found = await history.record_death(resources, actor, command, now, afterwards=_stopping(resources, actor, now))
    await resources.doorbell.ring_delivery()
    return found


async def record_adoption_order(resources: Resources, actor: Actor, command: RecordAdoptionOrder, now: datetime) -> UUID:
    """As `history.service.record_adoption_order`; in the same transaction every meeting to come stops for the child."""
    found = await history.record_adoption_order(resources, actor, command, now, afterwards=_stopping(resources, actor, now))
    await resources.doorbell.ring_delivery()
    return found


def _stopping(resources: Resources, actor: Actor, now: datetime) -> Callable[[Connection, UUID], Awaitable[tuple[UUID, ...]]]:
    async def stop(connection: Connection, child_id: UUID) -> tuple[UUID, ...]:
        await stop_diary(connection)  # who books for the child at this moment is waited for, and who would is told
        await stop_for(connection, child_id, actor=actor, now=now, today=resources.today(now))
        return ()

    return stop


async def _done(
    resources: Resources,
    actor: Actor,
    verb: str,
    command: Command,
    now: datetime,
    deed: Callable[[Desk], Awaitable[UUID]],
    meeting_id: UUID | None = None,
) -> UUID:
    """`meeting_id`: what the deed will answer, where that is known."""
    require(actor, Act.BOOK)

    async def work(desk: Desk) -> dict[str, Any]:
        return {"meeting_id": str(await deed(desk))}

    async def begin(connection: Connection, claim: Claim) -> Work | None:
        desk = await claim_desk(resources, connection, actor, now, claim)
        return None if desk is None else partial(work, desk)

    foreseen = None if meeting_id is None else {"meeting_id": str(meeting_id)}
    body = body_of(command, verb)
    answer = await once_from(resources.database, actor, command.request_key, body, begin, answer=foreseen)
    await resources.doorbell.ring_delivery()
    return UUID(answer["meeting_id"])

"""What a change of the diary leaves behind: an audit event, and what each addressee must hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.booking.desk import Desk
from services.booking.entry import Entry, Hold, Party
from services.directory.settings import Settings
from services.invitations.owe import Addressee, AddresseeKind, DiaryMeeting
from services.invitations.service import compose_first, owe_notices
from services.kernel.words import MeetingState, ResourceKind
from services.platform import audit

BOOKED = "BOOK"
"""The action by which a meeting comes to be: nobody can have been told of it before."""
_ELSEWHERE = "see Convene"
_KINDS = {
    ResourceKind.IRO: AddresseeKind.IRO,
    ResourceKind.ROOM: AddresseeKind.ROOM_DESK,
    ResourceKind.NOTE_TAKER: AddresseeKind.NOTE_TAKER,
    ResourceKind.POLICE: AddresseeKind.POLICE,
}


async def tell(desk: Desk, entry: Entry, holds: Sequence[Hold], action: str, **details: object) -> None:
    """Audited, and owed to everyone concerned in the same transaction. To be called last in it."""
    await audit.record(desk.connection, desk.actor, action, subject=_subject(entry), details={"version": entry.version, **details})
    await owe_notices(desk.connection, diary_meeting(entry, holds, desk.settings), desk.settings, desk.now, new=action == BOOKED)


def audited(desk: Desk, entry: Entry, action: str, **details: object) -> dict[str, Any]:
    """The audit of `tell`, for a statement of which it is a part."""
    return audit.stated_of(desk.actor, action, subject=_subject(entry), details={"version": entry.version, **details})


def first_notices(desk: Desk, entry: Entry, holds: Sequence[Hold]) -> dict[str, Any]:
    """What `tell` would owe for a new meeting, for a statement of which it is a part."""
    return compose_first(diary_meeting(entry, holds, desk.settings), entry.kind, desk.settings, desk.now)


def _subject(entry: Entry) -> str:
    return f"meeting:{entry.id}"


def diary_meeting(entry: Entry, holds: Sequence[Hold], settings: Settings) -> DiaryMeeting:
    """The meeting as calendars may show it. One that is provisional, or is not to come (any more), is in nobody's."""
    shown = entry.state in (MeetingState.CONFIRMED, MeetingState.ADJOURNED)
    return DiaryMeeting(
        meeting_id=entry.id,
        reference=entry.reference,
        location=_location(entry),
        addressees=_addressees(entry, holds, settings) if shown else (),
        over=tuple(each.held_on for each in entry.sat),
    )


def _location(entry: Entry) -> str:
    if entry.cast.room is not None:
        return entry.cast.room.name
    if entry.venue is not None and not entry.venue_confidential:
        return entry.venue
    return _ELSEWHERE


def _addressees(entry: Entry, holds: Sequence[Hold], settings: Settings) -> tuple[Addressee, ...]:
    found = []
    for party, hold in _attendances(entry, holds):
        room = party.kind is ResourceKind.ROOM
        span = hold.blocked if room else hold.attended  # the desk opens and clears the room
        found.append(
            Addressee(
                kind=_KINDS[party.kind],
                code=party.code,
                owner_id=party.id,
                email=settings.room_desk if room else party.email,
                arrives_at=span.start,
                leaves_at=span.end,
                sitting=hold.sitting,
                meets=entry.sittings[hold.sitting - 1],
            )
        )
    return tuple(found)


def _attendances(entry: Entry, holds: Sequence[Hold]) -> Iterator[tuple[Party, Hold]]:
    """Everyone with what is held of that one for each sitting; of the police each sitting may have another place."""
    people = {party.resource_id for party in entry.cast if party.kind is not ResourceKind.POLICE}
    for number in sorted({hold.sitting for hold in holds}):
        there = [hold for hold in holds if hold.sitting == number]
        for party in entry.cast:
            police = party.kind is ResourceKind.POLICE
            own = (hold for hold in there if hold.resource_id == party.resource_id or (police and hold.resource_id not in people))
            yield party, next(own)

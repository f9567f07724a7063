"""Who must hear what: what each addressee last saw against what that person would see now.

Nothing changed, nothing owed. Everyone is compared on an own view alone (own arrival, own end, the place), so that a
change of somebody else's pre-meet or travel stays silent. SEQUENCE rises with every change and never falls, also over a
cancellation and a second invitation (RFC 5546 2.1.4); the UID belongs to one sitting and one addressee for life.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import InvitationMethod


class AddresseeKind(StrEnum):
    IRO = "IRO"
    NOTE_TAKER = "NOTE_TAKER"
    POLICE = "POLICE"
    ROOM_DESK = "ROOM_DESK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """One who takes part: `code` of the IRO, note-taker, police team or room; `owner_id` is whose feed shows the meeting.

    `email` None: the meeting is in the feed, and nothing is sent. `arrives_at` and `leaves_at` are this addressee's own. `sitting`:
    of a meeting in several sittings which of them; each has an entry of its own. `meets`: when the sitting itself is, for whoever is
    no addressee; None where that is not known.
    """

    kind: AddresseeKind
    code: str
    owner_id: UUID
    email: str | None
    arrives_at: datetime
    leaves_at: datetime
    sitting: int = 1
    meets: TimeWindow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryMeeting:
    """A meeting as calendars may show it. One that does not stand (cancelled, postponed, provisional) has no addressees.

    `location` is safe on a lock screen: the name of a room of the unit, or 'see Convene'. `over`: on which days its first
    sittings took place; entries of them stay as they are, but for one that is still to come although its sitting is over.
    """

    meeting_id: UUID
    reference: str
    location: str
    addressees: tuple[Addressee, ...]
    over: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one addressee sees of a meeting."""

    window: TimeWindow
    location: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What an addressee was told last: `cancelled` says that it was to stay away."""

    uid: str
    kind: AddresseeKind
    code: str
    owner_id: UUID
    sequence: int
    cancelled: bool
    view: View
    sitting: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What an addressee must hear now. `uid` None: the first that this addressee hears of the meeting.

    `left`: what was told at an address that is this addressee's no more; it hears a CANCEL, under the SEQUENCE before this one.
    `meets`: when the sitting itself is; None: as it was told last.
    """

    method: InvitationMethod
    uid: str | None
    kind: AddresseeKind
    code: str
    owner_id: UUID
    sequence: int
    view: View
    sitting: int = 1
    left: View | None = None
    meets: TimeWindow | None = None


def owe(seen: Iterable[Seen], meeting: DiaryMeeting) -> tuple[Owed, ...]:
    """What each addressee must hear: REQUEST to the new, the changed and the invited again, CANCEL to the dropped.

    Answered in order of kind, code and sitting. Raises `InvalidInput` for a naive time or an end before its start.
    """
    before = {(each.kind, each.code, each.sitting): each for each in seen if not _is_over(each, meeting.over)}
    now = {(each.kind, each.code, each.sitting): each for each in meeting.addressees}
    dropped = [
        as_told(replace(before[who], cancelled=True), before[who].sequence + 1)
        for who in before.keys() - now.keys()
        if not before[who].cancelled
    ]
    told = [_request(before.get(who), addressee, meeting.location) for who, addressee in now.items()]
    return tuple(sorted((each for each in (*dropped, *told) if each is not None), key=lambda each: (each.kind, each.code, each.sitting)))


def _is_over(seen: Seen, over: tuple[date, ...]) -> bool:
    return seen.sitting <= len(over) and civil_day(seen.view.window.start) <= over[seen.sitting - 1]


def _request(seen: Seen | None, addressee: Addressee, location: str) -> Owed | None:
    view = View(window=TimeWindow(addressee.arrives_at, addressee.leaves_at), location=location, email=addressee.email)
    if seen is not None and not seen.cancelled and seen.view == view:
        return None
    left = seen.view if seen is not None and _has_left(seen, addressee.email) else None
    return Owed(
        method=InvitationMethod.REQUEST,
        uid=None if seen is None else seen.uid,
        kind=addressee.kind,
        code=addressee.code,
        owner_id=addressee.owner_id,
        sequence=0 if seen is None else seen.sequence + (1 if left is None else 2),
        view=view,
        sitting=addressee.sitting,
        left=left,
        meets=addressee.meets,
    )


def _has_left(seen: Seen, email: str | None) -> bool:
    """Whether somebody at an address that is not `email` still expects the meeting. Mail knows no capitals."""
    return not seen.cancelled and seen.view.email is not None and (email is None or seen.view.email.lower() != email.lower())


def as_told(seen: Seen, sequence: int) -> Owed:
    """What an addressee was told last, once more and under another SEQUENCE."""
    return Owed(
        method=InvitationMethod.CANCEL if seen.cancelled else InvitationMethod.REQUEST,
        uid=seen.uid,
        kind=seen.kind,
        code=seen.code,
        owner_id=seen.owner_id,
        sequence=sequence,
        view=seen.view,
        sitting=seen.sitting,
    )

"""The mail that takes back an invitation of which nothing is known but its UID: after a restore from a backup, of a meeting booked since,
or at an address that is the addressee's no more."""

from __future__ import annotations

from datetime import datetime

from services.invitations.ical import withdrawal
from services.invitations.itip import Message, assemble
from services.kernel.words import InvitationMethod

_TEXT = """\
A meeting that you were asked to is not in our diary any more.

Our records were restored from a backup, and this meeting was booked after it. If your calendar took the invitation, it shows it as
cancelled now. If you were to come to a meeting that nobody speaks of any more, please ask the unit before you do."""

_MOVED_ON = """A meeting that was sent to this address is sent elsewhere by now: the person, the room or the team has another address.

If your calendar took the invitation, it shows it as cancelled now. Whether the meeting takes place is told at the other address."""


def compose_withdrawal(uid: str, sequence: int, stamp: datetime, *, organiser: str, attendee: str, moved_on: bool = False) -> Message:
    """A CANCEL to `attendee` alone, without time or place: neither is known. `moved_on`: the addressee has another address.

    Both addresses must pass `can_be_mailed`, else ValueError.
    """
    text = _MOVED_ON if moved_on else _TEXT
    return assemble(
        f"{uid}.{sequence}",
        InvitationMethod.CANCEL,
        organiser=organiser,
        attendee=attendee,
        subject="Cancelled: a meeting",
        stamp=stamp,
        text="\r\n".join(text.splitlines()) + "\r\n",
        calendar=withdrawal(uid, sequence, stamp, organiser=organiser, attendee=attendee),
    )

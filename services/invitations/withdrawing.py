"""The mail that takes back an invitation of which nothing is known but its UID: a meeting booked after the backup that was restored."""

from __future__ import annotations

from datetime import datetime

from services.invitations.ical import withdrawal
from services.invitations.itip import Message, assemble
from services.kernel.words import InvitationMethod

_TEXT = """\
A meeting that you were asked to is not in our diary any more.

Our records were restored from a backup, and this meeting was booked after it. If your calendar took the invitation, it shows it as
cancelled now. If you were to come to a meeting that nobody speaks of any more, please ask the unit before you do."""


def compose_withdrawal(uid: str, sequence: int, stamp: datetime, *, organiser: str, attendee: str) -> Message:
    """A CANCEL to `attendee` alone, without time or place: neither is known. Both addresses must pass `can_be_mailed`, else ValueError."""
    return assemble(
        f"{uid}.{sequence}",
        InvitationMethod.CANCEL,
        organiser=organiser,
        attendee=attendee,
        subject="Cancelled: a meeting",
        stamp=stamp,
        text="\r\n".join(_TEXT.splitlines()) + "\r\n",
        calendar=withdrawal(uid, sequence, stamp, organiser=organiser, attendee=attendee),
    )

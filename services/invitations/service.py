"""What other rooms ask of invitations."""

from __future__ import annotations

import uuid
from datetime import datetime

from services.directory.settings import Settings
from services.invitations import store
from services.invitations.ical import CalendarEvent, feed_event
from services.invitations.itip import can_be_mailed, compose
from services.invitations.owe import DiaryMeeting, Owed, owe
from services.kernel.words import InvitationMethod, InvitationState
from services.platform.database import Connection

BAD_ADDRESS = "ADDRESS"
"""The refusal of a notice whose address no mail server was asked about."""


async def owe_notices(connection: Connection, meeting: DiaryMeeting, settings: Settings, now: datetime) -> int:
    """Owes every addressee of a meeting what that person has not been told, in the caller's transaction.

    True once that commits: calendar entries show the meeting as it is, the outbox holds the very bytes to be sent, older
    unsent ones are superseded, and the diaries concerned have a new version. Nothing changed: nothing is written.
    Answers how many mails are owed. Call it last in a transaction: it locks the diaries' versions until the end.
    """
    owed = owe(await store.entries_of_meeting(connection, meeting.meeting_id), meeting)
    if not owed:
        return 0
    entries = [_entry(each, meeting.reference, now) for each in owed]
    await store.write_entries(connection, meeting.meeting_id, entries, now)
    never_told = await store.supersede(connection, [each.uid for each in owed if each.uid is not None])
    notices = [_notice(entry, meeting.reference, settings.organiser, now, entry.uid in never_told) for entry in entries]
    written = [notice for notice in notices if notice is not None]
    await store.write_notices(connection, written, now)
    await store.bump_diaries(connection, [each.owner_id for each in owed], now)
    return sum(notice.state is InvitationState.OWED for notice in written)


def _entry(owed: Owed, reference: str, now: datetime) -> store.Entry:
    uid = owed.uid or str(uuid.uuid4())
    return store.Entry(uid=uid, owed=owed, vevent=feed_event(_event(uid, owed, reference, now)))


def _event(uid: str, owed: Owed, reference: str, now: datetime) -> CalendarEvent:
    return CalendarEvent(
        uid=uid,
        sequence=owed.sequence,
        stamp=now,
        window=owed.view.window,
        reference=reference,
        location=owed.view.location,
        cancelled=owed.method is InvitationMethod.CANCEL,
    )


def _notice(entry: store.Entry, reference: str, organiser: str, now: datetime, never_told: bool) -> store.Notice | None:
    """The mail, None without an address. Whoever was never asked needs no cancellation: that mail is superseded at once."""
    owed, address = entry.owed, entry.owed.view.email
    if address is None:
        return None
    if not (can_be_mailed(address) and can_be_mailed(organiser)):
        return _refused(entry, address)
    mail = compose(_event(entry.uid, owed, reference, now), owed.method, organiser=organiser, attendee=address)
    needless = never_told and owed.method is InvitationMethod.CANCEL
    return store.Notice(
        uid=entry.uid,
        sequence=owed.sequence,
        method=owed.method,
        email=address,
        message_id=mail.message_id,
        message=mail.content,
        state=InvitationState.SUPERSEDED if needless else InvitationState.OWED,
    )


def _refused(entry: store.Entry, address: str) -> store.Notice:
    return store.Notice(
        uid=entry.uid,
        sequence=entry.owed.sequence,
        method=entry.owed.method,
        email=address,
        message_id=f"<{entry.uid}.{entry.owed.sequence}@invalid>",
        message=b"",
        state=InvitationState.REFUSED,
        refusal=BAD_ADDRESS,
    )

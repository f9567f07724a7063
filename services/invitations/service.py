"""What other rooms ask of invitations."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.directory.settings import Settings
from services.invitations import store
from services.invitations.ical import CalendarEvent, feed_event
from services.invitations.itip import BAD_ADDRESS, Message, can_be_mailed, compose
from services.invitations.outbox import OUTBOXES
from services.invitations.owe import DiaryMeeting, Owed, as_told, owe
from services.kernel.words import InvitationMethod, InvitationState, MeetingKind
from services.platform.database import Connection


async def owe_notices(connection: Connection, meeting: DiaryMeeting, settings: Settings, now: datetime, *, new: bool = False) -> int:
    """Owes every addressee of a meeting what that person has not been told, in the caller's transaction.

    True once that commits: calendar entries show the meeting as it is, the outbox holds the very bytes to be sent, older
    unsent ones are superseded, and the diaries concerned have a new version. Nothing changed: nothing is written.
    `new`: nobody can have been told of this meeting yet. Answers how many mails are owed. Call it last in a transaction: it
    locks the diaries' versions until the end.
    """
    owed = owe(() if new else await store.entries_of_meeting(connection, meeting.meeting_id), meeting)
    return await _write(connection, meeting.meeting_id, meeting.reference, owed, settings, now) if owed else 0


async def owe_elsewhere(
    connection: Connection, meeting_id: UUID, reference: str, uid: str, email: str, settings: Settings, now: datetime
) -> int:
    """Owes one addressee what that person was to be told last, at another address and so as the next SEQUENCE.

    The same promises as `owe_notices`; answers how many mails are owed: none where an address is no use to mail.
    """
    (seen,) = [each for each in await store.entries_of_meeting(connection, meeting_id) if each.uid == uid]
    owed = as_told(replace(seen, view=replace(seen.view, email=email)), seen.sequence + 1)
    return await _write(connection, meeting_id, reference, (owed,), settings, now)


async def _write(connection: Connection, meeting_id: UUID, reference: str, owed: Sequence[Owed], settings: Settings, now: datetime) -> int:
    kind = await store.kind_of(connection, meeting_id) if settings.calendar.show else None
    told = await store.supersede(connection, {each.uid: each.view.email for each in owed if each.uid is not None})
    entries, written = _composed(reference, owed, settings, now, kind, told)
    await store.write_owed(connection, meeting_id, entries, written, now)
    return sum(notice.state is InvitationState.OWED for notice in written)


def _composed(
    reference: str,
    owed: Sequence[Owed],
    settings: Settings,
    now: datetime,
    kind: MeetingKind | None,
    told: Collection[tuple[str, str | None]] = (),
) -> tuple[list[store.Entry], list[store.Notice]]:
    shown = [None if kind is None else settings.calendar.kind_for(each.kind, kind) for each in owed]
    entries = [entry_of(each, reference, now, kind) for each, kind in zip(owed, shown, strict=True)]
    mails = [mail for each, kind in zip(entries, shown, strict=True) for mail in _mails(each, kind)]
    notices = [
        _notice(entry, _event(entry, reference, now, kind), settings.organiser, first=(entry.uid, _mailbox(entry)) not in told)
        for entry, kind in mails
    ]
    return entries, [notice for notice in notices if notice is not None]


def compose_first(meeting: DiaryMeeting, kind: MeetingKind, settings: Settings, now: datetime) -> dict[str, Any]:
    """What `owe_notices` would write for a meeting of that kind of which nobody can have been told, as `store.OWED` is told it."""
    entries, notices = _composed(meeting.reference, owe((), meeting), settings, now, kind if settings.calendar.show else None)
    return store.owed_columns(meeting.meeting_id, entries, notices, now)


def _mails(entry: store.Entry, kind: MeetingKind | None) -> list[tuple[store.Entry, MeetingKind | None]]:
    """Of what an addressee is told: before it the CANCEL to an address that is that one's no more."""
    owed = entry.owed
    if owed.left is None:
        return [(entry, kind)]
    farewell = replace(owed, method=InvitationMethod.CANCEL, sequence=owed.sequence - 1, view=owed.left, left=None)
    return [(replace(entry, owed=farewell), kind), (entry, kind)]


def _mailbox(entry: store.Entry) -> str | None:
    email = entry.owed.view.email
    return None if email is None else email.lower()


async def would_owe(connection: Connection, meetings: Sequence[DiaryMeeting]) -> dict[UUID, tuple[Owed, ...]]:
    """By meeting what its addressees would be told if it became as stated: exactly what `owe_notices` owes then. Nothing is written."""
    seen = await store.entries_as_told(connection, [each.meeting_id for each in meetings])
    return {each.meeting_id: owe(seen.get(each.meeting_id, ()), each) for each in meetings}


def entry_of(owed: Owed, reference: str, now: datetime, kind: MeetingKind | None = None) -> store.Entry:
    """The entry as it is once that is owed, with the bytes that a feed shows; a random UID for who has none yet."""
    entry = store.Entry(uid=owed.uid or str(uuid.uuid4()), owed=owed, vevent="")
    return replace(entry, vevent=feed_event(_event(entry, reference, now, kind)))


def _event(entry: store.Entry, reference: str, now: datetime, kind: MeetingKind | None) -> CalendarEvent:
    return CalendarEvent(
        uid=entry.uid,
        sequence=entry.owed.sequence,
        stamp=now,
        window=entry.owed.view.window,
        reference=reference,
        location=entry.owed.view.location,
        cancelled=entry.owed.method is InvitationMethod.CANCEL,
        kind=kind,
    )


def _notice(entry: store.Entry, event: CalendarEvent, organiser: str, *, first: bool) -> store.Notice | None:
    """The mail, None without an address. Whoever never heard of the meeting needs no cancellation: it is superseded at once."""
    address = entry.owed.view.email
    if address is None:
        return None
    if not (can_be_mailed(address) and can_be_mailed(organiser)):
        return _refused(entry, address)
    mail = compose(event, organiser=organiser, attendee=address, first=first)
    return _kept(entry, address, mail, InvitationState.SUPERSEDED if first and event.cancelled else InvitationState.OWED)


def notice_again(entry: store.Entry, reference: str, organiser: str, now: datetime, kind: MeetingKind | None = None) -> store.Notice:
    """The mail that says how things stand to an addressee of whom nobody knows what he was told; one without a use is refused."""
    address = entry.owed.view.email
    if address is None:
        raise ValueError("no address to mail to")
    if not (can_be_mailed(address) and can_be_mailed(organiser)):
        return _refused(entry, address)
    event = _event(entry, reference, now, kind)
    return _kept(entry, address, compose(event, organiser=organiser, attendee=address, first=False, again=True), InvitationState.OWED)


def _kept(entry: store.Entry, address: str, mail: Message, state: InvitationState) -> store.Notice:
    return store.Notice(
        uid=entry.uid,
        sequence=entry.owed.sequence,
        method=entry.owed.method,
        email=address,
        message_id=mail.message_id,
        message=mail.content,
        state=state,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Mail that waits: how many notices and letters are owed, and how long the oldest has been. For readiness and metrics."""

    owed: int
    oldest_age: timedelta


async def oldest_owed(connection: Connection, now: datetime) -> Backlog:
    """The mail that waits now; an age of zero where none does."""
    waiting = [await outbox.backlog(connection) for outbox in OUTBOXES]
    oldest = min((since for _, since in waiting if since is not None), default=now)
    return Backlog(owed=sum(owed for owed, _ in waiting), oldest_age=max(timedelta(0), now - oldest))

"""Plain mails beside the invitations: owed with what they tell of, sent as surely, one addressee each. Never about a child."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from uuid import UUID

from services.directory.settings import Settings
from services.directory.store import load_settings
from services.invitations.ical import one_line
from services.invitations.itip import BAD_ADDRESS, Message, can_be_mailed, head_of, part_of
from services.kernel.ids import new_id
from services.kernel.window import civil_day
from services.kernel.words import InvitationState
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "letters.sql")
_LONGEST_SUBJECT = 60
"""Characters of ASCII that stand on one line of a header; what is longer, or no ASCII, is encoded (RFC 2047)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfSitting:
    """Of which sitting a letter tells, and which of its papers it is, of which an address has one a round. It is not sent once the
    sitting does not stand then, nor from `until` on, when that begins by the senders' clock. `entry_uid` and
    `entry_sequence`: of the invitation of whoever it goes to, as it repeats it; one who is asked no more, has another address, or has been
    told something newer is not sent it.
    """

    meeting_id: UUID
    starts_at: datetime
    until: datetime
    paper: str
    round: int
    entry_uid: str | None = None
    entry_sequence: int | None = None


async def owe_letter(
    connection: Connection,
    about: str,
    email: str,
    subject: str,
    text: str,
    now: datetime,
    *,
    settings: Settings | None = None,
    of: OfSitting | None = None,
) -> UUID:
    """The letter is owed once the caller's transaction commits, as the very bytes to be sent; answers its identifier.

    `about`: what it tells of, `rebalancing:<id>`; of two about one matter to one addressee the earlier goes first. `settings`: those
    of the day (left out: they are read). An address that no mail can carry is refused at once. The caller rings the doorbell of
    delivery afterwards.
    """
    organiser = (settings or await load_settings(connection, civil_day(now))).organiser
    letter_id = new_id()
    mailed = can_be_mailed(email) and can_be_mailed(organiser)
    mail = compose_letter(letter_id, organiser, email, subject, text, now) if mailed else None
    await keep_letter(connection, letter_id, about, email, mail, now, of=of)
    return letter_id


async def keep_letter(
    connection: Connection, letter_id: UUID, about: str, email: str, mail: Message | None, now: datetime, *, of: OfSitting | None = None
) -> None:
    """A composed letter is owed once the caller's transaction commits; None, which no mail can carry, is refused at once."""
    await _sql.write_letter(
        connection,
        id=letter_id,
        about=about,
        email=email,
        message_id=f"<{letter_id}@invalid>" if mail is None else mail.message_id,
        message=b"" if mail is None else mail.content,
        state=(InvitationState.REFUSED if mail is None else InvitationState.OWED).value,
        refusal=BAD_ADDRESS if mail is None else None,
        now=now,
        meeting_id=None if of is None else of.meeting_id,
        sitting_starts_at=None if of is None else of.starts_at,
        until=None if of is None else of.until,
        paper=None if of is None else of.paper,
        round=None if of is None else of.round,
        entry_uid=None if of is None else of.entry_uid,
        entry_sequence=None if of is None else of.entry_sequence,
    )


def compose_letter(letter_id: UUID, organiser: str, recipient: str, subject: str, text: str, stamp: datetime) -> Message:
    """The mail to `recipient` alone, from `organiser`: text/plain in UTF-8, lines ending in CRLF. Both addresses must pass
    `can_be_mailed`, else ValueError.

    Nothing in subject or text can begin a header: control characters become spaces, and a subject is one line.
    """
    for address in (organiser, recipient):
        if not can_be_mailed(address):
            raise ValueError("not an address that can be mailed")
    message_id = f"<{letter_id}@{organiser.rsplit('@', 1)[1]}>"
    lines = "".join(f"{_printable(line)}\r\n" for line in text.splitlines())
    head = f"{head_of(organiser, recipient, _subject(subject), stamp, message_id)}Auto-Submitted: auto-generated\r\n"
    return Message(message_id=message_id, content=f"{head}{part_of('text/plain; charset=UTF-8', lines)}".encode("ascii"))


def _subject(subject: str) -> str:
    line = one_line(subject)
    if line.isascii() and len(line) <= _LONGEST_SUBJECT:
        return line
    return Header(line, "utf-8", header_name="Subject").encode(linesep="\r\n")


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() else " " for each in line).rstrip()

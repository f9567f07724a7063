"""The mail that carries an invitation (RFC 6047), as the very bytes that will be sent, however often.

multipart/alternative: a plain text that suffices by itself, then text/calendar whose `method` parameter is its METHOD.
Nothing in it depends on the hour of sending: Date, Message-ID and boundary are fixed when the notice is owed.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from functools import lru_cache

from services.invitations.ical import CalendarEvent, invitation, one_line
from services.kernel.window import LONDON, TimeWindow
from services.kernel.words import InvitationMethod

# What a header and a cal-address can hold without any quoting; RFC 5322 dot-atom at a host name.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
BAD_ADDRESS = "ADDRESS"
"""The refusal of a mail whose address no mail server was asked about."""
_INVITED = "You are asked to a meeting."
_CHANGED = "This meeting has changed. What stands here replaces what you were told before."
_AS_IT_STANDS = "This is how a meeting stands that you are asked to. It replaces whatever you were told of it before."
_CANCELLED = "This meeting is cancelled. Nothing is expected of you."
_CLOSING = "The times are your own: when you are expected, and until when. Details are in Convene, under the reference above."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail ready to send: its Message-ID, and its bytes with CRLF lines."""

    message_id: str
    content: bytes


def can_be_mailed(address: str) -> bool:
    """Whether an address is one that mail and calendars can carry as it stands."""
    return len(address) <= 254 and _ADDRESS.fullmatch(address) is not None


def compose(event: CalendarEvent, *, organiser: str, attendee: str, first: bool, again: bool = False) -> Message:
    """The mail to `attendee` alone, from `organiser`. Both must pass `can_be_mailed`, else ValueError.

    `first`: the attendee has heard nothing of this meeting yet, so that it is no change to that person. `again`: nobody knows
    what the attendee has heard of it.
    """
    return assemble(
        f"{event.uid}.{event.sequence}",
        event.method,
        organiser=organiser,
        attendee=attendee,
        subject=_subject(event, first, again),
        stamp=event.stamp,
        text=_plain_text(event, first, again),
        calendar=invitation(event, organiser=organiser, attendee=attendee),
    )


def assemble(
    name: str, method: InvitationMethod, *, organiser: str, attendee: str, subject: str, stamp: datetime, text: str, calendar: str
) -> Message:
    """The mail of a plain text and a calendar object; `name` makes its Message-ID and boundary. ValueError as of `compose`."""
    for address in (organiser, attendee):
        if not can_be_mailed(address):
            raise ValueError("not an address that can be mailed")
    message_id = f"<{name}@{organiser.rsplit('@', 1)[1]}>"
    boundary = f"=_{name}"
    head = head_of(organiser, attendee, subject, stamp, message_id)
    head += f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n'
    parts = [
        part_of("text/plain; charset=UTF-8", text),
        part_of(f"text/calendar; method={method.value}; charset=UTF-8; component=VEVENT", calendar),
    ]
    body = "".join(f"\r\n--{boundary}\r\n{part}" for part in parts)
    return Message(message_id=message_id, content=f"{head}{body}\r\n--{boundary}--\r\n".encode("ascii"))


def head_of(organiser: str, recipient: str, subject: str, stamp: datetime, message_id: str) -> str:
    """The header lines of every mail of the unit, each with its CRLF. `subject` is one line of ASCII, or folded.

    None says `Auto-Submitted`: somebody asks for the meeting, and calendar servers take no invitation that says it (RFC 3834 is kept
    by asking for no automatic answer).
    """
    headers = {
        "From": organiser,
        "To": recipient,
        "Subject": subject,
        "Date": format_datetime(stamp.replace(microsecond=0)),
        "Message-ID": message_id,
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "MIME-Version": "1.0",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


def _subject(event: CalendarEvent, first: bool, again: bool) -> str:
    title = one_line(event.title).encode("ascii", "replace").decode()
    if event.cancelled:
        return f"Cancelled: {title}"
    if again:
        return f"As it stands: {title}"
    return title if first else f"Changed: {title}"


def _plain_text(event: CalendarEvent, first: bool, again: bool) -> str:
    opening = _CANCELLED if event.cancelled else _AS_IT_STANDS if again else _INVITED if first else _CHANGED
    return "\r\n".join(
        [
            opening,
            "",
            f"Meeting: {one_line(event.named)}",
            f"When:    {spoken(event.window)}",
            f"Where:   {one_line(event.location)}",
            "",
            *([] if event.cancelled else [_CLOSING]),
        ]
    )


@lru_cache(maxsize=64)
def spoken(window: TimeWindow) -> str:
    """From when until when, as people say it: `Monday 5 October 2026, 10:00 to 12:00 (time in England)`."""
    starts, ends = window.start.astimezone(LONDON), window.end.astimezone(LONDON)
    until = f"{ends:%H:%M}" if starts.date() == ends.date() else _spoken_instant(ends)
    return f"{_spoken_instant(starts)} to {until} (time in England)"


def spoken_day(day: date) -> str:
    """`Monday 5 October 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _spoken_instant(local: datetime) -> str:
    return f"{spoken_day(local.date())}, {local:%H:%M}"


def part_of(content_type: str, text: str) -> str:
    """A text with the lines that say what it is and how it is encoded."""
    encoded, encoding = _encoded(text)
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{encoded}"


def _encoded(text: str) -> tuple[str, str]:
    if text.isascii() and max(map(len, text.split("\r\n"))) <= 998:
        return text, "7bit"
    return base64.encodebytes(text.encode()).decode().replace("\n", "\r\n"), "base64"


def sender_of(content: bytes) -> str:
    """The organiser from whom a composed mail comes: its envelope bears the same address (RFC 6047 2.3)."""
    first, _, _ = content.partition(b"\r\n")
    return first.removeprefix(b"From: ").decode("ascii")

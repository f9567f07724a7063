"""An answer to an invitation, out of the raw mail that carries it (iMIP, RFC 6047). Whoever wrote it, reading it never fails.

Anybody can send mail to the organiser's address. So its size, lines, parts and headers are bounded before the parsers see
them, zones and charsets are taken from lists, and whatever a parser still stumbles over makes the mail malformed, no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32

from services.invitations.reply_calendar import CalendarReply, NotTaken, read_calendar
from services.kernel.window import TimeWindow
from services.kernel.words import ReplyAnswer, ReplyOutcome

LARGEST_MAIL = 1_000_000
"""Bytes of a mail that are read at most: a reply has a few thousand."""

_LARGEST_CALENDAR = 100_000
_MOST_LINE_ENDS = 50_000
_MOST_PARTS = 50
_LONGEST_HEADER = 8_000
_NESTS = re.compile(rb"boundary|message/", re.IGNORECASE)
# One address, bare or behind one name: no lists, no groups, nothing that two readers could read differently.
_FROM = re.compile(r'(?:"(?:[^"\\]|\\.)*" ?|[^"<>,:;@\\]*)<([^<>@,;:"\s]+@[^<>@,;:"\s]+)>|([^<>@,;:()"\s]+@[^<>@,;:()"\s]+)')
_LONGEST_FROM = 1_000
_CHARSETS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii"), "utf-8-sig"),
    **dict.fromkeys(("iso-8859-1", "latin1", "windows-1252", "cp1252"), "cp1252"),
    "iso-8859-15": "iso8859-15",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyMail:
    """An answer by the addressee, as far as the mail can tell. `stamped_at`: by the sender's clock, never later than now."""

    uid: str
    sequence: int
    attendee: str
    answer: ReplyAnswer
    counters: bool
    proposed: TimeWindow | None
    stamped_at: datetime


class _Bounded(Compat32):
    """Headers of a length that is no header's are read as empty: taking parameters apart costs the square of it."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(list(sourcelines))
        return name, value if len(value) <= _LONGEST_HEADER else ""


_POLICY = _Bounded()


def read_reply(mail: bytes, now: datetime) -> ReplyMail | ReplyOutcome:
    """The answer that the mail carries, or why it carries none that counts. Raises nothing, whatever the bytes are.

    Its From is one address, that of an ATTENDEE, of whom alone it can speak: whoever answers for another does so in that one's name.
    (A SENT-BY is not trusted: anybody may write one.)
    """
    if len(mail) > LARGEST_MAIL:
        return ReplyOutcome.TOO_LARGE
    try:
        return _read(mail, now)
    except NotTaken as why:
        return why.outcome
    except Exception:  # noqa: BLE001 a stranger's bytes: whatever the parsers stumble over, the mail is malformed
        return ReplyOutcome.MALFORMED


def _read(mail: bytes, now: datetime) -> ReplyMail:
    if mail.count(b"\n") + mail.count(b"\r") > _MOST_LINE_ENDS or len(_NESTS.findall(mail)) > _MOST_PARTS:
        raise NotTaken(ReplyOutcome.MALFORMED)
    message: Message = message_from_bytes(mail, policy=_POLICY)
    return _mailed(read_calendar(_calendar_of(message)), _sender_of(message), now)


def _mailed(reply: CalendarReply, sender: str, now: datetime) -> ReplyMail:
    return ReplyMail(
        uid=reply.uid,
        sequence=reply.sequence,
        attendee=sender,
        answer=reply.answer_of(sender),
        counters=reply.counters,
        proposed=reply.proposed,
        stamped_at=min(reply.stamped_at, now),
    )


def _calendar_of(message: Message) -> str:
    """The text of the first text/calendar; where there is none, of the first application/ics."""
    parts = list(_parts_of(message))
    for wanted in ("text/calendar", "application/ics"):
        for part in parts:
            if part.get_content_type() == wanted:
                return _text_of(part)
    raise NotTaken(ReplyOutcome.NO_REPLY)


def _parts_of(message: Message) -> Iterator[Message]:
    """What the mail itself says, in order; not what is inside a message that is attached to it, which speaks for somebody else."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        content = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(content, list):
            waiting += [each for each in reversed(content) if isinstance(each, Message)]
        else:
            yield part
    if waiting:
        raise NotTaken(ReplyOutcome.MALFORMED)


def _text_of(part: Message) -> str:
    content = part.get_payload(decode=True)
    charset = _CHARSETS.get((part.get_content_charset() or "utf-8").lower())
    if not isinstance(content, bytes) or charset is None:
        raise NotTaken(ReplyOutcome.MALFORMED)
    if len(content) > _LARGEST_CALENDAR:
        raise NotTaken(ReplyOutcome.TOO_LARGE)
    text = content.decode(charset)
    if "\x00" in text:
        raise NotTaken(ReplyOutcome.MALFORMED)
    return text


def _sender_of(message: Message) -> str:
    stated = message.get_all("From", [])
    line = " ".join(str(stated[0]).split()) if len(stated) == 1 else ""
    address = _FROM.fullmatch(line) if len(line) <= _LONGEST_FROM else None
    if address is None:
        raise NotTaken(ReplyOutcome.FORGED)
    return (address[1] or address[2]).lower()

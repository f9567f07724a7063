"""Answers as real clients send them, by what each is known for: folded lines, parameters, zones, places in the mail."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

ZONE_OF_WINDOWS = """\
BEGIN:VTIMEZONE
TZID:GMT Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def calendar(
    uid: str,
    address: str,
    at: datetime,
    *,
    sequence: int | None = 0,
    answer: str | None = "ACCEPTED",
    method: str = "REPLY",
    extra: str = "",
) -> str:
    """A reply with as little as it may have; `extra`: further lines of the event."""
    partstat = "" if answer is None else f";PARTSTAT={answer}"
    numbered = "" if sequence is None else f"SEQUENCE:{sequence}\n"
    return (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//EN\nMETHOD:{method}\nBEGIN:VEVENT\nUID:{uid}\n{numbered}DTSTAMP:{stamp(at)}\n"
        f"ATTENDEE{partstat}:mailto:{address}\n{extra}END:VEVENT\nEND:VCALENDAR\n"
    )


def mailed(text: str, sender: str, *, kind: str = "text/calendar; method=REPLY; charset=UTF-8") -> bytes:
    """The text as the whole mail."""
    return f"From: {sender}\nTo: conferences@unit.example.org\nSubject: Re\nMIME-Version: 1.0\nContent-Type: {kind}\n\n{text}".replace(
        "\n", "\r\n"
    ).encode()


def reply(uid: str, address: str, at: datetime, *, sender: str | None = None, **more: object) -> bytes:
    return mailed(calendar(uid, address, at, **more), sender or address)  # type: ignore[arg-type]


def _in_parts(text: str, sender: str, said: str, *, encoded: bool, kind: str) -> bytes:
    body = base64.encodebytes(text.replace("\n", "\r\n").encode()).decode() if encoded else text
    encoding = "base64" if encoded else "8bit"
    return (
        f"Received: from mail.example.org by mx.example.org; Tue, 1 Sep 2026 09:30:00 +0000\nFrom: {sender}\n"
        f"To: <conferences@unit.example.org>\nSubject: =?utf-8?q?Accepted=3A?= Meeting\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/alternative;\n boundary="_000_{said}_"\n\n--_000_{said}_\n'
        'Content-Type: text/plain; charset="us-ascii"\nContent-Transfer-Encoding: 7bit\n\nyes\n\n'
        f"--_000_{said}_\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{body}\n--_000_{said}_--\n"
    ).replace("\r\n", "\n").replace("\n", "\r\n").encode()  # fmt: skip


def outlook(
    uid: str, address: str, at: datetime, *, sequence: int = 0, answer: str = "ACCEPTED", proposed: datetime | None = None
) -> bytes:
    """Exchange: base64, a zone by its name in Windows with its own rules, upper-case MAILTO, properties of its own; another time as
    COUNTER with the old one beside it."""
    starts = proposed or at + timedelta(days=14)
    local = f"{starts:%Y%m%dT%H%M%S}"
    text = (
        f"BEGIN:VCALENDAR\nMETHOD:{'REPLY' if proposed is None else 'COUNTER'}\nPRODID:Microsoft Exchange Server 2010\nVERSION:2.0\n"
        f"{ZONE_OF_WINDOWS}BEGIN:VEVENT\nATTENDEE;PARTSTAT={answer};CN=An Officer:MAILTO:{address}\nCOMMENT;LANGUAGE=en-GB:\\n\n"
        f"UID:{uid}\nSUMMARY;LANGUAGE=en-GB:Accepted: Meeting\nDTSTART;TZID=GMT Standard Time:{local}\n"
        f"DTEND;TZID=GMT Standard Time:{starts + timedelta(hours=2):%Y%m%dT%H%M%S}\nCLASS:PUBLIC\nPRIORITY:5\nDTSTAMP:{stamp(at)}\n"
        f"TRANSP:OPAQUE\nSTATUS:CONFIRMED\nSEQUENCE:{sequence}\nX-MICROSOFT-CDO-APPT-SEQUENCE:{sequence}\n"
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY\nX-MS-OLK-ORIGINALSTART;TZID=GMT Standard Time:20260915T100000\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    kind = f'text/calendar; charset="utf-8"; method={"REPLY" if proposed is None else "COUNTER"}'
    return _in_parts(text, f'"Officer, An" <{address}>', "Exchange", encoded=True, kind=kind)


def google(uid: str, address: str, at: datetime, *, sequence: int = 0, answer: str = "ACCEPTED") -> bytes:
    """Google: folded lines, parameters in an order of its own, the organiser's name as one."""
    text = (
        "BEGIN:VCALENDAR\nPRODID:-//Google Inc//Google Calendar 70.9054//EN\nVERSION:2.0\nCALSCALE:GREGORIAN\nMETHOD:REPLY\n"
        f"BEGIN:VEVENT\nDTSTART:20260915T083000Z\nDTEND:20260915T110000Z\nDTSTAMP:{stamp(at)}\n"
        f"ORGANIZER;CN=conferences@unit.example.org:mailto:conferences@unit.exampl\n e.org\nUID:{uid}\n"
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer};CN={address}\n ;X-NUM-GUESTS=0:mailto:{address}\n"
        f"X-MICROSOFT-CDO-OWNERAPPTID:-1\nCREATED:20260901T090000Z\nDESCRIPTION:\nLAST-MODIFIED:{stamp(at)}\nLOCATION:Room A\n"
        f"SEQUENCE:{sequence}\nSTATUS:CONFIRMED\nSUMMARY:Meeting\nTRANSP:OPAQUE\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    return _in_parts(text, f"{address}", "Google", encoded=False, kind='text/calendar; charset="UTF-8"; method=REPLY')


def apple(uid: str, address: str, at: datetime, *, sequence: int = 0, answer: str = "ACCEPTED") -> bytes:
    """Apple: the calendar as an attachment of application/ics, a name in quotes with what needs them, an alarm inside the event."""
    text = (
        "BEGIN:VCALENDAR\nCALSCALE:GREGORIAN\nVERSION:2.0\nMETHOD:REPLY\nPRODID:-//Apple Inc.//macOS 14.6//EN\nBEGIN:VEVENT\n"
        f'ATTENDEE;CN="Officer; An: IRO";CUTYPE=INDIVIDUAL;EMAIL={address};PARTSTAT={answer}:mailto:{address.replace("@", "%40")}\n'
        f"DTEND;TZID=Europe/London:20260915T120000\nTRANSP:OPAQUE\nUID:{uid}\nDTSTAMP:{stamp(at)}\nSEQUENCE:{sequence}\nSUMMARY:Meeting\n"
        "BEGIN:VALARM\nUID:another\nTRIGGER:-PT15M\nACTION:DISPLAY\nEND:VALARM\nDTSTART;TZID=Europe/London:20260915T093000\nEND:VEVENT\n"
        "END:VCALENDAR\n"
    )
    return _in_parts(text, f"An Officer <{address}>", "Apple", encoded=True, kind='application/ics; name="invite.ics"')

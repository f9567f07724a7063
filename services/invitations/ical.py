"""RFC 5545 text: the same meeting gives the same bytes. The only facts are a random reference, a time and a safe place.

Times are Europe/London by the clock on the wall: if the law of summer time changed, 10:00 would stay 10:00. The zone is
written as two yearly rules, because lists of single onsets are read an hour off by common readers. A wall time that
occurs twice (the last Sunday of October, 01:00 to 02:00) cannot be told apart that way and is written in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from icalendar.parser import Contentline

from services.invitations.free_busy import Period
from services.kernel.window import LONDON, TimeWindow
from services.kernel.words import InvitationMethod, MeetingKind

PRODUCT = "-//Convene//Diary//EN"
HALF_AN_HOUR = timedelta(minutes=30)
CALENDAR_END = "END:VCALENDAR\r\n"
_ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19810329T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
""".replace("\n", "\r\n")
_TIMES = re.compile(r"\r\nDTSTART[;:][^\r]+\r\nDTEND[;:][^\r]+\r\n")
_TIMED = "\r\nDTSTART{}\r\nDTEND{}\r\n"
_KIND = re.compile(r"(\r\nSUMMARY:Meeting [^ \r\n]+) \([a-z ]+\)")
_LONGEST_LINE = 74
"""Octets: the library folds lines into so many. It goes through them by the character, so that plain ones are ours to fold."""
_PARTED = re.compile(r"[\\^]")
"""With these in it a line is folded elsewhere, lest an escape be parted."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """One event of one addressee. `stamp` is when it was owed: it never changes with a resend. `kind`: only where the unit has
    switched on that this addressee's calendar shows it."""

    uid: str
    sequence: int
    stamp: datetime
    window: TimeWindow
    reference: str
    location: str
    cancelled: bool = False
    kind: MeetingKind | None = None

    @property
    def title(self) -> str:
        """What it is called, in a calendar and in a mail."""
        return f"Meeting {self.named}"

    @property
    def named(self) -> str:
        """The reference, with the kind where that is shown."""
        return self.reference if self.kind is None else f"{self.reference} ({self.kind.value.lower().replace('_', ' ')})"

    @property
    def method(self) -> InvitationMethod:
        """What a mail about it asks for."""
        return InvitationMethod.CANCEL if self.cancelled else InvitationMethod.REQUEST


def one_line(text: str) -> str:
    """`text` with control characters, line ends and lone surrogates made single spaces: nothing can begin a new line."""
    return _UNPRINTABLE.sub(" ", text).strip()


def events_for_all(events: Iterable[tuple[str, TimeWindow | None]]) -> bytes:
    """Events of addressees as everybody may see them: each at the time of the meeting itself, where that is given, and without its kind."""
    shown = "".join(event if window is None else _TIMES.sub(_TIMED.format(*_times(window)), event, count=1) for event, window in events)
    return _KIND.sub(r"\1", shown).encode()


def feed_event(event: CalendarEvent) -> str:
    """The event for a feed: nobody's address is in it. CRLF lines of at most 75 octets."""
    return _event(event, [])


def invitation(event: CalendarEvent, *, organiser: str, attendee: str) -> str:
    """A whole iTIP object for one addressee, who is the only ATTENDEE in it (RFC 5546 3.2.2, 3.2.5)."""
    asks = "" if event.cancelled else ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
    people = [f"ORGANIZER:{_mailto(organiser)}", f"ATTENDEE;ROLE=REQ-PARTICIPANT{asks}:{_mailto(attendee)}"]
    return calendar_start(f"METHOD:{event.method.value}") + _event(event, people) + CALENDAR_END


def withdrawal(uid: str, sequence: int, stamp: datetime, *, organiser: str, attendee: str) -> str:
    """A CANCEL for one addressee of an event of which the UID alone is known (RFC 5546 3.2.5 asks for no time)."""
    event = _lines(
        "BEGIN:VEVENT",
        f"UID:{_escape(uid)}",
        f"DTSTAMP:{_utc(stamp)}",
        f"SEQUENCE:{sequence}",
        "STATUS:CANCELLED",
        "SUMMARY:Meeting",
        f"ORGANIZER:{_mailto(organiser)}",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT:{_mailto(attendee)}",
        "END:VEVENT",
    )
    return _head(f"METHOD:{InvitationMethod.CANCEL.value}") + event + CALENDAR_END


def feed_start() -> str:
    """What comes before the events of a feed. It has no name: a title would tell whose it is."""
    return calendar_start("REFRESH-INTERVAL;VALUE=DURATION:PT15M", "X-PUBLISHED-TTL:PT15M")


@lru_cache(maxsize=16)
def calendar_start(*properties: str) -> str:
    """A calendar up to its first event: version, `properties`, and the zone."""
    return _head(*properties) + _ZONE


def task_event(uid: str, sequence: int, stamp: datetime, reference: str, due: datetime | date, *, cancelled: bool) -> str:
    """What a feed shows of a task: all of a day, or the half hour at whose end it is due. It takes nobody's time and does not say
    what is to be done."""
    times = [f"DTSTART;VALUE=DATE:{due:%Y%m%d}"]
    if isinstance(due, datetime):
        starts, ends = _times(TimeWindow(due - HALF_AN_HOUR, due))
        times = [f"DTSTART{starts}", f"DTEND{ends}"]
    return _lines(
        "BEGIN:VEVENT",
        f"UID:{_escape(uid)}",
        f"DTSTAMP:{_utc(stamp)}",
        f"SEQUENCE:{sequence}",
        f"STATUS:{'CANCELLED' if cancelled else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",
        *times,
        f"SUMMARY:{_escape(f'Task {reference}')}",
        "END:VEVENT",
    )


def free_busy(uid: str, stamp: datetime, span: TimeWindow, busy: Iterable[Period], organiser: str) -> str:
    """A whole published VFREEBUSY (RFC 5546 3.3.1), all in UTC: when, and nothing of what or where. `stamp`: since when it is so."""
    times = [f"FREEBUSY;FBTYPE={each.busy.value}:{_utc(each.window.start)}/{_utc(each.window.end)}" for each in busy]
    component = _lines(
        "BEGIN:VFREEBUSY",
        f"UID:{_escape(uid)}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(span.start)}",
        f"DTEND:{_utc(span.end)}",
        f"ORGANIZER:{_mailto(organiser)}",
        *times,
        "END:VFREEBUSY",
    )
    return _head("METHOD:PUBLISH") + component + CALENDAR_END


def _head(*properties: str) -> str:
    return _lines("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", *properties)


def _event(event: CalendarEvent, people: list[str]) -> str:
    return _facts(event) + _lines(*people, "END:VEVENT")


@lru_cache(maxsize=64)
def _facts(event: CalendarEvent) -> str:
    """The same in a feed and in the mail, which are written one after the other."""
    starts, ends = _times(event.window)
    return _lines(
        "BEGIN:VEVENT",
        f"UID:{_escape(event.uid)}",
        f"DTSTAMP:{_utc(event.stamp)}",
        f"SEQUENCE:{event.sequence}",
        f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}",
        f"TRANSP:{'TRANSPARENT' if event.cancelled else 'OPAQUE'}",
        f"DTSTART{starts}",
        f"DTEND{ends}",
        f"SUMMARY:{_escape(event.title)}",
        f"LOCATION:{_escape(event.location)}",
    )


@lru_cache(maxsize=64)
def _times(window: TimeWindow) -> tuple[str, str]:
    local = [each.astimezone(LONDON) for each in (window.start, window.end)]
    if any(each.utcoffset() != each.replace(fold=1 - each.fold).utcoffset() for each in local):
        return f":{_utc(window.start)}", f":{_utc(window.end)}"
    starts, ends = (f";TZID=Europe/London:{each:%Y%m%dT%H%M%S}" for each in local)
    return starts, ends


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escape(text: str) -> str:
    # icalendar's own escape reads a backslash before N as a line end
    return one_line(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


def _mailto(address: str) -> str:
    return "mailto:" + quote(one_line(address), safe="@!$&'*+-./=_~")


def _lines(*lines: str) -> str:
    return "".join(f"{_folded(each)}\r\n" for each in lines)


def _folded(line: str) -> str:
    if line.isascii():
        if len(line) <= _LONGEST_LINE:
            return line
        if _PARTED.search(line) is None:
            return "\r\n ".join(line[at : at + _LONGEST_LINE] for at in range(0, len(line), _LONGEST_LINE))
    folded: bytes = Contentline(line).to_ical()  # type: ignore[no-untyped-call]
    return folded.decode()

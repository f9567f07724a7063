"""What a calendar text says in answer to an invitation: REPLY (RFC 5546 3.2.3) and COUNTER (3.2.7), from whoever wrote it.

Only the few properties that count are read, by the library's grammar of lines alone: a zone that the text defines is never
built, for its rules may never end, nor kept, for the next text may name it too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline, Contentlines
from icalendar.prop import vDDDTypes
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from services.kernel.errors import InvalidInput
from services.kernel.window import LONDON, TimeWindow
from services.kernel.words import ReplyAnswer, ReplyOutcome

_NAME = re.compile(r"[A-Za-z-]+")
_SEQUENCE = re.compile(r"[0-9]{1,9}")
_MAILTO = re.compile(r"mailto:(.+)", re.IGNORECASE)
_LONGEST_VALUE = 255
_READ = frozenset({"UID", "SEQUENCE", "ATTENDEE", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"})
_COUNTER = "COUNTER"
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between these a time is meant; PostgreSQL's driver cannot give back the first and the last of a calendar as it took them."""


class NotTaken(Exception):
    """The mail changes nothing; `outcome` says why, and nothing says what was in it."""

    def __init__(self, outcome: ReplyOutcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReply:
    """`attendees`: whom it names, by address in lower case, and what it says of each; a COUNTER may repeat all whom it knows to be
    asked (RFC 5546 3.2.7). `counters`: another time is asked for; `proposed` is it, where it can be read."""

    uid: str
    sequence: int
    attendees: tuple[tuple[str, ReplyAnswer | None], ...]
    counters: bool
    proposed: TimeWindow | None
    stamped_at: datetime

    def answer_of(self, sender: str) -> ReplyAnswer:
        """What the sender says for itself: of others nothing counts. Raises `NotTaken` for one who is not named, or says two things."""
        said = {answer for attendee, answer in self.attendees if attendee == sender}
        if not said:
            raise NotTaken(ReplyOutcome.FORGED)
        if len(said) > 1:
            raise NotTaken(ReplyOutcome.MALFORMED)
        answer = said.pop()
        if answer is None:
            raise NotTaken(ReplyOutcome.NO_ANSWER)
        return answer


@dataclass(frozen=True, slots=True)
class _Property:
    value: str
    parameters: dict[str, str]


@dataclass(slots=True)
class _Found:
    methods: list[str] = field(default_factory=list)
    events: int = 0
    properties: dict[str, list[_Property]] = field(default_factory=dict)

    def only(self, name: str) -> _Property | None:
        """The property, None where it is not there; raises `NotTaken` where it is there twice."""
        found = self.properties.get(name, [])
        if len(found) > 1:
            raise NotTaken(ReplyOutcome.MALFORMED)
        return found[0] if found else None

    def needed(self, name: str) -> _Property:
        found = self.only(name)
        if found is None:
            raise NotTaken(ReplyOutcome.MALFORMED)
        return found


def read_calendar(text: str) -> CalendarReply:
    """What a calendar text answers to one invitation. Raises `NotTaken` for one that answers none or several, `ValueError` for times that
    are none."""
    found = _properties_of(text)
    if len(found.methods) != 1 or found.methods[0] not in ("REPLY", _COUNTER):
        raise NotTaken(ReplyOutcome.NO_REPLY)
    if found.events != 1 or "RECURRENCE-ID" in found.properties:  # no meeting of ours recurs
        raise NotTaken(ReplyOutcome.MALFORMED)
    counters = found.methods[0] == _COUNTER
    return CalendarReply(
        uid=_uid_of(found.needed("UID")),
        sequence=_sequence_of(found.only("SEQUENCE")),
        attendees=_attendees_of(found.properties.get("ATTENDEE", []), counters),
        counters=counters,
        proposed=_proposed(found) if counters else None,
        stamped_at=_stamp_of(found.needed("DTSTAMP")),
    )


def _properties_of(text: str) -> _Found:
    """The methods of the calendars and what counts of their events, not of what is inside these."""
    found, inside = _Found(), list[str]()
    for line in Contentlines.from_ical(text):  # type: ignore[no-untyped-call]
        named = _NAME.match(line)
        name = named[0].upper() if named else ""
        if name == "BEGIN":
            inside.append(_property_of(line).value.upper())
            found.events += inside == ["VCALENDAR", "VEVENT"]
        elif name == "END":
            if not inside or inside.pop() != _property_of(line).value.upper():
                raise NotTaken(ReplyOutcome.MALFORMED)
        elif name == "METHOD" and inside == ["VCALENDAR"]:
            found.methods.append(_property_of(line).value.upper())
        elif name in _READ and inside == ["VCALENDAR", "VEVENT"]:
            found.properties.setdefault(name, []).append(_property_of(line))
    if inside:
        raise NotTaken(ReplyOutcome.MALFORMED)
    return found


def _property_of(line: Contentline) -> _Property:
    _, parameters, value = line.raw_parts()
    return _Property(value.strip(), {name.upper(): each for name, each in parameters.items() if isinstance(each, str)})


def _uid_of(stated: _Property) -> str:
    if not 0 < len(stated.value) <= _LONGEST_VALUE:
        raise NotTaken(ReplyOutcome.MALFORMED)
    return stated.value


def _sequence_of(stated: _Property | None) -> int:
    """Left out, it is 0 (RFC 5545 3.8.7.4)."""
    if stated is None:
        return 0
    if not _SEQUENCE.fullmatch(stated.value):
        raise NotTaken(ReplyOutcome.MALFORMED)
    return int(stated.value)


def _attendees_of(stated: list[_Property], counters: bool) -> tuple[tuple[str, ReplyAnswer | None], ...]:
    """Those who can write mails; raises `NotTaken` where nobody is named who can."""
    named = [(_address_of(each), _answer_of(each, counters)) for each in stated]
    attendees = tuple((address, answer) for address, answer in named if address is not None)
    if not attendees:
        raise NotTaken(ReplyOutcome.MALFORMED)
    return attendees


def _address_of(attendee: _Property) -> str | None:
    address = _MAILTO.fullmatch(attendee.value)
    if address is None or len(address[1]) > _LONGEST_VALUE:
        return None
    return unquote(address[1]).strip().lower()


def _answer_of(attendee: _Property, counters: bool) -> ReplyAnswer | None:
    """Whoever asks for another time without saying more may come, or may not."""
    stated = attendee.parameters.get("PARTSTAT", "").upper()
    if stated in ReplyAnswer.__members__:
        return ReplyAnswer(stated)
    return ReplyAnswer.TENTATIVE if counters else None


def _time_of(stated: _Property) -> object:
    """A day, an instant with or without a zone, or a length of time; raises `ValueError`."""
    return vDDDTypes.from_ical(stated.value)  # type: ignore[no-untyped-call]


def _stamp_of(stated: _Property) -> datetime:
    stamp = _time_of(stated)
    if not isinstance(stamp, datetime):
        raise NotTaken(ReplyOutcome.MALFORMED)
    return max(_FIRST, stamp.replace(tzinfo=stamp.tzinfo or UTC))  # a clock that was never set still answers


def _proposed(found: _Found) -> TimeWindow | None:
    """The time that is asked for; None where it is no time, one that no meeting can have, or of a zone that nobody knows."""
    proposed = _stated_window(found)
    return proposed if proposed is not None and proposed.start >= _FIRST and proposed.end <= _LAST else None


def _stated_window(found: _Found) -> TimeWindow | None:
    starts, ends, lasts = found.only("DTSTART"), found.only("DTEND"), found.only("DURATION")
    try:
        start = None if starts is None else _instant_of(starts)
        if start is None:
            return None
        if ends is None:
            length = None if lasts is None else _time_of(lasts)
            return TimeWindow(start, start + length) if isinstance(length, timedelta) else None
        end = _instant_of(ends)
        return None if end is None else TimeWindow(start, end)
    except (ValueError, OverflowError, InvalidInput):
        return None


def _instant_of(stated: _Property) -> datetime | None:
    at = _time_of(stated)
    if not isinstance(at, datetime):
        return None  # a whole day is no time for a meeting
    if at.tzinfo is None:
        zone = _zone_of(stated.parameters.get("TZID"))
        at = None if zone is None else at.replace(tzinfo=zone)
    return None if at is None else at.astimezone(UTC)


def _zone_of(name: str | None) -> tzinfo | None:
    """The zone by its name in the database of zones, in Windows, or behind the prefix of a vendor; without a name, England's."""
    if name is None:
        return LONDON
    for each in (WINDOWS_TO_OLSON.get(name, name), "/".join(name.split("/")[-2:])):
        try:
            return ZoneInfo(each)
        except (ValueError, OSError, KeyError):  # no such zone, or no name of one
            continue
    return None

"""The same instants in every program that reads our calendars, also in the hours in which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.invitations.ical import invitation
from tests.invitations.test_ical import UID, event, feed
from tests.readers.asked import need
from tests.readers.reading import READERS, kept_by_libical

CHANGES = (datetime(2027, 3, 27, tzinfo=UTC), datetime(2027, 10, 30, tzinfo=UTC))
STARTS = [first + timedelta(minutes=30 * step) for first in CHANGES for step in range(3 * 48)]
EVENTS = [event(start, uid=f"{number:08d}-0000-4000-8000-000000000000", hours=1.5) for number, start in enumerate(STARTS)]
EXPECTED = {each.uid: [f"{instant:%Y-%m-%dT%H:%M:%SZ}" for instant in (each.window.start, each.window.end)] for each in EVENTS}
ORGANISER, ATTENDEE = "unit@example.org", "iro01@example.org"


def test_half_past_one_is_among_them_twice_and_in_spring_not_at_all() -> None:
    local = [each.window.start.astimezone(event().window.start.tzinfo) for each in EVENTS]
    assert len({each.astimezone(UTC) for each in local}) == len(EVENTS) == 288
    text = feed(*EVENTS).decode()
    assert "DTSTART:20271031T003000Z" in text
    assert "DTSTART:20271031T013000Z" in text
    assert "TZID=Europe/London:20270328T013000" not in text


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_finds_the_same_instants_over_both_clock_changes(reader: str) -> None:
    need(reader)
    assert READERS[reader](feed(*EVENTS)) == EXPECTED


@pytest.mark.parametrize("reader", ["icalendar", "ical.js", "node-ical", "libical"])  # khal keeps events, and takes no messages
def test_every_reader_takes_an_invitation_and_a_cancellation(reader: str) -> None:
    need(reader)
    for cancelled in (False, True):
        text = invitation(event(cancelled=cancelled), organiser=ORGANISER, attendee=ATTENDEE)
        assert READERS[reader](text.encode()) == {UID: ["2026-09-14T09:00:00Z", "2026-09-14T10:00:00Z"]}


def test_libical_finds_every_restriction_kept_and_sees_each_that_is_not() -> None:
    need("libical")
    sound = [invitation(event(cancelled=each), organiser=ORGANISER, attendee=ATTENDEE) for each in (False, True)]
    assert kept_by_libical([*sound, feed(*EVENTS).decode()]) == [True] * 3
    for name in ("UID", "DTSTAMP", "ORGANIZER", "ATTENDEE", "SEQUENCE"):  # the control
        broken = ["\r\n".join(line for line in text.split("\r\n") if not line.startswith(name)) for text in sound]
        assert not all(kept_by_libical(broken)), name

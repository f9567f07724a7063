"""Calendar text: the same bytes every time, the same instants in every reader, nothing injected."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.invitations.ical import CALENDAR_END, CalendarEvent, _folded, events_for_all, feed_event, feed_start, invitation
from services.invitations.itip import can_be_mailed, compose, sender_of
from services.kernel.window import LONDON, TimeWindow
from services.kernel.words import MeetingKind

STAMP = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
UID = "5d1c2f0e-2f5e-4f7c-9a63-0d2b6c1e7a44"


def event(
    start: datetime = datetime(2026, 9, 14, 9, 0, tzinfo=UTC),
    *,
    uid: str = UID,
    sequence: int = 0,
    hours: float = 1,
    location: str = "Meeting room A",
    reference: str = "M-7KQ4-XW2P",
    cancelled: bool = False,
) -> CalendarEvent:
    return CalendarEvent(
        uid=uid,
        sequence=sequence,
        stamp=STAMP,
        window=TimeWindow(start, start + timedelta(hours=hours)),
        reference=reference,
        location=location,
        cancelled=cancelled,
    )


def feed(*events: CalendarEvent) -> bytes:
    return (feed_start() + "".join(feed_event(each) for each in events) + CALENDAR_END).encode()


def test_an_event_is_these_bytes() -> None:
    assert feed_event(event()).split("\r\n") == [
        "BEGIN:VEVENT",
        f"UID:{UID}",
        "DTSTAMP:20260901T090000Z",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "DTSTART;TZID=Europe/London:20260914T100000",
        "DTEND;TZID=Europe/London:20260914T110000",
        "SUMMARY:Meeting M-7KQ4-XW2P",
        "LOCATION:Meeting room A",
        "END:VEVENT",
        "",
    ]


def test_a_cancellation_says_so_three_times() -> None:
    text = invitation(event(sequence=3, cancelled=True), organiser="unit@example.org", attendee="iro01@example.org")
    assert "\r\nMETHOD:CANCEL\r\n" in text
    assert "\r\nSTATUS:CANCELLED\r\n" in text
    assert "\r\nSEQUENCE:3\r\n" in text


def test_a_cancellation_asks_for_no_answer_and_takes_no_time() -> None:
    text = invitation(event(cancelled=True), organiser="unit@example.org", attendee="o'%25#iro@example.org")
    assert "\r\nTRANSP:TRANSPARENT\r\n" in text
    assert "\r\nATTENDEE;ROLE=REQ-PARTICIPANT:mailto:o'%2525%23iro@example.org\r\n" in text
    asked = invitation(event(), organiser="unit@example.org", attendee="iro01@example.org").replace("\r\n ", "")
    assert "\r\nATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:iro01@example.org\r\n" in asked
    assert "\r\nTRANSP:OPAQUE\r\n" in asked


def test_another_process_with_another_hash_seed_and_zone_writes_the_same_bytes() -> None:
    program = (
        "from tests.invitations.test_ical import event, feed; from services.invitations.itip import compose; import sys\n"
        "mail = compose(event(location='Café'), organiser='unit@example.org', attendee='iro01@example.org', first=True)\n"
        "sys.stdout.buffer.write(mail.content + feed(event(), event(sequence=2, cancelled=True)))"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale},
        ).stdout
        for seed, zone, locale in (("1", "UTC", "C"), ("2", "America/New_York", "C.UTF-8"))
    }
    assert len(written) == 1
    assert written.pop().count(b"BEGIN:VEVENT") == 2  # the mail's own is base64: its place is not ASCII


# -------------------------------------------------------------------------------------------- instants


def test_ten_in_the_morning_stays_ten_on_both_sides_of_the_change() -> None:
    for day in (27, 28, 29):
        local = datetime(2027, 3, day, 10, 0, tzinfo=LONDON)
        assert f"DTSTART;TZID=Europe/London:202703{day}T100000" in feed_event(event(local))


def test_an_hour_that_occurs_twice_is_written_in_utc() -> None:
    text = feed_event(event(datetime(2027, 10, 31, 1, 30, tzinfo=UTC)))
    assert "DTSTART:20271031T013000Z" in text
    assert "DTEND:20271031T023000Z" in text


def test_the_rules_of_the_zone_begin_at_true_changes() -> None:
    """An onset is local to the offset before it: both changes happen at 01:00 UTC."""
    for rule in icalendar.Calendar.from_ical(feed()).walk("VTIMEZONE")[0].subcomponents:
        onset = (rule.decoded("DTSTART") - rule.decoded("TZOFFSETFROM")).replace(tzinfo=UTC)
        before, after = (onset + step for step in (timedelta(seconds=-1), timedelta(0)))
        assert before.astimezone(LONDON).utcoffset() == rule.decoded("TZOFFSETFROM")
        assert after.astimezone(LONDON).utcoffset() == rule.decoded("TZOFFSETTO")


# ------------------------------------------------------------------------------------------- injection

_ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=300) | st.sampled_from(
    ["x\r\nATTENDEE:mailto:evil@example.org", "a\\Nb", "\u2028END:VEVENT", "\x85BEGIN:VALARM", "é" * 120, "a,b;c\\", "\r", "\n\n", "\x00"]
)


@settings(deadline=None)
@given(_ANY_TEXT)
def test_no_text_escapes_its_line_and_no_line_is_longer_than_75_octets(text: str) -> None:
    written = feed(event(location=text, reference=text))
    lines = written.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # folded between characters, never inside one
    (found,) = icalendar.Calendar.from_ical(written).walk("VEVENT")
    assert not found.errors
    assert sorted(found.keys()) == sorted(icalendar.Calendar.from_ical(feed(event())).walk("VEVENT")[0].keys())
    assert not found.subcomponents


def test_what_some_readers_take_for_the_end_of_a_line_becomes_a_space() -> None:
    assert "\r\nLOCATION:a b c d e\r\n" in feed_event(event(location="a\u2028b\u2029c\x85d\x0be"))


def test_commas_semicolons_and_backslashes_are_escaped() -> None:
    assert "\r\nLOCATION:a\\,b\\;c\\\\N\r\n" in feed_event(event(location="a,b;c\\N"))


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200).map(str.strip))
def test_whatever_can_be_printed_arrives_as_it_was(text: str) -> None:
    unfolded = feed_event(event(location=text)).replace("\r\n ", "")
    (line,) = [line for line in unfolded.split("\r\n") if line.startswith("LOCATION:")]
    parts = line.removeprefix("LOCATION:").replace("\\\\", "\0").replace("\\,", ",").replace("\\;", ";")
    assert parts.replace("\0", "\\") == text


@settings(deadline=None)
@given(_ANY_TEXT, st.integers(0, 5), st.booleans(), st.booleans())
def test_a_mail_is_ascii_with_these_headers_and_two_parts_whatever_is_in_it(text: str, sequence: int, cancelled: bool, first: bool) -> None:
    mail = compose(
        event(location=text, reference=text, sequence=sequence, cancelled=cancelled),
        organiser="unit@example.org",
        attendee="iro01@example.org",
        first=first,
    )
    assert mail.content.isascii()
    assert b"\n" not in mail.content.replace(b"\r\n", b"")
    read = message_from_bytes(mail.content, policy=policy.default)
    assert not read.defects
    assert read.keys() == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-Auto-Response-Suppress",
        "MIME-Version",
        "Content-Type",
    ]
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/calendar"]


def test_no_line_of_a_mail_is_longer_than_mail_may_carry() -> None:
    mail = compose(event(location="x" * 2000), organiser="unit@example.org", attendee="iro01@example.org", first=True)
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998
    plain, _ = message_from_bytes(mail.content, policy=policy.default).iter_parts()
    assert "x" * 2000 in plain.get_content()


@pytest.mark.parametrize(
    "address",
    [
        "a@b\r\nBcc: c@example.org",
        "a@b>\r\nRCPT TO:<c@example.org",
        "a b@example.org",
        "<a@example.org>",
        "a@example.org,b@example.org",
        "no-at.example.org",
        "é@example.org",
        "a@example.org\n",
        "",
        "x" * 250 + "@example.org",
    ],
)
def test_an_address_that_is_none_is_never_mailed(address: str) -> None:
    assert not can_be_mailed(address)
    with pytest.raises(ValueError, match="address"):
        compose(event(), organiser="unit@example.org", attendee=address, first=True)


# ------------------------------------------------------------------------------------------------ mail


def test_a_mail_reads_like_this() -> None:
    mail = compose(event(sequence=1), organiser="unit@example.org", attendee="iro01@example.org", first=False)
    read = message_from_bytes(mail.content, policy=policy.default)
    assert read["Subject"] == "Changed: Meeting M-7KQ4-XW2P"
    assert (read["From"], read["To"]) == ("unit@example.org", "iro01@example.org")
    assert read["Date"].datetime == STAMP
    assert read["Message-ID"] == mail.message_id == f"<{UID}.1@example.org>"
    assert sender_of(mail.content) == "unit@example.org"
    plain, calendar = read.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == (
        "This meeting has changed. What stands here replaces what you were told before.\n\n"
        "Meeting: M-7KQ4-XW2P\n"
        "When:    Monday 14 September 2026, 10:00 to 11:00 (time in England)\n"
        "Where:   Meeting room A\n\n"
        "The times are your own: when you are expected, and until when. Details are in Convene, under the reference above."
    )
    assert calendar["Content-Type"].params == {"method": "REQUEST", "charset": "UTF-8", "component": "VEVENT"}
    (found,) = icalendar.Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    assert found["ORGANIZER"] == "mailto:unit@example.org"
    assert found["ATTENDEE"] == "mailto:iro01@example.org"


def test_a_cancellation_says_in_plain_text_what_is_off_and_that_nothing_is_expected() -> None:
    mail = compose(event(sequence=4, cancelled=True), organiser="unit@unit.example.org", attendee="iro01@example.org", first=False)
    read = message_from_bytes(mail.content, policy=policy.default)
    assert read["Subject"] == "Cancelled: Meeting M-7KQ4-XW2P"
    assert read["Message-ID"] == mail.message_id == f"<{UID}.4@unit.example.org>"  # the domain is the organiser's own
    plain, _ = read.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == (
        "This meeting is cancelled. Nothing is expected of you.\n\n"
        "Meeting: M-7KQ4-XW2P\n"
        "When:    Monday 14 September 2026, 10:00 to 11:00 (time in England)\n"
        "Where:   Meeting room A\n"
    )


def test_the_first_that_an_addressee_hears_is_no_change() -> None:
    mail = compose(event(sequence=2), organiser="unit@example.org", attendee="iro01@example.org", first=True)
    assert b"Changed" not in mail.content
    assert b"You are asked to a meeting." in mail.content


@pytest.mark.parametrize("character", ["a", "é", "😀", "\\", "^", "a\\,"])
def test_a_line_is_folded_as_the_library_folds_it(character: str) -> None:
    for length in range(240):
        line = f"LOCATION:{character * length}"
        expected: bytes = icalendar.parser.Contentline(line).to_ical()  # type: ignore[no-untyped-call]
        assert _folded(line) == expected.decode()


_INSTANTS = st.integers(0, 2 * 365 * 24 * 4).map(lambda quarters: datetime(2026, 1, 1, tzinfo=UTC) + quarters * timedelta(minutes=15))
_CHANGES = st.sampled_from([datetime(2026, 10, 25, hour, half, tzinfo=UTC) for hour in (0, 1, 2) for half in (0, 30)])


@given(_INSTANTS | _CHANGES, _INSTANTS | _CHANGES, st.booleans(), _ANY_TEXT)
def test_what_all_may_see_of_an_event_is_the_same_event_at_the_meetings_own_time(
    own: datetime, chairs: datetime, cancelled: bool, location: str
) -> None:
    """On either side of the clocks' change, and whatever the place is called."""
    own_time = TimeWindow(own, own + timedelta(hours=1))
    for kind in (None, MeetingKind.CARE_REVIEW):
        seen = replace(event(chairs, hours=2, cancelled=cancelled, location=location), kind=kind)
        for_all = events_for_all([(feed_event(seen), own_time), (feed_event(seen), None)])
        plain = replace(seen, kind=None)
        assert for_all.decode() == feed_event(replace(plain, window=own_time)) + feed_event(plain)

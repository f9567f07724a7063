"""The page on calendars shows the very messages that are sent, and they are what calendars read."""

from __future__ import annotations

import email
import email.policy

import icalendar

from services.platform.database import Database
from tests.invitations.calendars_page import PAGE, UID, messages, written


async def test_the_page_shows_what_is_sent(database: Database) -> None:
    assert written(PAGE.read_text(encoding="utf-8")) == await messages(database), "python -m tests.invitations.calendars_page"


def test_the_life_on_the_page_is_one_event_of_rising_sequence_that_ends_cancelled() -> None:
    seen = []
    for text in written(PAGE.read_text(encoding="utf-8"))[:-1]:
        mail = email.message_from_bytes(text.replace("\n", "\r\n").encode(), policy=email.policy.default)
        part = mail if mail.get_content_type() == "text/calendar" else mail.get_body(preferencelist=("calendar",))
        assert part is not None
        calendar = icalendar.Calendar.from_ical(part.get_content())
        (event,) = calendar.walk("VEVENT")
        assert event["UID"] == str(UID)
        attendee = event["ATTENDEE"]
        seen.append((str(calendar["METHOD"]), event.decoded("SEQUENCE"), attendee.params.get("PARTSTAT")))
    assert seen == [
        ("REQUEST", 0, "NEEDS-ACTION"),
        ("REPLY", 0, "ACCEPTED"),
        ("REQUEST", 1, "NEEDS-ACTION"),
        ("REPLY", 1, "DECLINED"),
        ("CANCEL", 2, None),
    ]

"""A calendar server of others takes our mails: request, update, cancellation; repeated, and out of order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle, permutations

from services.invitations.delivery import deliver_owed
from services.invitations.itip import compose
from services.kernel.window import LONDON
from services.platform.database import Database
from tests.invitations.meetings import Clock, add_meeting, at, chair, resources_for, tell, without_addressees
from tests.invitations.test_ical import UID, event
from tests.readers.asked import need
from tests.readers.xandikos import Kept, keep_by_xandikos
from tests.support.smtp import ScriptedSmtp, running


def _mail(sequence: int, hour: int, *, cancelled: bool = False) -> tuple[int, bytes]:
    told = event(datetime(2026, 9, 14, hour, tzinfo=UTC), sequence=sequence, cancelled=cancelled)
    return sequence, compose(told, organiser="unit@example.org", attendee="iro01@example.org", first=not sequence).content


REQUEST, UPDATE, CANCEL, AGAIN = _mail(0, 9), _mail(1, 13), _mail(2, 13, cancelled=True), _mail(3, 15)
LIVES = ([REQUEST, UPDATE], [REQUEST, UPDATE, CANCEL], [REQUEST, CANCEL, AGAIN])


def _heeded(mails: Sequence[tuple[int, bytes]]) -> list[bytes]:
    """What a reader that keeps to RFC 5546 2.1.5 makes use of: nothing older than what it has."""
    newest, used = -1, []
    for sequence, content in mails:
        if sequence >= newest:
            newest = sequence
            used.append(content)
    return used


def _stands(kept: Kept) -> str | None:
    """When the meeting stands in the calendar; None where it does not."""
    status, begin, _ = kept.get(UID, ("CANCELLED", "", ""))
    return None if status == "CANCELLED" else begin


def _truth(life: Sequence[tuple[int, bytes]]) -> str | None:
    return {1: "2026-09-14T14:00:00+01:00", 2: None, 3: "2026-09-14T16:00:00+01:00"}[life[-1][0]]


def test_a_request_an_update_and_a_cancellation_end_in_the_truth_in_every_order_and_repeated() -> None:
    need("xandikos")
    cases = [(life, (*order, *twice)) for life in LIVES for order in permutations(life) for twice in ((), order[:1])]
    boxes = list({tuple(_heeded(order)) for _, order in cases})
    kept = dict(zip(boxes, keep_by_xandikos(boxes), strict=True))
    assert [_stands(kept[tuple(_heeded(order))]) for _, order in cases] == [_truth(life) for life, _ in cases]


def test_it_follows_whatever_is_sent_in_order_by_itself_and_is_misled_by_another_order() -> None:
    """It looks at no SEQUENCE: that nothing newer is sent before something older is what keeps such a calendar true."""
    need("xandikos")
    repeated = [[mail for mail in life for _ in range(2)] for life in LIVES]
    kept = keep_by_xandikos([[content for _, content in mails] for mails in [*repeated, [UPDATE, REQUEST]]])
    assert [_stands(each) for each in kept[:-1]] == [_truth(life) for life in LIVES]
    assert _stands(kept[-1]) == "2026-09-14T10:00:00+01:00"  # the control


async def test_whatever_the_relay_does_with_our_mails_every_calendar_ends_as_the_diary_is(database: Database, now: datetime) -> None:
    need("xandikos")
    clock, lots, begins = Clock(now), random.Random(11), now + timedelta(days=14)
    meetings = [await add_meeting(database, begins, [chair(begins, f"IRO-{number:02}")]) for number in range(1, 9)]
    defers, loses = cycle((True, False, False)), cycle((False, True))  # of four in a row one that is taken is not heard of
    async with running(
        ScriptedSmtp(on_data=lambda _: "451 later" if next(defers) else "250 fine", lose_answer=lambda _: next(loses))
    ) as server:
        resources = resources_for(database, server.url)
        for day in range(6):
            for meeting in meetings:
                changed = lots.choice((meeting, without_addressees(meeting), at(meeting, begins + timedelta(days=day))))
                await tell(database, changed, clock())
            await deliver_owed(resources, clock)
            clock.advance(minutes=20)
        server.on_data, server.lose_answer = lambda _: "250 fine", lambda _: False
        await deliver_owed(resources, clock)
    boxes: dict[str, list[bytes]] = defaultdict(list)
    for mail in server.accepted:
        boxes[mail.recipient].append(mail.content)
    assert len({mail.content for mail in server.accepted}) < len(server.accepted)  # some came twice
    async with database.connection() as connection:
        entries = await connection.fetch("SELECT uid, email, cancelled, starts_at FROM calendar_entry")
    kept = dict(zip(boxes, keep_by_xandikos(list(boxes.values())), strict=True))
    for entry in entries:
        status, begin, _ = kept.get(entry["email"], {}).get(entry["uid"], ("CANCELLED", "", ""))
        assert (status == "CANCELLED") is entry["cancelled"]
        assert entry["cancelled"] or begin == entry["starts_at"].astimezone(LONDON).isoformat()
    assert {True, False} == {entry["cancelled"] for entry in entries}


def test_it_takes_no_mail_that_says_that_nobody_asked_for_it() -> None:
    """Why our invitations do not say `Auto-Submitted`."""
    need("xandikos")
    place = "Café, room; 2\\3"
    mail = compose(event(location=place), organiser="unit@example.org", attendee="iro01@example.org", first=True).content
    said = mail.replace(b"MIME-Version:", b"Auto-Submitted: auto-generated\r\nMIME-Version:")
    expected = {UID: ("CONFIRMED", "2026-09-14T10:00:00+01:00", place)}
    assert keep_by_xandikos([[said], [mail]]) == [{}, expected]

"""Free and busy times: exactly when somebody cannot be had, and nothing of why."""

from __future__ import annotations

import gzip
import os
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invitations.answering import FeedAnswer
from services.invitations.busy import fetch_free_busy
from services.invitations.feeds import IssueFeed, RevokeFeed, fetch_feed, issue_feed, revoke_feed
from services.invitations.free_busy import Busy, Held, Period, periods
from services.invitations.ical import free_busy
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import InvalidInput
from services.kernel.window import TimeWindow
from services.kernel.words import FeedScope
from services.platform.database import Connection, Database
from tests.invitations.meetings import resources_for
from tests.support.records import Records

MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
SPAN = TimeWindow(MONDAY, MONDAY + timedelta(hours=48))


def hours(first: float, last: float) -> TimeWindow:
    return TimeWindow(MONDAY + timedelta(hours=first), MONDAY + timedelta(hours=last))


def brief(found: tuple[Period, ...]) -> list[tuple[str, float, float]]:
    return [
        (each.busy.value, (each.window.start - MONDAY) / timedelta(hours=1), (each.window.end - MONDAY) / timedelta(hours=1))
        for each in found
    ]


def test_what_is_held_is_busy_and_what_is_beyond_work_unavailable() -> None:
    found = periods(SPAN, [Held(window=hours(9, 11)), Held(window=hours(11, 12)), Held(window=hours(16, 18))], [hours(8, 17)])
    assert brief(found) == [
        ("BUSY-UNAVAILABLE", 0, 8), ("BUSY", 9, 12), ("BUSY", 16, 18), ("BUSY-UNAVAILABLE", 18, 48),
    ]  # fmt: skip


def test_a_provisional_hold_is_tentative_and_a_span_ends_where_it_ends() -> None:
    found = periods(hours(10, 20), [Held(window=hours(8, 11)), Held(window=hours(18, 22), provisional=True)], [hours(0, 48)])
    assert brief(found) == [("BUSY", 10, 11), ("BUSY-TENTATIVE", 18, 20)]


def test_a_team_is_busy_when_no_place_is_left() -> None:
    held = [Held(window=hours(9, 12)), Held(window=hours(10, 13)), Held(window=hours(12, 14), provisional=True)]
    assert brief(periods(hours(8, 16), held, [hours(8, 16), hours(8, 16)])) == [("BUSY", 10, 12), ("BUSY-TENTATIVE", 12, 13)]
    assert brief(periods(hours(8, 16), held[:1], [hours(8, 16), hours(14, 16)])) == [("BUSY", 9, 12)]


_SPANS = st.tuples(st.integers(-4, 50), st.integers(1, 12)).map(lambda pair: hours(pair[0], pair[0] + pair[1]))


@given(
    st.lists(st.builds(lambda window, provisional: Held(window=window, provisional=provisional), _SPANS, st.booleans()), max_size=8),
    st.lists(_SPANS, max_size=6),
)
def test_every_instant_is_told_as_it_is_in_order_and_without_overlap(held: list[Held], at_work: list[TimeWindow]) -> None:
    found = periods(SPAN, held, at_work)
    for before, after in pairwise(found):
        assert before.window.end <= after.window.start
        assert before.window.end < after.window.start or before.busy is not after.busy
    for half_hour in range(96):
        instant = MONDAY + timedelta(minutes=30 * half_hour + 15)
        firm, all_of_it, working = (
            sum(window.start <= instant < window.end for window in windows)
            for windows in ([each.window for each in held if not each.provisional], [each.window for each in held], at_work)
        )
        free = all_of_it < working
        told = [each.busy for each in found if each.window.start <= instant < each.window.end]
        assert (told == []) == free
        if told == [Busy.BUSY]:
            assert firm >= working
        if told == [Busy.UNAVAILABLE]:
            assert (firm, working) == (0, 0)


def test_the_component_is_these_bytes() -> None:
    busy = [Period(window=hours(9, 11), busy=Busy.BUSY), Period(window=hours(17, 24), busy=Busy.UNAVAILABLE)]
    text = free_busy("0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10", MONDAY, SPAN, busy, "conferences@example.org")
    assert text.split("\r\n") == [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Convene//Diary//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        "BEGIN:VFREEBUSY", "UID:0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10", "DTSTAMP:20260907T000000Z", "DTSTART:20260907T000000Z",
        "DTEND:20260909T000000Z", "ORGANIZER:mailto:conferences@example.org",
        "FREEBUSY;FBTYPE=BUSY:20260907T090000Z/20260907T110000Z",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260907T170000Z/20260908T000000Z",
        "END:VFREEBUSY", "END:VCALENDAR", "",
    ]  # fmt: skip


_LIBICAL = """
import sys
import gi
gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as I
root = I.Component.new_from_string(sys.stdin.read())
print(bool(I.restriction_check(root)), "X-LIC-ERROR" in root.as_ical_string(), root.get_method() == I.PropertyMethod.PUBLISH)
"""


def test_libical_finds_nothing_to_object_to() -> None:
    python = "/usr/bin/python3"
    probe = [python, "-c", "import gi; gi.require_version('ICalGLib', '3.0')"]
    if not Path(python).exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: libical is not installed (Debian: python3-gi, gir1.2-ical-3.0)")
    busy = periods(SPAN, [Held(window=hours(9, 11)), Held(window=hours(12, 13), provisional=True)], [hours(8, 17)])
    text = free_busy("0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10", MONDAY, SPAN, busy, "conferences@example.org")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}

    def judged(content: str) -> list[bytes]:
        return subprocess.run(
            [python, "-c", _LIBICAL], input=content.encode(), capture_output=True, check=True, env=environment
        ).stdout.split()

    assert judged(text) == [b"True", b"False", b"True"]
    without = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("ORGANIZER"))
    assert judged(without)[:2] != [b"True", b"False"], "it sees what lacks"


async def _issue(database: Database, scope: FeedScope, code: str | None, *, only: bool = True) -> str:
    command = IssueFeed(request_key=str(uuid4()), scope=scope, code=code, free_busy_only=only)
    feed = await issue_feed(resources_for(database), COMMAND_LINE, command, MONDAY)
    assert feed.url is not None
    return feed.url


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[1].rsplit(".", 1)[0]


async def fetch(database: Database, url: str, now: datetime = MONDAY, etag: str | None = None, **more: Any) -> FeedAnswer:
    return await fetch_free_busy(resources_for(database), token_of(url), etag, more.pop("since", None), now, **more)


async def _hold(connection: Connection, resource: UUID, window: TimeWindow, state: str = "CONFIRMED") -> UUID:
    """A meeting with all of that time, travel included; nobody is asked whether it is at work."""
    until = window.end if state == "PROVISIONAL" else None
    meeting = await Records(connection).meeting(f"M-{uuid4().hex[:6]}", window.start, [], venue="a refuge")
    await connection.execute("UPDATE meeting SET state = $2, provisional_until = $3 WHERE id = $1", meeting, state, until)
    await connection.execute(
        "INSERT INTO availability VALUES ($1, tstzrange($2, $3)) ON CONFLICT DO NOTHING", resource, MONDAY, MONDAY + timedelta(days=1)
    )
    await connection.execute(
        "INSERT INTO hold (resource_id, blocked, attended, meeting_id) VALUES ($1, tstzrange($2, $3), tstzrange($2, $3), $4)",
        resource, window.start, window.end, meeting,
    )  # fmt: skip
    return meeting


def told(answer: FeedAnswer, *, first: int = 3) -> list[tuple[str, str]]:
    assert answer.status == 200
    lines = [line for line in answer.body.decode().split("\r\n") if line.startswith("FREEBUSY")]
    return [(line.partition(":")[0].partition("=")[2], line.partition(":")[2]) for line in lines[:first]]


async def test_an_officer_is_busy_for_her_own_blocked_time_and_of_the_meeting_nothing_is_said(database: Database) -> None:
    async with database.transaction() as connection:
        officer = await Records(connection).iro("IRO-01")
        await _hold(connection, officer, hours(9, 12))
        await _hold(connection, officer, hours(14, 15), "PROVISIONAL")
    url = await _issue(database, FeedScope.IRO, "IRO-01")
    assert url.endswith(".ifb")
    answer = await fetch(database, url)
    assert told(answer) == [
        ("BUSY-UNAVAILABLE", "20260906T230000Z/20260907T000000Z"),
        ("BUSY", "20260907T090000Z/20260907T120000Z"),
        ("BUSY-TENTATIVE", "20260907T140000Z/20260907T150000Z"),
    ]
    for secret in (b"Meeting", b"M-", b"refuge", b"LOCATION", b"SUMMARY", b"ATTENDEE", b"IRO-01"):
        assert secret not in answer.body
    (component,) = icalendar.Calendar.from_ical(answer.body).walk("VFREEBUSY")
    span = [component.decoded(name) for name in ("DTSTART", "DTEND")]
    assert span[1] - span[0] == timedelta(days=364)


async def test_unchanged_is_304_and_any_change_of_what_is_held_is_not(database: Database) -> None:
    async with database.transaction() as connection:
        officer = await Records(connection).iro("IRO-01")
    url = await _issue(database, FeedScope.IRO, "IRO-01")
    first = await fetch(database, url)
    hour = timedelta(hours=1)
    again = await fetch(database, url, MONDAY + hour, first.etag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.etag)
    since = first.headers["Last-Modified"]
    assert (await fetch(database, url, MONDAY + hour, since=since)).status == 304
    assert (await fetch(database, url, MONDAY + hour)).body == first.body
    async with database.transaction() as connection:
        await _hold(connection, officer, hours(9, 12), "PROVISIONAL")
    changed = await fetch(database, url, MONDAY + hour, first.etag)
    assert (changed.status, changed.etag != first.etag) == (200, True)
    assert (await fetch(database, url, MONDAY + hour, since=since)).status == 200
    assert changed.last_modified == MONDAY + hour
    packed = await fetch(database, url, MONDAY + hour, accept_gzip=True)
    assert (gzip.decompress(packed.body), packed.headers["Content-Encoding"]) == (changed.body, "gzip")
    assert packed.etag != changed.etag


async def test_two_changes_within_a_second_differ_in_their_dates(database: Database) -> None:
    async with database.transaction() as connection:
        officer = await Records(connection).iro("IRO-01")
    url, dates = await _issue(database, FeedScope.IRO, "IRO-01"), []
    for hour in (9, 12):
        dates.append((await fetch(database, url)).last_modified)
        async with database.transaction() as connection:
            await _hold(connection, officer, hours(hour, hour + 1))
    last = await fetch(database, url)
    dates.append(last.last_modified)
    assert dates == [MONDAY, MONDAY + timedelta(seconds=1), MONDAY + timedelta(seconds=2)]
    assert "Last-Modified" not in last.headers, "a date to come is not sent"


async def test_the_times_are_others_once_another_publishes_them_or_the_week_is_over(database: Database) -> None:
    async with database.transaction() as connection:
        await Records(connection).iro("IRO-01")
    url = await _issue(database, FeedScope.IRO, "IRO-01")
    first = await fetch(database, url)
    sunday, monday = MONDAY + timedelta(days=6), MONDAY + timedelta(days=7)
    assert [(await fetch(database, url, each, first.etag)).status for each in (sunday, monday)] == [304, 200]
    again, other = await fetch(database, url), await fetch(database, await _issue(database, FeedScope.IRO, "IRO-01"))
    uids = [str(icalendar.Calendar.from_ical(each.body).walk("VFREEBUSY")[0]["UID"]) for each in (first, again, other)]
    assert (uids[0] == uids[1], uids[1] == uids[2]) == (True, False), "of one address the same for life, of another one another"
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO setting (key, in_force, value) VALUES ('organiser', '[2000-01-01,)', '\"own@example.org\"')")
    told_by = await fetch(database, url, etag=again.etag)
    assert (told_by.status, b"ORGANIZER:mailto:own@example.org" in told_by.body) == (200, True)


async def test_a_team_of_two_places_is_busy_once_both_are_taken_and_a_lost_place_is_none(database: Database) -> None:
    async with database.transaction() as connection:
        await Records(connection).police_team("POL-01", capacity=2)
        one, two = [row["id"] for row in await connection.fetch("SELECT id FROM resource WHERE kind = 'POLICE' ORDER BY code")]
        await _hold(connection, one, hours(9, 12))
        await _hold(connection, two, hours(11, 14))
    url = await _issue(database, FeedScope.POLICE_TEAM, "POL-01")
    assert told(await fetch(database, url))[1] == ("BUSY", "20260907T110000Z/20260907T120000Z")
    async with database.transaction() as connection:
        await connection.execute("UPDATE police_team SET capacity = 1")
    assert told(await fetch(database, url))[1] == ("BUSY", "20260907T090000Z/20260907T140000Z")


async def test_an_address_for_free_and_busy_gives_no_calendar_and_one_of_a_calendar_gives_both(database: Database) -> None:
    async with database.transaction() as connection:
        await Records(connection).room("ROOM-A")
    resources = resources_for(database)
    only, both = await _issue(database, FeedScope.ROOM, "ROOM-A"), await _issue(database, FeedScope.ROOM, "ROOM-A", only=False)
    unit = await _issue(database, FeedScope.UNIT, None, only=False)
    statuses = {
        url: ((await fetch_feed(resources, token_of(url), None, None, MONDAY)).status, (await fetch(database, url)).status)
        for url in (only, both, unit)
    }
    assert statuses == {only: (404, 200), both: (200, 200), unit: (200, 404)}
    with pytest.raises(InvalidInput, match="not the unit"):
        await _issue(database, FeedScope.UNIT, None)


async def test_whoever_fetches_the_times_has_not_seen_the_calendar(database: Database) -> None:
    async with database.transaction() as connection:
        await Records(connection).room("ROOM-A")
    only, both = await _issue(database, FeedScope.ROOM, "ROOM-A"), await _issue(database, FeedScope.ROOM, "ROOM-A", only=False)

    async def noted() -> dict[bool, datetime | None]:
        async with database.connection() as connection:
            return {row["free_busy_only"]: row["last_fetched_at"] for row in await connection.fetch("SELECT * FROM calendar_feed")}

    await fetch(database, both)
    assert (await fetch_feed(resources_for(database), token_of(only), None, None, MONDAY)).status == 404
    assert await noted() == {True: None, False: None}
    await fetch(database, only)
    assert (await fetch_feed(resources_for(database), token_of(both), None, None, MONDAY)).status == 200
    assert await noted() == {True: MONDAY, False: MONDAY}


async def test_unknown_revoked_and_another_kind_of_address_are_the_same_404(database: Database) -> None:
    async with database.transaction() as connection:
        await Records(connection).room("ROOM-A")
    resources = resources_for(database)
    command = IssueFeed(request_key="k", scope=FeedScope.ROOM, code="ROOM-A", free_busy_only=True)
    issued = await issue_feed(resources, COMMAND_LINE, command, MONDAY)
    assert issued.url is not None
    calendar = await fetch_feed(resources, token_of(issued.url), None, None, MONDAY)
    await revoke_feed(resources, COMMAND_LINE, RevokeFeed(request_key="r", feed_id=issued.feed_id), MONDAY)
    answers = [await fetch_free_busy(resources, token, None, None, MONDAY) for token in (token_of(issued.url), "x" * 43, "é", "x" * 999)]
    assert all(answer == calendar for answer in answers)
    assert calendar.status == 404

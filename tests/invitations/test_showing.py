"""What a unit lets calendars show: nothing unless it says so, and then what it says to whom it says, and no more."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
import structlog

from deploy.serving import warn_of_what_is_on_show
from services.directory.settings import parse_setting
from services.directory.showing import CalendarPolicy, ShownTo, ShownWord
from services.invitations import showing
from services.invitations.feeds import fetch_feed
from services.invitations.restoring import lift
from services.invitations.service import owe_notices
from services.invitations.showing import show_anew, show_meetings
from services.invitations.trail.following import follow_some
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import InvalidInput
from services.kernel.words import FeedScope, MeetingKind
from services.platform.database import Connection, Database
from tests.invitations.meetings import SETTINGS, add_meeting, at, chair, desk, notices, owner_of, resources_for, tell
from tests.invitations.test_feeds import issued

WHEN = timedelta(days=14)
SHOWN = replace(SETTINGS, calendar=CalendarPolicy(show={ShownTo.IRO: frozenset({ShownWord.KIND})}))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"shows": {}}, "a table with `show` alone"),
        ([], "a table with `show` alone"),
        ({"show": ["IRO"]}, "a table of whose calendars show what"),
        ({"show": {"ROOM_DESK": ["kind"]}}, "whose calendars show nothing more; it may name IRO and NOTE_TAKER"),
        ({"show": {"POLICE": ["kind"]}}, "it may name IRO and NOTE_TAKER"),
        ({"show": {"IRO": "kind"}}, r'is a list, such as \["kind"\]'),
        ({"show": {"IRO": ["reference"]}}, "which no calendar shows; it may have 'kind' alone"),
        ({"show": {"IRO": [["kind"]]}}, "it may have 'kind' alone"),
    ],
)
def test_what_may_be_switched_on_is_a_closed_list(value: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        parse_setting("calendar", value)
    assert refused.value.field == "calendar"


def test_nothing_is_on_show_unless_the_unit_says_so() -> None:
    policy: CalendarPolicy = parse_setting("calendar", {"show": {"NOTE_TAKER": ["kind"], "IRO": []}})
    assert SETTINGS.calendar == parse_setting("calendar", {}) == CalendarPolicy()
    assert SETTINGS.calendar.warnings == ()
    kinds = [policy.kind_for(each, MeetingKind.CARE_REVIEW) for each in ("IRO", "NOTE_TAKER", "POLICE", "ROOM_DESK")]
    assert kinds == [None, MeetingKind.CARE_REVIEW, None, None]
    (warning,) = policy.warnings
    assert "mails of note-takers show the kind" in warning
    assert "lock screens" in warning


@pytest.fixture(autouse=True)
async def _establishment(database: Database) -> None:
    async with database.transaction() as connection:
        for kind, code in (("IRO", "IRO-01"), ("ROOM", "ROOM-A")):
            await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, $2, $3, 'x')", owner_of(code), kind, code)


async def summaries(database: Database, now: datetime, scope: FeedScope, code: str | None) -> list[str]:
    answer = await fetch_feed(resources_for(database), await issued(database, scope, code), None, None, now)
    return [str(each["SUMMARY"]) for each in icalendar.Calendar.from_ical(answer.body).walk("VEVENT")]


async def test_a_kind_that_is_switched_on_is_in_the_feed_and_mail_of_whom_it_is_for_alone(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN), desk(now + WHEN)])
    async with database.transaction() as connection:
        await owe_notices(connection, meeting, SHOWN, now)
    plain, shown = f"Meeting {meeting.reference}", f"Meeting {meeting.reference} (care review)"
    assert await summaries(database, now, FeedScope.IRO, "IRO-01") == [shown]
    assert await summaries(database, now, FeedScope.ROOM, "ROOM-A") == [plain]
    assert await summaries(database, now, FeedScope.UNIT, None) == [plain]
    for row in await notices(database):
        mail = email.message_from_bytes(row["message"], policy=email.policy.default)
        expected = shown if row["code"] == "IRO-01" else plain
        assert mail["Subject"] == expected
        assert [str(each["SUMMARY"]) for each in icalendar.Calendar.from_ical(_calendar(mail)).walk("VEVENT")] == [expected]
        assert ("care review" in row["message"].decode()) == (row["code"] == "IRO-01")


def _calendar(mail: email.message.EmailMessage) -> str:
    part = mail.get_body(preferencelist=("calendar",))
    assert part is not None
    content: str = part.get_content()
    return content


async def test_switching_on_or_off_changes_feeds_at_once_and_mails_nobody(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN), desk(now + WHEN)])
    await tell(database, meeting, now)
    token, owed = await issued(database), await notices(database)
    before = await fetch_feed(resources_for(database), token, None, None, now)
    for settings, changed in ((SHOWN, 1), (SHOWN, 0), (SETTINGS, 1)):
        async with database.transaction() as connection:
            assert await show_anew(connection, settings, now.date(), now + timedelta(minutes=1)) == changed
        assert (b"(care review)" in (await fetch_feed(resources_for(database), token, None, None, now)).body) == (settings is SHOWN)
    after = await fetch_feed(resources_for(database), token, before.etag, None, now + timedelta(hours=1))
    assert (after.status, after.body) == (200, before.body)
    assert await notices(database) == owed
    moved = at(meeting, now + WHEN * 2)
    async with database.transaction() as connection:
        await owe_notices(connection, moved, SHOWN, now)
    subjects = [row["message"].partition(b"Subject: ")[2].partition(b"\r\n")[0] for row in await notices(database) if row["sequence"] == 1]
    assert subjects == [f"Meeting {meeting.reference}{kind}".encode() for kind in (" (care review)", "")]


async def test_a_kind_that_the_records_change_is_shown_as_it_is_by_now_and_only_where_kinds_are(database: Database, now: datetime) -> None:
    meeting, other = [await add_meeting(database, now + WHEN * part, [chair(now + WHEN * part)]) for part in (1, 2)]
    resources, token = resources_for(database), await issued(database)
    async with database.transaction() as connection:
        for each in (meeting, other):
            await owe_notices(connection, each, SETTINGS, now)
    await follow_some(resources, now)
    before = await fetch_feed(resources, token, None, None, now)
    rekind = "UPDATE meeting SET kind = 'ADOPTION_REVIEW', version = version + 1 WHERE id = $1"
    async with database.transaction() as connection:
        await connection.execute(rekind, meeting.meeting_id)
    await follow_some(resources, now)
    assert (await fetch_feed(resources, token, before.etag, None, now)).status == 304, "the unit shows no kinds"
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO setting VALUES ('calendar', '[2000-01-01,)', $1)", {"show": {"IRO": ["kind"]}})
        await show_anew(connection, SHOWN, now.date(), now)
        await connection.execute(rekind, other.meeting_id)
    owed, before = await notices(database), await fetch_feed(resources, token, None, None, now)
    assert [looked for looked, _ in [await follow_some(resources, now) for _ in range(2)]] == [1, 0]
    assert await summaries(database, now, FeedScope.IRO, "IRO-01") == [
        f"Meeting {each.reference} (adoption review)" for each in (meeting, other)
    ]
    assert (await fetch_feed(resources, token, before.etag, None, now)).status == 200
    assert await notices(database) == owed


async def test_what_somebody_is_writing_is_neither_waited_for_nor_written_over(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    async with database.transaction() as writing:
        await writing.execute("UPDATE calendar_entry SET vevent = 'of somebody else'")
        async with database.transaction() as connection:
            await show_meetings(connection, SHOWN, [meeting.meeting_id], now)
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT vevent FROM calendar_entry") == "of somebody else"


async def test_what_was_written_since_it_was_read_stays_as_it_was_written(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    read = showing._queries.entries_of

    async def read_and_moved(connection: Connection, **named: Any) -> AsyncIterator[Any]:
        async for row in read(connection, **named):
            yield row
        await tell(database, at(meeting, now + WHEN * 2), now)

    monkeypatch.setattr(showing._queries, "entries_of", read_and_moved)
    async with database.transaction() as connection:
        await show_meetings(connection, SHOWN, [meeting.meeting_id], now)
    async with database.connection() as connection:
        assert "\r\nSEQUENCE:1\r\n" in await connection.fetchval("SELECT vevent FROM calendar_entry")


async def test_feeds_of_a_fixed_day_follow_too_however_much_later_it_really_is(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    async with database.transaction() as connection:
        assert await show_anew(connection, SHOWN, now.date(), now + timedelta(days=400)) == 1


async def test_a_restore_shows_what_is_switched_on_now(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO setting VALUES ('calendar', '[2000-01-01,)', $1)", {"show": {"IRO": ["kind"]}})
    await lift(database, COMMAND_LINE, {}, now)
    assert b"(care review)" in (await notices(database))[-1]["message"]


async def test_a_service_that_starts_warns_in_words_of_what_is_on_show(database: Database, now: datetime) -> None:
    with structlog.testing.capture_logs() as logs:
        await warn_of_what_is_on_show(resources_for(database), now)
        assert logs == []
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO setting VALUES ('calendar', '[2000-01-01,)', $1)", {"show": {"IRO": ["kind"]}})
        await warn_of_what_is_on_show(resources_for(database), now)
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("calendars.show", "warning")
    assert line["what"].startswith("calendars and mails of IROs show the kind of each meeting")

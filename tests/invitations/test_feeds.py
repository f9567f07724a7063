"""Feeds: shown to whoever knows the address, unchanged without reading, gone like never there."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID, uuid4

import icalendar
import pytest

from services.invitations import feed_store, reading
from services.invitations.answering import FeedAnswer
from services.invitations.feeds import IssueFeed, RevokeFeed, fetch_feed, issue_feed, revoke_feed
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused, Unavailable
from services.kernel.window import TimeWindow
from services.kernel.words import FeedScope, Role
from services.platform.database import Database
from tests.invitations.meetings import add_meeting, at, chair, desk, owner_of, resources_for, tell, without_addressees

WHEN = timedelta(days=14)
CODES = {"IRO": ("IRO-01", "IRO-02"), "ROOM": ("ROOM-A",), "NOTE_TAKER": ("NT-01",)}


@pytest.fixture(autouse=True)
async def _establishment(database: Database) -> None:
    async with database.transaction() as connection:
        for kind, codes in CODES.items():
            for code in codes:
                await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, $2, $3, 'x')", owner_of(code), kind, code)
        await connection.execute("INSERT INTO police_team (id, code, name, capacity) VALUES ($1, 'POL-01', 'x', 1)", owner_of("POL-01"))


def actor(role: Role, code: str | None = None) -> Actor:
    return Actor(subject=f"{role}:{code}", role=role, name="x", code=code, resource_id=None if code is None else owner_of(code))


async def issued(database: Database, scope: FeedScope = FeedScope.IRO, code: str | None = "IRO-01", now: datetime | None = None) -> str:
    """The token of a new feed."""
    command = IssueFeed(request_key=str(uuid4()), scope=scope, code=code)
    feed = await issue_feed(resources_for(database), COMMAND_LINE, command, now or datetime(2026, 9, 1, 9, 0, tzinfo=UTC))
    assert feed.url is not None
    return feed.url.removeprefix("https://convene.example.org/calendars/").removesuffix(".ics")


async def fetch(
    database: Database, token: str, now: datetime, etag: str | None = None, since: str | None = None, **more: bool
) -> FeedAnswer:
    return await fetch_feed(resources_for(database), token, etag, since, now, **more)


def events(answer: FeedAnswer) -> list[tuple[str, str]]:
    """Summary and status of each event, in order."""
    assert answer.status == 200
    calendar = icalendar.Calendar.from_ical(answer.body)
    return [(str(each["SUMMARY"]), str(each["STATUS"])) for each in calendar.walk("VEVENT")]


async def test_a_feed_shows_its_owners_meetings_alone_in_order_of_time(database: Database, now: datetime) -> None:
    later = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    sooner = await add_meeting(database, now + WHEN / 2, [chair(now + WHEN / 2), desk(now + WHEN / 2)])
    other = await add_meeting(database, now + WHEN, [chair(now + WHEN, "IRO-02")])
    for meeting in (later, sooner, other):
        await tell(database, meeting, now)
    answer = await fetch(database, await issued(database), now)
    assert events(answer) == [(f"Meeting {sooner.reference}", "CONFIRMED"), (f"Meeting {later.reference}", "CONFIRMED")]
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    rooms = await fetch(database, await issued(database, FeedScope.ROOM, "ROOM-A"), now)
    assert events(rooms) == [(f"Meeting {sooner.reference}", "CONFIRMED")]


async def test_an_empty_diary_is_an_empty_calendar(database: Database, now: datetime) -> None:
    answer = await fetch(database, await issued(database), now)
    assert events(answer) == []
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT15M" in answer.body


async def test_the_event_has_the_uid_of_the_mail_and_nobodys_address(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN), now)
    answer = await fetch(database, await issued(database), now)
    async with database.connection() as connection:
        uid = await connection.fetchval("SELECT uid FROM notice WHERE email = 'iro-01@example.org'")
    (event,) = icalendar.Calendar.from_ical(answer.body).walk("VEVENT")
    assert event["UID"] == uid
    assert b"@" not in answer.body
    assert b"X-WR-CALNAME" not in answer.body


async def test_the_units_feed_shows_each_meeting_once(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN)
    gone = await add_meeting(database, now + WHEN * 2)
    for each in (meeting, gone, without_addressees(gone)):
        await tell(database, each, now)
    replaced = replace(meeting, addressees=(chair(now + WHEN, "IRO-02"), meeting.addressees[1]))
    await tell(database, replaced, now)
    answer = await fetch(database, await issued(database, FeedScope.UNIT, None), now)
    assert events(answer) == [(f"Meeting {meeting.reference}", "CONFIRMED"), (f"Meeting {gone.reference}", "CANCELLED")]


async def test_the_units_feed_shows_each_sitting_as_its_chair_sees_it(database: Database, now: datetime) -> None:
    starts = [now + WHEN + timedelta(days=each) for each in range(6)]
    sittings = [replace(each, sitting=number) for number, at in enumerate(starts, 1) for each in (desk(at), chair(at))]
    await tell(database, await add_meeting(database, starts[0], sittings), now)
    calendar = icalendar.Calendar.from_ical((await fetch(database, await issued(database, FeedScope.UNIT, None), now)).body)
    async with database.connection() as connection:
        chairs = await connection.fetch("SELECT uid FROM calendar_entry WHERE addressee_kind = 'IRO' ORDER BY sitting")
    assert [str(each["UID"]) for each in calendar.walk("VEVENT")] == [row["uid"] for row in chairs]


async def units_times(database: Database, now: datetime) -> list[tuple[datetime, datetime, str]]:
    """Beginning, end and status of each event in the unit's calendar."""
    calendar = icalendar.Calendar.from_ical((await fetch(database, await issued(database, FeedScope.UNIT, None), now)).body)
    return [(each.decoded("DTSTART"), each.decoded("DTEND"), str(each["STATUS"])) for each in calendar.walk("VEVENT")]


async def test_the_units_feed_shows_the_meetings_own_time_and_its_chairs_when_she_arrives(database: Database, now: datetime) -> None:
    """Also of what was moved, of what was cancelled then, and of what takes place after all."""
    start, moved = now + WHEN, now + WHEN + timedelta(days=1)
    meeting = await add_meeting(database, start)
    later = at(meeting, moved - timedelta(minutes=30))
    for told, starts_at, status in (
        (meeting, start, "CONFIRMED"),
        (later, moved, "CONFIRMED"),
        (without_addressees(later), moved, "CANCELLED"),
        (meeting, start, "CONFIRMED"),
    ):
        await tell(database, told, now)
        assert await units_times(database, now) == [(starts_at, starts_at + timedelta(hours=2), status)]
        calendar = icalendar.Calendar.from_ical((await fetch(database, await issued(database), now)).body)
        assert [each.decoded("DTSTART") for each in calendar.walk("VEVENT")] == [starts_at - timedelta(minutes=30)]


async def test_the_units_feed_shows_each_sitting_at_its_own_time_in_order(database: Database, now: datetime) -> None:
    """The one that begins first is not the one for which the chair arrives first; of a third nobody said when it is."""
    arrives = now + WHEN
    minutes = (45, 30, None)
    own = [None if each is None else TimeWindow(arrives + timedelta(minutes=each), arrives + timedelta(hours=2)) for each in minutes]
    chairs = [chair(arrives + timedelta(minutes=30 + number), sitting=number, meets=each) for number, each in enumerate(own, 1)]
    await tell(database, await add_meeting(database, arrives, chairs), now)
    shown = [(starts_at - arrives).seconds // 60 for starts_at, _, _ in await units_times(database, now)]
    assert shown == [3, 30, 45]


async def test_unchanged_is_304_by_etag_or_date_and_changed_is_not(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    token, later = await issued(database), now + timedelta(hours=1)
    first = await fetch(database, token, later)
    assert first.etag is not None
    for condition in (first.etag, f'"x", W/{first.etag}', "*"):
        again = await fetch(database, token, later, etag=condition)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.etag)
    assert (await fetch(database, token, later, since=first.headers["Last-Modified"])).status == 304
    assert (await fetch(database, token, later, etag='"other"', since=first.headers["Last-Modified"])).status == 200
    for no_date in ("not a date", "Mon, 01 Jan 2024 00:00:00 +99999999999999", "Mon, 01 Jan 99999 00:00:00 GMT"):
        assert (await fetch(database, token, later, since=no_date)).status == 200
    await tell(database, at(meeting, now + WHEN * 2), now)
    assert (await fetch(database, token, later, etag=first.etag)).status == 200
    assert (await fetch(database, token, later, since=first.headers["Last-Modified"])).status == 200


async def test_anothers_change_leaves_a_diary_unchanged_but_not_the_units(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    mine, whole = await issued(database), await issued(database, FeedScope.UNIT, None)
    before = [(await fetch(database, token, now)).etag for token in (mine, whole)]
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN, "IRO-02")]), now)
    after = [await fetch(database, token, now, etag=etag) for token, etag in zip((mine, whole), before, strict=True)]
    assert [answer.status for answer in after] == [304, 200]


async def test_the_units_calendar_is_not_unchanged_by_its_date_alone(database: Database, now: datetime) -> None:
    for code, minutes in (("IRO-01", 5), ("IRO-02", 1)):  # what changes last is not what is dated last
        meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN, code)])
        await tell(database, meeting, now + timedelta(minutes=minutes))
    token, later = await issued(database, FeedScope.UNIT, None), now + timedelta(hours=1)
    first = await fetch(database, token, later)
    assert (await fetch(database, token, later, since=first.headers["Last-Modified"])).status == 200
    assert (await fetch(database, token, later, etag=first.etag)).status == 304


async def test_a_304_reads_no_events(database: Database, database_url: str, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    await tell(database, await add_meeting(database, now + WHEN), now)
    token = await issued(database)
    etag = (await fetch(database, token, now)).etag

    async def none(*_: object, **__: object) -> bytes:
        raise AssertionError("events were read")

    monkeypatch.setattr("services.invitations.feed_store.events_of", none)
    assert (await fetch(database, token, now, etag=etag)).status == 304


async def test_gzip_is_the_same_calendar_with_an_etag_of_its_own(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN), now)
    token = await issued(database)
    plain, packed = await fetch(database, token, now), await fetch(database, token, now, accept_gzip=True)
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.etag != plain.etag
    assert (await fetch(database, token, now, etag=packed.etag, accept_gzip=True)).status == 304


async def test_cancelled_meetings_stay_as_cancelled_for_30_days_at_least(database: Database, now: datetime) -> None:
    when = now + timedelta(days=60)
    meeting = await add_meeting(database, when, [chair(when)])
    await tell(database, meeting, now)
    await tell(database, without_addressees(meeting), now)
    token = await issued(database)
    assert events(await fetch(database, token, now + timedelta(days=30))) == [(f"Meeting {meeting.reference}", "CANCELLED")]
    assert events(await fetch(database, token, now + timedelta(days=37))) == []


async def test_the_horizon_moves_on_mondays_and_changes_the_etag_only_then(database: Database, now: datetime) -> None:
    for days in (-40, -30, 400, 450):
        when = now + timedelta(days=days)
        await tell(database, await add_meeting(database, when, [chair(when)]), now)
    token = await issued(database)
    tuesday = await fetch(database, token, now)
    assert len(events(tuesday)) == 2
    for day in range(1, 6):  # to Sunday
        assert (await fetch(database, token, now + timedelta(days=day), etag=tuesday.etag)).status == 304
    assert (await fetch(database, token, now + timedelta(days=6), etag=tuesday.etag)).status == 200


TASK = """
WITH of AS (SELECT uid, meeting_id, owner_id, starts_at, changed_at, cancelled FROM calendar_entry), owed AS (
    INSERT INTO paper_task (id, meeting_id, kind, whose, owner_id, runs_from, due_at, raised_at)
    SELECT gen_random_uuid(), meeting_id, 'RAG_DOCUMENT', 'CHAIR', owner_id, starts_at, starts_at, starts_at FROM of
    RETURNING id, meeting_id
)
INSERT INTO task_entry (uid, task_id, owner_id, sequence, cancelled, due_at, starts_at, vevent, changed_at)
SELECT 'task ' || uid, id, owner_id, 0, cancelled, starts_at, starts_at, 'TASK' || chr(13) || chr(10), changed_at
FROM of JOIN owed USING (meeting_id)
"""


async def bodies(database: Database, now: datetime, today: date | None = None) -> list[tuple[int, int]]:
    """How many meetings and how many tasks an officer's feed shows, and then the unit's."""
    found = []
    for scope, code in ((FeedScope.IRO, "IRO-01"), (FeedScope.UNIT, None)):
        answer = await fetch_feed(resources_for(database, today=today), await issued(database, scope, code), None, None, now)
        found.append((answer.body.count(b"BEGIN:VEVENT"), answer.body.count(b"TASK\r\n")))
    return found


@pytest.mark.parametrize(
    ("starts_at", "shown"),
    [  # on Tuesday, 1 September: from 30 days before Monday on, up to 400 days after Sunday
        ("2026-07-31T22:59:59+00:00", False),
        ("2026-07-31T23:00:00+00:00", True),
        ("2027-10-11T22:59:59+00:00", True),
        ("2027-10-11T23:00:00+00:00", False),
    ],
)
async def test_a_feed_begins_and_ends_at_these_instants(database: Database, now: datetime, starts_at: str, shown: bool) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    async with database.transaction() as connection:
        await connection.execute("UPDATE calendar_entry SET starts_at = $1", datetime.fromisoformat(starts_at))
        await connection.execute(TASK)
    assert await bodies(database, now) == ([(1, 1), (1, 0)] if shown else [(0, 0), (0, 0)])


@pytest.mark.parametrize(("cancelled_at", "shown"), [("2026-07-31T22:59:59.999999+00:00", False), ("2026-07-31T23:00:00+00:00", True)])
@pytest.mark.parametrize("today", [None, date(2026, 9, 15)])
async def test_what_was_cancelled_is_shown_by_the_clock_also_on_a_fixed_day(
    database: Database, now: datetime, cancelled_at: str, shown: bool, today: date | None
) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    async with database.transaction() as connection:
        await connection.execute("UPDATE calendar_entry SET cancelled = true, changed_at = $1", datetime.fromisoformat(cancelled_at))
        await connection.execute(TASK)
    assert await bodies(database, now, today) == ([(1, 1), (1, 0)] if shown else [(0, 0), (0, 0)])


async def test_a_version_that_a_restored_diary_reaches_again_is_another(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    token = await issued(database)
    etag = (await fetch(database, token, now)).etag
    async with database.transaction() as connection:
        await connection.execute("UPDATE diary_version SET changed_at = changed_at + interval '1 microsecond'")
    assert (await fetch(database, token, now, etag=etag)).status == 200


@pytest.mark.parametrize(
    ("today", "days"),
    [(date(2026, 9, 15), 0), (date(2026, 9, 1), 7)],
    ids=["shown of another day", "shown of the same day, a week later by the clock"],
)
async def test_on_a_fixed_day_a_calendar_is_another_once_either_clock_moves(
    database: Database, now: datetime, today: date, days: int
) -> None:
    token = await issued(database)
    etag = (await fetch_feed(resources_for(database, today=date(2026, 9, 1)), token, None, None, now)).etag
    later = now + timedelta(days=days)
    assert (await fetch_feed(resources_for(database, today=today), token, etag, None, later)).status == 200


async def test_unknown_revoked_and_departed_are_the_same_404(database: Database, now: datetime) -> None:
    revoked, departed = await issued(database), await issued(database, code="IRO-02")
    team = await issued(database, FeedScope.POLICE_TEAM, "POL-01")
    assert (await fetch(database, team, now)).status == 200
    async with database.transaction() as connection:
        feed_id = await connection.fetchval("SELECT id FROM calendar_feed WHERE token_hash = $1", hashlib.sha256(revoked.encode()).digest())
        await connection.execute(
            "UPDATE resource SET active = daterange('2000-01-01', $2) WHERE id = $1", owner_of("IRO-02"), date(2026, 9, 1)
        )
        await connection.execute("UPDATE police_team SET capacity = 0")  # the establishment names it no longer
    for key in ("a", "b"):
        assert await revoke_feed(resources_for(database), COMMAND_LINE, RevokeFeed(request_key=key, feed_id=feed_id), now) == feed_id
    answers = [
        await fetch(database, token, now)
        for token in (revoked, departed, team, "x" * 43, "", "é" * 43, "\udce9" * 43, "x" * 5000, "a/../b")
    ]
    assert {answer.status for answer in answers} == {404}
    assert all(answer == answers[0] for answer in answers)
    assert "ETag" not in answers[0].headers


async def test_whoever_leaves_has_a_calendar_up_to_the_last_day(database: Database, now: datetime) -> None:
    token = await issued(database)
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE resource SET active = daterange('2000-01-01', $2) WHERE id = $1", owner_of("IRO-01"), date(2026, 9, 2)
        )
    last = datetime.fromisoformat("2026-09-01T22:59:59+00:00")  # by the clock in England
    assert [(await fetch(database, token, each)).status for each in (now, last, last + timedelta(seconds=1))] == [200, 200, 404]


async def test_many_who_ask_at_once_get_each_the_diary_behind_their_own_address(database: Database, now: datetime) -> None:
    meetings = {}
    for code in ("IRO-01", "IRO-02"):
        meetings[code] = await add_meeting(database, now + WHEN, [chair(now + WHEN, code)])
        await tell(database, meetings[code], now)
    tokens = [await issued(database, code=code) for code in meetings] + [await issued(database, FeedScope.UNIT, None), "x" * 43]
    days = [now, now + timedelta(days=1)]  # one address asked of two days is two questions
    first, second, unit, none, tomorrow = await asyncio.gather(
        *(fetch(database, token, days[0]) for token in tokens), fetch(database, tokens[0], days[1])
    )
    assert [events(answer) for answer in (first, second)] == [[(f"Meeting {each.reference}", "CONFIRMED")] for each in meetings.values()]
    assert (len(events(unit)), none.status, events(tomorrow)) == (2, 404, events(first))


async def test_the_address_is_shown_once_and_only_its_hash_is_kept(database: Database, now: datetime) -> None:
    resources, command = resources_for(database), IssueFeed(request_key="k", scope=FeedScope.IRO, code="IRO-01")
    first = await issue_feed(resources, COMMAND_LINE, command, now)
    assert first.url is not None
    token = first.url.rsplit("/", 1)[1].removesuffix(".ics")
    assert len(token) == 43  # 256 bits
    again = await issue_feed(resources, COMMAND_LINE, command, now)
    assert (again.feed_id, again.url) == (first.feed_id, None)
    with pytest.raises(RequestKeyReused):
        await issue_feed(resources, COMMAND_LINE, replace(command, code="IRO-02"), now)
    async with database.connection() as connection:
        tables = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for table in tables:
            assert not await connection.fetchval(f"SELECT count(*) FROM \"{table}\" AS t WHERE t::text LIKE '%' || $1 || '%'", token)


async def test_the_last_fetch_is_noted_at_most_every_five_minutes(database: Database, now: datetime) -> None:
    token = await issued(database)
    noted = []
    for minutes in (0, 1, 4.99, 5):
        await fetch(database, token, now + timedelta(minutes=minutes))
        async with database.connection() as connection:
            noted.append(await connection.fetchval("SELECT last_fetched_at FROM calendar_feed"))
    assert noted == [now, now, now, now + timedelta(minutes=5)]


async def test_what_could_not_be_read_was_not_fetched(database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a manager would read that nobody is behind."""
    token = await issued(database)

    async def fails(*_: object) -> bytes:
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as patched:
        patched.setattr("services.invitations.feed_store.events_of", fails)
        with pytest.raises(Unavailable):
            await fetch(database, token, now)
    noted = "SELECT last_fetched_at FROM calendar_feed"
    async with database.connection() as connection:
        assert await connection.fetchval(noted) is None
    await fetch(database, token, now)
    async with database.connection() as connection:
        assert await connection.fetchval(noted) == now


async def test_what_many_fetch_at_one_moment_is_noted_in_one_transaction(database: Database, now: datetime) -> None:
    tokens = [await issued(database) for _ in range(5)]
    etag = (await fetch(database, tokens[0], now)).etag
    later = now + timedelta(minutes=15)
    answers = await asyncio.gather(*(fetch(database, token, later, etag) for token in tokens))
    assert {answer.status for answer in answers} == {304}
    async with database.connection() as connection:
        noted = await connection.fetch("SELECT DISTINCT last_fetched_at, xmin::text FROM calendar_feed")
    assert [each["last_fetched_at"] for each in noted] == [later]


async def test_of_one_address_fetched_twice_at_a_moment_the_later_is_noted_with_the_newest_diary(database: Database, now: datetime) -> None:
    feed_id = await _id_of(database, await issued(database))
    fetches = [(feed_id, 2, now), (feed_id, 1, now + timedelta(seconds=1))]
    await asyncio.gather(*(database.write_together(feed_store.note_fetches, each) for each in fetches))
    async with database.connection() as connection:
        noted = await connection.fetchrow("SELECT last_fetched_at, fetched_version FROM calendar_feed")
    assert noted is not None
    assert tuple(noted) == (now + timedelta(seconds=1), 2)


async def test_nobody_waits_for_whoever_writes_in_anothers_feed_and_each_fetch_is_noted(database: Database, now: datetime) -> None:
    tokens = [await issued(database), await issued(database)]
    etag = (await fetch(database, tokens[0], now)).etag
    later = now + timedelta(minutes=15)
    async with database.transaction() as connection:
        await connection.execute("SELECT FROM calendar_feed WHERE id = $1 FOR UPDATE", await _id_of(database, tokens[0]))
        waits, goes = (asyncio.create_task(fetch(database, token, later, etag)) for token in tokens)
        assert (await goes).status == 304
        assert not waits.done()
    assert (await waits).status == 304
    async with database.connection() as connection:
        noted = await connection.fetch("SELECT last_fetched_at FROM calendar_feed")
    assert [each["last_fetched_at"] for each in noted] == [later, later]


async def _id_of(database: Database, token: str) -> UUID:
    async with database.connection() as connection:
        found: UUID = await connection.fetchval(
            "SELECT id FROM calendar_feed WHERE token_hash = $1", hashlib.sha256(token.encode()).digest()
        )
    return found


async def test_a_fetch_that_is_noted_late_makes_no_calendar_older(database: Database, now: datetime) -> None:
    await issued(database)
    async with database.connection() as connection:
        feed_id = await connection.fetchval("SELECT id FROM calendar_feed")
        for version, at in ((7, now), (6, now - timedelta(minutes=1))):
            await feed_store.note_fetch(connection, feed_id, version, at)
        (row,) = await connection.fetch("SELECT fetched_version, last_fetched_at FROM calendar_feed")
    assert tuple(row) == (7, now)


async def test_whoever_has_it_already_has_fetched_it_too(database: Database, now: datetime) -> None:
    token = await issued(database)
    etag = (await fetch(database, token, now)).etag
    assert (await fetch(database, token, now + timedelta(hours=1), etag=etag)).status == 304
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT last_fetched_at FROM calendar_feed") == now + timedelta(hours=1)


async def test_a_date_that_is_still_to_come_is_not_sent_and_no_date_makes_it_unchanged(database: Database, now: datetime) -> None:
    """Two changes of one second have two dates, so that the second is of the next (RFC 9110 8.8.2.1)."""
    for days in (1, 2):
        await tell(database, await add_meeting(database, now + WHEN * days, [chair(now + WHEN * days)]), now)
    token = await issued(database)
    answer = await fetch(database, token, now, since=format_datetime(now + timedelta(days=1), usegmt=True))
    assert (answer.status, "Last-Modified" in answer.headers) == (200, False)
    assert (await fetch(database, token, now, etag=answer.etag)).status == 304
    later = await fetch(database, token, now + timedelta(seconds=1))
    assert later.headers["Last-Modified"] == format_datetime(now + timedelta(seconds=1), usegmt=True)
    assert later.etag == answer.etag


async def test_a_date_of_before_the_horizon_moved_is_not_enough(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    token = await issued(database)
    since = (await fetch(database, token, now)).headers["Last-Modified"]
    assert (await fetch(database, token, now + timedelta(days=5), since=since)).status == 304  # Sunday
    assert (await fetch(database, token, now + timedelta(days=6), since=since)).status == 200


async def test_a_manager_sees_whose_calendar_is_stale(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    mine = await issued(database)
    await issued(database, code="IRO-02")
    unit = await issued(database, FeedScope.UNIT, None)

    async def stale(who: Actor = COMMAND_LINE) -> dict[str | None, bool]:
        async with database.connection() as connection:
            return {feed.code: feed.stale for feed in await reading.all_feeds(connection, who)}

    assert await stale() == {"IRO-01": False, "IRO-02": False, None: False}
    await tell(database, meeting, now)
    assert await stale() == {"IRO-01": True, "IRO-02": False, None: True}
    await fetch(database, mine, now)
    assert await stale() == {"IRO-01": False, "IRO-02": False, None: True}
    await tell(database, at(meeting, now + WHEN * 2), now + timedelta(minutes=1))
    assert await stale(actor(Role.IRO, "IRO-01")) == {"IRO-01": True}
    for token in (mine, unit):  # within five minutes of the fetch that was noted last
        await fetch(database, token, now + timedelta(minutes=2))
    assert await stale() == {"IRO-01": False, "IRO-02": False, None: False}
    await tell(database, without_addressees(meeting), now + timedelta(minutes=3))
    async with database.connection() as connection:
        feeds = {feed.code: feed for feed in await reading.all_feeds(connection, COMMAND_LINE)}
    assert feeds["IRO-01"].changed_at == now + timedelta(minutes=3)
    await revoke_feed(resources_for(database), COMMAND_LINE, RevokeFeed(request_key="r", feed_id=feeds["IRO-01"].id), now)
    assert await stale() == {"IRO-01": False, "IRO-02": False, None: True}


async def test_a_calendar_that_was_fetched_is_not_stale_however_many_changes_one_instant_saw(database: Database, now: datetime) -> None:
    token, whole = await issued(database), await issued(database, FeedScope.UNIT, None)
    for days in range(5):
        await tell(database, await add_meeting(database, now + timedelta(days=days + 7), [chair(now + timedelta(days=days + 7))]), now)

    async def noted() -> list[tuple[bool, datetime | None]]:
        async with database.connection() as connection:
            return [(feed.stale, feed.last_fetched_at) for feed in await reading.all_feeds(connection, COMMAND_LINE)]

    assert await noted() == [(True, None)] * 2
    for each in (token, whole):
        await fetch(database, each, now)
    assert await noted() == [(False, now)] * 2
    await fetch(database, token, now + timedelta(seconds=1))  # which is no news, so that nothing is written
    assert await noted() == [(False, now)] * 2
    await tell(database, await add_meeting(database, now + WHEN * 2, [chair(now + WHEN * 2)]), now)
    assert await noted() == [(True, now)] * 2


OWN = {FeedScope.IRO: "IRO-01", FeedScope.NOTE_TAKER: "NT-01", FeedScope.POLICE_TEAM: "POL-01"}
MAY: dict[Actor, set[FeedScope]] = {
    actor(Role.BUSINESS_SUPPORT): {FeedScope.ROOM, FeedScope.UNIT},
    actor(Role.IRO, "IRO-01"): {FeedScope.IRO},
    actor(Role.MANAGER): set(FeedScope),
    actor(Role.NOTE_TAKER, "NT-01"): {FeedScope.NOTE_TAKER},
    actor(Role.POLICE_LIAISON, "POL-01"): {FeedScope.POLICE_TEAM},
    actor(Role.SOCIAL_WORKER): set(),
    actor(Role.AUDITOR): set(),
    actor(Role.SERVICE): set(),
}


@pytest.mark.parametrize("who", MAY, ids=lambda who: who.role.value)
async def test_each_role_may_issue_what_the_table_says(database: Database, now: datetime, who: Actor) -> None:
    resources = resources_for(database)
    for scope in FeedScope:
        command = IssueFeed(request_key=scope.value, scope=scope, code={**OWN, FeedScope.ROOM: "ROOM-A"}.get(scope))
        if scope in MAY[who]:
            feed = await issue_feed(resources, who, command, now)
            assert await revoke_feed(resources, who, RevokeFeed(request_key=f"-{scope}", feed_id=feed.feed_id), now) == feed.feed_id
        else:
            with pytest.raises(Forbidden):
                await issue_feed(resources, who, command, now)


async def test_anothers_feed_and_no_feed_look_alike(database: Database, now: datetime) -> None:
    resources, officer = resources_for(database), actor(Role.IRO, "IRO-01")
    messages = []
    for code in ("IRO-02", "IRO-99"):
        with pytest.raises(NotFound) as refused:
            await issue_feed(resources, officer, IssueFeed(request_key=code, scope=FeedScope.IRO, code=code), now)
        messages.append(str(refused.value))
    assert len(set(messages)) == 1
    others = await issue_feed(resources, COMMAND_LINE, IssueFeed(request_key="k", scope=FeedScope.IRO, code="IRO-02"), now)
    units = await issue_feed(resources, COMMAND_LINE, IssueFeed(request_key="u", scope=FeedScope.UNIT), now)
    for feed_id in (others.feed_id, units.feed_id, UUID(int=9)):
        with pytest.raises(NotFound):
            await revoke_feed(resources, officer, RevokeFeed(request_key=str(feed_id), feed_id=feed_id), now)
    desk_clerk = actor(Role.BUSINESS_SUPPORT)
    with pytest.raises(NotFound):
        await revoke_feed(resources, desk_clerk, RevokeFeed(request_key="x", feed_id=others.feed_id), now)


async def test_ones_own_code_may_be_left_out_and_others_not(database: Database, now: datetime) -> None:
    resources = resources_for(database)
    feed = await issue_feed(resources, actor(Role.IRO, "IRO-01"), IssueFeed(request_key="k", scope=FeedScope.IRO), now)
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT code FROM calendar_feed WHERE id = $1", feed.feed_id) == "IRO-01"
    for scope, code in ((FeedScope.ROOM, None), (FeedScope.UNIT, "ROOM-A")):
        with pytest.raises(InvalidInput):
            await issue_feed(resources, COMMAND_LINE, IssueFeed(request_key="l", scope=scope, code=code), now)

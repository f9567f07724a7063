"""Restored from a backup: no calendar hears an older number than it knows, and all of them end in what the database holds."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import asyncpg
import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.embedded import EmbeddedPostgres, postgres_binary
from services.invitations.busy import fetch_free_busy
from services.invitations.delivery import deliver_owed
from services.invitations.feeds import fetch_feed
from services.invitations.mailed import Mailed, read_mailed
from services.invitations.restoring import CHANGES_A_SECOND, LEAST_STEP, Lifting, foresee, lift, step_of
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import InvalidInput
from services.platform.database import Database
from tests.invitations.meetings import Clock, add_meeting, at, chair, notices, owner_of, resources_for, tell, without_addressees
from tests.invitations.test_feeds import issued
from tests.support.servers import drop_database
from tests.support.smtp import Mail, ScriptedSmtp, running

WHEN = timedelta(days=14)
HOUR = timedelta(hours=1)
ORGANISER = "conferences@unit.example.org"


@pytest.fixture(autouse=True)
async def _organiser(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO setting VALUES ('organiser', '[2000-01-01,)', $1)", ORGANISER)


async def _run(*command: object) -> None:
    process = await asyncio.create_subprocess_exec(*map(str, command), stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()


async def dumped(url: str, folder: Path) -> Path:
    """A real backup of the database."""
    await _run(postgres_binary("pg_dump"), "--format=custom", f"--file={folder / 'backup'}", url)
    return folder / "backup"


@asynccontextmanager
async def restored(server: EmbeddedPostgres, backup: Path) -> AsyncIterator[Database]:
    """The database that comes of a backup, beside the one that is lost."""
    owner = await asyncpg.connect(server.url())
    try:
        await owner.execute("CREATE DATABASE restored")
    finally:
        await owner.close()
    url = server.url("restored")
    try:
        await _run(postgres_binary("pg_restore"), "--dbname", url, backup)
        database = await Database.connect(url, size=4, name="test")
        yield database
        await database.close()
    finally:
        await drop_database(server, url)


class Calendar:
    """What a calendar program makes of its mail: by UID the event of the highest SEQUENCE (RFC 5546 2.1.4)."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, str, datetime | None]] = {}
        self.bytes: dict[tuple[str, int], bytes] = {}

    def take(self, mail: Mail) -> None:
        parsed = email.message_from_bytes(mail.content, policy=email.policy.default)
        part = parsed.get_body(preferencelist=("calendar",))
        assert part is not None
        (event,) = icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")
        uid, sequence, start = str(event["UID"]), event.decoded("SEQUENCE"), event.get("DTSTART")
        assert self.bytes.setdefault((uid, sequence), mail.content) == mail.content, "another mail under a number that was used"
        before = self.known.get(uid)
        assert before is None or before[0] <= sequence, "a SEQUENCE went backwards"
        self.known[uid] = (sequence, str(event["STATUS"]), None if start is None else start.dt)

    def shown(self) -> set[tuple[str, datetime | None]]:
        return {(uid, starts_at) for uid, (_, status, starts_at) in self.known.items() if status == "CONFIRMED"}


async def in_database(database: Database) -> set[tuple[str, datetime | None]]:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT uid, starts_at FROM calendar_entry WHERE NOT cancelled")
    return {(row["uid"], row["starts_at"]) for row in rows}


async def delivered(database: Database, server: ScriptedSmtp, now: datetime) -> None:
    await deliver_owed(resources_for(database, server.url), Clock(now))


def log_of(mails: list[Mail]) -> list[str]:
    """What Postfix writes of them."""
    lines = []
    for number, mail in enumerate(mails):
        message = email.message_from_bytes(mail.content)
        lines += [
            f"Sep  1 10:00:00 mx postfix/cleanup[77]: 4AB{number:05X}: message-id={message['Message-ID']}",
            f"Sep  1 10:00:01 mx postfix/smtp[78]: 4AB{number:05X}: to=<{mail.recipient}>, relay=x[192.0.2.1]:25, status=sent (250 ok)",
        ]
    return lines


@pytest.mark.parametrize("with_log", [False, True], ids=["without a log", "with the log of the mail system"])
async def test_after_a_restore_no_sequence_goes_backwards_and_calendars_come_to_show_the_truth(
    database: Database, database_url: str, postgres: EmbeddedPostgres, now: datetime, tmp_path: Path, with_log: bool
) -> None:
    """K6: judged from the bytes that a mail server took before the loss and after the restore."""
    calendar = Calendar()
    stays, moves, falls, rises, past = [await add_meeting(database, now + WHEN * part) for part in (1, 2, 3, 4, -1)]
    async with running(ScriptedSmtp()) as server:
        for meeting in (stays, moves, falls, rises, past, without_addressees(rises)):
            await tell(database, meeting, now)
        await delivered(database, server, now)
        await tell(database, at(stays, now + WHEN + HOUR), now)  # owed, and not sent when the backup is made
        backup = await dumped(database_url, tmp_path)
        later = now + HOUR
        for hours in range(1, 6):
            await tell(database, at(moves, now + WHEN * 2 + HOUR * hours), later)
            await delivered(database, server, later)
        for meeting in (without_addressees(falls), rises, await add_meeting(database, now + WHEN * 5)):
            await tell(database, meeting, later)
        await delivered(database, server, later)
        log = read_mailed(log_of(server.accepted), ORGANISER) if with_log else {}
        after = now + 2 * HOUR
        async with restored(postgres, backup) as back:
            lifting = await lift(back, COMMAND_LINE, log, after)
            await delivered(back, server, after)
            for mail in server.accepted:
                calendar.take(mail)
            truth = await in_database(back)
            assert truth <= calendar.shown()
            assert len(calendar.shown() - truth) == (0 if with_log else 2), "what was booked after the backup is known to the log alone"
            assert (lifting.withdrawn, lifting.unknown_to_whom) == ((2, 0) if with_log else (0, 0))
            sent = len(server.accepted)
            await tell(back, at(moves, now + WHEN * 6), after)
            await delivered(back, server, after)
            for mail in server.accepted[sent:]:
                calendar.take(mail)
            assert await in_database(back) <= calendar.shown()


async def test_everybody_concerned_is_owed_how_things_stand_once(database: Database, now: datetime) -> None:
    standing, cancelled, past = [await add_meeting(database, now + WHEN * part, [chair(now + WHEN * part)]) for part in (1, 2, -1)]
    for meeting in (standing, cancelled, past, without_addressees(cancelled)):
        await tell(database, meeting, now)
    async with running(ScriptedSmtp()) as server:
        await delivered(database, server, now)
    later = now + HOUR
    step = step_of(now, later)
    done = await lift(database, COMMAND_LINE, {}, later)
    assert (done.step, done.entries, done.updates, done.cancellations, done.done_at) == (step, 3, 1, 1, None)
    rows = [row for row in await notices(database) if row["state"] == "OWED"]
    assert sorted((row["method"], row["sequence"]) for row in rows) == [("CANCEL", step + 1), ("REQUEST", step)]
    async with database.connection() as connection:
        kept = await connection.fetch("SELECT sequence, vevent FROM calendar_entry ORDER BY sequence")
        audited = await connection.fetchval("SELECT count(*) FROM audit_event WHERE action = 'LIFT_SEQUENCES'")
    assert [row["sequence"] for row in kept] == [step, step, step + 1]
    assert all(f"SEQUENCE:{row['sequence']}\r\n" in row["vevent"] for row in kept)
    assert audited == 1
    text = next(row["message"] for row in rows if row["method"] == "REQUEST").decode()
    assert f"Subject: As it stands: Meeting {standing.reference}\r\n" in text
    assert "It replaces whatever you were told of it before." in text
    before = await notices(database)
    again = await lift(database, COMMAND_LINE, {}, later + HOUR)
    assert (again.done_at, again.entries, again.updates) == (later, 0, 0)
    assert await notices(database) == before
    assert (await lift(database, COMMAND_LINE, {}, later + HOUR, again=True)).updates == 1


@pytest.mark.parametrize(("ends", "told"), [(timedelta(minutes=1), True), (timedelta(0), False)])
async def test_a_meeting_that_was_going_on_then_is_told_of_and_one_that_was_over_is_not(
    database: Database, now: datetime, ends: timedelta, told: bool
) -> None:
    await tell(database, await add_meeting(database, now, [chair(now, arrives_at=now - HOUR, leaves_at=now + ends)]), now)
    async with running(ScriptedSmtp()) as server:
        await delivered(database, server, now)
    assert (await lift(database, COMMAND_LINE, {}, now + HOUR)).updates == told


async def test_foreseeing_writes_nothing_and_counts_the_same(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN), now)
    async with database.connection() as connection:
        entries = "SELECT array_agg(e::text ORDER BY uid) FROM calendar_entry e"
        before = await connection.fetchval(entries)
        foreseen = await foresee(database, {}, now + HOUR)
        assert await connection.fetchval(entries) == before
    assert foreseen == await lift(database, COMMAND_LINE, {}, now + HOUR)
    assert foreseen == Lifting(
        since=now, done_at=None, step=CHANGES_A_SECOND * 3600, entries=2, updates=2, cancellations=0, withdrawn=0, unknown_to_whom=0
    )


async def test_a_mail_that_waited_is_withdrawn_and_no_other_once_it_was_done(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    await lift(database, COMMAND_LINE, {}, now)
    assert [(row["sequence"], row["state"]) for row in await notices(database)] == [(0, "SUPERSEDED"), (LEAST_STEP, "OWED")]
    stray = Mailed(uid="0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10", sequence=4, recipient="someone@example.org")
    done = await lift(database, COMMAND_LINE, {stray.uid: stray}, now)
    assert (done.entries, done.withdrawn) == (0, 1)
    assert [(row["sequence"], row["state"]) for row in await notices(database)] == [(0, "SUPERSEDED"), (LEAST_STEP, "OWED")]
    assert (await lift(database, COMMAND_LINE, {stray.uid: stray}, now)).withdrawn == 0


async def test_an_address_that_was_left_and_still_waited_for_its_cancellation_gets_one_beyond_all_that_was_mailed(
    database: Database, now: datetime
) -> None:
    calendars: defaultdict[str, Calendar] = defaultdict(Calendar)
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    async with running(ScriptedSmtp()) as server:
        await delivered(database, server, now)
        for email_ in ("second@example.org", "Third@example.org"):  # nobody is told yet
            await tell(database, replace(meeting, addressees=(chair(now + WHEN, email=email_),)), now)
        done = await lift(database, COMMAND_LINE, {}, now + HOUR)
        assert (done.updates, done.cancellations) == (1, 1)
        await delivered(database, server, now + HOUR)
    for mail in server.accepted:
        calendars[mail.recipient].take(mail)
    ((first, second, third),) = [[row["sequence"] for row in await notices(database) if row["state"] == "SENT"]]
    assert first == 0
    assert second + 1 == third
    assert second > done.step
    assert {recipient: [status for _, status, _ in each.known.values()] for recipient, each in calendars.items()} == {
        "iro-01@example.org": ["CANCELLED"],
        "Third@example.org": ["CONFIRMED"],
    }
    farewell = next(mail.content.decode() for mail in server.accepted if b"METHOD:CANCEL" in mail.content)
    assert "has another address" in farewell
    assert "third@" not in farewell.lower()


async def test_what_the_log_tells_goes_before_the_reckoning_also_later(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    (row,) = await notices(database)
    for sequence, again in ((LEAST_STEP, False), (50_000, False), (70_000, True)):
        mailed = {row["uid"]: Mailed(uid=row["uid"], sequence=sequence, recipient="iro-01@example.org")}
        await lift(database, COMMAND_LINE, mailed, now, again=again)
        assert (await notices(database))[-1]["sequence"] == sequence + 1
        assert (await lift(database, COMMAND_LINE, mailed, now)).entries == 0


async def test_a_meeting_of_which_the_uid_alone_is_known_is_cancelled_with_whom_the_log_names(database: Database, now: datetime) -> None:
    known = Mailed(uid="0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10", sequence=3, recipient="someone@example.org")
    nobody = Mailed(uid="0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b11", sequence=0)
    done = await lift(database, COMMAND_LINE, {each.uid: each for each in (known, nobody)}, now)
    assert (done.withdrawn, done.unknown_to_whom) == (1, 1)
    async with running(ScriptedSmtp()) as server:
        await delivered(database, server, now)
    (mail,) = server.accepted
    parsed = email.message_from_bytes(mail.content, policy=email.policy.default)
    part = parsed.get_body(preferencelist=("calendar",))
    assert part is not None
    assert (mail.recipient, part["Content-Type"].params["method"]) == ("someone@example.org", "CANCEL")
    calendar = icalendar.Calendar.from_ical(part.get_content())
    (event,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], event["UID"], event["SEQUENCE"], event["STATUS"]) == ("CANCEL", known.uid, LEAST_STEP + 3, "CANCELLED")
    assert "booked after it" in parsed.get_body(preferencelist=("plain",)).get_content()  # type: ignore[union-attr]


async def test_every_feed_is_new_also_one_in_which_there_is_nothing_left(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        for code in ("IRO-01", "IRO-02"):
            await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', $2, 'x')", owner_of(code), code)
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    tokens, later = [await issued(database), await issued(database, code="IRO-02")], now + 2 * HOUR
    seen = [await fetch_feed(resources_for(database), token, None, None, now + HOUR) for token in tokens]
    await lift(database, COMMAND_LINE, {}, now + HOUR)
    for token, answer in zip(tokens, seen, strict=True):
        for etag, since in ((answer.etag, None), (None, answer.headers["Last-Modified"])):
            assert (await fetch_feed(resources_for(database), token, etag, since, later)).status == 200


async def test_free_and_busy_times_are_new_too_for_whoever_fetched_others_since_the_backup(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', 'IRO-01', 'x')", owner_of("IRO-01"))
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    resources, token = resources_for(database), await issued(database)
    before = await fetch_free_busy(resources, token, None, None, now)
    lost = format_datetime(now + HOUR / 2, usegmt=True)  # the date of what the database has forgotten
    await lift(database, COMMAND_LINE, {}, now + HOUR)
    answer = await fetch_free_busy(resources, token, None, None, now + HOUR)
    assert answer.last_modified == now + HOUR
    assert before.last_modified == now
    assert (await fetch_free_busy(resources, token, None, lost, now + 2 * HOUR)).status == 200


async def test_a_sequence_that_calendars_cannot_hold_is_refused_whole(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN), now)
    async with database.transaction() as connection:
        await connection.execute("UPDATE calendar_entry SET sequence = 2147483000 WHERE addressee_kind = 'IRO'")
    with pytest.raises(InvalidInput, match="book those meetings anew"):
        await lift(database, COMMAND_LINE, {}, now + HOUR)
    assert {row["sequence"] for row in await notices(database)} == {0}


UID = "0b0e7a52-7a0f-4c55-9d0e-2a5d9d2f7b10"
LOGS: dict[str, list[str]] = {
    "postfix": [
        f"Sep  1 10:00:00 mx postfix/cleanup[1]: 4Zk1Xy2ABCz: message-id=<{UID}.7@unit.example.org>",
        "Sep  1 10:00:00 mx postfix/qmgr[1]: 4Zk1Xy2ABCz: from=<conferences@unit.example.org>, size=1, nrcpt=1",
        "Sep  1 10:00:01 mx postfix/smtp[1]: 4Zk1Xy2ABCz: to=<someone@example.org>, relay=x[192.0.2.7]:25, status=sent (250 ok)",
    ],
    "exim": [
        f"2026-09-01 10:00:00 1sAbCd-000000001Xy-2AbC <= conferences@unit.example.org H=x P=esmtp S=9 id={UID}.7@unit.example.org",
        "2026-09-01 10:00:01 1sAbCd-000000001Xy-2AbC => someone@example.org R=dnslookup T=remote_smtp H=mx.example.org",
    ],
    "a trace as CSV": [
        f'"2026-09-01T10:00Z","conferences@unit.example.org","someone@example.org","<{UID}.7@unit.example.org>","Delivered"'
    ],
}


@pytest.mark.parametrize("log", LOGS)
def test_a_log_tells_what_was_mailed_to_whom(log: str) -> None:
    older = f"someone@example.org <{UID}.2@unit.example.org>"
    others = [f"x@example.org <{UID.replace('0b', '1b')}.9@elsewhere.example.org>", "nothing of ours <5@unit.example.org>", ""]
    assert read_mailed([older, *LOGS[log], older, *others], ORGANISER) == {
        UID: Mailed(uid=UID, sequence=7, recipient="someone@example.org")
    }


@given(
    st.lists(
        st.text() | st.sampled_from([line for lines in LOGS.values() for line in lines]).flatmap(lambda line: st.just(line[5:])), max_size=6
    )
)
def test_whatever_a_log_holds_is_read(lines: list[str]) -> None:
    assert all(each.sequence == 7 for each in read_mailed(lines, ORGANISER).values())


@given(st.timedeltas(timedelta(0), timedelta(days=365)))
def test_the_step_is_more_than_could_have_changed(elapsed: timedelta) -> None:
    now = datetime.fromisoformat("2026-09-01T10:00:00+00:00")
    step: Any = step_of(now - elapsed, now)
    assert step >= max(LEAST_STEP, CHANGES_A_SECOND * elapsed.total_seconds())
    assert step_of(now + elapsed, now) == step_of(None, now) == LEAST_STEP

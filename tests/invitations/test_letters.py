"""Plain letters: owed with what they tell of, fixed bytes, sent as surely as invitations."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invitations.delivery import deliver_owed
from services.invitations.letters import OfSitting, compose_letter, owe_letter
from services.invitations.service import oldest_owed
from services.platform.database import Database
from tests.invitations.meetings import SETTINGS, Clock, add_meeting, notices, resources_for, tell
from tests.support.smtp import ScriptedSmtp, running

ABOUT = "rebalancing:1"
NOW = datetime.fromisoformat("2026-09-01T09:00:00+00:00")


async def owe(
    database: Database, now: datetime, to: str = "iro-01@example.org", *, about: str = ABOUT, text: str = "Four children."
) -> UUID:
    async with database.transaction() as connection:
        return await owe_letter(connection, about, to, "Changes to your caseload", text, now, settings=SETTINGS)


async def letters(database: Database) -> list[Any]:
    async with database.connection() as connection:
        return list(await connection.fetch("SELECT * FROM letter ORDER BY number"))


async def states(database: Database) -> list[tuple[str, str, int]]:
    return [(row["email"], row["state"], row["attempts"]) for row in await letters(database)]


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def composed(subject: str = "Changes", text: str = "Text", to: str = "iro-01@example.org") -> bytes:
    return compose_letter(UUID(int=7), "unit@example.org", to, subject, text, NOW).content


# ------------------------------------------------------------------------------------------------ bytes


def test_a_letter_is_plain_text_in_utf_8_with_the_headers_of_a_machine() -> None:
    message = parsed(composed("Changes", "Käthe's children:\n  four → two\n"))
    assert (message["From"], message["To"], message["Subject"]) == ("unit@example.org", "iro-01@example.org", "Changes")
    assert message["Message-ID"] == "<00000000-0000-0000-0000-000000000007@example.org>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert (message.get_content_type(), message.get_content_charset()) == ("text/plain", "utf-8")
    assert message.get_content().replace("\r\n", "\n") == "Käthe's children:\n  four → two\n"


def test_the_same_letter_is_the_same_bytes() -> None:
    assert composed() == composed()
    assert b"\r\n" in composed()
    assert b"\n" not in composed().replace(b"\r\n", b"")


@given(st.text(), st.text())
def test_no_subject_and_no_text_begins_a_header_or_ends_a_line_by_itself(subject: str, text: str) -> None:
    content = composed(subject, text)
    head, _, _ = content.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [
        *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"X-Auto-Response-Suppress", b"MIME-Version"),
        *(b"Auto-Submitted", b"Content-Type", b"Content-Transfer-Encoding"),
    ]
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))


@pytest.mark.parametrize("subject", ["Veränderungen", "x" * 200, "a\r\nBcc: everybody@example.org", "\u2028Bcc: x"])
def test_a_subject_says_what_was_given_on_one_line(subject: str) -> None:
    message = parsed(composed(subject))
    assert message["Bcc"] is None
    assert message["Subject"].split() == subject.split()


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_what_can_be_printed_arrives(text: str) -> None:
    wanted = "".join(each if each.isprintable() else " " for each in text.replace("\n", " ").replace("\r", " ")).rstrip()
    line = " ".join(text.splitlines())
    found = parsed(composed(text=line)).get_content()
    assert found.rstrip("\r\n").split() == wanted.split()


def test_an_address_that_no_mail_can_carry_is_no_address() -> None:
    for to in ("a\r\nBcc: b@example.org", "two@words @example.org", "", "é@example.org"):
        with pytest.raises(ValueError, match="address"):
            composed(to=to)


# ------------------------------------------------------------------------------------------------- owed


async def test_a_letter_is_owed_with_the_transaction_or_not_at_all(database: Database, now: datetime) -> None:
    async def owe_and_fail() -> None:
        async with database.transaction() as connection:
            await owe_letter(connection, ABOUT, "iro-01@example.org", "s", "t", now, settings=SETTINGS)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await owe_and_fail()
    assert await letters(database) == []
    letter = await owe(database, now)
    (row,) = await letters(database)
    assert (row["id"], row["state"], row["about"]) == (letter, "OWED", ABOUT)
    assert row["message_id"] == f"<{letter}@unit.example.org>"
    assert row["message"].startswith(b"From: conferences@unit.example.org\r\n")


async def test_without_settings_those_of_the_day_are_read(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO setting (key, in_force, value) VALUES ('organiser', '[2000-01-01,)', '\"own@example.org\"')")
        await owe_letter(connection, ABOUT, "iro-01@example.org", "s", "t", now)
    (row,) = await letters(database)
    assert row["message"].startswith(b"From: own@example.org\r\n")


async def test_an_address_of_no_use_is_refused_at_once_and_never_tried(database: Database, now: datetime) -> None:
    await owe(database, now, "nobody at all")
    (row,) = await letters(database)
    assert (row["state"], row["refusal"], row["message"]) == ("REFUSED", "ADDRESS", b"")
    async with running(ScriptedSmtp()) as server:
        assert await deliver_owed(resources_for(database, server.url), Clock(now)) == 0
    assert server.accepted == []


async def test_the_backlog_counts_letters_and_notices_and_the_oldest_of_both(database: Database, now: datetime) -> None:
    await owe(database, now)
    await tell(database, await add_meeting(database, now + timedelta(days=3)), now + timedelta(minutes=5))
    async with database.connection() as connection:
        backlog = await oldest_owed(connection, now + timedelta(minutes=7))
    assert (backlog.owed, backlog.oldest_age) == (3, timedelta(minutes=7))


# ------------------------------------------------------------------------------------------------- sent


async def test_accepted_letters_are_sent_once_byte_by_byte(database: Database, now: datetime) -> None:
    for number in range(5):
        await owe(database, now, f"iro-0{number}@example.org")
    await tell(database, await add_meeting(database, now + timedelta(days=3)), now)
    async with running(ScriptedSmtp()) as server:
        resources = resources_for(database, server.url)
        assert await deliver_owed(resources, Clock(now)) == 7
        assert await deliver_owed(resources, Clock(now)) == 0
    sent = {row["message"] for row in await letters(database)}
    assert {mail.content for mail in server.accepted} == sent | {row["message"] for row in await notices(database)}
    assert {mail.sender for mail in server.accepted} == {"conferences@unit.example.org"}
    assert {row["state"] for row in await letters(database)} == {"SENT"}
    assert all(row["sent_at"] == now for row in await letters(database))


async def test_a_refused_letter_keeps_the_code_and_is_not_tried_again(database: Database, now: datetime) -> None:
    await owe(database, now)
    async with running(ScriptedSmtp(on_rcpt=lambda _: "550 no such user")) as server:
        for _ in range(2):
            assert await deliver_owed(resources_for(database, server.url), Clock(now + timedelta(hours=1))) == 0
    (row,) = await letters(database)
    assert (row["state"], row["refusal"], row["attempts"]) == ("REFUSED", "550", 1)


async def test_a_deferred_letter_waits_longer_each_time_and_goes_as_the_same_bytes(database: Database, now: datetime) -> None:
    await owe(database, now)
    clock = Clock(now)
    async with running(ScriptedSmtp(on_data=lambda _: "451 later")) as server:
        resources = resources_for(database, server.url)
        for attempt in range(1, 4):
            assert await deliver_owed(resources, clock) == 0
            assert await states(database) == [("iro-01@example.org", "OWED", attempt)]
            assert await deliver_owed(resources, clock) == 0
            assert (await states(database))[0][2] == attempt
            clock.advance(minutes=2)
        server.on_data = lambda _: "250 fine"
        assert await deliver_owed(resources, clock) == 1
    assert [mail.content for mail in server.accepted] == [row["message"] for row in await letters(database)]


async def test_a_stalled_server_keeps_the_letter_owed(database: Database, now: datetime) -> None:
    await owe(database, now)
    async with running(ScriptedSmtp(on_data=lambda _: "drop")) as server:
        assert await deliver_owed(resources_for(database, server.url), Clock(now)) == 0
    assert await states(database) == [("iro-01@example.org", "OWED", 1)]


async def test_of_two_letters_about_one_matter_the_later_never_goes_first(database: Database, now: datetime) -> None:
    for text in ("first", "second"):
        await owe(database, now, text=text)
    await owe(database, now, about="rebalancing:2", text="of another matter")
    clock = Clock(now)
    asked: list[str] = []

    def first_later(_: str) -> str:
        asked.append("")
        return "451 later" if len(asked) <= 2 else "250 fine"

    async with running(ScriptedSmtp(on_data=first_later)) as server:
        resources = resources_for(database, server.url)
        assert await deliver_owed(resources, clock) == 0
        clock.advance(minutes=2)
        assert await deliver_owed(resources, clock) == 3
    texts = [parsed(mail.content).get_content().strip() for mail in server.accepted]
    assert texts.index("first") < texts.index("second")


async def test_a_flood_of_notices_keeps_no_letter_waiting_nor_letters_a_notice(database: Database, now: datetime) -> None:
    for day in range(12):
        await tell(database, await add_meeting(database, now + timedelta(days=day + 3)), now)
    for number in range(12):
        await owe(database, now, about=f"rebalancing:{number}")
    async with running(ScriptedSmtp()) as server:
        await deliver_owed(resources_for(database, server.url), Clock(now), limit=8)
    kinds = [b"text/calendar" in mail.content for mail in server.accepted]
    assert (kinds.count(False), kinds.count(True)) == (2, 6)


async def test_a_letter_in_one_senders_hand_is_left_to_it_however_long_the_server_takes(database: Database, now: datetime) -> None:
    await owe(database, now)
    async with running(ScriptedSmtp(hold=asyncio.Event())) as server:
        assert server.hold is not None
        resources = resources_for(database, server.url)
        first = asyncio.create_task(deliver_owed(resources, Clock(now)))
        await server.reached.wait()
        assert await deliver_owed(resources, Clock(now + timedelta(hours=1))) == 0
        server.hold.set()
        assert await first == 1
    assert len(server.accepted) == 1
    assert await states(database) == [("iro-01@example.org", "SENT", 1)]


async def test_two_deliveries_at_once_send_each_letter_once(database: Database, now: datetime) -> None:
    for number in range(30):
        await owe(database, now, f"iro-{number}@example.org")
    async with running(ScriptedSmtp()) as server:
        resources = resources_for(database, server.url)
        sent = await asyncio.gather(*(deliver_owed(resources, Clock(now)) for _ in range(2)))
    assert sum(sent) == 30
    assert len({mail.content for mail in server.accepted}) == len(server.accepted) == 30


async def test_a_deadlock_over_what_went_stale_sends_nothing_twice(database: Database, database_url: str, now: datetime) -> None:
    """Of three meetings somebody changes the last and then the first, and somebody else the second, while a sender settles that letters of
    all three are stale: PostgreSQL breaks the sender's off."""
    first, second, third = meetings = [UUID(int=each) for each in (1, 2, 3)]
    await owe(database, now)
    async with database.transaction() as connection:
        for each in meetings:
            await connection.execute(
                "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) VALUES ($1, $2, 'CARE_REVIEW', 'CANCELLED', $3, $4)",
                each, f"M-{each.int}", now + timedelta(days=1), now + timedelta(days=2),
            )  # fmt: skip
            of = OfSitting(meeting_id=each, starts_at=now, until=now + timedelta(days=1), paper="REMINDER", round=1)
            await owe_letter(connection, f"M-{each.int}", "iro-02@example.org", "s", "t", now, settings=SETTINGS, of=of)
    lock = "SELECT FROM paper_trail WHERE meeting_id = $1 FOR NO KEY UPDATE"
    changing, other = [await asyncpg.connect(database_url) for _ in range(2)]
    waits = "SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)) AND wait_event_type = 'Lock'"
    async with running(ScriptedSmtp()) as server:
        async with changing.transaction():
            await changing.execute("SET LOCAL deadlock_timeout = '10min'")  # whoever waits last finds it: that is the sender
            await changing.execute(lock, third)
            async with other.transaction():
                await other.execute(lock, second)
                sending = asyncio.create_task(deliver_owed(resources_for(database, server.url, database_pool=1), Clock(now)))
                while not sending.done() and not await other.fetchval(waits, other.get_server_pid()):
                    pass
                crossing = asyncio.create_task(changing.execute(lock, first))
                while await other.fetchval("SELECT count(*) FROM pg_locks WHERE pid = $1 AND NOT granted", changing.get_server_pid()) == 0:
                    assert not crossing.done()
            await crossing
        assert await sending == 1
    await changing.close()
    await other.close()
    assert len(server.accepted) == 1
    assert [state for _, state, _ in await states(database)] == ["SENT", *["SUPERSEDED"] * 3]

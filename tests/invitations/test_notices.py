"""Notices owed in the booking's own transaction, on a real PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest

from services.invitations.owe import DiaryMeeting
from services.invitations.service import oldest_owed, owe_notices
from services.platform.database import Database
from tests.invitations.meetings import SETTINGS, add_meeting, at, brief, chair, desk, notices, owner_of, tell, without_addressees

WHEN = timedelta(days=14)


async def versions(database: Database) -> dict[object, int]:
    async with database.connection() as connection:
        return {row["owner_id"]: row["version"] for row in await connection.fetch("SELECT owner_id, version FROM diary_version")}


async def mark_sent(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("UPDATE notice SET state = 'SENT', tried_at = owed_at, sent_at = owed_at WHERE state = 'OWED'")


async def test_a_booking_owes_one_mail_an_addressee_with_its_bytes(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN)
    assert await tell(database, meeting, now) == 2
    rows = await notices(database)
    assert brief(rows) == [("IRO-01", "REQUEST", 0, "OWED"), ("ROOM-A", "REQUEST", 0, "OWED")]
    for row, address in zip(rows, ("iro-01@example.org", "rooms@example.org"), strict=True):
        mail = message_from_bytes(row["message"], policy=policy.default)
        assert (mail["From"], mail["To"], row["email"]) == (SETTINGS.organiser, address, address)
        assert mail["Message-ID"] == row["message_id"]
        assert row["uid"].encode() in row["message"]
    assert rows[0]["uid"] != rows[1]["uid"]
    assert await versions(database) == {owner_of("IRO-01"): 1, owner_of("ROOM-A"): 1}


async def test_a_booking_that_is_undone_owes_nothing(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN)

    async def book_and_fail() -> None:
        async with database.transaction() as connection:
            assert await owe_notices(connection, meeting, SETTINGS, now) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await book_and_fail()
    assert await notices(database) == []
    assert await versions(database) == {}


async def test_the_same_again_writes_nothing(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN)
    await tell(database, meeting, now)
    before = await notices(database)
    assert await tell(database, meeting, now + timedelta(hours=1)) == 0
    assert await notices(database) == before
    assert set((await versions(database)).values()) == {1}


async def test_only_those_whose_view_changed_are_told(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN)
    await tell(database, meeting, now)
    await mark_sent(database)
    officer, room = meeting.addressees
    longer = replace(meeting, addressees=(officer, replace(room, leaves_at=room.leaves_at + timedelta(minutes=30))))
    assert await tell(database, longer, now) == 1
    assert brief(await notices(database)) == [
        ("IRO-01", "REQUEST", 0, "SENT"),
        ("ROOM-A", "REQUEST", 0, "SENT"),
        ("ROOM-A", "REQUEST", 1, "OWED"),
    ]
    assert await versions(database) == {owner_of("IRO-01"): 1, owner_of("ROOM-A"): 2}


async def test_something_newer_supersedes_what_was_not_sent(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    await tell(database, at(meeting, now + WHEN + timedelta(days=1)), now)
    rows = await notices(database)
    assert brief(rows) == [("IRO-01", "REQUEST", 0, "SUPERSEDED"), ("IRO-01", "REQUEST", 1, "OWED")]
    assert b"Changed" not in rows[1]["message"]  # the officer never heard of the first


async def test_a_meeting_nobody_heard_of_is_cancelled_in_silence(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN)
    await tell(database, meeting, now)
    assert await tell(database, without_addressees(meeting), now) == 0
    assert {state for *_, state in brief(await notices(database))} == {"SUPERSEDED"}
    assert await tell(database, meeting, now) == 2
    assert [row for row in brief(await notices(database)) if row[3] == "OWED"] == [
        ("IRO-01", "REQUEST", 2, "OWED"),
        ("ROOM-A", "REQUEST", 2, "OWED"),
    ]


async def test_a_mail_that_was_once_tried_may_have_arrived_so_its_cancellation_is_sent(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    async with database.transaction() as connection:
        await connection.execute("UPDATE notice SET tried_at = $1", now)
    assert await tell(database, without_addressees(meeting), now) == 1
    assert brief(await notices(database)) == [("IRO-01", "REQUEST", 0, "SUPERSEDED"), ("IRO-01", "CANCEL", 1, "OWED")]


def _reached_at(meeting: DiaryMeeting, email: str | None) -> DiaryMeeting:
    return replace(meeting, addressees=tuple(replace(each, email=email) for each in meeting.addressees))


async def test_an_address_that_is_the_addressees_no_more_hears_a_cancel_and_the_new_one_a_first_invitation(
    database: Database, now: datetime
) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    await mark_sent(database)
    assert await tell(database, _reached_at(meeting, "successor@example.org"), now) == 2
    rows = await notices(database)
    assert [(row["email"], row["method"], row["sequence"]) for row in rows] == [
        ("iro-01@example.org", "REQUEST", 0),
        ("iro-01@example.org", "CANCEL", 1),
        ("successor@example.org", "REQUEST", 2),
    ]
    assert len({row["uid"] for row in rows}) == 1
    assert b"successor" not in rows[1]["message"]
    assert b"iro-01@" not in rows[2]["message"]
    assert b"Changed" not in rows[2]["message"]
    assert await tell(database, _reached_at(meeting, "successor@example.org"), now) == 0
    await tell(database, at(_reached_at(meeting, "successor@example.org"), now + WHEN + timedelta(days=1)), now)
    assert [row[1:] for row in brief(await notices(database))] == [
        ("REQUEST", 0, "SENT"),
        ("CANCEL", 1, "OWED"),
        ("REQUEST", 2, "SUPERSEDED"),
        ("REQUEST", 3, "OWED"),
    ]


async def test_an_address_to_which_nothing_went_hears_nothing_of_being_left(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    assert await tell(database, _reached_at(meeting, "successor@example.org"), now) == 1
    assert [row[1:] for row in brief(await notices(database))] == [
        ("REQUEST", 0, "SUPERSEDED"),
        ("CANCEL", 1, "SUPERSEDED"),
        ("REQUEST", 2, "OWED"),
    ]


async def test_an_address_without_a_successor_hears_a_cancel_too(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    await mark_sent(database)
    assert await tell(database, _reached_at(meeting, None), now) == 1
    assert brief(await notices(database))[-1] == ("IRO-01", "CANCEL", 1, "OWED")


async def test_a_mail_in_a_senders_hand_holds_up_no_cancellation(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    async with database.transaction() as sender:
        await sender.execute("SELECT FROM notice FOR NO KEY UPDATE")
        assert await tell(database, without_addressees(meeting), now) == 1
    assert brief(await notices(database)) == [("IRO-01", "REQUEST", 0, "OWED"), ("IRO-01", "CANCEL", 1, "OWED")]


async def test_cancelled_and_booked_again_keeps_the_uid(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    for state in (meeting, without_addressees(meeting), meeting):
        await tell(database, state, now)
        await mark_sent(database)
    rows = await notices(database)
    assert [row[1:3] for row in brief(rows)] == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)]
    assert len({row["uid"] for row in rows}) == 1
    assert b"\r\nSTATUS:CANCELLED\r\n" in rows[1]["message"]
    assert b"\r\nSUMMARY:Meeting " + meeting.reference.encode() in rows[1]["message"]


async def test_whoever_has_no_address_has_the_entry_alone(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN, email=None)])
    assert await tell(database, meeting, now) == 0
    assert await notices(database) == []
    assert await versions(database) == {owner_of("IRO-01"): 1}


async def test_an_address_that_is_none_refuses_its_notice_and_not_the_booking(database: Database, now: datetime) -> None:
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN, email="x\r\nBcc: y@example.org"), desk(now + WHEN)])
    assert await tell(database, meeting, now) == 1
    rows = await notices(database)
    assert brief(rows) == [("IRO-01", "REQUEST", 0, "REFUSED"), ("ROOM-A", "REQUEST", 0, "OWED")]
    assert (rows[0]["refusal"], rows[0]["message"]) == ("ADDRESS", b"")


async def test_the_backlog_knows_its_oldest(database: Database, now: datetime) -> None:
    async with database.connection() as connection:
        assert (await oldest_owed(connection, now)).owed == 0
    await tell(database, await add_meeting(database, now + WHEN), now)
    async with database.connection() as connection:
        backlog = await oldest_owed(connection, now + timedelta(minutes=7))
    assert (backlog.owed, backlog.oldest_age) == (2, timedelta(minutes=7))

"""Delivery to real SMTP servers that accept, defer, refuse and hang up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.invitations.delivery import back_off, deliver_owed
from services.kernel.errors import Rejected
from services.platform.database import Database
from tests.invitations.meetings import Clock, add_meeting, at, brief, chair, notices, resources_for, tell, without_addressees
from tests.support.smtp import DROP, ScriptedSmtp, nobody_listens, running

WHEN = timedelta(days=14)
OFFICER = "iro-01@example.org"


async def test_each_addressee_gets_the_stored_bytes_once(database: Database, now: datetime) -> None:
    for day in range(10):
        await tell(database, await add_meeting(database, now + WHEN + timedelta(days=day)), now)
    async with running(ScriptedSmtp()) as server:
        assert await deliver_owed(resources_for(database, server.url), Clock(now)) == 20
        assert await deliver_owed(resources_for(database, server.url), Clock(now)) == 0
    rows = await notices(database)
    assert {row["state"] for row in rows} == {"SENT"}
    assert {row["sent_at"] for row in rows} == {now}
    assert sorted(mail.content for mail in server.accepted) == sorted(row["message"] for row in rows)
    assert {(mail.sender, mail.recipient) for mail in server.accepted} == {
        ("conferences@unit.example.org", OFFICER),
        ("conferences@unit.example.org", "rooms@example.org"),
    }
    assert server.sessions <= 4


async def test_two_deliveries_at_once_send_nothing_twice(database: Database, now: datetime) -> None:
    for day in range(20):
        await tell(database, await add_meeting(database, now + WHEN + timedelta(days=day)), now)
    async with running(ScriptedSmtp()) as server:
        resources = resources_for(database, server.url)
        sent = await asyncio.gather(deliver_owed(resources, Clock(now)), deliver_owed(resources, Clock(now)))
    assert sum(sent) == 40
    assert len({mail.content for mail in server.accepted}) == len(server.accepted) == 40


async def test_a_temporary_refusal_is_tried_again_later_with_the_same_bytes(database: Database, now: datetime) -> None:
    clock = Clock(now)
    await tell(database, await add_meeting(database, now + WHEN), now)
    async with running(ScriptedSmtp(on_data=lambda to: "451 4.3.0 later" if to == OFFICER else "250 fine")) as server:
        resources = resources_for(database, server.url)
        assert await deliver_owed(resources, clock) == 1
        assert await deliver_owed(resources, clock) == 0
        (row,) = [row for row in await notices(database) if row["state"] == "OWED"]
        assert (row["attempts"], row["refusal"]) == (1, "451")
        assert now < row["next_attempt_at"] <= now + timedelta(seconds=5)
        server.on_data = lambda _: "250 fine"
        clock.advance(seconds=5)
        assert await deliver_owed(resources, clock) == 1
    assert server.accepted[-1].content == row["message"]
    assert (await notices(database))[0]["refusal"] is None


@pytest.mark.parametrize("where", ["on_rcpt", "on_data"])
async def test_a_refusal_for_good_keeps_its_code_alone_and_stops_nobody_else(database: Database, now: datetime, where: str) -> None:
    await tell(database, await add_meeting(database, now + WHEN), now)
    async with running(ScriptedSmtp()) as server:
        setattr(server, where, lambda to: f"550 5.1.1 no such user {to}" if to == OFFICER else "250 fine")
        assert await deliver_owed(resources_for(database, server.url), Clock(now)) == 1
    rows = await notices(database)
    assert brief(rows) == [("IRO-01", "REQUEST", 0, "REFUSED"), ("ROOM-A", "REQUEST", 0, "SENT")]
    assert rows[0]["refusal"] == "550"


async def test_of_mails_taken_together_each_has_its_own_fate(database: Database, now: datetime) -> None:
    codes = [f"IRO-{number:02}" for number in range(1, 13)]
    for code in codes:
        await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN, code)]), now)
    answers = {"iro-03@example.org": "550 5.1.1 no such user", "iro-05@example.org": "451 4.3.0 later"}
    async with running(ScriptedSmtp(on_rcpt=lambda to: answers.get(to, "250 fine"))) as server:
        assert await deliver_owed(resources_for(database, server.url, database_pool=1), Clock(now)) == 10
    rows = {row["code"]: row for row in await notices(database)}
    expected = {**dict.fromkeys(codes, ("SENT", None, 1, now)), "IRO-03": ("REFUSED", "550", 1, None), "IRO-05": ("OWED", "451", 1, None)}
    assert {code: (row["state"], row["refusal"], row["attempts"], row["sent_at"]) for code, row in rows.items()} == expected
    assert {code for code, row in rows.items() if row["next_attempt_at"] != now} == {"IRO-05"}
    assert server.sessions == 1


async def test_what_a_slow_server_left_in_a_hand_is_sent_after_it_and_once(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.invitations.delivery._SECONDS_IN_HAND", -1.0)  # over as soon as one is sent
    for number in range(12):
        await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN, f"IRO-{number:02}")]), now)
    async with running(ScriptedSmtp()) as server:
        assert await deliver_owed(resources_for(database, server.url, database_pool=1), Clock(now)) == 12
    assert {row["state"] for row in await notices(database)} == {"SENT"}
    assert len({mail.content for mail in server.accepted}) == len(server.accepted) == 12


async def test_a_connection_lost_after_the_data_is_no_acceptance(database: Database, now: datetime) -> None:
    clock = Clock(now)
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    async with running(ScriptedSmtp(on_data=lambda _: DROP)) as server:
        resources = resources_for(database, server.url)
        assert await deliver_owed(resources, clock) == 0
        assert brief(await notices(database)) == [("IRO-01", "REQUEST", 0, "OWED")]
        server.on_data = lambda _: "250 fine"
        clock.advance(minutes=1)
        assert await deliver_owed(resources, clock) == 1


async def test_an_answer_that_is_lost_costs_a_second_identical_mail_and_no_more(database: Database, now: datetime) -> None:
    clock = Clock(now)
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN)]), now)
    async with running(ScriptedSmtp(lose_answer=lambda _: True)) as server:
        resources = resources_for(database, server.url)
        assert await deliver_owed(resources, clock) == 0
        server.lose_answer = lambda _: False
        clock.advance(minutes=1)
        assert await deliver_owed(resources, clock) == 1
    first, second = server.accepted
    assert first == second


async def test_a_server_that_hangs_up_between_messages_costs_nothing(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN, f"IRO-{number:02d}") for number in range(12)]), now)
    served = 0

    def answer(_: str) -> str:
        nonlocal served
        served += 1
        if served % 3 == 0:
            asyncio.get_running_loop().call_later(0.005, server.hang_up)
        return "250 fine"

    async with running(ScriptedSmtp(on_data=answer)) as server:
        clock = Clock(now)
        resources = resources_for(database, server.url)
        while await deliver_owed(resources, clock) or any(row["state"] == "OWED" for row in await notices(database)):
            clock.advance(minutes=1)
    assert {row["state"] for row in await notices(database)} == {"SENT"}


async def test_a_server_that_is_away_is_asked_once_a_round(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN, [chair(now + WHEN, f"IRO-{number:02d}") for number in range(40)]), now)
    with nobody_listens() as server:
        assert await deliver_owed(resources_for(database, server.url), Clock(now)) == 0
    rows = await notices(database)
    assert {row["state"] for row in rows} == {"OWED"}
    assert 1 <= sum(row["attempts"] for row in rows) <= 4
    assert {row["refusal"] for row in rows if row["attempts"]} == {"CONNECT"}


async def test_an_hour_without_a_server_loses_nothing(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + WHEN), now)
    clock = Clock(now)
    with nobody_listens() as server:
        resources = resources_for(database, server.url)
        while clock() < now + timedelta(hours=1):
            assert await deliver_owed(resources, clock) == 0
            clock.advance(seconds=30)
        attempts = [row["attempts"] for row in await notices(database)]
        assert all(8 <= each <= 22 for each in attempts)
        async with running(server):
            clock.advance(minutes=15)
            assert await deliver_owed(resources, clock) == 2


async def test_nothing_newer_goes_before_something_older(database: Database, now: datetime) -> None:
    clock = Clock(now)
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    async with running(ScriptedSmtp(hold=asyncio.Event())) as server:
        assert server.hold is not None
        resources = resources_for(database, server.url)
        first = asyncio.create_task(deliver_owed(resources, clock))
        await server.reached.wait()
        await tell(database, at(meeting, now + WHEN + timedelta(days=1)), now)
        await tell(database, without_addressees(meeting), now)
        assert await deliver_owed(resources, clock) == 0  # the first is on its way: nothing may overtake it
        server.hold.set()
        assert await first == 2
    assert brief(await notices(database)) == [
        ("IRO-01", "REQUEST", 0, "SENT"),
        ("IRO-01", "REQUEST", 1, "SUPERSEDED"),
        ("IRO-01", "CANCEL", 2, "SENT"),
    ]
    assert [b"METHOD:CANCEL" in mail.content for mail in server.accepted] == [False, True]


async def test_what_was_changed_while_it_was_deferred_is_not_sent_any_more(database: Database, now: datetime) -> None:
    clock = Clock(now)
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    async with running(ScriptedSmtp(on_data=lambda _: "451 later", hold=asyncio.Event())) as server:
        assert server.hold is not None
        resources = resources_for(database, server.url)
        first = asyncio.create_task(deliver_owed(resources, clock))
        await server.reached.wait()
        await tell(database, at(meeting, now + WHEN + timedelta(days=1)), now)
        server.hold.set()
        assert await first == 0
        server.on_data = lambda _: "250 fine"
        clock.advance(minutes=1)
        assert await deliver_owed(resources, clock) == 1
    assert brief(await notices(database)) == [("IRO-01", "REQUEST", 0, "SUPERSEDED"), ("IRO-01", "REQUEST", 1, "SENT")]


async def test_an_address_that_was_left_and_cannot_be_reached_now_holds_up_nobody_and_hears_of_it_later(
    database: Database, now: datetime
) -> None:
    clock = Clock(now)
    meeting = await add_meeting(database, now + WHEN, [chair(now + WHEN)])
    await tell(database, meeting, now)
    async with running(ScriptedSmtp(on_data=lambda to: "451 later" if to == OFFICER else "250 fine")) as server:
        resources = resources_for(database, server.url)
        assert await deliver_owed(resources, clock) == 0
        await tell(database, replace(meeting, addressees=(chair(now + WHEN, email="successor@example.org"),)), now)
        clock.advance(minutes=1)
        assert await deliver_owed(resources, clock) == 1
        server.on_data = lambda _: "250 fine"
        clock.advance(minutes=1)
        assert await deliver_owed(resources, clock) == 1
    assert brief(await notices(database)) == [
        ("IRO-01", "REQUEST", 0, "SUPERSEDED"),
        ("IRO-01", "CANCEL", 1, "SENT"),
        ("IRO-01", "REQUEST", 2, "SENT"),
    ]
    assert [mail.recipient for mail in server.accepted] == ["successor@example.org", OFFICER]


async def test_a_delivery_that_is_stopped_finishes_what_it_has_in_hand(database: Database, now: datetime) -> None:
    for day in range(10):
        await tell(database, await add_meeting(database, now + WHEN + timedelta(days=day)), now)
    async with running(ScriptedSmtp(hold=asyncio.Event())) as server:
        assert server.hold is not None
        task = asyncio.create_task(deliver_owed(resources_for(database, server.url), Clock(now)))
        await server.reached.wait()
        task.cancel()
        asyncio.get_running_loop().call_soon(server.hold.set)
        with pytest.raises(asyncio.CancelledError):
            await task
    sent = [row["message"] for row in await notices(database) if row["state"] == "SENT"]
    assert 1 <= len(sent) <= 4
    assert sorted(sent) == sorted(mail.content for mail in server.accepted)


async def test_without_a_mail_server_it_says_what_to_set(database: Database, now: datetime) -> None:
    with pytest.raises(Rejected, match="CONVENE_SMTP_URL"):
        await deliver_owed(resources_for(database), Clock(now))


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_waiting_doubles_up_to_a_quarter_of_an_hour_and_never_all_at_once(attempts: int, luck: float) -> None:
    longest = min(timedelta(minutes=15), timedelta(seconds=5) * 2 ** min(attempts, 20))
    assert longest / 2 <= back_off(attempts, luck) <= longest


def test_luck_halves_a_wait_at_most() -> None:
    assert [back_off(tries, luck).total_seconds() for tries, luck in ((0, 0.0), (3, 0.0), (3, 0.5), (20, 0.0), (20, 0.5))] == [
        5,
        40,
        30,
        900,
        675,
    ]

"""Of one meeting a person hears one thing after another: no reminder, notice or request comes after what made it untrue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.invitations.delivery import deliver_owed
from services.invitations.outbox import LETTERS, NOTICES, Outbox, Taken
from services.kernel.errors import Unavailable
from services.platform.database import Connection
from tests.booking.test_paper_trail import CHAIR, POLICE, REMINDED, START, TAKER, conference, follow, letters, sent, state
from tests.booking.world import World
from tests.invitations.meetings import Clock, resources_for
from tests.post.oracle import find_mail_faults
from tests.support.smtp import Mail, ScriptedSmtp, running


def told(mails: list[Mail], recipient: str) -> list[str]:
    """What one address heard, in order: the methods of invitations, and the first words of letters."""
    return [
        "CANCEL" if b"METHOD:CANCEL" in mail.content else "REQUEST" if b"METHOD:REQUEST" in mail.content else "letter"
        for mail in mails
        if mail.recipient == recipient
    ]


@asynccontextmanager
async def letters_in_one_hand(world: World, accepted: list[Mail]) -> AsyncIterator[asyncio.Event]:
    """Every letter that is owed is in the hand of one sender, which waits for the server to take the first until the event is set;
    left once it has sent what it may."""
    async with running(ScriptedSmtp(accepted=accepted, hold=asyncio.Event())) as slow:
        assert slow.hold is not None
        sending = asyncio.create_task(deliver_owed(resources_for(world.database, slow.url, database_pool=1), Clock(REMINDED)))
        await slow.reached.wait()
        try:
            yield slow.hold
        finally:
            slow.hold.set()
            await sending


@pytest.mark.parametrize("change", ["cancel", "move"])
async def test_no_letter_in_hand_reaches_anybody_after_the_newer_word_of_its_meeting(world: World, change: str) -> None:
    meeting = await conference(world)
    await state(world, report_desks={"SOCIAL_WORKER": POLICE})  # asked for reports at an address that is invited, too
    accepted = await sent(world, world.now)
    await follow(world, REMINDED)
    assert len(await letters(world)) == 5
    async with running(ScriptedSmtp(accepted=accepted)) as quick:
        resources = resources_for(world.database, quick.url)
        async with letters_in_one_hand(world, accepted):
            world.now = REMINDED
            if change == "cancel":
                await world.act("cancel", meeting)
            else:
                await world.move(meeting, starts_at=START + timedelta(days=1))
            await deliver_owed(resources, Clock(REMINDED))
            assert [told(accepted, each) for each in (CHAIR, TAKER, POLICE)] == [["REQUEST"]] * 3
        await deliver_owed(resources, Clock(REMINDED))
    for each in (CHAIR, TAKER, POLICE):
        first, *between, last = told(accepted, each)
        assert (first, last) == ("REQUEST", "CANCEL" if change == "cancel" else "REQUEST")
        assert set(between) <= {"letter"}, "what was in hand came before, or never"
    ((email, content),) = await world.sql("SELECT email, message FROM letter WHERE paper = 'REMINDER' ORDER BY number LIMIT 1")
    late = Mail(sender="conferences@unit.example.org", recipient=email, content=bytes(content))
    async with world.database.connection() as connection:
        assert await find_mail_faults(connection, accepted) == []
        assert "overtaken letter" in {each.what for each in await find_mail_faults(connection, [*accepted, late])}


async def test_a_letter_that_waits_keeps_no_newer_word_waiting(world: World) -> None:
    meeting = await conference(world)
    await sent(world, world.now)
    await follow(world, REMINDED)
    assert await sent(world, REMINDED, on_data=lambda _: "451 4.3.0 later") == []
    world.now = REMINDED
    await world.act("cancel", meeting)
    assert [told(await sent(world, REMINDED), each) for each in (CHAIR,)] == [["CANCEL"]]


@pytest.mark.parametrize("first", [LETTERS, NOTICES])
async def test_of_two_senders_one_at_a_time_has_words_of_a_meeting_for_an_address(world: World, first: Outbox) -> None:
    """And what the second takes afterwards is judged as things are then: the cancellation makes the reminder stale."""
    meeting = await conference(world)
    await sent(world, world.now)
    await follow(world, REMINDED)
    world.now = REMINDED
    async with world.database.connection() as connection:
        reminders = await LETTERS.due(connection, REMINDED, 10)
    await world.act("cancel", meeting)
    async with world.database.connection() as connection:
        cancellations = await NOTICES.due(connection, REMINDED, 10)
    asked = {LETTERS: reminders, NOTICES: cancellations}
    (second,) = asked.keys() - {first}
    async with world.database.transaction() as one, world.database.transaction() as other:
        had = {each.email for each in await first.take(one, asked[first], REMINDED)}
        assert had >= {CHAIR, TAKER, POLICE}
        assert {each.email for each in await second.take(other, asked[second], REMINDED)}.isdisjoint(had)
    async with world.database.transaction() as other:
        taken = await second.take(other, asked[second], REMINDED)
    assert {each.email: each.stale for each in taken if each.email in had} == dict.fromkeys((CHAIR, TAKER, POLICE), second is LETTERS)


async def test_a_sender_that_has_lost_its_locks_sends_no_more_of_its_hand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends it now may send what is newer next."""
    await conference(world)
    await sent(world, world.now)
    await follow(world, REMINDED)
    hands: list[Connection] = []
    take = Outbox.take

    async def taken(self: Outbox, connection: Connection, ids: Sequence[UUID], now: datetime) -> list[Taken]:
        hands.append(connection)
        return await take(self, connection, ids, now)

    monkeypatch.setattr(Outbox, "take", taken)
    accepted: list[Mail] = []

    async def lose() -> None:
        async with letters_in_one_hand(world, accepted):
            hands[0].terminate()

    with pytest.raises(Unavailable):
        await lose()
    assert len(accepted) == 1, "that which was on its way"
    assert {state for _, _, state in await letters(world)} == {"OWED"}
    while "OWED" in {state for _, _, state in await letters(world)}:  # PostgreSQL finds soon that it is gone
        accepted += await sent(world, REMINDED)
    assert len({mail.content for mail in accepted}) == 4

"""Through two API processes over HTTP: storms of every change of a meeting, and an eye that sees what is wrong with its sittings."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.kernel.words import Role
from tests.booking.world import at
from tests.fire import storms
from tests.fire.api import BOOK, OFFER, SPLIT, calling
from tests.fire.conftest import Arena
from tests.fire.crowd import meeting_of
from tests.fire.oracle import find_faults
from tests.fire.unit import Ground, booking

pytestmark = pytest.mark.slow

_TOLD = {"MeetingBooked", "MeetingChanged", "AbsenceRecorded", "TimeOffered", "OfferWithdrawn", "ResourceTaken", "StaleVersion"}


async def test_a_storm_of_every_change_loses_none_and_leaves_nothing_held(arena: Arena, grounds: list[Ground]) -> None:
    every = {*storms.EVERY_DEED, "WITHDRAW over a meeting", *_TOLD}
    raged = await storms.storm(arena.api.addresses, grounds[2], meetings=10, deeds=200, seed=1, until=every)
    assert await storms.judge(arena.url, raged) == []
    assert every <= {*raged.answers, *raged.done}
    raged.changes[next(iter(raged.heard))] += 1
    assert [each.what for each in await storms.judge(arena.url, raged)] == ["lost update"]  # the control


@pytest.fixture(scope="module")
def meeting(arena: Arena, grounds: list[Ground]) -> UUID:
    """A conference of two sittings, on two days, with everybody; and an officer who has offered an evening."""
    return asyncio.run(_split(arena, grounds[3]))


async def _split(arena: Arena, ground: Ground) -> UUID:
    reference, officer = next(iter(ground.officer_of.items()))
    starts = [at(day, "10:00") for day in ground.days]
    sittings = [{"startsAt": each.isoformat(), "endsAt": (each + timedelta(hours=1)).isoformat()} for each in starts]
    since, until = (at(ground.days[0], clock).isoformat() for clock in storms.EVENING)
    async with calling(arena.api.addresses) as callers:
        booked = await callers.ask(BOOK, booking("to split", "INITIAL_CONFERENCE", reference, starts[0]))
        stated = {"requestKey": "split", "id": booked["meeting"]["id"], "version": 1, "reason": "a test", "sittings": sittings}
        assert meeting_of(await callers.ask(SPLIT, stated)) == meeting_of(booked)
        offer = {"requestKey": "offer", "kind": "IRO", "code": officer, "from": since, "to": until}
        assert (await callers.ask(OFFER, offer, role=Role.MANAGER))["__typename"] == "TimeOffered"
    return meeting_of(booked)


PLANTED = {
    "holds, of the second sitting none": "DELETE FROM hold WHERE meeting_id = $1 AND sitting = 2",
    "holds, of the second sitting nobody's but her own": "DELETE FROM hold WHERE meeting_id = $1 AND sitting = 2 "
    "AND resource_id <> (SELECT chair_id FROM meeting WHERE id = $1)",
    "holds, of a sitting that there is not": "DELETE FROM sitting WHERE meeting_id = $1 AND number = 2",
    "holds, at another time than the sitting": "UPDATE sitting SET during = tstzrange(lower(during) + interval '3 hours', "
    "upper(during) + interval '3 hours') WHERE meeting_id = $1 AND number = 2",
    "write_up, of the first sitting alone": "UPDATE write_up_week SET minutes = minutes - 120 WHERE minutes >= 120 "
    "AND note_taker_id = (SELECT note_taker_id FROM meeting WHERE id = $1)",
    "sittings, without the first": "UPDATE sitting SET number = number + 1 WHERE meeting_id = $1 AND number = 2",
    "sittings, out of order": "UPDATE sitting SET during = tstzrange(lower(during) - interval '60 days', "
    "upper(during) - interval '60 days') WHERE meeting_id = $1 AND number = 2",
    "sittings, at one time": "UPDATE sitting SET during = (SELECT during FROM sitting WHERE meeting_id = $1 AND number = 1) "
    "WHERE meeting_id = $1 AND number = 2",
    "notices, of the second sitting not one": "UPDATE calendar_entry SET sitting = 3 WHERE meeting_id = $1 AND sitting = 2",
    "notices, of the second sitting at the time of the first": "UPDATE calendar_entry e SET starts_at = f.starts_at, ends_at = f.ends_at "
    "FROM calendar_entry f WHERE e.meeting_id = $1 AND e.sitting = 2 AND f.meeting_id = $1 AND f.sitting = 1 AND f.owner_id = e.owner_id",
    "offers, of which the diary knows nothing": "INSERT INTO offered_time (id, resource_id, during, source, recorded_at) "
    "SELECT gen_random_uuid(), resource_id, tstzrange(max(upper(during)) + interval '1 hour', max(upper(during)) + interval '2 hours'), "
    "'nobody', now() FROM availability WHERE resource_id = (SELECT chair_id FROM meeting WHERE id = $1) GROUP BY resource_id",
    "offers, that nobody made": "DELETE FROM offered_time WHERE $1::uuid IS NOT NULL",
}


@pytest.mark.parametrize("fault", PLANTED)
async def test_the_check_sees_every_fault_of_a_meeting_of_two_sittings_that_is_planted(arena: Arena, meeting: UUID, fault: str) -> None:
    """The control: what a storm leaves behind is judged by an eye that sees."""
    owner = await asyncpg.connect(arena.url)
    planting = owner.transaction()
    await planting.start()
    try:
        assert await find_faults(owner) == []
        assert not (await owner.execute(PLANTED[fault], meeting)).endswith(" 0")
        assert fault.partition(",")[0] in {each.what for each in await find_faults(owner)}
    finally:
        await planting.rollback()
        await owner.close()

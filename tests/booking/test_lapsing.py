"""Provisional holds that lapse while others are at work on them, or on what they hold."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from services.booking import store
from services.booking.lapsing import lapse_all
from tests.booking.world import World, at, unit

DAY, NEXT = date(2026, 9, 8), date(2026, 9, 9)


async def test_what_somebody_moves_or_confirms_although_its_time_is_over_does_not_lapse_under_his_hands(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), hold_until=world.now + timedelta(hours=1))
    world.now += timedelta(hours=2)
    await world.move(meeting, starts_at=at(NEXT, "10:00"))
    assert (await world.meeting(meeting))["state"] == "PROVISIONAL"
    await world.act("confirm", meeting, 2)
    assert await lapse_all(world.resources, lambda: world.now) == 0
    assert await world.history(meeting) == ["BOOKED", "MOVED", "CONFIRMED"]


async def test_what_somebody_has_in_hand_is_left_and_the_others_lapse(world: World) -> None:
    meetings = []
    for number, day in enumerate((DAY, NEXT), 1):
        await world.conference(f"CH{number}")
        meetings.append(await world.book(f"CH{number}", starts_at=at(day, "10:00"), hold_until=world.now + timedelta(hours=number)))
    later = world.now + timedelta(hours=3)
    async with world.database.transaction() as connection, asyncio.timeout(300):
        await store.lock_entry(connection, meetings[0])  # the one whose time was over first
        assert await lapse_all(world.resources, lambda: later) == 1
    assert [(await world.meeting(each))["state"] for each in meetings] == ["PROVISIONAL", "CANCELLED"]
    assert await lapse_all(world.resources, lambda: later) == 1


async def test_a_place_of_the_police_that_is_renumbered_as_its_meeting_lapses_is_free(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The places of 10:00 and of the provisional meeting are taken at 11:30, never both at once: that one gets the other's number."""
    await world.establish(unit(iros=3, rooms=3, note_takers=3, police=2))
    for number, iro in enumerate(("IRO-01", "IRO-02", "IRO-03", "IRO-03")):
        await world.conference(f"CH{number}", iro)
    await world.book("CH0", starts_at=at(DAY, "10:00"))
    first = await world.book("CH2", starts_at=at(DAY, "12:30"))
    until = world.now + timedelta(hours=1)
    provisional = await world.book("CH1", starts_at=at(DAY, "12:30"), hold_until=until)
    await world.act("cancel", first)
    real, lapsing = store.write_holds, list[asyncio.Task[int]]()

    async def write_while_it_lapses(*given: Any, **more: Any) -> None:
        await real(*given, **more)
        lapsing.append(asyncio.create_task(lapse_all(world.resources, lambda: until)))
        async with world.database.connection() as watching:
            while not lapsing[0].done() and not await watching.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                pass

    monkeypatch.setattr(store, "write_holds", write_while_it_lapses)
    booked = await world.book("CH3", starts_at=at(DAY, "11:30"), ends_at=at(DAY, "13:00"))
    assert await lapsing[0] == 1
    assert (await world.holds(booked)).keys() >= {"POL-01/2"}
    assert await world.holds(provisional) == {}
    assert len(await world.sql("SELECT FROM hold JOIN police_place USING (resource_id)")) == 2

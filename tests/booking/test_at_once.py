"""A booking asks PostgreSQL as little as it can, and begins anew where somebody was faster: with the same end as one that looks twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.booking import placing
from tests.booking.world import World, at, key, unit

DAY = date(2026, 9, 8)


async def test_a_conference_is_booked_in_six_statements(world: World) -> None:
    """Begin, the key with the desk, the children with what they are owed, candidates, the meeting with its notices, commit."""
    await world.establish()
    for number in (1, 2):
        await world.conference(f"CH{number}", f"IRO-0{number}")
    await world.book("CH2", starts_at=at(DAY, "14:00"))  # the driver learns the types that it does not know
    asked: list[str] = []
    async with world.database.connection() as connection:  # the one that the pool hands out next
        connection.add_query_logger(lambda record: asked.append(record.query))
    await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert len(asked) == 6, asked


async def test_who_is_overtaken_begins_anew_and_is_written_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.establish(replace(unit(), settings={"police_at": []}))
    for number in (1, 2):
        await world.conference(f"CH{number}", f"IRO-0{number}")
    real: Any = getattr(placing, "choose")  # noqa: B009
    others: list[Any] = []

    async def choose_and_be_overtaken(*given: Any, **more: Any) -> Any:
        taking = await real(*given, **more)
        if not others:
            others.append(None)
            others[0] = await world.book("CH2", starts_at=at(DAY, "10:00"))
        return taking

    monkeypatch.setattr(placing, "choose", choose_and_be_overtaken)
    request = key()
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), request_key=request)
    assert [(await world.meeting(each))["room"] for each in (others[0], meeting)] == ["ROOM-A", "ROOM-B"]
    assert await world.book("CH1", starts_at=at(DAY, "10:00"), request_key=request) == meeting
    assert len(await world.sql("SELECT FROM audit_event WHERE subject = $1", f"meeting:{meeting}")) == 1
    assert len(await world.sql("SELECT FROM meeting_event WHERE meeting_id = $1", meeting)) == 1


async def test_what_has_lapsed_for_the_same_duty_stands_in_nobodys_way_whatever_its_week(world: World) -> None:
    await world.conference("CH1")
    lapsed = await world.book("CH1", starts_at=at(date(2026, 9, 15), "10:00"), hold_until=at(date(2026, 9, 2), "09:00"))
    world.now = at(date(2026, 9, 2), "09:00")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    assert [(await world.meeting(each))["state"] for each in (lapsed, meeting)] == ["CANCELLED", "CONFIRMED"]


async def test_what_another_child_left_to_lapse_is_free_for_who_names_it(world: World) -> None:
    for number in (1, 2):
        await world.conference(f"CH{number}", f"IRO-0{number}")
    lapsed = await world.book("CH2", starts_at=at(DAY, "10:00"), room_code="ROOM-A", hold_until=at(date(2026, 9, 2), "09:00"))
    world.now = at(date(2026, 9, 2), "09:00")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"), room_code="ROOM-A")
    assert [(await world.meeting(each))["state"] for each in (lapsed, meeting)] == ["CANCELLED", "CONFIRMED"]

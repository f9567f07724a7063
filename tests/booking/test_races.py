"""Two who change one child's diary at once, in either order: neither is lost, and nothing is arranged for who is no more."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.booking import service, store
from services.booking.commands import ChildOutcome
from services.history import service as history
from services.history.commands import RecordDeath
from services.history.corrections import CorrectChild
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind
from tests.booking.world import MANAGER, TODAY, World, at, key, together

DAY = date(2026, 9, 8)


def _in_the_middle(monkeypatch: pytest.MonkeyPatch, world: World, module: Any, step: str, work: Coroutine[Any, Any, UUID]) -> list[Any]:
    """`work` begins at that step of another deed, which goes on once `work` waits for it or is done; answers where its task will be."""
    begun: list[Any] = []
    real = getattr(module, step)

    async def stop_and_go_on(*given: Any, **more: Any) -> Any:
        if not begun:
            begun.append(asyncio.create_task(work))
            async with world.database.connection() as watching:
                while not begun[0].done() and not await watching.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                    pass
        return await real(*given, **more)

    monkeypatch.setattr(module, step, stop_and_go_on)
    return begun


def _death(world: World) -> Coroutine[Any, Any, UUID]:
    command = RecordDeath(request_key=key(), reference="CH1", died_on=TODAY)
    return service.record_death(world.resources, MANAGER, command, world.now)


async def test_a_meeting_that_is_booked_while_a_death_is_recorded_is_called_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.conference("CH1")
    death = _in_the_middle(monkeypatch, world, store, "book_at_once", _death(world))
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await death[0]
    assert (await world.meeting(meeting))["state"] == "CANCELLED"
    assert await world.holds(meeting) == {}


async def test_who_books_while_a_death_is_recorded_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.conference("CH1")
    booking = _in_the_middle(monkeypatch, world, service, "stop_for", world.book("CH1", starts_at=at(DAY, "10:00")))
    await _death(world)
    with pytest.raises(InvalidInput, match="nothing is arranged any more about CH1"):
        await booking[0]
    assert await world.sql("SELECT FROM meeting") == []


async def test_recording_meetings_and_correcting_records_at_once_ends_and_loses_nothing(world: World) -> None:
    """The one locks the meeting first, the other the child: PostgreSQL undoes one of the two, which is done again."""
    children = [await world.conference(f"CH{number}", f"IRO-0{number}") for number in (1, 2)]
    meetings = [await world.book(child, starts_at=at(DAY, f"{clock}:00")) for child, clock in zip(children, (10, 14), strict=True)]
    world.now = at(DAY, "17:00")

    def correct(child: str, born_on: date) -> Coroutine[Any, Any, UUID]:
        command = CorrectChild(request_key=key(), reference=child, born_on=born_on, reason="the certificate")
        return history.correct_child(world.resources, MANAGER, command, world.now)

    def hold(child: str, meeting: UUID) -> Coroutine[Any, Any, UUID]:
        return world.held(meeting, held_on=DAY, outcomes=(ChildOutcome(reference=child, on_plan=True, category="NEG"),))

    deeds = [hold(child, meeting) for child, meeting in zip(children, meetings, strict=True)]
    corrections = [correct(child, date(2016, 5, 1) + timedelta(days=number)) for child in children for number in range(3)]
    answers = await together(*corrections[:3], *deeds, *corrections[3:])
    assert [each for each in answers if isinstance(each, BaseException)] == []
    assert {(await world.meeting(meeting))["state"] for meeting in meetings} == {"HELD"}
    for child in children:
        owed = [(kind, state) for kind, state, _ in await world.obligations(child)]
        assert owed == [(MeetingKind.INITIAL_CONFERENCE, "HELD"), (MeetingKind.REVIEW_CONFERENCE, "OPEN")]

"""An absence against whoever books, moves, offers or withdraws the same person's time at that moment, on connections of their own and
in each order: nobody holds time under it, and whoever comes second is told, or done, as if he had come later."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.booking import offering, service, store
from services.booking.absences import AbsenceRecorded
from services.booking.commands import RecordAbsence
from services.directory import service as directory
from services.kernel.errors import HasMeetings, OutsideAvailability
from services.kernel.words import AbsenceReason, ResourceKind
from tests.booking.test_offering import at_work, offer, withdraw
from tests.booking.world import MANAGER, World, at, key, together
from tests.fire.oracle import STATEMENTS

DAY, OTHER = date(2026, 9, 8), date(2026, 9, 10)
Deed = Coroutine[Any, Any, Any]


def absence(world: World, since: str = "09:00", until: str = "12:00", *, release: bool = False) -> Coroutine[Any, Any, AbsenceRecorded]:
    command = RecordAbsence(
        request_key=key(), kind=ResourceKind.IRO, code="IRO-01", starts_at=at(DAY, since), ends_at=at(DAY, until),
        reason=AbsenceReason.SICKNESS, release=release,
    )  # fmt: skip
    return service.record_absence(world.resources, MANAGER, command, world.now)


async def one_before_the_other(
    monkeypatch: pytest.MonkeyPatch, world: World, first: Deed, step: tuple[Any, str], other: Deed
) -> tuple[Any, Any]:
    """`first` has taken that step when `other` begins, and commits once that one waits for it, or is done. Answers what came of both."""
    begun: list[asyncio.Task[Any]] = []
    real = getattr(*step)

    async def go_on_later(*given: Any, **more: Any) -> Any:
        answer = await real(*given, **more)
        if not begun:
            begun.append(asyncio.create_task(other))
            async with world.database.connection() as watching:
                while not begun[0].done() and not await watching.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                    pass
        return answer

    monkeypatch.setattr(*step, go_on_later)
    answer = await together(first)
    return answer[0], (await together(begun[0]))[0]


async def is_whole(world: World) -> None:
    """Nobody is held who is absent or not at work, and of an evening everybody has what she offers."""
    for name in ("off_work", "offers"):
        assert await world.sql(STATEMENTS[name]) == [], name


LAID = (directory, "lay_availability")


async def test_who_books_while_she_is_recorded_as_absent_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1")
    booking = world.book_review("CH1", starts_at=at(DAY, "10:00"), room_code=None)
    first, second = await one_before_the_other(monkeypatch, world, absence(world), LAID, booking)
    assert isinstance(first, AbsenceRecorded)
    assert isinstance(second, OutsideAvailability)
    await is_whole(world)


@pytest.mark.parametrize("release", [False, True])
async def test_an_absence_while_she_is_booked_names_the_meeting_or_releases_it(
    world: World, monkeypatch: pytest.MonkeyPatch, release: bool
) -> None:
    await world.review("CH1")
    booking = world.book_review("CH1", starts_at=at(DAY, "10:00"), room_code=None)
    booked, told = await one_before_the_other(monkeypatch, world, booking, (store, "book_at_once"), absence(world, release=release))
    await names_or_releases(world, booked, told, release=release)


async def test_who_moves_a_meeting_while_she_is_recorded_as_absent_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(OTHER, "10:00"), room_code=None)
    moving = world.move(meeting, starts_at=at(DAY, "10:00"))
    first, second = await one_before_the_other(monkeypatch, world, absence(world), LAID, moving)
    assert isinstance(first, AbsenceRecorded)
    assert isinstance(second, OutsideAvailability)
    assert (await world.meeting(meeting))["version"] == 1
    await is_whole(world)


@pytest.mark.parametrize("release", [False, True])
async def test_an_absence_while_a_meeting_is_moved_into_it_names_the_meeting_or_releases_it(
    world: World, monkeypatch: pytest.MonkeyPatch, release: bool
) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(OTHER, "10:00"), room_code=None)
    moving = world.move(meeting, starts_at=at(DAY, "10:00"))
    moved, told = await one_before_the_other(monkeypatch, world, moving, (store, "write_holds"), absence(world, release=release))
    assert moved == meeting
    await names_or_releases(world, meeting, told, release=release)


async def names_or_releases(world: World, meeting: UUID, told: Any, *, release: bool) -> None:
    if release:
        assert told.released == (meeting,)
        assert (await world.meeting(meeting))["needs"] == ["IRO"]
    else:
        assert isinstance(told, HasMeetings)
        assert told.meeting_ids == (meeting,)
        assert (await world.meeting(meeting))["chair"] == "IRO-01"
        assert await world.sql("SELECT FROM absence") == []
    await is_whole(world)


@pytest.mark.parametrize("absence_first", [True, False])
async def test_an_evening_that_is_offered_while_she_is_recorded_as_absent_is_hers_but_for_the_absence(
    world: World, monkeypatch: pytest.MonkeyPatch, absence_first: bool
) -> None:
    deeds = absence(world, "16:00", "18:00"), offer(world, DAY, "17:00", "20:00")
    if absence_first:
        told = await one_before_the_other(monkeypatch, world, deeds[0], LAID, deeds[1])
    else:
        told = await one_before_the_other(monkeypatch, world, deeds[1], (offering, "lay_ahead"), deeds[0])
    assert [each for each in told if isinstance(each, BaseException)] == []
    assert await at_work(world, "IRO-01", DAY) == [("09:00", "16:00"), ("18:00", "20:00")]
    await is_whole(world)


@pytest.mark.parametrize("release", [False, True])
async def test_an_offer_withdrawn_while_somebody_books_it_names_the_meeting_or_releases_it(
    world: World, monkeypatch: pytest.MonkeyPatch, release: bool
) -> None:
    await world.review("CH1")
    await offer(world, DAY, "16:00", "20:30")
    booking = world.book_review("CH1", starts_at=at(DAY, "17:30"), room_code=None)
    taking_back = withdraw(world, DAY, "16:00", "20:30", release=release)
    meeting, told = await one_before_the_other(monkeypatch, world, booking, (store, "book_at_once"), taking_back)
    if release:
        assert told == (meeting,)
        assert (await world.meeting(meeting))["needs"] == ["IRO"]
    else:
        assert isinstance(told, HasMeetings)
        assert told.meeting_ids == (meeting,)
        assert await at_work(world, "IRO-01", DAY) == [("09:00", "20:30")]
    await is_whole(world)


@pytest.mark.parametrize("absence_first", [True, False])
async def test_an_evening_is_withdrawn_while_she_is_recorded_as_absent_and_its_meeting_loses_her_once(
    world: World, monkeypatch: pytest.MonkeyPatch, absence_first: bool
) -> None:
    await world.review("CH1")
    await offer(world, DAY, "16:00", "20:30")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "17:30"), room_code=None)
    deeds = absence(world, "16:00", "21:00", release=True), withdraw(world, DAY, "16:00", "20:30", release=True)
    if absence_first:
        told = await one_before_the_other(monkeypatch, world, deeds[0], LAID, deeds[1])
    else:
        told = await one_before_the_other(monkeypatch, world, deeds[1], (offering, "release_in"), deeds[0])
    assert [each for each in told if isinstance(each, BaseException)] == []
    assert await world.history(meeting) == ["BOOKED", "RELEASED"]
    assert await at_work(world, "IRO-01", DAY) == [("09:00", "16:00")]
    await is_whole(world)

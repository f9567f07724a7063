"""What the unit's calendar shows of a meeting is never other bytes under an ETag that a calendar has already."""

from __future__ import annotations

from datetime import date, datetime

import icalendar
import pytest

from services.history import service as history
from services.history.corrections import CorrectHeldRecord
from services.invitations.answering import FeedAnswer
from services.invitations.feeds import IssueFeed, fetch_feed, issue_feed
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import FeedScope, ResourceKind
from tests.booking.test_absences import absent
from tests.booking.test_splitting import DAY, NEXT, sitting, split
from tests.booking.world import MANAGER, World, at, key
from tests.invitations.meetings import resources_for


async def units_calendar(world: World, etag: str | None = None) -> FeedAnswer:
    resources = resources_for(world.database)
    feed = await issue_feed(resources, COMMAND_LINE, IssueFeed(request_key=key(), scope=FeedScope.UNIT), world.now)
    assert feed.url is not None
    return await fetch_feed(resources, feed.url.rsplit("/", 1)[1].removesuffix(".ics"), etag, None, world.now)


def shown(answer: FeedAnswer) -> list[tuple[datetime, datetime, str]]:
    events = icalendar.Calendar.from_ical(answer.body).walk("VEVENT")
    return [(each.decoded("DTSTART"), each.decoded("DTEND"), str(each["STATUS"])) for each in events]


async def judge(world: World, before: FeedAnswer) -> None:
    """Other bytes have another ETag."""
    after = await units_calendar(world)
    assert after.body == before.body or (await units_calendar(world, before.etag)).status == 200, (shown(before), shown(after))


async def test_each_sitting_is_shown_at_its_own_time(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    await split(world, meeting, sittings=(sitting(DAY, "10:00", "11:00"), sitting(DAY, "15:00", "15:30")))
    spans = [(at(DAY, begins), at(DAY, ends), "CONFIRMED") for begins, ends in (("10:00", "11:00"), ("15:00", "15:30"))]
    assert shown(await units_calendar(world)) == spans


@pytest.mark.parametrize("verb", ["cancel", "postpone"])
async def test_a_meeting_called_off_is_shown_at_its_own_time(world: World, verb: str) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    before = await units_calendar(world)
    await world.act(verb, meeting)
    assert shown(await units_calendar(world)) == [(*shown(before)[0][:2], "CANCELLED")]


@pytest.mark.parametrize("verb", ["cancel", "postpone"])
async def test_a_meeting_that_nobody_comes_to_any_more_is_called_off(world: World, verb: str) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    await absent(world, ResourceKind.IRO, "IRO-01", release=True)
    before = await units_calendar(world)
    await world.act(verb, meeting, 2)
    await judge(world, before)


async def test_a_sitting_took_place_on_another_day(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "13:00"))
    await split(world, meeting)
    world.now = at(NEXT, "09:00")
    before = await units_calendar(world)
    await world.held(meeting, 2, held_on=date(2026, 9, 9), sitting=1)
    await judge(world, before)


async def test_complete_after_the_hour_of_a_sitting_that_did_not_take_place(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    await split(world, meeting, sittings=(sitting(DAY, "10:00", "10:30"), sitting(DAY, "15:00", "15:30")))
    world.now = at(DAY, "17:00")
    before = await units_calendar(world)
    await world.held(meeting, 2, held_on=DAY, sitting=1, completes=True)
    await judge(world, before)


async def test_the_record_of_a_meeting_that_was_held_before_its_day_is_withdrawn(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(NEXT, "10:00"))
    world.now = at(DAY, "17:00")
    await world.held(meeting, 1, held_on=DAY)
    before = await units_calendar(world)
    (record,) = await world.sql("SELECT id FROM held_record WHERE meeting_id = $1", meeting)
    command = CorrectHeldRecord(request_key=key(), id=record["id"], reason="a wrong day", withdraw=True)
    await history.correct_held_record(world.resources, MANAGER, command, world.now)
    await judge(world, before)


async def test_a_meeting_that_nobody_comes_to_stands_again(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    await absent(world, ResourceKind.IRO, "IRO-01", release=True)
    await world.act("cancel", meeting, 2)
    before = await units_calendar(world)
    await world.act("reinstate", meeting, 3)
    await judge(world, before)


async def test_a_meeting_that_nobody_comes_to_is_held(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:00"))
    await absent(world, ResourceKind.IRO, "IRO-01", release=True)
    world.now = at(DAY, "17:00")
    before = await units_calendar(world)
    await world.held(meeting, 2, held_on=DAY)
    await judge(world, before)

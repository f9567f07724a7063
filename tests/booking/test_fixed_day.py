"""A diary whose civil day is fixed, beside a clock that has gone on: what is over in it is over by its own day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.booking import offering, service
from services.booking.commands import RecordAbsence
from services.history.commands import RecordDeath
from services.kernel.errors import HasMeetings, InvalidInput
from services.kernel.words import AbsenceReason, MeetingState, ResourceKind
from services.platform.resources import Resources
from tests.booking.world import MANAGER, TODAY, World, at, key

DAY, SATURDAY = date(2026, 9, 8), date(2026, 9, 12)


@pytest.fixture
async def later(world: World) -> World:
    """A diary of the first of September, with a conference a week later, on a machine at which it is November."""
    await world.conference("CH1")
    config = world.resources.config.model_copy(update={"today": TODAY})
    world.resources = Resources(config=config, database=world.database, doorbell=world.resources.doorbell)
    world.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    return world


async def absent(world: World, **more: Any) -> tuple[Any, ...]:
    command = RecordAbsence(
        request_key=key(),
        kind=ResourceKind.IRO,
        code="IRO-01",
        starts_at=at(DAY, "00:00"),
        ends_at=at(DAY, "23:00"),
        reason=AbsenceReason.SICKNESS,
        **more,
    )
    return (await service.record_absence(world.resources, MANAGER, command, world.now)).released


async def test_an_absence_finds_the_meetings_that_are_to_come_by_that_day(later: World) -> None:
    meeting = await later.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(HasMeetings):
        await absent(later)
    assert await absent(later, release=True) == (meeting,)
    assert (await later.meeting(meeting))["needs"] == ["IRO"]
    assert "IRO-01" not in await later.holds(meeting)


async def test_what_stops_for_a_child_holds_nothing_any_more(later: World) -> None:
    meeting = await later.book("CH1", starts_at=at(DAY, "10:00"))
    await service.record_death(later.resources, MANAGER, RecordDeath(request_key=key(), reference="CH1", died_on=TODAY), later.now)
    assert (await later.meeting(meeting))["state"] == MeetingState.CANCELLED
    assert await later.holds(meeting) == {}


async def test_held_before_its_day_it_holds_nothing_any_more(later: World) -> None:
    await later.review("CH2")
    meeting = await later.book_review("CH2", starts_at=at(DAY, "10:00"))
    await later.held(meeting, held_on=TODAY)
    assert await later.holds(meeting) == {}


async def test_time_is_offered_and_withdrawn_ahead_of_that_day(later: World) -> None:
    def stated(verb: type[Any], day: date) -> Any:
        return verb(request_key=key(), kind=ResourceKind.IRO, code="IRO-01", starts_at=at(day, "10:00"), ends_at=at(day, "14:00"))

    await offering.offer_time(later.resources, MANAGER, stated(offering.OfferTime, SATURDAY), later.now)
    assert await offering.withdraw_offer(later.resources, MANAGER, stated(offering.WithdrawOffer, SATURDAY), later.now) == ()
    with pytest.raises(InvalidInput, match="is over"):
        await offering.offer_time(later.resources, MANAGER, stated(offering.OfferTime, date(2026, 8, 29)), later.now)

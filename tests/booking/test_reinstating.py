"""The undoing of a cancellation: a meeting stands as it was, where it could be booked anew by now, and is refused where it could not."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.directory.independence import DeclareConflict, declare_conflict
from services.history import service as history
from services.history.commands import CallEarlierReview, HeldOutcome, RecordHeldMeeting
from services.kernel.errors import InvalidInput, NotEligible, OutsideTimescale
from services.kernel.words import BlockerCode, EarlierReviewReason, IndependenceGround, MeetingKind
from tests.booking.test_attending import part, secure
from tests.booking.world import MANAGER, TODAY, World, at, key

DAY, OTHER = date(2026, 9, 8), date(2026, 9, 15)


async def called_off(world: World, clock: str = "10:00") -> UUID:
    """A conference, at version 2."""
    await world.conference("CH1")
    return await world.act("cancel", await world.book("CH1", starts_at=at(DAY, clock)))


async def stays_off(world: World, meeting: UUID) -> None:
    row = await world.meeting(meeting)
    assert (row["state"], row["version"]) == ("CANCELLED", 2)
    assert await world.holds(meeting) == {}


async def test_what_was_met_meanwhile_is_not_met_again(world: World) -> None:
    meeting = await called_off(world)
    outcome = HeldOutcome(reference="CH1", on_plan=False)
    held = RecordHeldMeeting(
        request_key=key(), references=("CH1",), kind=MeetingKind.INITIAL_CONFERENCE, held_on=TODAY, outcomes=(outcome,)
    )
    await history.record_held_meeting(world.resources, MANAGER, held, world.now)
    with pytest.raises(InvalidInput, match="not owed any more for CH1: book another one"):
        await world.act("reinstate", meeting, 2)
    await stays_off(world, meeting)


async def test_nothing_is_arranged_again_for_a_child_who_died(world: World) -> None:
    meeting = await called_off(world)
    await world.sql("UPDATE meeting_item SET obligation_id = NULL")  # whatever it stood for
    await world.sql(
        "INSERT INTO child_fact (child_id, recorded, born_on, died_on, source) SELECT id, '[2026-09-02,)', '2016-05-04', '2026-09-01', 'x' "
        "FROM child WHERE id NOT IN (SELECT child_id FROM child_fact)"
    )
    await world.sql("UPDATE child_fact SET died_on = '2026-09-01'")
    with pytest.raises(InvalidInput, match="nothing is arranged any more about CH1"):
        await world.act("reinstate", meeting, 2)
    await stays_off(world, meeting)


async def test_a_time_that_is_over_or_outside_the_hours_does_not_come_back(world: World) -> None:
    meeting = await called_off(world)
    world.now = at(OTHER, "09:00")
    with pytest.raises(InvalidInput, match="2026-09-08 is over"):
        await world.act("reinstate", meeting, 2)
    await stays_off(world, meeting)


async def test_a_day_that_is_later_than_the_laws_by_now_wants_a_managers_reason_with_a_booking(world: World) -> None:
    await world.review("CH1")
    meeting = await world.act("cancel", await world.book_review("CH1", starts_at=at(DAY, "10:00")))
    called = CallEarlierReview(
        request_key=key(),
        reference="CH1",
        kind=MeetingKind.CARE_REVIEW,
        by_on=DAY - timedelta(days=1),
        reason=EarlierReviewReason.CHILD_REQUESTS,
    )
    await history.call_earlier_review(world.resources, MANAGER, called, world.now)
    with pytest.raises(OutsideTimescale):
        await world.act("reinstate", meeting, 2)
    await stays_off(world, meeting)


async def test_who_may_not_chair_by_now_does_not_chair_again(world: World) -> None:
    meeting = await called_off(world)
    tie = DeclareConflict(
        request_key=key(), iro_code="IRO-01", reference="CH1", ground=IndependenceGround.PERSONAL_CONNECTION, reason="a neighbour"
    )
    await declare_conflict(world.resources, MANAGER, tie, world.now)
    with pytest.raises(NotEligible):
        await world.act("reinstate", meeting, 2)
    await stays_off(world, meeting)


@pytest.mark.parametrize("for_the_same", [True, False])
async def test_what_has_lapsed_is_in_its_way_neither_at_its_time_nor_for_its_duty(world: World, for_the_same: bool) -> None:
    meeting = await called_off(world)
    await world.conference("CH2")
    until = world.now + timedelta(hours=1)
    if for_the_same:
        other = await world.book("CH1", starts_at=at(OTHER, "10:00"), hold_until=until)  # in another week
    else:
        other = await world.book("CH2", starts_at=at(DAY, "10:00"), hold_until=until)
    world.now = until
    await world.act("reinstate", meeting, 2)
    assert ((await world.meeting(meeting))["state"], (await world.meeting(other))["state"]) == ("CONFIRMED", "CANCELLED")
    assert len(await world.holds(meeting)) == 4
    (item,) = await world.sql("SELECT live FROM meeting_item WHERE meeting_id = $1", meeting)
    assert item["live"]
    assert [method for _, method, number in await world.owed(meeting) if number == 2] == ["REQUEST"] * 4


async def test_a_panel_that_would_not_be_one_is_not_certain_again(world: World) -> None:
    short = [{"role": "PANEL_MEMBER", "agency": "SOCIAL_CARE", "required": True}]
    await world.establish(settings={"attendance": {"SECURE_CRITERIA_REVIEW": short}})
    meeting = await world.act("cancel", await secure(world, hold_until=world.now + timedelta(hours=2)))
    with pytest.raises(NotEligible) as refused:
        await world.act("reinstate", meeting, 2)
    assert refused.value.code is BlockerCode.PANEL_TOO_SMALL
    await stays_off(world, meeting)


async def test_parents_who_must_not_meet_by_now_do_not_wait_together(world: World) -> None:
    meeting = await called_off(world)
    await part(world, "CH1")
    with pytest.raises(NotEligible) as refused:
        await world.act("reinstate", meeting, 2)
    assert refused.value.code is BlockerCode.ROOM_LACKS_FEATURE
    await stays_off(world, meeting)


async def test_a_meeting_that_stands_is_not_brought_back(world: World) -> None:
    await world.conference("CH1")
    meeting = await world.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(InvalidInput, match="the meeting is CONFIRMED"):
        await world.act("reinstate", meeting)

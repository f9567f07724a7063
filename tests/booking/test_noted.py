"""Care reviews with a note-taker: where somebody asks for one, and where the unit wants one for complex cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.booking import service
from services.booking.commands import SlotSearch
from services.booking.desk import open_desk
from services.booking.needs import is_noted
from services.booking.standing import stand_in
from services.directory.settings import Settings
from services.history.circumstances import StateCircumstances, state_circumstances
from services.kernel.window import TimeWindow
from services.kernel.words import Complexity, MeetingKind, ResourceKind
from services.planning import performing
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key, unit
from tests.planning.test_service import apply, plan
from tests.support.solving import solve_here

DAY, NEXT = date(2026, 9, 8), date(2026, 9, 9)
GROUNDS = (Complexity.OPEN_DISPUTE, Complexity.OTHER)


async def complex_from(world: World, grounds: int, **more: Any) -> None:
    """The unit wants a note-taker from so many grounds on."""
    await world.establish(unit(settings={"note_taker_from_complexity": grounds}, **more))


async def review(world: World, reference: str, *grounds: Complexity, iro: str = "IRO-01", **more: Any) -> str:
    await world.review(reference, iro, **more)
    command = StateCircumstances(request_key=key(), reference=reference, from_day=TODAY, complexity=grounds)
    await state_circumstances(world.resources, MANAGER, command, world.now)
    return reference


async def offered(world: World, **asked: Any) -> set[bool]:
    """Whether the options that are as asked have a note-taker."""
    search = SlotSearch(kind=MeetingKind.CARE_REVIEW, from_day=DAY, to_day=DAY, **asked)
    return {each.note_taker_id is not None for each in await service.slots(world.resources, SUPPORT, search, world.now)}


async def test_a_review_for_which_one_is_asked_takes_a_note_taker_who_is_free_and_travels(world: World) -> None:
    await world.review("CH1")
    await world.conference("CH2", "IRO-02")
    await world.book("CH2", starts_at=at(DAY, "10:00"), note_taker_code="NT-01")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:30"), note_taker=True)
    assert (await world.meeting(meeting))["note_taker"] == "NT-02"
    assert (await world.holds(meeting))["NT-02"] == ("09:30", "12:30")  # pre-meet, 90 minutes, and half an hour each way
    (told,) = await world.sql(
        "SELECT starts_at, ends_at FROM calendar_entry WHERE meeting_id = $1 AND addressee_kind = 'NOTE_TAKER'", meeting
    )
    assert tuple(told) == (at(DAY, "10:00"), at(DAY, "12:00"))


async def test_by_video_a_note_taker_does_not_travel(world: World) -> None:
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:30"), note_taker=True, remote=True)
    assert (await world.holds(meeting))["NT-01"] == ("10:00", "12:00")


async def test_one_may_be_asked_for_later_and_slots_of_a_move_keep_to_it(world: World) -> None:
    await world.establish(unit(note_takers=1))
    await world.review("CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:30"))
    assert (await world.meeting(meeting))["note_taker"] is None
    assert await offered(world, moving_meeting_id=meeting) == {False}
    await world.move(meeting, note_taker=True)
    assert (await world.meeting(meeting))["note_taker"] == "NT-01"
    assert await offered(world, moving_meeting_id=meeting) == {True}
    await world.move(meeting, 2, note_taker_code=None)
    assert (await world.meeting(meeting))["note_taker"] is None


@pytest.mark.parametrize(("grounds", "noted"), [(0, False), (1, True), (2, True), (3, False)])
async def test_a_complex_case_has_one_from_as_many_grounds_on_as_the_unit_states(world: World, grounds: int, noted: bool) -> None:
    await complex_from(world, grounds)
    await review(world, "CH1", *GROUNDS)
    assert await offered(world, child_references=("CH1",)) == {noted}
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:30"))
    assert (await world.meeting(meeting))["note_taker"] == ("NT-01" if noted else None)


async def test_of_a_complex_case_one_can_be_left_out_and_a_plain_one_has_none(world: World) -> None:
    await complex_from(world, 1)
    await review(world, "CH1", *GROUNDS)
    await review(world, "CH2", iro="IRO-02")
    without = await world.book_review("CH1", starts_at=at(DAY, "10:30"), note_taker_code=None)
    plain = await world.book_review("CH2", starts_at=at(DAY, "10:30"))
    for meeting in (without, plain):
        assert (await world.meeting(meeting))["note_taker"] is None


async def test_a_ground_that_is_recorded_later_leaves_what_is_booked_as_it_is(world: World) -> None:
    await complex_from(world, 1)
    await review(world, "CH1")
    meeting = await world.book_review("CH1", starts_at=at(DAY, "10:30"))
    command = StateCircumstances(request_key=key(), reference="CH1", from_day=TODAY, complexity=GROUNDS)
    await state_circumstances(world.resources, MANAGER, command, world.now)
    await world.move(meeting, starts_at=at(NEXT, "10:30"))
    row = await world.meeting(meeting)
    assert (row["note_taker"], row["needs"]) == (None, [])


async def test_what_stands_in_another_diary_without_one_lacks_it(world: World) -> None:
    await complex_from(world, 1)
    await review(world, "CH1", *GROUNDS)
    (child,) = await world.sql("SELECT id FROM child")
    (officer,) = await world.sql("SELECT id FROM resource WHERE code = 'IRO-01'")
    async with world.database.transaction() as connection:
        stated = service.StandingMeeting(
            kind=MeetingKind.CARE_REVIEW,
            window=TimeWindow(at(DAY, "10:30"), at(DAY, "12:00")),
            child_ids=(child["id"],),
            wanted={ResourceKind.IRO: officer["id"]},
        )
        stood = await stand_in(await open_desk(world.resources, connection, SUPPORT, world.now), stated)
    assert stood.unstated == (ResourceKind.NOTE_TAKER,)


async def test_a_plan_books_one_for_a_complex_case_and_for_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performing, "solve_apart", solve_here)
    await complex_from(world, 2)
    for number, grounds in enumerate((GROUNDS, GROUNDS[:1])):
        await review(world, f"CH{number}", *grounds, iro=f"IRO-0{number + 1}")
    await apply(world, await plan(world))
    rows = await world.sql(
        """SELECT c.reference, m.note_taker_id IS NOT NULL AS noted FROM meeting m
           JOIN meeting_item i ON i.meeting_id = m.id JOIN child c ON c.id = i.child_id ORDER BY 1"""
    )
    assert [tuple(row) for row in rows] == [("CH0", True), ("CH1", False)]


def test_only_care_reviews_are_noted_for_complexity() -> None:
    settings = Settings(note_taker_from_complexity=1)
    assert [kind for kind in MeetingKind if is_noted(kind, [0, 1], settings)] == [MeetingKind.CARE_REVIEW]
    assert not is_noted(MeetingKind.CARE_REVIEW, [], settings)
    assert not is_noted(MeetingKind.CARE_REVIEW, [3], Settings())

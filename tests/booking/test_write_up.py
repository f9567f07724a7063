"""What a note-taker writes up in a week: never more than she can, whoever asks at once, and given back to the minute."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking import service, store
from services.booking.commands import Sitting, SlotSearch, SplitMeeting
from services.booking.lapsing import lapse_all
from services.booking.needs import write_up_of
from services.directory.settings import DEFAULT_SHAPES
from services.kernel.errors import Impossible, NotEligible, Rejected
from services.kernel.window import monday_of
from services.kernel.words import OMITTED, BlockerCode, MeetingKind, ResourceKind
from tests.booking.world import NOW, SUPPORT, World, at, key, unit

MONDAY = date(2026, 9, 7)
DAY, SAME_WEEK, NEXT_WEEK = date(2026, 9, 8), date(2026, 9, 10), date(2026, 9, 15)
CONFERENCE = 240
"""Minutes of write-up: twice the two hours that an initial conference takes."""


async def written(world: World) -> dict[tuple[str, date], int]:
    """By note-taker and week, less what is nothing; the sum of the holds says the same."""
    kept = await world.sql("SELECT code, monday, minutes FROM write_up_week JOIN resource ON id = note_taker_id WHERE minutes > 0")
    summed = await world.sql(
        """SELECT code, date_trunc('week', lower(blocked) AT TIME ZONE 'Europe/London')::date AS monday, sum(write_up) AS minutes
           FROM hold JOIN resource ON id = resource_id WHERE write_up > 0 GROUP BY 1, 2"""
    )
    found = {(row["code"], row["monday"]): int(row["minutes"]) for row in kept}
    assert found == {(row["code"], row["monday"]): int(row["minutes"]) for row in summed}
    return found


async def week(world: World) -> dict[date, int]:
    """The same of the only note-taker."""
    return {monday: minutes for (_, monday), minutes in (await written(world)).items()}


@pytest.fixture
async def alone(world: World) -> World:
    """A unit whose one note-taker has time to write one conference up in a week, and none for a second."""
    await world.establish(unit(iros=2, note_takers=1, police=2, write_up_a_week=CONFERENCE + 60))
    for number in (1, 2, 3):
        await world.conference(f"CH{number}", f"IRO-0{1 + number % 2}")
    return world


async def test_a_conference_counts_twice_its_length_in_its_week_and_a_review_without_note_taker_nothing(alone: World) -> None:
    await alone.book("CH1", starts_at=at(DAY, "10:00"))
    await alone.review("CH9")
    await alone.book_review("CH9", starts_at=at(DAY, "14:00"))
    assert await week(alone) == {MONDAY: CONFERENCE}


async def test_whom_nobody_has_left_time_to_write_up_for_is_refused_by_code_and_fits_in_another_week(alone: World) -> None:
    await alone.book("CH1", starts_at=at(DAY, "10:00"))
    for code in (OMITTED, "NT-01"):
        with pytest.raises(NotEligible, match=r"leaves 240 minutes .* in the week of 2026-09-07: NT-01 has 60") as refused:
            await alone.book("CH2", starts_at=at(SAME_WEEK, "10:00"), note_taker_code=code)
        assert refused.value.code is BlockerCode.WRITE_UP_FULL
    await alone.book("CH2", starts_at=at(NEXT_WEEK, "10:00"))
    assert await week(alone) == {MONDAY: CONFERENCE, date(2026, 9, 14): CONFERENCE}
    # without a note-taker nothing is written up
    await alone.book("CH3", starts_at=at(SAME_WEEK, "10:00"), note_taker_code=None)


async def test_another_note_taker_is_chosen_where_one_has_too_much_to_write_up(world: World) -> None:
    await world.establish(unit(note_takers=2, write_up_a_week=CONFERENCE))
    for number, day in enumerate((DAY, SAME_WEEK)):
        await world.conference(f"CH{number}")
        await world.book(f"CH{number}", starts_at=at(day, "10:00"))
    assert await written(world) == {("NT-01", MONDAY): CONFERENCE, ("NT-02", MONDAY): CONFERENCE}


@pytest.mark.parametrize("verb", ["cancel", "postpone"])
async def test_what_is_called_off_is_given_back_and_taken_again_if_it_is_reinstated(alone: World, verb: str) -> None:
    meeting = await alone.book("CH1", starts_at=at(DAY, "10:00"))
    await alone.act(verb, meeting)
    assert await week(alone) == {}
    other = await alone.book("CH2", starts_at=at(SAME_WEEK, "10:00"))
    with pytest.raises(NotEligible, match="NT-01 has 60"):
        await alone.act("reinstate", meeting, 2)
    await alone.act("cancel", other)
    await alone.act("reinstate", meeting, 2)
    assert await week(alone) == {MONDAY: CONFERENCE}


async def test_a_move_takes_it_to_the_other_week_and_is_refused_where_that_is_full(alone: World) -> None:
    meeting = await alone.book("CH1", starts_at=at(DAY, "10:00"))
    await alone.move(meeting, starts_at=at(SAME_WEEK, "10:00"))  # within the week it is not in its own way
    await alone.move(meeting, 2, starts_at=at(NEXT_WEEK, "10:00"))
    assert await week(alone) == {date(2026, 9, 14): CONFERENCE}
    await alone.book("CH2", starts_at=at(DAY, "10:00"))
    with pytest.raises(NotEligible, match="NT-01 has 60"):
        await alone.move(meeting, 3, starts_at=at(SAME_WEEK, "10:00"))
    assert await week(alone) == {MONDAY: CONFERENCE, date(2026, 9, 14): CONFERENCE}


async def test_each_sitting_counts_in_its_own_week_and_so_does_the_one_in_which_an_adjourned_meeting_goes_on(alone: World) -> None:
    meeting = await alone.book("CH1", starts_at=at(DAY, "10:00"))
    sittings = tuple(Sitting(starts_at=at(day, "10:00"), ends_at=at(day, "11:00")) for day in (DAY, NEXT_WEEK))
    command = SplitMeeting(request_key=key(), id=meeting, version=1, sittings=sittings, reason="a test")
    await service.split(alone.resources, SUPPORT, command, alone.now)
    assert await week(alone) == {MONDAY: 120, date(2026, 9, 14): 120}
    await alone.act("cancel", meeting, 2)
    meeting = await alone.book("CH2", starts_at=at(DAY, "10:00"))
    alone.now = at(DAY, "17:00")
    await alone.held(meeting, held_on=DAY, resumes_at=at(NEXT_WEEK, "10:00"))
    assert await week(alone) == {MONDAY: CONFERENCE, date(2026, 9, 14): CONFERENCE}


async def test_a_provisional_hold_counts_until_it_lapses_and_makes_room_for_who_asks(alone: World) -> None:
    await alone.book("CH1", starts_at=at(DAY, "10:00"), hold_until=alone.now + timedelta(hours=1))
    assert await week(alone) == {MONDAY: CONFERENCE}
    alone.now += timedelta(hours=2)
    meeting = await alone.book("CH2", starts_at=at(SAME_WEEK, "10:00"))  # another day of the week
    await alone.act("cancel", meeting)
    await alone.book("CH1", starts_at=at(DAY, "10:00"), hold_until=alone.now + timedelta(hours=1))
    assert await lapse_all(alone.resources, lambda: alone.now + timedelta(hours=2)) == 1
    assert await week(alone) == {}


async def test_slots_leave_full_weeks_out_and_say_what_would_fit(alone: World) -> None:
    meeting = await alone.book("CH1", starts_at=at(DAY, "10:00"))

    async def search(first: date, last: date, **more: Any) -> set[date]:
        asked = SlotSearch(kind=MeetingKind.INITIAL_CONFERENCE, from_day=first, to_day=last, **{"child_references": ("CH2",), **more})
        return {each.starts_at.date() for each in await service.slots(alone.resources, SUPPORT, asked, alone.now)}

    assert min(await search(MONDAY, NEXT_WEEK)) == date(2026, 9, 14)
    assert DAY in await search(DAY, DAY, child_references=(), moving_meeting_id=meeting)  # not in its own way
    with pytest.raises(Impossible) as refused:
        await search(SAME_WEEK, SAME_WEEK)
    blockers = {each.code: each for each in refused.value.blockers}
    full = blockers[BlockerCode.WRITE_UP_FULL]
    assert (full.resource, full.message) == (
        ResourceKind.NOTE_TAKER,
        "no note-taker who is free has 240 minutes left for the write-up in the week of any such time",
    )
    assert full.would_fit_if == "a note-taker could write 240 minutes more in its week at 2026-09-10T09:30:00+01:00"
    assert blockers[BlockerCode.WINDOW_CLOSED].would_fit_if is not None


async def test_sittings_that_one_week_cannot_hold_are_offered_in_two(alone: World) -> None:
    for minutes, weeks in (((60, 60), 1), ((90, 90), 2)):
        asked = SlotSearch(kind=MeetingKind.INITIAL_CONFERENCE, child_references=("CH1",), from_day=MONDAY, to_day=DAY, sittings=minutes)
        best, *_ = await service.slots(alone.resources, SUPPORT, asked, alone.now)
        assert len({monday_of(each.start.date()) for each in best.sittings}) == weeks


async def test_a_note_taker_who_can_do_less_from_now_on_keeps_what_she_has_and_takes_no_more(alone: World) -> None:
    meeting = await alone.book("CH1", starts_at=at(DAY, "10:00"))
    await alone.establish(unit(iros=2, note_takers=1, police=2, write_up_a_week=60))
    assert await week(alone) == {MONDAY: CONFERENCE}
    with pytest.raises(NotEligible, match="NT-01 has 0"):
        await alone.book("CH2", starts_at=at(SAME_WEEK, "10:00"))
    await alone.act("cancel", meeting)
    assert await week(alone) == {}


async def test_a_week_in_which_she_has_something_already_goes_by_what_she_can_write_by_now(alone: World) -> None:
    await alone.book("CH1", starts_at=at(DAY, "10:00"))
    await alone.establish(unit(iros=2, note_takers=1, police=2, write_up_a_week=2 * CONFERENCE))
    meeting = await alone.book("CH2", starts_at=at(SAME_WEEK, "10:00"))
    assert await week(alone) == {MONDAY: 2 * CONFERENCE}
    await alone.act("cancel", meeting)
    await alone.establish(unit(iros=2, note_takers=1, police=2, write_up_a_week=CONFERENCE))
    with pytest.raises(asyncpg.CheckViolationError):  # also whoever asks nobody before
        await alone.sql(
            "INSERT INTO hold (resource_id, blocked, attended, meeting_id, write_up) "
            "SELECT id, $1, $1, $2, 1 FROM resource WHERE code = 'NT-01'",
            asyncpg.Range(at(SAME_WEEK, "10:00"), at(SAME_WEEK, "11:00")),
            meeting,
        )


async def test_postgresql_refuses_more_than_she_can_write_and_lets_nobody_change_the_count(alone: World) -> None:
    meeting = await alone.book("CH1", starts_at=at(DAY, "10:00"))
    statement = """INSERT INTO hold (resource_id, blocked, attended, meeting_id, write_up)
                   SELECT id, $1, $1, $2, 61 FROM resource WHERE code = 'NT-01'"""
    span = asyncpg.Range(at(SAME_WEEK, "10:00"), at(SAME_WEEK, "11:00"))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await alone.sql(statement, span, meeting)
    assert refused.value.constraint_name == "write_up_within_capacity"
    with pytest.raises(asyncpg.CheckViolationError):
        await alone.sql("UPDATE hold SET write_up = 301 WHERE write_up > 0")
    await alone.sql("UPDATE hold SET write_up = 300 WHERE write_up > 0")
    assert await week(alone) == {MONDAY: 300}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await alone.sql("UPDATE write_up_week SET minutes = 0")


def _while_it_is_booked(monkeypatch: pytest.MonkeyPatch, world: World, work: Coroutine[Any, Any, Any]) -> list[Any]:
    """`work` begins, on a connection of its own, once another booking has written what it holds, and that one goes on when `work`
    waits for it."""
    begun: list[Any] = []
    real: Any = getattr(store, "book_at_once")  # noqa: B009

    async def stop_and_go_on(*given: Any, **more: Any) -> Any:
        answer = await real(*given, **more)
        if not begun:
            begun.append(asyncio.create_task(work))
            async with world.database.connection() as watching:
                while not begun[0].done() and not await watching.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                    pass
        return answer

    monkeypatch.setattr(store, "book_at_once", stop_and_go_on)
    return begun


async def test_of_two_who_book_one_note_takers_week_at_once_the_second_is_refused(alone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = alone.book("CH2", starts_at=at(SAME_WEEK, "10:00"))
    begun = _while_it_is_booked(monkeypatch, alone, other)
    await alone.book("CH1", starts_at=at(DAY, "10:00"))
    with pytest.raises(NotEligible, match="NT-01 has 60"):
        await begun[0]
    assert await week(alone) == {MONDAY: CONFERENCE}


async def test_the_second_of_two_gets_another_note_taker_who_can_write_it_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.establish(unit(note_takers=2, police=2, write_up_a_week=CONFERENCE))
    for number in (1, 2):
        await world.conference(f"CH{number}", f"IRO-0{number}")
    begun = _while_it_is_booked(monkeypatch, world, world.book("CH2", starts_at=at(SAME_WEEK, "10:00")))
    await world.book("CH1", starts_at=at(DAY, "10:00"))
    await begun[0]
    assert await written(world) == {("NT-01", MONDAY): CONFERENCE, ("NT-02", MONDAY): CONFERENCE}


CAPACITY = 500
"""Two conferences a week for each of two note-takers."""
DAYS = [MONDAY + timedelta(days=each) for each in (0, 1, 2, 3, 4, 7, 8)]
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["book", "book", "book", "hold", "move", "move", "cancel", "reinstate", "adjourn", "lapse"]),
        st.integers(0, 5),
        st.sampled_from(DAYS),
        st.sampled_from(["09:30", "13:00"]),
    ),
    min_size=6,
    max_size=18,
)


@pytest.fixture
async def busy(world: World) -> World:
    await world.establish(unit(iros=3, rooms=3, note_takers=2, police=3, write_up_a_week=CAPACITY))
    for number in range(6):
        await world.conference(f"CH{number}", f"IRO-0{1 + number % 3}")
    return world


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_STEPS)
async def test_whatever_is_booked_moved_called_off_and_adjourned_nobody_writes_more_than_she_can_and_nobody_is_refused_in_vain(
    busy: World, steps: list[tuple[str, int, date, str]]
) -> None:
    busy.now = NOW
    for row in await busy.sql("SELECT id, version FROM meeting WHERE state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')"):
        await busy.act("cancel", row["id"], row["version"])
    await busy.sql("DELETE FROM hold")  # what took place stays: sittings of meetings that were adjourned
    assert await written(busy) == {}
    for what, number, day, clock in steps:
        refused: Rejected | None = None
        try:
            await _step(busy, what, number, at(day, clock))
        except Rejected as fault:
            refused = fault
        taken = await written(busy)
        assert max(taken.values(), default=0) <= CAPACITY
        if what == "book" and isinstance(refused, NotEligible):
            free = await _free(busy, at(day, clock))
            assert all(CAPACITY - taken.get((code, monday_of(day)), 0) < CONFERENCE for code in free)


async def _free(world: World, start: datetime) -> set[str]:
    """Which of the note-takers nothing keeps from coming, by their holds."""
    rows = await world.sql(
        "SELECT code FROM hold JOIN resource ON id = resource_id WHERE kind = 'NOTE_TAKER' AND blocked && tstzrange($1, $2)",
        start - timedelta(minutes=30),
        start + timedelta(hours=2),
    )
    return {"NT-01", "NT-02"} - {row["code"] for row in rows}


async def _step(world: World, what: str, number: int, start: datetime) -> None:
    standing = await world.sql(
        "SELECT id, version, starts_at FROM meeting WHERE (state IN ('PROVISIONAL', 'CONFIRMED', 'ADJOURNED')) = $1 ORDER BY reference",
        what != "reinstate",
    )
    if what in ("book", "hold"):
        until = world.now + timedelta(hours=1) if what == "hold" else None
        await world.book(f"CH{number}", starts_at=start, hold_until=until)
    elif what == "lapse":
        world.now += timedelta(hours=2)
        await lapse_all(world.resources, lambda: world.now)
    elif standing:
        row = standing[number % len(standing)]
        if what == "move":
            await world.move(row["id"], row["version"], starts_at=start)
        elif what == "adjourn":
            await _adjourn(world, row, start)
        else:
            await world.act(what, row["id"], row["version"])


async def _adjourn(world: World, row: Any, start: datetime) -> None:
    before, world.now = world.now, max(world.now, row["starts_at"] + timedelta(hours=3))
    try:
        await world.held(row["id"], row["version"], held_on=row["starts_at"].date(), resumes_at=start + timedelta(days=7))
    finally:
        world.now = before


async def test_who_can_write_up_less_by_now_keeps_a_meeting_whose_chair_or_room_alone_is_another(alone: World) -> None:
    meeting = await alone.book("CH2", starts_at=at(DAY, "10:00"))
    before = await alone.holds(meeting)
    await alone.establish(unit(iros=2, note_takers=1, police=1, write_up_a_week=60))
    await alone.move(meeting, chair_code="IRO-02")
    await alone.move(meeting, 2, room_code="ROOM-B")
    after = await alone.holds(meeting)
    assert (after["NT-01"], after["IRO-02"], after["ROOM-B"]) == (before["NT-01"], before["IRO-01"], before["ROOM-A"])
    assert await week(alone) == {MONDAY: CONFERENCE}
    with pytest.raises(NotEligible, match="NT-01 has 60"):
        await alone.move(meeting, 3, starts_at=at(SAME_WEEK, "10:00"))


def test_part_of_a_minute_of_write_up_is_a_whole_one() -> None:
    shape = replace(DEFAULT_SHAPES[MeetingKind.REVIEW_CONFERENCE], write_up=Decimal("1.5"))
    assert [write_up_of(shape, timedelta(minutes=minutes)) for minutes in (44, 45)] == [66, 68]

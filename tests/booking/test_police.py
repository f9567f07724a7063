"""Places of the police are dealt so that nothing is refused while one is free, however the numbers fell before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.booking.police import deal
from services.kernel.window import TimeWindow
from tests.booking.world import World, at, most_at_once, overlaps, unit

MIDNIGHT = datetime(2026, 9, 8, tzinfo=UTC)
spans = st.tuples(st.integers(0, 20), st.integers(1, 6))


def window(span: tuple[int, int]) -> TimeWindow:
    return TimeWindow(MIDNIGHT + timedelta(hours=span[0]), MIDNIGHT + timedelta(hours=span[0] + span[1]))


@given(st.integers(1, 4), st.lists(spans, max_size=14))
def test_an_attendance_is_refused_only_at_an_instant_at_which_all_places_are_taken(capacity: int, asked: list[tuple[int, int]]) -> None:
    standing: list[tuple[int, TimeWindow]] = []
    for wanted in map(window, asked):
        dealt = deal(range(1, capacity + 1), standing, wanted)
        busy = [(max(each.start, wanted.start), min(each.end, wanted.end)) for _, each in standing if each.overlaps(wanted)]
        assert (dealt is None) == (most_at_once(busy) >= capacity)
        if dealt is None:
            continue
        standing = [(dealt.renumbered.get(place, number), each) for place, (number, each) in enumerate(standing)]
        standing.append((dealt.number, wanted))
        for place, (number, each) in enumerate(standing):
            assert 1 <= number <= capacity
            assert not any(number == other and each.overlaps(another) for other, another in standing[:place])


def test_numbers_that_fell_badly_are_dealt_anew() -> None:
    # place 1 is taken early, place 2 late; a third from early to late fits only if the late one moves to place 1
    standing = [(1, window((9, 2))), (2, window((12, 2)))]
    dealt = deal((1, 2), standing, window((10, 3)))
    assert dealt is not None
    assert {dealt.renumbered.get(0, 1), dealt.renumbered.get(1, 2)} == {3 - dealt.number}


def test_what_stands_without_need_keeps_its_number() -> None:
    dealt = deal((1, 2), [(2, window((9, 2)))], window((9, 2)))
    assert dealt is not None
    assert (dealt.number, dict(dealt.renumbered)) == (1, {})


def test_a_team_that_was_larger_once_attends_no_more_than_it_can_now() -> None:
    assert deal((1, 2), [(3, window((9, 2))), (1, window((9, 2)))], window((10, 1))) is None


async def test_standing_meetings_are_renumbered_where_that_makes_room(world: World) -> None:
    await world.establish(unit(iros=4, rooms=4, note_takers=4, police=2))
    day = date(2026, 9, 8)
    for number in range(1, 5):
        await world.conference(f"CH{number}", f"IRO-{number:02}")
    early = await world.book("CH1", starts_at=at(day, "09:30"), ends_at=at(day, "10:30"))
    gone = await world.book("CH2", starts_at=at(day, "12:00"), ends_at=at(day, "13:00"))
    late = await world.book("CH3", starts_at=at(day, "12:00"), ends_at=at(day, "13:00"))
    await world.act("cancel", gone)
    assert ("POL-01/1" in await world.holds(early), "POL-01/2" in await world.holds(late)) == (True, True)
    between = await world.book("CH4", starts_at=at(day, "10:00"), ends_at=at(day, "12:30"))
    places = {each: next(code for code in await world.holds(each) if code.startswith("POL")) for each in (early, late, between)}
    assert places[early] == places[late] != places[between]
    assert (await world.holds(late))[places[late]] == ("12:00", "13:00")
    assert await world.history(late) == ["BOOKED"]  # a number says nothing: nobody hears of it
    assert await overlaps(world.database) == 0
    await world.act("cancel", late)
    assert await world.holds(late) == {}


async def test_where_a_team_has_fewer_places_by_now_another_chair_alone_leaves_its_attendance_as_it_was(world: World) -> None:
    await world.establish(unit(iros=3, police=2))
    for number in (1, 2):
        await world.conference(f"CH{number}", f"IRO-0{number}")
    _, second = [await world.book(f"CH{number}", starts_at=at(date(2026, 9, 8), "10:00")) for number in (1, 2)]
    before = await world.holds(second)
    await world.establish(unit(iros=3, police=1))
    await world.move(second, chair_code="IRO-03")
    after = await world.holds(second)
    assert after.pop("IRO-03") == before.pop("IRO-02")
    assert after == before
    assert await overlaps(world.database) == 0

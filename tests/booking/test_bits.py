"""Windows of time as bits of days: what a unit says is what the clock says, also where October repeats an hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.booking.bits import UNIT, WIDTH, Calendar
from services.kernel.window import TimeWindow

DAYS = (date(2026, 10, 23), date(2026, 10, 25), date(2026, 10, 26), date(2026, 10, 29), date(2026, 10, 30))  # clocks go back on the 25th
FROM = datetime(2026, 10, 22, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 10, 30, tzinfo=UTC)
AFTER_MIDNIGHT = TimeWindow(MIDNIGHT + timedelta(minutes=10), MIDNIGHT + timedelta(minutes=50))
"""A day has units for the first hour of the next one."""


@st.composite
def windows(draw: st.DrawFn) -> TimeWindow:
    start = FROM + timedelta(minutes=draw(st.integers(0, 9 * 24 * 60)))
    return TimeWindow(start, start + timedelta(minutes=draw(st.one_of(st.integers(1, 300), st.integers(1, 5 * 24 * 60)))))


def _units(calendar: Calendar, day: int) -> list[TimeWindow]:
    instants = [calendar.instant(day, unit) for unit in range(WIDTH)]
    return [TimeWindow(each, each + timedelta(minutes=UNIT)) for each in instants]


@settings(max_examples=30, deadline=None)
@given(st.lists(windows(), max_size=3))
@example([AFTER_MIDNIGHT])
def test_a_unit_is_inside_or_touched_as_the_clock_says(some: list[TimeWindow]) -> None:
    calendar = Calendar(DAYS)
    inside, touched = calendar.inside(tuple(some)), calendar.touched(some)
    for day in range(len(DAYS)):
        for number, unit in enumerate(_units(calendar, day)):
            assert bool(inside[day] >> number & 1) == any(each.contains(unit) for each in some)
            assert bool(touched[day] >> number & 1) == any(each.overlaps(unit) for each in some)


@given(windows())
def test_one_window_touches_the_same_units_asked_alone(window: TimeWindow) -> None:
    calendar = Calendar(DAYS)
    touched = calendar.touched((window,))
    assert dict(calendar.touched_by(window)) == {day: units for day, units in enumerate(touched) if units}


def test_hours_of_work_are_remembered_for_the_very_same_windows_alone() -> None:
    calendar, day = Calendar(DAYS), datetime(2026, 10, 23, 9, tzinfo=UTC)
    seen = [calendar.inside((TimeWindow(day, day + timedelta(hours=hours)),))[0].bit_count() for hours in range(1, 8)]
    assert seen == [12 * hours for hours in range(1, 8)]

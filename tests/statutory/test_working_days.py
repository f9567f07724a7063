"""Working days in England: known calendars, and counting that agrees with itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.statutory.working_days import WorkingDays, england

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2065, 12, 31))


@pytest.mark.parametrize(
    "day",
    [
        date(2012, 6, 4),  # the spring holiday, moved for the Diamond Jubilee
        date(2012, 6, 5),
        date(2020, 5, 8),  # early May, moved to VE day
        date(2022, 6, 3),
        date(2022, 9, 19),
        date(2023, 5, 8),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 12, 25),
        date(2026, 12, 28),
        date(2027, 1, 1),
        date(2027, 3, 26),
        date(2027, 3, 29),
    ],
)
def test_bank_holidays_with_their_one_offs_are_no_working_days(day: date) -> None:
    assert not england().is_working(day)


@pytest.mark.parametrize("day", [date(2012, 5, 28), date(2020, 5, 4), date(2020, 12, 29), date(2023, 12, 27), date(2026, 12, 29)])
def test_moved_holidays_and_council_closures_are_working_days(day: date) -> None:
    assert england().is_working(day)


def test_holidays_of_scotland_and_northern_ireland_are_working_days_in_england() -> None:
    assert all(england().is_working(day) for day in (date(2026, 1, 2), date(2026, 3, 17), date(2026, 8, 3), date(2026, 11, 30)))


def test_days_can_be_given_as_a_mapping_or_a_collection() -> None:
    by_name, by_day = WorkingDays({date(2026, 9, 2): "fair"}), WorkingDays([date(2026, 9, 2)])
    assert by_name.add(date(2026, 9, 1), 1) == by_day.add(date(2026, 9, 1), 1) == date(2026, 9, 3)


@given(DAYS, st.integers(min_value=1, max_value=60))
def test_the_nth_working_day_after_a_day_is_n_working_days_after_it(day: date, count: int) -> None:
    found = england().add(day, count)
    assert england().is_working(found)
    assert england().between(day, found) == count


@given(DAYS, st.integers(min_value=0, max_value=60))
def test_counting_back_is_the_reverse_of_counting_on(day: date, count: int) -> None:
    found = england().subtract(day, count)
    assert england().between(found, england().last_on_or_before(day)) == (count if england().is_working(day) else max(count - 1, 0))
    assert count == 0 or england().is_working(found)


def test_days_are_counted_by_whole_numbers_one_way_or_the_other() -> None:
    for counted in (england().add, england().subtract):
        assert counted(date(2026, 9, 5), 0) == date(2026, 9, 5)
        with pytest.raises(ValueError, match="counted"):
            counted(date(2026, 9, 5), -1)


@given(DAYS, DAYS)
def test_counting_between_two_days_agrees_with_looking_at_each(start: date, end: date) -> None:
    first, last = min(start, end), min(max(start, end), min(start, end) + timedelta(days=400))
    days = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    count = sum(england().is_working(day) for day in days)
    assert england().between(first, last) == count
    assert england().between(last, first) == -count


@given(DAYS)
def test_the_last_working_day_on_or_before_a_day_leaves_none_between(day: date) -> None:
    found = england().last_on_or_before(day)
    assert england().is_working(found)
    assert england().between(found, day) == 0
    assert found <= day


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        england().add(date(2026, 9, 1), -1)

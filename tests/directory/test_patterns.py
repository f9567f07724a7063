"""Weekly patterns: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.patterns import Stretch, parse_pattern
from services.kernel.errors import InvalidInput

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def minutes(lines: tuple[str, ...]) -> set[tuple[int, int]]:
    return {(each.weekday, minute) for each in parse_pattern(lines) for minute in range(each.since, each.until)}


def test_a_range_of_days_and_hours() -> None:
    assert parse_pattern(["Mon-Fri 09:00-17:00"]) == tuple(Stretch(weekday=day, since=540, until=1020) for day in range(5))


def test_single_days_saturday_too() -> None:
    assert parse_pattern(["Mon,Wed 10:00-14:00", "sat 09:30-12:00"]) == (
        Stretch(weekday=0, since=600, until=840),
        Stretch(weekday=2, since=600, until=840),
        Stretch(weekday=5, since=570, until=720),
    )


def test_day_and_night() -> None:
    assert parse_pattern(["Mon-Sun 00:00-24:00"]) == tuple(Stretch(weekday=day, since=0, until=1440) for day in range(7))


def test_no_line_is_never_at_work() -> None:
    assert parse_pattern([]) == ()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("", "days, one space, hours"),
        ("Mon-Fri", "days, one space, hours"),
        ("Mon-Fri 9:00-17:00", "are no hours"),
        ("Mon-Fri 09:00 - 17:00", "days, one space, hours"),
        ("Mo-Fr 09:00-17:00", "'Mo' is no day"),
        ("Fri-Mon 09:00-17:00", "runs backwards"),
        ("Mon 17:00-09:00", "does not come after"),
        ("Mon 09:00-09:00", "does not come after"),
        ("Mon 09:00-24:01", "no time of day"),
        ("Mon 09:60-10:00", "no time of day"),
        ("Mon, 09:00-10:00", "'' is no day"),
    ],
)
def test_what_means_nothing_is_quoted_with_what_would_be_right(line: str, complaint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_pattern(["Mon-Fri 09:00-17:00", line])
    assert f"'{line}'" in str(refused.value)
    assert complaint in str(refused.value)
    assert "Mon-Fri 09:00-17:00" in str(refused.value)


@st.composite
def lines(draw: st.DrawFn) -> str:
    first = draw(st.integers(0, 6))
    last = draw(st.integers(first, 6))
    since = draw(st.integers(0, 1438))
    until = draw(st.integers(since + 1, 1440))
    days = DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"
    return f"{days} {since // 60:02}:{since % 60:02}-{until // 60:02}:{until % 60:02}"


@given(st.lists(lines(), max_size=4))
def test_joined_stretches_are_apart_and_cover_what_each_line_covers(stated: list[str]) -> None:
    together = parse_pattern(stated)
    assert minutes(tuple(stated)) == {pair for line in stated for pair in minutes((line,))}
    for one, other in pairwise(together):
        assert (one.weekday, one.until) < (other.weekday, other.since)

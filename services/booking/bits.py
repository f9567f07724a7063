"""Time as bits: one integer a resource and day, one bit for each five minutes.

Shifting and masking such integers answers "at which times of this day is everything free?" in microseconds. What does
not fall on the five minutes is rounded to the safe side. Spans come from `booking.needs` alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import ceil, floor

from services.booking.needs import MeetingNeeds, span_of
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import ResourceKind

UNIT = 5
START_EVERY = 3  # units: meetings start on the quarter hour
WIDTH = 300  # units in the longest day, with the hour that October repeats
FULL = (1 << WIDTH) - 1
STARTS = sum(1 << at for at in range(0, WIDTH, START_EVERY))
_REFERENCE = TimeWindow(datetime(2026, 1, 5, 10, tzinfo=UTC), datetime(2026, 1, 5, 11, tzinfo=UTC))
_UNIT = timedelta(minutes=UNIT)
Rounding = Callable[[float], int]


@dataclass(frozen=True, slots=True)
class Footprint:
    """A resource's spans around a start, in units: blocked and attended, each from (included) until (left out)."""

    blocked_from: int
    blocked_until: int
    attended_from: int
    attended_until: int

    def fits(self, at_work: int, free: int) -> int:
        """The starts at which the attended span lies at work and the blocked one is free."""
        return run_of(at_work, self.attended_from, self.attended_until) & run_of(free, self.blocked_from, self.blocked_until)

    def covers(self, start: int) -> int:
        """The bits that are blocked by a meeting at `start`."""
        return bits(start + self.blocked_from, start + self.blocked_until)


def footprint(resource: ResourceKind, needs: MeetingNeeds) -> Footprint:
    meeting = TimeWindow(_REFERENCE.start, _REFERENCE.start + timedelta(minutes=needs.minutes))
    span = span_of(resource, needs, meeting)
    return Footprint(
        floor((span.blocked.start - meeting.start) / _UNIT),
        ceil((span.blocked.end - meeting.start) / _UNIT),
        floor((span.attended.start - meeting.start) / _UNIT),
        ceil((span.attended.end - meeting.start) / _UNIT),
    )


def bits(first: int, until: int) -> int:
    first, until = max(first, 0), min(until, WIDTH)
    return ((1 << until) - (1 << first)) if until > first else 0


def run_of(mask: int, first: int, until: int) -> int:
    """Bit t is set where all bits of `mask` from t+first until t+until are."""
    for step in _steps(until - first):
        mask &= mask >> step
    return mask >> first if first >= 0 else mask << -first


@cache
def _steps(length: int) -> tuple[int, ...]:
    """Shifts that, one after the other, make each bit speak for `length` bits."""
    steps, have = [], 1
    while have < length:
        steps.append(min(have, length - have))
        have += steps[-1]
    return tuple(steps)


def starts_in(mask: int) -> Iterator[int]:
    """The set bits, earliest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Calendar:
    """The days of a problem with their midnights, and windows turned into bits of days."""

    def __init__(self, days: tuple[date, ...]) -> None:
        self.days = days
        self.index = {day: number for number, day in enumerate(days)}
        self._midnights = [local_instant(day, time(0)).astimezone(UTC) for day in days]
        self._inside: dict[int, tuple[tuple[TimeWindow, ...], list[int]]] = {}

    def instant(self, day: int, unit: int) -> datetime:
        return self._midnights[day] + unit * _UNIT

    def unit(self, day: int, instant: datetime) -> float:
        return (instant - self._midnights[day]) / _UNIT

    def inside(self, windows: tuple[TimeWindow, ...]) -> Sequence[int]:
        """The units of each day that lie wholly inside a window; windows that touch count as one. Of the very same windows the
        answer is remembered: boards of one calendar ask for the hours of work of the same people."""
        known = self._inside.get(id(windows))
        if known is None:
            known = self._inside[id(windows)] = windows, self._spread(windows, ceil, floor)  # kept, so that its id stays its own
        return known[1]

    def touched(self, windows: Iterable[TimeWindow]) -> list[int]:
        """The units of each day that a window touches."""
        return self._spread(windows, floor, ceil)

    def touched_by(self, window: TimeWindow) -> Iterator[tuple[int, int]]:
        """Day by day the units that the window touches, without the days of which it touches none."""
        return self._units(window, floor, ceil)

    def _spread(self, windows: Iterable[TimeWindow], low: Rounding, high: Rounding) -> list[int]:
        found = [0] * len(self.days)
        for window in windows:
            for day, units in self._units(window, low, high):
                found[day] |= units
        return found

    def _units(self, window: TimeWindow, low: Rounding, high: Rounding) -> Iterator[tuple[int, int]]:
        day = max(bisect_right(self._midnights, window.start) - 2, 0)  # a day has units for the first hour of the next
        while day < len(self.days) and self._midnights[day] < window.end:
            units = bits(low(self.unit(day, window.start)), high(self.unit(day, window.end)))
            if units:
                yield day, units
            day += 1

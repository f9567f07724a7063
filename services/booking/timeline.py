"""Days on end as one integer a resource: bit n is the n-th five minutes after the first midnight. Pure.

A year of a diary is thirteen kilobytes, so that "when in all these days is this free?" costs a few shifts, whatever stands in it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from operator import attrgetter

from services.booking.bits import UNIT, WIDTH
from services.kernel.window import TimeWindow, local_instant

Edges = tuple[int, ...]
"""When stretches begin and end in turn, in order and never one over another: microseconds after `EPOCH`, as PostgreSQL counts them."""
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNIT = UNIT * 60_000_000
_DAY = timedelta(days=1)
_BEYOND = WIDTH - 24 * 60 // UNIT
"""Units after the last midnight of which nothing is known: they count as free."""


def edges(windows: Iterable[TimeWindow]) -> Edges:
    """Of these windows in any order; those that overlap become one."""
    found: list[int] = []
    for window in sorted(windows, key=attrgetter("start")):
        since, until = _count(window.start), _count(window.end)
        if found and since < found[-1]:
            found[-1] = max(found[-1], until)
        else:
            found += (since, until)
    return tuple(found)


def whole_weeks(mondays: Iterable[date]) -> Edges:
    """Of the weeks that begin on these days, in England, in the order of time."""
    return tuple(edge for monday in sorted(mondays) for edge in (_midnight(monday), _midnight(monday + 7 * _DAY)))


class Timeline:
    """Every day from the first of some days to the last, by number, with the units of each. `units`: of all together."""

    def __init__(self, days: Sequence[date]) -> None:
        self._first = days[0] if days else date.min
        number = (days[-1] - days[0]).days + 1 if days else 0
        midnights = [_midnight(self._first + at * _DAY) for at in range(number + 1)] if days else [0]
        self._began = midnights[0]
        self._midnights = midnights
        self._offsets = [(midnight - self._began) // _UNIT for midnight in midnights]
        self.numbers = [(day - self._first).days for day in days]
        self.units = self._offsets[-1] + (_BEYOND if days else 0)
        self.full = (1 << self.units) - 1

    def date(self, day: int) -> date:
        """The day of that number."""
        return self._first + day * _DAY

    def day(self, unit: int) -> int:
        """The number of the day in which a unit lies."""
        return bisect_right(self._offsets, unit, hi=len(self._offsets) - 1) - 1

    def instant(self, unit: int) -> datetime:
        """When it begins."""
        return EPOCH + (self._began + unit * _UNIT) * _MICROSECOND

    def unit(self, instant: datetime) -> int:
        """The unit in which an instant lies."""
        return (_count(instant) - self._began) // _UNIT

    def within(self, day: int) -> int:
        """How many units come before a day."""
        return self._offsets[day]

    def of_day(self, mask: int, day: int) -> int:
        """What of a mask lies in a day, from its midnight."""
        begins, ends = self._offsets[day : day + 2]
        return mask >> begins & ((1 << (ends - begins)) - 1)

    def joined(self, of_day: Callable[[int], int]) -> int:
        """One mask of what is said of each of the days, from its midnight; what reaches over the next midnight is left out."""
        found = 0
        for day in self.numbers:
            begins, ends = self._offsets[day : day + 2]
            found |= (of_day(day) & ((1 << (ends - begins)) - 1)) << begins
        return found

    def days_in(self, mask: int) -> Iterator[int]:
        """The days in which a mask has a bit."""
        for day in self.numbers:
            if self.of_day(mask, day):
                yield day

    def begun(self, stated: Edges) -> Counter[int]:
        """How many stretches begin in each day, by number."""
        midnights = self._midnights
        return Counter([bisect_right(midnights, since) - 1 for since in stated[::2]])

    def inside(self, stated: Edges) -> int:
        """The units that lie wholly inside a stretch."""
        return self._filled(stated, _UNIT - 1, 0)

    def touched(self, stated: Edges) -> int:
        """The units that a stretch touches."""
        return self._filled(stated, 0, _UNIT - 1)

    def _filled(self, stated: Edges, later: int, longer: int) -> int:
        """All units from the one in which each stretch, so much `later`, begins, to before the one in which it, so much `longer`, ends:
        by one subtraction, since they are in order."""
        first, after = bytearray(self.units // 8 + 1), bytearray(self.units // 8 + 1)
        done, units, later, longer = 0, self.units, later - self._began, longer - self._began
        each = iter(stated)
        for since, until in zip(each, each, strict=True):
            low, high = (since + later) // _UNIT, (until + longer) // _UNIT
            if low < done:  # noqa: PLR1730 - calls cost more than all else here. Two may be rounded to the same unit
                low = done
            if high > units:  # noqa: PLR1730
                high = units
            if low < high:
                first[low >> 3] |= 1 << (low & 7)
                after[high >> 3] |= 1 << (high & 7)
                done = high
        return int.from_bytes(after, "little") - int.from_bytes(first, "little")


def _count(instant: datetime) -> int:
    return (instant - EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)
def _midnight(day: date) -> int:
    return _count(local_instant(day, time.min))

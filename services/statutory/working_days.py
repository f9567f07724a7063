"""Working days in England: every day but Saturdays, Sundays and bank holidays.

A council that shuts between Christmas and New Year does not stop the law: those days are working days here, and the
unit's rooms are simply not open. Holidays are data, since single ones are proclaimed (8 May 2023) and moved (8 May 2020).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection
from datetime import date, timedelta
from functools import cache

from holidays import country_holidays

_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1995, 2060


class WorkingDays:
    """Counts working days around the given holidays (a mapping to their names, or the days alone)."""

    __slots__ = ("_closed", "_off")

    def __init__(self, holidays: Collection[date]) -> None:
        self._off = frozenset(holidays)
        self._closed = sorted(day for day in self._off if day.weekday() < 5)

    def is_working(self, day: date) -> bool:
        """Whether the law counts this day."""
        return day.weekday() < 5 and day not in self._off

    def add(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`, which itself is day 0 whether it is a working day or not."""
        if count < 1:
            if count < 0:
                raise ValueError("working days are counted forwards")
            return day
        before, wanted = bisect_right(self._closed, day), _weekdays_up_to(day) + count
        end, closed = _weekday(wanted), 0
        while (found := bisect_right(self._closed, end) - before) != closed:
            closed = found
            end = _weekday(wanted + closed)
        return end

    def subtract(self, day: date, count: int) -> date:
        """The `count`-th working day before `day`."""
        if count < 0:
            raise ValueError("working days are counted backwards by a number that is not negative")
        while count > 0:
            day -= _DAY
            if self.is_working(day):
                count -= 1
        return day

    def last_on_or_before(self, day: date) -> date:
        """`day` itself, or the nearest working day before it."""
        while not self.is_working(day):
            day -= _DAY
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative where `end` comes first."""
        if end < start:
            return -self.between(end, start)
        weekdays = _weekdays_up_to(end) - _weekdays_up_to(start)
        return weekdays - (bisect_right(self._closed, end) - bisect_right(self._closed, start))


def _weekdays_up_to(day: date) -> int:
    """Mondays to Fridays from Monday 1 January of year 1 up to and including `day`."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * 5 + min(rest, 5)


def _weekday(number: int) -> date:
    """The day up to and including which there are so many Mondays to Fridays, itself one of them."""
    weeks, rest = divmod(number - 1, 5)
    return date.fromordinal(weeks * 7 + rest + 1)


@cache
def england() -> WorkingDays:
    """England's bank holidays with all one-offs, 1995 to 2060; outside those years weekends alone are known."""
    return WorkingDays(country_holidays("GB", subdiv="ENG", years=range(_FIRST_YEAR, _LAST_YEAR + 1)))

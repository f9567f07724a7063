"""The days of the sample: working days near the day, the year behind it, school holidays, and the quiet weeks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from services.statutory.counting import add_months
from services.statutory.working_days import WorkingDays

YEARS_BEHIND, YEARS_AHEAD = 10, 2
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A time of school holidays; both days included."""

    name: str
    first_day: date
    last_day: date


class Calendar:
    """Working days around `as_of` and the twelve months that end with it.

    `year_starts` is the first day of those twelve months: the day after the corresponding day of the year before.
    """

    def __init__(self, working_days: WorkingDays, as_of: date) -> None:
        self.as_of = as_of
        self.year_starts = add_months(as_of, -12) + _DAY
        first = date(as_of.year - YEARS_BEHIND, 1, 1)
        last = date(as_of.year + YEARS_AHEAD, 12, 31)
        every = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
        self._working = [day for day in every if working_days.is_working(day)]
        self.due = lru_cache(maxsize=None)(self._due)

    def within_year(self, day: date) -> bool:
        return self.year_starts <= day <= self.as_of

    def on_or_before(self, day: date) -> date:
        """The last working day not after `day`."""
        return self._working[bisect_right(self._working, day) - 1]

    def on_or_after(self, day: date) -> date:
        return self._working[bisect_left(self._working, day)]

    def step(self, day: date, count: int) -> date:
        """`count` working days after `day`, which is day 0 even where it is none; before it, if negative."""
        place = bisect_right(self._working, day) - 1 if count > 0 else bisect_left(self._working, day)
        return self._working[place + count]

    def _due(self, day0: date, months: int, days: int) -> tuple[date, date]:
        """The last working day by which a review is in time by law and by the census, and the later of their two last days."""
        law, census = add_months(day0, months), day0 + timedelta(days=days)
        return self.on_or_before(min(law, census)), max(law, census)


def brought_forward(day: date, pull: float) -> date:
    """`day`, or an earlier one where families, schools and officers are away: few meetings at Christmas and in August.

    `pull` (0 to 1) is the meeting's own: how far ahead it goes, and in August whether it goes at all; 1: it stays.
    """
    if pull >= 1:
        return day
    christmas = date(day.year if day.month == 12 else day.year - 1, 12, 20)
    if christmas <= day <= christmas + timedelta(days=15):
        return christmas - timedelta(days=2 + int(pull * 14))
    if day.month == 8 and pull < 0.6:
        return date(day.year, 7, 30) - timedelta(days=int(pull * 40))
    return day


def is_quiet(day: date) -> bool:
    """Whether hardly a conference is called then."""
    return (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2)


def school_breaks(first: date, last: date) -> Iterator[Break]:
    """The school holidays that touch the days from `first` to `last`, in order."""
    for year in range(first.year - 1, last.year + 1):
        for each in _breaks_of(year):
            if each.first_day <= last and each.last_day >= first:
                yield each


def school_terms(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The half-terms, first and last school day, of every school year that the days from `first` to `last` touch, in order."""
    for year in range(first.year - (first.month < 9), last.year - (last.month < 9) + 1):
        since = date(year, 9, 1)
        for each in school_breaks(since, date(year + 1, 8, 31)):
            if each.first_day > since:
                yield _weekday_on_or_after(since), _weekday_before(each.first_day)
            if each.name == "summer" and each.first_day > since:
                break
            since = each.last_day + _DAY


def _weekday_on_or_after(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def _weekday_before(day: date) -> date:
    before = day - _DAY
    return before - timedelta(days=before.weekday() - 4) if before.weekday() > 4 else before


def _breaks_of(year: int) -> tuple[Break, ...]:
    easter_monday_week = easter(year) - timedelta(days=6)
    may = _monday_on_or_before(date(year, 5, 31))
    return (
        _weeks("february", _monday_on_or_before(date(year, 2, 20)), 1),
        _weeks("easter", easter_monday_week, 2),
        _weeks("may", may, 1),
        _weeks("summer", _monday_on_or_before(date(year, 7, 28)), 5),
        _weeks("october", _monday_on_or_before(date(year, 10, 29)), 1),
        Break(name="christmas", first_day=date(year, 12, 22), last_day=date(year + 1, 1, 2)),
    )


def _weeks(name: str, monday: date, count: int) -> Break:
    return Break(name=name, first_day=monday, last_day=monday + timedelta(days=7 * count - 3))


def _monday_on_or_before(day: date) -> date:
    return day - timedelta(days=day.weekday())


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian reckoning (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    j = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * j) // 451
    month, day = divmod(h + j - 7 * m + 114, 31)
    return date(year, month, day + 1)

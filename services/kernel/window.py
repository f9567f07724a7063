"""Spans of time: half-open, never empty, never naive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.kernel.errors import InvalidInput
from services.kernel.wall_clock import LONDON

__all__ = ["LONDON", "DateSpan", "TimeWindow", "civil_day", "local_instant", "monday_of"]


@dataclass(frozen=True, slots=True, order=True)
class TimeWindow:
    """`[start, end)` between two aware instants."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise InvalidInput("a time needs an offset, for example 2026-11-23T10:00:00+00:00")
        if self.end <= self.start:
            raise InvalidInput(f"the end ({self.end.isoformat()}) must come after the start ({self.start.isoformat()})")

    def overlaps(self, other: TimeWindow) -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: TimeWindow) -> bool:
        return self.start <= other.start and other.end <= self.end

    def widened(self, *, before: timedelta, after: timedelta) -> TimeWindow:
        """The window with `before` added at its start and `after` at its end."""
        return TimeWindow(self.start - before, self.end + after)

    @property
    def duration(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class DateSpan:
    """`[first, until)` in whole days; `until` None: without end."""

    first: date
    until: date | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.first:
            raise InvalidInput(f"the span {self.first.isoformat()} to {self.until.isoformat()} holds no day")

    def __contains__(self, day: date) -> bool:
        return self.first <= day and (self.until is None or day < self.until)

    def days(self) -> Iterator[date]:
        """Every day of a span that has an end."""
        if self.until is None:
            raise ValueError("a span without end has no last day")
        day = self.first
        while day < self.until:
            yield day
            day += timedelta(days=1)


def local_instant(day: date, at: time) -> datetime:
    """The instant at which a clock on a wall in England shows `at` on `day`.

    An hour that occurs twice (October) means the first; one that is skipped (March) is refused.
    """
    local = datetime.combine(day, at, tzinfo=LONDON)
    back = local.astimezone(ZoneInfo("UTC")).astimezone(LONDON)
    if back.time() != at:
        raise InvalidInput(f"{at.isoformat('minutes')} does not exist on {day.isoformat()}: the clocks go forward then")
    return local


def civil_day(instant: datetime) -> date:
    """The day in England at that instant."""
    if instant.tzinfo is None:
        raise InvalidInput("a time needs an offset")
    return instant.astimezone(LONDON).date()


def hour_of(today: date, now: datetime) -> datetime:
    """Now, on a civil day that may be fixed for a demonstration: by this hour the diary tells what is over."""
    return now + (today - civil_day(now))


def monday_of(day: date) -> date:
    """The Monday on which the week of that day begins."""
    return day - timedelta(days=day.weekday())

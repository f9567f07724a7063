"""Weekly patterns of work as an establishment states them: "Mon-Fri 09:00-17:00", "Mon,Wed 10:00-14:00", "Sat 09:30-12:00"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.kernel.errors import InvalidInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_EXAMPLE = "write days and hours, for example 'Mon-Fri 09:00-17:00' or 'Mon,Wed 10:00-14:00'"
_MIDNIGHT = 24 * 60


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Stretch:
    """Minutes after midnight, by the clock on the wall, of every such weekday (0 is Monday); `until` is at most 24:00."""

    weekday: int
    since: int
    until: int


def parse_pattern(lines: Sequence[str]) -> tuple[Stretch, ...]:
    """The stretches that the lines state together, in order of the week, touching and overlapping ones joined.

    Raises `InvalidInput` that quotes the line and says what would be right. No line: never at work.
    """
    return _joined(stretch for line in lines for stretch in _parse_line(line))


def _parse_line(line: str) -> list[Stretch]:
    parts = line.split()
    if len(parts) != 2:
        raise _wrong(line, "days, one space, hours are expected")
    since, until = _parse_hours(line, parts[1])
    return [Stretch(weekday=day, since=since, until=until) for day in _parse_days(line, parts[0])]


def _parse_days(line: str, text: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _day(line, first)
        end = _day(line, last) if dash else begin
        if end < begin:
            raise _wrong(line, f"'{part}' runs backwards: a week goes from Mon to Sun")
        days.extend(range(begin, end + 1))
    return days


def _day(line: str, text: str) -> int:
    name = text.lower()
    if name not in _DAYS:
        raise _wrong(line, f"'{text}' is no day; days are Mon, Tue, Wed, Thu, Fri, Sat, Sun")
    return _DAYS.index(name)


def _parse_hours(line: str, text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text)
    if found is None:
        raise _wrong(line, f"'{text}' are no hours")
    hours = [int(part) for part in found.groups()]
    since, until = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if hours[1] > 59 or hours[3] > 59 or until > _MIDNIGHT:
        raise _wrong(line, f"'{text}' is no time of day")
    if until <= since:
        raise _wrong(line, f"in '{text}' the end does not come after the start")
    return since, until


def _joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    joined: list[Stretch] = []
    for each in sorted(stretches):
        last = joined[-1] if joined else None
        if last is not None and last.weekday == each.weekday and each.since <= last.until:
            joined[-1] = Stretch(weekday=last.weekday, since=last.since, until=max(last.until, each.until))
        else:
            joined.append(each)
    return tuple(joined)


def _wrong(line: str, why: str) -> InvalidInput:
    return InvalidInput(f"working time '{line}': {why}; {_EXAMPLE}")

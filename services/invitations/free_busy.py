"""When somebody can be asked: what is held and who is at work, as the free and busy times of RFC 5545 (3.6.4, 3.8.2.6).

Of somebody with several places (a police team) a time is taken once as many are held as are at work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.kernel.window import TimeWindow


class Busy(StrEnum):
    """Why a time cannot be had: FBTYPE. A provisional hold is TENTATIVE."""

    BUSY = "BUSY"
    TENTATIVE = "BUSY-TENTATIVE"
    UNAVAILABLE = "BUSY-UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A span that a meeting takes of somebody, travel and turnaround included."""

    window: TimeWindow
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of one sort."""

    window: TimeWindow
    busy: Busy


def periods(span: TimeWindow, held: Iterable[Held], at_work: Iterable[TimeWindow]) -> tuple[Period, ...]:
    """What of `span` is taken, in order: no two overlap, and two of one sort do not touch. `at_work`: of each place its hours."""
    changes = sorted(_changes(span, held, at_work), key=lambda change: change[0])
    found: list[Period] = []
    firm = provisional = working = 0
    for position, (at, more_firm, more_provisional, more_working) in enumerate(changes):
        firm, provisional, working = firm + more_firm, provisional + more_provisional, working + more_working
        until = changes[position + 1][0] if position + 1 < len(changes) else span.end
        busy = _judged(firm, provisional, working)
        if busy is not None and at < until:
            _add(found, Period(window=TimeWindow(at, until), busy=busy))
    return tuple(found)


def _changes(span: TimeWindow, held: Iterable[Held], at_work: Iterable[TimeWindow]) -> Iterator[tuple[datetime, int, int, int]]:
    """When how many more, or fewer, are held for certain, held provisionally, at work."""
    yield span.start, 0, 0, 0
    for each in held:
        if each.window.overlaps(span):
            starts, ends = max(each.window.start, span.start), min(each.window.end, span.end)
            yield starts, not each.provisional, each.provisional, 0
            yield ends, -(not each.provisional), -each.provisional, 0
    for window in at_work:
        if window.overlaps(span):
            yield max(window.start, span.start), 0, 0, 1
            yield min(window.end, span.end), 0, 0, -1


def _judged(firm: int, provisional: int, working: int) -> Busy | None:
    if firm and firm >= working:
        return Busy.BUSY
    if provisional and firm + provisional >= working:
        return Busy.TENTATIVE
    return None if working else Busy.UNAVAILABLE


def _add(found: list[Period], period: Period) -> None:
    last = found[-1] if found else None
    if last is not None and last.busy is period.busy and last.window.end == period.window.start:
        found[-1] = Period(window=TimeWindow(last.window.start, period.window.end), busy=period.busy)
    else:
        found.append(period)

"""How the sittings of one meeting may follow each other, as planned or after it was adjourned. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from services.booking.rules import LONGEST, SHORTEST
from services.kernel.window import LONDON, TimeWindow, civil_day, local_instant
from services.statutory.working_days import england

LONGEST_BREAK = 20
"""Working days within which an adjourned review is completed (CPPCR 2010 reg 36(2)), and conferences alike."""
MOST_SITTINGS = 5


def object_to_break(before: Sequence[TimeWindow], window: TimeWindow, working_days: Callable[[date, date], int]) -> str | None:
    """Why a meeting that was adjourned cannot go on in this window, after the sittings before it."""
    if window.start < before[-1].end:
        return "an adjourned meeting goes on after the sitting before it"
    begun_on = civil_day(before[0].start)
    if working_days(begun_on, civil_day(window.start)) > LONGEST_BREAK:
        return f"an adjourned meeting goes on within {LONGEST_BREAK} working days of its first sitting: until {last_day_to_go_on(begun_on)}"
    return None


def object_to_sittings(sittings: Sequence[TimeWindow], working_days: Callable[[date, date], int]) -> str | None:
    """Why a meeting cannot be held in these sittings: one after the other, the last within the longest break of the first."""
    if not 1 <= len(sittings) <= MOST_SITTINGS:
        return f"a meeting has 1 to {MOST_SITTINGS} sittings"
    for number, window in enumerate(sittings[1:], 1):
        if window.start < sittings[number - 1].end:
            return "each sitting comes after the one before: state them in order"
        if working_days(civil_day(sittings[0].start), civil_day(window.start)) > LONGEST_BREAK:
            last = last_day_to_go_on(civil_day(sittings[0].start))
            return f"the last sitting comes within {LONGEST_BREAK} working days of the first: until {last}"
    return None


def object_to_lengths(minutes: Sequence[int]) -> str | None:
    """Why no times can be sought for sittings of so many minutes each."""
    if not 2 <= len(minutes) <= MOST_SITTINGS:
        return f"state the minutes of each of 2 to {MOST_SITTINGS} sittings, such as [45, 45]"
    if not all(SHORTEST <= timedelta(minutes=each) <= LONGEST for each in minutes):
        return "a sitting takes from 15 minutes to 8 hours: state the minutes of each, such as [45, 45]"
    return None


def last_day_to_go_on(begun_on: date) -> date:
    """The last working day on which a meeting that was adjourned goes on."""
    return england().add(begun_on, LONGEST_BREAK)


def sat_on(window: TimeWindow, held_on: date) -> TimeWindow:
    """The sitting that was booked for this window, on the day on which it took place, at the same time of day."""
    begins = window.start.astimezone(LONDON)
    start = local_instant(held_on, begins.time())
    return TimeWindow(start, start + window.duration)

"""How the law counts: from day 0 to the latest day, and to the last working day that a diary can use.

Day 0 is the day of the event, working day or not; the next day is day 1. A month is a calendar month and ends on the
corresponding date, or on the last of a month that has no such date (Interpretation Act 1978, Sch. 1; Dodds v Walker
[1981] 1 WLR 1027). No latest day ever rolls forward from a weekend or a holiday: a diary must use an earlier day.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.kernel.words import TimescaleUnit
from services.statutory.timescales import Timescale
from services.statutory.working_days import WorkingDays


class Counting(StrEnum):
    """What "within n days of" a day means."""

    AFTER_DAY_ZERO = "AFTER_DAY_ZERO"
    """The day of the event is not counted: the general rule, and this service's."""
    DAY_ZERO_COUNTS = "DAY_ZERO_COUNTS"
    """The day of the event is the first: one day stricter, as one validator of census returns reads it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDates:
    """The law's latest day, the census's, and the last working day on or before the earlier of the two."""

    statutory_due_on: date
    census_due_on: date | None
    book_by_on: date


def add_months(day: date, months: int) -> date:
    """The corresponding date so many calendar months later (earlier, if negative), or the last day of a month that lacks it."""
    years, month = divmod(day.month - 1 + months, 12)
    year, number = day.year + years, day.day
    return date(year, month + 1, number if number <= 28 else min(number, monthrange(year, month + 1)[1]))


def latest_day(
    day0: date, amount: int, unit: TimescaleUnit, working_days: WorkingDays, counting: Counting = Counting.AFTER_DAY_ZERO
) -> date:
    """The last day "within `amount` units of" `day0`. The one place where the two conventions differ."""
    if amount < 1:
        raise ValueError("a timescale has at least one day")
    stricter = counting is Counting.DAY_ZERO_COUNTS
    if unit is TimescaleUnit.WORKING_DAYS:
        return working_days.add(day0, amount - stricter)
    if unit is TimescaleUnit.MONTHS or unit is TimescaleUnit.YEARS:
        found = add_months(day0, amount if unit is TimescaleUnit.MONTHS else amount * 12)
    else:
        found = day0 + timedelta(days=amount if unit is TimescaleUnit.DAYS else amount * 7)
    return found - timedelta(days=1) if stricter else found


def earlier_day(day: date, amount: int, unit: TimescaleUnit, working_days: WorkingDays) -> date:
    """The day that lies so long before `day`: for what is to be done ahead of something expected."""
    if unit is TimescaleUnit.WORKING_DAYS:
        return working_days.subtract(day, amount)
    if unit is TimescaleUnit.MONTHS or unit is TimescaleUnit.YEARS:
        return add_months(day, -amount if unit is TimescaleUnit.MONTHS else -amount * 12)
    return day - timedelta(days=amount if unit is TimescaleUnit.DAYS else amount * 7)


def due_dates(timescale: Timescale, day0: date, working_days: WorkingDays) -> DueDates:
    """What a rule means for one day 0. `book_by_on` is a working day, so never the weekend that no conference may use."""
    statutory = latest_day(day0, timescale.amount, timescale.unit, working_days)
    census = None
    if timescale.census_days is not None:
        census = latest_day(day0, timescale.census_days, TimescaleUnit.DAYS, working_days)
    earlier = statutory if census is None else min(statutory, census)
    return DueDates(statutory_due_on=statutory, census_due_on=census, book_by_on=working_days.last_on_or_before(earlier))


def birthday(born_on: date, age: int) -> date:
    """The day on which that age is reached; who was born on 29 February reaches it on 1 March of other years."""
    try:
        return born_on.replace(year=born_on.year + age)
    except ValueError:
        return date(born_on.year + age, 3, 1)

"""What no return holds and business support records by hand: foster households with their reviews, and a child who moves here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from services.statutory.counting import add_months
from services.statutory.working_days import WorkingDays

HOUSEHOLDS = 10
_REVIEWED_AFTER, _LATEST_APPROVAL = 11, 4
"""Months from one review to the next, which leaves one for the signing off; months since the youngest approval, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FosterHousehold:
    """A household with the days of its reviews, in order and each within a year of the one before."""

    reference: str
    approved_on: date
    reviewed_on: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingChild:
    """A child on another authority's plan, of whose move that authority gave notice lately."""

    reference: str
    born_on: date
    notified_on: date


def foster_households(as_of: date, working_days: WorkingDays) -> list[FosterHousehold]:
    """Approved at any time in the last four years and reviewed every eleven months since; nothing is overdue."""
    households = []
    for number in range(HOUSEHOLDS):
        months = 12 * (number % 4) + number % (_LATEST_APPROVAL + 1)
        approved_on = working_days.last_on_or_before(add_months(as_of, -months) - timedelta(days=9 + 5 * number % 23))
        reviews = tuple(_reviews(approved_on, as_of, working_days))
        households.append(FosterHousehold(reference=f"FH{number + 1:04d}", approved_on=approved_on, reviewed_on=reviews))
    return households


def _reviews(approved_on: date, as_of: date, working_days: WorkingDays) -> Iterator[date]:
    day = approved_on
    while (day := working_days.last_on_or_before(add_months(day, _REVIEWED_AFTER))) < as_of:
        yield day


def moving_child(as_of: date, working_days: WorkingDays) -> MovingChild:
    """Two or three working days after the notice."""
    notified_on = working_days.last_on_or_before(working_days.last_on_or_before(as_of - timedelta(days=1)) - timedelta(days=1))
    return MovingChild(reference="CH900001", born_on=add_months(as_of, -12 * 6) - timedelta(days=40), notified_on=notified_on)

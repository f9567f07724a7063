"""Lays out when each resource is at work: weekly pattern, less bank holidays of England, with what is offered, less absences."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.directory import availability_store, store
from services.directory.availability_store import HeldOutside
from services.kernel.window import DateSpan, local_instant
from services.platform.database import Connection
from services.statutory.working_days import england

LAID_BACK = timedelta(days=7)
LAID_AHEAD = timedelta(days=400)


async def lay_availability(
    connection: Connection, first: date, last: date, resource_ids: Collection[UUID] | None = None, *, over_by: datetime | None = None
) -> tuple[HeldOutside, ...]:
    """From `first` to `last` (both included) the resources, or all, are available by pattern, holidays, offers and absences.

    Doing it twice changes nothing. A meeting that stands where the pattern gives no time any more keeps that time and is
    answered; one that stands under an absence makes it raise `HasMeetings`, unless it was over by `over_by` (left out: the
    start of `first`).
    """
    await store.lock_establishment(connection)  # two who lay out the same days at once would both write them
    days = DateSpan(first, last + timedelta(days=1))
    holidays = bank_holidays(days)
    return await availability_store.lay_availability(connection, days, resource_ids, holidays, over_by or local_instant(first, time.min))


async def lay_ahead(
    connection: Connection, today: date, resource_ids: Collection[UUID] | None = None, *, over_by: datetime | None = None
) -> tuple[HeldOutside, ...]:
    """As `lay_availability`, from a week back to 400 days ahead: to be done every day, and after every change of what is stated."""
    return await lay_availability(connection, today - LAID_BACK, today + LAID_AHEAD, resource_ids, over_by=over_by)


def bank_holidays(days: DateSpan) -> tuple[date, ...]:
    """Bank holidays of England on weekdays: nobody works then, whatever the pattern says."""
    working = england()
    return tuple(day for day in days.days() if day.weekday() < 5 and not working.is_working(day))

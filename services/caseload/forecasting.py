"""The forecast of a unit's caseloads from its records, for viewers."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

from services.caseload import service, store
from services.caseload.capacity import LONG_ABSENCE_DAYS
from services.caseload.capacity_over_time import officer_on
from services.caseload.forecast import MOST_WEEKS, Forecast, forecast
from services.caseload.outlook import RATE_DAYS, Day, Flows, Outlook
from services.directory.reading import all_rows
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput
from services.kernel.permission import Act, Reach, reach
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.counting import birthday

_queries = load_queries(__file__, "forecasting.sql")
_ADULT = 18
_WEEK = timedelta(days=7)


async def caseload_forecast(connection: Connection, actor: Actor, weeks: int, today: date) -> Forecast:
    """So many weeks ahead of the whole unit, the first of them beginning tomorrow; to whoever reads everybody's caseload.

    Raises `Forbidden` for anybody else and `InvalidInput` for less than one week or more than two years.
    """
    if reach(actor, Act.READ_CASELOADS) is not Reach.ALL:
        raise Forbidden("your role may not do this")
    if not 1 <= weeks <= MOST_WEEKS:
        raise InvalidInput(f"{weeks} weeks: give 1 to {MOST_WEEKS}", "weeks")
    return await to_thread(forecast, await load_outlook(connection, weeks, today))


async def load_outlook(connection: Connection, weeks: int, today: date) -> Outlook:
    """Everything that a forecast is made from, as the records have it."""
    children = await store.load_children(connection, today, None)
    flows = await _queries.flows(connection, since=today - timedelta(days=RATE_DAYS), on_day=today)
    return Outlook(
        children=children,
        adult_on=await _birthdays(connection, [child.child_id for child in children]),
        holders=await store.load_holders(connection, today),
        flows=Flows(**flows),
        days=await _days(connection, today, [today + _WEEK * number for number in range(weeks + 1)]),
        households=await store.load_households(connection, today),
    )


async def _days(connection: Connection, today: date, days: Sequence[date]) -> tuple[Day, ...]:
    schemes = await service.schemes_from(connection, today, days[-1])
    officers = await store.load_working_times(connection, today, days[-1] + _WEEK + timedelta(days=LONG_ABSENCE_DAYS))
    return tuple(
        Day(
            on=day,
            scheme=[scheme for scheme in schemes if scheme.effective_from <= day or scheme is schemes[0]][-1],
            officers=tuple(officer_on(known, day) for known in officers),
        )
        for day in days
    )


async def _birthdays(connection: Connection, child_ids: Collection[UUID]) -> Mapping[UUID, date]:
    rows = await all_rows(_queries.children_born(connection, child_ids=list(child_ids)))
    return {row["child_id"]: birthday(row["born_on"], _ADULT) for row in rows}

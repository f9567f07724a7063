"""What caseloads and limits come to in the weeks ahead, if nobody decides anything."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.names import LazyIro
from graph.officers import the_iro
from services.caseload import forecast, forecasting
from services.kernel.words import CaseloadState


@strawberry.type(description="Points against a limit; utilisation is null where there is no limit.")
class Standing:
    points: Decimal
    limit: Decimal
    utilisation: Decimal | None
    state: CaseloadState


@strawberry.type(
    description="Seven days. Points, limit and state are those of the last of them; children are counted, by fractions where by a rate."
)
class ForecastWeek:
    first_day: date
    points: Decimal
    limit: Decimal
    utilisation: Decimal | None
    state: CaseloadState
    turning_18: int = strawberry.field(name="turning18")
    plans_ending: Decimal
    care_ending: Decimal
    new_in_care: Decimal
    new_on_plans: Decimal


@strawberry.type(description="An officer's limit at the end of each week, against those of today's children who are not 18 by then.")
class OfficerForecast:
    weeks: list[Standing]
    iro_id: strawberry.Private[UUID]

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.iro_id)


@strawberry.type
class CaseloadForecast:
    as_of: date
    method: str = strawberry.field(description="How it was computed, in words, with the figures used.")
    standing: Standing = strawberry.field(description="Of the unit today.")
    weeks: list[ForecastWeek]
    officers: list[OfficerForecast]


def _standing_of(row: forecast.Standing) -> Standing:
    return Standing(points=row.points, limit=row.limit, utilisation=row.utilisation, state=row.state)


def _week_of(row: forecast.ForecastWeek) -> ForecastWeek:
    return ForecastWeek(**{name: getattr(row, name) for name in forecast.ForecastWeek.__slots__})


@strawberry.type
class ForecastQuery:
    @described.field("The weeks ahead, from planned working time, 18th birthdays and the rates of the last year: 1 to 104 weeks.")
    async def caseload_forecast(self, info: Info, weeks: int | None = forecast.USUAL_WEEKS) -> CaseloadForecast:
        context = info.context
        asked = forecast.USUAL_WEEKS if weeks is None else weeks
        found = await context.read_at_once(forecasting.caseload_forecast, asked, context.today)
        return CaseloadForecast(
            as_of=found.today,
            method=found.method,
            standing=_standing_of(found.standing),
            weeks=[_week_of(row) for row in found.weeks],
            officers=[OfficerForecast(weeks=[_standing_of(each) for each in row.weeks], iro_id=row.iro_id) for row in found.officers],
        )

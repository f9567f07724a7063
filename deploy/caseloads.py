"""`convene caseloads` and `convene forecast`: who has how much, what it would be if, and what the weeks ahead come to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from textwrap import wrap
from typing import Any

from deploy.runs import wall_clock
from deploy.tables import NONE, aligned, exact, percent
from services.allocation.candidates import Candidate, candidates
from services.allocation.imagining import caseloads_if
from services.allocation.what_if import WhatIf
from services.caseload import reading
from services.caseload.capacity import Caseload, share
from services.caseload.forecast import Forecast, ForecastWeek, OfficerForecast
from services.caseload.forecasting import caseload_forecast
from services.kernel.actor import COMMAND_LINE
from services.platform.resources import Resources

_WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseloadsResult:
    """The table of a day, as it is or under changes that are not made."""

    as_of: date
    what_if: WhatIf
    caseloads: tuple[Caseload, ...]

    def lines(self) -> list[str]:
        """A line an officer, and one for all together."""
        supposed = supposition(self.what_if)
        return [f"Caseloads on {self.as_of.isoformat()}{f', if {supposed}' if supposed else ''}", *table(self.caseloads)]

    def as_json(self) -> dict[str, Any]:
        """Days as ISO texts, figures as decimal texts."""
        what_if = {**asdict(self.what_if), "absent": sorted(self.what_if.absent)}
        return {"as_of": self.as_of, "what_if": what_if, "caseloads": [asdict(each) for each in self.caseloads]}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastResult:
    """The weeks ahead."""

    forecast: Forecast

    def lines(self) -> list[str]:
        """The unit week by week, each officer's end, and how it was counted."""
        found = self.forecast
        start = ("today", exact(found.standing.points), exact(found.standing.limit), percent(found.standing.utilisation))
        head = ("week from", "points", "limit", "share", "turn 18", "into care", "out of it", "onto plans", "off them", "state")
        rows = [head, (*start, *(NONE,) * 5, found.standing.state.value), *map(_week_cells, found.weeks)]
        officers = [("officer", "points", "limit", "share", "state"), *map(_officer_cells, found.officers)]
        return [
            f"Forecast from {found.today.isoformat()}",
            *aligned(rows, right=range(1, 9)),
            "",
            "Each officer at the end, with those of today's children who are not 18 by then:",
            *aligned(officers, right=range(1, 4)),
            "",
            *wrap(found.method, _WIDTH),
        ]

    def as_json(self) -> dict[str, Any]:
        return asdict(self.forecast)


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatesResult:
    """Every officer for one child."""

    reference: str
    candidates: tuple[Candidate, ...]

    def lines(self) -> list[str]:
        """A line an officer, the best first; whom a rule forbids comes last, with the rule."""
        head = ("rank", "officer", "with the child", "limit", "share", "")
        return [f"Officers for {self.reference}", *aligned([head, *map(_candidate_cells, self.candidates)], right=(0, 2, 3, 4))]

    def as_json(self) -> dict[str, Any]:
        return {"reference": self.reference, "candidates": [asdict(each) for each in self.candidates]}


async def read_candidates(resources: Resources, reference: str) -> CandidatesResult:
    today = resources.today(wall_clock())
    async with resources.database.transaction(snapshot=True) as connection:
        return CandidatesResult(reference=reference, candidates=await candidates(connection, COMMAND_LINE, reference, today))


async def read_caseloads(resources: Resources, as_of: date | None, what_if: WhatIf) -> CaseloadsResult:
    """The caseloads of a day (None: today), of the whole unit; with any change in `what_if`, what they would be."""
    today = resources.today(wall_clock())
    on = as_of or today
    async with resources.database.transaction(snapshot=True) as connection:
        if what_if == WhatIf():
            found = await reading.caseloads(connection, COMMAND_LINE, on)
        else:
            found = await caseloads_if(connection, COMMAND_LINE, on, what_if, today)
    return CaseloadsResult(as_of=on, what_if=what_if, caseloads=found)


async def read_forecast(resources: Resources, weeks: int) -> ForecastResult:
    async with resources.database.transaction(snapshot=True) as connection:
        return ForecastResult(forecast=await caseload_forecast(connection, COMMAND_LINE, weeks, resources.today(wall_clock())))


def table(caseloads: tuple[Caseload, ...]) -> list[str]:
    """A line an officer, and the sum; the last column is the next change of an officer's limit."""
    head = ("officer", "children", "in care", "on plans", "points", "limit", "share", "state", "from when another limit")
    return aligned([head, *map(_cells, caseloads), _sum(caseloads)], right=range(1, 7))


def _cells(each: Caseload) -> tuple[str, ...]:
    heads = (each.children, each.children_in_care, each.children_on_plans)
    change = each.next_change
    ahead = "" if change is None else f"{change.on.isoformat()}: {exact(change.limit)} ({change.reason})"
    return each.iro_code, *map(str, heads), exact(each.points), exact(each.limit), percent(each.utilisation), each.state.value, ahead


def _sum(caseloads: tuple[Caseload, ...]) -> tuple[str, ...]:
    heads = [sum(getattr(each, name) for each in caseloads) for name in ("children", "children_in_care", "children_on_plans")]
    points, limit = (sum((getattr(each, name) for each in caseloads), Decimal(0)) for name in ("points", "limit"))
    return "together", *map(str, heads), exact(points), exact(limit), percent(share(points, limit)), "", ""


def supposition(what_if: WhatIf) -> str:
    """The changes in words; nothing where there is none."""
    absent, new = sorted(what_if.absent), []
    if what_if.new_in_care:
        new.append(f"{what_if.new_in_care} more came into care")
    if what_if.new_on_plans:
        new.append(f"{what_if.new_on_plans} more came onto a plan")
    parts = [f"{', '.join(absent)} were absent"] if absent else []
    parts += [f"{code} had {exact(wte)} WTE" for code, wte in sorted(what_if.wte.items())]
    parts += new
    if what_if.limit_per_wte is not None:
        parts.append(f"the limit were {exact(what_if.limit_per_wte)} points per WTE")
    return ", and ".join(parts)


def _candidate_cells(each: Candidate) -> tuple[str, ...]:
    told = [f"{each.code.value}: {each.message}" if each.code else each.message]
    if each.holds and not each.recommended:
        told.insert(0, "has the child")
    if each.would_fit_if:
        told.append(f"would fit if {each.would_fit_if}")
    if each.needs_approval_for:
        told.append(f"needs another manager: {', '.join(ground.value for ground in each.needs_approval_for)}")
    rank = NONE if each.rank is None else str(each.rank)
    after = percent(each.utilisation_after)
    return rank, each.iro_code, exact(each.points_after), exact(each.limit), after, "; ".join(filter(None, told))


def _week_cells(week: ForecastWeek) -> tuple[str, ...]:
    flows = (week.new_in_care, week.care_ending, week.new_on_plans, week.plans_ending)
    figures = (str(week.points), exact(week.limit), percent(week.utilisation), str(week.turning_18))
    return week.first_day.isoformat(), *figures, *map(str, flows), week.state.value


def _officer_cells(officer: OfficerForecast) -> tuple[str, ...]:
    end = officer.weeks[-1]
    return officer.iro_code, str(end.points), exact(end.limit), percent(end.utilisation), end.state.value

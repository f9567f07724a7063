"""What caseloads and limits come to in the weeks ahead, if nobody decides anything and everything else goes on as it did.

Known ahead, and taken exactly: contracts, reductions, leavers and long absences, schemes that are set, and 18th
birthdays. Everything else (coming into care and onto plans, and leaving them) is taken to go on at the rates of the last
365 days, at the mean points of the children concerned today. Fractions of children are kept; what is shown is rounded half
up to two places, and no state is decided by a rounded figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.caseload.capacity import limit_of, share, state_of
from services.caseload.method import method_of, rounded
from services.caseload.outlook import Day, Flows, Means, Outlook, homes_points, is_in_care, is_on_plan, mean_weights, per_week
from services.caseload.weights import ChildOnDay, Scheme, weigh
from services.kernel.words import CaseloadState

MOST_WEEKS = 104

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Points against a limit; `utilisation` is a share of it (None where there is none)."""

    points: Decimal
    limit: Decimal
    utilisation: Decimal | None
    state: CaseloadState


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastWeek:
    """Seven days from `first_day` on. Points, limit and state are those of the unit on the last of them; children are counted
    in the week, by fractions where they follow from a rate."""

    first_day: date
    points: Decimal
    limit: Decimal
    utilisation: Decimal | None
    state: CaseloadState
    turning_18: int
    plans_ending: Decimal
    care_ending: Decimal
    new_in_care: Decimal
    new_on_plans: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerForecast:
    """What an officer may hold at the end of each week, against those of today's children who are not 18 by then."""

    iro_id: UUID
    iro_code: str
    weeks: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The weeks ahead of the unit, and of each officer by code. `method` says in words how, with the figures used."""

    today: date
    method: str
    standing: Standing
    weeks: tuple[ForecastWeek, ...]
    officers: tuple[OfficerForecast, ...]


@dataclass(slots=True, kw_only=True)
class _Remaining:
    """The children of today who are not 18 yet, with what each weighs; goes through the days in their order."""

    children: dict[UUID, ChildOnDay]
    adult_on: Mapping[UUID, date]
    scheme: Scheme
    points: dict[UUID, Decimal]

    def go_to(self, day: Day) -> list[ChildOnDay]:
        """Whoever has turned 18 by that day is gone, and brothers and sisters weigh what they do without; answers who went."""
        gone = [child for child in self.children.values() if (adult := self.adult_on.get(child.child_id)) is not None and adult <= day.on]
        for child in gone:
            del self.children[child.child_id], self.points[child.child_id]
        families = {child.sibling_group for child in gone if child.sibling_group is not None}
        anew = self.children.values() if day.scheme != self.scheme else _of_families(self.children.values(), families)
        self.scheme = day.scheme
        self.points.update({child: weight.points for child, weight in weigh(tuple(anew), day.scheme).items()})
        return gone


def _of_families(children: Iterable[ChildOnDay], families: set[str]) -> list[ChildOnDay]:
    return [child for child in children if child.sibling_group in families]


def forecast(outlook: Outlook) -> Forecast:
    """The forecast of the weeks that the outlook's days end."""
    start, *ends = outlook.days
    remaining = _Remaining(children={}, adult_on=outlook.adult_on, scheme=start.scheme, points={})
    remaining.children = {child.child_id: child for child in outlook.children}
    remaining.points = {child: weight.points for child, weight in weigh(outlook.children, start.scheme).items()}
    means = mean_weights(outlook, remaining.points)
    shown = _shown(outlook)
    own: dict[UUID, list[Standing]] = {officer: [] for officer in shown}
    standing = _standing(_certain(outlook, remaining, start), _limit(start), start.scheme)
    method = method_of(outlook, means, sum(remaining.points.values(), _NOTHING))
    weeks = []
    flow = _Flow(outlook.flows, means)
    for day in ends:
        gone = remaining.go_to(day)
        counts = flow.week(gone)
        unit = _standing(_certain(outlook, remaining, day) + flow.points, _limit(day), day.scheme)
        weeks.append(_week(day, unit, len(gone), counts))
        held = _held(outlook, remaining, day)
        limits = {officer.iro_id: limit_of(officer, day.scheme) for officer in day.officers}
        for officer, rows in own.items():
            rows.append(_standing(held.get(officer, _NOTHING), limits.get(officer, _NOTHING), day.scheme))
    officers = tuple(OfficerForecast(iro_id=officer, iro_code=code, weeks=tuple(own[officer])) for officer, code in shown.items())
    return Forecast(today=start.on, method=method, standing=standing, weeks=tuple(weeks), officers=officers)


class _Flow:
    """Who comes and goes by the rates, week by week; nobody goes who is not there."""

    def __init__(self, flows: Flows, means: Means) -> None:
        self.rates = {name: per_week(getattr(flows, name)) for name in ("into_care", "out_of_care", "onto_plans", "off_plans")}
        self.means = means
        self.in_care, self.on_plans = Decimal(means.in_care), Decimal(means.on_plans)
        self.points = _NOTHING

    def week(self, gone: list[ChildOnDay]) -> dict[str, Decimal]:
        """One week more, in which these turned 18; answers how many came and went by the rates."""
        self.in_care -= sum(map(is_in_care, gone))
        self.on_plans -= sum(map(is_on_plan, gone))
        counts = {
            **self.rates,
            "out_of_care": max(_NOTHING, min(self.rates["out_of_care"], self.in_care + self.rates["into_care"])),
            "off_plans": max(_NOTHING, min(self.rates["off_plans"], self.on_plans + self.rates["onto_plans"])),
        }
        care, plans = counts["into_care"] - counts["out_of_care"], counts["onto_plans"] - counts["off_plans"]
        self.in_care += care
        self.on_plans += plans
        self.points += care * self.means.care_points + plans * self.means.plan_points
        return counts


# ------------------------------------------------------------------------------------------------------ points and limits


def _shown(outlook: Outlook) -> dict[UUID, str]:
    """Officers who are there on one of the days, or have children or homes to review now, by code."""
    there = {one.iro_id: one.code for day in outlook.days for one in day.officers if one.active}
    holding = {*outlook.holders.values(), *outlook.households}
    there |= {one.iro_id: one.code for one in outlook.days[0].officers if one.iro_id in holding}
    return dict(sorted(there.items(), key=lambda each: each[1]))


def _certain(outlook: Outlook, remaining: _Remaining, day: Day) -> Decimal:
    """Points of everybody who is left, with or without an IRO, and of the homes."""
    return sum((*remaining.points.values(), *homes_points(outlook, day).values()), _NOTHING)


def _limit(day: Day) -> Decimal:
    return sum((limit_of(officer, day.scheme) for officer in day.officers), _NOTHING)


def _held(outlook: Outlook, remaining: _Remaining, day: Day) -> dict[UUID, Decimal]:
    """Points of each officer's own children who are left, and of the homes that she reviews."""
    held = homes_points(outlook, day)
    for child, points in remaining.points.items():
        if (officer := outlook.holders.get(child)) is not None:
            held[officer] = held.get(officer, _NOTHING) + points
    return held


def _standing(points: Decimal, limit: Decimal, scheme: Scheme) -> Standing:
    state = state_of(points, limit, scheme.near_share)
    return Standing(points=rounded(points), limit=limit, utilisation=share(points, limit), state=state)


def _week(day: Day, unit: Standing, turning_18: int, counts: Mapping[str, Decimal]) -> ForecastWeek:
    return ForecastWeek(
        first_day=day.on - timedelta(days=6),
        points=unit.points,
        limit=unit.limit,
        utilisation=unit.utilisation,
        state=unit.state,
        turning_18=turning_18,
        plans_ending=rounded(counts["off_plans"]),
        care_ending=rounded(counts["out_of_care"]),
        new_in_care=rounded(counts["into_care"]),
        new_on_plans=rounded(counts["onto_plans"]),
    )

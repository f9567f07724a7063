"""What caseloads and limits come to in the weeks ahead, if nobody decides anything and everything else goes on as it did.

Known ahead, and taken exactly: contracts, reductions, leavers and long absences, schemes that are set, and 18th
birthdays. Everything else (coming into care and onto plans, and leaving them) is taken to go on at the rates of the last
365 days, whoever comes or goes weighing the mean of those children of today who are not 18 by then. Fractions of
children are kept; points and children are shown half up to two places, and no state is decided by a rounded figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.caseload.capacity import limit_of, share, state_of
from services.caseload.method import method_of, rounded
from services.caseload.outlook import Day, Flows, Means, Outlook, homes_points, mean_weights, per_week
from services.caseload.weights import ChildOnDay, Scheme, weigh
from services.kernel.words import CaseloadState

MOST_WEEKS = 104
USUAL_WEEKS = 13
"""A quarter."""

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

    def go_to(self, day: Day) -> int:
        """Whoever has turned 18 by that day is gone, and brothers and sisters weigh what they do without; answers how many went."""
        gone = [child for child in self.children.values() if (adult := self.adult_on.get(child.child_id)) is not None and adult <= day.on]
        for child in gone:
            del self.children[child.child_id], self.points[child.child_id]
        families = {child.sibling_group for child in gone if child.sibling_group is not None}
        anew = self.children.values() if day.scheme != self.scheme else _of_families(self.children.values(), families)
        self.scheme = day.scheme
        self.points.update({child: weight.points for child, weight in weigh(tuple(anew), day.scheme).items()})
        return len(gone)

    def means(self) -> Means:
        return mean_weights(self.children.values(), self.points, self.scheme)


def _of_families(children: Iterable[ChildOnDay], families: set[str]) -> list[ChildOnDay]:
    return [child for child in children if child.sibling_group in families]


def forecast(outlook: Outlook) -> Forecast:
    """The forecast of the weeks that the outlook's days end."""
    start, *ends = outlook.days
    remaining = _Remaining(children={}, adult_on=outlook.adult_on, scheme=start.scheme, points={})
    remaining.children = {child.child_id: child for child in outlook.children}
    remaining.points = {child: weight.points for child, weight in weigh(outlook.children, start.scheme).items()}
    shown = _shown(outlook)
    own: dict[UUID, list[Standing]] = {officer: [] for officer in shown}
    standing = _standing(_certain(outlook, remaining, start), _limit(start), start.scheme)
    method = method_of(outlook, remaining.means(), sum(remaining.points.values(), _NOTHING))
    weeks = []
    flow = _Flow(outlook.flows)
    for day in ends:
        gone = remaining.go_to(day)
        left = remaining.means()
        counts = flow.week(left)
        unit = _standing(_certain(outlook, remaining, day) + flow.points(left), _limit(day), day.scheme)
        weeks.append(_week(day, unit, gone, counts))
        held = _held(outlook, remaining, day)
        limits = {officer.iro_id: limit_of(officer, day.scheme) for officer in day.officers}
        for officer, rows in own.items():
            rows.append(_standing(held.get(officer, _NOTHING), limits.get(officer, _NOTHING), day.scheme))
    officers = tuple(OfficerForecast(iro_id=officer, iro_code=code, weeks=tuple(own[officer])) for officer, code in shown.items())
    return Forecast(today=start.on, method=method, standing=standing, weeks=tuple(weeks), officers=officers)


class _Flow:
    """Who comes and goes by the rates, week by week; nobody goes who is not there, and nobody twice."""

    def __init__(self, flows: Flows) -> None:
        self._into_care, self._out_of_care = per_week(flows.into_care), per_week(flows.out_of_care)
        self._onto_plans, self._off_plans = per_week(flows.onto_plans), per_week(flows.off_plans)
        self._more_in_care = self._more_on_plans = _NOTHING

    def week(self, left: Means) -> dict[str, Decimal]:
        """One week more, at whose end these are left of today's; answers how many came and went by the rates."""
        self._more_in_care = max(self._more_in_care, Decimal(-left.in_care))
        self._more_on_plans = max(self._more_on_plans, Decimal(-left.on_plans))
        care_ending = min(self._out_of_care, left.in_care + self._more_in_care + self._into_care)
        plans_ending = min(self._off_plans, left.on_plans + self._more_on_plans + self._onto_plans)
        self._more_in_care += self._into_care - care_ending
        self._more_on_plans += self._onto_plans - plans_ending
        return {
            "plans_ending": rounded(plans_ending),
            "care_ending": rounded(care_ending),
            "new_in_care": rounded(self._into_care),
            "new_on_plans": rounded(self._onto_plans),
        }

    def points(self, left: Means) -> Decimal:
        """What they come to by now (below 0: more went), each at the weight of one of those left."""
        return self._more_in_care * left.care_points + self._more_on_plans * left.plan_points


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
        **counts,
    )

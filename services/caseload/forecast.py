"""What caseloads and limits come to in the weeks ahead, if nobody decides anything and everything else goes on as it did.

Known ahead, and taken exactly: contracts, reductions, leavers and long absences, schemes that are set, and 18th
birthdays. Everything else (coming into care and onto plans, and leaving them) is taken to go on at the rates of the last
365 days, at the mean points of the children concerned today. Fractions of children are kept; what is shown is rounded half
up to two places, and no state is decided by a rounded figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from services.caseload.capacity import LONG_ABSENCE_DAYS, Officer, limit_of, share, state_of
from services.caseload.weights import SHIPPED_POINTS, ChildOnDay, FactorCode, Scheme, weigh
from services.kernel.words import CaseloadState

RATE_DAYS = 365
MOST_WEEKS = 104

_NOTHING = Decimal(0)
_TWO_PLACES = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """How many children came and went in the last 365 days. A child in care counts as in care, also while it is on a plan.

    Left out: short breaks, and whoever went on the 18th birthday.
    """

    into_care: int = 0
    out_of_care: int = 0
    onto_plans: int = 0
    off_plans: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day ahead: the scheme that is in force on it and the officers' working time, as they are recorded now."""

    on: date
    scheme: Scheme
    officers: tuple[Officer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a forecast is made from. `days`: today, then the last day of each week. `adult_on`: 18th birthdays, where known."""

    children: tuple[ChildOnDay, ...]
    adult_on: Mapping[UUID, date]
    holders: Mapping[UUID, UUID]
    flows: Flows
    days: tuple[Day, ...]
    households: Mapping[UUID, int] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    """Children in care and on plans (and not in care) today, and what one of them weighs."""

    in_care: int
    care_points: Decimal
    on_plans: int
    plan_points: Decimal


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
    means = _means(outlook, remaining.points)
    shown = _shown(outlook)
    own: dict[UUID, list[Standing]] = {officer: [] for officer in shown}
    standing = _standing(_certain(outlook, remaining, start), _limit(start), start.scheme)
    method = _method(outlook, means, sum(remaining.points.values(), _NOTHING))
    weeks = []
    flow = _Flow(outlook.flows, means)
    for day in ends:
        gone = remaining.go_to(day)
        counts = flow.week(gone)
        unit = _standing(_certain(outlook, remaining, day) + flow.points, _limit(day), day.scheme)
        weeks.append(_week(day, unit, len(gone), counts))
        for officer, rows in own.items():
            rows.append(_own(outlook, remaining, day, officer))
    officers = tuple(OfficerForecast(iro_id=officer, iro_code=code, weeks=tuple(own[officer])) for officer, code in shown.items())
    return Forecast(today=start.on, method=method, standing=standing, weeks=tuple(weeks), officers=officers)


class _Flow:
    """Who comes and goes by the rates, week by week; nobody goes who is not there."""

    def __init__(self, flows: Flows, means: _Means) -> None:
        self.rates = {name: per_week(getattr(flows, name)) for name in ("into_care", "out_of_care", "onto_plans", "off_plans")}
        self.means = means
        self.in_care, self.on_plans = Decimal(means.in_care), Decimal(means.on_plans)
        self.points = _NOTHING

    def week(self, gone: list[ChildOnDay]) -> dict[str, Decimal]:
        """One week more, in which these turned 18; answers how many came and went by the rates."""
        self.in_care -= sum(map(_is_in_care, gone))
        self.on_plans -= sum(map(_is_on_plan, gone))
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


def per_week(number: int) -> Decimal:
    """A year's number as children a week."""
    return Decimal(number * 7) / RATE_DAYS


def _is_in_care(child: ChildOnDay) -> bool:
    return child.in_care and not child.short_breaks_only


def _is_on_plan(child: ChildOnDay) -> bool:
    return child.on_plan and not _is_in_care(child)


def _means(outlook: Outlook, points: Mapping[UUID, Decimal]) -> _Means:
    """The mean weights of today; where there is no such child, the scheme's own points."""
    scheme = outlook.days[0].scheme
    care = [points[child.child_id] for child in outlook.children if _is_in_care(child)]
    plans = [points[child.child_id] for child in outlook.children if _is_on_plan(child)]
    return _Means(
        in_care=len(care),
        care_points=sum(care, _NOTHING) / len(care) if care else _factor(scheme, FactorCode.IN_CARE),
        on_plans=len(plans),
        plan_points=sum(plans, _NOTHING) / len(plans) if plans else _factor(scheme, FactorCode.ON_PLAN),
    )


def _factor(scheme: Scheme, code: FactorCode) -> Decimal:
    return scheme.points.get(code, SHIPPED_POINTS[code])


# ------------------------------------------------------------------------------------------------------ points and limits


def _shown(outlook: Outlook) -> dict[UUID, str]:
    """Officers who are there on one of the days, or have children now, by code."""
    there = {one.iro_id: one.code for day in outlook.days for one in day.officers if one.active}
    holding = set(outlook.holders.values())
    there |= {one.iro_id: one.code for one in outlook.days[0].officers if one.iro_id in holding}
    return dict(sorted(there.items(), key=lambda each: each[1]))


def _homes(outlook: Outlook, day: Day, officer: UUID) -> Decimal:
    return outlook.households.get(officer, 0) * _factor(day.scheme, FactorCode.FOSTER_HOME_REVIEW)


def _certain(outlook: Outlook, remaining: _Remaining, day: Day) -> Decimal:
    homes = sum((_homes(outlook, day, officer) for officer in outlook.households), _NOTHING)
    return sum(remaining.points.values(), _NOTHING) + homes


def _limit(day: Day) -> Decimal:
    return sum((limit_of(officer, day.scheme) for officer in day.officers), _NOTHING)


def _own(outlook: Outlook, remaining: _Remaining, day: Day, officer: UUID) -> Standing:
    held = sum((points for child, points in remaining.points.items() if outlook.holders.get(child) == officer), _NOTHING)
    limit = sum((limit_of(one, day.scheme) for one in day.officers if one.iro_id == officer), _NOTHING)
    return _standing(held + _homes(outlook, day, officer), limit, day.scheme)


def _standing(points: Decimal, limit: Decimal, scheme: Scheme) -> Standing:
    state = state_of(points, limit, scheme.near_share)
    return Standing(points=_rounded(points), limit=limit, utilisation=share(points, limit), state=state)


def _week(day: Day, unit: Standing, turning_18: int, counts: Mapping[str, Decimal]) -> ForecastWeek:
    return ForecastWeek(
        first_day=day.on - timedelta(days=6),
        points=unit.points,
        limit=unit.limit,
        utilisation=unit.utilisation,
        state=unit.state,
        turning_18=turning_18,
        plans_ending=_rounded(counts["off_plans"]),
        care_ending=_rounded(counts["out_of_care"]),
        new_in_care=_rounded(counts["into_care"]),
        new_on_plans=_rounded(counts["onto_plans"]),
    )


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_TWO_PLACES, ROUND_HALF_UP)


# ------------------------------------------------------------------------------------------------------ in words


def _method(outlook: Outlook, means: _Means, points: Decimal) -> str:
    today, flows = outlook.days[0].on.isoformat(), outlook.flows
    homes = sum(outlook.households.values())
    standing = f"{len(outlook.children)} children weigh {points} points today"
    if homes:
        standing += f", and {homes} foster homes to be reviewed {_certain_homes(outlook)}"
    care = f"{flows.into_care} children came into care and {flows.out_of_care} left it"
    plans = f"{flows.onto_plans} came onto a plan and {flows.off_plans} left one"
    return " ".join(
        (
            "Points, limit and state are those of the last day of each week.",
            f"Limits: contracts, reductions, leavers and absences of {LONG_ABSENCE_DAYS} days or longer as recorded on {today}, at the",
            "points per WTE of the scheme in force on the day.",
            f"{standing}.",
            "A child goes on its 18th birthday, and its brothers and sisters weigh from then on what the scheme says without it.",
            f"All else goes on at the rates of the {RATE_DAYS} days to {today}:",
            f"{care} before 18 ({_weekly(flows.into_care, flows.out_of_care)}),",
            f"each at {_rounded(means.care_points)} points, the mean of the {means.in_care} in care today;",
            f"{plans} ({_weekly(flows.onto_plans, flows.off_plans)}),",
            f"each at {_rounded(means.plan_points)} points, the mean of the {means.on_plans} on plans today who are not in care.",
            "A child in care counts as in care, also while it is on a plan.",
            "As many as today are taken to have short breaks, to await a first conference, and to be without an IRO.",
            "Nobody who comes or goes by a rate is anybody's: an officer's own row is of the children whom she has today.",
        )
    )


def _certain_homes(outlook: Outlook) -> str:
    start = outlook.days[0]
    return f"{sum((_homes(outlook, start, officer) for officer in outlook.households), _NOTHING)}"


def _weekly(came: int, went: int) -> str:
    return f"{_rounded(per_week(came))} and {_rounded(per_week(went))} a week"

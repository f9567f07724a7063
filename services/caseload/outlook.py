"""What a forecast of caseloads is made from, and what it goes on with: rates a week and mean weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.caseload.capacity import Officer, household_points
from services.caseload.weights import ChildOnDay, FactorCode, Scheme, points_of

RATE_DAYS = 365

_NOTHING = Decimal(0)


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
    """What a forecast is made from. `days`: today, then the last day of each week. `adult_on`: 18th birthdays, where known.

    `households`: how many approved foster homes each officer reviews today.
    """

    children: tuple[ChildOnDay, ...]
    adult_on: Mapping[UUID, date]
    holders: Mapping[UUID, UUID]
    flows: Flows
    days: tuple[Day, ...]
    households: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Children in care and on plans (and not in care), and what one of them weighs."""

    in_care: int
    care_points: Decimal
    on_plans: int
    plan_points: Decimal


def per_week(number: int) -> Decimal:
    """A year's number as children a week."""
    return Decimal(number * 7) / RATE_DAYS


def mean_weights(children: Iterable[ChildOnDay], points: Mapping[UUID, Decimal], scheme: Scheme) -> Means:
    """The mean weights of these children; where there is no such child, the scheme's own points."""
    care, plans = [], []
    for child in children:
        if child.in_care and not child.short_breaks_only:
            care.append(points[child.child_id])
        elif child.on_plan:
            plans.append(points[child.child_id])
    return Means(
        in_care=len(care),
        care_points=sum(care, _NOTHING) / len(care) if care else points_of(scheme, FactorCode.IN_CARE),
        on_plans=len(plans),
        plan_points=sum(plans, _NOTHING) / len(plans) if plans else points_of(scheme, FactorCode.ON_PLAN),
    )


def homes_points(outlook: Outlook, day: Day) -> dict[UUID, Decimal]:
    """What the foster homes that each officer reviews today count on a day."""
    return {officer: household_points(number, day.scheme) for officer, number in outlook.households.items()}

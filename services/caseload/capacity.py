"""What an officer may hold and what she holds, in points of the scheme.

Limit = points per WTE x (WTE - reductions in force), never below nothing. An officer whose limit is nothing (no contract
in force, left, or away throughout the coming weeks) is UNAVAILABLE, whatever she holds: never 0 % and free. One who leaves
soon keeps her limit, and takes no new child.

Held are the weights of her children, and the points of a foster home review for each household that she reviews.

One rounding rule: points, limits and headroom are exact; the share `utilisation` is rounded up to four places, here as in
the solver, and no state is ever decided by the rounded figure.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from uuid import UUID

from services.caseload.weights import FactorCode, Scheme, Weight, points_of
from services.kernel.words import CaseloadState

LONG_ABSENCE_DAYS = 28
"""An officer away on every one of the coming days takes no new child; those she has stay hers until a manager decides."""

LEAVER_DAYS = 28
"""An officer whose last day is no further away takes no new child: it would change hands again at once."""

_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """An IRO on a day. `wte` is that of the contract in force, `reduced` the WTE taken off it (induction, other duties).

    `away` on every one of the coming days. `leaves_on`: her last day in the unit, where that is within `LEAVER_DAYS`; then she
    takes no new child.
    """

    iro_id: UUID
    code: str
    wte: Decimal
    reduced: Decimal = Decimal(0)
    active: bool = True
    away: bool = False
    leaves_on: date | None = None
    specialities: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class NextChange:
    """The first day on which an officer's limit is another, by what is known; the limit from then on, and why in words."""

    on: date
    limit: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """An officer's caseload on a day. `children` and the two counts of heads are what regulators quote.

    `points` are those of the children and of the foster homes that she reviews. `next_change` is None where the limit stays as
    it is as far ahead as is looked, or where the table was not asked to look.
    """

    iro_id: UUID
    iro_code: str
    as_of: date
    children: int
    children_in_care: int
    children_on_plans: int
    households: int
    points: Decimal
    wte: Decimal
    reduced: Decimal
    limit: Decimal
    headroom: Decimal
    utilisation: Decimal | None
    state: CaseloadState
    next_change: NextChange | None = None


def limit_of(officer: Officer, scheme: Scheme) -> Decimal:
    """Points that the officer may hold."""
    if not officer.active or officer.away:
        return Decimal(0)
    return max(Decimal(0), officer.wte - officer.reduced) * scheme.limit_per_wte


def state_of(points: Decimal, limit: Decimal, near_share: Decimal) -> CaseloadState:
    """OVER above the limit, NEAR from the scheme's share of it on, UNAVAILABLE where there is none."""
    if limit <= 0:
        return CaseloadState.UNAVAILABLE
    if points > limit:
        return CaseloadState.OVER
    return CaseloadState.NEAR if points >= limit * near_share else CaseloadState.UNDER


def share(points: Decimal, limit: Decimal) -> Decimal | None:
    """Points as a share of the limit, rounded up to four places: whoever is over her limit is shown above 100 %, nobody as less full
    than she is. None where there is no limit to have a share of."""
    return (points / limit).quantize(_PLACES, ROUND_CEILING) if limit > 0 else None


def household_points(households: int, scheme: Scheme) -> Decimal:
    """What so many foster homes under review count for their reviewer."""
    return households * points_of(scheme, FactorCode.FOSTER_HOME_REVIEW)


def caseload_of(
    officer: Officer,
    held: Collection[Weight],
    scheme: Scheme,
    as_of: date,
    households: int = 0,
    next_change: NextChange | None = None,
) -> Caseload:
    """The caseload that these children make, with so many approved foster households that she reviews."""
    points = sum((weight.points for weight in held), household_points(households, scheme))
    limit = limit_of(officer, scheme)
    return Caseload(
        iro_id=officer.iro_id,
        iro_code=officer.code,
        as_of=as_of,
        children=len(held),
        children_in_care=sum(weight.in_care for weight in held),
        children_on_plans=sum(weight.on_plan for weight in held),
        households=households,
        points=points,
        wte=officer.wte,
        reduced=officer.reduced,
        limit=limit,
        headroom=limit - points,
        utilisation=share(points, limit),
        state=state_of(points, limit, scheme.near_share),
        next_change=next_change,
    )

"""Weighted caseloads, what a child weighs, and the scheme by which it does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.names import LazyIro
from graph.officers import AsOf, the_iro
from services.caseload import capacity, reading, weights
from services.kernel.words import CaseloadState


@strawberry.type
class WeightFactor:
    code: str
    points: Decimal
    reason: str


@strawberry.type
class ChildWeight:
    points: Decimal
    factors: list[WeightFactor]


@strawberry.type
class Caseload:
    as_of: date
    children: int
    children_in_care: int
    children_on_plans: int
    points: Decimal
    limit: Decimal = strawberry.field(description="Points that this IRO may hold: the unit's limit x WTE, less reductions in force.")
    headroom: Decimal
    utilisation: Decimal | None = strawberry.field(
        description="points / limit; null when limit is 0, so that an absent IRO is never shown as free."
    )
    state: CaseloadState
    iro_id: strawberry.Private[UUID]

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.iro_id)


@strawberry.type
class SchemeFactor:
    code: str
    points: Decimal
    description: str


@strawberry.type
class WeightingScheme:
    effective_from: date
    limit_per_wte: Decimal
    near_share: Decimal
    factors: list[SchemeFactor]


def weight_of(weight: weights.Weight | None) -> ChildWeight:
    """A child out of scope weighs nothing."""
    if weight is None:
        return ChildWeight(points=Decimal(0), factors=[])
    factors = [WeightFactor(code=each.code.value, points=each.points, reason=each.reason) for each in weight.factors]
    return ChildWeight(points=weight.points, factors=factors)


def caseload_of(row: capacity.Caseload) -> Caseload:
    return Caseload(
        as_of=row.as_of,
        children=row.children,
        children_in_care=row.children_in_care,
        children_on_plans=row.children_on_plans,
        points=row.points,
        limit=row.limit,
        headroom=row.headroom,
        utilisation=row.utilisation,
        state=row.state,
        iro_id=row.iro_id,
    )


@strawberry.type
class CaseloadQuery:
    @described.field("Every IRO's weighted caseload on a day.")
    async def caseloads(self, info: Info, as_of: AsOf = None) -> list[Caseload]:
        return [caseload_of(row) for row in await info.context.read(reading.caseloads, as_of or info.context.today)]

    @strawberry.field
    async def weighting_scheme(self, info: Info, on: date | None = None) -> WeightingScheme:
        scheme = await info.context.read(reading.scheme, on or info.context.today)
        factors = [
            SchemeFactor(code=code.value, points=points, description=weights.DESCRIPTIONS[code])
            for code, points in sorted(scheme.points.items())
        ]
        return WeightingScheme(
            effective_from=scheme.effective_from,
            limit_per_wte=scheme.limit_per_wte,
            near_share=scheme.near_share,
            factors=factors,
        )

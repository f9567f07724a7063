"""Weighted caseloads, as they are, as they were known and under changes that are not made; and what a child weighs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.names import AsKnownAt, LazyIro
from graph.officers import AsOf, the_iro
from graph.what_if import WhatIf
from services.allocation import imagining
from services.caseload import capacity, reading, weights
from services.kernel.errors import InvalidInput
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


@strawberry.type(description="limit, from that day on; reason says what changes then.")
class NextChange:
    on: date
    limit: Decimal
    reason: str


@strawberry.type
class Caseload:
    as_of: date
    children: int
    children_in_care: int
    children_on_plans: int
    households: int = strawberry.field(description="Foster homes that this IRO reviews; they count in points.")
    points: Decimal
    wte: Decimal = strawberry.field(description="Of the contract in force.")
    reduced: Decimal = strawberry.field(description="WTE taken off it on that day: induction, phased return, other duties.")
    limit: Decimal = strawberry.field(description="Points that this IRO may hold: the unit's limit x WTE, less reductions in force.")
    headroom: Decimal
    utilisation: Decimal | None = strawberry.field(
        description="points / limit; null when limit is 0, so that an absent IRO is never shown as free."
    )
    state: CaseloadState
    next_change: NextChange | None = strawberry.field(
        description="The first later day on which the limit is another, by what is known; null where none is within two years."
    )
    iro_id: strawberry.Private[UUID]

    @strawberry.field
    async def iro(self, info: Info) -> LazyIro:
        return await the_iro(info, self.iro_id)


def weight_of(weight: weights.Weight | None) -> ChildWeight:
    """A child out of scope weighs nothing."""
    if weight is None:
        return ChildWeight(points=Decimal(0), factors=[])
    factors = [WeightFactor(code=each.code.value, points=each.points, reason=each.reason) for each in weight.factors]
    return ChildWeight(points=weight.points, factors=factors)


def caseload_of(row: capacity.Caseload) -> Caseload:
    change = row.next_change
    return Caseload(
        as_of=row.as_of,
        children=row.children,
        children_in_care=row.children_in_care,
        children_on_plans=row.children_on_plans,
        households=row.households,
        points=row.points,
        wte=row.wte,
        reduced=row.reduced,
        limit=row.limit,
        headroom=row.headroom,
        utilisation=row.utilisation,
        state=row.state,
        next_change=None if change is None else NextChange(on=change.on, limit=change.limit, reason=change.reason),
        iro_id=row.iro_id,
    )


@strawberry.type
class CaseloadQuery:
    @described.field(
        "Every IRO's weighted caseload on a day; whatIf recomputes it under changes that are not made; asKnownAt as it could be "
        "computed at that instant."
    )
    async def caseloads(
        self,
        info: Info,
        as_of: AsOf = None,
        what_if: Annotated[WhatIf | None, strawberry.argument(name="whatIf")] = strawberry.UNSET,
        as_known_at: AsKnownAt = None,
    ) -> list[Caseload]:
        context = info.context
        day = as_of or context.day_known(as_known_at)
        if not what_if:
            return [caseload_of(row) for row in await context.read_at_once(reading.caseloads, day, as_known_at)]
        if as_known_at is not None:
            raise InvalidInput("whatIf changes what is known now: leave asKnownAt out", "asKnownAt")
        found = await context.read_at_once(imagining.caseloads_if, day, what_if.changes(), context.today)
        return [caseload_of(row) for row in found]

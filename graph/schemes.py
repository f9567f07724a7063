"""The weighting scheme: what each factor counts and what an officer may hold, in force from a day on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry

from graph import described, errors
from graph.context import Info
from graph.recording import keep
from services.caseload import reading, scheming, weights
from services.kernel.errors import InvalidInput


@strawberry.type
class SchemeFactor:
    code: str
    points: Decimal
    description: str


@strawberry.type(description="In force from effectiveFrom until the next one begins.")
class WeightingScheme:
    effective_from: date
    limit_per_wte: Decimal
    near_share: Decimal
    factors: list[SchemeFactor]


@strawberry.input
class SchemeFactorInput:
    code: str
    points: Decimal


@strawberry.input(
    description="From today on, or from a later day: the past keeps its numbers. Factors that are not named keep their points."
)
class SetWeightingSchemeInput:
    request_key: strawberry.ID
    effective_from: date
    limit_per_wte: Decimal
    near_share: Decimal | None = strawberry.UNSET
    factors: list[SchemeFactorInput]

    def command(self) -> scheming.SetWeightingScheme:
        """Raises `InvalidInput` for a factor that is named twice."""
        return scheming.SetWeightingScheme(
            request_key=self.request_key,
            effective_from=self.effective_from,
            limit_per_wte=self.limit_per_wte,
            near_share=None if self.near_share is strawberry.UNSET else self.near_share,
            factors=_factors(self.factors),
        )


@strawberry.type
class WeightingSchemeSet:
    scheme: WeightingScheme


SetWeightingSchemeResult = Annotated[
    WeightingSchemeSet | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden, strawberry.union("SetWeightingSchemeResult")
]


def _factors(stated: list[SchemeFactorInput]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for each in stated:
        if each.code in found:
            raise InvalidInput(f"{each.code} is named twice: give its points once", "factors")
        found[each.code] = each.points
    return found


def scheme_of(scheme: weights.Scheme) -> WeightingScheme:
    factors = [
        SchemeFactor(code=code.value, points=points, description=weights.DESCRIPTIONS[code])
        for code, points in sorted(scheme.points.items())
    ]
    return WeightingScheme(
        effective_from=scheme.effective_from, limit_per_wte=scheme.limit_per_wte, near_share=scheme.near_share, factors=factors
    )


@strawberry.type
class SchemeQuery:
    @strawberry.field
    async def weighting_scheme(self, info: Info, on: date | None = None) -> WeightingScheme:
        return scheme_of(await info.context.read(reading.scheme, on or info.context.today))


@strawberry.type
class SchemeMutation:
    @described.mutation("Another statement for the same day takes the place of the first, which stays on record with what it decided.")
    async def set_weighting_scheme(self, info: Info, input: SetWeightingSchemeInput) -> SetWeightingSchemeResult:  # noqa: A002
        return WeightingSchemeSet(scheme=scheme_of(await keep(info, scheming.set_scheme, input.command())))

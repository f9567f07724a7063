"""Changes that are not made, under which a table of caseloads may be asked for."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from services.allocation import what_if


@strawberry.input(description="Another contract; reductions stay.")
class WteChange:
    iro_code: str
    wte: Decimal


@strawberry.input(
    description="absentIros: away for so long that they take nobody; the children they have stay in their names. New children "
    "are given an IRO as a run would. limitPerWte is in points."
)
class WhatIf:
    absent_iros: list[str] | None = strawberry.UNSET
    wte: list[WteChange] | None = strawberry.UNSET
    new_children_in_care: int | None = strawberry.UNSET
    new_children_on_plans: int | None = strawberry.UNSET
    limit_per_wte: Decimal | None = strawberry.UNSET

    def changes(self) -> what_if.WhatIf:
        """Null and omitted are the same: no such change. Raises `InvalidInput` for an officer named twice."""
        return what_if.WhatIf(
            absent=frozenset(self.absent_iros or ()),
            wte=what_if.changed_wte((each.iro_code, each.wte) for each in self.wte or ()),
            new_in_care=self.new_children_in_care or 0,
            new_on_plans=self.new_children_on_plans or 0,
            limit_per_wte=None if self.limit_per_wte is strawberry.UNSET else self.limit_per_wte,
        )

"""What a rebalancing is to decide: which children, brothers and sisters together, go from one officer to another.

Plain data, points as whole numbers. Everybody who is not moved keeps her officer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from services.allocation.problem import Bar, Child, Officer

Answer: TypeAlias = Mapping[int, UUID]
"""The new officer of each bundle that moves, by its number in `problem.bundles`; whoever is not named stays."""

FIRST = ("left_behind", "over_limit", "protected_moved", "worst_utilisation", "siblings_apart", "meetings_disturbed", "moves")
WISHES = ("last_iro_missed", "conference_chair_missed", "speciality_missed", "travel_missed", "wish_missed")
LAST = ("spread",)

STEP = 50
"""Half a percent of a limit, unless the unit states another step: of 90 points less than half a child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Brothers and sisters who have one officer (or a child alone): they move together or stay together.

    `officer`: who has them now. `family`: what all bundles of one sibling group share; None where nobody else belongs to
    it. `siblings_with`: officers of brothers and sisters who are in no bundle. `must_move`: cannot stay, since the officer
    is absent or leaves. `protected`: why they should stay, in words. `meetings`: booked meetings of theirs that the present
    officer chairs. A parent and its child are never in one bundle.
    """

    members: tuple[Child, ...]
    officer: UUID
    family: str | None = None
    siblings_with: frozenset[UUID] = frozenset()
    must_move: bool = False
    protected: str | None = None
    meetings: int = 0

    @property
    def children(self) -> tuple[str, ...]:
        return tuple(child.reference for child in self.members)

    @property
    def ids(self) -> tuple[UUID, ...]:
        return tuple(child.id for child in self.members)

    @property
    def points(self) -> int:
        return sum(child.points for child in self.members)

    @property
    def barred(self) -> tuple[Bar, ...]:
        return tuple(bar for child in self.members for bar in child.barred)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`officers`: everybody who has a bundle or could be given one; no limit: not available, gets nobody. What an officer
    holds beside her bundles is her `held`, and stays with her. Points, limits and `held` are in units of 1/scale.

    `step`: what the fullest officer's utilisation is counted in, in hundredths of a percent; less is not worth a child's change
    of officer. `target`: a utilisation in hundredths of a percent that is low enough. `parents`: pairs of children, of whom the first
    is a parent of the second. `order`: the soft terms of the unit's allocation, of which the wishes are taken in this order.
    """

    day: date
    officers: tuple[Officer, ...]
    bundles: tuple[Bundle, ...]
    max_moves: int
    target: int | None = None
    step: int = STEP
    parents: tuple[tuple[UUID, UUID], ...] = ()
    scale: int = 1
    order: tuple[str, ...] = WISHES

    @property
    def available(self) -> tuple[Officer, ...]:
        return tuple(officer for officer in self.officers if officer.limit > 0)

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms of the objective: what comes first outweighs everything after it."""
        wishes = [name for name in self.order if name in WISHES]
        return (*FIRST, *wishes, *(name for name in WISHES if name not in wishes), *LAST)

    def in_points(self, units: int) -> Decimal:
        """Whole units as points, exactly."""
        return Decimal(units) / self.scale

"""What is to be decided: officers with room, and children who need one of them. Plain data, points as whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from services.kernel.words import BlockerCode

Answer: TypeAlias = Mapping[UUID, UUID]
"""The officer of each child; a child who is not named has none."""

ORDER = (
    "unallocated",
    "over_limit",
    "siblings_apart",
    "last_iro_missed",
    "conference_chair_missed",
    "worst_utilisation",
    "speciality_missed",
    "travel_missed",
    "wish_missed",
    "spread",
)
"""The shipped order (`order`): what weighs more comes first: one step of a term outweighs everything that the later terms could gain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rule that keeps a child from an officer, the fact behind it in words, and the law or practice that it comes from."""

    officer: UUID
    code: BlockerCode
    reason: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """`limit` and `held` are in units of 1/scale points; `held` belongs to children who keep her. No limit: not available."""

    id: UUID
    code: str
    limit: int
    held: int = 0
    specialities: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child who needs an IRO. `last_iro` is whoever had the child before; `needs` are specialities that would help.

    `conference_chair` chaired the child's conferences. `area` is where it is placed. `wished` and `unwanted` are officers
    whom the child asked for, or asked not to have.
    """

    id: UUID
    reference: str
    points: int
    barred: tuple[Bar, ...] = ()
    last_iro: UUID | None = None
    needs: frozenset[str] = frozenset()
    conference_chair: UUID | None = None
    area: str | None = None
    wished: UUID | None = None
    unwanted: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Brothers and sisters who need an IRO (or one child alone); `siblings_with`: the IROs of those who have one."""

    children: tuple[Child, ...]
    siblings_with: frozenset[UUID] = frozenset()

    @property
    def points(self) -> int:
        return sum(child.points for child in self.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`parents` are pairs of children to be allocated, of whom the first is a parent of the second.

    `may_exceed`: where no room is left, officers go over their limits by as little as possible; else children stay
    without an IRO.
    """

    day: date
    officers: tuple[Officer, ...]
    groups: tuple[Group, ...]
    parents: tuple[tuple[UUID, UUID], ...] = ()
    scale: int = 1
    may_exceed: bool = True
    order: tuple[str, ...] = ORDER
    scheme_id: UUID | None = None

    @property
    def children(self) -> tuple[Child, ...]:
        return tuple(child for group in self.groups for child in group.children)

    @property
    def available(self) -> tuple[Officer, ...]:
        return tuple(officer for officer in self.officers if officer.limit > 0)

    def in_points(self, units: int) -> Decimal:
        """Whole units as points, exactly."""
        return Decimal(units) / self.scale


def scale_of(values: list[Decimal]) -> int:
    """The least power of ten that makes every value a whole number."""
    places = [-exponent for value in values if isinstance(exponent := value.normalize().as_tuple().exponent, int)]
    return int(10 ** max([0, *places]))

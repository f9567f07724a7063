"""What no return tells of a child and a person states from a day on: where it is placed, what makes its case complex, whom it wishes.

Bitemporal: of one child one statement holds on a day, by what is known at an instant. A statement from a day on closes the one
before from that day; one of the same day corrects it. Nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.words import OMITTED, Complexity, Omitted
from services.platform.database import Connection
from services.platform.resources import Resources

OptionalText: TypeAlias = str | Omitted | None
"""None takes away what was stated, OMITTED keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstance:
    """What is stated of a child from `first_day` until `until` (the first day on which it holds no longer; None: open).

    `placed_miles`: from home. `placement_area`: as the unit divides its world. `needs`: specialities that would help.
    """

    id: UUID
    child_id: UUID
    first_day: date
    until: date | None
    placed_miles: int | None = None
    placed_abroad: bool = False
    placement_area: str | None = None
    household_id: UUID | None = None
    complexity: frozenset[Complexity] = frozenset()
    needs: frozenset[str] = frozenset()
    wished_iro_id: UUID | None = None
    unwanted_iro_id: UUID | None = None
    keeps_iro_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCircumstances:
    """What holds of the child from `from_day` on. OMITTED keeps what is stated for that day, None takes it away."""

    request_key: str
    reference: str
    from_day: date
    placed_miles: int | Omitted | None = OMITTED
    placed_abroad: bool | Omitted = OMITTED
    placement_area: OptionalText = OMITTED
    household_reference: OptionalText = OMITTED
    complexity: tuple[Complexity, ...] | Omitted = OMITTED
    needs: tuple[str, ...] | Omitted = OMITTED
    wished_iro_code: OptionalText = OMITTED
    unwanted_iro_code: OptionalText = OMITTED
    keeps_iro_because: OptionalText = OMITTED


async def circumstances_on(
    connection: Connection, on: date, child_ids: Collection[UUID] | None = None, known_at: datetime | None = None
) -> dict[UUID, Circumstance]:
    """What is stated of each of these children (None: of all) for a day, as it is known now, or was at `known_at`."""
    raise NotImplementedError


async def state_circumstances(resources: Resources, actor: Actor, command: StateCircumstances, now: datetime) -> UUID:
    """The statement holds from its day on, until the next that is stated already; answers the child's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput`.
    """
    raise NotImplementedError

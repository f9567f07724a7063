"""Who reviews a foster home: never the IRO of a child that is placed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.kernel.actor import Actor
from services.platform.database import Connection
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class NameReviewer:
    """The officer reviews that foster home from `from_day` on, until another is named. `iro_code` None: nobody does."""

    request_key: str
    household_reference: str
    iro_code: str | None
    from_day: date


async def name_reviewer(resources: Resources, actor: Actor, command: NameReviewer, now: datetime) -> UUID:
    """The household has that reviewer from its day on; answers the household's identifier.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, and `NotEligible` for the IRO of a child placed there.
    """
    raise NotImplementedError


async def reviewers_on(connection: Connection, on: date, known_at: datetime | None = None) -> dict[UUID, UUID]:
    """The reviewer of each household that has one on a day, as is known now, or was at `known_at`."""
    raise NotImplementedError

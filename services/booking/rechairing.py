"""Booked meetings whose children get another IRO: she chairs them where she is free, else the old chair does, else nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.booking.desk import Desk
from services.kernel.words import ChairAfterMove, MeetingKind
from services.platform.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaired:
    """A meeting to come that an officer chairs as the IRO of children who leave her. `notices`: invitations that another chair
    changes. `lost`: it has lost its chair already, and nobody chairs it."""

    meeting_id: UUID
    version: int
    kind: MeetingKind
    starts_at: datetime
    child_ids: tuple[UUID, ...]
    notices: int
    lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChair:
    """This officer is to chair that meeting."""

    meeting_id: UUID
    iro_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would become of the chair, and why."""

    chair: ChairAfterMove
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechaired:
    """What became of the chair, and why. `version`: the meeting's from now on."""

    chair: ChairAfterMove
    message: str
    version: int


async def chaired_for(
    connection: Connection, child_ids: Collection[UUID], iro_id: UUID, today: date, *, leaving: Collection[UUID] | None = None
) -> tuple[Chaired, ...]:
    """The meetings from tomorrow on that stand, concern any of these children, and are chaired by this officer as their IRO.

    One that is also about a child that stays hers she goes on to chair. `leaving`: all children who leave her by the same
    decision (left out: these). Secure criteria panels are chaired by nobody's IRO. In order of time.
    """
    raise NotImplementedError


async def foresee(
    connection: Connection, wanted: Sequence[NewChair], now: datetime, *, today: date | None = None, away: Collection[UUID] = ()
) -> dict[UUID, Foreseen]:
    """What would become of each meeting's chair as things stand; nothing is written.

    Of two that want one officer at one time the first in `wanted` gets her; nobody counts as free by giving a meeting away.
    `away`: officers who will not be there whatever the records say.
    """
    raise NotImplementedError


async def rechair_in(desk: Desk, meeting_id: UUID, version: int, new_iro_id: UUID, reason: str, *, away: bool = False) -> Rechaired:
    """REPLACED: the new officer chairs it and holds the time. COVER: she is not free, the old chair goes on. RELEASED: nobody chairs
    it, its needs list a chair. Whose own view has changed is told. `away`: the old chair will not be there.

    In the caller's transaction. Raises `NotFound`, `StaleVersion`, `InvalidInput` where it does not stand any more.
    """
    raise NotImplementedError


async def restore_chair_in(desk: Desk, meeting_id: UUID, version: int, iro_id: UUID | None, reason: str) -> Rechaired:
    """The officer who chaired it before chairs it again where she is free (REPLACED); else as `rechair_in`. None: it had no chair."""
    raise NotImplementedError

"""A person's own decision about one child: done at once, or asked of another manager."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.allocation.commands import AllocateTo, DecideRequest
from services.kernel.actor import Actor
from services.kernel.words import ApprovalGround, RequestState
from services.platform.database import Connection
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """The decision waits for another manager."""

    request_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedRequest:
    """What became of a request. `allocation_id`: where it was approved. `message` says what overtook it."""

    request_id: UUID
    state: RequestState
    allocation_id: UUID | None
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A decision that waits or waited. `recommended_iro_id` and `costs` are as they were when it was asked."""

    id: UUID
    child_id: UUID
    reference: str
    iro_id: UUID
    from_iro_id: UUID | None
    needs_approval_for: tuple[ApprovalGround, ...]
    reason: str
    state: RequestState
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decided_reason: str | None
    recommended_iro_id: UUID | None
    costs: str | None


async def allocate_to(resources: Resources, actor: Actor, command: AllocateTo, now: datetime) -> UUID | Requested:
    """The child has this officer (answers the allocation), or another manager is asked.

    Raises `NotEligible` where a hard rule forbids it, `NotFound`, `InvalidInput`.
    """
    raise NotImplementedError


async def decide_request(resources: Resources, actor: Actor, command: DecideRequest, now: datetime) -> DecidedRequest:
    """The request is approved and done, declined, or overtaken by what happened since: then nothing changed.

    Raises `Forbidden` to whoever approves her own, `NotFound`, `InvalidInput` for one that is decided already.
    """
    raise NotImplementedError


async def requests(connection: Connection, actor: Actor, states: Collection[RequestState] | None) -> tuple[Request, ...]:
    """Requests in these states (None: all), the oldest first; to whoever may allocate."""
    raise NotImplementedError


async def requests_by_id(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Request]:
    """These requests; to whoever may allocate."""
    raise NotImplementedError

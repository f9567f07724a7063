"""Decisions that wait for another manager, in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from services.kernel.errors import Forbidden, NotFound
from services.kernel.ids import new_id
from services.kernel.words import ApprovalGround, RequestState
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "requests.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A decision that waits or waited. `recommended_iro_id` and `costs` are as they were when it was asked; `over` is by how many
    points she would have stood over her limit then."""

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
    decision: Mapping[str, Any]

    @property
    def recommended_iro_id(self) -> UUID | None:
        kept = self.decision.get("recommended")
        return UUID(kept) if kept else None

    @property
    def costs(self) -> str | None:
        return self.decision.get("costs")


@asynccontextmanager
async def _refusals() -> AsyncIterator[None]:
    try:
        yield
    except asyncpg.CheckViolationError as fault:
        if fault.constraint_name != "allocation_request_by_another":
            raise
        raise Forbidden("nobody approves her own request: another manager decides it") from fault


async def find_officer(connection: Connection, code: str) -> UUID:
    """The IRO of that code; raises `NotFound`."""
    found: UUID | None = await _sql.officer_by_code(connection, code=code)
    if found is None:
        raise NotFound(f"there is no IRO {code}")
    return found


async def add_request(
    connection: Connection,
    *,
    child_id: UUID,
    iro_id: UUID,
    from_iro_id: UUID | None,
    grounds: Collection[ApprovalGround],
    reason: str,
    by: str,
    now: datetime,
    decision: Mapping[str, Any],
) -> UUID:
    """A request that waits; answers its identifier."""
    request_id = new_id()
    await _sql.add_request(
        connection,
        id=request_id,
        child_id=child_id,
        iro_id=iro_id,
        from_iro_id=from_iro_id,
        needs_approval_for=[ground.value for ground in grounds],
        reason=reason,
        asked_by=by,
        asked_at=now,
        decision=dict(decision),
    )
    return request_id


async def waiting_of(connection: Connection, child_id: UUID) -> tuple[UUID, UUID | None] | None:
    """The request that waits for a child and the IRO whom it would take the child from, locked."""
    row = await _sql.waiting_of(connection, child_id=child_id)
    return None if row is None else (row["id"], row["from_iro_id"])


async def lock_request(connection: Connection, request_id: UUID) -> Request:
    """The request, which nobody else decides until the transaction ends; raises `NotFound`."""
    row = await _sql.lock_request(connection, id=request_id)
    if row is None:
        raise NotFound("there is no such request")
    return _request(row)


async def decide(
    connection: Connection, request_id: UUID, state: RequestState, *, by: str, now: datetime, reason: str, message: str | None = None
) -> None:
    """The request is decided. Raises `Forbidden` where whoever asked would approve it."""
    async with _refusals():
        await _sql.decide(connection, id=request_id, state=state.value, by=by, at=now, reason=reason, message=message)


async def load_requests(
    connection: Connection, states: Collection[RequestState] | None = None, ids: Collection[UUID] | None = None
) -> tuple[Request, ...]:
    """Requests in these states (None: all) and of these identifiers (None: all), the oldest first."""
    wanted = None if states is None else [state.value for state in states]
    rows = _sql.requests(connection, states=wanted, ids=None if ids is None else list(ids))
    return tuple([_request(row) async for row in rows])


def _request(row: Any) -> Request:
    plain = {name: row[name] for name in Request.__slots__ if name not in ("needs_approval_for", "state")}
    grounds = tuple(ApprovalGround(each) for each in row["needs_approval_for"])
    return Request(**plain, needs_approval_for=grounds, state=RequestState(row["state"]))

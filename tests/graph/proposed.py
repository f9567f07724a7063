"""Rows of proposals and requests, written straight into the tables: what the services leave there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from services.allocation.rebalancing.keeping import kept_table
from services.caseload.service import caseloads
from services.platform.database import Connection
from tests.graph.conftest import Authority

TODAY, ASKED = date(2026, 9, 1), datetime(2026, 9, 1, 8, tzinfo=UTC)


async def rebalancing(connection: Connection, authority: Authority, *, state: str = "PROPOSED", by: str = "manager:MANAGER") -> UUID:
    """A proposal that IRO-01's child goes to IRO-02, with the meeting that this disturbs; absent is IRO-01."""
    identifier, table = uuid4(), kept_table(await caseloads(connection, TODAY))
    left = {
        "child_ids": [str(authority.other)],
        "references": ["CH002"],
        "iro_id": str(authority.colleague),
        "reasons": ["nobody has room"],
    }
    await connection.execute(
        "INSERT INTO rebalancing (id, state, progress, max_moves, absent_iro_ids, target_utilisation, today, requested_by, requested_at, "
        "worst_utilisation, worst_utilisation_bound, before, after, basis, message) "
        "VALUES ($1, $2, 1, 5, $3, 0.95, $4, $5, $6, 0.5, 0.4, $7, $7, $8, 'one move')",
        identifier, state, [authority.officer], TODAY, by, ASKED, table, {"left_behind": [left]},
    )  # fmt: skip
    await move(connection, identifier, 1, [authority.own], authority.officer, authority.colleague, meetings=[authority.own_meeting])
    return identifier


async def move(
    connection: Connection, of: UUID, number: int, children: Sequence[UUID], from_iro: UUID, to_iro: UUID, *, meetings: Sequence[UUID] = ()
) -> UUID:
    """One move of a proposal; each of its meetings would be chaired by the new officer."""
    identifier = uuid4()
    await connection.execute(
        "INSERT INTO rebalancing_move (id, rebalancing_id, number, child_ids, from_iro_id, to_iro_id, points, reasons) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        identifier, of, number, list(children), from_iro, to_iro, Decimal("1.25"), ["the fullest officer is relieved"],
    )  # fmt: skip
    for meeting in meetings:
        await connection.execute(
            "INSERT INTO rebalancing_meeting (move_id, meeting_id, version, chair, notices, message) "
            "VALUES ($1, $2, 1, 'REPLACED', 3, 'she is free then')",
            identifier, meeting,
        )  # fmt: skip
    return identifier


async def request(connection: Connection, child: UUID, iro: UUID, *, by: str = "manager:MANAGER", from_iro: UUID | None = None) -> UUID:
    """A manager asked for this officer, who would be over her limit."""
    identifier = uuid4()
    await connection.execute(
        "INSERT INTO allocation_request (id, child_id, iro_id, from_iro_id, needs_approval_for, reason, asked_by, asked_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        identifier, child, iro, from_iro, ["OVER_LIMIT"], "she knows the family", by, ASKED,
    )  # fmt: skip
    return identifier

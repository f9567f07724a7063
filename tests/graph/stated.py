"""Records of every kind, of the child of IRO-01, of another officer's, and of a foster household: stated in July, corrected in August."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from services.history.service import rewrite_household_obligations, rewrite_obligations
from services.history.versions import open_version, revise_version
from services.platform.database import Connection
from tests.graph.conftest import Authority

JULY, AUGUST = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 15, 12, tzinfo=UTC)
BETWEEN = "2026-08-01T00:00:00+00:00"
TODAY = date(2026, 9, 1)

OF_A_CHILD: dict[str, tuple[str, dict[str, Any]]] = {
    "ProtectionPlan": (
        "protection_plan",
        {"started_on": date(2025, 5, 6), "ended_on": date(2025, 11, 3), "end_reason": "REVIEW_CONFERENCE"},
    ),
    "CarePeriod": (
        "care_period",
        {"started_on": date(2025, 1, 6), "started_on_exact": True, "ended_on": date(2025, 3, 7), "end_reason": "E4A"},
    ),
    "Enquiry": ("section47", {"initiating_discussion_on": date(2025, 4, 14), "conference_on": date(2025, 5, 6)}),
    "CareStatusRecord": ("care_status", {"status": "REMAND", "started_on": date(2025, 1, 6), "ended_on": date(2025, 3, 7)}),
    "Transfer": ("transfer", {"direction": "IN", "notified_on": date(2025, 4, 10), "withdrawn_on": date(2025, 4, 11)}),
    "EarlierReview": (
        "earlier_review",
        {"kind": "CARE_REVIEW", "called_on": date(2025, 2, 3), "by_on": date(2025, 2, 20), "reason": "CHILD_REQUESTS"},
    ),
    "HeldRecord": ("held_record", {"kind": "CARE_REVIEW", "held_on": date(2025, 2, 19), "participation": "PN1"}),
}  # fmt: skip
"""By the type that the graph shows: the table and what it states."""


@dataclass(frozen=True, slots=True)
class Stated:
    """The identifiers of the records by type: of the own child, of the other officer's, of the household."""

    own: dict[str, UUID]
    other: dict[str, UUID]
    household: UUID
    household_held: UUID


async def state(connection: Connection, authority: Authority) -> Stated:
    """Everything in force, and what follows from it."""
    own, other = [await _state_child(connection, child) for child in (authority.own, authority.other)]
    household, held = await _state_household(connection)
    await rewrite_household_obligations(connection, [household], TODAY)
    return Stated(own, other, household, held)


async def _state_child(connection: Connection, child_id: UUID) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for name, (table, values) in OF_A_CHILD.items():
        found[name] = await open_version(connection, table, {**values, "child_id": child_id}, source="TEST", at=JULY)
    return found


async def _state_household(connection: Connection) -> tuple[UUID, UUID]:
    household = uuid4()
    await connection.execute("INSERT INTO foster_household (id, reference) VALUES ($1, 'FH01')", household)
    approved = {"household_id": household, "approved_on": date(2024, 9, 16)}
    await open_version(connection, "foster_household_fact", approved, source="TEST", at=JULY)
    reviewed = {"household_id": household, "kind": "FOSTER_HOME_REVIEW", "held_on": date(2025, 9, 10)}
    return household, await open_version(connection, "held_record", reviewed, source="TEST", at=JULY)


async def correct(connection: Connection, table: str, record_id: UUID, *children: UUID, **changes: Any) -> None:
    """One record states something else since the middle of August."""
    await revise_version(connection, table, record_id, changes, source="TEST", at=AUGUST)
    await rewrite_obligations(connection, children, TODAY)

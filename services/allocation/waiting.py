"""Children who need an IRO and have none, and for how long they have waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.caseload import service as caseload
from services.caseload.weights import ChildOnDay
from services.history.reading import children_seen
from services.kernel.actor import Actor
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.working_days import england

_sql = load_queries(__file__, "waiting.sql")

NAMED_WITHIN = 5
"""Working days in which a child's IRO is named (IRO Handbook; local procedures)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingChild:
    """A child without an IRO. `working_days` after the day on which it came into scope (`since`, day 0), up to today.

    `since_exact` is false where the records only show that care had begun by then. An IRO is to be named by `named_by`,
    five working days after `since` (IRO Handbook; local procedures): `overdue` where that day is past.
    """

    child_id: UUID
    reference: str
    since: date
    since_exact: bool
    why: str
    working_days: int
    named_by: date
    overdue: bool


async def waiting(connection: Connection, actor: Actor, today: date) -> tuple[WaitingChild, ...]:
    """Those in the viewer's sight, who have waited longest first."""
    children = {child.child_id: child for child in await caseload.children_on(connection, today)}
    rows = _sql.without_iro(connection, child_ids=list(children), on_day=today, **_seen(actor, today))
    found = [_waiting(children[row["child_id"]], row, today) async for row in rows]
    return tuple(sorted(found, key=lambda each: (each.since, each.reference)))


def _seen(actor: Actor, today: date) -> dict[str, Any]:
    seen = children_seen(actor, today)
    return {name: value for name, value in seen.items() if name != "today"}


def _waiting(child: ChildOnDay, row: Any, today: date) -> WaitingChild:
    since, exact, why = _day_0(child, row)
    left: date | None = row["left_on"]
    if left is not None and left >= since:
        since, exact, why = left, True, "lost its IRO"
    named_by = england().add(since, NAMED_WITHIN)
    return WaitingChild(
        child_id=child.child_id,
        reference=child.reference,
        since=since,
        since_exact=exact,
        why=why,
        working_days=england().between(since, today),
        named_by=named_by,
        overdue=today > named_by,
    )


def _day_0(child: ChildOnDay, row: Any) -> tuple[date, bool, str]:
    """When the child came to need an IRO or a chair, whether that is the very day, and why."""
    if child.in_care:
        return row["care_since"], child.start_known, "became looked after"
    if child.on_plan:
        return row["plan_since"], True, "child protection plan began"
    if child.awaiting_since is not None:
        return child.awaiting_since, True, "initial conference owed since that day"
    return row["breaks_since"], True, "a series of short breaks began"

"""Children who need an IRO and have none, and for how long they have waited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.kernel.actor import Actor
from services.platform.database import Connection


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
    raise NotImplementedError

"""What recording by hand asks of PostgreSQL beside the records themselves (`services.history.store`, `versions`)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.ids import new_id
from services.kernel.permission import Act
from services.kernel.sight import sight_of
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__)


async def is_in_reach(connection: Connection, actor: Actor, child_id: UUID, today: date) -> bool:
    """Whether this actor may record of the child."""
    sight = sight_of(actor, Act.RECORD_CHILDREN)
    found = await _sql.child_in_reach(
        connection, child_id=child_id, everything=sight.everything, iro_id=sight.iro_id, own=list(sight.references), today=today
    )
    return found is not None


async def household_of(connection: Connection, reference: str) -> UUID | None:
    """The foster household that is known under that reference."""
    found: UUID | None = await _sql.household_of(connection, reference=reference)
    return found


async def add_household(connection: Connection, reference: str) -> UUID | None:
    """A new household's identifier; None where the reference is taken."""
    found: UUID | None = await _sql.add_household(connection, id=new_id(), reference=reference)
    return found


async def keep_correction(
    connection: Connection, actor: Actor, records: str, record_id: UUID, *, withdrawn: bool, reason: str, now: datetime
) -> None:
    """Why the record was corrected or withdrawn is kept with it, in the words of whoever did it."""
    what = "WITHDRAWN" if withdrawn else "REVISED"
    await _sql.keep_correction(
        connection, id=new_id(), at=now, by=actor.subject, what=what, records=records, record_id=record_id, reason=reason
    )


async def leave_meeting(
    connection: Connection, actor: Actor, child_id: UUID | None, household_id: UUID | None, meeting_id: UUID, now: datetime
) -> None:
    """The meeting of the diary took place without this child or household, and its history says so; one that was about nobody
    else did not take place, and is cancelled."""
    await _sql.leave_meeting(connection, child_id=child_id, household_id=household_id, meeting_id=meeting_id, by=actor.subject, at=now)

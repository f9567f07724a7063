"""Who and what there is, and when each is at work: the entry points of the directory."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.directory import availability_store, store
from services.directory.applying import LetGo, apply_establishment
from services.directory.availability_store import ResourceAbsence
from services.directory.laying import lay_ahead, lay_availability
from services.kernel.errors import HasMeetings, NotFound
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import AbsenceReason, ResourceKind
from services.platform.database import Connection

__all__ = ["LetGo", "apply_establishment", "lay_ahead", "lay_availability", "record_absence_in"]


async def record_absence_in(
    connection: Connection,
    kind: ResourceKind,
    code: str,
    during: TimeWindow,
    reason: AbsenceReason,
    *,
    source: str,
    now: datetime,
    over_by: datetime | None = None,
    let_go: LetGo | None = None,
) -> UUID:
    """The resource (for POLICE: the whole team) is absent then, and not available; answers the absence, the first place's for a team.

    Raises `NotFound`, and `HasMeetings` where meetings that are not over by `over_by` (left out: `now`) stand in that time, unless
    `let_go` takes the resource out of them; they are named in order of time.
    """
    await store.lock_establishment(connection)  # before any meeting: whoever offers or withdraws time lays out the same days
    resource_ids = await store.find_resources(connection, kind, code)
    if not resource_ids:
        raise NotFound(f"there is no {kind.value} {code}")
    spans = [(resource_id, during) for resource_id in resource_ids]
    if let_go is not None:
        await let_go(connection, spans)
    under = await availability_store.meetings_under(connection, spans, over_by or now)
    if under:
        raise HasMeetings(
            await availability_store.meetings_in_order(connection, {meeting for meetings in under.values() for meeting in meetings})
        )
    await store.state_at(connection, now)
    absences = [ResourceAbsence(resource_id=resource_id, during=during, reason=reason) for resource_id in resource_ids]
    ids = await availability_store.add_absences(connection, absences, source, now)
    await lay_availability(connection, civil_day(during.start), civil_day(during.end), resource_ids, over_by=over_by or now)
    return ids[0]

"""A plan's placements made real: new meetings booked, meetings that stand changed, those that hang together as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.booking.commands import Placement, PlacementItem
from services.booking.service import Repair, place_in, repair_in
from services.directory.settings import Settings
from services.kernel.actor import Actor
from services.kernel.errors import Impossible, Rejected, Superseded
from services.planning import store
from services.planning.store import StoredPlacement
from services.platform.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """In whose name a plan is applied, when, and under which settings."""

    actor: Actor
    now: datetime
    settings: Settings
    today: date


def together(placements: Sequence[StoredPlacement]) -> list[list[StoredPlacement]]:
    """Those of one group as one, the others each by itself, in the order of the first of each."""
    groups: dict[object, list[StoredPlacement]] = {}
    for each in placements:
        groups.setdefault(each.id if each.group_number is None else each.group_number, []).append(each)
    return list(groups.values())


async def apply_group(connection: Connection, at: Moment, group: Sequence[StoredPlacement]) -> None:
    """All placements of the group, or none and why; either way the rest goes on."""
    done: dict[UUID, UUID] = {}
    tried: UUID | None = None
    try:
        async with connection.transaction():
            repairs = [repair_of(each) for each in group if each.meeting_version is not None]
            if repairs:
                await repair_in(connection, at.actor, repairs, at.now, at.settings, today=at.today)
            for each in group:
                if each.meeting_version is None:
                    tried = each.id
                    done[each.id] = await _place(connection, at, each)
    except (Rejected, Impossible) as refusal:
        for each in group:
            alone = each.id == tried or len(group) == 1 or (tried is None and each.meeting_version is not None)
            told = str(refusal) if alone else f"refused with what it hangs together with: {refusal}"
            await store.note_applied(connection, each.id, meeting_id=None, refusal=told)
    else:
        for each in group:
            await store.note_applied(connection, each.id, meeting_id=done.get(each.id), refusal=None)


async def _place(connection: Connection, at: Moment, placement: StoredPlacement) -> UUID:
    """A new meeting is booked; raises what `place_in` does, and `Superseded`."""
    for item in placement.items:
        if item.chained and not await store.follows_something(connection, item):
            raise Superseded("the meeting that it follows was not booked")
    if not await store.chairs_all(connection, placement):
        raise Superseded("a child of this meeting is no longer allocated to the officer who was to chair it")
    return await place_in(connection, at.actor, booking_of(placement), at.now, at.settings, today=at.today)


def repair_of(placement: StoredPlacement) -> Repair:
    """What the placement of a meeting that stands asks of booking."""
    assert placement.meeting_id is not None
    assert placement.meeting_version is not None
    return Repair(
        meeting_id=placement.meeting_id,
        version=placement.meeting_version,
        starts_at=placement.starts_at,
        ends_at=placement.ends_at,
        chair_id=placement.chair_id,
        room_id=placement.room_id,
        note_taker_id=placement.note_taker_id,
        police_team_id=placement.police_team_id,
        reason=placement.reasons[0] if placement.reasons else "a plan",
    )


def booking_of(placement: StoredPlacement) -> Placement:
    """What the placement of a new meeting asks of booking."""
    return Placement(
        kind=placement.kind,
        starts_at=placement.starts_at,
        ends_at=placement.ends_at,
        chair_id=placement.chair_id,
        room_id=placement.room_id,
        note_taker_id=placement.note_taker_id,
        police_team_id=placement.police_team_id,
        police_waived_reason=placement.police_waived_reason,
        items=tuple(
            PlacementItem(
                child_id=item.child_id,
                kind=item.kind,
                obligation_id=None if item.chained else item.obligation_id,
                triggered_on=item.triggered_on,
            )
            for item in placement.items
        ),
    )

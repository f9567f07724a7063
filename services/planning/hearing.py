"""Who would have to be told of the placements of a plan, before it is applied."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.booking.foretelling import foretell_placements, foretell_repairs
from services.directory.store import load_settings
from services.invitations.owe import AddresseeKind, Owed
from services.kernel.actor import Actor
from services.kernel.words import InvitationMethod
from services.planning import store
from services.planning.applying import booking_of, repair_of
from services.planning.reading import may_read
from services.platform.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """One who would be told: invited, invited anew, or (CANCEL) to stay away; with the own time of each."""

    addressee: AddresseeKind
    code: str
    method: InvitationMethod
    arrives_at: datetime
    leaves_at: datetime


async def hearings_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Hearing]]:
    """By placement who would be told of it if it were applied now, by what each was told last: exactly those whose view changes.
    Of one that has been tried nobody any more."""
    if not may_read(actor):
        return {}
    settings = await load_settings(connection, today)
    waiting = await store.waiting_placements(connection, ids)
    changing = {each.meeting_id: each for each in waiting if each.meeting_version is not None and each.meeting_id is not None}
    new = [(each.id, booking_of(each)) for each in waiting if each.meeting_version is None]
    told = await foretell_placements(connection, new, settings)
    for meeting_id, owed in (await foretell_repairs(connection, [repair_of(each) for each in changing.values()], settings)).items():
        told[changing[meeting_id].id] = owed
    return {placement: [_hearing(each) for each in owed] for placement, owed in told.items()}


def _hearing(owed: Owed) -> Hearing:
    window = owed.view.window
    return Hearing(addressee=owed.kind, code=owed.code, method=owed.method, arrives_at=window.start, leaves_at=window.end)

"""Who would have to be told of a change of the diary, before it is made: by the same comparison as once it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from services.booking import rules, store
from services.booking.changing import taken_holds
from services.booking.commands import Placement
from services.booking.entry import Cast, Entry, Party, holds_of
from services.booking.needs import needs_of
from services.booking.placing import adapt, needs_for
from services.booking.repairing import Repair
from services.booking.rows import party_of
from services.booking.telling import diary_meeting
from services.directory.settings import Settings
from services.invitations.owe import DiaryMeeting, Owed
from services.invitations.service import would_owe
from services.kernel.errors import NotFound
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingState
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "foretelling.sql")
Foretold: TypeAlias = dict[UUID, tuple[Owed, ...]]


async def foretell_repairs(connection: Connection, repairs: Sequence[Repair], settings: Settings) -> Foretold:
    """By meeting who would be told what; a meeting that is gone, or called off, tells nobody."""
    parties = await _parties(connection, [chosen for each in repairs for chosen in each.wanted.values()])
    meetings = []
    for each in repairs:
        try:
            entry = await store.read_entry(connection, each.meeting_id)
        except NotFound:
            continue
        if entry.state in rules.STANDING:
            meetings.append(await _after(connection, entry, each, parties, settings))
    return await would_owe(connection, meetings)


async def foretell_placements(connection: Connection, placements: Sequence[tuple[UUID, Placement]], settings: Settings) -> Foretold:
    """By the identifier given with each who would hear of a new meeting: all who take part."""
    parties = await _parties(connection, [chosen for _, stated in placements for chosen in stated.wanted.values()])
    meetings = []
    for identifier, stated in placements:
        cast = Cast.of([parties[each] for each in stated.wanted.values() if each in parties])
        window = TimeWindow(stated.starts_at, stated.ends_at)
        needs = needs_of(stated.kind, children=len(stated.items), first=False, settings=settings, remote=stated.remote)
        entry = Entry(id=identifier, reference="", kind=stated.kind, state=MeetingState.CONFIRMED, sittings=(window,), cast=cast, items=())
        meetings.append(diary_meeting(entry, holds_of(identifier, window, cast, replace(needs, room=cast.room is not None)), settings))
    return await would_owe(connection, meetings)


async def _after(connection: Connection, entry: Entry, repair: Repair, parties: dict[UUID, Party], settings: Settings) -> DiaryMeeting:
    if repair.window != entry.window:
        cast = Cast.of([parties[each] for each in repair.wanted.values() if each in parties])
        needs = adapt(needs_for(entry.kind, entry.items, settings, remote=entry.remote), repair.wanted)
        holds = holds_of(entry.id, repair.window, cast, needs, len(entry.sittings))
        return diary_meeting(replace(entry, cast=cast, sittings=(*entry.sittings[:-1], repair.window)), holds, settings)
    chosen = repair.instead(entry)
    kept = [party for party in entry.cast if party.kind not in chosen]
    cast = Cast.of([*kept, *(parties[each] for each in chosen.values() if each in parties)])
    after = replace(entry, cast=cast)
    return diary_meeting(after, await taken_holds(connection, after, settings), settings)


async def _parties(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Party]:
    found = [party_of({**row, "place_id": None}) async for row in _sql.parties(connection, ids=list(set(ids)))]
    return {party.id: party for party in found}

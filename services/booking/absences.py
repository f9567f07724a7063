"""Absences over meetings that stand: refused with their names, or the meetings lose the resource and say what they lack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from services.booking import rules, store
from services.booking.changing import lock_police, resources_of, taken_holds
from services.booking.commands import RecordAbsence
from services.booking.desk import Desk, open_desk
from services.booking.entry import Cast, Entry
from services.booking.retelling import retell
from services.booking.telling import tell
from services.directory import availability_store
from services.directory import service as directory
from services.directory.establishment import Establishment, EstablishmentFinding
from services.directory.store import load_settings
from services.kernel.actor import Actor
from services.kernel.errors import HasMeetings, NotFound, Unavailable
from services.kernel.permission import Act, Reach, require
from services.kernel.window import TimeWindow
from services.kernel.words import ResourceKind, Role
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

_LOOKS = 25
_OWN_KINDS = {
    Role.BUSINESS_SUPPORT: frozenset({ResourceKind.ROOM, ResourceKind.NOTE_TAKER}),
    Role.IRO: frozenset({ResourceKind.IRO}),
    Role.NOTE_TAKER: frozenset({ResourceKind.NOTE_TAKER}),
    Role.POLICE_LIAISON: frozenset({ResourceKind.POLICE}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRecorded:
    """`released`: the meetings that lost the resource, in order of time."""

    absence_id: UUID
    released: tuple[UUID, ...]


async def record_absence(resources: Resources, actor: Actor, command: RecordAbsence, now: datetime) -> AbsenceRecorded:
    """The resource is absent then and cannot be booked; of a police team all its places.

    Raises `Forbidden`, `NotFound` (also for a resource that is not the actor's to speak for), `InvalidInput`, and `HasMeetings`
    while meetings stand in that time, unless the command releases them: then each loses the resource and lists it in its needs.
    """
    judge_whose(actor, command.kind, command.code)
    TimeWindow(command.starts_at, command.ends_at)

    async def work(connection: Connection) -> dict[str, Any]:
        desk = await open_desk(resources, connection, actor, now, Act.RECORD_ABSENCE)
        released: list[UUID] = []

        async def let_go(_: Connection, spans: Sequence[tuple[UUID, TimeWindow]]) -> None:
            released.extend(await availability_store.meetings_in_order(connection, await release_in(desk, spans)))

        absence_id = await directory.record_absence_in(
            connection,
            command.kind,
            command.code,
            TimeWindow(command.starts_at, command.ends_at),
            command.reason,
            source=actor.subject,
            now=now,
            over_by=desk.hour,
            let_go=let_go if command.release else None,
        )
        details = {"kind": command.kind, "code": command.code, "released": len(released)}
        await audit.record(connection, actor, "RECORD_ABSENCE", subject=f"absence:{absence_id}", details=details)
        return {"absence_id": str(absence_id), "released": [str(each) for each in released]}

    body = {"command": "RecordAbsence", **asdict(command)}
    answer = await until_named(lambda: once(resources.database, actor, command.request_key, body, work))
    if answer["released"]:
        await resources.doorbell.ring_delivery()
    return AbsenceRecorded(absence_id=UUID(answer["absence_id"]), released=tuple(UUID(each) for each in answer["released"]))


async def until_named(deed: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """What the deed, a transaction of its own, answers. Begun anew where a meeting came meanwhile that it could not see, only be refused
    by: then it sees it, and names or releases it. Raises `Unavailable` where they never end."""
    for _ in range(_LOOKS):
        try:
            return await deed()
        except HasMeetings as standing:
            if standing.meeting_ids:
                raise
    raise Unavailable("the diary is busy at that time: try again")


async def apply_establishment(
    connection: Connection, establishment: Establishment, *, actor: Actor, now: datetime, today: date, release: bool = False
) -> tuple[EstablishmentFinding, ...]:
    """As the directory's function of that name, and able to release: meetings under new absences lose the resource. Whoever has a
    meeting to come under another name of its room, or at another address, hears of it."""
    desk = Desk(connection=connection, actor=actor, now=now, today=today, settings=await load_settings(connection, today))

    async def let_go(_: Connection, spans: Sequence[tuple[UUID, TimeWindow]]) -> None:
        await release_in(desk, spans)

    found = await directory.apply_establishment(
        connection, establishment, actor=actor, now=now, today=today, release=release, let_go=let_go if release else None
    )
    await retell(replace(desk, settings=await load_settings(connection, today)))
    return found


async def release_in(desk: Desk, spans: Sequence[tuple[UUID, TimeWindow]], *, only: Collection[UUID] | None = None) -> tuple[UUID, ...]:
    """Meetings (`only`: of these) for which these resources would have to be at work in these spans go on without them; answers which."""
    held = await _held_in(desk, spans)
    entries = [await store.lock_entry(desk.connection, meeting) for meeting in held if only is None or meeting in only]
    held = await _held_in(desk, spans)  # what went elsewhere until it was locked loses nothing
    released = [entry for entry in entries if entry.state in rules.STANDING and entry.id in held]
    for entry in released:
        await release(desk, entry, held[entry.id])
    return tuple(entry.id for entry in released)


async def _held_in(desk: Desk, spans: Sequence[tuple[UUID, TimeWindow]]) -> dict[UUID, set[UUID]]:
    """By meeting, which of these resources it has in their spans."""
    pairs = await store.meetings_at(desk.connection, spans, desk.hour)
    return {meeting: {resource for _, resource in theirs} for meeting, theirs in groupby(pairs, key=lambda pair: pair[0])}


async def release(desk: Desk, entry: Entry, resource_ids: set[UUID], reason: str | None = None) -> None:
    """The meeting, which is locked, goes on without these resources, and its needs list them."""
    kinds = {party.kind for party in entry.cast if party.resource_id in resource_ids}
    await lock_police(desk, entry)
    entry = await store.lock_entry(desk.connection, entry.id)  # its place may have been renumbered until now
    to_come = [number for number, _ in entry.to_come]
    lost = [party for party in entry.cast if party.kind in kinds]
    await store.drop_holds(desk.connection, [entry.id], resource_ids=await resources_of(desk.connection, entry, kinds), sittings=to_come)
    left = {party.kind: party for party in entry.cast if party not in lost}
    after = replace(
        entry,
        cast=Cast(
            chair=left.get(ResourceKind.IRO),
            room=left.get(ResourceKind.ROOM),
            note_taker=left.get(ResourceKind.NOTE_TAKER),
            police=left.get(ResourceKind.POLICE),
        ),
        lacks=(*entry.lacks, *(party.kind for party in lost)),
        version=entry.version + 1,
    )
    # the others come and go as before: their own times do not depend on who is lost
    holds = await taken_holds(desk.connection, after, desk.settings)
    await store.change_meeting(desk.connection, after, desk.event("RELEASED", reason, lost={party.kind: party.code for party in lost}))
    await store.replace_attendance(desk.connection, after, holds)
    await tell(desk, after, holds, "RELEASE", lost=[party.code for party in lost])


def judge_whose(actor: Actor, kind: ResourceKind, code: str) -> None:
    """Raises `Forbidden` for who states nobody's time, `NotFound` for a resource of whose time the actor does not speak."""
    if require(actor, Act.RECORD_ABSENCE) is Reach.ALL:
        return
    own = kind in _OWN_KINDS.get(actor.role, frozenset())
    if not own or (actor.role is not Role.BUSINESS_SUPPORT and code != actor.code):
        raise NotFound(f"there is no {kind.value} {code}")

"""Time beyond the weekly pattern that somebody, or a room, offers on a day: an evening, a Saturday; and takes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.booking.absences import judge_whose, release_in, until_named
from services.booking.desk import Desk, open_desk
from services.directory import availability_store
from services.directory import store as directory
from services.directory.laying import LAID_AHEAD, lay_ahead, lay_availability
from services.kernel.actor import Actor
from services.kernel.errors import HasMeetings, InvalidInput, NotFound
from services.kernel.permission import Act
from services.kernel.window import TimeWindow, civil_day, hour_of
from services.kernel.words import ResourceKind
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTime:
    """Of a police team all its places are on duty then."""

    request_key: str
    kind: ResourceKind
    code: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOffer:
    """What a person has offered of that time is offered no longer; the rest of the offer stands.

    `release`: meetings that stand in it lose this resource; else nothing is withdrawn while there are any.
    """

    request_key: str
    kind: ResourceKind
    code: str
    starts_at: datetime
    ends_at: datetime
    release: bool = False


async def offer_time(resources: Resources, actor: Actor, command: OfferTime, now: datetime) -> TimeWindow:
    """The resource can be booked then as well, also on a bank holiday, unless it is absent; answers the time.

    An absence that is recorded over it takes it away again. Raises `Forbidden`, `NotFound` (also for a resource that is not the
    actor's to speak for), and `InvalidInput` for a time that is over, too far ahead, or of more than one day.
    """
    judge_whose(actor, command.kind, command.code)
    window = TimeWindow(command.starts_at, command.ends_at)
    today = resources.today(now)
    hour = hour_of(today, now)
    if window.start <= hour:
        raise InvalidInput(f"from {window.start.isoformat()} is over: time is offered before it comes", "from")
    if civil_day(window.start) > today + LAID_AHEAD:
        raise InvalidInput(f"diaries are laid out for {LAID_AHEAD.days} days: offer it nearer to the day", "from")
    _judge_one_day(window, "an offer is of one day, in England: offer each day by itself")

    async def work(connection: Connection) -> dict[str, Any]:
        found = await _resources(connection, command.kind, command.code)
        await availability_store.add_offers(connection, [(each, window) for each in found], actor.subject, now)
        await lay_ahead(connection, today, found, over_by=hour)
        details = {"kind": command.kind, "code": command.code, "from": window.start.isoformat(), "to": window.end.isoformat()}
        await audit.record(connection, actor, "OFFER_TIME", subject=f"resource:{found[0]}", details=details)
        return {}

    await once(resources.database, actor, command.request_key, {"command": "OfferTime", **asdict(command)}, work)
    return window


async def withdraw_offer(resources: Resources, actor: Actor, command: WithdrawOffer, now: datetime) -> tuple[UUID, ...]:
    """The resource has its weekly pattern, and what else is offered, and no more; answers the meetings that lost it, in order of time.

    A meeting that fits without the offer stands. Raises `Forbidden`, `NotFound` (also for a resource that is not the actor's to
    speak for), `InvalidInput` for a time that is over or in which no person has offered anything, and `HasMeetings` while meetings
    stand on the offer, unless the command releases them.
    """
    judge_whose(actor, command.kind, command.code)
    window = TimeWindow(command.starts_at, command.ends_at)
    if window.end <= hour_of(resources.today(now), now):
        raise InvalidInput(f"to {window.end.isoformat()} is over: nothing is left to withdraw", "to")
    _judge_one_day(window, "an offer is of one day, in England: withdraw each day by itself")

    async def work(connection: Connection) -> dict[str, Any]:
        desk = await open_desk(resources, connection, actor, now, Act.RECORD_ABSENCE)
        found = await _resources(connection, command.kind, command.code)
        if not await availability_store.withdraw_offers(connection, found, window):
            raise InvalidInput(await _nothing_withdrawn(connection, found, window), "from")
        released = await _without(desk, found, window, release=command.release)
        details = {"kind": command.kind, "code": command.code, "from": window.start.isoformat(), "to": window.end.isoformat()}
        subject = f"resource:{found[0]}"
        await audit.record(connection, actor, "WITHDRAW_OFFER", subject=subject, details={**details, "released": len(released)})
        return {"released": [str(each) for each in released]}

    body = {"command": "WithdrawOffer", **asdict(command)}
    answer = await until_named(lambda: once(resources.database, actor, command.request_key, body, work))
    if answer["released"]:
        await resources.doorbell.ring_delivery()
    return tuple(UUID(each) for each in answer["released"])


async def _without(desk: Desk, found: Sequence[UUID], window: TimeWindow, *, release: bool) -> tuple[UUID, ...]:
    """Laid out anew without the offer; the meetings that stood on it lose these resources, or `HasMeetings`."""
    connection, day, spans = desk.connection, civil_day(window.start), [(each, window) for each in found]
    outside = await lay_availability(connection, day, day, found, over_by=desk.hour)
    under = await availability_store.meetings_under(connection, spans, desk.hour)
    there = {meeting for meetings in under.values() for meeting in meetings}
    standing = await availability_store.meetings_in_order(connection, there & {each for held in outside for each in held.meeting_ids})
    if not standing:
        return ()
    if not release:
        raise HasMeetings(standing, "release them or move them first, or withdraw only what they leave of the offer")
    released = await release_in(desk, spans, only=standing)  # not those that went elsewhere meanwhile
    await lay_availability(connection, day, day, found, over_by=desk.hour)  # their time was kept until now
    return await availability_store.meetings_in_order(connection, released)


async def _resources(connection: Connection, kind: ResourceKind, code: str) -> tuple[UUID, ...]:
    await directory.lock_establishment(connection)
    found = await directory.find_resources(connection, kind, code)
    if not found:
        raise NotFound(f"there is no {kind.value} {code}")
    return found


async def _nothing_withdrawn(connection: Connection, found: Sequence[UUID], window: TimeWindow) -> str:
    if await availability_store.is_offered(connection, found, window):
        return "that time is offered by the establishment file: take it out of the file, or record an absence"
    return "nothing is offered in that time: give the day and hours of an offer"


def _judge_one_day(window: TimeWindow, otherwise: str) -> None:
    if civil_day(window.start) != civil_day(window.end):
        raise InvalidInput(otherwise, "to")

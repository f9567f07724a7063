"""Time beyond the weekly pattern that somebody, or a room, offers on a day: an evening, a Saturday."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.booking.absences import judge_whose
from services.directory import store as directory
from services.directory.laying import LAID_AHEAD, lay_ahead
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.window import TimeWindow, civil_day
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


async def offer_time(resources: Resources, actor: Actor, command: OfferTime, now: datetime) -> TimeWindow:
    """The resource can be booked then as well, also on a bank holiday, unless it is absent; answers the time.

    An absence that is recorded over it takes it away again. Raises `Forbidden`, `NotFound` (also for a resource that is not the
    actor's to speak for), and `InvalidInput` for a time that is over, too far ahead, or of more than one day.
    """
    judge_whose(actor, command.kind, command.code)
    window = TimeWindow(command.starts_at, command.ends_at)
    today = resources.today(now)
    if window.start <= now:
        raise InvalidInput(f"from {window.start.isoformat()} is over: time is offered before it comes", "from")
    if civil_day(window.start) > today + LAID_AHEAD:
        raise InvalidInput(f"diaries are laid out for {LAID_AHEAD.days} days: offer it nearer to the day", "from")
    if civil_day(window.start) != civil_day(window.end):
        raise InvalidInput("an offer is of one day, in England: offer each day by itself", "to")

    async def work(connection: Connection) -> dict[str, Any]:
        await directory.lock_establishment(connection)
        found = await directory.find_resources(connection, command.kind, command.code)
        if not found:
            raise NotFound(f"there is no {command.kind.value} {command.code}")
        await directory.add_offers(connection, [(each, window) for each in found], actor.subject, now)
        await lay_ahead(connection, today, found, over_by=now)
        details = {"kind": command.kind, "code": command.code, "from": window.start.isoformat(), "to": window.end.isoformat()}
        await audit.record(connection, actor, "OFFER_TIME", subject=f"resource:{found[0]}", details=details)
        return {}

    await once(resources.database, actor, command.request_key, {"command": "OfferTime", **asdict(command)}, work)
    return window

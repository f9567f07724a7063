"""Where a change of the diary is made: in whose name, when, and under which settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.booking.store import claim_desk as claim_in_store
from services.booking.store import keep_subjects
from services.booking.written_rows import Event
from services.directory.settings import Settings
from services.directory.store import load_settings, settings_of
from services.kernel.actor import Actor
from services.kernel.permission import Act, Reach, require
from services.kernel.window import hour_of
from services.platform.database import Connection
from services.platform.requests import Claim
from services.platform.resources import Resources

_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One transaction of one actor. `own_iro`: only what is this officer's is there for the actor; None: everything is."""

    connection: Connection
    actor: Actor
    now: datetime
    today: date
    settings: Settings
    own_iro: UUID | None = None

    @property
    def hour(self) -> datetime:
        """Now, on `today`: what of the diary is over by it."""
        return hour_of(self.today, self.now)

    def event(self, what: str, reason: str | None = None, **details: object) -> Event:
        """A line for a meeting's history."""
        return Event(at=self.now, by=self.actor.subject, what=what, reason=reason, details=details)


async def open_desk(resources: Resources, connection: Connection, actor: Actor, now: datetime, act: Act = Act.BOOK) -> Desk:
    """A desk in the caller's transaction; no child becomes another meanwhile. Raises `Forbidden` for
    who may not book at all."""
    reach = require(actor, act)
    await keep_subjects(connection)
    today = resources.today(now)
    return _desk(connection, actor, now, today, await load_settings(connection, today), reach)


async def claim_desk(resources: Resources, connection: Connection, actor: Actor, now: datetime, claim: Claim) -> Desk | None:
    """As `open_desk`, for who may book, with a request key claimed in the same statement; None where that is known."""
    reach = require(actor, Act.BOOK)
    today = resources.today(now)
    stated = await claim_in_store(connection, claim, today)
    return None if stated is None else _desk(connection, actor, now, today, settings_of(stated), reach)


def _desk(connection: Connection, actor: Actor, now: datetime, today: date, settings: Settings, reach: Reach) -> Desk:
    own = (actor.resource_id or _NOBODY) if reach is Reach.OWN else None
    return Desk(connection=connection, actor=actor, now=now, today=today, settings=settings, own_iro=own)

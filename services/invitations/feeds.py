"""Calendar feeds: an address that shows one diary, for whoever knows it.

The address holds 256 random bits and is shown once; only their hash is kept. An unknown, a revoked and a departed person's
address are all the same 404. A feed is the stored bytes of calendar entries; whether it has changed is known without them.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID

from services.invitations import feed_store
from services.invitations.answering import NOT_THERE, FeedAnswer, has_it, unchanged, whole
from services.invitations.ical import CALENDAR_END, events_for_all, feed_start
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, Reach, require
from services.kernel.window import LONDON, civil_day, monday_of
from services.kernel.words import FeedScope, Role
from services.platform import audit
from services.platform.database import Connection, Database
from services.platform.requests import once
from services.platform.resources import Resources

DAYS_BACK = 30
"""Days for which past meetings, and cancelled ones after their cancellation, stay in a feed at least (see `Horizon`)."""
DAYS_AHEAD = 400
"""Days ahead that a feed shows at least."""

_LONGEST_TOKEN = 128
_FETCH_NOTED_EVERY = timedelta(minutes=5)
_OWN_SCOPES = {Role.IRO: FeedScope.IRO, Role.NOTE_TAKER: FeedScope.NOTE_TAKER, Role.POLICE_LIAISON: FeedScope.POLICE_TEAM}
_DESK_SCOPES = frozenset({FeedScope.ROOM, FeedScope.UNIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFeed:
    """`code` of the IRO, room, note-taker or police team; None for the unit, or for one's own. `free_busy_only`: for another system,
    to which the address gives when and nothing else."""

    request_key: str
    scope: FeedScope
    code: str | None = None
    free_busy_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeFeed:
    request_key: str
    feed_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedFeed:
    """`url` is given the first time only."""

    feed_id: UUID
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What of a diary a feed shows: up to a week more than asked. It moves on Mondays alone, so that an unchanged diary
    stays unchanged all week.
    """

    begins: datetime
    ends: datetime
    cancelled_since: datetime
    moved_at: datetime
    """When it came to be as it is."""

    @staticmethod
    @lru_cache(maxsize=4)
    def on(today: date, real_day: date) -> Horizon:
        """`today` may be a fixed day; cancellations are real ones, and age by the real day."""
        monday, real_monday = monday_of(today), monday_of(real_day)
        return Horizon(
            begins=midnight(monday - timedelta(days=DAYS_BACK)),
            ends=midnight(monday + timedelta(days=7 + DAYS_AHEAD)),
            cancelled_since=midnight(real_monday - timedelta(days=DAYS_BACK)),
            moved_at=midnight(real_monday),
        )


def midnight(day: date) -> datetime:
    """When the day begins in England."""
    return datetime.combine(day, time(0), tzinfo=LONDON)


async def issue_feed(resources: Resources, actor: Actor, command: IssueFeed, now: datetime) -> IssuedFeed:
    """A new feed with its address, which is shown this once. A repeated requestKey answers the feed alone.

    Raises `Forbidden` for a scope that the role never has, `NotFound` for what is not there or another's, `InvalidInput`.
    """
    _require_scope(actor, command.scope)
    tokens: list[str] = []

    async def issue(connection: Connection) -> dict[str, str]:
        owner = await _owner(connection, actor, command)
        feed_id, token = new_id(), secrets.token_urlsafe(32)
        await feed_store.add_feed(
            connection, feed_id, command.scope, owner, _digest(token), actor.subject, now, free_busy_only=command.free_busy_only
        )
        details = {"scope": command.scope, "code": owner.code, "free_busy_only": command.free_busy_only}
        await audit.record(connection, actor, "ISSUE_FEED", subject=f"feed:{feed_id}", details=details)
        tokens[:] = [token]
        return {"feed_id": str(feed_id)}

    body = {"command": "IssueFeed", "scope": command.scope, "code": command.code, "free_busy_only": command.free_busy_only}
    answer = await once(resources.database, actor, command.request_key, body, issue)
    ending = "ifb" if command.free_busy_only else "ics"
    url = f"{resources.config.base_url}/calendars/{tokens[0]}.{ending}" if tokens else None
    return IssuedFeed(feed_id=UUID(answer["feed_id"]), url=url)


async def revoke_feed(resources: Resources, actor: Actor, command: RevokeFeed, now: datetime) -> UUID:
    """Ends a feed: its address answers 404 from now on. Revoking again changes nothing. Raises `NotFound`."""
    far = require(actor, Act.USE_FEEDS)
    scopes = sorted(_DESK_SCOPES) if actor.role is Role.BUSINESS_SUPPORT else []

    async def revoke(connection: Connection) -> dict[str, str]:
        known = await feed_store.revoke_feed(
            connection, command.feed_id, now, everything=far is Reach.ALL, own=actor.resource_id, scopes=scopes
        )
        if not known:
            raise NotFound("there is no such feed")
        await audit.record(connection, actor, "REVOKE_FEED", subject=f"feed:{command.feed_id}")
        return {"feed_id": str(command.feed_id)}

    body = {"command": "RevokeFeed", "feed_id": command.feed_id}
    return UUID((await once(resources.database, actor, command.request_key, body, revoke))["feed_id"])


async def fetch_feed(
    resources: Resources,
    token: str,
    if_none_match: str | None,
    if_modified_since: str | None,
    now: datetime,
    *,
    accept_gzip: bool = False,
    only_looked_at: bool = False,
) -> FeedAnswer:
    """The diary behind an address: 200 with its events, 304 if the caller has them already, 404 if there is none (any more).

    A 304 reads no events. `if_none_match` and `if_modified_since` are the headers as they came. `only_looked_at`: for the headers
    alone, which is not to have fetched it.
    """
    day = civil_day(now)
    feed = await feed_behind(resources.database, token, day)
    if feed is None or feed.free_busy_only:
        return NOT_THERE
    horizon = Horizon.on(resources.config.today or day, day)
    changed = max(feed.changed_at or horizon.moved_at, horizon.moved_at)
    answer = _unchanged(feed.version, feed.changed_at, horizon, changed, changed <= now, accept_gzip)
    # the unit's date is the latest of many diaries: a second change of another one might not move it
    known = has_it(answer, if_none_match, if_modified_since if feed.owner_id else None)
    news = not only_looked_at and _is_news(feed, now)
    events = b"" if known else await _events_of(resources.database, feed.owner_id, horizon)
    if news:  # once it is read: what could not be has not been fetched
        await _note_with_others(resources.database, feed, now)
    if known:
        return answer
    body = feed_start().encode() + events + CALENDAR_END.encode()
    return await whole(answer, body, "text/calendar; charset=utf-8", gzipped=accept_gzip)


async def _events_of(database: Database, owner_id: UUID | None, horizon: Horizon) -> bytes:
    """What is one addressee's own, and what is switched on for one role, is not for everybody who sees the unit's calendar."""
    span = (horizon.begins, horizon.ends, horizon.cancelled_since)
    async with database.connection() as connection:
        if owner_id is not None:
            return await feed_store.events_of(connection, owner_id, *span)
        everybodys = await feed_store.events_of_unit(connection, *span)
    return await asyncio.to_thread(events_for_all, everybodys)


async def feed_behind(database: Database, token: str, day: date) -> feed_store.FetchedFeed | None:
    """The live feed of an address on a day; None where there is none (any more). How old it may be: see `Kept`."""
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    return await database.ask(feed_store.feeds_of, (_digest(token), day))


async def note_fetch(connection: Connection, feed: feed_store.FetchedFeed, now: datetime) -> None:
    """What the feed is for was fetched: the calendar, of a free/busy address its times. Who fetches the times of a calendar's address
    has not seen the calendar."""
    if _is_news(feed, now):
        await feed_store.note_fetch(connection, feed.id, feed.version, now)


async def _note_with_others(database: Database, feed: feed_store.FetchedFeed, now: datetime) -> None:
    """In one transaction with whatever else is fetched at the same moment: at the full hour it is all that is written."""
    if not await database.write_together(feed_store.note_fetches, (feed.id, feed.version, now)):
        async with database.connection() as connection:
            await feed_store.note_fetch(connection, feed.id, feed.version, now)


def _is_news(feed: feed_store.FetchedFeed, now: datetime) -> bool:
    """Whether this fetch is to be noted: each one of what has changed since the last noted, of others one every few minutes."""
    last = feed.last_fetched_at
    return last is None or now - last >= _FETCH_NOTED_EVERY or feed.fetched_version != feed.version


@lru_cache(maxsize=1024)  # many ask for the same again and again, every few minutes
def _unchanged(version: int, changed_at: datetime | None, horizon: Horizon, changed: datetime, past: bool, gzipped: bool) -> FeedAnswer:
    moved = f"{horizon.begins:%y%m%d}{horizon.cancelled_since:%y%m%d}"
    stamp = 0 if changed_at is None else int(changed_at.timestamp() * 1_000_000)
    return unchanged(f"{version:x}-{stamp:x}-{moved}", changed, past=past, gzipped=gzipped)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _require_scope(actor: Actor, scope: FeedScope) -> None:
    far = require(actor, Act.USE_FEEDS)
    allowed = _DESK_SCOPES if actor.role is Role.BUSINESS_SUPPORT else {_OWN_SCOPES.get(actor.role)}
    if far is not Reach.ALL and scope not in allowed:
        raise Forbidden("your role may not have such a feed")


async def _owner(connection: Connection, actor: Actor, command: IssueFeed) -> feed_store.FeedOwner:
    if command.scope is FeedScope.UNIT:
        if command.code is not None:
            raise InvalidInput("the unit's feed has no code: leave it out", "code")
        if command.free_busy_only:
            raise InvalidInput("free and busy are of an officer, a room, a note-taker or a team: name one, not the unit", "scope")
        return feed_store.FeedOwner(id=None, code=None)
    own = _OWN_SCOPES.get(actor.role) is command.scope
    code = command.code if command.code is not None or not own else actor.code
    if code is None:
        raise InvalidInput(f"a feed of scope {command.scope.value} needs the code of whose diary it shows", "code")
    owner = await feed_store.owner_of(connection, command.scope, code)
    if owner is None or (own and owner.id != actor.resource_id):
        raise NotFound(f"there is no {command.scope.value} of that code")
    return owner

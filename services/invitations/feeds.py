"""Calendar feeds: an address that shows one diary, for whoever knows it.

The address holds 256 random bits and is shown once; only their hash is kept. An unknown, a revoked and a departed person's
address are all the same 404. A feed is the stored bytes of calendar entries; whether it has changed is known without them.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from uuid import UUID

from services.invitations import feed_store
from services.invitations.ical import CALENDAR_END, feed_start
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act, Reach, require
from services.kernel.window import LONDON, civil_day
from services.kernel.words import FeedScope, Role
from services.platform import audit
from services.platform.database import Connection
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
_ALWAYS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFeed:
    """`code` of the IRO, room, note-taker or police team; None for the unit, or for one's own."""

    request_key: str
    scope: FeedScope
    code: str | None = None


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
class FeedAnswer:
    """An HTTP answer: `headers` are complete, ETag and Last-Modified included."""

    status: int
    body: bytes = b""
    etag: str | None = None
    last_modified: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """What of a diary a feed shows: up to a week more than asked. It moves on Mondays alone, so that an unchanged diary
    stays unchanged all week.
    """

    begins: datetime
    ends: datetime
    cancelled_since: datetime

    @classmethod
    def on(cls, today: date, now: datetime) -> Horizon:
        """`today` may be a fixed day; cancellations are real ones, and age by `now`."""
        monday, real_monday = _monday(today), _monday(civil_day(now))
        return cls(
            begins=_midnight(monday - timedelta(days=DAYS_BACK)),
            ends=_midnight(monday + timedelta(days=7 + DAYS_AHEAD)),
            cancelled_since=_midnight(real_monday - timedelta(days=DAYS_BACK)),
        )

    @property
    def moved_at(self) -> datetime:
        """When it came to be as it is."""
        return _midnight(self.cancelled_since.astimezone(LONDON).date() + timedelta(days=DAYS_BACK))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
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
        await feed_store.add_feed(connection, feed_id, command.scope, owner, _digest(token), actor.subject, now)
        await audit.record(connection, actor, "ISSUE_FEED", subject=f"feed:{feed_id}", details={"scope": command.scope, "code": owner.code})
        tokens[:] = [token]
        return {"feed_id": str(feed_id)}

    body = {"command": "IssueFeed", "scope": command.scope, "code": command.code}
    answer = await once(resources.database, actor, command.request_key, body, issue)
    url = f"{resources.config.base_url}/calendars/{tokens[0]}.ics" if tokens else None
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
) -> FeedAnswer:
    """The diary behind an address: 200 with its events, 304 if the caller has them already, 404 if there is none (any more).

    A 304 reads no events. `if_none_match` and `if_modified_since` are the headers as they came.
    """
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return _NOT_THERE
    today = resources.today(now)
    async with resources.database.connection() as connection:
        feed = await feed_store.feed_of(connection, _digest(token), civil_day(now))
        if feed is None:
            return _NOT_THERE
        if feed.last_fetched_at is None or now - feed.last_fetched_at >= _FETCH_NOTED_EVERY:
            await feed_store.note_fetch(connection, feed.id, now)
        horizon = Horizon.on(today, now)
        answer = _unchanged(feed, horizon, now, gzipped=accept_gzip)
        if _has_it(answer, feed, if_none_match, if_modified_since):
            return answer
        events = await feed_store.events_of(connection, feed.owner_id, horizon.begins, horizon.ends, horizon.cancelled_since)
    body = feed_start().encode() + events + CALENDAR_END.encode()
    return await _whole(answer, body, gzipped=accept_gzip)


_NOT_THERE = FeedAnswer(status=404, body=b"no such calendar\n", headers={**_ALWAYS, "Content-Type": "text/plain; charset=utf-8"})


def _unchanged(feed: feed_store.FetchedFeed, horizon: Horizon, now: datetime, *, gzipped: bool) -> FeedAnswer:
    changed = max(feed.changed_at or horizon.moved_at, horizon.moved_at)
    moved = f"{horizon.begins:%y%m%d}{horizon.cancelled_since:%y%m%d}"
    stamp = 0 if feed.changed_at is None else int(feed.changed_at.timestamp() * 1_000_000)
    etag = f'"{feed.version:x}-{stamp:x}-{moved}{"-gz" if gzipped else ""}"'
    headers = {**_ALWAYS, "ETag": etag, "Vary": "Accept-Encoding"}
    if changed <= now:  # a date to come must not be sent (RFC 9110 8.8.2.1)
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    return FeedAnswer(status=304, etag=etag, last_modified=changed, headers=headers)


def _has_it(answer: FeedAnswer, feed: feed_store.FetchedFeed, if_none_match: str | None, if_modified_since: str | None) -> bool:
    if if_none_match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in tags or answer.etag in tags
    # the unit's date is the latest of many diaries: a second change of another one might not move it
    if if_modified_since is None or feed.owner_id is None or "Last-Modified" not in answer.headers:
        return False
    assert answer.last_modified is not None
    try:
        since = parsedate_to_datetime(if_modified_since)
    except (ValueError, OverflowError):
        return False
    return since.tzinfo is not None and answer.last_modified.replace(microsecond=0) <= since


async def _whole(answer: FeedAnswer, body: bytes, *, gzipped: bool) -> FeedAnswer:
    headers = {**answer.headers, "Content-Type": "text/calendar; charset=utf-8"}
    if gzipped:
        headers["Content-Encoding"] = "gzip"
        body = await asyncio.to_thread(gzip.compress, body, 5, mtime=0)
    return FeedAnswer(status=200, body=body, etag=answer.etag, last_modified=answer.last_modified, headers=headers)


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
        return feed_store.FeedOwner(id=None, code=None)
    own = _OWN_SCOPES.get(actor.role) is command.scope
    code = command.code if command.code is not None or not own else actor.code
    if code is None:
        raise InvalidInput(f"a feed of scope {command.scope.value} needs the code of whose diary it shows", "code")
    owner = await feed_store.owner_of(connection, command.scope, code)
    if owner is None or (own and owner.id != actor.resource_id):
        raise NotFound(f"there is no {command.scope.value} of that code")
    return owner

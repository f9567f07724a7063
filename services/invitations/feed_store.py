"""Calendar feeds and what they show, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from services.invitations.free_busy import Held
from services.kernel.window import TimeWindow
from services.kernel.words import FeedScope
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "feeds.sql")
_RESOURCE_KINDS = {FeedScope.IRO: "IRO", FeedScope.ROOM: "ROOM", FeedScope.NOTE_TAKER: "NOTE_TAKER"}

Asked: TypeAlias = tuple[bytes, date]
"""The hash of an address, and the day on which it is asked for."""


Fetched: TypeAlias = tuple[UUID, int, datetime]
"""A feed, the version of the diary that was fetched, and when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOwner:
    """Whose diary a feed shows; both None: the whole unit's."""

    id: UUID | None
    code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFeed:
    """A live feed with the version of the diary that it shows, and that which was fetched last. `changed_at` None: nothing was ever
    in it.

    `busy_hash`: of the free and busy times that it gave last, and `busy_since` when they came to be so.
    """

    id: UUID
    owner_id: UUID | None
    last_fetched_at: datetime | None
    fetched_version: int | None
    version: int
    changed_at: datetime | None
    free_busy_only: bool
    busy_hash: bytes | None
    busy_since: datetime | None


async def owner_of(connection: Connection, scope: FeedScope, code: str) -> FeedOwner | None:
    """The IRO, room, note-taker or police team of that code."""
    if scope is FeedScope.POLICE_TEAM:
        found = await _queries.police_team_of_code(connection, code=code)
    else:
        found = await _queries.resource_of_code(connection, kind=_RESOURCE_KINDS[scope], code=code)
    return None if found is None else FeedOwner(id=found, code=code)


async def add_feed(
    connection: Connection,
    feed_id: UUID,
    scope: FeedScope,
    owner: FeedOwner,
    token_hash: bytes,
    issued_by: str,
    now: datetime,
    *,
    free_busy_only: bool,
) -> None:
    await _queries.add_feed(
        connection,
        id=feed_id,
        scope=scope.value,
        code=owner.code,
        owner_id=owner.id,
        token_hash=token_hash,
        issued_by=issued_by,
        now=now,
        free_busy_only=free_busy_only,
    )


async def revoke_feed(
    connection: Connection, feed_id: UUID, now: datetime, *, everything: bool, own: UUID | None, scopes: Sequence[str]
) -> bool:
    """Whether there is such a feed in the caller's reach; revoked from `now`, or from when it was revoked first."""
    found = await _queries.revoke_feed(connection, id=feed_id, now=now, everything=everything, own=own, scopes=list(scopes))
    return found is not None


async def feeds_of(connection: Connection, asked: Sequence[Asked]) -> dict[Asked, FetchedFeed]:
    """The feeds of these addresses that are neither revoked nor of a person, room or team that is gone on the day."""
    hashes, days = [each[0] for each in asked], [each[1] for each in asked]
    rows = _queries.feeds_of(connection, token_hashes=hashes, days=days)
    return {(row["token_hash"], row["day"]): _fetched(row) async for row in rows}


def _fetched(row: Any) -> FetchedFeed:
    return FetchedFeed(
        id=row["id"],
        owner_id=row["owner_id"],
        last_fetched_at=row["last_fetched_at"],
        fetched_version=row["fetched_version"],
        version=row["version"],
        changed_at=row["changed_at"],
        free_busy_only=row["free_busy_only"],
        busy_hash=row["busy_hash"],
        busy_since=row["busy_since"],
    )


async def note_fetch(connection: Connection, feed_id: UUID, version: int, now: datetime) -> None:
    """The diary was fetched now, as it was at that version."""
    await _queries.note_fetch(connection, id=feed_id, version=version, now=now)


async def note_fetches(connection: Connection, fetches: Sequence[Fetched]) -> dict[Fetched, bool]:
    """Notes many at once, and answers which: all but those of feeds in which somebody else is writing."""
    ids, versions, instants = zip(*fetches, strict=True)
    rows = _queries.note_fetches(connection, ids=list(ids), versions=list(versions), instants=list(instants))
    noted = {row["id"] async for row in rows}
    return {each: True for each in fetches if each[0] in noted}


async def events_of(connection: Connection, owner_id: UUID, begins: datetime, ends: datetime, cancelled_since: datetime) -> bytes:
    """The stored events of a diary in order of time."""
    events = await _queries.events_of_owner(connection, owner_id=owner_id, begins=begins, ends=ends, cancelled_since=cancelled_since)
    found: bytes = events or b""
    return found


async def events_of_unit(
    connection: Connection, begins: datetime, ends: datetime, cancelled_since: datetime
) -> list[tuple[str, TimeWindow | None]]:
    """The stored event of each sitting, that of its chair where it has one, in order of time; and when the sitting itself begins and
    ends, None where nobody said so."""
    rows = _queries.events_of_unit(connection, begins=begins, ends=ends, cancelled_since=cancelled_since)
    return [(row["vevent"], None if row["begins"] is None else TimeWindow(row["begins"], row["ends"])) async for row in rows]


async def busy_since(connection: Connection, feed: FetchedFeed, digest: bytes, now: datetime) -> datetime:
    """Since when what a feed tells of free and busy times has that digest: from `now`, which is noted, if it had another before."""
    if feed.busy_since is not None and feed.busy_hash == digest:
        return feed.busy_since
    since: datetime = await _queries.note_busy(connection, id=feed.id, digest=digest, now=now)
    return since


async def held_of(connection: Connection, owner_id: UUID, span: TimeWindow) -> list[Held]:
    """What meetings hold of a resource, or of all places of a police team."""
    rows = _queries.held_of(connection, owner_id=owner_id, starts_at=span.start, ends_at=span.end)
    return [Held(window=_window(row["blocked"]), provisional=row["provisional"]) async for row in rows]


async def at_work(connection: Connection, owner_id: UUID, span: TimeWindow) -> list[TimeWindow]:
    """When a resource is at work; of a police team each of its places."""
    rows = _queries.at_work(connection, owner_id=owner_id, starts_at=span.start, ends_at=span.end)
    return [_window(row["during"]) async for row in rows]


def _window(span: Any) -> TimeWindow:
    return TimeWindow(span.lower, span.upper)

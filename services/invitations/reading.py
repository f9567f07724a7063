"""What viewers read of invitations and calendar feeds. No address of a person is among it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows, grouped
from services.kernel.actor import Actor
from services.kernel.permission import Act, Reach, reach
from services.kernel.sight import sight_of
from services.kernel.window import TimeWindow
from services.kernel.words import FeedScope, InvitationMethod, InvitationState, ReplyAnswer, Role
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One message that one addressee was owed, and what that person has answered to it: None, nothing yet."""

    attendee: str
    method: InvitationMethod
    sequence: int
    state: InvitationState
    sent_at: datetime | None
    answer: ReplyAnswer | None
    answered_at: datetime | None
    proposed: TimeWindow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """`changed_at`: when the diary changed last that it shows; None: there was never anything in it. `stale`: whoever looks at it sees
    an older diary, which has changed since it was fetched last, if it ever was.
    """

    id: UUID
    scope: FeedScope
    code: str | None
    free_busy_only: bool
    issued_at: datetime
    revoked_at: datetime | None
    last_fetched_at: datetime | None
    changed_at: datetime | None
    stale: bool


async def invitations_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Invitation]]:
    sight = sight_of(actor, Act.READ_MEETINGS)
    rows = await all_rows(
        _queries.invitations_of(
            connection,
            ids=list(ids),
            everything=sight.everything,
            note_taker_id=sight.note_taker_id,
            police_team_id=sight.police_team_id,
            own=list(sight.references),
        )
    )
    return grouped(rows, "meeting_id", _invitation)


async def all_feeds(connection: Connection, actor: Actor) -> list[Feed]:
    """The feeds that the actor may issue and revoke, the latest first."""
    return await _feeds(connection, actor, None)


async def feeds(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Feed]:
    return {feed.id: feed for feed in await _feeds(connection, actor, list(ids))}


async def _feeds(connection: Connection, actor: Actor, ids: list[UUID] | None) -> list[Feed]:
    far = reach(actor, Act.USE_FEEDS)
    if far is Reach.NONE:
        return []
    desk = actor.role is Role.BUSINESS_SUPPORT
    rows = await all_rows(
        _queries.feeds_listed(
            connection,
            everything=far is Reach.ALL,
            self_id=actor.resource_id,
            scopes=[FeedScope.ROOM.value, FeedScope.UNIT.value] if desk else [],
            ids=ids,
        )
    )
    return [Feed(**{**row, "scope": FeedScope(row["scope"])}) for row in rows]


def _invitation(row: Any) -> Invitation:
    return Invitation(
        attendee=row["attendee"],
        method=InvitationMethod(row["method"]),
        sequence=row["sequence"],
        state=InvitationState(row["state"]),
        sent_at=row["sent_at"],
        answer=None if row["answer"] is None else ReplyAnswer(row["answer"]),
        answered_at=row["answered_at"],
        proposed=None if row["proposed_from"] is None else TimeWindow(row["proposed_from"], row["proposed_until"]),
    )

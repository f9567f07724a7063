"""Invitations that meetings owe, and calendar feeds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described, errors
from graph.context import Info
from graph.names import Node, global_id, id_of
from services.invitations import feeds, reading
from services.kernel.errors import NotFound
from services.kernel.words import FeedScope, InvitationMethod, InvitationState


@strawberry.enum
class ReplyState(StrEnum):
    NONE = "NONE"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


@strawberry.type(description="attendee is a role or a code, never an address.")
class Invitation:
    attendee: str
    method: InvitationMethod
    sequence: int
    state: InvitationState
    sent_at: datetime | None
    reply: ReplyState = strawberry.field(description="To this invitation: a later change of the meeting asks anew.")
    replied_at: datetime | None
    proposed_starts_at: datetime | None = strawberry.field(description="The time that the addressee would rather have.")
    proposed_ends_at: datetime | None


@strawberry.type
class CalendarFeed(Node):
    scope: FeedScope
    code: str | None
    free_busy_only: bool = strawberry.field(description="For another system: it gives when somebody is taken, and nothing else.")
    issued_at: datetime
    revoked_at: datetime | None
    last_fetched_at: datetime | None
    changed_at: datetime | None = strawberry.field(description="When the diary that it shows changed last.")
    stale: bool = strawberry.field(description="That diary has changed since it was fetched last: whoever looks at it sees an older one.")


@strawberry.input
class IssueCalendarFeedInput:
    request_key: strawberry.ID
    scope: FeedScope
    code: str | None = strawberry.UNSET
    free_busy_only: bool | None = strawberry.field(
        default=False, description="An address for another system: free and busy times, and no calendar."
    )


@strawberry.input
class RevokeCalendarFeedInput:
    request_key: strawberry.ID
    id: strawberry.ID


@strawberry.type(
    description="The address is shown this once; only its hash is kept (so a repeated requestKey answers with the feed and no address)."
)
class IssuedCalendarFeed:
    feed: CalendarFeed
    url: str | None


@strawberry.type
class RevokedCalendarFeed:
    feed: CalendarFeed


IssueCalendarFeedResult = Annotated[
    IssuedCalendarFeed | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("IssueCalendarFeedResult"),
]
RevokeCalendarFeedResult = Annotated[
    RevokedCalendarFeed | errors.NotFound | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("RevokeCalendarFeedResult"),
]


def feed_of(row: reading.Feed) -> CalendarFeed:
    return CalendarFeed(
        id=global_id("CalendarFeed", row.id),
        scope=row.scope,
        code=row.code,
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        last_fetched_at=row.last_fetched_at,
        free_busy_only=row.free_busy_only,
        changed_at=row.changed_at,
        stale=row.stale,
    )


def invitation_of(row: reading.Invitation) -> Invitation:
    return Invitation(
        attendee=row.attendee,
        method=row.method,
        sequence=row.sequence,
        state=row.state,
        sent_at=row.sent_at,
        reply=ReplyState.NONE if row.answer is None else ReplyState(row.answer.value),
        replied_at=row.answered_at,
        proposed_starts_at=None if row.proposed is None else row.proposed.start,
        proposed_ends_at=None if row.proposed is None else row.proposed.end,
    )


@strawberry.type
class FeedQuery:
    @described.field("The feeds that the viewer may issue and revoke, the latest first.")
    async def calendar_feeds(self, info: Info) -> list[CalendarFeed]:
        return [feed_of(row) for row in await info.context.read(reading.all_feeds)]


@strawberry.type
class FeedMutation:
    @strawberry.mutation
    async def issue_calendar_feed(self, info: Info, input: IssueCalendarFeedInput) -> IssueCalendarFeedResult:  # noqa: A002
        context = info.context
        command = feeds.IssueFeed(
            request_key=input.request_key, scope=input.scope, code=input.code or None, free_busy_only=bool(input.free_busy_only)
        )
        issued = await feeds.issue_feed(context.resources, context.actor, command, context.now)
        context.renew()
        return IssuedCalendarFeed(feed=feed_of(await _feed(info, issued.feed_id)), url=issued.url)

    @strawberry.mutation
    async def revoke_calendar_feed(self, info: Info, input: RevokeCalendarFeedInput) -> RevokeCalendarFeedResult:  # noqa: A002
        context = info.context
        command = feeds.RevokeFeed(request_key=input.request_key, feed_id=id_of("CalendarFeed", input.id))
        revoked = await feeds.revoke_feed(context.resources, context.actor, command, context.now)
        context.renew()
        return RevokedCalendarFeed(feed=feed_of(await _feed(info, revoked)))


async def _feed(info: Info, identifier: UUID) -> reading.Feed:
    found = await info.context.loaders.load(reading.feeds, identifier)
    if found is None:
        raise NotFound("there is no such feed")
    return found

"""One child under two references: what an import proposes, and what a person decides."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from graph import described, errors
from graph.booking import Meeting, meetings_by_ids
from graph.children import Child, child_by_id
from graph.commands import Command, fill
from graph.context import Info
from graph.names import Node, global_id
from graph.pagination import PageInfo, cursor_of, page_behind, page_info, window_of
from graph.recording import Serve, keep
from graph.words import IdentityState
from services.intake import identities
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, NotFound
from services.platform.database import Connection


@strawberry.type(description="Two references that may be, or are, one child.")
class IdentityLink(Node):
    reference: str
    other_reference: str
    evidence: list[str] = strawberry.field(description="SAME_UPN, SAME_BIRTH, BIRTHS_DIFFER: never the number itself.")
    state: IdentityState
    kept_reference: str | None = strawberry.field(description="Of two that are one: the reference under which the child goes on.")
    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    row: strawberry.Private[identities.IdentityLink]

    @described.field(
        "Of a pair that was merged, or is two again: what a person must settle now. Meetings to come that stand for nothing owed, and "
        "officers who may not have the child, or chair for it, by what is known under the other reference."
    )
    async def to_settle(self, info: Info) -> list[str]:
        found: tuple[str, ...] | None = await info.context.loaders.load(settling, self.row.id)
        return list(found or ())

    @described.field("Null where it goes on as the other.")
    async def child(self, info: Info) -> Child | None:
        return await child_by_id(info, self.row.child_id)

    @described.field("Null where it goes on as the first.")
    async def other(self, info: Info) -> Child | None:
        return await child_by_id(info, self.row.other_id)


@strawberry.type
class IdentityLinkEdge:
    cursor: str
    node: IdentityLink


@strawberry.type
class IdentityLinkConnection:
    edges: list[IdentityLinkEdge]
    page_info: PageInfo
    total_count: int


@strawberry.type(description="The proposal as it stands after the decision.")
class IdentityDecided:
    link: IdentityLink
    released: list[Meeting] = strawberry.field(
        description="Meetings that have lost their room since the parents must not meet, as was known of one of the two alone, and list it "
        "in needs: in order of time, as far as the viewer may see them."
    )
    stopped: list[Meeting] = strawberry.field(
        description="Meetings to come that were called off, or go on without the child, since it died or was adopted, as was known of one "
        "of the two alone; listed as released."
    )


IdentityResult = Annotated[
    IdentityDecided | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("IdentityResult"),
]


@strawberry.input(description="The two are one child. keptReference omitted: the one with an officer, else the one known longer.")
class MergeIdentitiesInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    kept_reference: str | None = strawberry.UNSET


@strawberry.input(description="What a person decides about a proposal, and why.")
class DecideIdentityInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str


async def links(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, identities.IdentityLink]:
    """By identifier; none for a role that may not read them."""
    return {link.id: link for link in await _seen(connection, actor, ids=ids)}


async def settling(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, tuple[str, ...]]:
    """By link: what is to be settled of it; nothing for a role that may not read links."""
    try:
        return await identities.unsettled(connection, actor, ids, today)
    except Forbidden:
        return {}


async def _seen(
    connection: Connection, actor: Actor, *, states: Collection[IdentityState] | None = None, ids: Collection[UUID] | None = None
) -> tuple[identities.IdentityLink, ...]:
    try:
        return await identities.identity_links(connection, actor, states=states, ids=ids)
    except Forbidden:  # what is refused looks like what is not there
        return ()


def link_of(info: Info, row: identities.IdentityLink) -> IdentityLink:
    info.context.seen.update((row.child_id, row.other_id))
    return IdentityLink(
        id=global_id("IdentityLink", row.id),
        reference=row.reference,
        other_reference=row.other_reference,
        evidence=list(row.evidence),
        state=row.state,
        kept_reference=row.kept_reference,
        proposed_at=row.proposed_at,
        proposed_by=row.proposed_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        reason=row.reason,
        row=row,
    )


def _decision(description: str, stated: type[Any], command: type[Command], serve: Serve[Command, identities.IdentityDecided]) -> Any:
    async def resolve(info: Info, input: Any) -> IdentityDecided:  # noqa: A002
        decided = await keep(info, serve, fill(command, input, of="IdentityLink"))
        row = await info.context.loaders.load(links, decided.link_id)
        if row is None:
            raise NotFound("there is no such proposal, or not for you")
        released, stopped = [await meetings_by_ids(info, each) for each in (decided.released, decided.stopped)]
        return IdentityDecided(link=link_of(info, row), released=released, stopped=stopped)

    return described.mutation_of(description, stated, IdentityResult, resolve)


@strawberry.type
class IdentityQuery:
    @described.field("References that may be, or are, one child: what waits for a person first; in some states, or in all.")
    async def identity_links(
        self, info: Info, states: list[IdentityState] | None = strawberry.UNSET, first: int | None = 50, after: str | None = None
    ) -> IdentityLinkConnection:
        window = window_of(first, after)
        found = await info.context.read(_seen, states=tuple(states) if states else None)
        page = page_behind(found, window, lambda row: row.id)
        edges = [IdentityLinkEdge(cursor=cursor_of("", row.id), node=link_of(info, row)) for row in page.rows]
        return IdentityLinkConnection(
            edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), total_count=len(found)
        )


@strawberry.type
class IdentityMutation:
    merge_identities = _decision(
        "The two are one child from now on: records, duties, bookings, officer. It can be undone.",
        MergeIdentitiesInput,
        identities.MergeIdentities,
        identities.merge_identities,
    )
    reject_identity = _decision(
        "The two are two children, and are not proposed again.",
        DecideIdentityInput,
        identities.DecideIdentity,
        identities.reject_identity,
    )
    undo_merge = _decision(
        "The two are two children again, each with what was its own.",
        DecideIdentityInput,
        identities.DecideIdentity,
        identities.undo_merge,
    )

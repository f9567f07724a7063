"""The diary as the viewer may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described
from graph.attendees import Attendee, Quorum, attendee_of, quorum_of
from graph.context import Info
from graph.invitations import Invitation, invitation_of
from graph.judging import timeliness_of, worst
from graph.names import LazyIro, LazyNoteTaker, LazyPoliceTeam, LazyRoom, Node, global_id, id_of
from graph.obligations import Obligation, Subject, household_of, obligation_by_id
from graph.officers import iro_by_id, note_taker_by_id, police_team_by_id, room_by_id
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from graph.wishes import WishMissed, wishes_missed
from services.booking import reading, reading_attendees
from services.booking.wishing import missed_by_meetings
from services.invitations import reading as invitations_reading
from services.kernel.errors import NotFound
from services.kernel.paging import Slice, Window
from services.kernel.words import MeetingKind, MeetingState, ResourceKind, Timeliness


@strawberry.type
class SittingAttended:
    role: str
    agency: str


@strawberry.type
class Sitting:
    starts_at: datetime
    ends_at: datetime
    held_on: date | None = strawberry.field(description="As it is recorded now; null: it has not taken place.")
    attended: list[SittingAttended] | None = strawberry.field(
        description="Who came; null where nobody has said, and to a viewer who may not see whom the meeting concerns."
    )


def _sitting_of(row: reading.Sitting) -> Sitting:
    came = (
        None
        if row.attended is None
        else [SittingAttended(role=role, agency=agency) for role, _, agency in (each.partition(" ") for each in row.attended)]
    )
    return Sitting(starts_at=row.starts_at, ends_at=row.ends_at, held_on=row.held_on, attended=came)


@strawberry.type(description="reason is null to a viewer who may not see whom the meeting concerns.")
class MeetingEvent:
    at: datetime
    by: str
    what: str
    reason: str | None


@strawberry.type
class MeetingItem:
    kind: MeetingKind
    row: strawberry.Private[reading.Item]

    @strawberry.field
    async def timeliness(self, info: Info) -> Timeliness:
        return await timeliness_of(info, self.row.clock, info.context.today)

    @strawberry.field
    async def subject(self, info: Info) -> Subject:
        from graph.children import child_of

        if self.row.child_id is not None:
            return child_of(info, self.row.child_id, self.row.reference)
        assert self.row.household_id is not None
        assert self.row.approved_on is not None
        return household_of(self.row.household_id, self.row.reference, self.row.approved_on)

    @strawberry.field
    async def obligation(self, info: Info) -> Obligation | None:
        return await obligation_by_id(info, self.row.obligation_id)


@strawberry.type(description="An entry of the diary. What the records only know as held on a day is a HeldRecord.")
class Meeting(Node):
    reference: str = strawberry.field(description="A random reference, safe to print in a calendar: it says nothing of the child.")
    kind: MeetingKind | None = strawberry.field(description="The leading kind; items has each subject's own. Null where items is.")
    state: MeetingState
    starts_at: datetime
    ends_at: datetime
    items: list[MeetingItem] | None = strawberry.field(description="Null to a viewer who may see the booking but not whom it is about.")
    venue: str | None = strawberry.field(description="Where it is, if in no room of the unit. Never in a calendar while venueConfidential.")
    venue_confidential: bool
    needs: list[ResourceKind] = strawberry.field(description="What it still lacks, for example after a chair fell ill.")
    provisional_until: datetime | None
    version: int = strawberry.field(
        description="Changes with every change of the meeting; a mutation that carries an old one gets StaleVersion."
    )
    row: strawberry.Private[reading.Meeting]

    @described.field("The worst of its items; NOT_APPLICABLE where they are not shown.")
    async def timeliness(self, info: Info) -> Timeliness:
        return worst([await timeliness_of(info, item.clock, info.context.today) for item in self.row.items or ()])

    @strawberry.field
    async def sittings(self, info: Info) -> list[Sitting]:
        found = await info.context.loaders.load(reading.sittings_of, self.row.id)
        return [_sitting_of(each) for each in found or []]

    @strawberry.field
    async def chair(self, info: Info) -> LazyIro | None:
        return await iro_by_id(info, self.row.chair_id)

    @strawberry.field
    async def room(self, info: Info) -> LazyRoom | None:
        return await room_by_id(info, self.row.room_id)

    @strawberry.field
    async def note_taker(self, info: Info) -> LazyNoteTaker | None:
        return await note_taker_by_id(info, self.row.note_taker_id)

    @strawberry.field
    async def police_team(self, info: Info) -> LazyPoliceTeam | None:
        return await police_team_by_id(info, self.row.police_team_id)

    @strawberry.field
    async def attendees(self, info: Info) -> list[Attendee] | None:
        if self.row.items is None:
            return None
        found = await info.context.loaders.load(reading_attendees.attendees_of, self.row.id)
        return [attendee_of(each) for each in found or []]

    @described.field(
        "Foreseen from who is to come, and judged by who came once that is said. Null for a kind of meeting that has no quorum, and "
        "where items is null."
    )
    async def quorum(self, info: Info) -> Quorum | None:
        found = None if self.row.items is None else await info.context.loaders.load(reading_attendees.quorums_of, self.row.id)
        return None if found is None else quorum_of(found)

    @described.field("What of the own time of its children it does not respect; null to a viewer who may not see whom it is about.")
    async def wishes_missed(self, info: Info) -> list[WishMissed] | None:
        if self.row.items is None:
            return None
        return wishes_missed(await info.context.loaders.load(missed_by_meetings, self.row.id))

    @strawberry.field
    async def invitations(self, info: Info) -> list[Invitation]:
        found = await info.context.loaders.load(invitations_reading.invitations_of, self.row.id)
        return [invitation_of(each) for each in found or []]

    @strawberry.field
    async def history(self, info: Info) -> list[MeetingEvent]:
        found = await info.context.loaders.load(reading.events_of, self.row.id)
        return [MeetingEvent(at=each.at, by=each.by, what=each.what, reason=each.reason) for each in found or []]


@strawberry.type
class MeetingEdge:
    cursor: str
    node: Meeting


@strawberry.type
class MeetingConnection:
    edges: list[MeetingEdge]
    page_info: PageInfo
    counting: strawberry.Private[Counting]

    @strawberry.field
    async def total_count(self) -> int:
        return await self.counting()


@strawberry.input(description="Meetings that begin in these days, both included.")
class MeetingFilter:
    from_: date = strawberry.field(name="from")
    to: date
    kinds: list[MeetingKind] | None = strawberry.UNSET
    states: list[MeetingState] | None = strawberry.UNSET
    iro_code: str | None = strawberry.UNSET
    room_code: str | None = strawberry.UNSET
    note_taker_code: str | None = strawberry.UNSET
    police_team_code: str | None = strawberry.UNSET
    superfluous: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="True: only those that stand although nothing that they are for is owed any more; they are for a person to cancel.",
    )

    def wanted(self) -> reading.MeetingsWanted:
        return reading.MeetingsWanted(
            first_day=self.from_,
            last_day=self.to,
            kinds=tuple(self.kinds) if self.kinds else None,
            states=tuple(self.states) if self.states else None,
            iro_code=self.iro_code or None,
            room_code=self.room_code or None,
            note_taker_code=self.note_taker_code or None,
            police_team_code=self.police_team_code or None,
            superfluous=None if self.superfluous is strawberry.UNSET else self.superfluous,
        )


def meeting_of(info: Info, row: reading.Meeting) -> Meeting:
    items = None if row.items is None else [_item_of(info, item) for item in row.items]
    return Meeting(
        id=global_id("Meeting", row.id),
        reference=row.reference,
        kind=row.kind,
        state=row.state,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        items=items,
        venue=row.venue,
        venue_confidential=row.venue_confidential,
        needs=list(row.needs),
        provisional_until=row.provisional_until,
        version=row.version,
        row=row,
    )


def _item_of(info: Info, item: reading.Item) -> MeetingItem:
    return MeetingItem(kind=item.kind, row=item)


async def meeting_by_id(info: Info, identifier: UUID | None) -> Meeting | None:
    """None for none, or none in sight."""
    row = None if identifier is None else await info.context.loaders.load(reading.meetings, identifier)
    return None if row is None else meeting_of(info, row)


async def meetings_by_ids(info: Info, identifiers: Sequence[UUID]) -> list[Meeting]:
    """Those of them in sight, in that order."""
    found = [await meeting_by_id(info, each) for each in identifiers]
    return [each for each in found if each is not None]


async def the_meeting(info: Info, identifier: UUID) -> Meeting:
    """A meeting that the viewer has just changed."""
    found = await meeting_by_id(info, identifier)
    if found is None:
        raise NotFound("there is no such meeting, or not for you")
    return found


async def meetings_page(info: Info, page: Slice[reading.MeetingPlace], window: Window, count: Counting) -> MeetingConnection:
    """The page with its meetings, which come in one statement for all the pages of an answer."""
    found = await info.context.loaders.load_many(reading.meetings, [place.id for place in page.rows])
    edges = [
        MeetingEdge(cursor=cursor_of(place.starts_at.isoformat(), place.id), node=meeting_of(info, found[place.id]))
        for place in page.rows
        if place.id in found
    ]
    return MeetingConnection(
        edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), counting=count
    )


@strawberry.type
class MeetingQuery:
    @strawberry.field
    async def meetings(
        self,
        info: Info,
        wanted: Annotated[MeetingFilter, strawberry.argument(name="filter")],
        first: int | None = 50,
        after: str | None = None,
    ) -> MeetingConnection:
        window, context, rows_wanted = window_of(first, after), info.context, wanted.wanted()
        page = await context.read(reading.meetings_page, context.today, rows_wanted, window)
        return await meetings_page(info, page, window, lambda: context.read(reading.meetings_count, context.today, rows_wanted))

    @strawberry.field
    async def meeting(self, info: Info, id: strawberry.ID) -> Meeting | None:  # noqa: A002
        try:
            return await meeting_by_id(info, id_of("Meeting", id))
        except NotFound:
            return None

    @strawberry.field
    async def meeting_by_reference(self, info: Info, reference: str) -> Meeting | None:
        return await meeting_by_id(info, await info.context.read(reading.meeting_id_of, reference))

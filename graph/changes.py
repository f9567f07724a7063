"""Changes to the diary: find a time, book, move, confirm, cancel, postpone, record what was held."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from graph import described, errors
from graph.booking import Meeting, the_meeting
from graph.commands import given
from graph.context import Context, Info
from graph.names import LazyIro, LazyNoteTaker, LazyPoliceTeam, LazyRoom, id_of
from graph.officers import note_taker_by_id, police_team_by_id, room_by_id, the_iro
from graph.wishes import WishMissed, wishes_missed
from graph.words import Alternative
from services.booking import commands, service
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind

_MOST_SLOTS = 100


@strawberry.input
class SlotSearch:
    child_references: list[str] | None = strawberry.UNSET
    household_reference: str | None = strawberry.UNSET
    kind: MeetingKind
    triggered_on: date | None = strawberry.field(
        default=strawberry.UNSET,
        description="Day 0 of the clock where no record holds it yet (for an initial conference: the strategy discussion).",
    )
    moving_meeting_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A meeting that is to move does not stand in its own way."
    )
    chair_code: str | None = strawberry.UNSET
    minutes: int | None = strawberry.UNSET
    remote: bool | None = strawberry.UNSET
    apart: bool | None = strawberry.field(
        default=strawberry.UNSET, description="The parents must not meet; need not be said of a meeting that is to move."
    )
    note_taker: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="True: with a note-taker where its kind has none, as for a complex review; need not be said of a meeting that has one.",
    )
    from_: date | None = strawberry.field(name="from", default=strawberry.UNSET)
    to: date | None = strawberry.UNSET
    first: int | None = 10
    sittings: list[int] | None = strawberry.field(
        default=strawberry.UNSET,
        description="In several sittings of so many minutes each, such as [45, 45]: the first within the days, all within 20 working days.",
    )

    def command(self) -> commands.SlotSearch:
        first = 10 if self.first is None else self.first
        if not 0 < first <= _MOST_SLOTS:
            raise InvalidInput(f"first is between 1 and {_MOST_SLOTS}", "first")
        return commands.SlotSearch(
            kind=self.kind,
            child_references=tuple(self.child_references or ()),
            household_reference=self.household_reference or None,
            triggered_on=self.triggered_on or None,
            moving_meeting_id=id_of("Meeting", self.moving_meeting_id) if self.moving_meeting_id else None,
            chair_code=self.chair_code or None,
            minutes=None if self.minutes is strawberry.UNSET else self.minutes,
            remote=bool(self.remote),
            apart=bool(self.apart),
            note_taker=bool(self.note_taker),
            from_day=self.from_ or None,
            to_day=self.to or None,
            first=first,
            sittings=tuple(self.sittings or ()),
        )


@strawberry.type
class SlotSitting:
    starts_at: datetime
    ends_at: datetime


@strawberry.type
class SlotOption:
    starts_at: datetime
    ends_at: datetime
    in_timescale: bool
    reasons: list[str] = strawberry.field(description="Why this rank: one line a preference met or missed.")
    alternative: Alternative | None = strawberry.field(description="How it differs from the best that was asked for; null: it is as asked.")
    remote: bool = strawberry.field(description="By video: to be booked as such, without a room.")
    wishes_missed: list[WishMissed] = strawberry.field(description="What of the children's own time it does not respect.")
    sittings: list[SlotSitting] = strawberry.field(description="Where several were asked for: all of them, to be booked and split so.")
    option: strawberry.Private[Any]

    @strawberry.field
    async def chair(self, info: Info) -> LazyIro:
        return await the_iro(info, self.option.chair_id)

    @strawberry.field
    async def room(self, info: Info) -> LazyRoom | None:
        return await room_by_id(info, self.option.room_id)

    @strawberry.field
    async def note_taker(self, info: Info) -> LazyNoteTaker | None:
        return await note_taker_by_id(info, self.option.note_taker_id)

    @strawberry.field
    async def police_team(self, info: Info) -> LazyPoliceTeam | None:
        return await police_team_by_id(info, self.option.police_team_id)


@strawberry.type
class Slots:
    options: list[SlotOption]


@strawberry.input
class BookMeetingInput:
    request_key: strawberry.ID
    child_references: list[str] | None = strawberry.UNSET
    household_reference: str | None = strawberry.UNSET
    kind: MeetingKind
    triggered_on: date | None = strawberry.UNSET
    starts_at: datetime
    ends_at: datetime | None = strawberry.UNSET
    chair_code: str | None = strawberry.UNSET
    room_code: str | None = strawberry.UNSET
    note_taker_code: str | None = strawberry.UNSET
    police_team_code: str | None = strawberry.UNSET
    venue: str | None = strawberry.UNSET
    venue_confidential: bool | None = True
    remote: bool | None = strawberry.field(default=False, description="By video: no room is taken and nobody travels.")
    apart: bool | None = strawberry.field(
        default=False, description="The parents must not meet: two arrive apart, and a room has a second waiting room."
    )
    note_taker: bool | None = strawberry.field(
        default=False, description="True: with a note-taker who is free also where its kind has none, as for a complex review."
    )
    hold_until: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Given: a provisional hold that lapses then. Omitted: confirmed."
    )
    override_reason: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A manager's reason for a day after the statutory one (for conferences: after book-by).",
    )

    def command(self) -> commands.BookMeeting:
        stated = given(self)
        confidential = stated.pop("venue_confidential") is not False
        references = stated.pop("child_references", None) or ()
        stated |= {name: bool(stated[name]) for name in ("remote", "apart", "note_taker")}
        return commands.BookMeeting(**stated, child_references=references, venue_confidential=confidential)


@strawberry.input(description="startsAt omitted: same time, other resources.")
class MoveMeetingInput:
    request_key: strawberry.ID
    id: strawberry.ID
    version: int
    starts_at: datetime | None = strawberry.UNSET
    ends_at: datetime | None = strawberry.UNSET
    chair_code: str | None = strawberry.UNSET
    room_code: str | None = strawberry.UNSET
    note_taker_code: str | None = strawberry.UNSET
    police_team_code: str | None = strawberry.UNSET
    remote: bool | None = strawberry.field(default=strawberry.UNSET, description="True: by video from now on; false: no longer.")
    note_taker: bool | None = strawberry.field(default=False, description="True: with a note-taker who is free, where it has none.")
    reason: str
    override_reason: str | None = strawberry.UNSET


@strawberry.input
class SittingInput:
    starts_at: datetime
    ends_at: datetime


@strawberry.input(
    description="The sittings in which it is held instead, in order; one: in a single sitting again. The first one counts. "
    "Who or what is named has all of them; else what the meeting has, and what it has lost is sought again."
)
class SplitMeetingInput:
    request_key: strawberry.ID
    id: strawberry.ID
    version: int
    sittings: list[SittingInput]
    chair_code: str | None = strawberry.UNSET
    room_code: str | None = strawberry.UNSET
    note_taker_code: str | None = strawberry.UNSET
    police_team_code: str | None = strawberry.UNSET
    reason: str
    override_reason: str | None = strawberry.UNSET

    def command(self) -> commands.SplitMeeting:
        sittings = tuple(commands.Sitting(starts_at=each.starts_at, ends_at=each.ends_at) for each in self.sittings)
        return commands.SplitMeeting(**{**given(self), "id": id_of("Meeting", self.id), "sittings": sittings})


@strawberry.input
class MeetingActionInput:
    request_key: strawberry.ID
    id: strawberry.ID
    version: int
    reason: str | None = strawberry.UNSET


@strawberry.type
class MeetingBooked:
    meeting: Meeting


@strawberry.type
class MeetingChanged:
    meeting: Meeting


SlotSearchResult = Annotated[
    Slots | errors.NoSlot | errors.NotFound | errors.InvalidInput | errors.Forbidden, strawberry.union("SlotSearchResult")
]
BookMeetingResult = Annotated[
    MeetingBooked
    | errors.ResourceTaken
    | errors.OutsideAvailability
    | errors.OutsideTimescale
    | errors.NotEligible
    | errors.StaleVersion
    | errors.NotFound
    | errors.InvalidInput
    | errors.RequestKeyReused
    | errors.Forbidden,
    strawberry.union("BookMeetingResult"),
]
ChangeMeetingResult = Annotated[
    MeetingChanged
    | errors.ResourceTaken
    | errors.OutsideAvailability
    | errors.NotEligible
    | errors.StaleVersion
    | errors.NotFound
    | errors.InvalidInput
    | errors.RequestKeyReused
    | errors.Forbidden,
    strawberry.union("ChangeMeetingResult"),
]


def _slot_of(option: service.SlotOption) -> SlotOption:
    return SlotOption(
        starts_at=option.starts_at,
        ends_at=option.ends_at,
        in_timescale=option.in_timescale,
        reasons=list(option.reasons),
        alternative=option.alternative,
        remote=option.remote,
        wishes_missed=wishes_missed(option.wishes_missed),
        sittings=[SlotSitting(starts_at=each.start, ends_at=each.end) for each in option.sittings],
        option=option,
    )


@strawberry.type
class SlotQuery:
    @described.field(
        "Ranked times at which every resource that a meeting needs is free, among them one of each other sort that there is (another day, "
        "another room, a cover chair, remote); or the coded reasons why there is none."
    )
    async def slots(self, info: Info, search: SlotSearch) -> SlotSearchResult:
        context = info.context
        found = await service.slots(context.resources, context.actor, search.command(), context.now)
        return Slots(options=[_slot_of(option) for option in found])


async def _act(context: Context, act: Callable[..., Awaitable[UUID]], stated: MeetingActionInput) -> UUID:
    command = commands.MeetingAction(**{**given(stated), "id": id_of("Meeting", stated.id)})
    identifier = await act(context.resources, context.actor, command, context.now)
    context.renew()
    return identifier


@strawberry.type
class MeetingMutation:
    @strawberry.mutation
    async def book_meeting(self, info: Info, input: BookMeetingInput) -> BookMeetingResult:  # noqa: A002
        context = info.context
        identifier = await service.book(context.resources, context.actor, input.command(), context.now)
        context.renew()
        return MeetingBooked(meeting=await the_meeting(info, identifier))

    @strawberry.mutation
    async def move_meeting(self, info: Info, input: MoveMeetingInput) -> BookMeetingResult:  # noqa: A002
        context = info.context
        stated = {**given(input), "id": id_of("Meeting", input.id), "note_taker": input.note_taker is True}
        command = commands.MoveMeeting(**stated)
        identifier = await service.move(context.resources, context.actor, command, context.now)
        context.renew()
        return MeetingBooked(meeting=await the_meeting(info, identifier))

    @described.mutation("In several sittings, with everything that it has held for each; or nothing has changed.")
    async def split_meeting(self, info: Info, input: SplitMeetingInput) -> BookMeetingResult:  # noqa: A002
        context = info.context
        identifier = await service.split(context.resources, context.actor, input.command(), context.now)
        context.renew()
        return MeetingBooked(meeting=await the_meeting(info, identifier))

    @strawberry.mutation
    async def confirm_meeting(self, info: Info, input: MeetingActionInput) -> ChangeMeetingResult:  # noqa: A002
        return MeetingChanged(meeting=await the_meeting(info, await _act(info.context, service.confirm, input)))

    @strawberry.mutation
    async def cancel_meeting(self, info: Info, input: MeetingActionInput) -> ChangeMeetingResult:  # noqa: A002
        return MeetingChanged(meeting=await the_meeting(info, await _act(info.context, service.cancel, input)))

    @strawberry.mutation
    async def postpone_meeting(self, info: Info, input: MeetingActionInput) -> ChangeMeetingResult:  # noqa: A002
        return MeetingChanged(meeting=await the_meeting(info, await _act(info.context, service.postpone, input)))

    @described.mutation("Undo a cancellation while everything is still free.")
    async def reinstate_meeting(self, info: Info, input: MeetingActionInput) -> BookMeetingResult:  # noqa: A002
        return MeetingBooked(meeting=await the_meeting(info, await _act(info.context, service.reinstate, input)))

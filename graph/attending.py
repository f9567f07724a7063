"""Who comes to a meeting, and what is recorded of one that was held."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from graph import described
from graph.attendees import AttendedInput, AttendeeInput
from graph.booking import the_meeting
from graph.changes import ChangeMeetingResult, MeetingChanged
from graph.commands import given
from graph.context import Info
from graph.names import id_of
from graph.words import ParticipationCode
from services.booking import commands, service


@strawberry.input
class SetAttendeesInput:
    request_key: strawberry.ID
    id: strawberry.ID
    version: int
    attendees: list[AttendeeInput] = strawberry.field(description="Everybody who comes beside chair, note-taker and police.")

    def command(self) -> commands.SetAttendees:
        people = tuple(commands.AttendeeStated(**given(each)) for each in self.attendees)
        return commands.SetAttendees(request_key=self.request_key, id=id_of("Meeting", self.id), version=self.version, attendees=people)


@strawberry.input
class ChildOutcome:
    reference: str
    participation: ParticipationCode | None = strawberry.UNSET
    on_plan: bool | None = strawberry.field(default=strawberry.UNSET, description="Conferences: does a plan start or go on?")
    category: str | None = strawberry.UNSET


@strawberry.input
class RecordMeetingHeldInput:
    request_key: strawberry.ID
    id: strawberry.ID
    version: int
    held_on: date
    quorate: bool | None = strawberry.field(
        default=strawberry.UNSET, description="False, of a conference: it meets again within ten working days, unless the chair proceeded."
    )
    proceeded_inquorate_because: str | None = strawberry.field(
        default=strawberry.UNSET, description="With quorate: false: why the chair proceeded all the same."
    )
    resumes_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Adjourned: when it goes on; every resource is held for then, or the answer is ResourceTaken.",
    )
    outcomes: list[ChildOutcome] | None = strawberry.UNSET
    attended: list[AttendedInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Everybody who came: quorate then follows from it, and one that contradicts it is refused. Left out or null: not said.",
    )

    sitting: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Of several sittings to come which this was; left out: the one that heldOn tells. Those that follow it stand.",
    )
    completes: bool | None = strawberry.field(
        default=False, description="True: nothing is to come any more; sittings that still stand are called off."
    )

    def command(self) -> commands.RecordHeld:
        stated = given(self)
        stated["completes"] = bool(stated["completes"])
        outcomes = tuple(commands.ChildOutcome(**given(each)) for each in stated.pop("outcomes", None) or ())
        came = stated.pop("attended", None)
        attended = None if came is None else tuple(commands.Attended(role=each.role, agency=each.agency or "") for each in came)
        return commands.RecordHeld(**{**stated, "id": id_of("Meeting", self.id)}, outcomes=outcomes, attended=attended)


@strawberry.type
class AttendeeMutation:
    @described.mutation(
        "These come to the meeting, each with an own time of arrival, and nobody else beside those whose time is held for it."
    )
    async def set_attendees(self, info: Info, input: SetAttendeesInput) -> ChangeMeetingResult:  # noqa: A002
        context = info.context
        identifier = await service.set_attendees(context.resources, context.actor, input.command(), context.now)
        context.renew()
        return MeetingChanged(meeting=await the_meeting(info, identifier))

    @strawberry.mutation
    async def record_meeting_held(self, info: Info, input: RecordMeetingHeldInput) -> ChangeMeetingResult:  # noqa: A002
        context = info.context
        identifier = await service.record_held(context.resources, context.actor, input.command(), context.now)
        context.renew()
        return MeetingChanged(meeting=await the_meeting(info, identifier))

"""A person's own word on who comes to a meeting."""

from __future__ import annotations

import strawberry

from graph import described
from graph.attendees import AttendeeInput
from graph.booking import the_meeting
from graph.changes import ChangeMeetingResult, MeetingChanged
from graph.commands import given
from graph.context import Info
from graph.names import id_of
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

"""Absences, and the meetings that stand in their way."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import strawberry

from graph import described, errors
from graph.booking import Meeting, meetings_by_ids
from graph.context import Info
from graph.officers import Absence, absence_of
from services.booking import commands, offering, service
from services.directory import reading
from services.kernel import errors as kernel_errors
from services.kernel.errors import NotFound
from services.kernel.words import AbsenceReason, ResourceKind


@strawberry.enum(
    description="REFUSE: nothing is recorded while meetings stand in that time. "
    "RELEASE: the absence stands, the meetings lose this resource and list it in needs."
)
class OnMeetings(StrEnum):
    REFUSE = "REFUSE"
    RELEASE = "RELEASE"


@strawberry.input
class RecordAbsenceInput:
    request_key: strawberry.ID
    kind: ResourceKind
    code: str
    from_: datetime = strawberry.field(name="from")
    to: datetime
    reason: AbsenceReason
    on_meetings: OnMeetings | None = OnMeetings.REFUSE


@strawberry.type
class AbsenceRecorded:
    absence: Absence
    released: list[Meeting]


@strawberry.type
class HasMeetings:
    message: str
    meetings: list[Meeting]


@strawberry.input(description="Time beyond the weekly pattern, of one day: an evening, a Saturday. An absence over it takes it away.")
class OfferTimeInput:
    request_key: strawberry.ID
    kind: ResourceKind
    code: str
    from_: datetime = strawberry.field(name="from")
    to: datetime


@strawberry.type(description="The resource can be booked then as well, within the hours of each kind of meeting.")
class TimeOffered:
    kind: ResourceKind
    code: str
    from_: datetime = strawberry.field(name="from")
    to: datetime


OfferTimeResult = Annotated[
    TimeOffered | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("OfferTimeResult"),
]


@strawberry.input(
    description="That time, or part of an offer, is offered no longer. What the establishment file offers the file takes back."
)
class WithdrawOfferInput:
    request_key: strawberry.ID
    kind: ResourceKind
    code: str
    from_: datetime = strawberry.field(name="from")
    to: datetime
    on_meetings: OnMeetings | None = OnMeetings.REFUSE


@strawberry.type(description="released: the meetings that stood on it and lack this resource now, in order of time.")
class OfferWithdrawn:
    kind: ResourceKind
    code: str
    from_: datetime = strawberry.field(name="from")
    to: datetime
    released: list[Meeting]


WithdrawOfferResult = Annotated[
    OfferWithdrawn | HasMeetings | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("WithdrawOfferResult"),
]
RecordAbsenceResult = Annotated[
    AbsenceRecorded | HasMeetings | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("RecordAbsenceResult"),
]


async def _has_meetings(info: Info, standing: kernel_errors.HasMeetings) -> HasMeetings:
    info.context.renew()
    return HasMeetings(message=str(standing), meetings=await meetings_by_ids(info, standing.meeting_ids))


@strawberry.type
class AbsenceMutation:
    @described.mutation("Meetings are shown as far as the viewer may see them.")
    async def record_absence(self, info: Info, input: RecordAbsenceInput) -> RecordAbsenceResult:  # noqa: A002
        context = info.context
        command = commands.RecordAbsence(
            request_key=input.request_key,
            kind=input.kind,
            code=input.code,
            starts_at=input.from_,
            ends_at=input.to,
            reason=input.reason,
            release=input.on_meetings is OnMeetings.RELEASE,
        )
        try:
            recorded = await service.record_absence(context.resources, context.actor, command, context.now)
        except kernel_errors.HasMeetings as standing:
            return await _has_meetings(info, standing)
        context.renew()
        row = await context.loaders.load(reading.absences, recorded.absence_id)
        if row is None:
            raise NotFound("there is no such absence, or not for you")
        return AbsenceRecorded(absence=absence_of(row), released=await meetings_by_ids(info, recorded.released))

    @described.mutation("Somebody, or a room, offers time on a day beyond the weekly pattern.")
    async def offer_time(self, info: Info, input: OfferTimeInput) -> OfferTimeResult:  # noqa: A002
        context = info.context
        command = offering.OfferTime(
            request_key=input.request_key, kind=input.kind, code=input.code, starts_at=input.from_, ends_at=input.to
        )
        window = await offering.offer_time(context.resources, context.actor, command, context.now)
        context.renew()
        return TimeOffered(kind=command.kind, code=command.code, from_=window.start, to=window.end)

    @described.mutation("What was offered is not any more; meetings that stand on it are named, or lose the resource, as under an absence.")
    async def withdraw_offer(self, info: Info, input: WithdrawOfferInput) -> WithdrawOfferResult:  # noqa: A002
        context = info.context
        command = offering.WithdrawOffer(
            request_key=input.request_key,
            kind=input.kind,
            code=input.code,
            starts_at=input.from_,
            ends_at=input.to,
            release=input.on_meetings is OnMeetings.RELEASE,
        )
        try:
            released = await offering.withdraw_offer(context.resources, context.actor, command, context.now)
        except kernel_errors.HasMeetings as standing:
            return await _has_meetings(info, standing)
        context.renew()
        shown = await meetings_by_ids(info, released)
        return OfferWithdrawn(kind=command.kind, code=command.code, from_=command.starts_at, to=command.ends_at, released=shown)

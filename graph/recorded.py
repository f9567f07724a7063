"""Records as the graph shows them: what is known of a child or a foster household, each with an identifier to correct it by."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from graph.context import Info
from graph.judging import timeliness_of
from graph.names import Node, global_id
from graph.words import CareStatus, EarlierReviewReason, ParticipationCode, TransferDirection
from services.history import reading_records as reading
from services.history.reading import Clock
from services.kernel.words import MeetingKind, Timeliness

SINCE = "Since when it is so recorded: a correction that names it is refused where somebody has changed the record since."


@strawberry.type(
    description="startedOnExact is false where the records only show that the period had begun by startedOn: "
    "then no first review is computed from it."
)
class CarePeriod(Node):
    recorded_at: datetime = strawberry.field(description=SINCE)
    started_on: date
    started_on_exact: bool
    ended_on: date | None = strawberry.field(description="The day on which care ended: from it on no review is owed.")
    end_reason: str | None = strawberry.field(description="As its source codes it.")
    legal_status: str | None = strawberry.field(description="The latest known, as SSDA903 codes it.")
    short_break: bool = strawberry.field(description="All of it was short breaks (V3, V4), which have a clock of their own.")


@strawberry.type(description="A child protection plan; it starts on the day of the conference that made it.")
class ProtectionPlan(Node):
    recorded_at: datetime = strawberry.field(description=SINCE)
    started_on: date
    ended_on: date | None
    category: str | None
    end_reason: str | None = strawberry.field(description="A code of PlanEnd, or as its source codes it.")


@strawberry.type(description="A section 47 enquiry, by the strategy discussion that initiated it: day 0 of the initial conference.")
class Enquiry(Node):
    recorded_at: datetime = strawberry.field(description=SINCE)
    initiating_discussion_on: date
    conference_on: date | None = strawberry.field(description="The day of the conference that answered it, as its source states it.")
    conference_not_required: bool


@strawberry.type(description="What held of a child in care for some time and has a clock of its own, or changes one.")
class CareStatusRecord(Node):
    recorded_at: datetime = strawberry.field(description=SINCE)
    status: CareStatus
    started_on: date
    ended_on: date | None
    end_reason: str | None = strawberry.field(description="A code of CareStatusEnd, or as its source codes it.")
    expected_end_on: date | None = strawberry.field(description="Of a remand: the day on which it is to end; a review is owed before it.")


@strawberry.type(
    description="A child on a plan who moves between authorities; the one that it leaves stays responsible until conferenceOn."
)
class Transfer(Node):
    recorded_at: datetime = strawberry.field(description=SINCE)
    direction: TransferDirection
    notified_on: date = strawberry.field(description="Of a transfer in: day 0 of our conference.")
    conference_on: date | None = strawberry.field(description="Of a transfer out: when the other authority held its conference.")
    withdrawn_on: date | None


@strawberry.type(description="On calledOn it was decided that the meeting of this kind that was owed then must be held by byOn.")
class EarlierReview(Node):
    recorded_at: datetime = strawberry.field(description=SINCE)
    kind: MeetingKind
    called_on: date
    by_on: date
    reason: EarlierReviewReason


@strawberry.type(description="A conference or review that took place.")
class HeldRecord(Node):
    recorded_at: datetime = strawberry.field(description=SINCE)
    kind: MeetingKind
    held_on: date = strawberry.field(description="The day of the first sitting: it counts.")
    completed_on: date | None = strawberry.field(description="Of one that was adjourned: the day on which it came to its end.")
    to_reconvene: bool = strawberry.field(description="It was inquorate, and is to meet again within ten working days.")
    without_meeting: bool = strawberry.field(description="A review of the file alone, of a child settled in a long-term placement.")
    participation: ParticipationCode | None
    source: str
    clock: strawberry.Private[Clock | None]
    judged_on: strawberry.Private[date]

    @strawberry.field
    async def timeliness(self, info: Info) -> Timeliness:
        return await timeliness_of(info, self.clock, self.judged_on)


def care_period_of(info: Info, row: reading.CarePeriod) -> CarePeriod:
    info.context.seen.add(row.child_id)
    return CarePeriod(
        id=global_id("CarePeriod", row.id),
        recorded_at=row.recorded_at,
        started_on=row.started_on,
        started_on_exact=row.started_on_exact,
        ended_on=row.ended_on,
        end_reason=row.end_reason,
        legal_status=row.legal_status,
        short_break=row.short_break,
    )


def protection_plan_of(info: Info, row: reading.ProtectionPlan) -> ProtectionPlan:
    info.context.seen.add(row.child_id)
    return ProtectionPlan(
        id=global_id("ProtectionPlan", row.id),
        recorded_at=row.recorded_at,
        started_on=row.started_on,
        ended_on=row.ended_on,
        category=row.category,
        end_reason=row.end_reason,
    )


def enquiry_of(info: Info, row: reading.Enquiry) -> Enquiry:
    info.context.seen.add(row.child_id)
    return Enquiry(
        id=global_id("Enquiry", row.id),
        recorded_at=row.recorded_at,
        initiating_discussion_on=row.initiating_discussion_on,
        conference_on=row.conference_on,
        conference_not_required=row.conference_not_required,
    )


def care_status_of(info: Info, row: reading.Status) -> CareStatusRecord:
    info.context.seen.add(row.child_id)
    return CareStatusRecord(
        id=global_id("CareStatusRecord", row.id),
        recorded_at=row.recorded_at,
        status=row.status,
        started_on=row.started_on,
        ended_on=row.ended_on,
        end_reason=row.end_reason,
        expected_end_on=row.expected_end_on,
    )


def transfer_of(info: Info, row: reading.Transfer) -> Transfer:
    info.context.seen.add(row.child_id)
    return Transfer(
        id=global_id("Transfer", row.id),
        recorded_at=row.recorded_at,
        direction=row.direction,
        notified_on=row.notified_on,
        conference_on=row.conference_on,
        withdrawn_on=row.withdrawn_on,
    )


def earlier_review_of(info: Info, row: reading.EarlierReview) -> EarlierReview:
    info.context.seen.add(row.child_id)
    return EarlierReview(
        id=global_id("EarlierReview", row.id),
        recorded_at=row.recorded_at,
        kind=row.kind,
        called_on=row.called_on,
        by_on=row.by_on,
        reason=row.reason,
    )


def held_record_of(info: Info, row: reading.HeldRecord, known_at: datetime | None = None) -> HeldRecord:
    if row.child_id is not None:
        info.context.seen.add(row.child_id)
    return HeldRecord(
        id=global_id("HeldRecord", row.id),
        recorded_at=row.recorded_at,
        kind=row.kind,
        held_on=row.held_on,
        completed_on=row.completed_on,
        to_reconvene=row.to_reconvene,
        without_meeting=row.without_meeting,
        participation=row.participation,
        source=row.source,
        clock=row.clock,
        judged_on=info.context.day_known(known_at),
    )

"""What clients state when they correct a record: what they leave out is kept, an explicit null takes it away."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from graph.words import CareStatusEnd, ParticipationCode
from services.kernel.words import MeetingKind

_OMITTED = strawberry.UNSET
_HOW = "What is left out is kept; an explicit null takes a value away. The reason is restricted data."
_WITHDRAW = "True: it was never so, and counts no more. What was known stays readable as of its own time."
_AS_READ = (
    "recordedAt of the record as it was read: refused, with what it states now, where somebody has changed it since. "
    "Left out: whatever it states by now is corrected."
)


@strawberry.input(description=_HOW)
class CorrectChildInput:
    request_key: strawberry.ID
    reference: str
    reason: str
    born_on: date | None = _OMITTED
    expected_on: date | None = _OMITTED
    died_on: date | None = _OMITTED
    adopted_on: date | None = _OMITTED
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description="siblingOf: a brother or sister, into whose group the child comes; an explicit null: it has none.")
class CorrectSiblingGroupInput:
    request_key: strawberry.ID
    reference: str
    reason: str
    sibling_of: str | None = _OMITTED


@strawberry.input(description="The child of that reference is a parent of the child parentOf.")
class CorrectParentageInput:
    request_key: strawberry.ID
    reference: str
    parent_of: str
    reason: str
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)


@strawberry.input(description=_HOW)
class CorrectCarePeriodInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    started_on: date | None = _OMITTED
    started_on_exact: bool | None = _OMITTED
    ended_on: date | None = _OMITTED
    legal_status: str | None = _OMITTED
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description=_HOW)
class CorrectProtectionPlanInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    started_on: date | None = _OMITTED
    ended_on: date | None = _OMITTED
    category: str | None = _OMITTED
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description=_HOW)
class CorrectEnquiryInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    initiating_discussion_on: date | None = _OMITTED
    conference_not_required: bool | None = _OMITTED
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description=_HOW)
class CorrectHeldRecordInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    kind: MeetingKind | None = _OMITTED
    held_on: date | None = _OMITTED
    completed_on: date | None = _OMITTED
    participation: ParticipationCode | None = _OMITTED
    to_reconvene: bool | None = _OMITTED
    without_meeting: bool | None = _OMITTED
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description=_HOW)
class CorrectCareStatusInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    started_on: date | None = _OMITTED
    ended_on: date | None = _OMITTED
    end_reason: CareStatusEnd | None = _OMITTED
    expected_end_on: date | None = _OMITTED
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description=_HOW)
class CorrectTransferInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    notified_on: date | None = _OMITTED
    conference_on: date | None = _OMITTED
    withdrawn_on: date | None = _OMITTED
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description=_HOW)
class CorrectEarlierReviewInput:
    request_key: strawberry.ID
    id: strawberry.ID
    reason: str
    by_on: date | None = _OMITTED
    withdraw: bool = strawberry.field(default=False, description=_WITHDRAW)
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)


@strawberry.input(description=_HOW)
class CorrectHouseholdInput:
    request_key: strawberry.ID
    reference: str
    reason: str
    approved_on: date | None = _OMITTED
    ended_on: date | None = _OMITTED
    recorded_at: datetime | None = strawberry.field(default=_OMITTED, description=_AS_READ)

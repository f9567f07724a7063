"""What clients state when they record something of children and households; the fields mirror the commands of `history`."""

from __future__ import annotations

from datetime import date

import strawberry

from graph.words import CareStatus, CareStatusEnd, EarlierReviewReason, ParticipationCode, PlanEnd, TransferDirection
from services.kernel.words import MeetingKind

_OMITTED = strawberry.UNSET


@strawberry.input(description="Born on a day or expected on one. siblingOf, parentOf: references of children that are known already.")
class RegisterChildInput:
    request_key: strawberry.ID
    reference: str
    born_on: date | None = _OMITTED
    expected_on: date | None = _OMITTED
    sibling_of: str | None = _OMITTED
    parent_of: str | None = _OMITTED


@strawberry.input(description="The child that was expected was born on bornOn.")
class RecordBirthInput:
    request_key: strawberry.ID
    reference: str
    born_on: date


@strawberry.input(description="The child died on diedOn.")
class RecordDeathInput:
    request_key: strawberry.ID
    reference: str
    died_on: date


@strawberry.input(description="A court made the adoption order on madeOn.")
class RecordAdoptionOrderInput:
    request_key: strawberry.ID
    reference: str
    made_on: date


@strawberry.input(
    description="The child became looked after on startedOn. legalStatus: as SSDA903 codes it (C2, V2 ...); V3 and V4 are short breaks."
)
class StartCarePeriodInput:
    request_key: strawberry.ID
    reference: str
    started_on: date
    legal_status: str | None = _OMITTED
    ended_on: date | None = strawberry.field(default=_OMITTED, description="Of a period that is past, with its reason.")
    reason: str | None = _OMITTED


@strawberry.input(description="The open period of care ended on endedOn.")
class EndCarePeriodInput:
    request_key: strawberry.ID
    reference: str
    ended_on: date
    reason: str


@strawberry.input(description="What holds of a child in care from startedOn on.")
class StartCareStatusInput:
    request_key: strawberry.ID
    reference: str
    status: CareStatus
    started_on: date
    expected_end_on: date | None = strawberry.field(
        default=_OMITTED, description="Of a remand: the day on which it is to end; a review is owed before it."
    )


@strawberry.input(description="DISRUPTED: of a placement for adoption. REVOKED: of the authority to place. ENDED: of every other.")
class EndCareStatusInput:
    request_key: strawberry.ID
    reference: str
    status: CareStatus
    ended_on: date
    reason: CareStatusEnd


@strawberry.input(description="The discussion about these children took place on heldOn, whatever day of the week that was.")
class RecordStrategyDiscussionInput:
    request_key: strawberry.ID
    references: list[str]
    held_on: date


@strawberry.input(description="A plan that the conference of startedOn made, where the meeting was recorded without saying so.")
class StartProtectionPlanInput:
    request_key: strawberry.ID
    reference: str
    started_on: date
    category: str | None = _OMITTED


@strawberry.input(description="The plan that stands ended on endedOn.")
class EndProtectionPlanInput:
    request_key: strawberry.ID
    reference: str
    ended_on: date
    reason: PlanEnd


@strawberry.input(description="Another authority gave written notice on notifiedOn that these children, on its plan, have moved here.")
class RecordTransferInInput:
    request_key: strawberry.ID
    references: list[str]
    notified_on: date


@strawberry.input(description="A child on our plan has moved away, and the other authority was given notice on notifiedOn.")
class RecordTransferOutInput:
    request_key: strawberry.ID
    reference: str
    notified_on: date


@strawberry.input(description="The other authority held its conference on conferenceOn.")
class CompleteTransferOutInput:
    request_key: strawberry.ID
    reference: str
    conference_on: date


@strawberry.input(description="The child went back, or the other authority did not accept the move.")
class WithdrawTransferInput:
    request_key: strawberry.ID
    reference: str
    direction: TransferDirection
    withdrawn_on: date


@strawberry.input(description="The meeting of this kind that is owed to the child must be held by byOn.")
class CallEarlierReviewInput:
    request_key: strawberry.ID
    reference: str
    kind: MeetingKind
    by_on: date
    reason: EarlierReviewReason


@strawberry.input(description="What a meeting that was never booked here came to, for one of its children.")
class HeldOutcome:
    reference: str
    participation: ParticipationCode | None = _OMITTED
    on_plan: bool | None = strawberry.field(default=_OMITTED, description="Conferences: does a plan start or go on?")
    category: str | None = _OMITTED


@strawberry.input(description="A meeting of children (references) or of one foster household (householdReference).")
class RecordHeldMeetingInput:
    request_key: strawberry.ID
    references: list[str] | None = _OMITTED
    household_reference: str | None = _OMITTED
    kind: MeetingKind
    held_on: date
    completed_on: date | None = strawberry.field(
        default=_OMITTED, description="Of one that was adjourned: the day on which it came to its end."
    )
    to_reconvene: bool = strawberry.field(default=False, description="A conference that was inquorate, and is to meet again.")
    without_meeting: bool = strawberry.field(
        default=False, description="A review of the file alone, of a child settled in a long-term placement."
    )
    outcomes: list[HeldOutcome] | None = _OMITTED


@strawberry.input(description="A new household, or one that is approved again, under the reference of the fostering service.")
class ApproveHouseholdInput:
    request_key: strawberry.ID
    reference: str
    approved_on: date


@strawberry.input(description="The approval ended on endedOn.")
class EndHouseholdApprovalInput:
    request_key: strawberry.ID
    reference: str
    ended_on: date
    reason: str

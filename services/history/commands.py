"""What a caller may have recorded of a child or of a foster household; the fields mirror the graph's inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.kernel.words import (
    CareStatus,
    CareStatusEnd,
    EarlierReviewReason,
    MeetingKind,
    ParticipationCode,
    PlanEnd,
    TransferDirection,
)

# ---------------------------------------------------------------------------------------------- children


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterChild:
    """Born on a day or expected on one. `sibling_of`, `parent_of`: references of children that are known already."""

    request_key: str
    reference: str
    born_on: date | None = None
    expected_on: date | None = None
    sibling_of: str | None = None
    parent_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBirth:
    """The child that was expected was born on `born_on`."""

    request_key: str
    reference: str
    born_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeath:
    request_key: str
    reference: str
    died_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAdoptionOrder:
    """A court made the adoption order on `made_on`."""

    request_key: str
    reference: str
    made_on: date


# -------------------------------------------------------------------------------------------------- care


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCarePeriod:
    """The child became looked after on `started_on`. `legal_status`: as SSDA903 codes it (C2, V2 ...); V3, V4: short breaks.

    `ended_on` and `reason`, of a period that is past: when and why it ended.
    """

    request_key: str
    reference: str
    started_on: date
    legal_status: str | None = None
    ended_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCarePeriod:
    request_key: str
    reference: str
    ended_on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCareStatus:
    """What holds of a child in care from `started_on` on. `expected_end_on`: of a remand, the day on which it is to end."""

    request_key: str
    reference: str
    status: CareStatus
    started_on: date
    expected_end_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCareStatus:
    """DISRUPTED: of a placement for adoption. REVOKED: of the authority to place. ENDED: of every other."""

    request_key: str
    reference: str
    status: CareStatus
    ended_on: date
    reason: CareStatusEnd


# ------------------------------------------------------------------------------------- child protection


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStrategyDiscussion:
    """The discussion that initiated a section 47 enquiry about these children: day 0 of their initial conference."""

    request_key: str
    references: tuple[str, ...]
    held_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class StartProtectionPlan:
    """A plan that the conference of that day made, where the meeting was recorded without saying so."""

    request_key: str
    reference: str
    started_on: date
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndProtectionPlan:
    request_key: str
    reference: str
    ended_on: date
    reason: PlanEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTransferIn:
    """Another authority gave written notice on `notified_on` that these children, on its plan, have moved here."""

    request_key: str
    references: tuple[str, ...]
    notified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTransferOut:
    """A child on our plan has moved away, and the other authority was given notice on `notified_on`."""

    request_key: str
    reference: str
    notified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTransferOut:
    """The other authority held its conference on `conference_on`: from then on the child is its responsibility."""

    request_key: str
    reference: str
    conference_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawTransfer:
    """The move that was notified does not come about: the child went back, or the other authority did not accept it."""

    request_key: str
    reference: str
    direction: TransferDirection
    withdrawn_on: date


# ---------------------------------------------------------------------------------------------- meetings


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEarlierReview:
    """The meeting of `kind` that is owed to the child must be held by `by_on`, earlier than its interval says."""

    request_key: str
    reference: str
    kind: MeetingKind
    by_on: date
    reason: EarlierReviewReason


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutcome:
    """`on_plan`, of a conference: does a plan start, or go on?"""

    reference: str
    participation: ParticipationCode | None = None
    on_plan: bool | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHeldMeeting:
    """A meeting that took place and was never booked here, of children or of one foster household.

    `completed_on`: the day on which one that was adjourned came to its end. `to_reconvene`: a conference that was inquorate and
    is to meet again. `without_meeting`: a review of the file alone, of a child settled in a long-term placement.
    """

    request_key: str
    kind: MeetingKind
    held_on: date
    references: tuple[str, ...] = ()
    household_reference: str | None = None
    completed_on: date | None = None
    to_reconvene: bool = False
    without_meeting: bool = False
    outcomes: tuple[HeldOutcome, ...] = ()


# -------------------------------------------------------------------------------------------- households


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveHousehold:
    request_key: str
    reference: str
    approved_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EndHouseholdApproval:
    request_key: str
    reference: str
    ended_on: date
    reason: str

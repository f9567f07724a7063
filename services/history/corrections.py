"""What a caller may have corrected of the records of a child or of a foster household; the fields mirror the graph's inputs.

OMITTED keeps what is recorded, None takes it away, and `withdraw` says that the record was never true.
`recorded_at`: since when the record stated what the caller has read of it; None: whatever it states by now is corrected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from services.kernel.words import OMITTED, CareStatusEnd, MeetingKind, Omitted, ParticipationCode

Day: TypeAlias = date | Omitted
"""A day that a record always has: it can be replaced, not taken away."""
OptionalDay: TypeAlias = date | Omitted | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectChild:
    request_key: str
    reference: str
    reason: str
    born_on: OptionalDay = OMITTED
    expected_on: OptionalDay = OMITTED
    died_on: OptionalDay = OMITTED
    adopted_on: OptionalDay = OMITTED
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectSiblingGroup:
    """The child is a brother or sister of `sibling_of` and of all in that group, and of nobody else; None: of nobody."""

    request_key: str
    reference: str
    reason: str
    sibling_of: str | Omitted | None = OMITTED


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectParentage:
    """The child of that reference is a parent of the child `parent_of`, or, with `withdraw`, never was."""

    request_key: str
    reference: str
    parent_of: str
    reason: str
    withdraw: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectCarePeriod:
    request_key: str
    id: UUID
    reason: str
    started_on: Day = OMITTED
    started_on_exact: bool | Omitted = OMITTED
    ended_on: OptionalDay = OMITTED
    legal_status: str | Omitted | None = OMITTED
    withdraw: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectProtectionPlan:
    request_key: str
    id: UUID
    reason: str
    started_on: Day = OMITTED
    ended_on: OptionalDay = OMITTED
    category: str | Omitted | None = OMITTED
    withdraw: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectEnquiry:
    request_key: str
    id: UUID
    reason: str
    initiating_discussion_on: Day = OMITTED
    conference_not_required: bool | Omitted = OMITTED
    withdraw: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectHeldRecord:
    request_key: str
    id: UUID
    reason: str
    kind: MeetingKind | Omitted = OMITTED
    held_on: Day = OMITTED
    completed_on: OptionalDay = OMITTED
    participation: ParticipationCode | Omitted | None = OMITTED
    to_reconvene: bool | Omitted = OMITTED
    without_meeting: bool | Omitted = OMITTED
    withdraw: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectCareStatus:
    request_key: str
    id: UUID
    reason: str
    started_on: Day = OMITTED
    ended_on: OptionalDay = OMITTED
    end_reason: CareStatusEnd | Omitted | None = OMITTED
    expected_end_on: OptionalDay = OMITTED
    withdraw: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectTransfer:
    request_key: str
    id: UUID
    reason: str
    notified_on: Day = OMITTED
    conference_on: OptionalDay = OMITTED
    withdrawn_on: OptionalDay = OMITTED
    withdraw: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectEarlierReview:
    request_key: str
    id: UUID
    reason: str
    by_on: Day = OMITTED
    withdraw: bool = False
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectHousehold:
    request_key: str
    reference: str
    reason: str
    approved_on: Day = OMITTED
    ended_on: OptionalDay = OMITTED
    recorded_at: datetime | None = None


Correction: TypeAlias = (
    CorrectCarePeriod
    | CorrectProtectionPlan
    | CorrectEnquiry
    | CorrectHeldRecord
    | CorrectCareStatus
    | CorrectTransfer
    | CorrectEarlierReview
)
"""Of one record, which its `id` names."""

"""The closed words of records, each with its meaning for clients that read the schema. Types take these words from here."""

from __future__ import annotations

from enum import Enum

import strawberry

from services.directory.planning import Goal
from services.intake.rules import Severity
from services.kernel.words import (
    Alternative,
    ApprovalGround,
    CareStatus,
    CareStatusEnd,
    Certainty,
    ChairAfterMove,
    Complexity,
    Consent,
    EarlierReviewReason,
    IdentityState,
    IndependenceGround,
    ParticipationCode,
    PlacementChange,
    PlanEnd,
    RequestState,
    TransferDirection,
    Weekday,
    Wish,
    WishedPlace,
)

__all__ = [
    "Alternative",
    "ApprovalGround",
    "CareStatus",
    "CareStatusEnd",
    "Certainty",
    "ChairAfterMove",
    "Complexity",
    "Consent",
    "EarlierReviewReason",
    "Goal",
    "IdentityState",
    "IndependenceGround",
    "ParticipationCode",
    "PlacementChange",
    "PlanEnd",
    "RequestState",
    "Severity",
    "TransferDirection",
    "Weekday",
    "Wish",
    "WishedPlace",
]

_MEANINGS: dict[type[Enum], str] = {
    CareStatus: """What holds of a child in care for some time: one single short break of a series, a remand, authority to place for
adoption, a placement for adoption, a secure order, a long-term placement. Each has a clock of its own, or changes one.""",
    CareStatusEnd: """DISRUPTED: a placement for adoption failed. REVOKED: the authority to place. ENDED: any other. CARE_ENDED, ADOPTED,
DIED: with what it hung on.""",
    Alternative: """How a time that is offered differs from the best of those that were asked for. COVER_CHAIR: another officer who may
chair; the child keeps its own. REMOTE: by video.""",
    PlanEnd: "A review conference decides that a plan ends; nothing else ends one but these.",
    EarlierReviewReason: """Why a meeting must be held earlier than its rule says: reg. 33(3) of the Care Planning Regulations, or what
changed for a child on a plan.""",
    TransferDirection: "IN: to us. OUT: from us.",
    IdentityState: "PROPOSED: it waits for a person. MERGED: one child. REJECTED: two children. UNDONE: merged, and parted again.",
    ParticipationCode: "SSDA903 REVIEW_CODE: how a child took part in a review. PN0: under four years old.",
    Severity: "REFUSED: nothing of that child was taken. DOUBTFUL: taken as the message says. NOTE: worth knowing.",
    ApprovalGround: """Why another manager must approve: the officer would be over her limit; the child has another IRO; or the rules
recommend somebody else.""",
    RequestState: "WAITING: for another manager. OVERTAKEN: the world changed meanwhile, and nothing was done.",
    ChairAfterMove: """What becomes of the chair of a booked meeting whose children get another IRO. REPLACED: the new IRO is free and
chairs it. COVER: she is not, and whoever was to chair it still does. RELEASED: nobody chairs it; the next plan is to repair it.""",
    PlacementChange: """What a placement of a plan does. BOOKS: a new meeting. REPAIRS: a meeting that stands gets other people or
another room at its own time. MOVES: it gets another time.""",
    Goal: "What makes one plan better than another, in the shipped order: the first that differs decides.",
    Certainty: """How much is known of what a plan reaches of a goal. PROVEN: no plan that is as good by the goals before it does better.
BOUNDED: none does better than the bound. HEURISTIC: nothing is proven, the search does what it can.""",
    Weekday: "A day of the week.",
    WishedPlace: "Where a child wants its reviews to be. UNIT: in a room of the unit. ELSEWHERE: in no room of it. REMOTE: by video.",
    Wish: """What of a child's own time a meeting does not respect: its wish for a weekday, for hours or for a place; school; the days of
its activities.""",
    Consent: "Whether someone who is to come has agreed to. Who refused is not invited.",
    Complexity: "What makes a case complex beyond what its records show.",
    IndependenceGround: """Why an officer may not have a child: she had charge of its case, manages it, controls the resources given to
it (reg. 46(3) of the Care Planning Regulations), or has a personal tie to the family (local practice).""",
}
_NAMES: dict[type[Enum], str] = {Severity: "FindingSeverity", RequestState: "AllocationRequestState", Goal: "PlanningGoal"}

for _word, _meaning in _MEANINGS.items():
    strawberry.enum(_word, name=_NAMES.get(_word, _word.__name__), description=" ".join(_meaning.split()))

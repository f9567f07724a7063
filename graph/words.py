"""The closed words of records, each with its meaning for clients that read the schema. Types take these words from here."""

from __future__ import annotations

from enum import Enum

import strawberry

from services.intake.rules import Severity
from services.kernel.words import (
    CareStatus,
    CareStatusEnd,
    EarlierReviewReason,
    IdentityState,
    ParticipationCode,
    PlanEnd,
    TransferDirection,
)

__all__ = [
    "CareStatus",
    "CareStatusEnd",
    "EarlierReviewReason",
    "IdentityState",
    "ParticipationCode",
    "PlanEnd",
    "Severity",
    "TransferDirection",
]

_MEANINGS: dict[type[Enum], str] = {
    CareStatus: """What holds of a child in care for some time: one single short break of a series, a remand, authority to place for
adoption, a placement for adoption, a secure order, a long-term placement. Each has a clock of its own, or changes one.""",
    CareStatusEnd: """DISRUPTED: a placement for adoption failed. REVOKED: the authority to place. ENDED: any other. CARE_ENDED, ADOPTED,
DIED: with what it hung on.""",
    PlanEnd: "A review conference decides that a plan ends; nothing else ends one but these.",
    EarlierReviewReason: """Why a meeting must be held earlier than its rule says: reg. 33(3) of the Care Planning Regulations, or what
changed for a child on a plan.""",
    TransferDirection: "IN: to us. OUT: from us.",
    IdentityState: "PROPOSED: it waits for a person. MERGED: one child. REJECTED: two children. UNDONE: merged, and parted again.",
    ParticipationCode: "SSDA903 REVIEW_CODE: how a child took part in a review. PN0: under four years old.",
    Severity: "REFUSED: nothing of that child was taken. DOUBTFUL: taken as the message says. NOTE: worth knowing.",
}
_NAMES: dict[type[Enum], str] = {Severity: "FindingSeverity"}

for _word, _meaning in _MEANINGS.items():
    strawberry.enum(_word, name=_NAMES.get(_word, _word.__name__), description=" ".join(_meaning.split()))

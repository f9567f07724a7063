"""What the constraints of the diary mean to a caller: the one place that knows their names."""

from __future__ import annotations

from services.kernel.errors import InvalidInput, Rejected

TAKEN = "hold_no_overlap"
NOT_AT_WORK = "hold_within_availability"
BEYOND_WRITE_UP = "write_up_within_capacity"
BOOKED_ALREADY = "meeting_item_obligation_once"
OWED_NO_LONGER = "meeting_item_obligation"
SAME_REFERENCE = "meeting_reference_once"

LOOK_AGAIN = frozenset({TAKEN, NOT_AT_WORK, BEYOND_WRITE_UP, SAME_REFERENCE})
"""The world has changed since it was read: a second look finds another resource, or says what is in the way and until when."""

MEANINGS = {
    BOOKED_ALREADY: "a meeting that was booked meanwhile stands for one of these children",
    OWED_NO_LONGER: "what is owed for one of these children has changed meanwhile: read it again",
}

MAY_REFUSE = LOOK_AGAIN | MEANINGS.keys()


class Overtaken(Exception):
    """The world has changed since it was read; nothing of the transaction stands."""


def refusal(constraint: str) -> Rejected:
    """The error for a constraint that a second look cannot get around."""
    return InvalidInput(MEANINGS[constraint], "childReferences")

"""What is owed, as the stores of this room read it."""

from __future__ import annotations

from typing import Any

from services.kernel.words import MeetingKind
from services.planning.chain import FIRST_REVIEW
from services.planning.problem import Owed


def owed_of(row: Any) -> Owed:
    """A child's obligation: a row with `obligation_id` and the obligation's own columns."""
    return Owed(
        child_id=row["child_id"],
        kind=MeetingKind(row["kind"]),
        triggered_on=row["triggered_on"],
        statutory_due_on=row["statutory_due_on"],
        book_by_on=row["book_by_on"],
        obligation_id=row["obligation_id"],
        first=row["rule_code"] == FIRST_REVIEW,
        rule_code=row["rule_code"],
        not_before_on=row["not_before_on"],
    )

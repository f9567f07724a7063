"""Until which day a meeting may be booked without a manager's reason."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from services.booking.rules import Due, last_day
from services.kernel.words import MeetingKind, ObligationState


@pytest.mark.parametrize(
    ("kind", "rule_code", "last"),
    [
        (MeetingKind.CARE_REVIEW, "CARE_REVIEW_NEXT", date(2027, 2, 28)),
        (MeetingKind.REVIEW_CONFERENCE, "REVIEW_CONFERENCE_NEXT", date(2026, 12, 8)),
        (MeetingKind.REVIEW_CONFERENCE, "POST_BIRTH_REVIEW", date(2026, 12, 8)),
        (MeetingKind.PRE_BIRTH_CONFERENCE, "PRE_BIRTH_CONFERENCE", date(2027, 2, 26)),
    ],
)
def test_book_by_binds_conferences_and_a_wish_for_weeks_of_pregnancy_does_not(kind: MeetingKind, rule_code: str, last: date) -> None:
    """The law's day is Sunday 28 February 2027; the diary aims at 8 December 2026."""
    due = Due(
        id=UUID(int=1),
        child_id=UUID(int=2),
        kind=kind,
        triggered_on=date(2026, 11, 10),
        rule_code=rule_code,
        statutory_due_on=date(2027, 2, 28),
        book_by_on=date(2026, 12, 8),
        state=ObligationState.OPEN,
    )
    assert last_day(kind, due) == last

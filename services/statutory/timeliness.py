"""Was it in time? Computed from days, never typed.

A meeting counts by its first sitting; one that was adjourned must also have been completed within 20 working days of that
(Care Planning, Placement and Case Review (England) Regulations 2010, reg. 36(2); the timescale ADJOURNED_COMPLETION). Until
that day one that began in time and is still to be completed is not overdue.

VOID means that the duty ended on or before its last day: care or plan ended, the child died or came of age. A duty whose last
day had passed by then was missed for good: nothing can be booked for it any more (its state is VOID), yet its timeliness
stays OVERDUE, so that no return counts it as fulfilled or as never owed.
"""

from __future__ import annotations

from datetime import date

from services.kernel.words import ObligationState, Timeliness
from services.statutory.law import Law, shipped

_COMPLETION = "ADJOURNED_COMPLETION"


def timeliness(
    *,
    state: ObligationState | str,
    statutory_due_on: date,
    held_on: date | None = None,
    completed_on: date | None = None,
    void_from: date | None = None,
    begun_on: date | None = None,
    today: date,
    law: Law | None = None,
) -> Timeliness:
    """The class of one duty on a day. `today` matters only while it is open. The law's day itself is in time.

    `begun_on`: of one whose meeting was adjourned and goes on, the day of its first sitting.

    `law`: by which an adjourned meeting is judged, as shipped if not given; the row in force on its first sitting counts, and
    where none was, the first sitting alone decides.
    """
    if state == ObligationState.VOID:
        missed = void_from is not None and _last_day(statutory_due_on, begun_on, law) < void_from
        return Timeliness.OVERDUE if missed else Timeliness.VOID
    if held_on is None:
        return Timeliness.OVERDUE if _last_day(statutory_due_on, begun_on, law) < today else Timeliness.NOT_YET_DUE
    if held_on > statutory_due_on:
        return Timeliness.LATE
    if completed_on is None or completed_on <= held_on:
        return Timeliness.IN_TIME
    last = (law or shipped()).latest(_COMPLETION, held_on)
    return Timeliness.LATE_ADJOURNED if last is not None and completed_on > last else Timeliness.IN_TIME


def _last_day(statutory_due_on: date, begun_on: date | None, law: Law | None) -> date:
    """On which the duty can still be met in time: of one that began in time, the last for its completion."""
    if begun_on is None or begun_on > statutory_due_on:
        return statutory_due_on
    return max(statutory_due_on, (law or shipped()).latest(_COMPLETION, begun_on) or date.max)

"""The class of a duty, from its days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.kernel.words import ObligationState, Timeliness
from services.statutory.timeliness import timeliness

DUE, TODAY = date(2026, 9, 22), date(2026, 9, 23)
OPEN, HELD, VOID, EXPECTED = ObligationState.OPEN, ObligationState.HELD, ObligationState.VOID, ObligationState.EXPECTED


def judged(
    state: ObligationState,
    *,
    today: date = TODAY,
    held_on: date | None = None,
    completed_on: date | None = None,
    void_from: date | None = None,
    begun_on: date | None = None,
) -> Timeliness:
    return timeliness(
        state=state,
        statutory_due_on=DUE,
        held_on=held_on,
        completed_on=completed_on,
        void_from=void_from,
        begun_on=begun_on,
        today=today,
    )


@pytest.mark.parametrize("state", [OPEN, EXPECTED])
def test_what_is_open_is_overdue_from_the_day_after_the_laws_day(state: ObligationState) -> None:
    assert judged(state, today=DUE) is Timeliness.NOT_YET_DUE
    assert judged(state, today=TODAY) is Timeliness.OVERDUE


def test_the_laws_day_itself_is_in_time() -> None:
    assert judged(HELD, held_on=DUE) is Timeliness.IN_TIME
    assert judged(HELD, held_on=TODAY) is Timeliness.LATE


def test_an_adjourned_meeting_is_in_time_if_begun_in_time_and_completed_within_20_working_days() -> None:
    assert judged(HELD, held_on=date(2026, 9, 1), completed_on=date(2026, 9, 29)) is Timeliness.IN_TIME
    assert judged(HELD, held_on=date(2026, 9, 1), completed_on=date(2026, 9, 30)) is Timeliness.LATE_ADJOURNED
    assert judged(HELD, held_on=TODAY, completed_on=date(2026, 12, 1)) is Timeliness.LATE


def test_what_began_in_time_and_goes_on_is_overdue_only_when_its_completion_is() -> None:
    """20 working days from 22 September 2026 are over on 20 October, from 1 September on 29 September."""
    for begun_on, last in ((DUE, date(2026, 10, 20)), (date(2026, 9, 1), date(2026, 9, 29)), (date(2026, 8, 3), DUE), (TODAY, DUE)):
        assert judged(OPEN, begun_on=begun_on, today=last) is Timeliness.NOT_YET_DUE
        assert judged(OPEN, begun_on=begun_on, today=last + timedelta(days=1)) is Timeliness.OVERDUE
        assert judged(VOID, begun_on=begun_on, void_from=last) is Timeliness.VOID
        assert judged(VOID, begun_on=begun_on, void_from=last + timedelta(days=1)) is Timeliness.OVERDUE


def test_what_lapsed_before_it_was_due_is_void_and_what_was_missed_before_it_lapsed_stays_overdue() -> None:
    assert judged(VOID, void_from=DUE) is Timeliness.VOID
    assert judged(VOID, void_from=date(2026, 9, 1)) is Timeliness.VOID
    assert judged(VOID, void_from=TODAY) is Timeliness.OVERDUE
    assert judged(VOID) is Timeliness.VOID


def test_states_may_come_as_the_database_spells_them() -> None:
    assert timeliness(state="VOID", statutory_due_on=DUE, today=TODAY) is Timeliness.VOID

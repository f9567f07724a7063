"""An officer's working time over the days: what she is on any of them, and the next change of her limit. Without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.capacity import LEAVER_DAYS, NextChange, caseload_of, limit_of
from services.caseload.capacity_over_time import AHEAD, Contracted, Reduced, WorkingTime, merged, next_change, officer_on
from services.caseload.weights import SHIPPED_POINTS, Scheme
from services.kernel.window import DateSpan, TimeWindow, local_instant
from services.kernel.words import CaseloadState

DAY = date(2026, 9, 1)
ALWAYS = DateSpan(date(2000, 1, 1))
SCHEME = Scheme(
    id=UUID(int=1), effective_from=date(2000, 1, 1), limit_per_wte=Decimal(90), near_share=Decimal("0.9"), points=SHIPPED_POINTS
)
FULL = WorkingTime(iro_id=UUID(int=9), code="IRO-01", active=ALWAYS, contracts=(Contracted(in_force=ALWAYS, wte=Decimal(1)),))


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def contract(wte: str, first: int, until: int | None = None) -> Contracted:
    return Contracted(in_force=DateSpan(after(first), None if until is None else after(until)), wte=Decimal(wte))


def less(wte: str, first: int, until: int | None = None, reason: str = "induction") -> Reduced:
    return Reduced(in_force=DateSpan(after(first), None if until is None else after(until)), wte=Decimal(wte), reason=reason)


def away(first: int, last: int) -> TimeWindow:
    """From the first day to the last, both included."""
    return TimeWindow(local_instant(after(first), time.min), local_instant(after(last + 1), time.min))


def limit(known: WorkingTime, days: int) -> Decimal:
    return limit_of(officer_on(known, after(days)), SCHEME)


def change(known: WorkingTime, *schemes: Scheme) -> NextChange | None:
    return next_change(known, DAY, (SCHEME, *schemes))


def test_nothing_that_is_known_changes_a_limit_of_nothing_but_a_contract() -> None:
    assert change(FULL) is None


@pytest.mark.parametrize(
    ("known", "on", "points", "reason"),
    [
        (replace(FULL, contracts=(contract("1", 0, 30), contract("0.6", 30))), 30, "54.0", "0.6 WTE by contract, 1 before"),
        (replace(FULL, contracts=(contract("1", 0, 9),)), 9, "0", "0 WTE by contract, 1 before"),
        (replace(FULL, reductions=(less("0.2", 5, 50),)), 5, "72.0", "0.2 WTE less: induction"),
        (replace(FULL, reductions=(less("0.2", 0, 50),)), 50, "90", "0.2 WTE no longer taken off: induction"),
        (replace(FULL, active=DateSpan(date(2000, 1, 1), after(11))), 11, "0", "leaves: her last day is 2026-09-11"),
        (replace(FULL, active=DateSpan(after(14))), 14, "90", "joins the unit"),
        (replace(FULL, absences=(away(10, 80),)), 10, "0", "away until 2026-11-20"),
        (replace(FULL, absences=(away(-3, 60),)), 34, "90", "back on 2026-11-01, soon enough to take children"),
    ],
)
def test_the_next_change_has_its_day_its_limit_and_its_reason(known: WorkingTime, on: int, points: str, reason: str) -> None:
    assert change(known) == NextChange(on=after(on), limit=Decimal(points), reason=reason)


def test_what_happens_while_she_is_away_is_no_change_of_a_limit_of_nothing() -> None:
    busy = replace(FULL, absences=(away(0, 100),), reductions=(less("0.5", 20),))
    found = change(busy)
    assert found == NextChange(on=after(74), limit=Decimal("45.0"), reason="back on 2026-12-11, soon enough to take children")


def test_a_short_absence_changes_no_limit() -> None:
    assert change(replace(FULL, absences=(away(3, 29),))) is None


def test_absences_that_touch_are_one() -> None:
    parts = (away(18, 30), away(3, 17))
    assert merged(parts) == [away(3, 30)]
    assert change(replace(FULL, absences=parts)) == NextChange(on=after(3), limit=Decimal(0), reason="away until 2026-10-01")


def test_a_short_absence_within_a_long_one_ends_nothing() -> None:
    parts = (away(3, 60), away(10, 12))
    assert merged(parts) == [away(3, 60)]
    assert change(replace(FULL, absences=parts)) == NextChange(on=after(3), limit=Decimal(0), reason="away until 2026-10-31")


def test_whoever_works_in_the_morning_is_away_from_the_next_day_on() -> None:
    at_noon = TimeWindow(local_instant(after(3), time(12)), local_instant(after(61), time.min))
    found = change(replace(FULL, absences=(at_noon,)))
    assert found is not None
    assert found.on == after(4)


def test_weeks_from_monday_to_friday_are_one_absence_and_a_day_at_work_between_them_is_not() -> None:
    """1 September 2026 is a Tuesday: six weeks from Monday the 7th."""
    weeks = tuple(away(6 + 7 * number, 10 + 7 * number) for number in range(6))
    assert change(replace(FULL, absences=weeks)) == NextChange(on=after(6), limit=Decimal(0), reason="away until 2026-10-16")
    assert len(merged((away(6, 10), away(14, 17)))) == 2  # at work on a Monday
    assert len(merged((away(6, 9), away(13, 17)))) == 2  # at work on a Friday
    assert len(merged((away(6, 10), away(12, 17)))) == 1  # back on the Sunday
    evening = TimeWindow(local_instant(after(6), time.min), local_instant(after(10), time(17)))
    assert len(merged((evening, away(13, 17)))) == 2  # whoever may have been at work that day
    assert len(merged((away(6, 10), TimeWindow(local_instant(after(13), time(9)), local_instant(after(14), time.min))))) == 2


def test_a_scheme_to_come_changes_the_limit_of_everybody() -> None:
    later = replace(SCHEME, id=UUID(int=2), effective_from=after(40), limit_per_wte=Decimal(70))
    assert change(FULL, later) == NextChange(on=after(40), limit=Decimal(70), reason="the scheme's limit is 70 points per WTE, 90 before")
    assert change(FULL, replace(later, limit_per_wte=Decimal(90))) is None


def test_no_change_is_looked_for_beyond_two_years() -> None:
    far = DAY + AHEAD
    assert change(replace(FULL, active=DateSpan(DAY, far))) is not None
    assert change(replace(FULL, active=DateSpan(DAY, far + timedelta(days=1)))) is None


def test_a_leaver_keeps_her_limit_and_says_when_she_leaves() -> None:
    leaving = replace(FULL, active=DateSpan(date(2000, 1, 1), after(LEAVER_DAYS)))
    officer = officer_on(leaving, DAY)
    assert (officer.leaves_on, limit_of(officer, SCHEME)) == (after(LEAVER_DAYS - 1), Decimal(90))
    assert officer_on(leaving, after(-1)).leaves_on is None
    assert officer_on(leaving, after(LEAVER_DAYS - 1)).leaves_on == after(LEAVER_DAYS - 1)
    gone = officer_on(leaving, after(LEAVER_DAYS))
    assert (gone.leaves_on, gone.active, limit_of(gone, SCHEME)) == (None, False, Decimal(0))


def test_reductions_add_up_and_take_no_more_than_there_is() -> None:
    two = (less("0.3", 0), less("0.2", 0))
    assert officer_on(replace(FULL, reductions=two), DAY).reduced == Decimal("0.5")
    assert limit(replace(FULL, reductions=(*two, *two, *two)), 0) == 0


def test_the_table_shows_wte_and_what_comes_off_it() -> None:
    officer = officer_on(replace(FULL, reductions=(less("0.25", 0),)), DAY)
    load = caseload_of(officer, [], SCHEME, DAY, households=3)
    assert (load.wte, load.reduced, load.limit, load.households, load.points) == (
        Decimal(1),
        Decimal("0.25"),
        Decimal("67.5"),
        3,
        Decimal("0.6"),
    )
    assert load.state is CaseloadState.UNDER


spans = st.tuples(st.integers(-100, 700), st.integers(1, 200)).map(lambda each: DateSpan(after(each[0]), after(each[0] + each[1])))
reduced = st.builds(Reduced, in_force=spans, wte=st.sampled_from([Decimal("0.1"), Decimal("0.5")]), reason=st.just("x"))
absent = st.tuples(st.integers(-100, 300), st.integers(0, 120)).map(lambda each: away(each[0], each[0] + each[1]))
times = st.builds(
    lambda reductions, absences, active: replace(FULL, reductions=tuple(reductions), absences=tuple(absences), active=active),
    st.lists(reduced, max_size=3),
    st.lists(absent, max_size=3),
    st.sampled_from([ALWAYS, DateSpan(after(-300), after(90)), DateSpan(after(20), after(200))]),
)


@given(times)
def test_no_day_before_the_next_change_has_another_limit_and_that_day_has(known: WorkingTime) -> None:
    found, now = change(known), limit(known, 0)
    last = AHEAD.days if found is None else (found.on - DAY).days - 1
    assert all(limit(known, days) == now for days in range(1, last + 1))
    if found is not None:
        assert limit(known, (found.on - DAY).days) == found.limit != now
        assert found.reason

"""The counting rules, on the dates that were verified by hand and as properties."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.ids import obligation_id
from services.kernel.words import TimescaleUnit
from services.statutory.counting import Counting, add_months, birthday, due_dates, earlier_day, latest_day
from services.statutory.law import law_of
from services.statutory.timescales import SHIPPED, Timescale, Timescales
from services.statutory.working_days import england

LAW = Timescales(SHIPPED)
DAYS = st.dates(min_value=date(2011, 4, 1), max_value=date(2059, 1, 1))
CURRENT = sorted({row.code for row in SHIPPED})


def rule(code: str) -> Timescale:
    return LAW.on(code, date(2026, 9, 1))


@pytest.mark.parametrize(
    ("day0", "fifteenth", "twentieth"),
    [
        (date(2026, 9, 1), date(2026, 9, 22), date(2026, 9, 29)),
        (date(2026, 12, 7), date(2026, 12, 30), date(2027, 1, 7)),
        (date(2026, 12, 14), date(2027, 1, 7), date(2027, 1, 14)),
        (date(2026, 12, 24), date(2027, 1, 19), date(2027, 1, 26)),
        (date(2026, 3, 16), date(2026, 4, 8), date(2026, 4, 15)),
    ],
)
def test_verified_dates_of_15_and_20_working_days(day0: date, fifteenth: date, twentieth: date) -> None:
    assert due_dates(rule("INITIAL_CONFERENCE"), day0, england()).statutory_due_on == fifteenth
    assert due_dates(rule("CARE_REVIEW_FIRST"), day0, england()).statutory_due_on == twentieth


def test_the_christmas_run_stretches_20_working_days_to_33_days() -> None:
    assert date(2027, 1, 26) - date(2026, 12, 24) == timedelta(days=33)
    assert date(2026, 9, 29) - date(2026, 9, 1) == timedelta(days=28)


def test_three_and_six_months_after_30_november_end_on_a_sunday_and_are_booked_by_the_friday() -> None:
    three = due_dates(rule("CARE_REVIEW_SECOND"), date(2026, 11, 30), england())
    assert (three.statutory_due_on, three.census_due_on, three.book_by_on) == (date(2027, 2, 28), date(2027, 3, 1), date(2027, 2, 26))
    six = due_dates(rule("CARE_REVIEW_NEXT"), date(2026, 11, 30), england())
    assert (six.statutory_due_on, six.census_due_on, six.book_by_on) == (date(2027, 5, 30), date(2027, 6, 1), date(2027, 5, 28))


def test_the_diary_aims_at_the_census_day_where_it_comes_first() -> None:
    dates = due_dates(rule("REVIEW_CONFERENCE_FIRST"), date(2026, 7, 15), england())
    assert (dates.statutory_due_on, dates.census_due_on) == (date(2026, 10, 15), date(2026, 10, 14))
    assert dates.book_by_on == date(2026, 10, 14)


@pytest.mark.parametrize("day0", [date(2026, 12, 4), date(2026, 12, 5), date(2026, 12, 6)])
def test_a_trigger_on_friday_saturday_or_sunday_gives_the_same_day(day0: date) -> None:
    assert due_dates(rule("INITIAL_CONFERENCE"), day0, england()).statutory_due_on == date(2026, 12, 29)


@pytest.mark.parametrize(
    ("day0", "months", "due"),
    [
        (date(2026, 8, 29), 6, date(2027, 2, 28)),
        (date(2026, 8, 30), 6, date(2027, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2027, 2, 28), 6, date(2027, 8, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 10, 31), 3, date(2027, 1, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ],
)
def test_months_end_on_the_corresponding_day_or_the_last(day0: date, months: int, due: date) -> None:
    assert add_months(day0, months) == due


def test_both_conventions_of_within_are_one_day_apart() -> None:
    for unit, amount, plain, strict in [
        (TimescaleUnit.WORKING_DAYS, 15, date(2026, 9, 22), date(2026, 9, 21)),
        (TimescaleUnit.DAYS, 28, date(2026, 9, 29), date(2026, 9, 28)),
        (TimescaleUnit.WEEKS, 4, date(2026, 9, 29), date(2026, 9, 28)),
        (TimescaleUnit.MONTHS, 3, date(2026, 12, 1), date(2026, 11, 30)),
        (TimescaleUnit.YEARS, 1, date(2027, 9, 1), date(2027, 8, 31)),
    ]:
        assert latest_day(date(2026, 9, 1), amount, unit, england()) == plain
        assert latest_day(date(2026, 9, 1), amount, unit, england(), Counting.DAY_ZERO_COUNTS) == strict


def test_a_day_ahead_of_another_is_counted_back_in_the_same_units() -> None:
    for unit, amount, day in [
        (TimescaleUnit.WEEKS, 6, date(2026, 9, 8)),
        (TimescaleUnit.DAYS, 42, date(2026, 9, 8)),
        (TimescaleUnit.WORKING_DAYS, 5, date(2026, 10, 13)),
        (TimescaleUnit.MONTHS, 8, date(2026, 2, 20)),
        (TimescaleUnit.YEARS, 1, date(2025, 10, 20)),
    ]:
        assert earlier_day(date(2026, 10, 20), amount, unit, england()) == day
    assert earlier_day(date(2026, 10, 31), 8, TimescaleUnit.MONTHS, england()) == date(2026, 2, 28)


def test_a_timescale_of_no_days_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        latest_day(date(2026, 9, 1), 0, TimescaleUnit.DAYS, england())


@given(DAYS, st.sampled_from(CURRENT))
def test_a_diary_never_aims_later_than_the_law_or_the_census(day0: date, code: str) -> None:
    found = LAW.find(code, day0)
    if found is None:
        return
    dates = due_dates(found, day0, england())
    assert day0 < dates.statutory_due_on
    assert dates.book_by_on <= dates.statutory_due_on
    assert dates.census_due_on is None or dates.book_by_on <= dates.census_due_on
    assert england().is_working(dates.book_by_on)
    assert dates.book_by_on.weekday() < 5


@given(DAYS, st.integers(min_value=0, max_value=60), st.sampled_from(CURRENT))
def test_a_later_trigger_is_never_due_earlier(day0: date, later: int, code: str) -> None:
    found = LAW.find(code, day0)
    if found is None:
        return
    first, second = due_dates(found, day0, england()), due_dates(found, day0 + timedelta(days=later), england())
    assert first.statutory_due_on <= second.statutory_due_on
    assert first.book_by_on <= second.book_by_on


@given(DAYS, st.integers(min_value=1, max_value=24))
def test_months_are_clamped_to_the_month_and_to_nothing_else(day: date, months: int) -> None:
    due = add_months(day, months)
    assert (due.year * 12 + due.month) - (day.year * 12 + day.month) == months
    assert due.day == min(day.day, monthrange(due.year, due.month)[1])


@given(DAYS)
def test_three_months_are_89_to_92_days_and_six_181_to_184(day: date) -> None:
    assert 89 <= (add_months(day, 3) - day).days <= 92
    assert 181 <= (add_months(day, 6) - day).days <= 184


def test_the_eighteenth_birthday_of_one_born_on_29_february_is_1_march() -> None:
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 9, 1), 18) == date(2026, 9, 1)


def test_every_row_of_the_table_of_timescales_is_shipped_with_a_legal_basis() -> None:
    assert set(CURRENT) == {
        "INITIAL_CONFERENCE",
        "PRE_BIRTH_CONFERENCE",
        "TRANSFER_IN_CONFERENCE",
        "REVIEW_CONFERENCE_FIRST",
        "REVIEW_CONFERENCE_NEXT",
        "CARE_REVIEW_FIRST",
        "CARE_REVIEW_SECOND",
        "CARE_REVIEW_NEXT",
        "REMAND_REVIEW_FIRST",
        "LONG_TERM_SETTLED",
        "LONG_TERM_MEETING",
        "ADJOURNED_COMPLETION",
        "INQUORATE_CONFERENCE",
        "POST_BIRTH_REVIEW",
        "PRE_BIRTH_LATEST",
        "SHORT_BREAK_REVIEW_FIRST",
        "SHORT_BREAK_REVIEW_NEXT",
        "SHORT_BREAK_LONGEST",
        "SHORT_BREAK_TOTAL",
        "SHORT_BREAK_SERIES",
        "ADOPTION_REVIEW_AUTHORISED_FIRST",
        "ADOPTION_REVIEW_AUTHORISED_NEXT",
        "ADOPTION_REVIEW_PLACED_FIRST",
        "ADOPTION_REVIEW_PLACED_SECOND",
        "ADOPTION_REVIEW_PLACED_NEXT",
        "ADOPTION_REVIEW_DISRUPTED_EARLIEST",
        "ADOPTION_REVIEW_DISRUPTED",
        "SECURE_CRITERIA_REVIEW_FIRST",
        "SECURE_CRITERIA_REVIEW_NEXT",
        "FOSTER_HOME_REVIEW_FIRST",
        "FOSTER_HOME_REVIEW_NEXT",
    }
    assert all(row.legal_basis for row in SHIPPED)


def test_the_day_counts_of_the_sector_are_91_and_183() -> None:
    census = {row.code: row.census_days for row in SHIPPED if row.census_days is not None}
    assert census == {
        "REVIEW_CONFERENCE_FIRST": 91,
        "REVIEW_CONFERENCE_NEXT": 183,
        "CARE_REVIEW_SECOND": 91,
        "CARE_REVIEW_NEXT": 183,
    }


def test_a_first_review_is_judged_by_the_regulations_of_its_own_day_0() -> None:
    assert (LAW.on("CARE_REVIEW_FIRST", date(2011, 3, 31)).amount, LAW.on("CARE_REVIEW_FIRST", date(2011, 4, 1)).amount) == (4, 20)
    assert LAW.on("CARE_REVIEW_FIRST", date(2011, 3, 31)).unit is TimescaleUnit.WEEKS
    with pytest.raises(LookupError, match="CARE_REVIEW_FIRST is in force on 1980"):
        LAW.on("CARE_REVIEW_FIRST", date(1980, 1, 1))


def test_a_secure_criteria_review_at_28_days_is_never_later_than_a_month() -> None:
    for day in range(1, 32):
        day0 = date(2027, 1, day)
        assert due_dates(rule("SECURE_CRITERIA_REVIEW_FIRST"), day0, england()).statutory_due_on <= add_months(day0, 1)


def test_an_identifier_is_that_of_its_name_however_it_is_computed() -> None:
    """It is stored, and must never change."""
    name = "00000000-0000-0000-0000-000000000007|CARE_REVIEW|2026-09-01"
    namespace = UUID("6f2b6c1e-6c7e-5d0a-9a53-0f7a3c1d2e01")
    assert obligation_id(UUID(int=7), "CARE_REVIEW", date(2026, 9, 1)) == uuid5(namespace, name)


def test_what_was_counted_once_is_counted_anew_under_another_law() -> None:
    shorter = Timescales(replace(row, amount=10) if row.code == "INITIAL_CONFERENCE" else row for row in SHIPPED)
    day = date(2026, 9, 1)
    for _ in range(2):
        assert law_of(Timescales(SHIPPED), england()).latest("INITIAL_CONFERENCE", day) == date(2026, 9, 22)
        assert law_of(shorter, england()).latest("INITIAL_CONFERENCE", day) == date(2026, 9, 15)
    assert law_of(shorter, england()).latest("ADJOURNED_COMPLETION", day, on=date(2005, 1, 3)) is None

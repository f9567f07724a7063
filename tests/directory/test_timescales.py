"""What a unit states of its timescales is laid over what is shipped, day by day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.establishment import StatedTimescale
from services.directory.timescales import judge_timescales, lay_over
from services.kernel.errors import InvalidInput
from services.kernel.window import DateSpan
from services.kernel.words import TimescaleUnit
from services.statutory.timescales import SHIPPED, Timescales

CODE = "CARE_REVIEW_FIRST"  # shipped in two rows, from 1991 and from 2011


def stated(first: date, until: date | None = None, code: str = CODE) -> StatedTimescale:
    return StatedTimescale(code=code, amount=10, unit=TimescaleUnit.DAYS, legal_basis="ours", in_force=DateSpan(first, until))


def days(first: int, last: int) -> st.SearchStrategy[date]:
    return st.dates(date(first, 1, 1), date(last, 12, 31))


@given(days(1985, 2030), st.none() | st.integers(1, 12_000), days(1980, 2040))
def test_on_each_day_the_stated_rule_holds_and_on_all_others_the_shipped_one(first: date, length: int | None, day: date) -> None:
    row = stated(first, None if length is None else first + timedelta(days=length))
    laid = [each for each, _ in lay_over([row])]
    found = Timescales(laid).find(CODE, day)
    assert sum(day in each.in_force for each in laid) <= 1
    if day in row.in_force:
        assert found is not None
        assert found.amount == 10
    else:
        shipped = Timescales(SHIPPED).find(CODE, day)
        assert (found and (found.amount, found.unit)) == (shipped and (shipped.amount, shipped.unit))


def test_rules_that_are_not_stated_are_not_touched() -> None:
    assert {row.code for row, _ in lay_over([stated(date(2026, 1, 1))])} == {CODE}
    assert lay_over([]) == []


def test_one_day_has_one_rule() -> None:
    judge_timescales([stated(date(2026, 1, 1), date(2027, 1, 1)), stated(date(2027, 1, 1))])
    with pytest.raises(InvalidInput, match="stated twice for one day"):
        judge_timescales([stated(date(2026, 1, 1), date(2027, 1, 2)), stated(date(2027, 1, 1))])
    with pytest.raises(InvalidInput, match="there is no such rule"):
        judge_timescales([stated(date(2026, 1, 1), code="CARE_REVIEW")])

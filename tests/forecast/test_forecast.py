"""The weeks ahead, by examples that are counted by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.allocation.posing import Known
from services.caseload.capacity import Officer
from services.caseload.forecast import Forecast, forecast
from services.caseload.outlook import Day, Flows, Outlook
from services.caseload.weights import ChildOnDay, Scheme
from services.kernel.words import CaseloadState
from tests.forecast.authorities import SCHEME, TODAY, authorities, in_care, officer, on_plan

UNDER, NEAR, OVER, UNAVAILABLE = CaseloadState.UNDER, CaseloadState.NEAR, CaseloadState.OVER, CaseloadState.UNAVAILABLE
TEAM = (officer(1),)


def ahead(
    *children: ChildOnDay,
    weeks: int = 4,
    team: Callable[[date], tuple[Officer, ...]] = lambda _: TEAM,
    scheme: Callable[[date], Scheme] = lambda _: SCHEME,
    flows: Flows | None = None,
    adult_on: dict[int, date] | None = None,
    homes: int = 0,
) -> Forecast:
    days = [TODAY + timedelta(days=7 * number) for number in range(weeks + 1)]
    outlook = Outlook(
        children=children,
        adult_on={UUID(int=number): day for number, day in (adult_on or {}).items()},
        holders={child.child_id: TEAM[0].iro_id for child in children},
        flows=flows or Flows(),
        days=tuple(Day(on=day, scheme=scheme(day), officers=team(day)) for day in days),
        households={TEAM[0].iro_id: homes},
    )
    return forecast(outlook)


def points(found: Forecast) -> list[str]:
    return [str(week.points) for week in found.weeks]


def limits(found: Forecast) -> list[int]:
    return [int(week.limit) for week in found.weeks]


def test_where_nothing_is_known_ahead_all_stays_as_it_is() -> None:
    found = ahead(in_care(1), in_care(2), on_plan(3), homes=5)
    assert (found.standing.points, found.standing.limit, found.standing.state) == (Decimal(4), Decimal(90), UNDER)
    assert points(found) == ["4.00"] * 4
    assert [week.first_day for week in found.weeks] == [date(2026, 9, 2), date(2026, 9, 9), date(2026, 9, 16), date(2026, 9, 23)]


def test_who_turns_18_in_the_third_week_weighs_nothing_from_its_end_on() -> None:
    found = ahead(in_care(1), in_care(2), adult_on={1: date(2026, 9, 16), 2: date(2026, 10, 1)})
    assert [week.turning_18 for week in found.weeks] == [0, 0, 1, 0]
    assert points(found) == ["2.00", "2.00", "1.00", "1.00"]
    assert [str(week.points) for week in found.officers[0].weeks] == ["2.00", "2.00", "1.00", "1.00"]


def test_a_birthday_on_the_last_day_of_a_week_is_in_that_week() -> None:
    assert [week.turning_18 for week in ahead(in_care(1), adult_on={1: date(2026, 9, 15)}).weeks] == [0, 1, 0, 0]


def test_the_eldest_of_a_family_leaves_its_place_to_the_next() -> None:
    family = [replace(in_care(number, group="F1"), placed="U4 since 2025-01-01") for number in (1, 2, 3)]
    assert points(ahead(*family, adult_on={1: date(2026, 9, 10)})) == ["2.20", "1.60", "1.60", "1.60"]


def test_a_reduction_that_ends_in_the_second_week_gives_its_points_back() -> None:
    found = ahead(in_care(1), team=lambda day: (officer(1, reduced="0.4" if day < date(2026, 9, 14) else "0"),))
    assert limits(found) == [54, 90, 90, 90]
    assert [int(week.limit) for week in found.officers[0].weeks] == [54, 90, 90, 90]


def test_a_leaver_takes_her_limit_along_and_leaves_her_children() -> None:
    found = ahead(in_care(1), team=lambda day: (officer(1, active=day < date(2026, 9, 20)), officer(2, "0.5")))
    assert limits(found) == [135, 135, 45, 45]
    assert [(row.points, row.state) for row in found.officers[0].weeks] == [
        (Decimal(1), UNDER),
        (Decimal(1), UNDER),
        (Decimal(1), UNAVAILABLE),
        (Decimal(1), UNAVAILABLE),
    ]


def test_who_joins_and_who_holds_children_has_a_row_and_who_is_gone_has_none() -> None:
    joins = ahead(team=lambda day: (officer(1), officer(2, active=day > TODAY), officer(3, active=False)))
    assert [each.iro_code for each in joins.officers] == ["IRO-01", "IRO-02"]
    assert [each.iro_code for each in ahead(in_care(1), team=lambda _: (officer(1, active=False), officer(2))).officers] == [
        "IRO-01",
        "IRO-02",
    ]


def test_a_scheme_that_is_set_for_later_weighs_and_limits_from_its_day_on() -> None:
    later = replace(SCHEME, id=UUID(int=2), limit_per_wte=Decimal(70), points={**SCHEME.points, **dict.fromkeys(SCHEME.points, Decimal(2))})
    found = ahead(in_care(1), on_plan(2), scheme=lambda day: later if day >= date(2026, 9, 12) else SCHEME)
    assert points(found) == ["2.00", "4.00", "4.00", "4.00"]
    assert limits(found) == [90, 70, 70, 70]


def test_plans_begin_and_end_at_the_rates_of_the_last_year() -> None:
    family = [on_plan(1, group="F1"), on_plan(2, group="F1")]  # 1.0 and 0.5: 0.75 in the mean
    found = ahead(*family, flows=Flows(onto_plans=52, off_plans=26))
    # 52 a year is 0.9973 a week, 26 is 0.4986: every week brings 0.4986 children of 0.75 points, 0.374
    assert [(week.new_on_plans, week.plans_ending) for week in found.weeks] == [(Decimal("1.00"), Decimal("0.50"))] * 4
    assert points(found) == ["1.87", "2.25", "2.62", "3.00"]
    assert [str(week.points) for week in found.officers[0].weeks] == ["1.50"] * 4


def test_care_begins_and_ends_at_the_rates_of_the_last_year_at_the_mean_of_those_in_care() -> None:
    found = ahead(in_care(1), in_care(2, reviews=0), on_plan(3), flows=Flows(into_care=73))  # 1.4 a week at 1.125
    assert [(week.new_in_care, week.care_ending) for week in found.weeks] == [(Decimal("1.40"), Decimal("0.00"))] * 4
    assert points(found) == ["4.83", "6.40", "7.98", "9.55"]


def test_nobody_goes_who_is_not_there() -> None:
    found = ahead(on_plan(1), in_care(2), flows=Flows(off_plans=219, out_of_care=219), adult_on={2: date(2026, 9, 3)})  # 4.2 a week
    assert points(found) == ["0.00"] * 4
    assert [week.plans_ending for week in found.weeks] == [Decimal("1.00"), Decimal(0), Decimal(0), Decimal(0)]
    assert [week.care_ending for week in found.weeks] == [Decimal(0)] * 4


def test_a_scheme_that_is_set_for_later_weighs_who_comes_by_a_rate_too() -> None:
    later = replace(SCHEME, id=UUID(int=2), points={**SCHEME.points, **dict.fromkeys(SCHEME.points, Decimal(2))})
    found = ahead(in_care(1), weeks=2, flows=Flows(into_care=365), scheme=lambda day: later if day > date(2026, 9, 10) else SCHEME)
    assert points(found) == ["8.00", "30.00"]  # 1 + 7 at 1.0, then 1 + 14 at 2.0


def test_where_there_is_no_such_child_any_more_the_scheme_of_the_day_says_what_one_weighs() -> None:
    later = replace(SCHEME, id=UUID(int=2), points={**SCHEME.points, **dict.fromkeys(SCHEME.points, Decimal(2))})
    found = ahead(weeks=2, flows=Flows(into_care=365), scheme=lambda day: later if day > date(2026, 9, 10) else SCHEME)
    assert points(found) == ["7.00", "28.00"]


def test_nobody_goes_from_an_empty_unit_but_who_came_in_the_week() -> None:
    found = ahead(flows=Flows(into_care=73, out_of_care=365, onto_plans=73, off_plans=365))
    assert points(found) == ["0.00"] * 4
    assert [(week.care_ending, week.plans_ending) for week in found.weeks] == [(Decimal("1.40"), Decimal("1.40"))] * 4


def test_short_breaks_and_a_conference_awaited_are_neither_care_nor_a_plan() -> None:
    breaks, awaits = replace(in_care(1, reviews=0), short_breaks_only=True), replace(on_plan(2), on_plan=False, awaiting_since=TODAY)
    told = ahead(breaks, awaits, in_care(3), on_plan(4)).method
    assert "at 1.00 points, the mean of the 1 in care today" in told
    assert "at 1.00 points, the mean of the 1 on plans today" in told


def test_an_officer_has_her_own_children_and_homes_by_the_scheme_of_the_week() -> None:
    later = replace(SCHEME, id=UUID(int=2), limit_per_wte=Decimal(4), near_share=Decimal("0.5"))
    team = (replace(officer(1), code="IRO-09"), officer(2))
    found = ahead(in_care(1), homes=5, weeks=2, team=lambda _: team, scheme=lambda day: later if day > date(2026, 9, 10) else SCHEME)
    assert [each.iro_code for each in found.officers] == ["IRO-02", "IRO-09"]
    assert [(row.points, row.limit, row.state) for row in found.officers[1].weeks] == [
        (Decimal(2), Decimal(90), UNDER),
        (Decimal(2), Decimal(4), NEAR),
    ]


def test_who_comes_by_a_rate_weighs_the_mean_of_those_who_are_not_18_by_then() -> None:
    found = ahead(in_care(1, reviews=0), in_care(2), weeks=2, flows=Flows(into_care=365), adult_on={1: date(2026, 9, 10)})
    assert points(found) == ["10.13", "15.00"]  # 2.25 + 7 at 1.125, then 1 + 14 at 1.0


def test_who_turns_18_has_not_gone_by_a_rate_as_well() -> None:
    found = ahead(in_care(1), in_care(2), flows=Flows(out_of_care=26), adult_on={1: date(2026, 9, 18), 2: date(2026, 9, 18)})
    assert points(found) == ["1.50", "1.00", "0.00", "0.00"]
    assert [week.care_ending for week in found.weeks] == [Decimal("0.50"), Decimal("0.50"), Decimal(0), Decimal(0)]


@given(authorities(), st.lists(st.integers(0, 400), min_size=4, max_size=4), st.data())
@settings(deadline=None)
def test_points_never_fall_below_nothing_and_nobody_is_lost_without_a_reason(known: Known, rates: list[int], data: st.DataObject) -> None:
    into_care, out_of_care, onto_plans, off_plans = rates
    flows = Flows(into_care=into_care, out_of_care=out_of_care, onto_plans=onto_plans, off_plans=off_plans)
    adult_on = {child.child_id.int: TODAY + timedelta(days=data.draw(st.integers(1, 60))) for child in known.children}
    weeks = ahead(*known.children, weeks=6, flows=flows, adult_on=adult_on).weeks
    assert all(min(week.points, week.care_ending, week.plans_ending) >= 0 for week in weeks)
    came = sum((week.new_in_care + week.new_on_plans for week in weeks), Decimal(0))
    went = sum((week.care_ending + week.plans_ending for week in weeks), Decimal(0))
    assert went <= came + len(known.children) + Decimal("0.12")  # of which each figure may be rounded by half a hundredth


def test_without_such_children_today_a_new_one_weighs_what_the_scheme_says() -> None:
    assert points(ahead(flows=Flows(onto_plans=365, into_care=365), weeks=1)) == ["14.00"]


def test_the_state_is_that_of_the_exact_figure() -> None:
    small = replace(SCHEME, limit_per_wte=Decimal("1.005"))
    found = ahead(in_care(1), flows=Flows(into_care=1), weeks=1, scheme=lambda _: small)  # 1.0192 of 1.005; 1.00 today
    assert (found.standing.state, found.weeks[0].state) == (NEAR, OVER)
    small = replace(SCHEME, limit_per_wte=Decimal("1.0195"))  # shown as 1.02, which would be over it
    week = ahead(in_care(1), flows=Flows(into_care=1), weeks=1, scheme=lambda _: small).weeks[0]
    assert (str(week.points), week.utilisation, week.state) == ("1.02", Decimal("0.9997"), NEAR)
    found = ahead(in_care(1), weeks=1, scheme=lambda _: replace(SCHEME, limit_per_wte=Decimal("0.999999")))
    assert (found.weeks[0].utilisation, found.weeks[0].state) == (Decimal("1.0001"), OVER)


def test_the_method_names_every_figure_that_was_used() -> None:
    flows = Flows(into_care=40, out_of_care=30, onto_plans=52, off_plans=26)
    told = ahead(in_care(1), in_care(2, reviews=0), on_plan(3), flows=flows, homes=5).method
    for words in (
        "3 children weigh 3.25 points today, and 5 foster homes to be reviewed 1.0",
        "the 365 days to 2026-09-01",
        "40 children came into care and 30 left it before 18 (0.77 and 0.58 a week)",
        "at 1.13 points, the mean of the 2 in care today",
        "52 came onto a plan and 26 left one (1.00 and 0.50 a week)",
        "at 1.00 points, the mean of the 1 on plans today who are not in care",
    ):
        assert words in told

"""What would be if: the whole table under changes that nobody makes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.allocation import rules
from services.allocation.posing import Known, pose
from services.allocation.rebalancing.posing import Facts, pose_moves
from services.allocation.search import Search
from services.allocation.solver import decide
from services.allocation.what_if import MOST_NEW_CHILDREN, WhatIf, imagine, table_of
from services.caseload.capacity import Caseload, limit_of
from services.caseload.weights import weigh
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.words import CaseloadState
from tests.forecast.authorities import SCHEME, TODAY, authorities, in_care, officer, on_plan


def known_of(*officers: int, points: int = 0) -> Known:
    """A unit of whole-time officers, the first of whom has so many settled children in care."""
    children = tuple(in_care(number) for number in range(1, points + 1))
    team = tuple(officer(number) for number in officers)
    holders = {child.child_id: team[0].iro_id for child in children}
    return Known(day=TODAY, scheme=SCHEME, children=children, weights=weigh(children, SCHEME), holders=holders, officers=team)


def brief(table: tuple[Caseload, ...]) -> list[tuple[str, int, str, str, CaseloadState]]:
    return [(each.iro_code, each.children, f"{each.points.normalize():f}", f"{each.limit.normalize():f}", each.state) for each in table]


@given(authorities())
def test_nothing_changed_is_what_is_known(known: Known) -> None:
    assert imagine(known, WhatIf()) == known


@given(authorities(), st.data())
def test_under_absences_the_table_is_where_a_rebalancing_starts_from(known: Known, data: st.DataObject) -> None:
    absent = frozenset(data.draw(st.sets(st.sampled_from([each.code for each in known.officers]))))
    table = table_of(imagine(known, WhatIf(absent=absent)))
    problem = pose_moves(known, Facts(max_moves=5, absent=frozenset(each.iro_id for each in known.officers if each.code in absent)))
    loads = {each.id: each.held for each in problem.officers}
    for bundle in problem.bundles:
        loads[bundle.officer] += bundle.points
    starts_from = {each.code: (problem.in_points(loads[each.id]), problem.in_points(each.limit)) for each in problem.officers}
    assert {each.iro_code: (each.points, each.limit) for each in table if each.iro_code in starts_from} == starts_from
    assert all(each.points == each.limit == 0 for each in table if each.iro_code not in starts_from)
    assert all(each.state is CaseloadState.UNAVAILABLE for each in table if each.iro_code in absent)


@given(authorities(), st.decimals("0.5", "200", places=1))
def test_under_another_limit_the_table_is_where_a_proposal_under_that_limit_would_start_from(known: Known, limit: Decimal) -> None:
    under_that_limit = replace(known, scheme=replace(known.scheme, limit_per_wte=limit))
    assert table_of(imagine(known, WhatIf(limit_per_wte=limit))) == table_of(under_that_limit)
    problem = pose_moves(imagine(known, WhatIf(limit_per_wte=limit)), Facts(max_moves=5))
    assert problem == pose_moves(under_that_limit, Facts(max_moves=5))
    limits = {each.code: problem.in_points(each.limit) for each in problem.officers}
    for each in known.officers:
        if each.code in limits:
            assert limits[each.code] == limit_of(each, under_that_limit.scheme)


@given(authorities(), st.integers(0, 12), st.integers(0, 12))
@settings(deadline=None)
def test_new_children_all_come_to_somebody_where_anybody_may_take_them(known: Known, in_care: int, on_plans: int) -> None:
    before, after = table_of(known), table_of(imagine(known, WhatIf(new_in_care=in_care, new_on_plans=on_plans)))
    free = any(limit_of(each, known.scheme) > 0 for each in known.officers)
    assert sum(each.points for each in after) - sum(each.points for each in before) == (
        in_care * Decimal("1.25") + on_plans * Decimal("1.0") if free else 0
    )
    assert sum(each.children_in_care for each in after) - sum(each.children_in_care for each in before) == (in_care if free else 0)
    assert sum(each.children_on_plans for each in after) - sum(each.children_on_plans for each in before) == (on_plans if free else 0)


@pytest.mark.parametrize(("new_in_care", "new_on_plans"), [(3, 0), (0, 4), (5, 2), (8, 8)])
def test_new_children_are_dealt_as_well_as_a_run_would_deal_them(new_in_care: int, new_on_plans: int) -> None:
    known = replace(known_of(1, 2, 3, points=5), officers=(officer(1), officer(2, "0.6"), officer(3, "0.8")))
    imagined = imagine(known, WhatIf(new_in_care=new_in_care, new_on_plans=new_on_plans))
    new = [child.child_id for child in imagined.children if child.child_id not in known.holders]
    undealt = replace(imagined, holders=known.holders)
    problem = pose(undealt, new, may_exceed=True)
    decided = decide((problem, Search(seconds=3600, workers=1)), lambda _: None)
    assert rules.objective(problem, {child: imagined.holders[child] for child in new}) == decided.values


def test_who_waits_for_an_iro_still_waits_when_others_come() -> None:
    known = known_of(1, 2, points=2)
    waits = on_plan(9)
    known = replace(known, children=(*known.children, waits), weights=weigh((*known.children, waits), SCHEME))
    imagined = imagine(known, WhatIf(new_in_care=1))
    assert waits.child_id not in imagined.holders
    assert sum(each.children for each in table_of(imagined)) == 3


def test_a_new_child_is_never_mistaken_for_one_who_is_there() -> None:
    known = known_of(1)
    there = replace(in_care(1), reference="NEW-IN-CARE-0001")
    known = replace(known, children=(there,), weights=weigh((there,), SCHEME), holders={there.child_id: officer(1).iro_id})
    imagined = imagine(known, WhatIf(new_in_care=2))
    assert len({child.reference for child in imagined.children}) == 3
    assert len({child.child_id for child in imagined.children}) == 3


def test_forty_new_children_and_an_absence_by_hand() -> None:
    table = table_of(imagine(known_of(1, 2, 3, points=4), WhatIf(absent=frozenset({"IRO-01"}), new_in_care=40)))
    assert brief(table) == [
        ("IRO-01", 4, "4", "0", CaseloadState.UNAVAILABLE),
        ("IRO-02", 20, "25", "90", CaseloadState.UNDER),
        ("IRO-03", 20, "25", "90", CaseloadState.UNDER),
    ]


def test_new_children_are_given_out_over_the_limit_too() -> None:
    assert brief(table_of(imagine(known_of(1), WhatIf(new_in_care=80)))) == [("IRO-01", 80, "100", "90", CaseloadState.OVER)]


def test_another_contract_and_another_limit_by_hand() -> None:
    known = replace(known_of(1, 2, points=35), officers=(officer(1, reduced="0.1"), officer(2)))
    table = table_of(imagine(known, WhatIf(wte={"IRO-01": Decimal("0.6")}, limit_per_wte=Decimal(70))))
    assert brief(table) == [("IRO-01", 35, "35", "35", CaseloadState.NEAR), ("IRO-02", 0, "0", "70", CaseloadState.UNDER)]


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        (WhatIf(wte={"IRO-01": Decimal("-0.1")}), "wte", "-0.1 WTE for IRO-01: give 0 to 2"),
        (WhatIf(wte={"IRO-01": Decimal("2.1")}), "wte", "2.1 WTE for IRO-01: give 0 to 2"),
        (WhatIf(wte={"IRO-01": Decimal("NaN")}), "wte", "give 0 to 2"),
        (WhatIf(wte={"IRO-01": Decimal("0.3333")}), "wte", "three decimals"),
        (WhatIf(wte={"IRO-03": Decimal("0.5")}), "wte", "IRO-03 is not at the unit on 2026-09-01"),
        (WhatIf(new_in_care=-1), "newChildrenInCare", "-1 new children in care: give 0 to 1000"),
        (WhatIf(new_in_care=MOST_NEW_CHILDREN + 1), "newChildrenInCare", "1001 new children in care"),
        (WhatIf(new_on_plans=MOST_NEW_CHILDREN + 1), "newChildrenOnPlans", "1001 new children on plans"),
        (WhatIf(limit_per_wte=Decimal(0)), "limitPerWte", "more than 0"),
        (WhatIf(limit_per_wte=Decimal(-70)), "limitPerWte", "more than 0"),
        (WhatIf(limit_per_wte=Decimal("Infinity")), "limitPerWte", "more than 0"),
        (WhatIf(limit_per_wte=Decimal(1001)), "limitPerWte", "at most 1000"),
    ],
)
def test_a_figure_that_cannot_be_meant_is_refused_by_name(changes: WhatIf, field: str, told: str) -> None:
    known = replace(known_of(1, 2), officers=(officer(1), officer(2), officer(3, active=False)))
    with pytest.raises(InvalidInput, match=told) as refused:
        imagine(known, changes)
    assert refused.value.field == field


@pytest.mark.parametrize("changes", [WhatIf(absent=frozenset({"IRO-07"})), WhatIf(wte={"IRO-07": Decimal(1)})])
def test_an_officer_who_is_not_there_is_named(changes: WhatIf) -> None:
    with pytest.raises(NotFound, match="there is no IRO IRO-07"):
        imagine(known_of(1), changes)

"""What a child weighs: the factors of the scheme, in golden figures and as properties."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.capacity import Officer, caseload_of, limit_of, state_of
from services.caseload.weights import SHIPPED_POINTS, ChildOnDay, FactorCode, Scheme, Weight, weigh
from services.kernel.words import CaseloadState, Complexity

DAY = date(2026, 9, 1)
SCHEME = Scheme(
    id=UUID(int=1), effective_from=date(2000, 1, 1), limit_per_wte=Decimal(90), near_share=Decimal("0.9"), points=SHIPPED_POINTS
)


def child(number: int, **facts: object) -> ChildOnDay:
    return ChildOnDay(child_id=UUID(int=number), reference=f"CH{number:04}", **facts)  # type: ignore[arg-type]


SETTLED = {"in_care": True, "care_reviews": 2}


@pytest.mark.parametrize(
    ("facts", "points"),
    [
        (SETTLED, "1.0"),
        ({"in_care": True, "care_reviews": 1}, "1.25"),
        ({"in_care": True, "care_reviews": 0, "start_known": False}, "1.0"),
        ({**SETTLED, "legal_status": "C1"}, "1.25"),
        ({"in_care": True, "care_reviews": 0, "legal_status": "C1"}, "1.25"),
        ({"in_care": True, "short_breaks_only": True}, "0.4"),
        ({"on_plan": True, "conferenced_on": DAY}, "1.0"),
        ({**SETTLED, "on_plan": True, "conferenced_on": DAY}, "1.5"),
        ({"in_care": True, "care_reviews": 0, "on_plan": True, "conferenced_on": DAY}, "1.75"),
        ({"in_care": True, "short_breaks_only": True, "on_plan": True, "conferenced_on": DAY}, "1.4"),
        ({"awaiting_since": DAY}, "1.0"),
        ({**SETTLED, "awaiting_since": DAY}, "1.0"),
        ({**SETTLED, "miles": 20}, "1.0"),
        ({**SETTLED, "miles": 21}, "1.25"),
        ({**SETTLED, "miles": 51, "complexity": frozenset({Complexity.OTHER})}, "2.0"),
    ],
)
def test_one_child_weighs_by_its_factors(facts: dict[str, object], points: str) -> None:
    weight = weigh([child(1, **facts)], SCHEME)[UUID(int=1)]
    assert weight.points == Decimal(points)
    assert all(factor.reason for factor in weight.factors)


def points_of(*children: ChildOnDay) -> list[str]:
    weights = weigh(children, SCHEME)
    return [str(weights[each.child_id].points) for each in children]


def test_the_first_by_reference_counts_in_full_and_siblings_in_one_conference_half() -> None:
    plan = {"on_plan": True, "sibling_group": "F1"}
    assert points_of(
        child(3, conferenced_on=DAY, **plan), child(1, conferenced_on=DAY, **plan), child(2, conferenced_on=date(2026, 5, 1), **plan)
    ) == ["0.5", "1.0", "1.0"]


def test_siblings_in_care_count_less_together_than_apart() -> None:
    care = {**SETTLED, "sibling_group": "F1"}
    assert points_of(child(1, placed="U1 since A", **care), child(2, placed="U1 since A", **care), child(3, placed="U6", **care)) == [
        "1.0",
        "0.6",
        "0.9",
    ]


def test_an_unknown_placement_counts_as_apart() -> None:
    care = {**SETTLED, "sibling_group": "F1"}
    assert points_of(child(1, **care), child(2, **care)) == ["1.0", "0.9"]


def test_siblings_that_await_one_conference_share_it() -> None:
    await_it = {"awaiting_since": DAY, "sibling_group": "F1"}
    assert points_of(child(1, **await_it), child(2, **await_it)) == ["1.0", "0.5"]


def test_factors_of_the_scheme_are_the_units_own() -> None:
    scheme = Scheme(
        id=UUID(int=2), effective_from=DAY, limit_per_wte=Decimal(70), near_share=Decimal(1), points={FactorCode.IN_CARE: Decimal("1.1")}
    )
    assert weigh([child(1, **SETTLED)], scheme)[UUID(int=1)].points == Decimal("1.1")


facts = st.fixed_dictionaries(
    {
        "in_care": st.booleans(),
        "on_plan": st.booleans(),
        "short_breaks_only": st.booleans(),
        "care_reviews": st.integers(0, 3),
        "legal_status": st.sampled_from([None, "C1", "C2", "V2"]),
        "placed": st.sampled_from([None, "U1", "U6"]),
        "sibling_group": st.sampled_from([None, "F1", "F2"]),
        "conferenced_on": st.sampled_from([DAY, date(2026, 5, 1)]),
        "awaiting_since": st.sampled_from([None, DAY]),
    }
)
families = st.lists(facts, min_size=1, max_size=8).map(lambda each: [child(number, **one) for number, one in enumerate(each)])


@given(families)
def test_a_caseload_is_the_sum_of_its_childrens_weights(children: list[ChildOnDay]) -> None:
    weights = weigh(children, SCHEME)
    held: list[Weight] = list(weights.values())
    load = caseload_of(Officer(iro_id=UUID(int=9), code="IRO-01", wte=Decimal(1)), held, SCHEME, DAY)
    assert load.points == sum((factor.points for weight in held for factor in weight.factors), Decimal(0))
    assert load.headroom == load.limit - load.points
    assert load.children == len(children)


@given(families, st.randoms())
def test_neither_order_nor_company_of_others_changes_a_weight(children: list[ChildOnDay], random: object) -> None:
    shuffled = list(children)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert weigh(shuffled, SCHEME) == weigh(children, SCHEME)
    for each in children:
        family = [other for other in children if other.sibling_group is not None and other.sibling_group == each.sibling_group] or [each]
        assert weigh(family, SCHEME)[each.child_id] == weigh(children, SCHEME)[each.child_id]


@given(families)
def test_no_child_counts_twice(children: list[ChildOnDay]) -> None:
    assert all(weight.points <= Decimal("1.75") for weight in weigh(children, SCHEME).values())


@pytest.mark.parametrize(
    ("points", "state"),
    [("80.9", CaseloadState.UNDER), ("81", CaseloadState.NEAR), ("90", CaseloadState.NEAR), ("90.05", CaseloadState.OVER)],
)
def test_one_threshold_each_for_near_and_over(points: str, state: CaseloadState) -> None:
    assert state_of(Decimal(points), Decimal(90), Decimal("0.9")) is state


@pytest.mark.parametrize("change", [{"wte": Decimal(0)}, {"active": False}, {"away": True}, {"reduced": Decimal("1.5")}])
def test_an_officer_without_capacity_is_unavailable_and_never_free(change: dict[str, object]) -> None:
    officer = Officer(**{"iro_id": UUID(int=9), "code": "IRO-01", "wte": Decimal(1), **change})  # type: ignore[arg-type]
    load = caseload_of(officer, [], SCHEME, DAY)
    assert (load.limit, load.utilisation, load.state) == (Decimal(0), None, CaseloadState.UNAVAILABLE)


def test_reductions_come_off_the_limit() -> None:
    assert limit_of(Officer(iro_id=UUID(int=9), code="A", wte=Decimal("0.8"), reduced=Decimal("0.2")), SCHEME) == Decimal(54)

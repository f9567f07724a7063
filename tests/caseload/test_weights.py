"""What a child weighs: the factors of the scheme, in golden figures and as properties."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.caseload.capacity import LEAVER_DAYS, LONG_ABSENCE_DAYS, Officer, caseload_of, limit_of, share, state_of
from services.caseload.weights import DESCRIPTIONS, ENGINE, SHIPPED_POINTS, ChildOnDay, Factor, FactorCode, Scheme, Weight, weigh
from services.directory.settings import Settings
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
        ({"short_breaks_only": True}, "0.4"),
        ({"short_breaks_only": True, "awaiting_since": DAY}, "1.4"),
        ({"in_care": True, "short_breaks_only": True, "awaiting_since": DAY, "complexity": frozenset(Complexity)}, "1.9"),
        ({"on_plan": True, "conferenced_on": DAY, "awaiting_since": DAY}, "1.0"),
        ({"on_plan": True, "conferenced_on": DAY, "legal_status": "C1"}, "1.0"),
        ({**SETTLED, "legal_status": "L2"}, "1.25"),
        ({**SETTLED, "legal_status": "L3"}, "1.25"),
        ({**SETTLED, "miles": 0}, "1.0"),
        ({**SETTLED, "miles": 21, "abroad": True}, "1.5"),
        ({**SETTLED, "miles": 20}, "1.0"),
        ({**SETTLED, "miles": 21}, "1.25"),
        ({**SETTLED, "miles": 50}, "1.25"),
        ({**SETTLED, "miles": 51}, "1.5"),
        ({**SETTLED, "abroad": True}, "1.5"),
        ({**SETTLED, "miles": 400, "abroad": True}, "1.5"),
        ({**SETTLED, "secure": True}, "1.5"),
        ({**SETTLED, "complexity": frozenset(Complexity)}, "1.5"),
        ({**SETTLED, "secure": True, "complexity": frozenset(Complexity)}, "1.5"),
        ({"on_plan": True, "conferenced_on": DAY, "complexity": frozenset({Complexity.FABRICATED_OR_INDUCED_ILLNESS})}, "1.5"),
        ({"awaiting_since": DAY, "complexity": frozenset({Complexity.OPEN_DISPUTE})}, "1.5"),
        ({"on_plan": True, "conferenced_on": DAY, "miles": 60, "abroad": True, "secure": True}, "1.0"),
        ({"in_care": True, "short_breaks_only": True, "miles": 60, "secure": True, "complexity": frozenset(Complexity)}, "0.4"),
        (
            {"in_care": True, "short_breaks_only": True, "on_plan": True, "conferenced_on": DAY, "complexity": frozenset(Complexity)},
            "1.9",
        ),
        ({**SETTLED, "miles": 51, "complexity": frozenset({Complexity.OTHER})}, "2.0"),
    ],
)
def test_one_child_weighs_by_its_factors(facts: dict[str, object], points: str) -> None:
    weight = weigh([child(1, **facts)], SCHEME)[UUID(int=1)]
    assert weight.points == Decimal(points)
    assert all(factor.reason for factor in weight.factors)


def test_what_makes_a_case_complex_is_said_in_words_and_counts_once() -> None:
    facts = {**SETTLED, "secure": True, "complexity": frozenset({Complexity.OPEN_DISPUTE, Complexity.FABRICATED_OR_INDUCED_ILLNESS})}
    (_, factor) = weigh([child(1, **facts)], SCHEME)[UUID(int=1)].factors
    assert (factor.code, factor.points) == (FactorCode.COMPLEX, Decimal("0.5"))
    assert factor.reason == "complex: in secure accommodation, fabricated or induced illness, open dispute"


def test_distance_is_said_in_words() -> None:
    reasons = [weigh([child(1, **SETTLED, **far)], SCHEME)[UUID(int=1)].factors[-1].reason for far in ({"miles": 63}, {"abroad": True})]
    assert reasons == ["placed 63 miles away", "placed in another country"]


def points_of(*children: ChildOnDay) -> list[str]:
    weights = weigh(children, SCHEME)
    return [str(weights[each.child_id].points) for each in children]


def test_the_first_by_reference_counts_in_full_and_siblings_in_one_conference_half() -> None:
    plan = {"on_plan": True, "sibling_group": "F1"}
    assert points_of(
        child(3, conferenced_on=DAY, **plan), child(1, conferenced_on=DAY, **plan), child(2, conferenced_on=date(2026, 5, 1), **plan)
    ) == ["0.5", "1.0", "1.0"]


def test_the_order_of_a_group_is_that_of_the_references_and_of_nothing_else() -> None:
    plan = {"on_plan": True, "conferenced_on": DAY, "sibling_group": "F1"}
    family = [replace(child(number, **plan), reference=reference) for number, reference in ((1, "CH3"), (2, "CH1"), (3, "CH2"))]
    assert points_of(*family) == ["0.5", "1.0", "0.5"]


def test_siblings_in_care_count_less_together_than_apart() -> None:
    care = {**SETTLED, "sibling_group": "F1"}
    assert points_of(child(1, placed="U1 since A", **care), child(2, placed="U1 since A", **care), child(3, placed="U6", **care)) == [
        "1.0",
        "0.6",
        "0.9",
    ]


def test_the_household_that_is_stated_decides_who_is_together() -> None:
    care, home, other = {**SETTLED, "sibling_group": "F1", "placed": "U1 since A"}, UUID(int=70), UUID(int=71)
    assert points_of(child(1, household_id=home, **care), child(2, household_id=other, **care)) == ["1.0", "0.9"]
    assert points_of(child(1, household_id=home, **care), child(2, household_id=home, **{**care, "placed": "U4 since B"})) == ["1.0", "0.6"]
    assert points_of(child(1, household_id=home, **care), child(2, **care)) == ["1.0", "0.6"]


def test_a_child_of_dual_status_stands_in_the_order_and_has_no_discount() -> None:
    care, dual = {**SETTLED, "sibling_group": "F1", "placed": "U1"}, {"on_plan": True, "conferenced_on": DAY}
    assert points_of(child(1, **care, **dual), child(2, **care), child(3, **care, **dual)) == ["1.5", "0.6", "1.5"]
    plan = {"sibling_group": "F1", **dual}
    assert points_of(child(1, **care, **dual), child(2, **plan)) == ["1.5", "0.5"]


def test_a_sibling_at_home_between_breaks_makes_nobody_the_second_in_care() -> None:
    group = {"sibling_group": "F1", "placed": "U1"}
    assert points_of(child(1, in_care=True, short_breaks_only=True, **group), child(2, **SETTLED, **group)) == ["0.4", "1.0"]
    assert points_of(child(1, sibling_group="F1"), child(2, **SETTLED, **group)) == ["0", "1.0"]


def test_a_sibling_counts_as_together_with_any_one_before_it() -> None:
    care = {**SETTLED, "sibling_group": "F1"}
    first, second, third = child(1, placed="U1", **care), child(2, placed="U6", **care), child(3, placed="U6", **care)
    assert points_of(first, second, third) == ["1.0", "0.9", "0.6"]
    assert weigh([first, second, third], SCHEME)[UUID(int=3)].factors[0].reason == "in care, placed together with its sibling CH0002"
    assert weigh([first, second, third], SCHEME)[UUID(int=2)].factors[0].reason == "in care, sibling of CH0001, placed apart"


def test_siblings_who_await_different_conferences_count_in_full() -> None:
    assert points_of(child(1, sibling_group="F1", awaiting_since=date(2026, 8, 1)), child(2, sibling_group="F1", awaiting_since=DAY)) == [
        "1.0",
        "1.0",
    ]


def test_an_unknown_placement_counts_as_apart() -> None:
    care = {**SETTLED, "sibling_group": "F1"}
    assert points_of(child(1, **care), child(2, **care)) == ["1.0", "0.9"]


def test_siblings_that_await_one_conference_share_it() -> None:
    await_it = {"awaiting_since": DAY, "sibling_group": "F1"}
    assert points_of(child(1, **await_it), child(2, **await_it)) == ["1.0", "0.5"]


def test_a_foster_home_under_review_counts_for_its_reviewer() -> None:
    officer = Officer(iro_id=UUID(int=9), code="IRO-01", wte=Decimal(1))
    held = list(weigh([child(1, **SETTLED)], SCHEME).values())
    load = caseload_of(officer, held, SCHEME, DAY, households=2)
    assert (load.children, load.households, load.points) == (1, 2, Decimal("1.4"))
    dearer = replace(SCHEME, points={**SHIPPED_POINTS, FactorCode.FOSTER_HOME_REVIEW: Decimal(1)})
    assert caseload_of(officer, held, dearer, DAY, households=2).points == Decimal(3)


def test_a_share_is_rounded_up_and_decides_no_state() -> None:
    assert (share(Decimal("0.0001"), Decimal(1)), share(Decimal("0.00011"), Decimal(1))) == (Decimal("0.0001"), Decimal("0.0002"))
    assert share(Decimal("90.001"), Decimal(90)) == Decimal("1.0001"), "over the limit is never shown as all of it"
    assert state_of(Decimal("90.001"), Decimal(90), Decimal("0.9")) is CaseloadState.OVER


def test_factors_of_the_scheme_are_the_units_own() -> None:
    scheme = Scheme(
        id=UUID(int=2), effective_from=DAY, limit_per_wte=Decimal(70), near_share=Decimal(1), points={FactorCode.IN_CARE: Decimal("1.1")}
    )
    assert weigh([child(1, **SETTLED)], scheme)[UUID(int=1)].points == Decimal("1.1")


def test_each_factor_counts_by_the_schemes_own_points_and_says_why() -> None:
    own = {code: Decimal(number) + Decimal("0.001") for number, code in enumerate(FactorCode, 2)}
    care, plan = {**SETTLED, "sibling_group": "F1"}, {"on_plan": True, "conferenced_on": DAY, "sibling_group": "F2"}
    waits = {"awaiting_since": DAY, "sibling_group": "F3"}
    seen = weigh(
        [
            *(child(1, placed="A", **care), child(2, placed="A", **care), child(3, placed="B", **care)),
            *(child(4, **plan), child(5, **plan), child(6, **waits), child(7, **waits)),
            *(child(8, **SETTLED, on_plan=True, conferenced_on=DAY), child(9, short_breaks_only=True)),
            *(child(10, in_care=True), child(11, miles=21, **SETTLED), child(12, miles=51, **SETTLED), child(13, secure=True, **SETTLED)),
        ],
        replace(SCHEME, points=own),
    )
    told = [[factor.code for factor in weight.factors] for weight in seen.values()]
    code = FactorCode
    singles = [code.IN_CARE, code.IN_CARE_SIBLING_TOGETHER, code.IN_CARE_SIBLING_APART, code.ON_PLAN, code.ON_PLAN_SIBLING]
    singles += [code.AWAITING_CONFERENCE, code.AWAITING_CONFERENCE_SIBLING, code.DUAL_STATUS, code.SHORT_BREAKS]
    added = [code.NEW_OR_IN_PROCEEDINGS, code.OVER_20_MILES, code.OVER_50_MILES, code.COMPLEX]
    assert {tuple(each) for each in told} == {(each,) for each in singles} | {(code.IN_CARE, each) for each in added}
    assert all(factor.points == own[factor.code] and factor.reason for weight in seen.values() for factor in weight.factors)
    assert {*singles, *added, code.FOSTER_HOME_REVIEW} == set(FactorCode) == set(SHIPPED_POINTS) == set(DESCRIPTIONS)


PAGE = (Path(__file__).parents[2] / "docs" / "caseloads.md").read_text(encoding="utf-8")


def test_the_page_for_managers_tells_every_factor_with_the_shipped_points() -> None:
    told = dict(re.findall(r"^\| `([A-Z_0-9]+)` \| \+?([0-9.]+) \|", PAGE, re.MULTILINE))
    assert told == {code.value: str(points) for code, points in SHIPPED_POINTS.items()}


def test_the_pages_two_sisters_weigh_what_it_says() -> None:
    home = {"in_care": True, "care_reviews": 1, "sibling_group": "F1", "household_id": UUID(int=70)}
    sisters = [child(101, **home), child(102, **home, miles=63, complexity=frozenset({Complexity.OPEN_DISPUTE}))]
    weights = weigh(sisters, SCHEME)
    page = " ".join(PAGE.split())
    for each in sisters:
        weight = weights[each.child_id]
        reasons = "; ".join(f"{factor.reason} {factor.points.normalize():f}" for factor in weight.factors)
        assert f"{each.reference} {weight.points} {reasons}".replace("in care 1;", "in care 1.0;") in page


def test_the_pages_limits_and_thresholds_are_those_of_the_unit_as_shipped() -> None:
    settings = Settings()
    assert f"({settings.limit_per_wte} shipped)" in PAGE
    assert f"`near_share` ({settings.near_share} shipped)" in PAGE
    reduced = Officer(iro_id=UUID(int=9), code="A", wte=Decimal("0.8"), reduced=Decimal("0.2"))
    assert f"may hold {limit_of(reduced, SCHEME).normalize():f}." in PAGE
    assert f"{settings.limit_per_wte * settings.near_share:.0f} to {settings.limit_per_wte}" in PAGE
    assert f"each of {LONG_ABSENCE_DAYS} days" in PAGE
    assert f"her last {LEAVER_DAYS} days" in PAGE
    assert "82 of 90 is 91.12 %" in PAGE
    assert share(Decimal(82), Decimal(90)) == Decimal("0.9112")


def every_kind_of_child() -> list[ChildOnDay]:
    """Families of two of every kind that makes a difference."""
    switches = ("in_care", "on_plan", "short_breaks_only", "secure", "abroad")
    kinds = [dict(zip(switches, on, strict=True)) for on in product((False, True), repeat=len(switches))]
    more = product((None, "C1"), (1, 2), (None, 21, 51), (None, DAY), (frozenset(), frozenset({Complexity.OTHER})))
    names = ("legal_status", "care_reviews", "miles", "awaiting_since", "complexity")
    every = [{**kind, **dict(zip(names, each, strict=True))} for kind, each in product(kinds, list(more))]
    found: list[ChildOnDay] = []
    for number, kind in enumerate(every):
        for place, second in enumerate((kind, every[number * 7 % len(every)])):
            facts = {**second, "conferenced_on": DAY, "placed": "U1", "sibling_group": f"F{number}"}
            found.append(child(2 * number + place + 1, **facts))
    return found


def test_one_engine_makes_the_same_points_for_ever() -> None:
    """Whoever changes what a child weighs gives the engine another name, and this test another figure."""
    weights = weigh(every_kind_of_child(), SCHEME)
    told = "\n".join(f"{key.int} {[(factor.code.value, str(factor.points)) for factor in weights[key].factors]}" for key in sorted(weights))
    assert (ENGINE, len(weights), sha256(told.encode()).hexdigest()[:16]) == ("weights-3", 3072, "f404280e858473a9")


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
        "household_id": st.sampled_from([None, UUID(int=70), UUID(int=71)]),
        "miles": st.sampled_from([None, 5, 25, 60]),
        "abroad": st.booleans(),
        "secure": st.booleans(),
        "complexity": st.frozensets(st.sampled_from(Complexity)),
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


thousandths = st.integers(0, 3000).map(lambda number: Decimal(number) / 1000)


@given(st.lists(thousandths, max_size=60), thousandths, thousandths, st.integers(1, 200_000), st.integers(1, 1000), st.integers(0, 9))
def test_figures_are_exact_and_the_share_alone_is_rounded_up(
    points: list[Decimal], wte: Decimal, reduced: Decimal, limit: int, near: int, homes: int
) -> None:
    """Against whole numbers: points in thousandths, limits in millionths."""
    scheme = replace(SCHEME, limit_per_wte=Decimal(limit) / 1000, near_share=Decimal(near) / 1000)
    held = [Weight(factors=(Factor(code=FactorCode.COMPLEX, points=each, reason="x"),), in_care=True, on_plan=False) for each in points]
    officer = Officer(iro_id=UUID(int=9), code="IRO-01", wte=wte, reduced=reduced)
    load = caseload_of(officer, held, scheme, DAY, homes)
    whole_points = sum(int(each * 1000) for each in points) + 200 * homes
    whole_limit = max(0, int(wte * 1000) - int(reduced * 1000)) * limit
    assert [load.points * 1000, load.limit * 10**6, load.headroom * 10**6] == [whole_points, whole_limit, whole_limit - 1000 * whole_points]
    if whole_limit == 0:
        assert (load.utilisation, load.state) == (None, CaseloadState.UNAVAILABLE)
        return
    tens_of_thousands = -(-whole_points * 1000 * 10_000 // whole_limit)
    assert load.utilisation is not None
    assert str(load.utilisation) == f"{Decimal(tens_of_thousands) / 10_000:.4f}"
    over, is_near = whole_points * 1000 > whole_limit, whole_points * 1000 * 1000 >= whole_limit * near
    assert load.state is (CaseloadState.OVER if over else CaseloadState.NEAR if is_near else CaseloadState.UNDER)


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
    most = Decimal("1.5") + Decimal("0.25") + Decimal("0.5") + Decimal("0.5")  # dual status, new, far away, complex
    weights = weigh(children, SCHEME).values()
    assert all(weight.points <= most for weight in weights)
    assert all(len({factor.code for factor in weight.factors}) == len(weight.factors) for weight in weights)


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


def test_an_officer_without_capacity_is_unavailable_however_much_she_holds() -> None:
    held = list(weigh([child(number, **SETTLED) for number in range(1, 200)], SCHEME).values())
    load = caseload_of(Officer(iro_id=UUID(int=9), code="IRO-01", wte=Decimal(1), away=True), held, SCHEME, DAY)
    assert (load.points, load.headroom, load.utilisation, load.state) == (Decimal(199), Decimal(-199), None, CaseloadState.UNAVAILABLE)


def test_heads_in_care_and_on_plans_stand_beside_the_points() -> None:
    both = {**SETTLED, "on_plan": True, "conferenced_on": DAY}
    children = [child(1, **SETTLED), child(2, on_plan=True, conferenced_on=DAY), child(3, **both), child(4, awaiting_since=DAY)]
    load = caseload_of(
        Officer(iro_id=UUID(int=9), code="IRO-01", wte=Decimal(1)), list(weigh(children, SCHEME).values()), SCHEME, DAY, households=2
    )
    assert (load.children, load.children_in_care, load.children_on_plans, load.households) == (4, 2, 2, 2)
    assert load.points == Decimal("4.9")


def test_reductions_come_off_the_limit() -> None:
    assert limit_of(Officer(iro_id=UUID(int=9), code="A", wte=Decimal("0.8"), reduced=Decimal("0.2")), SCHEME) == Decimal(54)

"""From what is known to the moves that may be proposed: who would go together, who must, who should not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from services.allocation.posing import Known
from services.allocation.rebalancing.posing import Facts, pose_moves, reasons_to_stay
from services.caseload.capacity import Officer
from services.caseload.weights import SHIPPED_POINTS, ChildOnDay, Scheme, weigh
from services.directory.settings import Settings

DAY = date(2026, 9, 1)
SCHEME = Scheme(id=uuid4(), effective_from=DAY, limit_per_wte=Decimal(90), near_share=Decimal("0.9"), points=SHIPPED_POINTS)


def known(children: dict[str, tuple[str | None, str]], officers: tuple[str, ...] = ("IRO-01", "IRO-02", "IRO-03"), **more: object) -> Known:
    """Children by reference: their sibling group and the code of their officer ('': nobody)."""
    team = {code: Officer(iro_id=uuid4(), code=code, wte=Decimal(1)) for code in officers}
    ids = {reference: uuid4() for reference in children}
    present = tuple(
        ChildOnDay(child_id=ids[reference], reference=reference, sibling_group=group, in_care=True, care_reviews=2)
        for reference, (group, _) in sorted(children.items())
    )
    holders = {ids[reference]: team[code].iro_id for reference, (_, code) in children.items() if code}
    found = Known(day=DAY, scheme=SCHEME, children=present, weights=weigh(present, SCHEME), holders=holders, officers=tuple(team.values()))
    return replace(found, **more)  # type: ignore[arg-type]


def ids(what: Known) -> dict[str, UUID]:
    return {child.reference: child.child_id for child in what.children}


def team(what: Known) -> dict[str, UUID]:
    return {officer.code: officer.iro_id for officer in what.officers}


def test_brothers_and_sisters_with_one_officer_are_one_bundle_and_those_with_another_are_another_of_the_same_family() -> None:
    world = known(
        {"CH4": ("F", "IRO-01"), "CH2": ("F", "IRO-01"), "CH3": ("F", "IRO-02"), "CH1": (None, "IRO-01"), "CH25": (None, "IRO-03")}
    )
    problem = pose_moves(world, Facts(max_moves=3))
    assert [bundle.children for bundle in problem.bundles] == [("CH1",), ("CH2", "CH4"), ("CH25",), ("CH3",)]
    assert [bundle.family for bundle in problem.bundles] == [None, "CH2", None, "CH2"]
    assert [bundle.officer for bundle in problem.bundles] == [team(world)[code] for code in ("IRO-01", "IRO-01", "IRO-03", "IRO-02")]
    assert [problem.in_points(bundle.points) for bundle in problem.bundles] == [
        Decimal("1.0"),
        Decimal("1.9"),
        Decimal("1.0"),
        Decimal("0.9"),
    ]


def test_whoever_has_no_officer_is_in_no_bundle() -> None:
    problem = pose_moves(known({"CH1": ("F", "IRO-01"), "CH2": ("F", "")}), Facts(max_moves=1))
    assert [bundle.children for bundle in problem.bundles] == [("CH1",)]


def test_the_whole_caseload_of_an_absent_officer_must_move_and_she_gets_nobody() -> None:
    world = known({"CH1": (None, "IRO-01"), "CH2": (None, "IRO-01"), "CH3": (None, "IRO-02")})
    problem = pose_moves(world, Facts(max_moves=5, absent=frozenset({team(world)["IRO-01"]})))
    assert [(bundle.children, bundle.must_move) for bundle in problem.bundles] == [(("CH1",), True), (("CH2",), True), (("CH3",), False)]
    assert {officer.code: officer.limit > 0 for officer in problem.officers} == {"IRO-01": False, "IRO-02": True, "IRO-03": True}


def test_an_officer_who_has_left_is_there_as_long_as_children_are_in_her_name() -> None:
    world = known({"CH1": (None, "IRO-01")}, officers=("IRO-01", "IRO-02", "IRO-03"))
    gone = tuple(replace(officer, active=officer.code == "IRO-02") for officer in world.officers)
    problem = pose_moves(replace(world, officers=gone), Facts(max_moves=5))
    assert {officer.code: officer.limit > 0 for officer in problem.officers} == {"IRO-01": False, "IRO-02": True}


def test_the_children_of_an_officer_who_has_left_must_move_whether_she_is_named_or_not_and_of_one_who_is_away_only_if_she_is() -> None:
    world = known({"CH1": (None, "IRO-01"), "CH2": (None, "IRO-02"), "CH3": (None, "IRO-03")})
    first, second, third = world.officers
    world = replace(world, officers=(replace(first, active=False), replace(second, away=True), third))
    assert [bundle.must_move for bundle in pose_moves(world, Facts(max_moves=5)).bundles] == [True, False, False]
    named = Facts(max_moves=5, absent=frozenset({team(world)["IRO-02"]}))
    assert [bundle.must_move for bundle in pose_moves(world, named).bundles] == [True, True, False]


def test_a_parent_and_its_child_are_never_one_bundle_although_recorded_as_one_family() -> None:
    world = known({"CH1": ("F", "IRO-01"), "CH2": ("F", "IRO-01"), "CH3": ("F", "IRO-01")})
    world = replace(world, parents=((ids(world)["CH1"], ids(world)["CH2"]),))
    problem = pose_moves(world, Facts(max_moves=5))
    assert [bundle.children for bundle in problem.bundles] == [("CH1", "CH3"), ("CH2",)]
    assert problem.parents == ((ids(world)["CH1"], ids(world)["CH2"]),)


def test_meetings_of_a_bundle_count_once() -> None:
    world, meetings = known({"CH1": ("F", "IRO-01"), "CH2": ("F", "IRO-01"), "CH3": (None, "IRO-01")}), [uuid4(), uuid4()]
    booked = {ids(world)["CH1"]: frozenset(meetings), ids(world)["CH2"]: frozenset(meetings[:1])}
    problem = pose_moves(world, Facts(max_moves=5, meetings=booked))
    assert [(bundle.children, bundle.meetings) for bundle in problem.bundles] == [(("CH1", "CH2"), 2), (("CH3",), 0)]


def test_a_bundle_is_protected_if_any_of_its_children_is_and_says_why() -> None:
    world = known(
        {"CH1": ("F", "IRO-01"), "CH2": ("F", "IRO-01"), "CH3": (None, "IRO-01"), "CH4": (None, "IRO-01"), "CH5": (None, "IRO-01")}
    )
    of = ids(world)
    stay = reasons_to_stay(world, [of["CH3"]], {of["CH4"]: "in the middle of proceedings"}, {of["CH2"]: date(2026, 9, 8), of["CH4"]: DAY})
    problem = pose_moves(world, Facts(max_moves=5, keeps=stay))
    assert [bundle.protected for bundle in problem.bundles] == [
        "CH2 has a review on or by 2026-09-08, within 10 working days",
        "CH3 was asked to stay",
        "CH4 is marked to keep its IRO: in the middle of proceedings",
        None,
    ]


def test_the_target_is_counted_in_hundredths_of_a_percent() -> None:
    world = known({"CH1": (None, "IRO-01")})
    assert pose_moves(world, Facts(max_moves=1, target_utilisation=Decimal("0.9525"))).target == 9525
    assert pose_moves(world, Facts(max_moves=1)).target is None


def test_the_step_is_counted_in_hundredths_of_a_percent_and_half_a_percent_unless_stated() -> None:
    world = known({"CH1": (None, "IRO-01")})
    assert pose_moves(world, Facts(max_moves=1, step=Decimal("0.0125"))).step == 125
    assert pose_moves(world, Facts(max_moves=1)).step == int(Settings().rebalancing_step * 10_000) == 50


def test_the_problem_is_the_same_under_other_identifiers_and_in_another_order() -> None:
    children = {f"CH{number}": (f"F{number // 3}" if number % 4 else None, f"IRO-0{number % 3 + 1}") for number in range(24)}
    one, other = known(children), known(dict(reversed(children.items())))
    shape = [
        [(bundle.children, bundle.family, bundle.points) for bundle in pose_moves(world, Facts(max_moves=5)).bundles]
        for world in (one, other)
    ]
    assert shape[0] == shape[1]

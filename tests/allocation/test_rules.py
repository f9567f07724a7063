"""Law and wishes one by one: what each bar rests on, what each wish counts, and that the model knows them all by the same names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.allocation import explain, model, rules
from services.allocation.door import decide_family
from services.allocation.posing import Known, Tie, pose
from services.allocation.problem import ORDER, Child, Group, Officer, Problem
from services.caseload.capacity import Officer as OnDay
from services.caseload.weights import SHIPPED_POINTS, ChildOnDay, Scheme, weigh
from services.history.circumstances import Circumstance
from services.kernel.words import BlockerCode, IndependenceGround

DAY = date(2026, 9, 1)
SCHEME = Scheme(id=UUID(int=9), effective_from=DAY, limit_per_wte=Decimal(90), near_share=Decimal("0.9"), points=SHIPPED_POINTS)
CHILD, PARENT = UUID(int=101), UUID(int=102)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def on_day(number: int, **more: object) -> OnDay:
    return OnDay(iro_id=UUID(int=number), code=f"IRO-{number:02}", wte=Decimal(1), **more)  # type: ignore[arg-type]


def known(**more: object) -> Known:
    children = (ChildOnDay(child_id=PARENT, reference="CH2", in_care=True), ChildOnDay(child_id=CHILD, reference="CH1", in_care=True))
    stated: dict[str, object] = {"holders": {PARENT: SECOND}, "officers": (on_day(2), on_day(1)), **more}
    return Known(day=DAY, scheme=SCHEME, children=children, weights=weigh(children, SCHEME), **stated)  # type: ignore[arg-type]


def the_child(what: Known) -> Child:
    (child,) = pose(what, [CHILD], may_exceed=False).children
    return child


def circumstance(**more: object) -> Circumstance:
    return Circumstance(id=UUID(int=7), child_id=CHILD, first_day=DAY, until=None, **more)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------ hard rules

BARRED = [
    pytest.param(
        known(may_not_chair={"CH1": (Tie(officer=FIRST, ground=IndependenceGround.HAD_CHARGE, reason="social worker in 2025"),)}),
        BlockerCode.INDEPENDENCE,
        "had charge of the case",
        "reg. 46(3)",
        id="charge",
    ),
    pytest.param(
        known(may_not_chair={"CH1": (Tie(officer=FIRST, ground=IndependenceGround.MANAGES_THE_CASE, reason="team manager"),)}),
        BlockerCode.INDEPENDENCE,
        "manages the case",
        "reg. 46(3)",
        id="management",
    ),
    pytest.param(
        known(may_not_chair={"CH1": (Tie(officer=FIRST, ground=IndependenceGround.CONTROLS_RESOURCES, reason="placements budget"),)}),
        BlockerCode.INDEPENDENCE,
        "controls resources of the case: placements budget",
        "reg. 46(3)",
        id="resources",
    ),
    pytest.param(
        known(may_not_chair={"CH1": (Tie(officer=FIRST, ground=IndependenceGround.PERSONAL_CONNECTION, reason="a neighbour"),)}),
        BlockerCode.INDEPENDENCE,
        "has a personal tie: a neighbour",
        "local practice",
        id="personal tie",
    ),
    pytest.param(
        known(parents=((PARENT, CHILD),), holders={PARENT: FIRST}),
        BlockerCode.PARENT_AND_CHILD,
        "this child's parent",
        "IRO Handbook",
        id="parent",
    ),
    pytest.param(
        known(parents=((CHILD, PARENT),), holders={PARENT: FIRST}),
        BlockerCode.PARENT_AND_CHILD,
        "this child's child",
        "IRO Handbook",
        id="child of a child",
    ),
    pytest.param(
        known(panels={CHILD: frozenset({FIRST})}),
        BlockerCode.ON_SECURE_PANEL,
        "sits on the panel",
        "Secure Accommodation) Regulations 1991, reg. 15",
        id="secure panel",
    ),
    pytest.param(
        known(household_reviewers={CHILD: FIRST}),
        BlockerCode.INDEPENDENCE,
        "reviews the foster home",
        "local practice",
        id="foster home",
    ),
    pytest.param(
        known(officers=(on_day(1, leaves_on=date(2026, 9, 20)), on_day(2))),
        BlockerCode.UNAVAILABLE,
        "leaves on 2026-09-20",
        "leaving within 28 days",
        id="leaver",
    ),
]


@pytest.mark.parametrize(("what", "code", "reason", "source"), BARRED)
def test_the_law_keeps_a_child_from_an_officer_and_is_named(what: Known, code: BlockerCode, reason: str, source: str) -> None:
    problem = pose(what, [CHILD], may_exceed=False)
    (bar,) = problem.children[0].barred
    assert (bar.officer, bar.code) == (FIRST, code)
    assert reason in bar.reason
    assert source in bar.source
    assert [each.code for each in rules.judge(problem, {CHILD: FIRST})] == [code]
    assert decide_family(problem) == {CHILD: SECOND}
    (decision,) = explain.explain(problem, {CHILD: SECOND}, 0).decisions
    (rejected,) = decision.rejected
    assert (rejected.code, rejected.source) == (code, bar.source)
    assert rejected.would_fit_if == f"this were not so: {bar.reason}"


def test_a_parent_who_is_not_looked_after_bars_nobody() -> None:
    free = known(parents=((PARENT, CHILD),), holders={PARENT: FIRST})
    children = tuple(replace(each, in_care=each.child_id != PARENT, on_plan=True) for each in free.children)
    assert the_child(replace(free, children=children, weights=weigh(children, SCHEME))).barred == ()


def test_a_leaver_keeps_her_limit_and_whom_she_has() -> None:
    problem = pose(known(officers=(on_day(1), on_day(2, leaves_on=DAY))), [CHILD], may_exceed=False)
    leaver = problem.officers[1]
    assert (leaver.limit, leaver.held) == (90 * problem.scale, int(Decimal("1.25") * problem.scale))
    assert rules.judge(problem, {}) == []


def test_who_is_away_has_no_room_whatever_she_holds() -> None:
    problem = pose(known(officers=(on_day(1), on_day(2, away=True))), [CHILD], may_exceed=True)
    assert problem.officers[1].limit == 0
    assert rules.judge(problem, {CHILD: SECOND})[0].code is BlockerCode.UNAVAILABLE
    assert explain.explain(problem, {CHILD: FIRST}, 0).decisions[0].rejected[0].source == rules.SOURCES[BlockerCode.UNAVAILABLE]


def test_two_bars_fit_once_both_are_lifted() -> None:
    what = known(panels={CHILD: frozenset({FIRST})}, household_reviewers={CHILD: FIRST})
    problem = pose(what, [CHILD], may_exceed=False)
    (decision,) = explain.explain(problem, {CHILD: SECOND}, 0).decisions
    assert (decision.rejected[0].would_fit_if or "").count("this were not so: IRO-01") == 2


def test_every_hard_rule_has_a_source() -> None:
    officer = Officer(id=FIRST, code="IRO-01", limit=10)
    kin = tuple(Child(id=UUID(int=number), reference=f"CH{number}", points=10) for number in (101, 102))
    groups = tuple(Group(children=(each,)) for each in kin)
    problem = Problem(day=DAY, officers=(officer,), groups=groups, parents=((kin[0].id, kin[1].id),), may_exceed=False)
    found = rules.judge(problem, {each.id: FIRST for each in kin})
    assert {each.code for each in found} == {BlockerCode.PARENT_AND_CHILD, BlockerCode.OVER_LIMIT}
    assert all(each.source for each in found)


# ---------------------------------------------------------------------------------------------------------- wishes


def missed(what: Known, term: str) -> tuple[int, int]:
    """Whether the child misses it with the first officer, and with the second."""
    problem = pose(what, [CHILD], may_exceed=True)
    judge = next(each for each in rules.SOFT if each.__name__ == term)
    return judge(problem, {CHILD: FIRST}), judge(problem, {CHILD: SECOND})


@pytest.mark.parametrize(
    ("term", "what"),
    [
        ("last_iro_missed", known(last_iros={CHILD: SECOND})),
        ("conference_chair_missed", known(conference_chairs={CHILD: SECOND})),
        (
            "speciality_missed",
            known(
                circumstances={CHILD: circumstance(needs=frozenset({"Deaf"}))},
                officers=(on_day(1), on_day(2, specialities=frozenset({"deaf"}))),
            ),
        ),
        ("speciality_missed", known(categories={CHILD: "NEG"}, officers=(on_day(1), on_day(2, specialities=frozenset({"Neglect"}))))),
        (
            "travel_missed",
            known(
                circumstances={CHILD: circumstance(placement_area="North")},
                officers=(on_day(1, areas=frozenset({"south"})), on_day(2, areas=frozenset({"north", "west"}))),
            ),
        ),
        ("wish_missed", known(circumstances={CHILD: circumstance(wished_iro_id=SECOND)})),
        ("wish_missed", known(circumstances={CHILD: circumstance(unwanted_iro_id=FIRST)})),
    ],
)
def test_a_wish_is_missed_with_one_officer_and_met_with_the_other(term: str, what: Known) -> None:
    assert missed(what, term) == (1, 0)
    problem = pose(what, [CHILD], may_exceed=False)
    assert decide_family(replace(problem, order=(term, *(each for each in ORDER if each != term)))) == {CHILD: SECOND}


@pytest.mark.parametrize(
    ("term", "what"),
    [
        ("last_iro_missed", known(last_iros={CHILD: SECOND}, panels={CHILD: frozenset({SECOND})})),
        ("conference_chair_missed", known(conference_chairs={CHILD: SECOND}, officers=(on_day(1), on_day(2, leaves_on=DAY)))),
        ("wish_missed", known(circumstances={CHILD: circumstance(wished_iro_id=SECOND)}, officers=(on_day(1), on_day(2, away=True)))),
        ("travel_missed", known(circumstances={CHILD: circumstance(placement_area="north")})),
        ("speciality_missed", known(circumstances={CHILD: circumstance(needs=frozenset({"deaf"}))})),
    ],
)
def test_nothing_is_missed_that_nobody_could_give(term: str, what: Known) -> None:
    assert missed(what, term)[0] == 0


# ----------------------------------------------------------------------------------------------------------- names


def test_rules_model_and_order_have_the_same_names() -> None:
    assert [rule.__name__ for rule in model.HARD] == [rule.__name__ for rule in rules.HARD]
    assert [term.__name__ for term in model.SOFT] == [term.__name__ for term in rules.SOFT] == list(ORDER)
    assert set(rules.MISSES) < set(ORDER)


def test_children_and_officers_stand_in_the_order_of_their_names_however_they_were_loaded() -> None:
    what = known(holders={})
    turned = replace(what, children=what.children[::-1], officers=what.officers[::-1])
    problem = pose(what, [CHILD, PARENT], may_exceed=True)
    assert [each.reference for each in problem.children] == ["CH1", "CH2"]
    assert [each.code for each in problem.officers] == ["IRO-01", "IRO-02"]
    assert pose(turned, [PARENT, CHILD], may_exceed=True) == problem

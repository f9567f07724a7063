"""The search against the rules: what it answers keeps them, is as good as enumeration finds, and says so honestly."""

from __future__ import annotations

from datetime import date
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.allocation import bounds, explain, greedy, model, rules
from services.allocation.balance import Balance
from services.allocation.door import decide_family
from services.allocation.order import order_of
from services.allocation.problem import Answer, Bar, Child, Group, Officer, Problem
from services.allocation.search import Decided, Progress, Search
from services.directory.settings import Preference, Settings
from services.kernel.words import BlockerCode
from tests.allocation.instances import invent

DAY = date(2026, 9, 1)
QUICK = Search(seconds=3600, workers=2)


def silent(_: Progress) -> None:
    """Progress that nobody listens to."""


def solved(problem: Problem) -> Decided:
    return model.solve(problem, QUICK, silent)


def officer(number: int, limit: int = 1800, held: int = 0, *skills: str, areas: tuple[str, ...] = ()) -> Officer:
    return Officer(
        id=UUID(int=number), code=f"IRO-{number:02}", limit=limit, held=held, specialities=frozenset(skills), areas=frozenset(areas)
    )


def child(
    number: int,
    points: int = 20,
    *,
    barred: tuple[int, ...] = (),
    last: int | None = None,
    needs: tuple[str, ...] = (),
    chair: int | None = None,
    area: str | None = None,
    wished: int | None = None,
    unwanted: int | None = None,
) -> Child:
    bars = tuple(Bar(officer=UUID(int=each), code=BlockerCode.INDEPENDENCE, reason="had charge of the case") for each in barred)

    def iro(one: int | None) -> UUID | None:
        return None if one is None else UUID(int=one)

    return Child(
        id=UUID(int=1000 + number),
        reference=f"CH{number:04}",
        points=points,
        barred=bars,
        last_iro=iro(last),
        needs=frozenset(needs),
        conference_chair=iro(chair),
        area=area,
        wished=iro(wished),
        unwanted=iro(unwanted),
    )


def alone(*children: Child) -> tuple[Group, ...]:
    return tuple(Group(children=(each,)) for each in children)


def problem_of(officers: tuple[Officer, ...], groups: tuple[Group, ...], **more: object) -> Problem:
    return Problem(day=DAY, officers=officers, groups=groups, scale=20, **more)  # type: ignore[arg-type]


def iro_of(answer: Answer, number: int) -> int:
    return answer[UUID(int=1000 + number)].int


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    """Two or three officers, up to five children, any order of preferences: few enough to look at every answer."""
    officers = tuple(
        officer(
            number,
            draw(st.sampled_from([0, 40, 60, 100])),
            draw(st.sampled_from([0, 20, 70])),
            *draw(st.sampled_from([(), ("neglect",)])),
            areas=draw(st.sampled_from([(), ("north",)])),
        )
        for number in range(1, draw(st.integers(2, 3)) + 1)
    )
    numbers = [each.id.int for each in officers]
    children = [
        child(
            number,
            draw(st.sampled_from([8, 10, 20, 25])),
            barred=tuple(draw(st.lists(st.sampled_from(numbers), max_size=2, unique=True))),
            last=draw(st.sampled_from([None, *numbers])),
            needs=draw(st.sampled_from([(), ("neglect",)])),
            chair=draw(st.sampled_from([None, *numbers])),
            area=draw(st.sampled_from([None, "north", "south"])),
            wished=draw(st.sampled_from([None, *numbers])),
            unwanted=draw(st.sampled_from([None, *numbers])),
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    cut = draw(st.integers(1, len(children)))
    family = Group(children=tuple(children[:cut]), siblings_with=frozenset(draw(st.sampled_from([[], [officers[0].id]]))))
    parents = ((children[0].id, children[-1].id),) if cut < len(children) and draw(st.booleans()) else ()
    order = order_of(Settings(allocation_order=tuple(draw(st.permutations(list(Preference))))))
    return problem_of(officers, (family, *alone(*children[cut:])), parents=parents, order=order)


def every_answer(problem: Problem) -> list[dict[UUID, UUID]]:
    options: list[list[UUID | None]] = [[None, *(each.id for each in problem.available)] for _ in problem.children]
    found = []
    for chosen in product(*options):
        pairs = zip(problem.children, chosen, strict=True)
        answer = {each.id: one for each, one in pairs if one is not None}
        if not rules.eligible(problem, answer) and not rules.parent_and_child_apart(problem, answer):
            found.append(answer)
    return found


@settings(max_examples=80, deadline=None)
@given(small_problems())
def test_the_answer_is_the_best_of_all_in_whatever_order_and_keeps_the_rules(problem: Problem) -> None:
    decided = solved(problem)
    assert rules.judge(problem, decided.answer) == []
    assert decided.values == rules.objective(problem, decided.answer)
    assert decided.values == min(rules.objective(problem, answer) for answer in every_answer(problem))


@settings(max_examples=40, deadline=None)
@given(small_problems())
def test_what_is_claimed_proven_is_never_above_what_the_best_answers_reach(problem: Problem) -> None:
    decided = solved(problem)
    left = [rules.objective(problem, answer) for answer in every_answer(problem)]
    for place, least in enumerate(decided.least):
        best = min(value[place] for value in left)
        assert least <= best
        left = [value for value in left if value[place] == best]


@settings(max_examples=60, deadline=None)
@given(small_problems())
def test_bounds_by_counting_are_never_above_any_answer(problem: Problem) -> None:
    least = bounds.least(problem)
    complete = [answer for answer in every_answer(problem) if rules.unallocated(problem, answer) == least["unallocated"]]
    for answer in complete:
        value = dict(zip(problem.order, rules.objective(problem, answer), strict=True))
        assert all(value[term] >= least[term] for term in ("unallocated", "siblings_apart", "worst_utilisation", "over_limit"))
        assert value["spread"] >= bounds.least_spread(bounds.demand_of(problem), value["worst_utilisation"])


@settings(max_examples=40, deadline=None)
@given(small_problems(), st.randoms())
def test_running_sums_agree_with_counting_anew(problem: Problem, random: object) -> None:
    balance = greedy.deal(problem)
    assert balance.objective == rules.objective(problem, balance.answer())
    for bundle in list(balance.bundles()):
        for number in range(len(balance.officers)):
            if balance.officer_of[bundle.children[0]] != -1 and balance.may(bundle, number):
                expected = balance.cost(bundle, number)
                moved = Balance(problem, balance.answer())
                moved.move(bundle, number)
                assert expected == moved.objective == rules.objective(problem, moved.answer())


@pytest.mark.parametrize("tight", [None, 1.003])
def test_a_unit_is_settled_and_no_simple_deal_is_better(tight: float | None) -> None:
    problem = invent(100, 4, tight=tight)
    decided = solved(problem)
    assert rules.judge(problem, decided.answer) == []
    assert len(decided.answer) == 100
    assert decided.values <= greedy.deal(problem).objective
    assert decided.value(problem, "over_limit") == 0
    assert decided.value(problem, "worst_utilisation") <= decided.bound(problem, "worst_utilisation") * 1.01


def test_the_same_problem_has_the_same_answer() -> None:
    problem = invent(40, 3, seed=7)
    assert solved(problem).answer == solved(problem).answer


def test_steps_that_do_not_fit_are_no_more_than_one_unit_over_for_sure() -> None:
    problem = problem_of((officer(1, 100, 70),), alone(child(1), child(2)))
    assert rules.over_limit(problem, {each.id: UUID(int=1) for each in problem.children}) == 10
    assert bounds.least(problem)["over_limit"] == 10
    assert bounds.least(problem_of((officer(1, 30), officer(2, 30)), alone(child(1), child(2), child(3))))["over_limit"] == 1


def test_families_stay_together_even_where_parting_would_be_more_even() -> None:
    family = Group(children=(child(1), child(2), child(3)))
    answer = solved(problem_of((officer(1), officer(2), officer(3)), (family,))).answer
    assert len(set(answer.values())) == 1


def test_families_part_where_the_rules_or_the_limits_demand_it() -> None:
    barred = Group(children=(child(1, barred=(1,)), child(2, barred=(2,))))
    answer = solved(problem_of((officer(1), officer(2)), (barred,))).answer
    assert (iro_of(answer, 1), iro_of(answer, 2)) == (2, 1)
    heavy = Group(children=(child(3), child(4)))
    assert len(set(solved(problem_of((officer(1, 20), officer(2, 20)), (heavy,))).answer.values())) == 2


def test_children_go_where_their_brothers_and_sisters_are() -> None:
    group = Group(children=(child(1),), siblings_with=frozenset({UUID(int=2)}))
    assert iro_of(solved(problem_of((officer(1), officer(2, 1800, 900)), (group,))).answer, 1) == 2


def test_a_child_who_comes_back_gets_the_iro_of_last_time() -> None:
    assert iro_of(solved(problem_of((officer(1), officer(2, 1800, 900)), alone(child(1, last=2)))).answer, 1) == 2


def test_nobody_is_over_the_limit_while_room_exists_and_all_have_an_iro_when_it_does_not() -> None:
    roomy = solved(problem_of((officer(1, 40), officer(2, 40)), alone(*(child(n) for n in range(4)))))
    assert sorted(each.int for each in roomy.answer.values()) == [1, 1, 2, 2]
    problem = problem_of((officer(1, 40), officer(2, 40)), alone(*(child(n) for n in range(5))))
    full = solved(problem)
    assert len(full.answer) == 5
    assert full.value(problem, "over_limit") == full.bound(problem, "over_limit") == 20


def test_a_parent_in_care_and_its_child_have_different_iros() -> None:
    pair = (child(1), child(2))
    parents = ((pair[0].id, pair[1].id),)
    answer = solved(problem_of((officer(1), officer(2, 1800, 1700)), alone(*pair), parents=parents)).answer
    assert iro_of(answer, 1) != iro_of(answer, 2)
    single = problem_of((officer(1),), alone(*pair), parents=parents)
    decided = solved(single)
    assert len(decided.answer) == 1
    told = explain.explain(single, decided.answer, 0)
    assert [blocker.code for blocker in told.unallocated[0].blockers] == [BlockerCode.PARENT_AND_CHILD]


def test_whoever_must_stay_without_an_iro_weighs_on_no_bound() -> None:
    """Parent and child, whom only the second officer may have: the heavier one stays out, and the second is not fullest by her."""
    parent, heavy = child(1, 8, barred=(1,)), child(2, 20, barred=(1,))
    groups = alone(parent, heavy, child(3, 8), child(4, 8))
    problem = problem_of((officer(1, 40), officer(2, 40)), groups, parents=((parent.id, heavy.id),))
    decided = solved(problem)
    assert decided.value(problem, "unallocated") == 1
    assert decided.value(problem, "worst_utilisation") == decided.bound(problem, "worst_utilisation") == 4000


def test_who_has_no_capacity_gets_nobody() -> None:
    problem = problem_of((officer(1, 0), officer(2, 20, 400)), alone(child(1)))
    decided = solved(problem)
    assert iro_of(decided.answer, 1) == 2
    assert explain.explain(problem, decided.answer, 0).decisions[0].rejected[0].code is BlockerCode.UNAVAILABLE
    nobody = solved(problem_of((officer(1, 0),), alone(child(1))))
    assert nobody.answer == {}


# ---------------------------------------------------------------------------------------------------- explanations


def test_every_officer_not_chosen_has_a_code_and_what_the_whole_would_be() -> None:
    problem = invent(30, 3, seed=3)
    decided = solved(problem)
    told = explain.explain(problem, decided.answer, decided.bound(problem, "worst_utilisation"))
    assert sum(len(decision.children) for decision in told.decisions) == 30
    for decision in told.decisions:
        assert {each.officer for each in decision.rejected} == {each.id for each in problem.officers} - {decision.officer}
        assert not any("optimal" in text for text in (*decision.reasons, *(each.message for each in decision.rejected)))


@settings(max_examples=40, deadline=None)
@given(small_problems())
def test_no_officer_rejected_as_costlier_would_have_been_better(problem: Problem) -> None:
    decided = solved(problem)
    for decision in explain.explain(problem, decided.answer, 0).decisions:
        for each in decision.rejected:
            changed = {**decided.answer, **dict.fromkeys(decision.children, each.officer)}
            if each.code is BlockerCode.COSTLIER:
                assert rules.objective(problem, changed) >= decided.values
            if each.code in (BlockerCode.INDEPENDENCE, BlockerCode.PARENT_AND_CHILD):
                assert rules.judge(problem, changed)


def test_the_difference_is_that_of_the_whole() -> None:
    problem = problem_of((officer(1, 100), officer(2, 100, 40)), alone(child(1)))
    decided = solved(problem)
    (rejected,) = explain.explain(problem, decided.answer, 4000).decisions[0].rejected
    assert (rejected.code, rejected.message) == (
        BlockerCode.COSTLIER,
        "the fullest officer would stand at 60.00 % instead of 40.00 %, if every other decision stays as it is",
    )


def test_what_is_over_a_limit_is_told_from_the_limit_although_more_is_held_already() -> None:
    problem = problem_of((officer(1, 100, 140), officer(2)), alone(child(1, barred=(2,))))
    (decision,) = explain.explain(problem, solved(problem).answer, 0).decisions
    assert decision.reasons[-1].endswith("3 over her limit: nobody has room")


def test_why_a_family_parts_is_told_as_it_is() -> None:
    def reasons(problem: Problem) -> str:
        return explain.explain(problem, solved(problem).answer, 0).decisions[0].reasons[0]

    barred = problem_of((officer(1), officer(2)), (Group(children=(child(1, barred=(1,)), child(2, barred=(2,)))),))
    assert (
        "brothers and sisters had to part: no officer may have them all"
        in explain.explain(barred, solved(barred).answer, 0).decisions[0].reasons
    )
    full = problem_of((officer(1, 20), officer(2, 20)), (Group(children=(child(3), child(4))),))
    assert "no officer who may have them all has room" in reasons(full)
    with_both = Group(children=(child(5), child(6)), siblings_with=frozenset({UUID(int=1), UUID(int=2)}))
    assert reasons(problem_of((officer(1), officer(2)), (with_both,))).startswith("brothers and sisters are with")


def test_what_would_fit_was_tried() -> None:
    problem = problem_of((officer(1, 30, 20), officer(2), officer(3, 0)), alone(child(1, barred=(2,))), may_exceed=False)
    assert decide_family(problem) is None
    found = explain.blockers(problem, {}, problem.children[0])
    assert [(each.code, each.resource_code) for each in found] == [
        (BlockerCode.OVER_LIMIT, "IRO-01"),
        (BlockerCode.INDEPENDENCE, "IRO-02"),
        (BlockerCode.UNAVAILABLE, "IRO-03"),
    ]
    assert found[0].would_fit_if == "the limit of IRO-01 were 0.5 points higher"
    fits = problem_of((officer(1, 40, 20),), problem.groups, may_exceed=False)
    assert decide_family(fits) is not None
    assert "INDEPENDENCE (IRO-02)" in explain.collision(problem, found)


def test_two_rules_on_one_officer_promise_nothing() -> None:
    problem = problem_of((officer(1, 0),), alone(child(1, barred=(1,))))
    assert [each.would_fit_if for each in explain.blockers(problem, {}, problem.children[0])] == [None, None]


@settings(max_examples=60, deadline=None)
@given(small_problems())
def test_one_family_at_the_door_gets_the_best_there_is(problem: Problem) -> None:
    family = problem_of(problem.officers, problem.groups[:1], may_exceed=False)
    allowed = [answer for answer in every_answer(family) if len(answer) == len(family.children) and not rules.judge(family, answer)]
    found = decide_family(family)
    assert (found is None) == (not allowed)
    if found is not None:
        assert rules.objective(family, found) == min(rules.objective(family, answer) for answer in allowed)

"""What is counted instead of timed, and what is counted once: the work of exchanges, and who may have whom."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from services.allocation import bounds, greedy, model, rules
from services.allocation.effort import Effort
from services.allocation.fitting import bits
from services.allocation.model import solving
from services.allocation.problem import Problem
from services.allocation.reach import reach_of
from services.allocation.search import Decided, Progress, Search
from tests.allocation.instances import invent
from tests.allocation.test_model import alone, child, officer, problem_of, small_problems


@settings(max_examples=80, deadline=None)
@given(small_problems())
def test_who_may_have_whom_is_what_the_rules_say(problem: Problem) -> None:
    reach = reach_of(problem)
    team = problem.available
    assert [tuple(team[one] for one in bits(able)) for able in reach.children] == [
        rules.eligible_officers(problem, (each,)) for each in problem.children
    ]
    assert [tuple(team[one] for one in bits(able)) for able in reach.groups] == [
        rules.eligible_officers(problem, group.children) for group in problem.groups
    ]
    for number, group in enumerate(problem.groups):
        able = [rules.eligible_officers(problem, (each,)) for each in group.children]
        deals = product(*(some for some in able if some))
        best = min((rules.apart(group, {one.id for one in deal}) for deal in deals if deal), default=0)
        assert (number in reach.parting) == (best > 0)


def test_exchanges_end_when_their_effort_is_spent() -> None:
    problem = invent(150, 8, tight=1.01)
    aim = bounds.aim_of(bounds.demand_of(problem))
    answers = []
    for left in (0, 200, 100_000, 200_000):
        balance = greedy.deal(problem)
        before, effort = balance.objective, Effort(left)
        greedy.improve(balance, aim, effort)
        assert balance.objective <= before
        assert effort.left > -1_000
        answers.append(balance.objective)
    assert answers[0] >= answers[1] > answers[2] == answers[3]
    assert answers[0] == greedy.deal(problem).objective


def test_a_unit_too_large_for_the_solver_is_settled_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise AssertionError("the solver was asked")

    monkeypatch.setattr(solving, "_solver", refuse)
    monkeypatch.setattr("services.allocation.model.variables._MOST", 100)
    problem = invent(100, 5, tight=1.01)
    decided = model.solve(problem, Search(seconds=3600), lambda _: None)
    assert rules.judge(problem, decided.answer) == []
    assert decided.value(problem, "worst_utilisation") <= decided.bound(problem, "worst_utilisation") * 1.01


def test_an_answer_that_breaks_a_rule_never_leaves_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = problem_of((officer(1), officer(2)), alone(child(1, barred=(1,))))

    def wrong(given_: Problem, *_: object) -> Decided:
        answer = {given_.children[0].id: given_.officers[0].id}
        values = rules.objective(given_, answer)
        return Decided(answer=answer, values=values, least=values)

    def silent(_: Progress) -> None:
        """Nobody listens."""

    monkeypatch.setattr(solving, "solve", wrong)
    with pytest.raises(AssertionError, match="broke a rule: had charge of the case"):
        model.decide((problem, Search()), silent)

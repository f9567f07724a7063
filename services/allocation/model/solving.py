"""The search: an answer by simple means first, then each term in its order by the solver, with what is proven of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from ortools.sat.python import cp_model

from services.allocation import bounds, explain, greedy, rules
from services.allocation.balance import Balance
from services.allocation.bounds import Aim
from services.allocation.effort import Effort
from services.allocation.foregone import Choices
from services.allocation.model.hard import HARD
from services.allocation.model.soft import TERMS
from services.allocation.model.variables import Expression, Model, extract, hint, sort_groups
from services.allocation.problem import Problem
from services.allocation.reach import reach_of
from services.allocation.search import Decided, Progress, Search

_EFFORT = {"worst_utilisation": 0.5, "speciality_missed": 0.3, "travel_missed": 0.3, "wish_missed": 0.3, "spread": 0.2}
"""Deterministic time of the solver for a term, 1 unless named."""


def decide(task: tuple[Problem, Search], report: Callable[[Progress], None]) -> Decided:
    """The best answer found, judged by the rules and explained; see `solver.decide`."""
    problem, search = task
    found = solve(problem, search, report)
    violations = rules.judge(problem, found.answer)
    if violations:
        raise AssertionError(f"the search broke a rule: {violations[0].message}")
    told = explain.explain(problem, found.answer, found.bound(problem, "worst_utilisation"))
    return Decided(answer=found.answer, values=found.values, least=found.least, explained=told)


def solve(problem: Problem, search: Search, report: Callable[[Progress], None]) -> Decided:
    """First an answer by simple means, then the solver on each term in order; whatever it finds is bettered by exchanges."""
    until = time.monotonic() + search.seconds
    least = bounds.least(problem)
    aim = replace(_hope(problem), over=least["over_limit"])
    balance = greedy.deal(problem, aim)
    hunt = Hunt(problem=problem, search=search, until=until, aim=aim, least=least, effort=Effort(int(greedy.STEPS * search.effort)))
    greedy.improve(balance, aim, hunt.effort)
    balance = Balance(problem, balance.answer(), floor=least["worst_utilisation"])
    report(Progress(share=0.1, worst_utilisation=balance.value("worst_utilisation"), bound=least["worst_utilisation"]))
    if problem.groups and problem.available:
        whole = all(balance.value(term) <= least[term] for term in _first(problem))
        if not whole:
            balance, whole = _keep_together(hunt, balance)
        balance = _search(hunt, balance, whole, report)
    answer = balance.answer()
    values = rules.objective(problem, answer)
    settled = tuple(min(hunt.least[term], value) for term, value in zip(problem.order, values, strict=True))
    return Decided(answer=answer, values=values, least=settled)


def _hope(problem: Problem) -> Aim:
    """Loads to begin with: the evenest if families stay whole and every wish that outweighs capacity is met as far as can be."""
    before = problem.order[: problem.order.index("worst_utilisation")]
    whole = set(range(len(problem.groups))) - reach_of(problem).parting if "siblings_apart" in before else set()
    choices = Choices(Balance(problem, {}), whole)
    for term in before:
        if term in rules.MISSES:
            choices.narrow(term)
    return bounds.aim_of(choices.demand())


@dataclass(slots=True, kw_only=True)
class Hunt:
    """A search under way: the evenest loads that it aims at, what is proven of each term so far, and the effort left for exchanges."""

    problem: Problem
    search: Search
    until: float
    aim: Aim
    least: dict[str, int]
    effort: Effort


def _search(hunt: Hunt, balance: Balance, whole: bool, report: Callable[[Progress], None]) -> Balance:
    """Settles each term in order. `whole`: families that may stay together are known to in every best answer.

    Counting holds only where everybody has an IRO who could have one by herself.
    """
    problem, least = hunt.problem, hunt.least
    model = _build(balance, whole)
    choices = Choices(balance, {group for groups in model.kinds.values() for group in groups} if whole else set())
    nobody = sum(not able for able in reach_of(problem).children)
    for number, term in enumerate(problem.order):
        complete = balance.value("unallocated") <= nobody
        if complete:
            balance = _count(hunt, choices, balance, term)
        if not model.large and (balance.value(term) > least[term] or number < len(problem.order) - 1):
            goal = TERMS[term](model, least[term])
            if goal is not None:
                if balance.value(term) > least[term]:
                    balance = _settle(hunt, model, goal, term, balance)
                model.cp.add(goal <= balance.value(term))
        if term == "unallocated" and balance.value(term) > nobody:
            least |= bounds.least_with_some_left(problem) | {term: least[term]}
            balance = model.balance = Balance(problem, balance.answer())
        if complete and term in rules.MISSES and balance.value(term) <= choices.least(term):
            choices.narrow(term)
        share = 0.1 + 0.8 * (number + 1) / len(problem.order)
        report(Progress(share=share, worst_utilisation=balance.value("worst_utilisation"), bound=least["worst_utilisation"]))
    return balance


def _count(hunt: Hunt, choices: Choices, balance: Balance, term: str) -> Balance:
    """What counting proves of the term once the terms before it are settled; loads are levelled anew by what it leaves."""
    if term in rules.MISSES:
        hunt.least[term] = max(hunt.least[term], choices.least(term))
    elif term == "spread":
        hunt.least[term] = bounds.least_spread(choices.demand(), balance.value("worst_utilisation"))
    elif term == "worst_utilisation" and balance.value(term) > hunt.least[term]:
        over = hunt.aim.over
        hunt.aim = replace(bounds.aim_of(choices.demand()), over=over)
        hunt.least[term] = max(hunt.least[term], hunt.aim.worst)
        balance = Balance(hunt.problem, balance.answer(), floor=hunt.least[term])
        greedy.improve(balance, hunt.aim, hunt.effort)
    return balance


def _keep_together(hunt: Hunt, balance: Balance) -> tuple[Balance, bool]:
    """Tries whole families within the limits, at the bounds that counting gives: the small model answers that quickly."""
    model = _build(balance, True)
    if model.large:
        return balance, False
    for term in _first(hunt.problem):
        goal = TERMS[term](model, hunt.least[term])
        if goal is not None:
            model.cp.add(goal <= hunt.least[term])
    hint(model, balance)
    solver = _solver(hunt, 1.5)
    if solver.solve(model.cp) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return balance, False
    found = extract(model, solver)
    greedy.improve(found, hunt.aim, hunt.effort)
    return found, True


def _first(problem: Problem) -> tuple[str, ...]:
    """The terms up to that of families: where all of them meet their bounds, every best answer keeps families whole."""
    return problem.order[: problem.order.index("siblings_apart") + 1]


def _build(balance: Balance, whole: bool) -> Model:
    model = sort_groups(balance, whole)
    if not model.large:
        for rule in HARD:
            rule(model)
    return model


def _settle(hunt: Hunt, model: Model, goal: Expression, term: str, balance: Balance) -> Balance:
    """The least of one term that the search finds, and proves; the hint is what is there already."""
    if hunt.until <= time.monotonic():
        return balance
    hint(model, balance)
    model.cp.add(goal >= hunt.least[term])
    model.cp.minimize(goal)
    solver = _solver(hunt, _EFFORT.get(term, 1.0))
    status = solver.solve(model.cp)
    model.cp.clear_objective()  # type: ignore[no-untyped-call]
    if status in (cp_model.MODEL_INVALID, cp_model.INFEASIBLE):
        raise AssertionError(f"the model of {term} is {solver.status_name(status)}: an answer that keeps the rules was known")
    if status == cp_model.UNKNOWN:
        return balance
    if model.exact:
        hunt.least[term] = max(hunt.least[term], ceil(solver.best_objective_bound - 1e-6))
    found = extract(model, solver)
    if found.objective >= balance.objective:
        return balance
    greedy.improve(found, hunt.aim, hunt.effort)
    return found


def _solver(hunt: Hunt, effort: float) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, hunt.until - time.monotonic())
    solver.parameters.max_deterministic_time = effort * hunt.search.effort
    solver.parameters.num_workers = hunt.search.workers
    solver.parameters.random_seed = hunt.search.seed
    solver.parameters.interleave_search = hunt.search.workers > 1
    return solver

"""The search: an answer by simple means first, then each term in its order by the solver, with what is proven of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from math import ceil

from ortools.sat.python import cp_model

from services.allocation import bounds, explain, greedy, rules
from services.allocation.balance import Balance
from services.allocation.model.hard import HARD
from services.allocation.model.soft import TERMS
from services.allocation.model.variables import Expression, Model, extract, hint, sort_groups
from services.allocation.problem import Problem
from services.allocation.search import Decided, Progress, Search

_EFFORT = {"worst_utilisation": 0.5, "speciality_missed": 0.3, "travel_missed": 0.3, "wish_missed": 0.3, "spread": 0.2}
_ALONE = ("speciality_missed", "travel_missed", "wish_missed", "spread")


def decide(task: tuple[Problem, Search], report: Callable[[Progress], None]) -> Decided:
    """The best answer found, judged by the rules and explained; see `search.decide`."""
    problem, search = task
    found = solve(problem, search, report)
    violations = rules.judge(problem, found.answer)
    if violations:
        raise AssertionError(f"the search broke a rule: {violations[0].message}")
    told = explain.explain(problem, found.answer, found.bound(problem, "worst_utilisation"))
    return Decided(answer=found.answer, values=found.values, least=found.least, explained=told)


def solve(problem: Problem, search: Search, report: Callable[[Progress], None]) -> Decided:
    """First an answer by simple means, then the solver on each term in order; whatever it finds is bettered by single moves."""
    until = time.monotonic() + search.seconds
    balance = greedy.deal(problem)
    greedy.improve(balance)
    least = bounds.least(problem)
    values = dict(zip(problem.order, balance.objective, strict=True))
    report(Progress(share=0.1, worst_utilisation=values["worst_utilisation"], bound=least["worst_utilisation"]))
    if problem.groups and problem.available:
        whole = all(values[term] <= least[term] for term in _first(problem))
        if not whole:
            balance, whole = _keep_together(problem, search, balance, until)
        balance, least = _search(problem, search, balance, whole, until, report)
    settled = tuple(min(least[term], value) for term, value in zip(problem.order, balance.objective, strict=True))
    return Decided(answer=balance.answer(), values=balance.objective, least=settled)


def _search(
    problem: Problem, search: Search, balance: Balance, whole: bool, until: float, report: Callable[[Progress], None]
) -> tuple[Balance, dict[str, int]]:
    """Settles each term in order. `whole`: families that may stay together are known to in every best answer."""
    model = _build(balance, whole)
    least = bounds.least(problem)
    for number, term in enumerate(problem.order):
        goal = TERMS[term](model, least[term])
        value = balance.objective[number]
        if value > least[term] and goal is not None:
            balance, least[term] = _settle(model, goal, term, balance, search, until, least[term])
            value = balance.objective[number]
        if goal is not None:
            model.cp.add(goal <= value)
        if term == "unallocated" and value > bounds.least(problem)[term]:
            least |= bounds.least_with_some_left(problem) | {term: least[term]}
        worst = balance.objective[problem.order.index("worst_utilisation")]
        share = 0.1 + 0.8 * (number + 1) / len(problem.order)
        report(Progress(share=share, worst_utilisation=worst, bound=least["worst_utilisation"]))
    return balance, least


def _keep_together(problem: Problem, search: Search, balance: Balance, until: float) -> tuple[Balance, bool]:
    """Tries whole families within the limits, at the bounds that counting gives: the small model answers that quickly."""
    model = _build(balance, True)
    least = bounds.least(problem)
    for term in _first(problem):
        goal = TERMS[term](model, least[term])
        if goal is not None:
            model.cp.add(goal <= least[term])
    hint(model, balance)
    solver = _solver(search, until, 1.5)
    if solver.solve(model.cp) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return balance, False
    found = extract(model, solver)
    greedy.improve(found)
    return found, True


def _first(problem: Problem) -> tuple[str, ...]:
    """The terms up to that of families: where all of them meet their bounds, every best answer keeps families whole."""
    return problem.order[: problem.order.index("siblings_apart") + 1]


def _build(balance: Balance, whole: bool) -> Model:
    model = sort_groups(balance, whole)
    for rule in HARD:
        rule(model)
    return model


def _settle(model: Model, goal: Expression, term: str, balance: Balance, search: Search, until: float, least: int) -> tuple[Balance, int]:
    """The least of one term that the search finds, and proves; the hint is what is there already."""
    if until <= time.monotonic():
        return balance, least
    hint(model, balance)
    model.cp.add(goal >= least)
    model.cp.minimize(goal)
    solver = _solver(search, until, _EFFORT.get(term, 1.0))
    if term in _ALONE:
        solver.parameters.num_workers, solver.parameters.interleave_search = 1, False
    status = solver.solve(model.cp)
    model.cp.clear_objective()  # type: ignore[no-untyped-call]
    if status in (cp_model.MODEL_INVALID, cp_model.INFEASIBLE):
        raise AssertionError(f"the model of {term} is {solver.status_name(status)}: an answer that keeps the rules was known")
    proven = model.exact and status != cp_model.UNKNOWN
    bound = max(least, ceil(solver.best_objective_bound - 1e-6)) if proven else least
    if status == cp_model.UNKNOWN:
        return balance, bound
    found = extract(model, solver)
    if found.objective >= balance.objective:
        return balance, bound
    greedy.improve(found)
    return found, bound


def _solver(search: Search, until: float, effort: float) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, until - time.monotonic())
    solver.parameters.max_deterministic_time = effort
    solver.parameters.num_workers = search.workers
    solver.parameters.random_seed = search.seed
    solver.parameters.interleave_search = search.workers > 1
    return solver

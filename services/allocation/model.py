"""The allocation as a CP-SAT model: one function for each rule, under the names of `rules`.

Groups that are alike for every rule (same points, same officers barred, same wishes) are one *kind*, of which the model
counts how many go to each officer: ten times the children are hardly more variables. Groups that may have to part, and
parents with their children, are decided child by child.

The terms are settled in the problem's order: each is brought to its least while those before it keep their values. A
term whose value meets a bound that counting gives (`bounds`) needs no search. What is not proven is said so: a bound
below the value. Same problem, seed, workers and effort give the same answer, unless the clock cuts the search short.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import Any, TypeAlias
from uuid import UUID

from ortools.sat.python import cp_model

from services.allocation import bounds, explain, greedy, rules
from services.allocation.balance import Balance
from services.allocation.problem import Group, Officer, Problem
from services.allocation.search import Decided, Progress, Search

Expression: TypeAlias = Any
_MOST_APART = 60_000
_EFFORT = {"worst_utilisation": 0.5, "speciality_missed": 0.3, "spread": 0.2}
_ALONE = ("speciality_missed", "spread")
_SQUARES = 12
_FIRST = ("unallocated", "over_limit", "siblings_apart")


@dataclass(frozen=True, slots=True)
class _Kind:
    """Groups that no rule tells apart."""

    points: int
    officers: tuple[int, ...]
    lasts: tuple[tuple[UUID, int], ...]
    needs: tuple[tuple[frozenset[str], int], ...]
    siblings_with: frozenset[UUID]


@dataclass(slots=True)
class _Model:
    """The variables: `counts` of whole groups of a kind, and for groups decided child by child who has whom.

    Not `exact`: too many families might part to let them all; what the solver proves is then not proven of the problem.
    """

    problem: Problem
    officers: tuple[Officer, ...]
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    kinds: dict[_Kind, list[int]] = field(default_factory=dict)
    parting: list[int] = field(default_factory=list)
    counts: dict[tuple[_Kind, int], Expression] = field(default_factory=dict)
    has: dict[tuple[UUID, int], Expression] = field(default_factory=dict)
    used: dict[tuple[int, int], Expression] = field(default_factory=dict)
    load: list[Expression] = field(default_factory=list)
    roof: int = 0
    exact: bool = True


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
        whole = all(values[term] <= least[term] for term in _FIRST)
        if not whole:
            balance, whole = _keep_together(problem, search, balance, until)
        balance, least = _search(problem, search, balance, whole, until, report)
    settled = tuple(min(least[term], value) for term, value in zip(problem.order, balance.objective, strict=True))
    return Decided(answer=balance.answer(), values=balance.objective, least=settled)


def _search(
    problem: Problem, search: Search, balance: Balance, whole: bool, until: float, report: Callable[[Progress], None]
) -> tuple[Balance, dict[str, int]]:
    """Settles each term in order. `whole`: families that may stay together are known to in every best answer."""
    model = _build(problem, whole)
    least = bounds.least(problem)
    for number, term in enumerate(problem.order):
        goal = _TERMS[term](model, least[term])
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
    model = _build(problem, True)
    least = bounds.least(problem)
    for term in _FIRST:
        goal = _TERMS[term](model, least[term])
        if goal is not None:
            model.cp.add(goal <= least[term])
    _hint(model, balance)
    solver = _solver(search, until, 1.5)
    if solver.solve(model.cp) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return balance, False
    found = _extract(model, solver)
    greedy.improve(found)
    return found, True


# ------------------------------------------------------------------------------------------------------- variables


def _build(problem: Problem, whole: bool) -> _Model:
    model = _Model(problem, problem.available)
    related = {child for pair in problem.parents for child in pair}
    size = sum(len(group.children) * len(model.officers) for group in problem.groups if len(group.children) > 1)
    model.exact = whole or size <= _MOST_APART
    for number, group in enumerate(problem.groups):
        nobody = not rules.eligible_officers(problem, group.children)
        must = nobody or bounds.must_part(problem, group) or any(child.id in related for child in group.children)
        can = not whole and model.exact and len(group.children) > 1
        if must or can:
            model.parting.append(number)
        else:
            model.kinds.setdefault(_kind_of(model, group), []).append(number)
    for rule in HARD:
        rule(model)
    return model


def _kind_of(model: _Model, group: Group) -> _Kind:
    barred = {bar.officer for child in group.children for bar in child.barred}
    available = {officer.id for officer in model.officers}
    known = frozenset[str]().union(*(officer.specialities for officer in model.officers))
    last = [child.last_iro for child in group.children if child.last_iro is not None]
    lasts = Counter(one for one in last if one in available and one not in barred)
    needs = Counter(child.needs & known for child in group.children if child.needs & known)
    return _Kind(
        group.points,
        tuple(number for number, officer in enumerate(model.officers) if officer.id not in barred),
        tuple(sorted(lasts.items())),
        tuple(sorted(needs.items(), key=lambda item: sorted(item[0]))),
        group.siblings_with,
    )


# ------------------------------------------------------------------------------------------------------ hard rules


def eligible(model: _Model) -> None:
    """Variables exist only for officers whom the children may have; every group of a kind goes somewhere."""
    cp, problem = model.cp, model.problem
    load: list[list[Expression]] = [[officer.held] for officer in model.officers]
    for kind, groups in model.kinds.items():
        for number in kind.officers:
            model.counts[kind, number] = cp.new_int_var(0, len(groups), "")
            load[number].append(kind.points * model.counts[kind, number])
        cp.add(sum(model.counts[kind, number] for number in kind.officers) == len(groups))
    for group in model.parting:
        for child in problem.groups[group].children:
            barred = {bar.officer for bar in child.barred}
            mine = [number for number, officer in enumerate(model.officers) if officer.id not in barred]
            for number in mine:
                model.has[child.id, number] = cp.new_bool_var("")
                load[number].append(child.points * model.has[child.id, number])
            cp.add_at_most_one(model.has[child.id, number] for number in mine)
    model.load = [cp_model.LinearExpr.sum(parts) for parts in load]
    model.roof = max((officer.held for officer in model.officers), default=0) + sum(group.points for group in problem.groups)


def parent_and_child_apart(model: _Model) -> None:
    """Not both with one officer."""
    for parent, child in model.problem.parents:
        for number in range(len(model.officers)):
            if (parent, number) in model.has and (child, number) in model.has:
                model.cp.add_at_most_one(model.has[parent, number], model.has[child, number])


def within_limit(model: _Model) -> None:
    """Limits that may not be exceeded are hard; those that may are the term `over_limit`, settled before all but one."""
    if not model.problem.may_exceed:
        for officer, load in zip(model.officers, model.load, strict=True):
            model.cp.add(load <= max(officer.limit, officer.held))


HARD = (eligible, parent_and_child_apart, within_limit)


# ------------------------------------------------------------------------------------------------------ soft terms


def unallocated(model: _Model, _: int) -> Expression | None:
    """Children decided one by one may stay without an officer; whole groups never do."""
    children = [child for group in model.parting for child in model.problem.groups[group].children]
    return len(children) - cp_model.LinearExpr.sum(list(model.has.values())) if children else None


def over_limit(model: _Model, _: int) -> Expression:
    over = []
    for officer, load in zip(model.officers, model.load, strict=True):
        over.append(model.cp.new_int_var(0, model.roof, ""))
        model.cp.add(over[-1] >= load - max(officer.limit, officer.held))
    return cp_model.LinearExpr.sum(over)


def siblings_apart(model: _Model, _: int) -> Expression | None:
    ids = [officer.id for officer in model.officers]
    terms = [count for (kind, number), count in model.counts.items() if kind.siblings_with and ids[number] not in kind.siblings_with]
    for group in model.parting:
        family = model.problem.groups[group]
        new = [number for number in range(len(ids)) if ids[number] not in family.siblings_with]
        for number in new:
            model.used[group, number] = model.cp.new_bool_var("")
            for child in family.children:
                if (child.id, number) in model.has:
                    model.cp.add_implication(model.has[child.id, number], model.used[group, number])
        extra = model.cp.new_int_var(0, len(family.children), "")
        model.cp.add(extra >= sum(model.used[group, number] for number in new) - (0 if family.siblings_with else 1))
        terms.append(extra)
    return cp_model.LinearExpr.sum(terms) if terms else None


def last_iro_missed(model: _Model, _: int) -> Expression | None:
    available = {officer.id for officer in model.officers}
    terms = [
        (count, sum(children for last, children in kind.lasts if last != model.officers[number].id))
        for (kind, number), count in model.counts.items()
    ]
    for child, number in _each_child(model):
        terms.append((model.has[child.id, number], int(rules.misses_last_iro(child, model.officers[number].id, available))))
    return _weighted(terms)


def worst_utilisation(model: _Model, least: int) -> Expression:
    worst = model.cp.new_int_var(least, max(rules.utilisation(officer, model.roof) for officer in model.officers), "")
    for officer, load in zip(model.officers, model.load, strict=True):
        model.cp.add(load * rules.WHOLE <= worst * officer.limit)
    return worst


def speciality_missed(model: _Model, _: int) -> Expression | None:
    known = frozenset[str]().union(*(officer.specialities for officer in model.officers))
    terms = [
        (count, sum(children for needs, children in kind.needs if not needs & model.officers[number].specialities))
        for (kind, number), count in model.counts.items()
    ]
    for child, number in _each_child(model):
        terms.append((model.has[child.id, number], int(rules.misses_speciality(child, model.officers[number].specialities, known))))
    return _weighted(terms)


def spread(model: _Model, _: int) -> Expression | None:
    """Squares are searched for small units alone; elsewhere single moves and exchanges must do."""
    if len(model.officers) > _SQUARES:
        return None
    terms = []
    for officer, load in zip(model.officers, model.load, strict=True):
        amount = model.cp.new_int_var(0, model.roof, "")
        square = model.cp.new_int_var(0, model.roof * model.roof, "")
        model.cp.add(amount == load)
        model.cp.add_multiplication_equality(square, [amount, amount])
        terms.append(rules.unevenness(officer, 1) * square)
    return cp_model.LinearExpr.sum(terms)


SOFT = (unallocated, over_limit, siblings_apart, last_iro_missed, worst_utilisation, speciality_missed, spread)
_TERMS = {term.__name__: term for term in SOFT}


def _each_child(model: _Model) -> Iterable[tuple[Any, int]]:
    for group in model.parting:
        for child in model.problem.groups[group].children:
            for number in range(len(model.officers)):
                if (child.id, number) in model.has:
                    yield child, number


def _weighted(terms: list[tuple[Expression, int]]) -> Expression | None:
    kept = [(variable, weight) for variable, weight in terms if weight]
    return cp_model.LinearExpr.weighted_sum([v for v, _ in kept], [w for _, w in kept]) if kept else None


# ---------------------------------------------------------------------------------------------------------- search


def _settle(model: _Model, goal: Expression, term: str, balance: Balance, search: Search, until: float, least: int) -> tuple[Balance, int]:
    """The least of one term that the search finds, and proves; the hint is what is there already."""
    if until <= time.monotonic():
        return balance, least
    _hint(model, balance)
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
    found = _extract(model, solver)
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


def _hint(model: _Model, balance: Balance) -> None:
    model.cp.clear_hints()  # type: ignore[no-untyped-call]
    for kind, groups in model.kinds.items():
        given = Counter(balance.officer_of[balance.members[group][0]] for group in groups)
        for number in kind.officers:
            model.cp.add_hint(model.counts[kind, number], given[number])
    number_of = {child.id: index for index, child in enumerate(balance.children)}
    for (child, number), variable in model.has.items():
        model.cp.add_hint(variable, balance.officer_of[number_of[child]] == number)


def _extract(model: _Model, solver: cp_model.CpSolver) -> Balance:
    """Groups of a kind are dealt out in the order of their references, officers in the order of their codes."""
    answer: dict[UUID, UUID] = {}
    for kind, groups in model.kinds.items():
        waiting = iter(groups)
        for number in kind.officers:
            for _ in range(solver.value(model.counts[kind, number])):
                for child in model.problem.groups[next(waiting)].children:
                    answer[child.id] = model.officers[number].id
    for (child_id, number), variable in model.has.items():
        if solver.boolean_value(variable):
            answer[child_id] = model.officers[number].id
    return Balance(model.problem, answer)

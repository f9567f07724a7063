"""Each term in turn, those before it held at what they have; every answer is judged by the rules before it leaves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import ceil

from ortools.sat.python import cp_model

from services.allocation.moving import bounds, greedy, rules
from services.allocation.moving.board import Board, Ground
from services.allocation.moving.explain import explain
from services.allocation.moving.model import soft
from services.allocation.moving.model.variables import Expression, Model, build
from services.allocation.moving.narrowing import deal
from services.allocation.moving.problem import FIRST, Problem
from services.allocation.moving.search import Progress, Proposed, Search
from services.allocation.rules import WHOLE

_USUAL = 0.15
_EFFORT = {"worst_utilisation": 0.5, "siblings_apart": 0.4, "meetings_disturbed": 0.3, "moves": 0.4, "wishes": 0.4, "spread": 0.5}
_ROUNDS = 3
_DOUBLE = 2**52
_LEVEL = "level"


def propose(task: tuple[Problem, Search], report: Callable[[Progress], None]) -> Proposed:
    """The best moves found, judged and explained."""
    problem, search = task
    found = solve(problem, search, report)
    broken = rules.judge(problem, found.answer)
    if broken:
        raise AssertionError(f"the search broke a rule: {broken[0].rule}: {broken[0].message}")
    return replace(found, explained=explain(problem, found.answer, found.worst_bound))


def solve(problem: Problem, search: Search, report: Callable[[Progress], None]) -> Proposed:
    """The best moves found, without reasons."""
    until = time.monotonic() + search.seconds
    ground = Ground(problem)
    board = greedy.draft(ground)
    least = dict.fromkeys((*problem.terms, _LEVEL), 0)
    for pooled in (True, False):
        model = build(ground, board, pooled)
        for number, term in enumerate(problem.terms):
            if pooled and term not in FIRST:
                break
            if not pooled and term == ground.wish_names[0]:
                board = _take_up_wishes(model, board, least, search, until)
            board = _take_up(model, board, term, least, search, until)
            if pooled and term == "worst_utilisation" and model.kinds:
                least[_LEVEL] = _least_level(model, board, search, until)
            report(Progress(share=0.1 + 0.8 * (number + 1) / len(problem.terms), worst_utilisation=board.worst, bound=_bound(board, least)))
    greedy.improve(board)
    values = dict(zip(problem.terms, board.value, strict=True))
    return Proposed(
        answer=board.answer(),
        values=board.value,
        least=tuple(min(least[term], values[term]) for term in problem.terms),
        worst=board.worst,
        worst_bound=_bound(board, least),
    )


def _bound(board: Board, least: Mapping[str, int]) -> int:
    """What the fullest is proven not to go below: by counting, and by the search where it proved a step and not the target."""
    problem, proven = board.ground.problem, least["worst_utilisation"]
    searched = proven - problem.step + 1 if proven > (problem.target or 0) else 0
    return min(board.worst, max(bounds.least_level(board), searched, least[_LEVEL]))


def _least_level(model: Model, board: Board, search: Search, until: float) -> int:
    """What the search proves of the fullest to the hundredth of a percent, where counting leaves more than a step open."""
    counted = bounds.least_level(board)
    if board.worst - counted < board.ground.problem.step or until <= time.monotonic():
        return counted
    level = model.cp.new_int_var(counted, board.term("worst_utilisation"), "")
    for officer in model.ground.available:
        model.cp.add(model.load[officer] * WHOLE <= level * model.ground.officers[officer].limit)
    model.cp.minimize(level)
    solver = _solver(search, until, _USUAL)
    status = solver.solve(model.cp)
    model.cp.clear_objective()  # type: ignore[no-untyped-call]
    return max(counted, ceil(solver.best_objective_bound - 1e-6)) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else counted


def _take_up_wishes(model: Model, board: Board, least: dict[str, int], search: Search, until: float) -> Board:
    """All wishes in one search, each weighing more than all after it could; what stays unproven is taken up one by one."""
    found = {name: soft.goal(model, board, name, 0) for name in model.ground.wish_names}
    goals = {name: goal for name, goal in found.items() if goal is not None}
    base = 1 + sum(model.ground.size)
    if not goals or not model.exact or base ** len(goals) > _DOUBLE or until <= time.monotonic():
        return board
    weights = {name: base ** (len(goals) - 1 - place) for place, name in enumerate(goals)}
    whole = cp_model.LinearExpr.weighted_sum(list(goals.values()), list(weights.values()))
    board, bound = _settle(model, board, "wishes", whole, 0, search, until)
    for name in goals:
        least[name] = max(least[name], min(bound // weights[name], board.term(name)))
        bound -= board.term(name) * weights[name]
        if least[name] < board.term(name):
            break
    return board


def _take_up(model: Model, board: Board, term: str, least: dict[str, int], search: Search, until: float) -> Board:
    """A term is settled, where it is not already, and held from now on; `least` learns what is proven of it."""
    now = board.term(term)
    least[term] = max(least[term], min(bounds.least(board, term), now))
    goal = soft.goal(model, board, term, least[term])
    if goal is None:
        if model.exact and (term != "spread" or not model.kinds):
            least[term] = now
        return board
    for _ in range(_ROUNDS if term == "spread" else 1):
        value = board.value
        if (term in FIRST) == model.pooled and board.term(term) > least[term] and until > time.monotonic():
            board, least[term] = _settle(model, board, term, goal, least[term], search, until)
        if board.value == value:
            break
        if term == "spread":
            soft.touch_all(model, board)
    model.cp.add(goal <= board.term(term))
    return board


def _settle(model: Model, board: Board, term: str, goal: Expression, least: int, search: Search, until: float) -> tuple[Board, int]:
    """The least of one term that the search finds, and proves; the hint is what is there already."""
    _hint(model, board)
    model.cp.add(goal >= least)
    model.cp.minimize(goal)
    solver = _solver(search, until, _EFFORT.get(term, _USUAL))
    status = solver.solve(model.cp)
    model.cp.clear_objective()  # type: ignore[no-untyped-call]
    if status in (cp_model.MODEL_INVALID, cp_model.INFEASIBLE):
        raise AssertionError(f"the model of {term} is {solver.status_name(status)}: an answer that keeps the rules was known")
    if status == cp_model.UNKNOWN:
        return board, least
    if model.exact:
        least = max(least, ceil(solver.best_objective_bound - 1e-6))
    found = _extract(model, board, solver)
    if model.exact:
        greedy.improve(found)
    return (found, least) if found.value < board.value else (board, least)


def _solver(search: Search, until: float, effort: float) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, until - time.monotonic())
    solver.parameters.max_deterministic_time = effort
    solver.parameters.num_workers = search.workers
    solver.parameters.random_seed = search.seed
    solver.parameters.interleave_search = search.workers > 1
    return solver


def _hint(model: Model, board: Board) -> None:
    model.cp.clear_hints()  # type: ignore[no-untyped-call]
    arrived = dict.fromkeys(model.comes, 0)
    for kind, alike in model.kinds.items():
        places = [board.at[index] for index in alike if index in board.moved]
        for officer in kind.officers:
            model.cp.add_hint(model.goes[kind, officer], places.count(officer))
        if not kind.officers:
            model.cp.add_hint(model.out[kind], len(places))
            for officer in places:
                arrived[kind.points, officer] += 1
    for key, count in arrived.items():
        model.cp.add_hint(model.comes[key], count)


def _extract(model: Model, board: Board, solver: cp_model.CpSolver) -> Board:
    """Alike bundles go in the order of their references, to officers in the order of their codes."""
    at = list(board.at)
    leaving: dict[int, list[int]] = {}
    for kind, alike in model.kinds.items():
        given = [officer for officer in kind.officers for _ in range(solver.value(model.goes[kind, officer]))]
        for index in alike:
            at[index] = kind.home
        for index, officer in zip(alike, given, strict=False):
            at[index] = officer
        if not kind.officers:
            stays = sorted(alike, key=lambda index: (index not in board.moved, index))
            leaving.setdefault(kind.points, []).extend(stays[: solver.value(model.leaves[kind])])
    for points, bundles in leaving.items():
        wanted = {officer: solver.value(model.comes[points, officer]) for officer in model.ground.available}
        for index, officer in deal(bundles, model.ground.home, wanted):
            at[index] = officer
    return Board(model.ground, at)

"""Moves sought by CP-SAT: each term in turn, those before it held at what they have. The only module here that knows the solver.

Bundles that are alike in all that counts are one whole-number variable for each officer who may have them. Hard rules and
terms bear the names of the rules, and every answer is judged by these before it leaves. Where a unit is too large for the
whole, the model has those bundles and officers among whom betterment is likely; then it proves nothing, and bounds come
from counting alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from typing import TypeAlias

from ortools.sat.python import cp_model

from services.allocation.moving import bounds, greedy, narrowing, rules
from services.allocation.moving.board import Board, Ground
from services.allocation.moving.explain import explain
from services.allocation.moving.narrowing import deal
from services.allocation.moving.problem import FIRST, WISHES, Problem
from services.allocation.moving.search import Progress, Proposed, Search
from services.allocation.rules import WHOLE

Expression: TypeAlias = cp_model.LinearExprT

_EFFORT = 1.0
_SQUARES = 20


@dataclass(frozen=True, slots=True)
class _Kind:
    """What bundles have in common that one variable an officer stands for; `single` tells apart those that are like no other."""

    home: int
    points: int
    size: int
    meetings: int
    must: bool
    protected: bool
    officers: tuple[int, ...] = ()
    missed: tuple[tuple[int, ...], ...] = ()
    single: int = -1


@dataclass(slots=True)
class _Model:
    ground: Ground
    pooled: bool
    exact: bool = True
    kinds: dict[_Kind, list[int]] = field(default_factory=dict)
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    goes: dict[tuple[_Kind, int], cp_model.IntVar] = field(default_factory=dict)
    comes: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    leaves: dict[_Kind, Expression] = field(default_factory=dict)
    load: dict[int, Expression] = field(default_factory=dict)
    alone: dict[int, _Kind] = field(default_factory=dict)


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
    least = dict.fromkeys(problem.terms, 0)
    for pooled in (True, False):
        model = _build(ground, board, pooled)
        for number, term in enumerate(problem.terms):
            if (term in FIRST) >= pooled:
                least[term] = max(least[term], min(bounds.least(board, term), board.term(term)))
            goal = _goal(model, board, term, least[term])
            if goal is None:
                continue
            if (term in FIRST) == pooled and board.term(term) > least[term] and until > time.monotonic():
                board, least[term] = _settle(model, board, term, goal, least[term], search, until)
            model.cp.add(goal <= board.term(term))
            report(Progress(share=0.1 + 0.8 * (number + 1) / len(problem.terms), worst_utilisation=board.worst, bound=_bound(board, least)))
    values = dict(zip(problem.terms, board.value, strict=True))
    return Proposed(
        answer=board.answer(),
        values=board.value,
        least=tuple(min(least[term], values[term]) for term in problem.terms),
        worst=board.worst,
        worst_bound=_bound(board, least),
    )


def _bound(board: Board, least: dict[str, int]) -> int:
    """What the fullest is proven not to go below: by counting, and by the search where it proved a step and not the target."""
    problem, proven = board.ground.problem, least["worst_utilisation"]
    searched = proven - problem.step + 1 if proven > (problem.target or 0) else 0
    return min(board.worst, max(bounds.least_level(board), searched))


# ------------------------------------------------------------------------------------------------------- variables


def _build(ground: Ground, board: Board, pooled: bool) -> _Model:
    """`pooled`: bundles that may go to anybody only leave, and weights arrive: who goes to whom is settled afterwards."""
    choice = None if pooled else narrowing.choose(board)
    model = _Model(ground, pooled, choice is None)
    special = set(ground.family) | set(ground.relatives)
    for index in range(len(ground.bundles)):
        officers = ground.allowed[index] if choice is None else choice.get(index, ())
        if officers:
            kind = _kind_of(ground, index, officers, index in special, pooled)
            model.kinds.setdefault(kind, []).append(index)
            if index in special:
                model.alone[index] = kind
    for rule in HARD:
        rule(model)
    return model


def _kind_of(ground: Ground, index: int, officers: tuple[int, ...], special: bool, pooled: bool) -> _Kind:
    bundle, home = ground.bundles[index], ground.home[index]
    kind = _Kind(home, ground.points[index], ground.size[index], bundle.meetings, bundle.must_move, bundle.protected is not None)
    free = len(officers) == len(ground.available) - (home in ground.available)
    if pooled and free and not special:
        return kind
    missed = () if pooled else tuple(ground.missed(index, officer) for officer in (home, *officers))
    return replace(kind, officers=officers, missed=missed, single=index if special else -1)


# ------------------------------------------------------------------------------------------------------ hard rules


def eligible(model: _Model) -> None:
    """Variables exist only for officers to whom the bundles may go; a bundle goes once at most."""
    ground = model.ground
    load: dict[int, list[Expression]] = {officer: [ground.start[officer]] for officer in range(len(ground.officers))}
    pools: dict[int, list[_Kind]] = {}
    for kind, alike in model.kinds.items():
        for officer in kind.officers:
            model.goes[kind, officer] = model.cp.new_int_var(0, len(alike), "")
            load[officer].append(kind.points * model.goes[kind, officer])
        if kind.officers:
            model.leaves[kind] = cp_model.LinearExpr.sum([model.goes[kind, officer] for officer in kind.officers])
            model.cp.add(model.leaves[kind] <= len(alike))
        else:
            model.leaves[kind] = model.cp.new_int_var(0, len(alike), "")
            pools.setdefault(kind.points, []).append(kind)
        load[kind.home].append(-kind.points * model.leaves[kind])
    for points, kinds in pools.items():
        _pool(model, points, kinds, load)
    model.load = {officer: cp_model.LinearExpr.sum(parts) for officer, parts in load.items()}


def _pool(model: _Model, points: int, kinds: list[_Kind], load: dict[int, list[Expression]]) -> None:
    """As many of a weight arrive as leave, and nobody need get back her own."""
    most = sum(len(model.kinds[kind]) for kind in kinds)
    leaving = cp_model.LinearExpr.sum([model.leaves[kind] for kind in kinds])
    for officer in model.ground.available:
        model.comes[points, officer] = model.cp.new_int_var(0, most, "")
        load[officer].append(points * model.comes[points, officer])
        own = [model.leaves[kind] for kind in kinds if kind.home == officer]
        model.cp.add(model.comes[points, officer] + cp_model.LinearExpr.sum(own) <= leaving)
    model.cp.add(cp_model.LinearExpr.sum([model.comes[points, officer] for officer in model.ground.available]) == leaving)


def parent_and_child_apart(model: _Model) -> None:
    """Not both with one officer, if either comes to her."""
    for one, others in sorted(model.ground.relatives.items()):
        for other in sorted(others - {one}):
            for officer in range(len(model.ground.officers)):
                comes, there = _comes(model, one, officer), _has(model, other, officer)
                if comes is not None and there is not None:
                    model.cp.add(comes + there <= 1)


def _comes(model: _Model, index: int, officer: int) -> Expression | None:
    kind = model.alone.get(index)
    return None if kind is None else model.goes.get((kind, officer))


def _has(model: _Model, index: int, officer: int) -> Expression | None:
    """1 where the bundle is with the officer at the end; None where it cannot be."""
    kind = model.alone.get(index)
    if officer == model.ground.home[index]:
        return 1 if kind is None else 1 - model.leaves[kind]
    return _comes(model, index, officer)


def within_limit(model: _Model) -> None:
    """Nobody ends above her limit, or above what she has if that is more."""
    for officer in model.ground.available:
        model.cp.add(model.load[officer] <= model.ground.roof[officer])


def within_moves(model: _Model) -> None:
    """All moves together."""
    model.cp.add(cp_model.LinearExpr.sum(list(model.leaves.values())) <= model.ground.max_moves)


HARD = (eligible, parent_and_child_apart, within_limit, within_moves)


# ------------------------------------------------------------------------------------------------------ soft terms


def _goal(model: _Model, board: Board, term: str, least: int) -> Expression | None:
    """The term as an expression whose value is the rule's, or None where the model has no say in it."""
    return _TERMS[term](model, board, least) if model.kinds and (term in FIRST or not model.pooled) else None


def _leaving(model: _Model, board: Board, _: int, *, term: str, weight: Callable[[_Kind], int]) -> Expression | None:
    """A term that grows (or falls) with each bundle of a kind that leaves, whoever gets it."""
    weights = [weight(kind) for kind in model.kinds]
    if not any(weights):
        return None
    now = sum(weight(kind) for kind, alike in model.kinds.items() for index in alike if index in board.moved)
    return board.term(term) - now + cp_model.LinearExpr.weighted_sum([model.leaves[kind] for kind in model.kinds], weights)


left_behind = partial(_leaving, term="left_behind", weight=lambda kind: -kind.size * kind.must)
protected_moved = partial(_leaving, term="protected_moved", weight=lambda kind: kind.size * kind.protected)
meetings_disturbed = partial(_leaving, term="meetings_disturbed", weight=lambda kind: kind.meetings)
moves = partial(_leaving, term="moves", weight=lambda _: 1)


def over_limit(model: _Model, _: Board, __: int) -> Expression | None:
    over = []
    for officer in model.ground.available:
        most = model.ground.roof[officer] - model.ground.officers[officer].limit
        if most > 0:
            over.append(model.cp.new_int_var(0, most, ""))
            model.cp.add(over[-1] >= model.load[officer] - model.ground.officers[officer].limit)
    return cp_model.LinearExpr.sum(over) if over else None


def worst_utilisation(model: _Model, board: Board, least: int) -> Expression | None:
    problem, now = model.ground.problem, board.term("worst_utilisation")
    steps = range(least - least % problem.step, now, problem.step)
    values = sorted({rules.counted(problem, share) for share in (*steps, now)})
    worst = model.cp.new_int_var_from_domain(cp_model.Domain.from_values([value for value in values if value >= least]), "")
    for officer in model.ground.available:
        model.cp.add(model.load[officer] * WHOLE <= worst * model.ground.officers[officer].limit)
    return worst


def siblings_apart(model: _Model, board: Board, _: int) -> Expression | None:
    """For each family that the model may change: every officer whom it has to do with, once."""
    ground, terms, now = model.ground, list[Expression](), 0
    for members, elsewhere in zip(ground.families, ground.elsewhere, strict=True):
        if not any(index in model.alone for index in members):
            continue
        now += len({board.at[index] for index in members} | elsewhere)
        for officer in range(len(ground.officers)):
            having = [has for index in members if (has := _has(model, index, officer)) is not None]
            if not having:
                terms.append(int(officer in elsewhere))
                continue
            terms.append(model.cp.new_int_var(int(officer in elsewhere), 1, ""))
            for has in having:
                model.cp.add(terms[-1] >= has)
    return board.term("siblings_apart") - now + cp_model.LinearExpr.sum(terms) if terms else None


def _wish(model: _Model, board: Board, _: int, *, term: str) -> Expression | None:
    place = model.ground.wish_names.index(term)
    weights = {
        (kind, officer): missed[place] - kind.missed[0][place]
        for kind in model.kinds
        for officer, missed in zip(kind.officers, kind.missed[1:], strict=True)
    }
    kept = [key for key, weight in weights.items() if weight]
    if not kept:
        return None
    now = sum(weights[kind, board.at[index]] for kind, alike in model.kinds.items() for index in alike if index in board.moved)
    return board.term(term) - now + cp_model.LinearExpr.weighted_sum([model.goes[key] for key in kept], [weights[key] for key in kept])


def spread(model: _Model, board: Board, _: int) -> Expression | None:
    """Squares by their tangents at every whole number in reach; for large units single changes and exchanges must do."""
    if len(model.ground.available) > _SQUARES:
        return None
    terms = []
    for officer, low, high, weight in bounds.reach(board):
        square = model.cp.new_int_var(low * low, high * high, "")
        model.cp.add_linear_constraint(model.load[officer], low, high)
        for units in range(low, high):
            model.cp.add(square >= (2 * units + 1) * model.load[officer] - units * (units + 1))
        terms.append(weight * square)
    return cp_model.LinearExpr.sum(terms)


_TERMS: dict[str, Callable[[_Model, Board, int], Expression | None]] = {
    "left_behind": left_behind,
    "over_limit": over_limit,
    "protected_moved": protected_moved,
    "worst_utilisation": worst_utilisation,
    "siblings_apart": siblings_apart,
    "meetings_disturbed": meetings_disturbed,
    "moves": moves,
    **{name: partial(_wish, term=name) for name in WISHES},
    "spread": spread,
}


# ---------------------------------------------------------------------------------------------------------- search


def _settle(model: _Model, board: Board, term: str, goal: Expression, least: int, search: Search, until: float) -> tuple[Board, int]:
    """The least of one term that the search finds, and proves; the hint is what is there already."""
    _hint(model, board)
    model.cp.add(goal >= least)
    model.cp.minimize(goal)
    solver = _solver(search, until)
    status = solver.solve(model.cp)
    model.cp.clear_objective()  # type: ignore[no-untyped-call]
    if status in (cp_model.MODEL_INVALID, cp_model.INFEASIBLE):
        raise AssertionError(f"the model of {term} is {solver.status_name(status)}: an answer that keeps the rules was known")
    if model.exact and status != cp_model.UNKNOWN:
        least = max(least, ceil(solver.best_objective_bound - 1e-6))
    if status == cp_model.UNKNOWN:
        return board, least
    found = _extract(model, board, solver)
    if found.value >= board.value:
        return board, least
    greedy.improve(found)
    return found, least


def _solver(search: Search, until: float) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(0.01, until - time.monotonic())
    solver.parameters.max_deterministic_time = _EFFORT
    solver.parameters.num_workers = search.workers
    solver.parameters.random_seed = search.seed
    solver.parameters.interleave_search = search.workers > 1
    return solver


def _hint(model: _Model, board: Board) -> None:
    model.cp.clear_hints()  # type: ignore[no-untyped-call]
    arrived = dict.fromkeys(model.comes, 0)
    for kind, alike in model.kinds.items():
        places = [board.at[index] for index in alike if index in board.moved]
        for officer in kind.officers:
            model.cp.add_hint(model.goes[kind, officer], places.count(officer))
        if not kind.officers:
            model.cp.add_hint(model.leaves[kind], len(places))
            for officer in places:
                arrived[kind.points, officer] += 1
    for key, count in arrived.items():
        model.cp.add_hint(model.comes[key], count)


def _extract(model: _Model, board: Board, solver: cp_model.CpSolver) -> Board:
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

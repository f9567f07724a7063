"""Each term in turn, those before it held at what they have; every answer is judged by the rules before it leaves.

Effort is counted, never timed: the same problem gets the same moves on any machine. One thread: with the relaxation of all
constraints it proves in a tenth of the work what two with the usual one do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import ceil

from ortools.sat.python import cp_model

from services.allocation.moving import bounds, greedy, narrowing, rules
from services.allocation.moving.board import Board, Ground
from services.allocation.moving.explain import explain
from services.allocation.moving.model import soft
from services.allocation.moving.model.variables import Expression, Model, build
from services.allocation.moving.narrowing import deal
from services.allocation.moving.problem import FIRST, WISHES, Problem
from services.allocation.moving.search import Proposed
from services.allocation.rules import WHOLE
from services.allocation.search import Progress, Search

_EFFORT: Mapping[str, float] = {
    "left_behind": 0.5,
    "over_limit": 0.2,
    "protected_moved": 0.2,
    "worst_utilisation": 0.12,
    "level": 0.06,
    "siblings_apart": 0.12,
    "meetings_disturbed": 0.1,
    "moves": 0.1,
    "wishes": 0.1,
    "spread": 0.04,
}
_USUAL = 0.05
_ROUNDS = 3
_DOUBLE = 2**52


@dataclass(slots=True)
class _Course:
    """What is found and proven so far. `least`: of each term; `level`: of the fullest, in hundredths of a percent."""

    seed: int
    board: Board
    level: int = 0
    least: dict[str, int] = field(default_factory=dict)

    @property
    def bound(self) -> int:
        """What the fullest is proven not to go below: by counting, and by the search where it proved a step and not the target.

        Where nothing is asked and so nobody may move, it is still what so many moves could not go below.
        """
        problem, proven = self.board.ground.problem, self.least["worst_utilisation"]
        if rules.nothing_is_asked(problem):
            return bounds.least_level(Board(Ground(replace(problem, target=None))))
        searched = proven - problem.step + 1 if proven > (problem.target or 0) else 0
        return min(self.board.worst, max(bounds.least_level(self.board), searched, self.level))


def propose(task: tuple[Problem, Search], report: Callable[[Progress], None]) -> Proposed:
    """The best moves found, judged and explained."""
    problem, search = task
    found = solve(problem, search, report)
    broken = rules.judge(problem, found.answer)
    if broken:
        raise AssertionError(f"the search broke a rule: {broken[0].rule}: {broken[0].message}")
    return replace(found, explained=explain(problem, found.answer, found.worst_bound))


def solve(problem: Problem, search: Search, report: Callable[[Progress], None]) -> Proposed:
    """The best moves found, without reasons. Of `search` only the seed counts."""
    ground = Ground(problem)
    course = _Course(search.seed, greedy.draft(ground), least=dict.fromkeys(problem.terms, 0))
    if not narrowing.is_large(ground):
        _settle_all(build(ground, course.board, pooled=True), course, FIRST, report, 0.1)
    _settle_all(build(ground, course.board, pooled=False), course, problem.terms, report, 0.5)
    greedy.improve(course.board)
    board = course.board
    return Proposed(
        answer=board.answer(),
        values=board.value,
        least=tuple(min(course.least[term], board.term(term)) for term in problem.terms),
        worst=board.worst,
        worst_bound=course.bound,
    )


def _settle_all(model: Model, course: _Course, terms: tuple[str, ...], report: Callable[[Progress], None], since: float) -> None:
    """The terms one after the other; of those that another model has settled before, what they have is kept."""
    settled = () if model.pooled or not model.exact else FIRST
    for number, term in enumerate(terms, 1):
        if term == model.ground.wish_names[0]:
            _take_up_wishes(model, course)
        _take_up(model, course, term, sought=term not in settled)
        if model.pooled and term == "worst_utilisation" and model.kinds:
            course.level = _least_level(model, course)
        share = since + 0.4 * number / len(terms)
        report(Progress(share=share, worst_utilisation=course.board.worst, bound=course.bound))


def _least_level(model: Model, course: _Course) -> int:
    """What the search proves of the fullest to the hundredth of a percent, where counting leaves more than a step open."""
    board, counted = course.board, bounds.least_level(course.board)
    if board.worst - counted < board.ground.problem.step:
        return counted
    level = model.cp.new_int_var(counted, board.term("worst_utilisation"), "")
    for officer in model.ground.available:
        model.cp.add(model.load[officer] * WHOLE <= level * model.ground.officers[officer].limit)
    model.cp.minimize(level)
    solver = _solver(course.seed, "level")
    status = solver.solve(model.cp)
    model.cp.clear_objective()  # type: ignore[no-untyped-call]
    return max(counted, ceil(solver.best_objective_bound - 1e-6)) if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else counted


def _take_up_wishes(model: Model, course: _Course) -> None:
    """All wishes in one search, each weighing more than all after it could."""
    found = {name: soft.goal(model, course.board, name, 0) for name in model.ground.wish_names}
    goals = {name: goal for name, goal in found.items() if goal is not None}
    base = 1 + sum(model.ground.size)
    if not goals or not model.exact or base ** len(goals) > _DOUBLE:
        return
    weights = {name: base ** (len(goals) - 1 - place) for place, name in enumerate(goals)}
    whole = cp_model.LinearExpr.weighted_sum(list(goals.values()), list(weights.values()))
    bound = _settle(model, course, "wishes", whole, 0)
    for name in goals:
        now = course.board.term(name)
        course.least[name] = max(course.least[name], min(bound // weights[name], now))
        bound -= now * weights[name]
        if course.least[name] < now:
            break


def _take_up(model: Model, course: _Course, term: str, sought: bool) -> None:
    """A term is settled, where it is not already, and held from now on; what is proven of it is kept."""
    now = course.board.term(term)
    least = course.least[term] = max(course.least[term], min(bounds.least(course.board, term), now))
    goal = soft.goal(model, course.board, term, least)
    if goal is None:
        if model.exact and (term != "spread" or not model.kinds):
            course.least[term] = now
        return
    for _ in range(_ROUNDS if term == "spread" else 1):
        value = course.board.value
        if sought and course.board.term(term) > course.least[term] and not (model.exact and term in WISHES):
            course.least[term] = _settle(model, course, term, goal, course.least[term])
        if course.board.value == value:
            break
        if term == "spread":
            soft.touch_all(model, course.board)
    model.cp.add(goal <= course.board.term(term))


def _settle(model: Model, course: _Course, term: str, goal: Expression, least: int) -> int:
    """The least of one term that the search finds becomes the board's, and what it proves is the answer; the hint is what is
    there already."""
    _hint(model, course.board)
    model.cp.add(goal >= least)
    model.cp.minimize(goal)
    solver = _solver(course.seed, term)
    status = solver.solve(model.cp)
    model.cp.clear_objective()  # type: ignore[no-untyped-call]
    if status in (cp_model.MODEL_INVALID, cp_model.INFEASIBLE):
        raise AssertionError(f"the model of {term} is {solver.status_name(status)}: an answer that keeps the rules was known")
    if status == cp_model.UNKNOWN:
        return least
    if model.exact:
        least = max(least, ceil(solver.best_objective_bound - 1e-6))
    found = _extract(model, course.board, solver)
    if model.exact:
        greedy.improve(found)
    course.board = min(course.board, found, key=lambda board: board.value)
    return least


def _solver(seed: int, term: str) -> cp_model.CpSolver:
    solver = cp_model.CpSolver()
    solver.parameters.max_deterministic_time = _EFFORT.get(term, _USUAL)
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 2
    solver.parameters.random_seed = seed
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

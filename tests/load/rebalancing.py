"""Rebalancing against simpler means on the same invented units: ours, greedy, round robin, and CP-SAT on weights and limits alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import partial
from statistics import pstdev
from typing import TypeVar
from uuid import UUID

from ortools.sat.python import cp_model

from services.allocation import rules as allocation
from services.allocation.explain import in_percent
from services.allocation.moving import rules
from services.allocation.moving.model import solve
from services.allocation.moving.problem import Bundle, Problem
from services.allocation.moving.search import Proposed
from services.allocation.problem import Officer
from services.allocation.search import Search
from tests.moving.instances import invent

_SECONDS = 30.0
_SMALL = (*((500, 6, moves, absent, None) for moves in (5, 20, 200) for absent in (0, 1)), (500, 6, 20, 0, 1.005), (500, 6, 200, 1, 1.02))
_LARGE = ((5_000, 60, 100, 0, None), (5_000, 60, 400, 3, None), (5_000, 60, 200, 0, 1.01))

_MEASURED = ("fullest", "spread", "parted", "moves", "meetings", "protected", "left", "barred")
"""Utilisation of the fullest, deviation of the shares in points of a percent, sibling groups with several officers, moves made,
booked meetings disturbed, protected children moved, children left with an absent officer, children given against a rule."""

T = TypeVar("T")
Places = Mapping[UUID, UUID]
"""The officer of each child afterwards."""


def run(quick: bool) -> Iterator[str]:
    """The figures, a line each. Quick: the small unit alone."""
    return (line for unit in (_SMALL if quick else (*_SMALL, *_LARGE)) for line in _compare(*unit))


def _compare(children: int, officers: int, moves: int, absent: int, tight: float | None) -> Iterator[str]:
    """One unit: a line for each means, under the names of what is measured."""
    problem = invent(children, officers, moves, absent=absent, tight=tight)
    yield f"{children:,} children, {officers} officers, {absent} absent, {moves} moves{f', limits {tight} of all points' if tight else ''}"
    yield f"  {'':<18}" + "".join(f"{name:>11}" for name in (*_MEASURED, "seconds", "CPU s", "bound"))
    yield _line("before", _measure(problem, _places(problem, {})))
    found, spent = _timed(lambda: solve(problem, Search(), lambda _: None))
    yield (
        _line("ours", _measure(problem, _places(problem, found.answer)), *spent, in_percent(found.worst_bound))
        + f"  {_proven(problem, found)}"
    )
    baselines: dict[str, Callable[[Problem], Places]] = {"greedy": heaviest_to_emptiest, "weights and limits": weights_and_limits}
    if absent:
        baselines["round robin"] = round_robin
    for name, means in baselines.items():
        places, spent = _timed(partial(means, problem))
        yield _line(name, _measure(problem, places), *spent)


def _line(name: str, measured: Mapping[str, str], *more: str) -> str:
    return f"  {name:<18}" + "".join(f"{each:>11}" for each in (*measured.values(), *more))


def _timed(means: Callable[[], T]) -> tuple[T, tuple[str, str]]:
    """What it answers, with the seconds and the seconds of processor that it took."""
    wall, processor = time.perf_counter(), time.process_time()
    found = means()
    return found, (f"{time.perf_counter() - wall:.2f}", f"{time.process_time() - processor:.2f}")


def _proven(problem: Problem, found: Proposed) -> str:
    """The terms that are not proven to be the least, and whether any rule is broken."""
    open_terms = [name for name, value, least in zip(problem.terms, found.values, found.least, strict=True) if value > least]
    broken = rules.judge(problem, found.answer)
    return f"proven: {'all but ' + ', '.join(open_terms) if open_terms else 'every term'}; rules broken: {len(broken)}"


def _places(problem: Problem, answer: Mapping[int, UUID]) -> Places:
    after = rules.officers_after(problem, answer)
    return {child: officer for bundle, officer in zip(problem.bundles, after, strict=True) for child in bundle.ids}


def _measure(problem: Problem, places: Places) -> dict[str, str]:
    """What is measured of where the children are, each under its name in `_MEASURED`."""
    load = _loads(problem, places)
    worst = max(allocation.utilisation(officer, load[officer.id]) for officer in problem.available)
    families: dict[str, set[UUID]] = {}
    for bundle in problem.bundles:
        families.setdefault(rules.family_of(bundle), set()).update(places[child] for child in bundle.ids)
    gone = [(bundle, sum(places[child] != bundle.officer for child in bundle.ids)) for bundle in problem.bundles]
    figures = (
        in_percent(worst),
        f"{pstdev(load[officer.id] * 100 / officer.limit for officer in problem.available):.2f}",
        sum(len(officers) > 1 for officers in families.values()),
        sum(len({places[child] for child in bundle.ids} - {bundle.officer}) for bundle in problem.bundles),
        sum(bundle.meetings for bundle, left in gone if left),
        sum(left for bundle, left in gone if bundle.protected is not None),
        sum(len(bundle.ids) - left for bundle, left in gone if bundle.must_move),
        _barred(problem, places),
    )
    return dict(zip(_MEASURED, map(str, figures), strict=True))


def _barred(problem: Problem, places: Places) -> int:
    """Children whom a simpler means gave to an officer whom a rule forbids."""
    return sum(
        any(bar.officer == places[child.id] for bar in child.barred)
        for bundle in problem.bundles
        for child in bundle.members
        if places[child.id] != bundle.officer
    )


def _loads(problem: Problem, places: Places) -> dict[UUID, int]:
    load = {officer.id: officer.held for officer in problem.officers}
    for bundle in problem.bundles:
        for child in bundle.members:
            load[places[child.id]] += child.points
    return load


# -------------------------------------------------------------------------------------------------------- simpler means


def heaviest_to_emptiest(problem: Problem) -> Places:
    """The heaviest bundle of whoever must give or is fullest goes to the emptiest whom the rules allow, until moves are used."""
    answer: dict[int, UUID] = {}
    load = rules.loads(problem, {})
    by_id = {officer.id: officer for officer in problem.officers}

    def share(officer: UUID) -> Fraction:
        return Fraction(load[officer], by_id[officer].limit)

    while len(answer) < problem.max_moves:
        able = [officer.id for officer in problem.available]
        fullest = max(able, key=share)
        waiting = [number for number, bundle in enumerate(problem.bundles) if number not in answer and bundle.must_move]
        giving = waiting or [number for number, bundle in enumerate(problem.bundles) if number not in answer and bundle.officer == fullest]
        if not giving:
            break
        number = max(giving, key=lambda each: problem.bundles[each].points)
        bundle = problem.bundles[number]
        takers = [each for each in able if each != bundle.officer and rules.bar_of(bundle, by_id[each]) is None]
        taker = min(takers, key=share, default=None)
        if taker is None or (not waiting and Fraction(load[taker] + bundle.points, by_id[taker].limit) >= share(fullest)):
            break
        load[bundle.officer] -= bundle.points
        load[taker] += bundle.points
        answer[number] = taker
    return _places(problem, answer)


def round_robin(problem: Problem) -> Places:
    """Those who must move are dealt in turn to the others, past whom a rule forbids."""
    answer: dict[int, UUID] = {}
    turn = 0
    for number, bundle in enumerate(problem.bundles):
        if not bundle.must_move or len(answer) >= problem.max_moves:
            continue
        for step in range(len(problem.available)):
            taker = problem.available[(turn + step) % len(problem.available)]
            if rules.bar_of(bundle, taker) is None:
                answer[number] = taker.id
                turn += step + 1
                break
    return _places(problem, answer)


def weights_and_limits(problem: Problem) -> Places:
    """CP-SAT on children's weights and officers' limits alone: no families, no exclusions, no meetings, no protection.

    A move is a child's; where more children must move than there are moves, as many as must.
    """
    cp, team = cp_model.CpModel(), problem.available
    load: dict[UUID, list[cp_model.LinearExprT]] = {officer.id: [officer.held] for officer in problem.officers}
    goes: dict[tuple[UUID, UUID], cp_model.IntVar] = {}
    must = 0
    for bundle in problem.bundles:
        must += len(bundle.members) * bundle.must_move
        for child in bundle.members:
            mine = _variables(cp, bundle, team)
            goes.update({(child.id, officer): variable for officer, variable in mine.items()})
            leaves = cp_model.LinearExpr.sum(list(mine.values()))
            cp.add(leaves == 1) if bundle.must_move else cp.add(leaves <= 1)
            load[bundle.officer].append(child.points * (1 - leaves))
            for taker, variable in mine.items():
                load[taker].append(child.points * variable)
    cp.add(cp_model.LinearExpr.sum(list(goes.values())) <= max(problem.max_moves, must))
    worst = cp.new_int_var(0, 100 * allocation.WHOLE, "")
    for officer in team:
        cp.add(cp_model.LinearExpr.sum(load[officer.id]) * allocation.WHOLE <= worst * officer.limit)
    cp.minimize(worst)
    for variable in goes.values():
        cp.add_hint(variable, 0)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = _SECONDS
    solver.parameters.num_workers = 2
    solver.parameters.random_seed = 1
    places = dict(_places(problem, {}))
    if solver.solve(cp) in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        places.update({child: officer for (child, officer), variable in goes.items() if solver.boolean_value(variable)})
    return places


def _variables(cp: cp_model.CpModel, bundle: Bundle, team: tuple[Officer, ...]) -> dict[UUID, cp_model.IntVar]:
    return {officer.id: cp.new_bool_var("") for officer in team if officer.id != bundle.officer}

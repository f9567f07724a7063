"""Allocation against greedy (emptiest officer first) on the same invented units: worst utilisation, families parted, seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

from services.allocation import bounds, model, rules
from services.allocation.door import decide_family
from services.allocation.explain import explain, in_percent
from services.allocation.problem import Group, Problem
from services.allocation.search import Progress, Search
from tests.allocation.instances import invent

_UNITS = ((500, 6, None), (500, 6, 1.002), (5_000, 60, None), (5_000, 60, 1.002))
_SECONDS = 30.0


def run(quick: bool) -> list[str]:
    """The figures, a line each. Quick: the small unit alone."""
    lines = [line for children, officers, tight in (_UNITS[:2] if quick else _UNITS) for line in _compare(children, officers, tight)]
    return [*lines, _at_the_door(500, 6) if quick else _at_the_door(5_000, 60)]


def _compare(children: int, officers: int, tight: float | None) -> Iterator[str]:
    problem = invent(children, officers, tight=tight)
    unit = f"{children:,} children, {officers} officers{', limits just above the total' if tight else ''}"
    began = time.perf_counter()
    simple = emptiest_first(problem)
    simple_seconds = time.perf_counter() - began
    reached: list[tuple[float, Progress]] = []
    began = time.perf_counter()
    decided = model.solve(
        problem, Search(seconds=_SECONDS, workers=2), lambda progress: reached.append((time.perf_counter() - began, progress))
    )
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    explain(problem, decided.answer, decided.bound(problem, "worst_utilisation"))
    telling = time.perf_counter() - began
    bound = max(bounds.least_worst_utilisation(problem), decided.bound(problem, "worst_utilisation"))
    settled = next((at for at, progress in reached if progress.worst_utilisation <= bound), None)
    yield f"{unit}: {_figures(problem, simple)} greedy in {simple_seconds:.2f} s"
    proof = f"proven after {settled:.2f} s" if settled is not None else "not proven"
    yield (
        f"{unit}: {_figures(problem, dict(decided.answer))} convene in {seconds:.2f} s; bound {in_percent(bound)}, {proof}; "
        f"all reasons in {telling:.2f} s"
    )


def _figures(problem: Problem, answer: dict[UUID, UUID]) -> str:
    value = {term.__name__: term(problem, answer) for term in rules.SOFT}
    return (
        f"fullest {in_percent(value['worst_utilisation'])}, over limits {problem.in_points(value['over_limit'])} points, "
        f"families parted {value['siblings_apart']}, last IRO missed {value['last_iro_missed']}, "
        f"speciality missed {value['speciality_missed']}, rules broken {len(rules.judge(problem, answer))} |"
    )


def emptiest_first(problem: Problem) -> dict[UUID, UUID]:
    """The baseline: families in the order of their references, each whole to the emptiest officer whom the rules allow."""
    load = {officer.id: officer.held for officer in problem.officers}
    answer: dict[UUID, UUID] = {}
    for group in problem.groups:
        together = rules.eligible_officers(problem, group.children)
        for part in [group.children] if together else [(child,) for child in group.children]:
            family = {child.id for child in part}
            relatives = {answer.get(one) for pair in problem.parents if family & set(pair) for one in pair if one not in family}
            able = [officer for officer in rules.eligible_officers(problem, part) if officer.id not in relatives]
            if able:
                chosen = min(able, key=lambda officer: (load[officer.id] / officer.limit, officer.code))
                load[chosen.id] += sum(child.points for child in part)
                answer.update((child.id, chosen.id) for child in part)
    return answer


def _at_the_door(children: int, officers: int) -> str:
    """One family when everybody else has an IRO: the decision and its reasons, without the database."""
    problem = invent(children, officers)
    load = rules.loads(problem, emptiest_first(problem))
    team = tuple(
        type(one)(id=one.id, code=one.code, limit=one.limit, held=load[one.id], specialities=one.specialities) for one in problem.officers
    )
    taken = []
    for group in problem.groups[:60]:
        family = Group(children=tuple(child for child in group.children))
        alone = Problem(day=problem.day, officers=team, groups=(family,), scale=problem.scale, may_exceed=False)
        began = time.perf_counter()
        answer = decide_family(alone)
        if answer is not None:
            explain(alone, answer, bounds.least_worst_utilisation(alone))
        taken.append(time.perf_counter() - began)
    taken.sort()
    return (
        f"one family at the door of {officers} officers: median {taken[len(taken) // 2] * 1000:.1f} ms, slowest {taken[-1] * 1000:.1f} ms"
    )

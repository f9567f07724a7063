"""Allocation beside what it is compared with, on the same invented units; the bound by counting; and one family at the door.

Moves are changes of IRO: in a first allocation nobody has one to be moved from, which is shown as a dash. Spread is the share of
the fullest officer less that of the emptiest. "Above" is how far the fullest stands above what counting proves of every answer
that breaks no rule; who breaks rules may stand below it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from services.allocation import model, rules
from services.allocation.bounds import least_worst_utilisation
from services.allocation.deciding import decisions_of
from services.allocation.door import settle
from services.allocation.explain import explain, in_percent
from services.allocation.problem import Problem
from services.allocation.search import Decided, Progress, Search
from tests.allocation.instances import invent
from tests.load.plainly import emptiest_first, in_turn, weights_and_limits

_SECONDS = 30.0
_WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An instance: `tight` and `district` as in `invent`."""

    about: str
    tight: float
    district: float = 0.0
    barred: float = 0.02


_UNITS = (
    Unit(about="room for a tenth more", tight=1.1),
    Unit(about="limits just above the total", tight=1.002),
    Unit(about="limits just above the total, half of the children barred from somebody", tight=1.004, barred=0.5),
    Unit(about="a district of 7 families in 10 that a third of the officers may not have", tight=1.25, district=0.7, barred=0.1),
)
_SIZES = ((500, 6), (5_000, 60))


def run(quick: bool) -> Iterator[str]:
    """The figures, a line each as they come. Quick: the small units alone."""
    for children, officers in _SIZES[:1] if quick else _SIZES:
        for unit in _UNITS:
            problem = invent(children, officers, tight=unit.tight, district=unit.district, barred=unit.barred)
            yield f"{children:,} children, {officers} officers; {unit.about}"
            yield from _compare(problem)
        yield _at_the_door(children, officers)


def _compare(problem: Problem) -> Iterator[str]:
    yield (
        f"  {'':20} {'fullest':>9} {'above':>9} {'spread':>8} {'families split':>15} {'rules broken':>13} {'wishes missed':>14} "
        f"{'moves':>6} {'seconds':>8} {'of CPU':>8}"
    )
    least = least_worst_utilisation(problem)
    methods: tuple[tuple[str, Callable[[Problem], dict[UUID, UUID] | None]], ...] = (
        ("each in turn", in_turn),
        ("emptiest first", emptiest_first),
        ("weights and limits", lambda each: weights_and_limits(each, _SECONDS, _WORKERS)),
    )
    for name, method in methods:
        began, busy = time.perf_counter(), time.process_time()
        answer = method(problem)
        yield _line(name, problem, answer, least, time.perf_counter() - began, time.process_time() - busy)
    reached: list[tuple[float, Progress]] = []
    began, busy = time.perf_counter(), time.process_time()
    search = Search(seconds=_SECONDS, workers=_WORKERS)
    decided = model.solve(problem, search, lambda progress: reached.append((time.perf_counter() - began, progress)))
    yield _line("convene", problem, dict(decided.answer), least, time.perf_counter() - began, time.process_time() - busy)
    yield from _proof(problem, decided, reached)


def _line(name: str, problem: Problem, answer: dict[UUID, UUID] | None, least: int, seconds: float, busy: float) -> str:
    if answer is None:
        return f"  {name:20} {f'nothing found in {seconds:.0f} s':<80} {seconds:8.2f} {busy:8.2f}"
    load = rules.loads(problem, answer)
    shares = [rules.utilisation(officer, load[officer.id]) for officer in problem.available]
    wishes = sum(term(problem, answer) for term in rules.SOFT if term.__name__ in rules.MISSES)
    split = sum(rules.apart(group, {answer[child.id] for child in group.children if child.id in answer}) > 0 for group in problem.groups)
    above, spread = f"{(max(shares) - least) * 100 / least:.2f} %", in_percent(max(shares) - min(shares))
    return (
        f"  {name:20} {in_percent(max(shares)):>9} {above:>9} {spread:>8} {split:15,} {len(rules.judge(problem, answer)):13,} {wishes:14,} "
        f"{'—':>6} {seconds:8.2f} {busy:8.2f}"
    )


def _proof(problem: Problem, decided: Decided, reached: list[tuple[float, Progress]]) -> Iterator[str]:
    worst, bound = decided.value(problem, "worst_utilisation"), decided.bound(problem, "worst_utilisation")
    average = sum(child.points for child in problem.children) * rules.WHOLE // sum(officer.limit for officer in problem.available)
    at = next((at for at, progress in reached if progress.worst_utilisation <= bound), None)
    gap = (
        f"met after {at:.2f} s: proven the least"
        if at is not None and worst <= bound
        else f"{(worst - bound) * 100 / bound:.2f} % above it"
    )
    open_terms = [f"{name} {value} (not below {least})" for name, value, least in _open(problem, decided)]
    yield f"  bound of the fullest with all that outweighs it kept {in_percent(bound)} (plain average {in_percent(average)}), {gap}"
    yield f"  every term proven the least{', but ' + ', '.join(open_terms) if open_terms else ''}"
    began = time.perf_counter()
    explain(problem, decided.answer, bound)
    yield f"  all reasons, and every officer not chosen: {time.perf_counter() - began:.2f} s"


def _open(problem: Problem, decided: Decided) -> list[tuple[str, int, int]]:
    terms = zip(problem.order, decided.values, decided.least, strict=True)
    return [(name, value, least) for name, value, least in terms if value > least]


def _at_the_door(children: int, officers: int) -> str:
    """One family when everybody else has an IRO: the decision, and each other officer decided anew, without the database."""
    problem = invent(children, officers, tight=1.1)
    load = rules.loads(problem, emptiest_first(problem))
    team = tuple(replace(officer, held=load[officer.id]) for officer in problem.officers)
    taken = {1: [0.0], 2: [0.0]}
    for group in problem.groups[:300]:
        alone = Problem(day=problem.day, officers=team, groups=(group,), scale=problem.scale, may_exceed=False)
        began = time.perf_counter()
        best = settle(alone)
        if best is not None:
            decisions_of(alone, best)
        taken[min(2, len(group.children))].append(time.perf_counter() - began)
    one, more = (sorted(each[1:]) for each in taken.values())
    return (
        f"at the door of {officers} officers, reasons and all: one child median {one[len(one) // 2] * 1000:.1f} ms, slowest "
        f"{one[-1] * 1000:.1f} ms; brothers and sisters median {more[len(more) // 2] * 1000:.1f} ms, slowest {more[-1] * 1000:.1f} ms"
    )

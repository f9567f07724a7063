"""What each officer would mean for some children of a family: the whole family decided anew with her forced for them.

At the door everybody else keeps whom they have, so that is the whole truth: the objective with her forced is the least that
there is with her. A rule that forbids her is named with its source, and under what she would do: the rules were asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.allocation import rules
from services.allocation.door import Family, Settled
from services.allocation.explain import Rejected, bars_on, differ, gain
from services.allocation.explain.blocking import would_fit
from services.allocation.problem import Bar, Child, Officer, Problem
from services.kernel.words import BlockerCode

_NOT_LAW = frozenset({BlockerCode.OVER_LIMIT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An officer for these children. `bars`: rules that nobody may pass, with the child whom each is about.

    `settled`: the best for the family with her forced, None where a bar stands or nothing is left for the others. `load`: her
    units with these children; `over`: those over her limit, for which another manager would have to approve.
    """

    officer: Officer
    bars: tuple[tuple[Child, Bar], ...]
    settled: Settled | None
    load: int
    over: int
    would_fit_if: str | None

    @property
    def within_rules(self) -> bool:
        return not self.bars and self.settled is not None and not self.over


def compare(problem: Problem, children: Sequence[Child]) -> tuple[Option, ...]:
    """Every officer of the problem for these children of its one group, in the problem's order."""
    family = Family(problem)
    return tuple(_option(family, children, officer) for officer in problem.officers)


def _option(family: Family, children: Sequence[Child], officer: Officer) -> Option:
    problem = family.problem
    load = officer.held + sum(child.points for child in children)
    passes = officer.limit > 0 and not problem.may_exceed and rules.excess(officer, load) > 0
    over = load - officer.limit if passes else 0
    bars = tuple((child, bar) for child in children for bar in bars_on(problem, {}, child, officer) if bar.code not in _NOT_LAW)
    forced = {child.id: officer.id for child in children}
    settled = None if bars else family.settle(forced, (officer.id,)) or family.settle(forced, family.number)
    fits = would_fit(problem, {}, children, officer) if bars or over else None
    return Option(officer=officer, bars=bars, settled=settled, load=load, over=over, would_fit_if=fits)


def rejected(problem: Problem, option: Option, children: Sequence[Child], best: Settled | None) -> Rejected:
    """Why she was not chosen: the rule that forbids her, or what the whole would lose by her against the best (None: nobody is
    within the rules)."""
    officer = option.officer
    if option.bars:
        child, bar = option.bars[0]
        about = f"{child.reference}: " if len(children) > 1 and officer.limit > 0 else ""
        return _told(option, bar.code, f"{about}{bar.reason}", option.would_fit_if, bar.source or None)
    if option.settled is None:
        message = f"with {officer.code} for these children, their brothers and sisters could have nobody"
        return _told(option, BlockerCode.PARENT_AND_CHILD, message, None, rules.SOURCES[BlockerCode.PARENT_AND_CHILD])
    if option.over:
        over, limit = problem.in_points(option.over), problem.in_points(officer.limit)
        message = f"{officer.code} would stand at {problem.in_points(option.load)} of {limit} points, {over} over her limit"
        return _told(option, BlockerCode.OVER_LIMIT, message, option.would_fit_if, rules.SOURCES[BlockerCode.OVER_LIMIT])
    assert best is not None  # she is within the rules herself
    if option.settled.value < best.value:
        message = f"{gain(problem, option.settled.value, best.value)}, but the child would change its officer"
        return _told(option, BlockerCode.COSTLIER, message, None, None)
    found = differ(problem, officer, option.load, option.settled.value, best.value)
    known = "" if option.settled.proven and best.proven else " (the best found, not proven)"
    return _told(option, found.code, f"{found.message}{known}", found.would_fit_if, None)


def _told(option: Option, code: BlockerCode, message: str, fits: str | None, source: str | None) -> Rejected:
    officer = option.officer
    return Rejected(officer=officer.id, officer_code=officer.code, code=code, message=message, would_fit_if=fits, source=source)

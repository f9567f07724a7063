"""One family at the door: every possible answer is looked at, so the best by the objective is the best there is.

All other children keep their IROs. Answers with more officers than the best so far needs are not looked at: they are
worse by `siblings_apart` alone. From three officers on, only those with most room are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from uuid import UUID

from services.allocation import rules
from services.allocation.problem import Child, Problem

_MANY = 3
_MOST_ROOM = 12


def decide_family(problem: Problem) -> dict[UUID, UUID] | None:
    """The best answer that keeps the hard rules for the one group of the problem; None where there is none."""
    (group,) = problem.groups
    best: tuple[tuple[int, ...], dict[UUID, UUID]] | None = None
    for parts in range(1, len(group.children) + 1):
        if best is not None and parts - 1 > rules.siblings_apart(problem, best[1]):
            break
        for answer in _answers(problem, group.children, parts):
            if rules.judge(problem, answer):
                continue
            value = rules.objective(problem, answer)
            if best is None or value < best[0]:
                best = (value, answer)
    return None if best is None else best[1]


def _answers(problem: Problem, children: tuple[Child, ...], parts: int) -> Iterator[dict[UUID, UUID]]:
    officers = list(problem.available)
    if parts >= _MANY:
        officers = sorted(officers, key=lambda officer: (officer.held - officer.limit, officer.code))[:_MOST_ROOM]
    for division in _divisions(len(children), parts):
        for chosen in permutations(officers, parts):
            yield {child.id: chosen[part].id for child, part in zip(children, division, strict=True)}


def _divisions(number: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to divide so many children into so many parts, none empty, the order of parts being of no matter."""

    def extend(begun: tuple[int, ...], used: int) -> Iterator[tuple[int, ...]]:
        if len(begun) == number:
            if used == parts:
                yield begun
            return
        for part in range(min(used + 1, parts)):
            yield from extend((*begun, part), max(used, part + 1))

    yield from extend((), 0)

"""What a search for moves is given and what it answers; the solver itself is imported only where it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.allocation.moving.explain import Explained
from services.allocation.moving.problem import Problem
from services.allocation.search import Progress, Search

__all__ = ["Progress", "Proposed", "Search", "propose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """Moves (the new officer of each bundle that moves), with the value of each term in the order of `problem.terms`.

    `least`: no answer whose earlier terms are at most those found has less of a term. `worst` is the fullest officer's
    utilisation afterwards in hundredths of a percent, rounded up, whatever the target; `worst_bound` is proven not to be
    undercut within that many moves by any answer that leaves nobody more behind, goes no further over the limits and moves
    no more of the protected.
    """

    answer: Mapping[int, UUID]
    values: tuple[int, ...]
    least: tuple[int, ...]
    worst: int
    worst_bound: int
    explained: Explained | None = None

    def value(self, problem: Problem, term: str) -> int:
        return self.values[problem.terms.index(term)]

    def bound(self, problem: Problem, term: str) -> int:
        return self.least[problem.terms.index(term)]


def propose(task: tuple[Problem, Search], report: Callable[[Progress], None]) -> Proposed:
    """The best moves found, judged by the rules and explained: for a process of its own, which alone loads the solver."""
    from services.allocation.moving.model import solving

    return solving.propose(task, report)

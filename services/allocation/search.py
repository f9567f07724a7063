"""What a search is given and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.allocation.explain import Explained
from services.allocation.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How much may be searched, by how many threads and from which seed.

    `effort` is counted work, 1 being what is usual: the same problem, seed, workers and effort give the same answer.
    `seconds` is the longest wall time, a guard that cuts the effort short where a machine is too slow for it.
    """

    seconds: float = 60.0
    workers: int = 2
    seed: int = 1
    effort: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the search is (0 to 1), what it has and what it knows it cannot go below, in hundredths of a percent."""

    share: float
    worst_utilisation: int
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An answer with the value of each soft term, in the problem's order, and the proven least of each.

    A least is proven for the term while those before it keep their values.
    """

    answer: Mapping[UUID, UUID]
    values: tuple[int, ...]
    least: tuple[int, ...]
    explained: Explained | None = None

    def value(self, problem: Problem, term: str) -> int:
        return self.values[problem.order.index(term)]

    def bound(self, problem: Problem, term: str) -> int:
        return self.least[problem.order.index(term)]

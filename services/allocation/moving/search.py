"""What a search for moves answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.allocation.moving.explain import Explained
from services.allocation.moving.problem import Problem


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

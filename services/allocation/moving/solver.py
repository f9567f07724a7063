"""The way to the solver of moves, which is loaded only in the process where it runs."""

from __future__ import annotations

from collections.abc import Callable

from services.allocation.moving.problem import Problem
from services.allocation.moving.search import Proposed
from services.allocation.search import Progress, Search


def propose(task: tuple[Problem, Search], report: Callable[[Progress], None]) -> Proposed:
    """The best moves found, judged by the rules and explained: for a process of its own, which alone loads the solver."""
    from services.allocation.moving.model import solving

    return solving.propose(task, report)

"""The way to the solver, which is loaded only in the process where it runs."""

from __future__ import annotations

from collections.abc import Callable

from services.allocation.problem import Problem
from services.allocation.search import Decided, Progress, Search


def decide(task: tuple[Problem, Search], report: Callable[[Progress], None]) -> Decided:
    """The best answer found, judged by the rules and explained: for a process of its own, which alone loads the solver."""
    from services.allocation import model

    return model.decide(task, report)

"""A search in the process of the test: `solve_apart` has tests of its own, and to start an interpreter for each costs a second."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


async def solve_here(solve: Callable[..., Any], problem: object, **_: object) -> Any:
    """What `solve_apart` answers, of a search that tells nobody of its progress."""
    return solve(problem, lambda _: None)

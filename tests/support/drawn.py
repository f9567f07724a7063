"""What a property has drawn, said in a line."""

from __future__ import annotations

from services.planning.problem import Problem


class Unit:
    """A problem that shows what was drawn, not all of itself, where a test fails."""

    def __init__(self, problem: Problem, drawn: str) -> None:
        self.problem = problem
        self.drawn = drawn

    def __repr__(self) -> str:
        return self.drawn

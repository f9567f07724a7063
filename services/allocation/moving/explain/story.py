"""An answer beside what was before it: what every sentence about a proposal is counted from."""

from __future__ import annotations

from services.allocation import rules as allocation
from services.allocation.explain import in_percent
from services.allocation.moving.board import Board, Ground
from services.allocation.moving.problem import Answer, Problem


class Story:
    """`before` and `board`: the unit without and with the moves. `bound`: what the fullest is proven not to go below."""

    def __init__(self, problem: Problem, answer: Answer, worst_bound: int) -> None:
        self.problem = problem
        self.answer = answer
        self.bound = worst_bound
        self.ground = Ground(problem)
        number = {each.id: index for index, each in enumerate(self.ground.officers)}
        at = list(self.ground.home)
        for index, original in enumerate(self.ground.original):
            if original in answer:
                at[index] = number[answer[original]]
        self.board = Board(self.ground, at)
        self.before = Board(self.ground)

    def points(self, units: int) -> str:
        return f"{self.problem.in_points(units).normalize():f}"

    def stands(self, officer: int, board: Board) -> str:
        """An officer's points of her limit, and the share."""
        one, load = self.ground.officers[officer], board.load[officer]
        return f"{self.points(load)} of {self.points(one.limit)} points ({in_percent(allocation.utilisation(one, load))})"

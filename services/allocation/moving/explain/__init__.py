"""Why these moves and no others, in words that a manager can check against her own figures.

What a move is for was counted: the objective anew without it. Words about a child are in its own move; the message has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.allocation.moving.explain.behind import LeftBehind, tell_left
from services.allocation.moving.explain.moves import Move, tell_move
from services.allocation.moving.explain.story import Story
from services.allocation.moving.explain.whole import tell_whole
from services.allocation.moving.problem import Answer, Problem

__all__ = ["Explained", "LeftBehind", "Move", "explain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`message`: the whole proposal in a few sentences, without a child's reference."""

    moves: tuple[Move, ...]
    left_behind: tuple[LeftBehind, ...]
    message: str


def explain(problem: Problem, answer: Answer, worst_bound: int) -> Explained:
    """Every move with its reasons, and all who had to move and stay.

    `worst_bound`: what the fullest officer's share is proven not to go below, in hundredths of a percent.
    """
    story = Story(problem, answer, worst_bound)
    ground, board = story.ground, story.board
    moved = sorted(board.moved, key=lambda index: (ground.home[index], board.at[index], index))
    left = [index for index in ground.must if index not in board.moved]
    return Explained(
        moves=tuple(tell_move(story, index, number) for number, index in enumerate(moved, 1)),
        left_behind=tuple(tell_left(story, index) for index in left),
        message=tell_whole(story),
    )

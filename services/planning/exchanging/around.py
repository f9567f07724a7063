"""The diary around a few meetings that are settled anew: all else of the plan is done, and they hold nothing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from services.planning.bits import Calendar
from services.planning.board import Board
from services.planning.exchanging.pieces import Piece
from services.planning.problem import Problem
from services.planning.times import Times, without


class Around:
    """`moved`: the meetings that the rest of the plan moves; `may_move`: how many of the few may be."""

    def __init__(self, problem: Problem, few: Sequence[Piece], rest: Sequence[Piece], calendar: Calendar) -> None:
        self.problem = problem
        placed = [each.placed for each in rest if each.placed is not None]
        self.times = Times(without(problem, [each.booked for each in few if each.booked is not None]))
        for each in placed:
            self.times.change(each)
        chairing = Counter(problem.chairing)
        chairing.subtract(each.booked.chaired for each in few if each.booked is not None and each.booked.chaired is not None)
        chairing.subtract(each.wanted.booked.chaired for each in placed if each.wanted.booked and each.wanted.booked.chaired is not None)
        chairing.update((each.wanted.chair_id, each.day) for each in placed)
        self.board = Board(replace(self.times.problem(), chairing=tuple(chairing.elements())), calendar)
        for each in placed:
            if not each.in_place:
                self.board.count(each)
        self.moved = frozenset(each.booked.meeting_id for each in rest if each.booked is not None and each.moved)
        self.may_move = problem.may_move - len(self.moved)

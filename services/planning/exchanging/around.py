"""The diary of a plan, from which a few meetings are lifted to be settled anew. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from services.planning.bits import Calendar
from services.planning.board import Board
from services.planning.exchanging.pieces import Piece
from services.planning.problem import Problem
from services.planning.times import Times


class Around:
    """`moved`: the meetings that the plan moves, but for those that are lifted; `may_move`: how many more it might."""

    def __init__(self, problem: Problem, pieces: Sequence[Piece], calendar: Calendar) -> None:
        self.problem = problem
        standing = [each.placed for each in pieces if each.placed is not None and each.booked is not None]
        self.times = Times(problem)
        for each in standing:
            self.times.change(each)
        self.board = Board(self.times.problem(standing), calendar)
        for each in standing:
            if each.moved:
                self.board.count(each)
        for each in [each.placed for each in pieces if each.placed is not None and each.booked is None]:
            self.times.change(each)
            self.board.put(each)
        self.moved = {each.booked.meeting_id for each in pieces if each.booked is not None and each.moved}

    @property
    def may_move(self) -> int:
        return self.problem.may_move - len(self.moved)

    def knows(self, piece: Piece) -> bool:
        """Whether all of it lies on days of the diary."""
        booked = piece.booked
        return booked is None or all(
            self.board.knows(each) for each in (booked.meeting, *booked.besides, *(window for _, window in booked.holds))
        )

    @contextmanager
    def without(self, few: Sequence[Piece]) -> Iterator[None]:
        """Meanwhile these hold nothing."""
        moved = self.moved
        self.moved = moved - {each.booked.meeting_id for each in few if each.booked is not None}
        for each in few:
            self._lift(each)
        try:
            yield
        finally:
            for each in few:
                self._lift(each, back=True)
            self.moved = moved

    def _lift(self, piece: Piece, *, back: bool = False) -> None:
        self.times.lift(piece.holds, piece.written, back=back)
        if piece.booked is not None:
            self.board.lift(piece.holds, piece.written, piece.chaired, back=back)
            if piece.placed is not None and piece.placed.moved:
                self.board.count(piece.placed, sign=1 if back else -1)
        elif piece.placed is not None:
            (self.board.put if back else self.board.remove)(piece.placed)

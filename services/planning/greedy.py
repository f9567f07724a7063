"""The plain way, to compare with: obligations by book-by day, each at the first free time of its days."""

from __future__ import annotations

from collections.abc import Callable

from services.planning.answer import Answer, Placed, Progress
from services.planning.bits import starts_in
from services.planning.board import Board
from services.planning.gathering import Waiting
from services.planning.preferences import span_of_days
from services.planning.problem import Problem, Wanted

WAIVED = "no place of the police was free at the first time in time"


def plan_greedily(problem: Problem, report: Callable[[Progress], None]) -> Answer:
    """A plan that never looks back: the first free time, without police where only that is in time; nothing is proven of it."""
    board, waiting = Board(problem), Waiting(problem)
    placed: list[Placed] = []
    missed: list[Wanted] = []
    while (wanted := waiting.next()) is not None:
        found = _first_free(board, wanted)
        if found is None:
            missed.append(wanted)
            continue
        placed.append(found)
        waiting.placed(found)
    answer = Answer(placed=tuple(placed), unplaced=tuple(waiting.chairless), missed=tuple(missed), late_bound=0)
    report(Progress(share=1.0, placed=len(placed), late=answer.late, late_bound=0))
    return answer


def _first_free(board: Board, wanted: Wanted) -> Placed | None:
    span = span_of_days(board, wanted)
    in_time = range(span.first, span.last + 1)
    for day in in_time:
        if starts := board.starts(wanted, day):
            return board.place(wanted, day, next(starts_in(starts)))
    for day in in_time if wanted.needs.police else ():
        if starts := board.starts(wanted, day, police=False):
            return board.place(wanted, day, next(starts_in(starts)), police_waived=WAIVED)
    for day in range(max(span.last + 1, 0), span.until + 1):
        if starts := board.starts(wanted, day):
            return board.place(wanted, day, next(starts_in(starts)))
    return None

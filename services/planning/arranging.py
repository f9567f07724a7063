"""What the exact search is asked: an arrangement of a few meetings together, and how many of a crowd have no place in time."""

from __future__ import annotations

from collections.abc import Sequence

from services.planning.board import Board
from services.planning.model import Arranged, Choice, Search, arranged


def rearrange(board: Board, choices: Sequence[Choice], *, effort: float = 0.3, may_move: int = 0) -> list[Arranged] | None:
    """A place for every choice, all together free on `board` and cheapest found; None: there is no such arrangement,
    or none was found with `effort` (deterministic seconds). Of those that stand at most `may_move` are moved."""
    search = Search(board)
    for each in choices:
        search.add(each, optional=False)
        if not search.meetings[-1].on:
            return None
    search.no_two_places_chairs()
    search.no_two_places_rooms_and_note_takers()
    search.write_up_capacity()
    search.police_capacity()
    search.booked_stay(may_move)
    search.wishes()
    search.cheapest_days()
    solver, found = search.solver(effort)
    if not found:
        return None
    return [arranged(solver, each) for each in search.meetings]


def least_late(board: Board, choices: Sequence[Choice], *, effort: float = 4.0) -> int:
    """A proven lower bound for how many of `choices` have no place on the days given, whatever else is planned.

    `board` holds what stands alone. Chairs are exact, rooms and note-takers a pool, police left out (they may be
    waived), so every real plan is among those counted: the bound is never above the least possible.
    """
    search = Search(board)
    for each in choices:
        search.add(each, optional=True, shared=False)
    search.no_two_places_chairs()
    search.pooled()
    search.fewest_late()
    solver, found = search.solver(effort)
    if not found:
        return 0
    return max(0, len(choices) - int(solver.best_objective_bound + 1e-6))

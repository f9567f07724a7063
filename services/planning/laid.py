"""A diary on the way: the board, what waits, what has its place and what has none, with what all that costs of the gravest goals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.kernel.words import ResourceKind
from services.planning.answer import Placed
from services.planning.board import Board
from services.planning.gathering import Key, Waiting
from services.planning.preferences import Span, base_cost, load_cost
from services.planning.problem import Problem, Wanted
from services.planning.reserve import Reserve
from services.planning.trading import Grave, grave, grave_of_missed, less, together


class Laid:
    """What has been laid so far."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.board = Board(problem)
        self.waiting = Waiting(problem)
        self.reserve = Reserve(problem, self.board)
        self.placed: dict[Key, Placed] = {}
        self.missed: dict[Key, Wanted] = {}
        self.grave: Grave = (0, 0, 0)
        self._on_day: dict[int, dict[Key, Placed]] = {}

    @property
    def late(self) -> int:
        return sum(1 for each in self.placed.values() if each.days_late) + len(self.missed) + len(self.waiting.chairless)

    def cost(self, wanted: Wanted) -> Grave:
        """What the meeting costs of the gravest goals as things are."""
        placed = self.placed.get(wanted.key)
        return grave_of_missed(self.problem, wanted) if placed is None else grave(placed)

    def _miss(self, wanted: Wanted) -> None:
        if wanted.key not in self.missed:
            self.missed[wanted.key] = wanted
            self.grave = together(self.grave, grave_of_missed(self.problem, wanted))
            self.waiting.missed(wanted)

    def _miss_no_more(self, wanted: Wanted) -> None:
        if self.missed.pop(wanted.key, None) is not None:
            self.grave = less(self.grave, grave_of_missed(self.problem, wanted))

    def _costs(self, wanted: Wanted, span: Span, days: Iterable[int]) -> dict[int, int]:
        return {day: base_cost(self.board, wanted, span, day) + load_cost(self.board, wanted, day) for day in days}

    def _place(
        self, wanted: Wanted, day: int, start: int, *, waived: str | None = None, chosen: Mapping[ResourceKind, UUID] | None = None
    ) -> Placed:
        placed = self.board.place(wanted, day, start, police_waived=waived if wanted.needs.police else None, chosen=chosen or {})
        self._keep(placed)
        if self.waiting.may_move(wanted):
            self.waiting.placed(placed)
        return placed

    def _put(self, placed: Placed) -> None:
        self.board.put(placed)
        self._keep(placed)

    def _keep(self, placed: Placed) -> None:
        self.grave = together(self.grave, grave(placed))
        self.placed[placed.wanted.key] = placed
        self._on_day.setdefault(self.board.calendar.index[placed.day], {})[placed.wanted.key] = placed

    def _remove(self, placed: Placed) -> None:
        self.grave = less(self.grave, grave(placed))
        self.board.remove(placed)
        del self.placed[placed.wanted.key]
        del self._on_day[self.board.calendar.index[placed.day]][placed.wanted.key]

"""The gravest goals of a crowd of meetings, settled together and exactly: who is late, for how long, and where police stay away.

`laying` asks for it where a meeting would be late or without police: another one in its place may cost less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.planning.answer import Placed
from services.planning.board import Board
from services.planning.goals import days_without_place
from services.planning.model import Arranged, Choice, CpSolver, LinearExprT, Meeting, Search, arranged
from services.planning.preferences import span_of_days
from services.planning.problem import Problem, Wanted

EFFORT = 0.05
Grave = tuple[int, int, int]
"""`late`, `days_late` and, of `police_and_quorum`, conferences without police."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What becomes of a meeting: `place` None, it has none; `waived`: police stay away."""

    place: Arranged | None
    waived: bool


def grave(placed: Placed) -> Grave:
    """What a placement costs of the gravest goals."""
    return int(bool(placed.days_late)), placed.days_late, int(placed.police_waived is not None)


def grave_of_missed(problem: Problem, wanted: Wanted) -> Grave:
    """What a meeting costs that has no place."""
    return 1, days_without_place(problem, wanted), 0


def least_grave(bare: Board, wanted: Wanted) -> Grave:
    """What the meeting costs at the least, whatever else is planned."""
    span = span_of_days(bare, wanted)
    in_time = range(span.first, span.last + 1)
    if any(bare.starts(wanted, day) for day in in_time):
        return 0, 0, 0
    if any(bare.starts(wanted, day, police=False) for day in in_time):
        return 0, 0, 1
    late = next((day for day in range(max(span.last + 1, 0), span.until + 1) if bare.starts(wanted, day)), None)
    return grave_of_missed(bare.problem, wanted) if late is None else (1, wanted.days_late(bare.days[late]), 0)


def together(*some: Grave) -> Grave:
    """The sum."""
    return sum(each[0] for each in some), sum(each[1] for each in some), sum(each[2] for each in some)


def less(one: Grave, other: Grave) -> Grave:
    """The difference."""
    return one[0] - other[0], one[1] - other[1], one[2] - other[2]


def trade(board: Board, choices: Sequence[Choice], below: Grave) -> list[Traded] | None:
    """What becomes of each, all together free on `board`, at the least cost found, then on the cheapest days; None: nothing was found
    that costs less than `below`."""
    return _Trade(board, choices).least(below)


class _Trade(Search):
    """Meetings that may each be in time, without police, late or without a place."""

    def __init__(self, board: Board, choices: Sequence[Choice]) -> None:
        super().__init__(board)
        for each in choices:
            self.add(each, optional=True, shared=False)
        for meeting in self.meetings:
            self.may_lack_police(meeting)
        self.no_two_places_chairs()
        self.no_two_places_rooms_and_note_takers()
        self.write_up_capacity()
        self.police_capacity()
        self.wishes()
        most = sum(max(days for _, days, _ in (self._missed(each), *self._days(each).values())) for each in self.meetings)
        police = 1 + len(choices)  # a day late counts more than all police, a meeting late more than all days
        self._weights = (police * (1 + most), police, 1)

    def least(self, below: Grave) -> list[Traded] | None:
        """As little as possible of the gravest goals, less than `below`; with that, the cheapest days."""
        model, total = self.model, sum(self._cost(each) for each in self.meetings)
        model.add(total < self._weigh(below))
        model.minimize(total)
        gravest, found = self.solver(EFFORT)
        if not found:
            return None
        model.add(total <= round(gravest.objective_value))
        self.cheapest_days()
        cheapest, found = self.solver(EFFORT, after=gravest)
        return [self._traded(cheapest if found else gravest, each) for each in self.meetings]

    def _days(self, each: Meeting) -> dict[int, Grave]:
        """What each of its days costs."""
        late = {day: self.days_late(each, day) for day in each.on}
        return {day: (int(bool(days)), days, 0) for day, days in late.items()}

    def _missed(self, each: Meeting) -> Grave:
        return grave_of_missed(self.board.problem, each.choice.wanted)

    def _cost(self, each: Meeting) -> LinearExprT:
        assert each.present is not None
        on = sum(self._weigh(cost) * each.on[day] for day, cost in self._days(each).items())
        waived = 0 if each.waived is None else each.waived
        return on + self._weigh(self._missed(each)) * (1 - each.present) + waived

    def _weigh(self, cost: Grave) -> int:
        return sum(weight * number for weight, number in zip(self._weights, cost, strict=True))

    def _traded(self, solver: CpSolver, each: Meeting) -> Traded:
        assert each.present is not None
        here = solver.boolean_value(each.present)
        waived = each.waived is not None and solver.boolean_value(each.waived)
        return Traded(place=arranged(solver, each) if here else None, waived=waived)

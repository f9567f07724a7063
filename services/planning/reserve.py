"""Room kept for the initial conferences that each week is expected to bring: a place of the police, a room, a note-taker, a chair
who is free. It yields to whatever is owed."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from services.booking.needs import needs_of
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind
from services.planning.answer import Placed
from services.planning.bits import starts_in
from services.planning.board import NOBODY, Board
from services.planning.problem import Problem, Wanted

_A_WEEK = 5  # working days


def expected_conference(problem: Problem, day: date) -> Wanted:
    """An initial conference that a week is expected to bring and nobody has asked for yet."""
    kind = MeetingKind.INITIAL_CONFERENCE
    return Wanted(
        kind=kind,
        items=(),
        chair_id=NOBODY,
        needs=needs_of(kind, children=1, first=False, settings=problem.settings),
        earliest_on=day,
        preferred_on=day,
        book_by_on=day,
        latest_on=day,
        slack_days=0,
    )


class Reserve:
    """The kept times on a board."""

    def __init__(self, problem: Problem, board: Board) -> None:
        self._board = board
        self._on_day: defaultdict[int, list[Placed]] = defaultdict(list)
        self.wanted = 0
        if not problem.policy.reserve or not problem.expected_a_week or not problem.wants(MeetingKind.INITIAL_CONFERENCE):
            return
        self._conference = expected_conference(problem, date.min)
        self._working = [board.calendar.index[day] for day in board.working]
        last = sum(1 for day in board.working if day <= problem.last_day)
        owed = 0.0
        for first in range(_A_WEEK, last, _A_WEEK):  # the first week has its conferences already: nobody asks for one within it
            owed += problem.expected_a_week
            while self.wanted + 1 <= owed:
                self.wanted += 1
                self._keep_one(self._working[first : min(first + _A_WEEK, last)])

    def give_up(self, day: int) -> list[Placed]:
        """Takes off the board, and answers, what is kept on that day."""
        given = self._on_day.pop(day, [])
        for each in given:
            self._board.remove(each)
        return given

    def keep_again(self, given: list[Placed], *, untouched: bool = False) -> None:
        """Keeps as many times in the same weeks as were given up, as far as there still are any. `untouched`: the very same."""
        for each in given:
            day = self._board.calendar.index[each.day]
            if untouched:
                self._board.put(each)
                self._on_day[day].append(each)
                continue
            number = self._working.index(day)
            monday = number - number % _A_WEEK
            self._keep_one(sorted(self._working[monday : monday + _A_WEEK], key=lambda other: abs(other - day)))

    def kept(self) -> tuple[TimeWindow, ...]:
        """The times that are kept."""
        return tuple(sorted(each.meeting for kept in self._on_day.values() for each in kept))

    def _keep_one(self, days: list[int]) -> None:
        for day in sorted(days, key=lambda each: len(self._on_day.get(each, []))):
            starts = self._board.starts(self._conference, day)
            if starts:
                self._on_day[day].append(self._board.place(self._conference, day, next(starts_in(starts))))
                return

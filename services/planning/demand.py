"""Weeks in which the police, note-takers or rooms run out: what falls due in a week against what each has left free in it. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from services.booking.needs import MeetingNeeds
from services.kernel.window import monday_of
from services.kernel.words import ResourceKind
from services.planning.bits import starts_in
from services.planning.board import NOBODY, Board
from services.planning.problem import Problem, Wanted
from services.planning.reserve import expected_conference

SHARED = (ResourceKind.POLICE, ResourceKind.NOTE_TAKER, ResourceKind.ROOM)
_WORKING_WEEK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekShort:
    """A week (Monday to Sunday) in which a resource runs out. `needed`: meetings that fall due in it, have no booking and need the
    resource, with the `expected` new initial conferences; `available`: how many of them it could attend in that week, whatever
    else they need; `short`: how many it could not; `earlier`: how many of those could be held before instead."""

    first_day: date
    last_day: date
    resource: ResourceKind
    needed: int
    expected: int
    available: int
    short: int
    earlier: int


@dataclass(slots=True, kw_only=True)
class _Week:
    """The days of a week, as numbers of the board, and what falls due in it."""

    monday: date
    days: range
    due: list[Wanted] = field(default_factory=list)
    expected: list[Wanted] = field(default_factory=list)


def weeks_short(problem: Problem, due: Iterable[tuple[Wanted, date]], last_day: date) -> tuple[WeekShort, ...]:
    """The weeks to `last_day` in which a resource runs out, in order. `due`: what has no booking, with its last day in time; what is
    overdue falls into the first week. From the second week on each brings as many initial conferences as the last year did."""
    board = Board(problem)
    weeks = _weeks(board, last_day)
    for wanted, last in due:
        place = bisect_right([week.monday for week in weeks], last) - 1
        if last <= last_day and weeks:
            weeks[max(place, 0)].due.append(wanted)
    _expect(problem, weeks)
    found = [row for kind in SHARED for row in _short_of(board, weeks, kind)]
    return tuple(sorted(found, key=lambda row: (row.first_day, SHARED.index(row.resource))))


def _weeks(board: Board, last_day: date) -> list[_Week]:
    tomorrow = board.problem.today + timedelta(days=1)
    monday = monday_of(tomorrow)
    found = []
    while monday <= last_day:
        after = monday + timedelta(days=7)
        found.append(_Week(monday=monday, days=range(bisect_left(board.days, monday), bisect_left(board.days, after))))
        monday = after
    return found


def _expect(problem: Problem, weeks: Sequence[_Week]) -> None:
    owed, made = 0.0, 0
    for week in weeks[1:]:  # the first has its conferences already: nobody asks for one within it
        days = problem.days[week.days.start : week.days.stop]
        owed += problem.expected_a_week * sum(day not in problem.offered for day in days) / _WORKING_WEEK
        while made + 1 <= owed:
            made += 1
            week.expected.append(expected_conference(problem, week.monday))


def _short_of(board: Board, weeks: Sequence[_Week], kind: ResourceKind) -> Iterator[WeekShort]:
    """Each week's own meetings have its time first; what is left over may then go to weeks before it that have time to spare."""
    left: list[list[Wanted]] = []
    for week in weeks:
        longest_first = sorted((*week.due, *week.expected), key=lambda each: -each.needs.minutes)
        left.append([each for each in longest_first if _needs(each.needs, kind) and not _take(board, each, kind, week.days)])
    for week, over in zip(weeks, left, strict=True):
        if not over:
            continue
        needed = sum(_needs(each.needs, kind) for each in (*week.due, *week.expected))
        earlier = sum(_take(board, each, kind, _before(board, each, week)) for each in over if each.items)
        yield WeekShort(
            first_day=week.monday,
            last_day=week.monday + timedelta(days=6),
            resource=kind,
            needed=needed,
            expected=sum(_needs(each.needs, kind) for each in week.expected),
            available=needed - len(over),
            short=len(over),
            earlier=earlier,
        )


def _before(board: Board, wanted: Wanted, week: _Week) -> range:
    """The days before the week on which the meeting may be, the latest first."""
    first = bisect_left(board.days, wanted.earliest_on)
    return range(week.days.start - 1, first - 1, -1)


def _needs(needs: MeetingNeeds, kind: ResourceKind) -> bool:
    return kind in needs.kinds


def _take(board: Board, wanted: Wanted, kind: ResourceKind, days: range) -> bool:
    """Whether the resource had a time for the meeting on one of these days, which is taken now; whatever else the meeting needs."""
    needs = replace(
        wanted.needs,
        room=kind is ResourceKind.ROOM,
        note_taker=kind is ResourceKind.NOTE_TAKER,
        police=kind is ResourceKind.POLICE,
    )
    alone = replace(wanted, chair_id=NOBODY, needs=needs)
    for day in days:
        starts = board.shared_starts(alone, day) & board.hours(needs, day)
        if starts:
            board.place(alone, day, next(starts_in(starts)))
            return True
    return False

"""What a day costs a meeting: the goals of `goals` as one number, each named as there. Less is better."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from services.booking.wishes import fewest
from services.planning.bits import starts_in
from services.planning.board import Board
from services.planning.problem import Wanted

LATE_DAY = 1000
"""`days_late`: a calendar day out of time."""
SLACK = 10
"""`slack`: a working day less than wanted before the book-by day."""
EARLY = 4
"""`wishes`: a working day more than that: an early review pulls its chain in."""
WISHES = 120
"""`wishes`: one thing of a child's own time that is not respected: more than all the slack that is wanted."""
TOO_EARLY = 40
"""`wishes`: before the preferred share of the interval has run."""
SHORT_NOTICE = 200
"""`wishes`: families and agencies hear of it within a few days."""
CHAIRED = (0, 6, 25)
"""`balanced_days`: the second and third meeting that a chair has on one day."""
CHAIRED_BEYOND = 900
"""`balanced_days`: a meeting beyond the most that a chair should have on a day."""
AFTER_BOOK_BY = 950
"""In time by the law, but after the book-by day: where the sector's count of days ends before the law's."""
BALANCE = 3
"""`balanced_days`: a conference in the unit's rooms on a day, for each that is there already, in shares of the rooms."""
JOURNEY = 2
"""`journeys`: a day on which its chair has a meeting in the unit and goes to one elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A meeting's days as numbers of the board: `[first, last]` in time, then to `until` late; `book_by` for its slack."""

    first: int
    last: int
    until: int
    book_by: int


def span_of_days(board: Board, wanted: Wanted) -> Span:
    """Where a meeting may be: empty in time (`last` < `first`) where its last day is past or no working day is left."""
    days, policy = board.days, board.problem.policy
    last = bisect_right(days, wanted.latest_on) - 1
    first = bisect_left(days, wanted.earliest_on)
    return Span(
        first=min(first, max(last, 0)),
        last=last,
        until=min(max(last, -1) + policy.late_days, len(days) - 1),
        book_by=bisect_right(days, wanted.book_by_on) - 1,
    )


def base_cost(board: Board, wanted: Wanted, span: Span, day: int) -> int:
    """What the day costs by itself: its distance from the one that leaves the slack wanted, notice, earliness, wishes."""
    return _cost_without_wishes(board, wanted, span, day) + WISHES * _least_missed(board, wanted, day)


def _cost_without_wishes(board: Board, wanted: Wanted, span: Span, day: int) -> int:
    short = wanted.slack_days - (span.book_by - day)
    cost = SLACK * short if short > 0 else EARLY * -short
    if day < board.problem.policy.notice_days:
        cost += SHORT_NOTICE
    if day > span.book_by:
        cost += AFTER_BOOK_BY
    if board.days[day] < wanted.preferred_on:
        cost += TOO_EARLY
    return cost


def _least_missed(board: Board, wanted: Wanted, day: int) -> int:
    """What every start of the day within hours misses of the children's own time at least."""
    levels = board.unwished(wanted, day)
    return fewest(levels, board.hours(wanted.needs, day))[0] if levels else 0


def wishes(board: Board, wanted: Wanted, day: int, starts: int) -> tuple[int, int]:
    """What the best of these starts cost beyond what the day costs by itself, and which they are."""
    levels = board.unwished(wanted, day)
    if not levels:
        return 0, starts
    missed, best = fewest(levels, starts)
    return WISHES * (missed - _least_missed(board, wanted, day)), best


def cheapest(board: Board, wanted: Wanted, span: Span, days: Iterable[int], *, police: bool = True) -> tuple[int, int] | None:
    """Day and start of the cheapest free time on these days; None: there is none."""
    best: tuple[int, int, int] | None = None
    for plain, day in sorted((_cost_without_wishes(board, wanted, span, day), day) for day in days):
        if best is not None and plain >= best[0]:
            break
        cost = plain + load_cost(board, wanted, day)
        if best is not None and cost >= best[0]:
            continue
        cost += WISHES * _least_missed(board, wanted, day)
        if best is not None and cost >= best[0]:
            continue
        starts = board.starts(wanted, day, police=police)
        if not starts:
            continue
        unwished, starts = wishes(board, wanted, day, starts)
        if best is None or cost + unwished < best[0]:
            best = cost + unwished, day, start_among(wanted, starts)
    return None if best is None else best[1:]


def missed_beyond(board: Board, wanted: Wanted, day: int) -> tuple[int, ...]:
    """By number, the starts that miss more than that beyond what every start of the day does."""
    return board.unwished(wanted, day)[_least_missed(board, wanted, day) :]


def start_among(wanted: Wanted, starts: int) -> int:
    """Conferences from the morning on, reviews from the end of the day: children are at school, and the two do not meet."""
    return next(starts_in(starts)) if wanted.kind.is_conference else starts.bit_length() - 1


def load_cost(board: Board, wanted: Wanted, day: int) -> int:
    """What the day costs for what is on it already."""
    chaired, most = board.chaired[wanted.chair_id, day], board.problem.settings.chaired_a_day
    beyond = max(0, chaired - most + 1)
    cost = CHAIRED_BEYOND * beyond or CHAIRED[min(chaired, len(CHAIRED) - 1)]
    if wanted.needs.room and board.problem.rooms:
        cost += BALANCE * board.in_rooms[day] // len(board.problem.rooms)
    if not wanted.needs.remote and board.by_place[wanted.chair_id, day, not wanted.needs.room]:
        cost += JOURNEY
    return cost

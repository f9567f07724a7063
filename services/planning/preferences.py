"""What a day costs a meeting: the goals of `goals` as one number, each named as there. Less is better."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from services.booking.wishes import fewest
from services.directory.planning import DAYS, Goal
from services.planning.bits import starts_in
from services.planning.board import Board
from services.planning.days import last_late
from services.planning.problem import Wanted

TOGETHER = 4
"""So many meetings miss a goal by less, together, than what one of them gives up of a goal before it."""
_TIES = 1 << 12
_MOST = {Goal.WISHES: 16, Goal.SLACK: 64, Goal.BALANCED_DAYS: 1, Goal.JOURNEYS: 1}
"""How far one meeting can be from a goal."""
EARLY = 4
"""Of days that are as good otherwise the later: a working day of slack more than wanted pulls the chain in ..."""
CHAIRED = (0, 6, 25)
"""... one on which its chair has no meeting yet, or one ..."""
BALANCE = 3
"""... and on which fewer conferences are in the unit's rooms, in shares of the rooms."""
OFFERED = 1 << 10
"""A Saturday that somebody offers is used where no working day is as good by the goals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What being one further from a goal costs, each under the name of the goal; `changed`: of what stands, at its own time."""

    days_late: int
    book_by: int
    booked_stay: int
    changed: int
    wishes: int
    slack: int
    balanced_days: int
    journeys: int


@lru_cache
def weights_of(order: tuple[Goal, ...]) -> Weights:
    """Weights of which each outweighs all that follow it in that order."""
    weight, found = _TIES, dict[str, int]()
    for goal in reversed([each for each in order if each in DAYS]):
        found[goal.value.lower()] = weight
        weight *= TOGETHER * _MOST[goal]
    return Weights(changed=weight, booked_stay=16 * weight, book_by=64 * weight, days_late=256 * weight, **found)


def weights(board: Board) -> Weights:
    """By the order of the unit."""
    return weights_of(board.problem.policy.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A meeting's days as numbers of the board: `[first, last]` in time, then to `until` late; `book_by` for its slack."""

    first: int
    last: int
    until: int
    book_by: int
    due_in: int
    """Working days up to and including the book-by day."""


def span_of_days(board: Board, wanted: Wanted) -> Span:
    """Where a meeting may be: empty in time (`last` < `first`) where its last day is past or no working day is left."""
    days, late = board.days, last_late(board.problem, wanted.latest_on, board.working)
    last = bisect_right(days, wanted.latest_on) - 1
    first = bisect_left(days, wanted.earliest_on)
    return Span(
        first=min(first, max(last, 0)),
        last=last,
        until=last if late is None else max(last, bisect_right(days, late) - 1),
        book_by=bisect_right(days, wanted.book_by_on) - 1,
        due_in=bisect_right(board.working, wanted.book_by_on),
    )


def base_cost(board: Board, wanted: Wanted, span: Span, day: int) -> int:
    """What the day costs by itself: its distance from the one that leaves the slack wanted, notice, earliness, wishes."""
    return _cost_without_wishes(board, wanted, span, day) + weights(board).wishes * _least_missed(board, wanted, day)


def _cost_without_wishes(board: Board, wanted: Wanted, span: Span, day: int) -> int:
    """The same but for the children's own time."""
    weigh, short = weights(board), wanted.slack_days - (span.due_in - board.worked[day])
    cost = weigh.slack * short if short > 0 else EARLY * -short
    cost += OFFERED * (board.days[day] in board.problem.offered)
    hasty = (day < board.hasty) + (board.days[day] < wanted.preferred_on)
    return cost + weigh.book_by * (day > span.book_by) + weigh.wishes * hasty


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
    return weights(board).wishes * (missed - _least_missed(board, wanted, day)), best


def cheapest(board: Board, wanted: Wanted, span: Span, days: Iterable[int], *, police: bool = True) -> tuple[int, int] | None:
    """Day and start of the cheapest free time on these days; None: there is none."""
    best: tuple[int, int, int] | None = None
    for plain, day in sorted((_cost_without_wishes(board, wanted, span, day), day) for day in days):
        if best is not None and plain >= best[0]:
            break
        cost = plain + load_cost(board, wanted, day)
        if best is not None and cost >= best[0]:
            continue
        cost += weights(board).wishes * _least_missed(board, wanted, day)
        if best is not None and cost >= best[0]:
            continue
        starts = board.starts(wanted, day, police=police)
        if not starts:
            continue
        unwished, starts = wishes(board, wanted, day, starts)
        if best is None or cost + unwished < best[0]:
            best = cost + unwished, day, start_among(wanted, starts)
    return None if best is None else best[1:]


def cost_at(board: Board, wanted: Wanted, day: int, start: int) -> int:
    """What that start on that day costs."""
    return (
        base_cost(board, wanted, span_of_days(board, wanted), day)
        + load_cost(board, wanted, day)
        + wishes(board, wanted, day, 1 << start)[0]
    )


def missed_beyond(board: Board, wanted: Wanted, day: int) -> tuple[int, ...]:
    """By number, the starts that miss more than that beyond what every start of the day does."""
    return board.unwished(wanted, day)[_least_missed(board, wanted, day) :]


def start_among(wanted: Wanted, starts: int) -> int:
    """Conferences from the morning on, reviews from the end of the day: children are at school, and the two do not meet."""
    return next(starts_in(starts)) if wanted.kind.is_conference else starts.bit_length() - 1


def load_cost(board: Board, wanted: Wanted, day: int) -> int:
    """What the day costs for what is on it already."""
    weigh, chaired, most = weights(board), board.chaired[wanted.chair_id, day], board.problem.settings.chaired_a_day
    cost = CHAIRED[min(chaired, len(CHAIRED) - 1)]
    if chaired >= most:
        cost += weigh.balanced_days + CHAIRED[-1] * (chaired - most)
    if wanted.needs.room and board.problem.rooms:
        cost += BALANCE * board.in_rooms[day] // len(board.problem.rooms)
    if not wanted.needs.remote and makes_journey(board, wanted, day):
        cost += weigh.journeys
    return cost


def makes_journey(board: Board, wanted: Wanted, day: int) -> bool:
    """Whether its chair would have meetings in the unit and elsewhere on that day, and has not without it."""
    here = board.by_place[wanted.chair_id, day, wanted.needs.room]
    return not here and bool(board.by_place[wanted.chair_id, day, not wanted.needs.room])

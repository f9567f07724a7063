"""How many meetings must be late whatever is planned: proven on a relaxation, never guessed.

Only what is owed already is counted: what a chain makes due depends on the plan. A meeting whose own days hold no time
at all on the empty diary is late for certain. Beyond that, meetings that crowd around those that are late in the plan
are put to the exact search with everything else taken away; fewer wishes can only make fewer late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from services.planning.answer import Placed
from services.planning.arranging import least_late
from services.planning.board import Board
from services.planning.gathering import Key
from services.planning.model import Choice
from services.planning.preferences import span_of_days
from services.planning.problem import Problem, Wanted

CROWD = 60
_BEFORE_ANY_CHAIN = timedelta(days=80)  # nothing planned after today makes anything due before that


def prove_late(bare: Board, roots: Collection[Wanted], placed: Iterable[Placed], missed: Collection[Wanted]) -> int:
    """The proven least number of late meetings among those that have a chair; 0 where the plan has none late.

    `bare`: the diary without what is planned, and without what may give way.
    """
    late = {each.wanted.key for each in placed if each.days_late} | {each.key for each in missed}
    if not late:
        return 0
    possible = [each for each in roots if has_time(bare, each, police=False)]
    certain = len(roots) - len(possible)
    firm = [each for each in possible if _stands_alone(bare.problem, each)]
    return certain + max(_by_chair(bare, firm, late), _in_common(bare, firm, late))


def has_time(bare: Board, wanted: Wanted, *, police: bool) -> bool:
    """Whether a board holds any time at all for the meeting within its days in time."""
    span = span_of_days(bare, wanted)
    return any(bare.starts(wanted, day, police=police) for day in range(span.first, span.last + 1))


def _in_time(bare: Board, wanted: Wanted) -> Choice:
    span = span_of_days(bare, wanted)
    return Choice(wanted=wanted, days=dict.fromkeys(range(span.first, span.last + 1), 0), police=False)


def _stands_alone(problem: Problem, wanted: Wanted) -> bool:
    """Whether no chained obligation of a sibling can join this meeting and make two of them one."""
    single = all(problem.subjects[each.child_id].sibling_group is None for each in wanted.items)
    return single or wanted.book_by_on < problem.today + _BEFORE_ANY_CHAIN


def _by_chair(bare: Board, firm: list[Wanted], late: set[Key]) -> int:
    """The sum over chairs: different chairs chair different meetings, so what must be late of each adds up."""
    total = 0
    for chair_id in {each.chair_id for each in firm if each.key in late}:
        own = [each for each in firm if each.chair_id == chair_id]
        total += _least(bare, own, late)
    return total


def _in_common(bare: Board, firm: list[Wanted], late: set[Key]) -> int:
    """Of all conferences together, which share rooms and note-takers."""
    return _least(bare, [each for each in firm if each.needs.room or each.needs.note_taker], late)


def _least(bare: Board, meetings: list[Wanted], late: set[Key]) -> int:
    theirs = [each for each in meetings if each.key in late]
    if not theirs:
        return 0
    first, last = min(each.earliest_on for each in theirs), max(each.latest_on for each in theirs)
    crowd = [each for each in meetings if each.latest_on <= last + timedelta(days=7) and each.latest_on >= first]
    crowd.sort(key=lambda each: (each.key not in late, (each.latest_on - each.earliest_on), each.latest_on, each.key[0]))
    return least_late(bare, [_in_time(bare, each) for each in crowd[:CROWD]])

"""What makes one plan better than another, stated once. The search weighs days and moves by the same goals, under the same names, in
`preferences`; the first that differs, in the order of the unit, decides."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

from services.booking.wishes import Where, WishMissed, missed
from services.directory.planning import Goal
from services.kernel.words import ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.days import last_late, within, working
from services.planning.problem import Problem, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Less is better. The fields are the goals in the shipped order."""

    late: int
    """meetings out of time, with those that found no place at all"""
    days_late: int
    """calendar days, of all late meetings together; one that has no place counts a day more than the last on which it could have one"""
    police_and_quorum: int
    """conferences without the police whom they expect, and meetings that stand and go on lacking something"""
    book_by: int
    """meetings in time by the law and after the book-by day"""
    chair_continuity: int
    """meetings that stand and are chaired by one who only covers, or by nobody"""
    booked_stay: int
    """meetings that stood and are moved"""
    wishes: int
    """what children's own time is not respected, meetings within the days of notice, and reviews before the preferred share of their
    interval"""
    slack: int
    """working days of slack that are missing before book-by days"""
    balanced_days: int
    """meetings beyond the most that one chair should have on a day"""
    journeys: int
    """days on which a chair goes to a meeting elsewhere and has one in the unit as well"""

    def of(self, goal: Goal) -> int:
        """How far from that goal."""
        found: int = getattr(self, goal.value.lower())
        return found


def score(problem: Problem, answer: Answer) -> Score:
    """How good the plan is, apart from being allowed."""
    new = [each for each in answer.placed if each.wanted.booked is None or each.moved]
    return Score(
        late=answer.late,
        days_late=sum(each.days_late for each in answer.placed) + sum(days_without_place(problem, each) for each in answer.missed),
        police_and_quorum=sum(1 for each in new if each.police_waived is not None) + len(answer.unrepaired),
        book_by=sum(1 for each in new if each.day > each.wanted.book_by_on and not each.days_late),
        chair_continuity=sum(1 for each in answer.placed if covers(each)) + _not_given_back(problem, answer),
        booked_stay=sum(1 for each in answer.placed if each.moved),
        wishes=_unwished(problem, new) + _at_short_notice(problem, new) + sum(1 for each in new if each.day < each.wanted.preferred_on),
        slack=sum(max(0, each.wanted.slack_days - slack(problem, each)) for each in new),
        balanced_days=_chaired_beyond(problem, answer),
        journeys=_journeys(answer),
    )


def better(one: Score, other: Score, order: tuple[Goal, ...] = tuple(Goal)) -> bool:
    """Whether the first goal in which they differ is nearer in `one`."""
    return [one.of(goal) for goal in order] < [other.of(goal) for goal in order]


def days_without_place(problem: Problem, wanted: Wanted) -> int:
    """How many days late a meeting that has no place counts as: to have one is never worse."""
    return 1 + wanted.days_late(last_late(problem, wanted.latest_on, working(problem)) or problem.today)


def slack(problem: Problem, placed: Placed) -> int:
    """Working days from the meeting to its book-by day; negative after it."""
    known = working(problem)
    return bisect_right(known, placed.wanted.book_by_on) - bisect_right(known, placed.day)


def covers(placed: Placed) -> bool:
    """Whether it is chaired by another than an officer of its children."""
    return placed.wanted.booked is not None and placed.wanted.booked.covers(placed.wanted.chair_id)


def _not_given_back(problem: Problem, answer: Answer) -> int:
    changed = {each.wanted.key for each in answer.placed}
    chairless = sum(1 for _, missing in answer.unrepaired if ResourceKind.IRO in missing)
    return chairless + sum(1 for each in problem.booked if each.covered and each.key not in changed)


def wishes_missed(problem: Problem, placed: Placed) -> tuple[WishMissed, ...]:
    """What of its children's own time a placement does not respect."""
    needs, booked = placed.wanted.needs, placed.wanted.booked
    where = Where(in_unit_room=needs.room, remote=needs.remote, venue=None if booked is None else booked.venue)
    return missed(problem.own_times(placed.wanted), needs.kind, (placed.meeting,), where, problem.settings)


def _unwished(problem: Problem, new: list[Placed]) -> int:
    return sum(len(wishes_missed(problem, each)) for each in new)


def _at_short_notice(problem: Problem, new: list[Placed]) -> int:
    notice = frozenset(within(problem, problem.policy.notice_days))
    return sum(1 for each in new if each.day in notice)


def _chaired_beyond(problem: Problem, answer: Answer) -> int:
    chaired = Counter(problem.chairing)
    for each in answer.placed:
        before = None if each.wanted.booked is None else each.wanted.booked.chaired
        if before is not None:
            chaired[before] -= 1
        chaired[each.wanted.chair_id, each.day] += 1
    return sum(max(0, number - problem.settings.chaired_a_day) for number in chaired.values())


def _journeys(answer: Answer) -> int:
    elsewhere = {(each.wanted.chair_id, each.day) for each in answer.placed if not each.wanted.needs.room and not each.wanted.needs.remote}
    inside = {(each.wanted.chair_id, each.day) for each in answer.placed if each.wanted.needs.room}
    return len(elsewhere & inside)

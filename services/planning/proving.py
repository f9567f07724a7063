"""What is proven of each goal of a plan: the least that any plan comes to which is as good by the goals before it. Pure.

Each bound takes away what makes plans hard: every meeting is looked at by itself, as if none of those that could give way held
anything. Fewer conflicts can only do better, so no bound is above the truth. A goal of which nothing is short is proven by that;
of the others without a bound nothing is known but what the search found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.booking.needs import span_of
from services.directory.planning import DAYS, Goal
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.answer import Answer
from services.planning.board import Board
from services.planning.gathering import gather
from services.planning.goals import Score, score
from services.planning.preferences import span_of_days
from services.planning.problem import Booked, Problem
from services.planning.repairing import may_chair, may_change, may_go, wanted_of
from services.planning.suiting import suits
from services.planning.times import Times, without
from services.planning.trading import least_grave


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How far a plan is from a goal, and the least proven; None: nothing is proven, the search does what it can."""

    goal: Goal
    value: int
    bound: int | None


def loosened(problem: Problem) -> Problem:
    """The problem as if all that a plan might change held nothing."""
    return without(problem, [each for each in problem.booked if may_change(problem, each)])


def prove(problem: Problem, answer: Answer) -> tuple[Proof, ...]:
    """Of each goal, in the order of the unit."""
    reached = score(problem, answer)
    loose = Board(loosened(problem))
    known = {**_of_duties(loose, answer, reached), **_of_what_stands(loose, reached)}
    known[Goal.LATE] = answer.late_bound
    if answer.exact:
        known |= {goal: reached.of(goal) for goal in Goal if goal not in DAYS}
    order = problem.policy.order
    return tuple(Proof(goal=goal, value=reached.of(goal), bound=_bound(reached.of(goal), known.get(goal))) for goal in order)


def _bound(value: int, proven: int | None) -> int | None:
    if value == 0:
        return 0
    return None if proven is None else max(0, proven)


def _of_duties(loose: Board, answer: Answer, reached: Score) -> dict[Goal, int]:
    """By what each duty costs at the least by itself. A conference that cannot have police in time may be late instead of another, as
    often as no duty need be late itself."""
    least = [least_grave(loose, wanted) for wanted in gather(loose.problem)]
    late = len(answer.unplaced) + sum(each[0] for each in least)
    waived = sum(each[2] for each in least) - (reached.late - late)
    must_lack = sum(1 for each in _lost(loose, own=False) if not each.elsewhere)
    return {Goal.DAYS_LATE: sum(each[1] for each in least), Goal.POLICE_AND_QUORUM: max(0, waived) + must_lack}


def _of_what_stands(loose: Board, reached: Score) -> dict[Goal, int]:
    """Of meetings that lack something: one that cannot have all of it at its time, with its own officer, is moved, is covered, or goes
    on lacking something; as many are covered and lack something as in this plan, at the most."""
    problem = loose.problem
    order, may_move = problem.policy.order, problem.may_move
    own, chairless = _lost(loose, own=True), [each for each in _lost(loose, own=True) if each.without_own_chair]
    if order.index(Goal.CHAIR_CONTINUITY) < order.index(Goal.BOOKED_STAY):
        others = sum(1 for each in own if each.booked.lacks != {ResourceKind.IRO})
        moved = len(own) - reached.chair_continuity - min(others, reached.police_and_quorum)
        may = may_move
    else:
        moved = len(_lost(loose, own=False)) - reached.police_and_quorum
        may = reached.booked_stay
    fixed = sum(1 for each in chairless if not each.elsewhere)
    return {
        Goal.CHAIR_CONTINUITY: fixed + max(0, len(chairless) - fixed - may),
        Goal.BOOKED_STAY: moved,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lost:
    """A meeting that cannot have all that it lacks at its time. `elsewhere`: it may be moved, and would find a time."""

    booked: Booked
    elsewhere: bool
    without_own_chair: bool


def _lost(loose: Board, *, own: bool) -> Sequence[_Lost]:
    """`own`: where only an officer of its children may take a chair that is lost, if it has one."""
    times = Times(loose.problem)
    return [
        _looked_at(loose, times, each, own=own) for each in loose.problem.booked if each.lacks and not _whole(times, loose, each, own=own)
    ]


def _looked_at(loose: Board, times: Times, booked: Booked, *, own: bool) -> _Lost:
    chairless = own and bool(_own_chairs(booked)) and not any(_free(times, booked, ResourceKind.IRO, each) for each in _own_chairs(booked))
    chairs = _chairs(loose, times, booked, own=own)
    return _Lost(
        booked=booked,
        elsewhere=loose.problem.may_move > 0 and may_go(loose.problem, booked) and any(_has_time(loose, booked, each) for each in chairs),
        without_own_chair=chairless and ResourceKind.IRO in booked.lacks,
    )


def _whole(times: Times, loose: Board, booked: Booked, *, own: bool) -> bool:
    return all(any(_free(times, booked, kind, each) for each in _able(loose, times, booked, kind, own=own)) for kind in booked.lacks)


def _able(loose: Board, times: Times, booked: Booked, kind: ResourceKind, *, own: bool) -> Iterator[UUID]:
    problem = loose.problem
    if kind is ResourceKind.IRO:
        yield from _chairs(loose, times, booked, own=own)
    elif kind is ResourceKind.ROOM:
        yield from (each.id for each in problem.rooms if suits(each, booked.needs))
    else:
        yield from (each.id for each in (problem.note_takers if kind is ResourceKind.NOTE_TAKER else problem.police))


def _chairs(loose: Board, times: Times, booked: Booked, *, own: bool) -> Sequence[UUID]:
    if ResourceKind.IRO not in booked.lacks and not own:
        return [booked.has[ResourceKind.IRO], *may_chair(loose.problem, booked, times)]
    return (_own_chairs(booked) if own else ()) or list(may_chair(loose.problem, booked, times))


def _own_chairs(booked: Booked) -> list[UUID]:
    """Its children's officers; of a panel there are none."""
    panel = booked.kind is MeetingKind.SECURE_CRITERIA_REVIEW
    return [] if panel else [each for each in booked.own_chairs if each not in booked.barred]


def _free(times: Times, booked: Booked, kind: ResourceKind, resource_id: UUID) -> bool:
    spans = (span_of(kind, booked.needs, window) for window in (booked.meeting, *booked.besides))
    writes = kind is not ResourceKind.NOTE_TAKER or times.can_write(resource_id, booked)
    return writes and all(times.free(resource_id, span) for span in spans)


def _has_time(loose: Board, booked: Booked, chair_id: UUID) -> bool:
    wanted = wanted_of(loose.problem, booked, chair_id)
    if wanted.earliest_on > wanted.latest_on:
        return False
    span = span_of_days(loose, wanted)
    return any(loose.starts(wanted, day) for day in range(span.first, span.last + 1))

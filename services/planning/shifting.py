"""Meetings that stand and cannot be repaired at their time: given another within their days, as few as may be moved.

Where the unit puts its children's own chair before the time that stands, so is one that another would only cover at its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.directory.planning import Goal
from services.kernel.words import ResourceKind
from services.planning.answer import Placed
from services.planning.board import Board
from services.planning.following import is_entangled
from services.planning.goals import covers
from services.planning.preferences import cheapest, cost_at, span_of_days
from services.planning.problem import Booked, Problem, Wanted
from services.planning.repairing import Lacking, in_order, may_chair, may_go, repair, wanted_of
from services.planning.times import Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What becomes of meetings that stand and lack something. `problem`: what is left to plan, and how many may still be moved."""

    problem: Problem
    placed: tuple[Placed, ...]
    unrepaired: tuple[Lacking, ...]


def settle(problem: Problem) -> Settled:
    """Everything that lacks something is repaired; what would only be covered then goes to a time of its own officer, as far as the
    plan may move it and the unit has `CHAIR_CONTINUITY` before `BOOKED_STAY`."""
    settled = _repaired(problem)
    return _to_own_chairs(problem, settled) if _moves_for_own_chairs(problem) else settled


def _moves_for_own_chairs(problem: Problem) -> bool:
    order = problem.policy.order
    return problem.may_move > 0 and order.index(Goal.CHAIR_CONTINUITY) < order.index(Goal.BOOKED_STAY)


def _with_time_of_own_chair(problem: Problem) -> frozenset[UUID]:
    """Of the meetings that lack something and may be moved to their own officer, those to which she can give another time as things
    are."""
    able = [booked for booked in problem.booked if booked.lacks and may_go(problem, booked)] if _moves_for_own_chairs(problem) else []
    board = Board(problem) if able else None
    return frozenset(booked.meeting_id for booked in able if board is not None and _at_own_chair(board, booked) is not None)


def _repaired(problem: Problem) -> Settled:
    """At the same time first; what is left of that gets another time, what cannot be held at all before the rest and the earliest
    first, until as many are moved as may be; what has none by then keeps its time and gets what can be had."""
    own = _with_time_of_own_chair(problem)
    first = repair(problem, own=own)
    if not first.left or not problem.may_move or not any(each.lacks and may_go(problem, each) for each in problem.booked):
        return _settled(problem, first.problem, first.placed, first.left)
    second = repair(problem, elsewhere=with_another_time(problem), own=own)
    partly = {each.wanted.key for each in second.placed}  # each is changed once
    going = [each for each in second.left if may_go(problem, each[0]) and each[0].key not in partly]
    moved = _move(second.problem, [booked for booked, _ in sorted(going, key=_gravest)])
    times = Times(second.problem)
    for each in moved:
        times.change(each)
    return _with_the_rest(problem, times, (*second.placed, *moved), second.left)


def _with_the_rest(problem: Problem, times: Times, placed: Sequence[Placed], left: Iterable[Lacking]) -> Settled:
    """What is not `placed` yet, repaired once more: what has moved may have given up what it lacks."""
    done = {each.wanted.key for each in placed}
    moved = {each.wanted.key for each in placed if each.moved}
    rest = tuple(each for each in problem.booked if each.key not in done)
    again = repair(replace(times.problem(placed), booked=rest))
    partly = [each for each in left if each[0].key in done - moved]
    return _settled(problem, again.problem, (*placed, *again.placed), (*again.left, *partly))


def _gravest(lacking: Lacking) -> tuple[object, ...]:
    return lacking[1] <= {ResourceKind.POLICE}, *in_order(lacking)


def _settled(problem: Problem, now: Problem, placed: Sequence[Placed], left: Iterable[Lacking]) -> Settled:
    """Each meeting is changed once: what has been settled is left alone from now on."""
    done, moved = {each.wanted.key for each in placed}, _moved(placed)
    booked = tuple(each for each in problem.booked if each.key not in done and not each.lacks and not is_entangled(each, moved))
    return Settled(
        problem=replace(now, booked=booked, may_move=problem.may_move - len(moved)),
        placed=tuple(placed),
        unrepaired=tuple(sorted(left, key=in_order)),
    )


def _moved(placed: Iterable[Placed]) -> set[UUID]:
    return {each.wanted.booked.meeting_id for each in placed if each.wanted.booked is not None and each.moved}


def _to_own_chairs(problem: Problem, settled: Settled) -> Settled:
    """The same with those that would only be covered at the best time of their own officer, where there is one: first those to which
    it costs least, until as many are moved as may be."""
    placed, board, lacking = list(settled.placed), Board(settled.problem), {each.key for each, _ in settled.unrepaired}
    covered = [each for each in placed if covers(each) and not each.moved and each.wanted.key not in lacking]
    standing = [(each, each.wanted.booked) for each in covered if each.wanted.booked is not None and each.wanted.booked.lacks]
    able = [(each, booked) for each, booked in standing if may_go(problem, booked)]
    ranked = [(found[0], booked.reference, each, booked) for each, booked in able if (found := _at_own_chair(board, booked)) is not None]
    for *_, each, booked in sorted(ranked, key=lambda one: one[:2]):
        moved = _moved(placed)
        if len(moved) == problem.may_move:
            break
        found = None if is_entangled(booked, moved) else _at_own_chair(board, booked)
        if found is not None:
            board.vacate(booked)
            _, wanted, day, start = found
            placed[placed.index(each)] = board.place(wanted, day, start, chosen=board.kept(wanted, day, start))
    times = Times(problem)
    for each in placed:
        times.change(each)
    return _with_the_rest(problem, times, placed, settled.unrepaired)


def _at_own_chair(board: Board, booked: Booked) -> tuple[int, Wanted, int, int] | None:
    """The best time, day and start, at which an officer of its children is free, with what it costs; None: there is none."""
    board.vacate(booked)
    wanted = [wanted_of(board.problem, booked, chair) for chair in booked.own_chairs if chair not in booked.barred]
    times = [_free_time(board, each) for each in wanted if each.earliest_on <= each.latest_on]
    costs = [(cost_at(board, *free), *free) for free in times if free is not None]
    board.occupy(booked)
    return min(costs, key=lambda each: (each[0], *each[2:]), default=None)


def with_another_time(problem: Problem) -> frozenset[UUID]:
    """Of the meetings that lack something and may go, those that would find another time in the diary as it is."""
    able = [booked for booked in problem.booked if booked.lacks and may_go(problem, booked)]
    if not able:
        return frozenset()
    board, times, found = Board(problem), Times(problem), set()
    for booked in able:
        board.vacate(booked)
        if any(_free_time(board, wanted) for wanted in _wanted(problem, booked, times)):
            found.add(booked.meeting_id)
        board.occupy(booked)
    return frozenset(found)


def _move(problem: Problem, meetings: Sequence[Booked]) -> list[Placed]:
    """As many of them as may be moved, each at its best time after those before it."""
    board, times, moved = Board(problem), Times(problem), list[Placed]()
    for booked in meetings:
        if len(moved) == problem.may_move:
            break
        if is_entangled(booked, _moved(moved)):
            continue
        board.vacate(booked)
        found = next((free for wanted in _wanted(problem, booked, times) if (free := _free_time(board, wanted)) is not None), None)
        if found is not None:
            wanted, day, start = found
            moved.append(board.place(wanted, day, start, chosen=board.kept(wanted, day, start)))
        else:
            board.occupy(booked)
    return moved


def _wanted(problem: Problem, booked: Booked, times: Times) -> Iterable[Wanted]:
    """The meeting with each who may chair it: its children's own officer, who chairs it now, who has the least."""
    present = booked.has.get(ResourceKind.IRO)
    chairs = list(may_chair(problem, booked, times))
    chairs.sort(key=lambda each: (each not in booked.own_chairs, each != present))
    wanted = (wanted_of(problem, booked, chair_id) for chair_id in chairs)
    return (each for each in wanted if each.earliest_on <= each.latest_on)


def _free_time(board: Board, wanted: Wanted) -> tuple[Wanted, int, int] | None:
    span = span_of_days(board, wanted)
    found = cheapest(board, wanted, span, range(span.first, span.last + 1))
    return None if found is None else (wanted, *found)

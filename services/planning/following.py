"""Meetings that stand and that a later one follows: given other days only on which the later one stays as it may be. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.booking import rules
from services.planning.problem import Booked, Follower, Owed, Problem


def sets_a_day(problem: Problem, booked: Booked) -> bool:
    """Whether something that the plan places hangs on the day of this meeting, or would if it were as early as can be."""
    if booked.begun_on is not None:
        return False  # its first sitting sets it
    earliest = min(booked.day, *problem.days[:1])
    followed = {each.child_id for each in booked.followers}
    for item in booked.items:
        for day in (booked.day, earliest) if item.child_id not in followed else ():
            due = problem.chain.instead(item.child_id, item.kind, booked.day, day)
            if due is not None and due.book_by_on <= problem.last_day and problem.wants(due.kind):
                return True
    return False


def keeps_followers(problem: Problem, booked: Booked, day: date) -> bool:
    """Whether on that day all that follows it stays where it may be without a manager's reason: after it, not before its rule allows,
    and not after the last day that it then has."""
    return all(_allows(_due(problem, booked, each, day), each, day) for each in booked.followers)


def is_as_recorded(problem: Problem, booked: Booked) -> bool:
    """Whether what follows it is due as the chain has it, and may be where it is: else nobody can say what another day would do."""
    for each in booked.followers:
        due = _due(problem, booked, each, booked.day)
        if due is None or (due.statutory_due_on, due.book_by_on) != (each.statutory_due_on, each.book_by_on):
            return False
    return keeps_followers(problem, booked, booked.day)


def days_for_followers(problem: Problem, booked: Booked) -> tuple[date, date]:
    """The first and the last day between which, without a gap, what follows stays as it may be."""
    if not booked.followers:
        return date.min, date.max
    first = booked.day
    for day in reversed([each for each in problem.days if each < booked.day]):
        if not keeps_followers(problem, booked, day):
            break
        first = day
    last = booked.day
    for day in (each for each in problem.days if each > booked.day):
        if not keeps_followers(problem, booked, day):
            break
        last = day
    return first, last


def is_entangled(booked: Booked, moved: Collection[UUID]) -> bool:
    """Whether one that it follows, or that follows it, is moved."""
    return not booked.entangled.isdisjoint(moved)


def _due(problem: Problem, booked: Booked, follower: Follower, day: date) -> Owed | None:
    item = next((each for each in booked.items if each.child_id == follower.child_id), None)
    return None if item is None else problem.chain.instead(item.child_id, item.kind, booked.day, day)


def _allows(due: Owed | None, follower: Follower, day: date) -> bool:
    if due is None or due.kind is not follower.kind:
        return False
    begun = day < follower.day and (due.not_before_on is None or due.not_before_on <= follower.day)
    return begun and follower.day <= rules.last_day(due.kind, due)

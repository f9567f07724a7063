"""The days of a plan: working days, and with them others on which somebody who may chair is at work. Pure.

What is counted in working days is counted so on both: a Saturday is as far away, and as near a last day, as the Friday before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta

from services.kernel.window import civil_day
from services.planning.problem import Problem, Resource


def working(problem: Problem) -> tuple[date, ...]:
    """The working days among the days of the problem."""
    return tuple(day for day in problem.days if day not in problem.offered) if problem.offered else problem.days


def within(problem: Problem, number: int) -> tuple[date, ...]:
    """The days that come within so many working days from today; of 0 none."""
    after = _after(problem, number)
    return tuple(day for day in problem.days if day < after)


def thawed_on(problem: Problem) -> date:
    """The first day on which what stands may be moved, and to which."""
    return _after(problem, problem.frozen_days)


def _after(problem: Problem, number: int) -> date:
    """The first day that is no more within so many working days from today."""
    if not number or not problem.days:
        return problem.today + timedelta(days=1)
    known = working(problem)
    return known[number] if number < len(known) else problem.days[-1] + timedelta(days=1)


def last_late(problem: Problem, latest_on: date, known: tuple[date, ...]) -> date | None:
    """The last day on which a meeting is placed whose last day in time is `latest_on`; None: no working day is left by then.
    `known`: the working days of the problem."""
    looked_at = known[: bisect_right(known, latest_on) + problem.policy.late_days]
    return looked_at[-1] if looked_at else None


def offered_days(chairs: Iterable[Resource], days: Iterable[date]) -> frozenset[date]:
    """Those of the days on which one of these is at work for any part."""
    asked = frozenset(days)
    return frozenset(day for chair in chairs for window in chair.available if (day := civil_day(window.start)) in asked)

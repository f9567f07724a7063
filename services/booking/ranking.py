"""Which times are better than others: what is asked of each in turn. Pure."""

from __future__ import annotations

from datetime import date

from services.booking.bits import FULL
from services.booking.diaries import Diary, SlotProblem
from services.booking.needs import MeetingNeeds
from services.booking.openings import Openings
from services.booking.wishes import count_at, fewest

NOTICE = 5
"""Working days that families and agencies should have."""
SLACK = 3
"""Working days to keep before the last one, so that an illness does not make a breach."""

Rank = tuple[bool, bool, int, bool, bool]
"""Late, at short notice, how much of the children's own time it does not respect, too much for the chair, without slack."""
BEST: Rank = (False, False, 0, False, False)


class Scale:
    """How starts rank for a meeting and a chair."""

    def __init__(self, openings: Openings, needs: MeetingNeeds, chair: Diary) -> None:
        self._openings, self._needs, self._chair = openings, needs, chair
        self._levels = openings.unwished(needs)

    def rank(self, unit: int) -> Rank:
        """Of one start."""
        return rank(self._openings, self._chair, self._openings.timeline.day(unit), count_at(self._levels, unit))

    def best_on(self, day: int) -> Rank:
        """The best that any start of a day could have."""
        timeline = self._openings.timeline
        levels = [timeline.of_day(level, day) for level in self._levels]
        least, _ = fewest(levels, timeline.of_day(self._openings.hours(self._needs), day))
        return rank(self._openings, self._chair, day, least)

    def best_of(self, starts: int) -> int:
        """Those of some starts that have the best rank among them: by one part of it after the other, as tuples compare."""
        late, short, without_slack = _bad_days(self._openings)
        for bad in (late, short):
            starts = starts & ~bad or starts
        _, starts = fewest(self._levels, starts)
        for bad in (self._full_days(), without_slack):
            starts = starts & ~bad or starts
        return starts

    def _full_days(self) -> int:
        """The days that are too much for the chair already."""
        begun, most = self._openings.begun(self._chair), self._openings.problem.chaired_a_day
        if max(begun.values(), default=0) < most:
            return 0
        return self._openings.timeline.joined(lambda day: FULL if begun[day] >= most else 0)


def rank(openings: Openings, chair: Diary, day: int, unwished: int) -> Rank:
    """Of a start on a day that misses so much of the children's own time."""
    problem, on = openings.problem, openings.timeline.date(day)
    return (
        on > problem.last_in_time,
        notice_of(problem, on) < NOTICE,
        unwished,
        openings.begun(chair)[day] >= problem.chaired_a_day,
        slack_of(problem, on) < SLACK,
    )


def notice_of(problem: SlotProblem, day: date) -> int:
    """Working days from today to a day."""
    return problem.working_days_between(problem.today, day)


def slack_of(problem: SlotProblem, day: date) -> int:
    """Working days from a day to the last one in time; negative where it is late."""
    return problem.working_days_between(day, problem.last_in_time)


def _bad_days(openings: Openings) -> tuple[int, int, int]:
    """Those that are late, at short notice, without slack."""
    problem = openings.problem
    return (
        openings.days_that("late", lambda day: day > problem.last_in_time),
        openings.days_that("short", lambda day: notice_of(problem, day) < NOTICE),
        openings.days_that("slackless", lambda day: slack_of(problem, day) < SLACK),
    )

"""Chains of conferences and reviews: each is due from the day on which the one before it was held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from deploy.sample.calendar import Calendar, brought_forward

SETTLED = 2
"""The step from which a care review follows another at six months."""

_KEEP_CLEAR = timedelta(days=7)
"""A unit never stands with a review due within the week and not held, but for those that it lets slip."""

_SHORTEST_GAP = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The due days of one kind of chain: (months, days) a step, the earlier of which binds; the last repeats.
    `first_working_days`, `first_days`: the first step is so many working days, or days, instead."""

    steps: tuple[tuple[int, int], ...]
    first_working_days: int | None = None
    first_days: int | None = None

    def due(self, calendar: Calendar, step: int, previous: date) -> tuple[date, date]:
        """The last working day in time, and the last day on which any reading of the rules has it in time."""
        if step == 0 and self.first_working_days is not None:
            latest = calendar.step(previous, self.first_working_days)
            return latest, latest
        if step == 0 and self.first_days is not None:
            latest = previous + timedelta(days=self.first_days)
            return calendar.on_or_before(latest), latest
        months, days = self.steps[min(step, len(self.steps) - 1)]
        return calendar.due(previous, months, days)


CONFERENCES = Rhythm(steps=((3, 91), (6, 183)))
OF_THE_PLACED = Rhythm(steps=((0, 0), (3, 91), (6, 183)), first_days=28)
"""Reviews of a child placed for adoption, from the day of the placement."""

CARE_REVIEWS = Rhythm(steps=((0, 0), (3, 91), (6, 183)), first_working_days=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How one household's meetings fall: days before the last possible one, and how far they avoid quiet weeks."""

    slacks: tuple[int, ...]
    pulls: tuple[float, ...]
    late_from: date | None = None
    """The first review due on or after this day is held some days late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What happened to one household: the day it started, the meetings held, the last day of the last due one."""

    started_on: date
    held: tuple[date, ...]
    last_due: date | None = None
    ended_on: date | None = None


LONGEST = 40


def draw_habit(random: Random, widest: int, *, first: tuple[int, ...] = ()) -> Habit:
    """Most meetings fall in the last three weeks (`widest`: at most so many days before); `first` fixes the first slacks."""
    drawn = tuple(int(random.triangular(0, widest, widest / 4)) for _ in range(LONGEST))
    return Habit(slacks=(first + drawn)[:LONGEST], pulls=tuple(random.random() for _ in range(LONGEST)))


def follow(
    calendar: Calendar,
    rhythm: Rhythm,
    habit: Habit,
    started_on: date,
    *,
    step: int = 0,
    until: date | None = None,
    count: int | None = None,
) -> Chain:
    """The meetings that follow from `started_on` by `rhythm` and `habit`: `count` of them, or all before `until`, or to the day.

    Nothing is held after the calendar's day. `step`: where in the rhythm the chain is taken up (`started_on` is then a meeting).
    """
    held: list[date] = []
    previous, last_due, late_from = started_on, None, habit.late_from
    while len(held) != count:
        place = step + len(held)
        latest, outside = rhythm.due(calendar, place, previous)
        if late_from is not None and latest >= late_from:
            day, late_from = calendar.on_or_after(outside + timedelta(days=2 + int(habit.pulls[place] * 7))), None
        else:
            day = _in_time(calendar, latest, previous, habit, place, rhythm)
        if day > calendar.as_of and until is None and latest <= calendar.as_of + _KEEP_CLEAR:
            day = calendar.on_or_before(calendar.as_of - timedelta(days=int(habit.pulls[place] * 9)))
        if day > calendar.as_of or (until is not None and day >= until) or day <= previous:
            break
        held.append(day)
        previous, last_due = day, latest
    return Chain(started_on=started_on, held=tuple(held), last_due=last_due)


def _in_time(calendar: Calendar, latest: date, previous: date, habit: Habit, place: int, rhythm: Rhythm) -> date:
    wanted = latest - timedelta(days=habit.slacks[place])
    if place > 0 or rhythm.first_working_days is None:
        earlier = brought_forward(wanted, habit.pulls[place])
        wanted = earlier if earlier >= previous + _SHORTEST_GAP or rhythm.first_days is None else wanted
    return min(latest, calendar.on_or_after(max(wanted, previous + _SHORTEST_GAP)))

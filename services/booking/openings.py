"""At which starts of a day who and what a meeting needs is free. Pure: a problem's diaries as bits, each looked at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from math import ceil, floor
from operator import or_
from uuid import UUID

from services.booking.bits import FULL, START_EVERY, STARTS, UNIT, Calendar, Footprint, Rounding, bits, footprint, run_of
from services.booking.diaries import Diary, SlotProblem, Team
from services.booking.needs import MeetingNeeds
from services.booking.wishes import Unwished
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import ResourceKind


class Openings:
    """The days of a problem, by number, and what is free on them. Needs may be others than the problem's: without a room, say."""

    def __init__(self, problem: SlotProblem) -> None:
        self.problem = problem
        self.calendar = Calendar(problem.days)
        self._footprints: dict[tuple[ResourceKind, int, bool, bool], Footprint] = {}
        self._free: dict[tuple[UUID, int], tuple[int, int]] = {}
        self._shared: dict[tuple[ResourceKind, int, int], int] = {}
        self._unwished = Unwished(self.calendar, problem.settings)

    def hours(self, needs: MeetingNeeds, day: int) -> int:
        """The starts, every quarter of an hour from the first on, that leave the meeting within the hours of its kind."""
        opens, closes = (self.calendar.unit(day, local_instant(self.problem.days[day], at)) for at in self.problem.hours)
        first, last = ceil(opens), floor(closes - needs.minutes / UNIT)
        return bits(first, last + 1) & (STARTS << first % START_EVERY)

    def starts(self, needs: MeetingNeeds, chair: Diary, day: int, *, room_but: UUID | None = None) -> int:
        """The starts at which everything is free, with this chair, and in another room than `room_but`."""
        found = self.chair_starts(needs, chair, day)
        for kind in needs.kinds:
            if found and kind is not ResourceKind.IRO:
                found &= self.shared_starts(needs, kind, day) if room_but is None or kind is not ResourceKind.ROOM else FULL
        if room_but is not None and found:
            rooms = [room for room in self.problem.rooms if room.id != room_but]
            found &= reduce(or_, (self.starts_of(needs, ResourceKind.ROOM, room, day) for room in rooms), 0)
        return found

    def unwished(self, needs: MeetingNeeds, day: int) -> tuple[int, ...]:
        """The starts that do not respect the children's own time, as `wishes.Unwished.levels` has them."""
        return self._unwished.levels(self.problem.own_times, needs, day) if self.problem.own_times else ()

    def chair_starts(self, needs: MeetingNeeds, chair: Diary, day: int) -> int:
        return self.starts_of(needs, ResourceKind.IRO, chair, day) & self.hours(needs, day)

    def shared_starts(self, needs: MeetingNeeds, kind: ResourceKind, day: int) -> int:
        """The starts at which any room, note-taker or police team is free, kept."""
        key = (kind, needs.minutes, day)
        if key not in self._shared:
            if kind is ResourceKind.POLICE:
                found: Iterable[int] = (self.team_starts(needs, team, day) for team in self.problem.teams)
            else:
                found = (self.starts_of(needs, kind, each, day) for each in self.of_kind(kind))
            self._shared[key] = reduce(or_, found, 0)
        return self._shared[key]

    def starts_of(self, needs: MeetingNeeds, kind: ResourceKind, diary: Diary, day: int) -> int:
        at_work, free = self._day(diary, day)
        return self._footprint(kind, needs).fits(at_work, free)

    def at_work(self, needs: MeetingNeeds, kind: ResourceKind, diary: Diary, day: int) -> int:
        """The starts at which it is at work for such a meeting, whatever stands in its diary."""
        return self._footprint(kind, needs).fits(self._day(diary, day)[0], FULL)

    def team_starts(self, needs: MeetingNeeds, team: Team, day: int) -> int:
        """The starts at which fewer of the team's places are taken at once than are on duty for the whole meeting."""
        on_duty, taken = [0] * len(team.places), [0] * (len(team.places) + 1)
        print_ = self._footprint(ResourceKind.POLICE, needs)
        for place in team.places:
            _count(on_duty, print_.fits(self._day(place, day)[0], FULL))
            for busy in place.busy.get(self.problem.days[day], ()):
                _count(taken, self._bits(day, busy, floor, ceil))
        free_then = (run_of(FULL & ~level, print_.blocked_from, print_.blocked_until) for level in taken)
        return reduce(or_, (duty & free for duty, free in zip(on_duty, free_then, strict=False)), 0)

    def of_kind(self, kind: ResourceKind) -> tuple[Diary, ...]:
        """Everyone or everything of that kind; of police every place."""
        if kind is ResourceKind.IRO:
            return (self.problem.chair,)
        if kind is ResourceKind.ROOM:
            return self.problem.rooms
        if kind is ResourceKind.NOTE_TAKER:
            return self.problem.note_takers
        return tuple(place for team in self.problem.teams for place in team.places)

    def _footprint(self, kind: ResourceKind, needs: MeetingNeeds) -> Footprint:
        key = (kind, needs.minutes, needs.room, needs.remote)
        if key not in self._footprints:
            self._footprints[key] = footprint(kind, needs)
        return self._footprints[key]

    def _day(self, diary: Diary, day: int) -> tuple[int, int]:
        """At work and free that day; what does not fall on five minutes is rounded to the safe side."""
        key = (diary.id, day)
        if key not in self._free:
            date = self.problem.days[day]
            at_work = reduce(or_, (self._bits(day, each, ceil, floor) for each in diary.at_work.get(date, ())), 0)
            busy = reduce(or_, (self._bits(day, each, floor, ceil) for each in diary.busy.get(date, ())), 0)
            self._free[key] = at_work, FULL & ~busy
        return self._free[key]

    def _bits(self, day: int, window: TimeWindow, low: Rounding, high: Rounding) -> int:
        return bits(low(self.calendar.unit(day, window.start)), high(self.calendar.unit(day, window.end)))


def _count(levels: list[int], span: int) -> None:
    """One more of that span: `levels[k]` has where there are more than k."""
    for level in range(len(levels) - 1, 0, -1):
        levels[level] |= levels[level - 1] & span
    if levels:
        levels[0] |= span

"""When who and what a meeting needs is free, over all the days of a problem at once. Pure: each diary as bits, looked at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, time, timedelta
from functools import lru_cache, reduce
from math import ceil, floor
from operator import and_, or_
from uuid import UUID

from services.booking.bits import FULL, START_EVERY, STARTS, UNIT, Calendar, Footprint, bits, footprint, run_of
from services.booking.diaries import Diary, SlotProblem, Team
from services.booking.needs import MeetingNeeds
from services.booking.timeline import Edges, Timeline, whole_weeks
from services.booking.wishes import Unwished
from services.kernel.window import local_instant
from services.kernel.words import ResourceKind

_UNIT = timedelta(minutes=UNIT)


class Openings:
    """The days of a problem and what is free in them. Needs may be others than the problem's: without a room, say.

    Every answer is a mask of starts, or of days, on `timeline`.
    """

    def __init__(self, problem: SlotProblem) -> None:
        self.problem = problem
        self.timeline = Timeline(problem.days)
        self._days: dict[str, int] = {}
        self._hours: dict[int, int] = {}
        self._footprints: dict[tuple[ResourceKind, int, bool, bool], Footprint] = {}
        self._at_work: dict[Edges, int] = {}  # most are at work at the same times
        self._free: dict[UUID, int] = {}
        self._begun: dict[UUID, Counter[int]] = {}
        self._each: dict[tuple[ResourceKind, Footprint], list[tuple[Diary, int]]] = {}
        self._teams: dict[Footprint, list[tuple[Team, int]]] = {}
        self._besides: dict[tuple[object, ...], int] = {}
        self._unwished: dict[tuple[object, ...], tuple[int, ...]] = {}

    def hours(self, needs: MeetingNeeds) -> int:
        """The starts, every quarter of an hour from the first on, that leave the meeting within the hours of its kind."""
        found = self._hours.get(needs.minutes)
        if found is None:
            timeline, hours = self.timeline, self.problem.hours
            found = timeline.joined(lambda day: _hours_on(timeline.date(day), hours, needs.minutes))
            self._hours[needs.minutes] = found
        return found

    def days_that(self, are: str, is_one: Callable[[date], bool]) -> int:
        """The whole of the days of which that is true, kept under what they `are`."""
        if are not in self._days:
            self._days[are] = self.timeline.joined(lambda day: FULL if is_one(self.timeline.date(day)) else 0)
        return self._days[are]

    def starts(self, needs: MeetingNeeds, chair: Diary, *, room_but: UUID | None = None) -> int:
        """The starts at which everything is free, with this chair, and in another room than `room_but`."""
        found = self.starts_of(needs, ResourceKind.IRO, chair) & self._beside_chair(needs)
        if found and room_but is not None:
            found &= reduce(or_, (starts for room, starts in self.each(needs, ResourceKind.ROOM) if room.id != room_but), 0)
        return found

    def _beside_chair(self, needs: MeetingNeeds) -> int:
        """The starts within the hours at which everything but the chair is free, kept."""
        key = (needs.minutes, needs.kinds, needs.room, needs.remote)
        if key not in self._besides:
            others = (self.shared_starts(needs, kind) for kind in needs.kinds if kind is not ResourceKind.IRO)
            self._besides[key] = reduce(and_, others, self.hours(needs))
        return self._besides[key]

    def unwished(self, needs: MeetingNeeds) -> tuple[int, ...]:
        """The starts that do not respect the children's own time: `levels[k]` has those that miss more than k."""
        if not self.problem.own_times:
            return ()
        key = (needs.kind, needs.minutes)
        if key not in self._unwished:
            self._unwished[key] = self._levels(needs)
        return self._unwished[key]

    def _levels(self, needs: MeetingNeeds) -> tuple[int, ...]:
        problem, timeline = self.problem, self.timeline
        unwished = Unwished(Calendar(problem.days), problem.settings)
        of_day = {day: unwished.levels(problem.own_times, needs, at) for at, day in enumerate(timeline.numbers)}
        most = max(map(len, of_day.values()), default=0)
        filled = {day: (*levels, *(0,) * (most - len(levels))) for day, levels in of_day.items()}
        return tuple(timeline.joined({day: levels[level] for day, levels in filled.items()}.__getitem__) for level in range(most))

    def chair_starts(self, needs: MeetingNeeds, chair: Diary) -> int:
        """The starts within the hours of the kind at which this chair is free."""
        return self.starts_of(needs, ResourceKind.IRO, chair) & self.hours(needs)

    def shared_starts(self, needs: MeetingNeeds, kind: ResourceKind) -> int:
        """The starts at which any room, note-taker or police team is free."""
        return reduce(or_, (starts for _, starts in (self.teams(needs) if kind is ResourceKind.POLICE else self.each(needs, kind))), 0)

    def each(self, needs: MeetingNeeds, kind: ResourceKind) -> Sequence[tuple[Diary, int]]:
        """Every room or note-taker with its starts, kept."""
        key = (kind, self._footprint(kind, needs))
        if key not in self._each:
            self._each[key] = [(diary, self.starts_of(needs, kind, diary)) for diary in self.of_kind(kind)]
        return self._each[key]

    def teams(self, needs: MeetingNeeds) -> Sequence[tuple[Team, int]]:
        """Every police team with the starts at which fewer of its places are taken at once than are on duty for the whole meeting, kept."""
        print_ = self._footprint(ResourceKind.POLICE, needs)
        if print_ not in self._teams:
            self._teams[print_] = [(team, self._team_starts(needs, team)) for team in self.problem.teams]
        return self._teams[print_]

    def starts_of(self, needs: MeetingNeeds, kind: ResourceKind, diary: Diary) -> int:
        """The starts at which it is at work and free for its part, and of a note-taker those in weeks in which she can write it up."""
        free = self.free_of(needs, kind, diary)
        if kind is not ResourceKind.NOTE_TAKER:
            return free
        weeks = diary.too_full(needs.write_up)
        return 0 if weeks is None else free & ~self.timeline.touched(whole_weeks(weeks)) if weeks else free

    def free_of(self, needs: MeetingNeeds, kind: ResourceKind, diary: Diary) -> int:
        """The starts at which it is at work and free for its part, whatever a note-taker has to write up."""
        return self._footprint(kind, needs).fits(self._working(diary), self._not_busy(diary))

    def at_work(self, needs: MeetingNeeds, kind: ResourceKind, diary: Diary) -> int:
        """The starts at which it is at work for such a meeting, whatever stands in its diary."""
        print_ = self._footprint(kind, needs)
        return run_of(self._working(diary), print_.attended_from, print_.attended_until)

    def _team_starts(self, needs: MeetingNeeds, team: Team) -> int:
        on_duty, taken = [0] * len(team.places), [0] * (len(team.places) + 1)
        print_ = self._footprint(ResourceKind.POLICE, needs)
        for place in team.places:
            _count(on_duty, self.at_work(needs, ResourceKind.POLICE, place))
            _count(taken, self.timeline.full ^ self._not_busy(place))
        free_then = (run_of(self.timeline.full ^ level, print_.blocked_from, print_.blocked_until) for level in taken)
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

    def begun(self, diary: Diary) -> Counter[int]:
        """How many of its blocked stretches begin on each day."""
        found = self._begun.get(diary.id)
        if found is None:
            found = self._begun[diary.id] = self.timeline.begun(diary.busy)
        return found

    def _footprint(self, kind: ResourceKind, needs: MeetingNeeds) -> Footprint:
        key = (kind, needs.minutes, needs.room, needs.remote)
        if key not in self._footprints:
            self._footprints[key] = footprint(kind, needs)
        return self._footprints[key]

    def _working(self, diary: Diary) -> int:
        """At work; what does not fall on five minutes is rounded to the safe side."""
        found = self._at_work.get(diary.at_work)
        if found is None:
            found = self._at_work[diary.at_work] = self.timeline.inside(diary.at_work)
        return found

    def _not_busy(self, diary: Diary) -> int:
        """Free, rounded alike."""
        found = self._free.get(diary.id)
        if found is None:
            found = self._free[diary.id] = self.timeline.full ^ self.timeline.touched(diary.busy)
        return found


@lru_cache(maxsize=4096)
def _hours_on(day: date, hours: tuple[time, time], minutes: int) -> int:
    """The starts of that day, from its midnight."""
    midnight = local_instant(day, time.min).astimezone(UTC)
    opens, closes = ((local_instant(day, at) - midnight) / _UNIT for at in hours)
    first, last = ceil(opens), floor(closes - minutes / UNIT)
    return bits(first, last + 1) & (STARTS << first % START_EVERY)


def _count(levels: list[int], span: int) -> None:
    """One more of that span: `levels[k]` has where there are more than k."""
    for level in range(len(levels) - 1, 0, -1):
        levels[level] |= levels[level - 1] & span
    if levels:
        levels[0] |= span

"""Who is free when, as bits: one integer a resource and day, one bit for each five minutes.

Shifting and masking such integers answers "at which times of this day is everything free?" in microseconds. What does
not fall on the five minutes is rounded to the safe side. Spans come from `booking.needs` alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from math import ceil, floor
from types import MappingProxyType
from uuid import UUID

from services.booking.needs import MeetingNeeds, span_of
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.problem import Placed, PoliceTeam, Problem, Resource, Wanted

UNIT = 5
START_EVERY = 3  # units: meetings start on the quarter hour
WIDTH = 300  # units in the longest day, with the hour that October repeats
FULL = (1 << WIDTH) - 1
_STARTS = sum(1 << at for at in range(0, WIDTH, START_EVERY))
NOBODY = UUID(int=0)
"""The chair of room kept for conferences that nobody has asked for yet."""
_REFERENCE = TimeWindow(datetime(2026, 1, 5, 10, tzinfo=UTC), datetime(2026, 1, 5, 11, tzinfo=UTC))
_UNIT = timedelta(minutes=UNIT)
Rounding = Callable[[float], int]


@dataclass(frozen=True, slots=True)
class Footprint:
    """A resource's spans around a start, in units: blocked and attended, each from (included) until (left out)."""

    blocked_from: int
    blocked_until: int
    attended_from: int
    attended_until: int

    def fits(self, at_work: int, free: int) -> int:
        """The starts at which the attended span lies at work and the blocked one is free."""
        return _run(at_work, self.attended_from, self.attended_until) & _run(free, self.blocked_from, self.blocked_until)

    def covers(self, start: int) -> int:
        """The bits that are blocked by a meeting at `start`."""
        return _bits(start + self.blocked_from, start + self.blocked_until)


def footprint(resource: ResourceKind, needs: MeetingNeeds) -> Footprint:
    meeting = TimeWindow(_REFERENCE.start, _REFERENCE.start + timedelta(minutes=needs.minutes))
    span = span_of(resource, needs, meeting)
    return Footprint(
        floor((span.blocked.start - meeting.start) / _UNIT),
        ceil((span.blocked.end - meeting.start) / _UNIT),
        floor((span.attended.start - meeting.start) / _UNIT),
        ceil((span.attended.end - meeting.start) / _UNIT),
    )


def _bits(first: int, until: int) -> int:
    first, until = max(first, 0), min(until, WIDTH)
    return ((1 << until) - (1 << first)) if until > first else 0


def _run(mask: int, first: int, until: int) -> int:
    """Bit t is set where all bits of `mask` from t+first until t+until are."""
    for step in _steps(until - first):
        mask &= mask >> step
    return mask >> first if first >= 0 else mask << -first


@cache
def _steps(length: int) -> tuple[int, ...]:
    """Shifts that, one after the other, make each bit speak for `length` bits."""
    steps, have = [], 1
    while have < length:
        steps.append(min(have, length - have))
        have += steps[-1]
    return tuple(steps)


def starts_in(mask: int) -> Iterator[int]:
    """The set bits, earliest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class _Diary:
    """One chair, room or note-taker, day by day."""

    __slots__ = ("at_work", "free", "load", "resource")

    def __init__(self, resource: Resource, calendar: Calendar) -> None:
        self.resource = resource
        self.at_work = calendar.inside(resource.available)
        self.free = [FULL & ~busy for busy in calendar.touched(resource.busy)]
        self.load = 0


class _Pool:
    """A police team: `taken[k]` has the units in which more than k of its places are taken or off duty."""

    __slots__ = ("taken", "team")

    def __init__(self, team: PoliceTeam, calendar: Calendar) -> None:
        self.team = team
        self.taken = [[0] * len(calendar.days) for _ in team.places]
        for place in team.places:
            for day, on_duty in enumerate(calendar.inside(place)):
                self.add(day, FULL & ~on_duty)
        for window in team.busy:
            for day, busy in enumerate(calendar.touched((window,))):
                if busy:
                    self.add(day, busy)

    def free(self, day: int) -> int:
        return FULL & ~self.taken[-1][day] if self.taken else 0

    def add(self, day: int, span: int) -> None:
        for level in range(len(self.taken) - 1, 0, -1):
            self.taken[level][day] |= self.taken[level - 1][day] & span
        if self.taken:
            self.taken[0][day] |= span

    def remove(self, day: int, span: int) -> None:
        for level in range(len(self.taken)):
            above = self.taken[level + 1][day] if level + 1 < len(self.taken) else 0
            self.taken[level][day] = (self.taken[level][day] & ~span) | (above & span)


class Calendar:
    """The days of a problem with their midnights, and windows turned into bits of days."""

    def __init__(self, days: tuple[date, ...]) -> None:
        self.days = days
        self.index = {day: number for number, day in enumerate(days)}
        self._midnights = [local_instant(day, time(0)).astimezone(UTC) for day in days]

    def instant(self, day: int, unit: int) -> datetime:
        return self._midnights[day] + unit * _UNIT

    def unit(self, day: int, instant: datetime) -> float:
        return (instant - self._midnights[day]) / _UNIT

    def inside(self, windows: Iterable[TimeWindow]) -> list[int]:
        """The units of each day that lie wholly inside a window; windows that touch count as one."""
        return self._spread(windows, ceil, floor)

    def touched(self, windows: Iterable[TimeWindow]) -> list[int]:
        """The units of each day that a window touches."""
        return self._spread(windows, floor, ceil)

    def _spread(self, windows: Iterable[TimeWindow], low: Rounding, high: Rounding) -> list[int]:
        found = [0] * len(self.days)
        for window in windows:
            day, last = window.start.date() - timedelta(days=1), window.end.date() + timedelta(days=1)
            while day <= last:
                number = self.index.get(day)
                if number is not None:
                    found[number] |= _bits(low(self.unit(number, window.start)), high(self.unit(number, window.end)))
                day += timedelta(days=1)
        return found


class Board:
    """The diary while it is being laid: what stands, and what has been placed so far."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.calendar = Calendar(problem.days)
        self.days = problem.days
        self._chairs = {each.id: _Diary(each, self.calendar) for each in problem.chairs}
        self._rooms = [_Diary(each, self.calendar) for each in sorted(problem.rooms, key=_plainest)]
        self._note_takers = [_Diary(each, self.calendar) for each in problem.note_takers]
        self._by_id = {each.resource.id: each for each in (*self._chairs.values(), *self._rooms, *self._note_takers)}
        self._pools = {team.id: _Pool(team, self.calendar) for team in problem.police}
        self._hours: dict[tuple[MeetingKind, int, int], int] = {}
        self._footprints: dict[tuple[ResourceKind, MeetingKind, int], Footprint] = {}
        self._suitable: dict[MeetingKind, list[_Diary]] = {}
        self._known: list[dict[tuple[ResourceKind, MeetingKind, int], int]] = [{} for _ in problem.days]
        self.chaired: defaultdict[tuple[UUID, int], int] = defaultdict(int)
        self.in_rooms: defaultdict[int, int] = defaultdict(int)

    def footprint(self, resource: ResourceKind, needs: MeetingNeeds) -> Footprint:
        key = (resource, needs.kind, needs.minutes)
        if key not in self._footprints:
            self._footprints[key] = footprint(resource, needs)
        return self._footprints[key]

    def starts(self, wanted: Wanted, day: int, *, police: bool = True) -> int:
        """The starts of the day at which all that the meeting needs is free."""
        chair = self.chair_starts(wanted, day)
        return chair and chair & self.shared_starts(wanted, day, police=police)

    def chair_starts(self, wanted: Wanted, day: int) -> int:
        """The starts, within the hours of its kind, at which its chair is free; for a meeting of nobody: at which any chair is."""
        print_, chair = self.footprint(ResourceKind.IRO, wanted.needs), self._chairs.get(wanted.chair_id)
        if wanted.chair_id == NOBODY:
            fits = self._any(list(self._chairs.values()), print_, day)
        else:
            fits = print_.fits(chair.at_work[day], chair.free[day]) if chair else 0
        return fits & self.hours(wanted.needs, day)

    def shared_starts(self, wanted: Wanted, day: int, *, police: bool = True) -> int:
        """The starts at which room, note-taker and police (each where needed) are free, whoever chairs."""
        needs, found = wanted.needs, FULL
        if needs.police and police:
            found &= self.police_starts(needs, day)
        if needs.room and found:
            found &= self.room_starts(needs, day)
        if needs.note_taker and found:
            found &= self.note_taker_starts(needs, day)
        return found

    def room_starts(self, needs: MeetingNeeds, day: int) -> int:
        return self._once(ResourceKind.ROOM, needs, day, lambda print_: self._any(self._suitable_rooms(needs), print_, day))

    def note_taker_starts(self, needs: MeetingNeeds, day: int) -> int:
        return self._once(ResourceKind.NOTE_TAKER, needs, day, lambda print_: self._any(self._note_takers, print_, day))

    def _once(self, kind: ResourceKind, needs: MeetingNeeds, day: int, find: Callable[[Footprint], int]) -> int:
        """What `find` answers, kept until something of that day changes."""
        known, key = self._known[day], (kind, needs.kind, needs.minutes)
        if key not in known:
            known[key] = find(self.footprint(kind, needs))
        return known[key]

    def rooms_apart(self, needs: MeetingNeeds, day: int) -> dict[UUID, int]:
        """For each suitable room, the starts at which it is free."""
        print_ = self.footprint(ResourceKind.ROOM, needs)
        return {each.resource.id: print_.fits(each.at_work[day], each.free[day]) for each in self._suitable_rooms(needs)}

    def note_takers_apart(self, needs: MeetingNeeds, day: int) -> dict[UUID, int]:
        """For each note-taker, the starts at which that person is free."""
        print_ = self.footprint(ResourceKind.NOTE_TAKER, needs)
        return {each.resource.id: print_.fits(each.at_work[day], each.free[day]) for each in self._note_takers}

    def police_taken(self, team_id: UUID, day: int) -> list[int]:
        """For each level of the pool, the units in which more places than that are taken or off duty."""
        return [level[day] for level in self._pools[team_id].taken]

    def police_starts(self, needs: MeetingNeeds, day: int) -> int:
        return self._once(ResourceKind.POLICE, needs, day, lambda print_: self._any_team(print_, day))

    def _any_team(self, print_: Footprint, day: int) -> int:
        found = 0
        for pool in self._pools.values():
            found |= _run(pool.free(day), print_.blocked_from, print_.blocked_until)
        return found

    def hours(self, needs: MeetingNeeds, day: int) -> int:
        """The quarter hours at which such a meeting may start and still end within its hours."""
        key = (needs.kind, needs.minutes, day)
        if key not in self._hours:
            opens, closes = self.problem.settings.hours(needs.kind)
            first = ceil(self.calendar.unit(day, local_instant(self.days[day], opens)))
            last = floor(self.calendar.unit(day, local_instant(self.days[day], closes)) - needs.minutes / UNIT)
            self._hours[key] = _bits(first, last + 1) & _STARTS
        return self._hours[key]

    def place(
        self,
        wanted: Wanted,
        day: int,
        start: int,
        *,
        police_waived: str | None = None,
        chosen: Mapping[ResourceKind, UUID] = MappingProxyType({}),
    ) -> Placed:
        """The meeting placed at that start, with what `chosen` names, else with the room that others miss least, the note-taker
        with the fewest meetings and any police. All is free there: `starts` says so, or whoever chose."""
        needs = wanted.needs
        room = (chosen.get(ResourceKind.ROOM) or self._choose_room(needs, day, start)) if needs.room else None
        noter = (chosen.get(ResourceKind.NOTE_TAKER) or self._choose_note_taker(needs, day, start)) if needs.note_taker else None
        attends = needs.police and police_waived is None
        team = (chosen.get(ResourceKind.POLICE) or self._choose_team(needs, day, start)) if attends else None
        begins = self.calendar.instant(day, start)
        placed = Placed(
            wanted=wanted,
            meeting=TimeWindow(begins, begins + timedelta(minutes=needs.minutes)),
            day=self.days[day],
            room_id=room,
            note_taker_id=noter,
            police_team_id=team,
            police_waived=police_waived,
        )
        self._mark(placed, add=True)
        return placed

    def put(self, placed: Placed) -> None:
        """A placement as it was, back on the board."""
        self._mark(placed, add=True)

    def remove(self, placed: Placed) -> None:
        """What the placement took is free again."""
        self._mark(placed, add=False)

    def start_of(self, placed: Placed) -> tuple[int, int]:
        """Day and unit of a placement."""
        day = self.calendar.index[placed.day]
        return day, int(self.calendar.unit(day, placed.meeting.start))

    def _mark(self, placed: Placed, *, add: bool) -> None:
        wanted = placed.wanted
        day, start = self.start_of(placed)
        self._known[day].clear()
        chair = None if wanted.chair_id == NOBODY else wanted.chair_id
        taken = {ResourceKind.IRO: chair, ResourceKind.ROOM: placed.room_id, ResourceKind.NOTE_TAKER: placed.note_taker_id}
        for kind, resource_id in taken.items():
            if resource_id is None:
                continue
            diary, covers = self._by_id[resource_id], self.footprint(kind, wanted.needs).covers(start)
            diary.free[day] = diary.free[day] & ~covers if add else diary.free[day] | covers
            diary.load += 1 if add else -1
        self.chaired[wanted.chair_id, day] += 1 if add else -1
        self.in_rooms[day] += (1 if add else -1) * wanted.needs.room
        if placed.police_team_id is not None:
            pool, covers = self._pools[placed.police_team_id], self.footprint(ResourceKind.POLICE, wanted.needs).covers(start)
            (pool.add if add else pool.remove)(day, covers)

    def _suitable_rooms(self, needs: MeetingNeeds) -> list[_Diary]:
        if needs.kind not in self._suitable:
            self._suitable[needs.kind] = [each for each in self._rooms if suits(each.resource, needs)]
        return self._suitable[needs.kind]

    @staticmethod
    def _any(diaries: list[_Diary], print_: Footprint, day: int) -> int:
        found = 0
        for each in diaries:
            found |= print_.fits(each.at_work[day], each.free[day])
        return found

    def _choose(self, diaries: list[_Diary], kind: ResourceKind, needs: MeetingNeeds, day: int, start: int) -> UUID:
        print_ = self.footprint(kind, needs)
        return next(each.resource.id for each in diaries if print_.fits(each.at_work[day], each.free[day]) >> start & 1)

    def _choose_room(self, needs: MeetingNeeds, day: int, start: int) -> UUID:
        return self._choose(self._suitable_rooms(needs), ResourceKind.ROOM, needs, day, start)

    def _choose_note_taker(self, needs: MeetingNeeds, day: int, start: int) -> UUID:
        return self._choose(sorted(self._note_takers, key=_by_load), ResourceKind.NOTE_TAKER, needs, day, start)

    def _choose_team(self, needs: MeetingNeeds, day: int, start: int) -> UUID:
        print_ = self.footprint(ResourceKind.POLICE, needs)
        return next(
            team_id for team_id, pool in self._pools.items() if _run(pool.free(day), print_.blocked_from, print_.blocked_until) >> start & 1
        )


def suits(room: Resource, needs: MeetingNeeds) -> bool:
    """Whether a room has the seats and the features that such a meeting needs."""
    return room.seats >= needs.shape.seats and room.features >= frozenset(needs.shape.features)


def _plainest(room: Resource) -> tuple[int, int, str]:
    return len(room.features), room.seats, room.code


def _by_load(diary: _Diary) -> tuple[int, str]:
    return diary.load, diary.resource.code

"""Who is free when: the diary while it is being laid, with everybody and everything that a meeting may take."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from math import ceil, floor
from types import MappingProxyType
from uuid import UUID

from services.booking.needs import MeetingNeeds
from services.booking.wishes import Unwished
from services.booking.writing import Writing
from services.kernel.window import TimeWindow, civil_day, local_instant, monday_of
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.answer import Placed
from services.planning.bits import FULL, STARTS, UNIT, Calendar, Diary, Footprint, Pool, bits, footprint, run_of
from services.planning.days import within, working
from services.planning.problem import Booked, Problem, Wanted
from services.planning.suiting import plainest, suits
from services.planning.writing import Part, WriteUp, held_by, taken_by

NOBODY = UUID(int=0)
"""The chair of room kept for conferences that nobody has asked for yet."""
_ROUNDED = timedelta(minutes=UNIT)
_Form = tuple[ResourceKind, MeetingKind, int, bool, bool, bool]


class Board:
    """The diary while it is being laid: what stands, and what has been placed so far."""

    def __init__(self, problem: Problem, calendar: Calendar | None = None) -> None:
        """`calendar`: that of another board of the same days, which has been asked for most of it already."""
        self.problem = problem
        self.calendar = calendar or Calendar(problem.days)
        self.days = problem.days
        self.working = working(problem)
        self.worked = [bisect_right(self.working, day) for day in problem.days]
        """By day, the working days up to and including it."""
        self.hasty = len(within(problem, problem.policy.notice_days))
        """How many of the days are at short notice: the first ones."""
        self._chairs = {each.id: Diary(each, self.calendar) for each in problem.chairs}
        self._rooms = [Diary(each, self.calendar) for each in sorted(problem.rooms, key=plainest)]
        self._note_takers = [Diary(each, self.calendar) for each in problem.note_takers]
        self._by_id = {each.resource.id: each for each in (*self._chairs.values(), *self._rooms, *self._note_takers)}
        self._write_up = WriteUp(problem.note_takers)
        self._mondays = [monday_of(day) for day in problem.days]
        self._asked: set[int] = set()
        self._pools = {team.id: Pool(team, self.calendar) for team in problem.police}
        self._hours: dict[tuple[MeetingKind, int, int], int] = {}
        self._footprints: dict[_Form, Footprint] = {}
        self._suitable: dict[tuple[MeetingKind, bool], list[Diary]] = {}
        self._unwished = Unwished(self.calendar, problem.settings)
        self._known: list[dict[_Form, int]] = [{} for _ in problem.days]
        self.chaired: defaultdict[tuple[UUID, int], int] = defaultdict(int)
        self.in_rooms: defaultdict[int, int] = defaultdict(int)
        self.by_place: defaultdict[tuple[UUID, int, bool], int] = defaultdict(int)
        """Meetings placed by chair, day, and whether they are in the unit."""
        for chair_id, on in problem.chairing:
            if on in self.calendar.index:
                self.chaired[chair_id, self.calendar.index[on]] += 1

    def footprint(self, resource: ResourceKind, needs: MeetingNeeds) -> Footprint:
        key = _form(resource, needs)
        if key not in self._footprints:
            self._footprints[key] = footprint(resource, needs)
        return self._footprints[key]

    def unwished(self, wanted: Wanted, day: int) -> tuple[int, ...]:
        """The starts that do not respect the children's own time, as `wishes.Unwished.levels` has them."""
        own = self.problem.own_times(wanted)
        return self._unwished.levels(own, wanted.needs, day) if own else ()

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
        return self._once(ResourceKind.NOTE_TAKER, needs, day, lambda print_: self._any(self._who_can_write(needs, day), print_, day))

    def note_taker_starts_but_for_write_up(self, needs: MeetingNeeds, day: int) -> int:
        """The same, whatever the note-takers have to write up."""
        return self._any(self._note_takers, self.footprint(ResourceKind.NOTE_TAKER, needs), day)

    def writing(self, note_taker: UUID, monday: date) -> Writing:
        """What a note-taker has to write up in a week."""
        return self._write_up.of(note_taker, monday)

    def _who_can_write(self, needs: MeetingNeeds, day: int) -> list[Diary]:
        """The note-takers who can write such a meeting up in the week of that day."""
        self._asked.add(needs.write_up)
        monday = self._mondays[day]
        return [each for each in self._note_takers if self._write_up.of(each.resource.id, monday).has_room(needs.write_up)]

    def _write(self, parts: Iterable[Part], *, add: bool) -> None:
        """So much more, or less, is to be written up: what is known of the whole week is forgotten where it matters to anybody."""
        for part in parts:
            note_taker, monday, _ = part
            before = self._write_up.of(note_taker, monday)
            self._write_up.add((part,), 1 if add else -1)
            now = self._write_up.of(note_taker, monday)
            if any(before.has_room(minutes) != now.has_room(minutes) for minutes in self._asked):
                for day in range(bisect_left(self._mondays, monday), bisect_right(self._mondays, monday)):
                    self._known[day].clear()

    def _once(self, kind: ResourceKind, needs: MeetingNeeds, day: int, find: Callable[[Footprint], int]) -> int:
        """What `find` answers, kept until something of that day changes."""
        known, key = self._known[day], _form(kind, needs)
        if key not in known:
            known[key] = find(self.footprint(kind, needs))
        return known[key]

    def rooms_apart(self, needs: MeetingNeeds, day: int) -> dict[UUID, int]:
        """For each suitable room, the starts at which it is free."""
        print_ = self.footprint(ResourceKind.ROOM, needs)
        return {each.resource.id: print_.fits(each.at_work[day], each.free[day]) for each in self._suitable_rooms(needs)}

    def note_takers_apart(self, needs: MeetingNeeds, day: int) -> dict[UUID, int]:
        """For each note-taker who can write it up, the starts at which that person is free; for the others none."""
        print_, able = self.footprint(ResourceKind.NOTE_TAKER, needs), {each.resource.id for each in self._who_can_write(needs, day)}
        return {
            each.resource.id: print_.fits(each.at_work[day], each.free[day]) if each.resource.id in able else 0
            for each in self._note_takers
        }

    def police_taken(self, team_id: UUID, day: int) -> list[int]:
        """For each level of the pool, the units in which more places than that are taken or off duty."""
        return [level[day] for level in self._pools[team_id].taken]

    def police_starts(self, needs: MeetingNeeds, day: int) -> int:
        return self._once(ResourceKind.POLICE, needs, day, lambda print_: self._any_team(print_, day))

    def _any_team(self, print_: Footprint, day: int) -> int:
        found = 0
        for pool in self._pools.values():
            found |= run_of(pool.free(day), print_.blocked_from, print_.blocked_until)
        return found

    def hours(self, needs: MeetingNeeds, day: int) -> int:
        """The quarter hours at which such a meeting may start and still end within its hours: of a conference, on working days alone."""
        if needs.kind.is_conference and self.days[day] in self.problem.offered:
            return 0
        key = (needs.kind, needs.minutes, day)
        if key not in self._hours:
            opens, closes = self.problem.settings.hours(needs.kind)
            first = ceil(self.calendar.unit(day, local_instant(self.days[day], opens)))
            last = floor(self.calendar.unit(day, local_instant(self.days[day], closes)) - needs.minutes / UNIT)
            self._hours[key] = bits(first, last + 1) & STARTS
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

    def kept(self, wanted: Wanted, day: int, start: int) -> dict[ResourceKind, UUID]:
        """Of a meeting that stands: the room and the note-taker that it has, as far as they are free at that time as well."""
        has, needs = ({} if wanted.booked is None else wanted.booked.has), wanted.needs
        free = {ResourceKind.ROOM: self.rooms_apart(needs, day), ResourceKind.NOTE_TAKER: self.note_takers_apart(needs, day)}
        return {kind: has[kind] for kind, apart in free.items() if kind in has and apart.get(has[kind], 0) >> start & 1}

    def put(self, placed: Placed) -> None:
        """A placement as it was, back on the board."""
        self._mark(placed, add=True)

    def remove(self, placed: Placed) -> None:
        """What the placement took is free again."""
        self._mark(placed, add=False)

    def vacate(self, booked: Booked) -> None:
        """What a meeting that stands holds is free."""
        self._mark_booked(booked, add=False)

    def occupy(self, booked: Booked) -> None:
        """The meeting stands again as it was, which was free."""
        self._mark_booked(booked, add=True)

    def _mark_booked(self, booked: Booked, *, add: bool) -> None:
        self.lift(booked.holds, held_by(booked), booked.chaired, back=add)

    def lift(
        self,
        holds: Iterable[tuple[UUID, TimeWindow]],
        written: Iterable[Part],
        chaired: tuple[UUID, date] | None,
        *,
        back: bool = False,
    ) -> None:
        """What a meeting holds of the diary that the board began with is free; or taken again."""
        add = back
        if chaired is not None and chaired[1] in self.calendar.index:
            self.chaired[chaired[0], self.calendar.index[chaired[1]]] += 1 if add else -1
        self._write(written, add=add)
        for resource_id, window in holds:
            diary, pool = self._by_id.get(resource_id), self._pools.get(resource_id)
            beside = () if diary is None else [each for each in diary.resource.busy if each != window and _touch(each, window)]
            for day, taken in self.calendar.touched_by(window):
                self._known[day].clear()
                if diary is not None:
                    only = taken
                    for other in beside:
                        only &= ~dict(self.calendar.touched_by(other)).get(day, 0)
                    diary.free[day] = diary.free[day] & ~only if add else diary.free[day] | only
                elif pool is not None:
                    (pool.add if add else pool.remove)(day, taken)

    def knows(self, window: TimeWindow) -> bool:
        """Whether the window is on one of its days."""
        return civil_day(window.start) in self.calendar.index

    def is_exact(self, window: TimeWindow) -> bool:
        """Whether a window that it knows begins and ends with one of its units."""
        day = self.calendar.index[civil_day(window.start)]
        return all(self.calendar.unit(day, each).is_integer() for each in (window.start, window.end))

    def units_of(self, window: TimeWindow) -> tuple[int, int, int]:
        """Of a window that it knows: the day, the first of the units that it touches, and how many they are."""
        day = self.calendar.index[civil_day(window.start)]
        first, until = floor(self.calendar.unit(day, window.start)), ceil(self.calendar.unit(day, window.end))
        return day, first, until - first

    def start_of(self, placed: Placed) -> tuple[int, int]:
        """Day and unit of a placement."""
        day = self.calendar.index[placed.day]
        return day, int(self.calendar.unit(day, placed.meeting.start))

    def _mark(self, placed: Placed, *, add: bool) -> None:
        wanted = placed.wanted
        day, start = self.start_of(placed)
        self._known[day].clear()
        self._write(taken_by(placed), add=add)
        chair = None if wanted.chair_id == NOBODY else wanted.chair_id
        taken = {ResourceKind.IRO: chair, ResourceKind.ROOM: placed.room_id, ResourceKind.NOTE_TAKER: placed.note_taker_id}
        for kind, resource_id in taken.items():
            if resource_id is None:
                continue
            diary, covers = self._by_id[resource_id], self.footprint(kind, wanted.needs).covers(start)
            diary.free[day] = diary.free[day] & ~covers if add else diary.free[day] | covers
            diary.load += 1 if add else -1
        self.chaired[wanted.chair_id, day] += 1 if add else -1
        self._count(placed, day, 1 if add else -1)
        if placed.police_team_id is not None:
            pool, covers = self._pools[placed.police_team_id], self.footprint(ResourceKind.POLICE, wanted.needs).covers(start)
            (pool.add if add else pool.remove)(day, covers)

    def count(self, placed: Placed, *, sign: int = 1) -> None:
        """Of a placement whose holds the board began with: where it is, for the days' loads and its chair's journeys."""
        self._count(placed, self.calendar.index[placed.day], sign)

    def _count(self, placed: Placed, day: int, sign: int) -> None:
        wanted = placed.wanted
        self.in_rooms[day] += sign * wanted.needs.room
        self.by_place[wanted.chair_id, day, wanted.needs.room] += sign * (not wanted.needs.remote)

    def _suitable_rooms(self, needs: MeetingNeeds) -> list[Diary]:
        key = needs.kind, needs.apart
        if key not in self._suitable:
            self._suitable[key] = [each for each in self._rooms if suits(each.resource, needs)]
        return self._suitable[key]

    @staticmethod
    def _any(diaries: list[Diary], print_: Footprint, day: int) -> int:
        found = 0
        for each in diaries:
            found |= print_.fits(each.at_work[day], each.free[day])
        return found

    def _choose(self, diaries: list[Diary], kind: ResourceKind, needs: MeetingNeeds, day: int, start: int) -> UUID:
        print_ = self.footprint(kind, needs)
        return next(each.resource.id for each in diaries if print_.fits(each.at_work[day], each.free[day]) >> start & 1)

    def _choose_room(self, needs: MeetingNeeds, day: int, start: int) -> UUID:
        return self._choose(self._suitable_rooms(needs), ResourceKind.ROOM, needs, day, start)

    def _choose_note_taker(self, needs: MeetingNeeds, day: int, start: int) -> UUID:
        return self._choose(sorted(self._who_can_write(needs, day), key=_by_load), ResourceKind.NOTE_TAKER, needs, day, start)

    def _choose_team(self, needs: MeetingNeeds, day: int, start: int) -> UUID:
        span = self.footprint(ResourceKind.POLICE, needs)
        free = {team_id: run_of(pool.free(day), span.blocked_from, span.blocked_until) for team_id, pool in self._pools.items()}
        return next(team_id for team_id, starts in free.items() if starts >> start & 1)


def _form(resource: ResourceKind, needs: MeetingNeeds) -> _Form:
    """What says how much a meeting takes of a resource."""
    return resource, needs.kind, needs.minutes, needs.room, needs.remote, needs.apart


def _touch(one: TimeWindow, other: TimeWindow) -> bool:
    return one.overlaps(other.widened(before=_ROUNDED, after=_ROUNDED))


def _by_load(diary: Diary) -> tuple[int, str]:
    return diary.load, diary.resource.code

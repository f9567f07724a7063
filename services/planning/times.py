"""When everybody and everything is free, by exact windows: a meeting that was booked by hand begins when it begins, whatever the
five minutes of a board."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from services.booking.needs import Span, span_of
from services.kernel.window import TimeWindow
from services.planning.answer import Placed
from services.planning.problem import Booked, PoliceTeam, Problem
from services.planning.writing import Part, WriteUp, asked_by, given_up_by, held_by, taken_by

_Windows = defaultdict[tuple[UUID, date], list[TimeWindow]]


class Times:
    """The diary as it is being repaired."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._teams = {each.id: each for each in problem.police}
        self._at_work: _Windows = defaultdict(list)
        self._busy: _Windows = defaultdict(list)
        self._places: defaultdict[tuple[UUID, date], list[list[TimeWindow]]] = defaultdict(list)
        for each in (*problem.chairs, *problem.rooms, *problem.note_takers):
            _spread(self._at_work, each.id, each.available)
            _spread(self._busy, each.id, each.busy)
        for team in problem.police:
            _spread(self._busy, team.id, team.busy)
            for place in team.places:
                of_place: _Windows = defaultdict(list)
                _spread(of_place, team.id, place)
                for key, windows in of_place.items():
                    self._places[key].append(windows)
        self._write_up = WriteUp(problem.note_takers)
        self._gone: list[tuple[UUID, TimeWindow]] = []
        self._taken: list[tuple[UUID, TimeWindow]] = []

    def free(self, resource_id: UUID, span: Span) -> bool:
        """Whether the chair, room or note-taker is at work and not taken; of a team: whether a place is."""
        key = resource_id, span.attended.start.date()
        if resource_id in self._teams:
            return has_place(self._places[key], self._busy[key], span.attended)
        return at_work(self._at_work[key], span.attended) and not any(span.blocked.overlaps(each) for each in self._busy[key])

    def is_clear(self, resource_id: UUID, window: TimeWindow) -> bool:
        """Whether nobody else has what a meeting that stands holds for that window; of a team: whether a place is left."""
        key = resource_id, window.start.date()
        if resource_id in self._teams:
            return has_place(self._places[key], self._busy[key], window)
        return not any(window.overlaps(each) for each in self._busy[key])

    def can_write(self, note_taker: UUID, booked: Booked) -> bool:
        """Whether the note-taker can write that meeting up beside what she has in the weeks of its sittings to come."""
        asked = asked_by(booked.needs, (*booked.besides, booked.meeting))
        return all(self._write_up.of(note_taker, monday).has_room(minutes) for monday, minutes in asked.items())

    def load(self, resource_id: UUID, booked: Booked) -> int:
        """What it has on the day of that meeting already."""
        return len(self._busy[resource_id, booked.meeting.start.date()])

    def change(self, placed: Placed) -> None:
        """What the placement gives up is free, what it takes is taken."""
        gone, taken = list(placed.gives_up), list(blocked_by(placed))
        self._gone += gone
        self._taken += taken
        self._mark(gone, taken)
        self._write_up.add(given_up_by(placed), -1)
        self._write_up.add(taken_by(placed))

    def undo(self, placed: Placed) -> None:
        """The last change, which was this one, has not been made."""
        gone, taken = list(placed.gives_up), list(blocked_by(placed))
        del self._gone[len(self._gone) - len(gone) :]
        del self._taken[len(self._taken) - len(taken) :]
        self._mark(taken, gone)
        self._write_up.add(taken_by(placed), -1)
        self._write_up.add(given_up_by(placed))

    @contextmanager
    def vacated(self, meetings: Iterable[Booked]) -> Iterator[None]:
        """Meanwhile these meetings, none of which is changed, hold nothing and leave nothing to write up."""
        known = list(meetings)
        gone = [each for booked in known for each in booked.holds]
        written = [part for booked in known for part in held_by(booked)]
        self.lift(gone, written)
        try:
            yield
        finally:
            self.lift(gone, written, back=True)

    def lift(self, holds: Collection[tuple[UUID, TimeWindow]], written: Iterable[Part], *, back: bool = False) -> None:
        """What a meeting holds, and leaves to write up, is free; or taken again."""
        self._mark(*(((), holds) if back else (holds, ())))
        self._write_up.add(written, 1 if back else -1)

    def problem(self, changed: Iterable[Placed] = ()) -> Problem:
        """The problem with the diary as it is now; `changed`: what was changed, for who chairs when."""
        busy = {each.id: list(each.busy) for each in (*self._problem.chairs, *self._problem.rooms, *self._problem.note_takers)}
        busy |= {each.id: list(each.busy) for each in self._problem.police}
        for resource_id, window in self._taken:
            busy[resource_id].append(window)
        for resource_id, window in self._gone:
            if window in busy.get(resource_id, ()):
                busy[resource_id].remove(window)
        return replace(
            self._problem,
            chairs=tuple(replace(each, busy=tuple(busy[each.id])) for each in self._problem.chairs),
            rooms=tuple(replace(each, busy=tuple(busy[each.id])) for each in self._problem.rooms),
            note_takers=self._write_up.carried_to(replace(each, busy=tuple(busy[each.id])) for each in self._problem.note_takers),
            police=tuple(replace(each, busy=tuple(busy[each.id])) for each in self._problem.police),
            chairing=_chairing(self._problem, changed),
        )

    def _mark(self, gone: Iterable[tuple[UUID, TimeWindow]], taken: Iterable[tuple[UUID, TimeWindow]]) -> None:
        for resource_id, window in gone:
            for day in _days(window):
                if window in self._busy[resource_id, day]:
                    self._busy[resource_id, day].remove(window)
        for resource_id, window in taken:
            for day in _days(window):
                self._busy[resource_id, day].append(window)


def without(problem: Problem, meetings: Iterable[Booked]) -> Problem:
    """The problem as if these meetings held nothing."""
    gone: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    write_up = WriteUp(problem.note_takers)
    for booked in meetings:
        write_up.add(held_by(booked), -1)
        for resource_id, window in booked.holds:
            gone[resource_id].append(window)
    return replace(
        problem,
        chairs=tuple(replace(each, busy=_less(each.busy, gone[each.id])) for each in problem.chairs),
        rooms=tuple(replace(each, busy=_less(each.busy, gone[each.id])) for each in problem.rooms),
        note_takers=write_up.carried_to(replace(each, busy=_less(each.busy, gone[each.id])) for each in problem.note_takers),
        police=tuple(replace(each, busy=_less(each.busy, gone[each.id])) for each in problem.police),
    )


def at_work(available: Iterable[TimeWindow], attended: TimeWindow) -> bool:
    """Whether the time lies wholly inside windows of work; those that touch count as one."""
    reached = attended.start
    for each in sorted(available):
        if each.start <= reached < each.end:
            reached = each.end
    return reached >= attended.end


def has_place(places: Iterable[Iterable[TimeWindow]], busy: Iterable[TimeWindow], attended: TimeWindow) -> bool:
    """Whether at every instant of that time fewer attend than places have duty."""
    duty, taken = [list(place) for place in places], [each for each in busy if each.overlaps(attended)]
    edges = {attended.start, *(each.start for each in taken if attended.start <= each.start)}
    edges |= {each.end for place in duty for each in place if attended.start <= each.end < attended.end}
    return all(
        sum(1 for place in duty if any(each.start <= instant < each.end for each in place))
        > sum(1 for each in taken if each.start <= instant < each.end)
        for instant in edges
    )


def could_have_sent(team: PoliceTeam, attended: TimeWindow) -> bool:
    """Whether the team has a place beside what stands."""
    return has_place(team.places, team.busy, attended)


def blocked_by(placed: Placed) -> Iterator[tuple[UUID, TimeWindow]]:
    """What the placement takes that it does not hold already."""
    for kind, resource_id in placed.takes.items():
        for window in placed.windows:
            yield resource_id, span_of(kind, placed.wanted.needs, window).blocked


def _chairing(problem: Problem, changed: Iterable[Placed]) -> tuple[tuple[UUID, date], ...]:
    chairing = list(problem.chairing)
    for each in changed:
        before = each.wanted.booked
        if before is not None:
            was = before.chaired
            if was is not None and was in chairing:
                chairing.remove(was)
            chairing.append((each.wanted.chair_id, each.day))
    return tuple(chairing)


def _spread(into: Mapping[tuple[UUID, date], list[TimeWindow]], resource_id: UUID, windows: Iterable[TimeWindow]) -> None:
    for window in windows:
        for day in _days(window):
            into[resource_id, day].append(window)


def _days(window: TimeWindow) -> tuple[date, ...]:
    first, last = window.start.date(), window.end.date()
    if first == last:
        return (first,)
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def _less(windows: tuple[TimeWindow, ...], gone: Iterable[TimeWindow]) -> tuple[TimeWindow, ...]:
    found = list(windows)
    for each in gone:
        if each in found:
            found.remove(each)
    return tuple(found)

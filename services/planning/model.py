"""The exact search, by CP-SAT: meetings over their days and times with every resource, as intervals that may not overlap.

A whole year is not put to the solver at once. `laying` builds the diary day by day and asks here for what is hard:
rearranging the neighbours of a meeting that finds no place in time, and proving how many must be late (`arranging`).
The rules carry the names that `rules` gives them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from ortools.sat.python import cp_model

from services.kernel.window import monday_of
from services.kernel.words import ResourceKind
from services.planning.bits import WIDTH, Footprint, starts_in
from services.planning.board import Board
from services.planning.preferences import missed_beyond, weights
from services.planning.problem import Wanted

CpSolver: TypeAlias = cp_model.CpSolver
IntVar: TypeAlias = cp_model.IntVar
IntervalVar: TypeAlias = cp_model.IntervalVar
LinearExprT: TypeAlias = cp_model.LinearExprT

SECONDS = 20.0
"""Never longer, however slow the machine: the deterministic limit ends a search first."""

ALTERNATIVES = 10
"""Rooms, and note-takers, that one search weighs for a meeting: the freest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A meeting with the days that it may have, each with its cost. `police`: whether they must attend.

    `stays`: day and start of one that stands: there it costs nothing, elsewhere it counts as moved; `has`: what it has, which it
    keeps where it can.
    """

    wanted: Wanted
    days: Mapping[int, int]
    police: bool
    hint: tuple[int, int] | None = None
    stays: tuple[int, int] | None = None
    has: Mapping[ResourceKind, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """Day and start for a meeting, with what was chosen of each kind that it shares with others."""

    day: int
    start: int
    chosen: Mapping[ResourceKind, UUID]


@dataclass(slots=True)
class Meeting:
    """The variables of one meeting; `on`: by day, `waived`: whether police may stay away, and do."""

    choice: Choice
    start: cp_model.IntVar
    on: dict[int, cp_model.IntVar]
    starts: dict[int, int]
    present: cp_model.IntVar | None = None
    moved: cp_model.IntVar | None = None
    waived: cp_model.IntVar | None = None
    unwished: list[cp_model.IntVar] = field(default_factory=list)
    taken: list[tuple[ResourceKind, UUID, cp_model.IntVar]] = field(default_factory=list)


class Search:
    """One model being built over what is free on `board`."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.model = cp_model.CpModel()
        self.meetings: list[Meeting] = []
        self.closed = False
        """Whether the last search went through all there is."""
        self._held: defaultdict[object, list[cp_model.IntervalVar]] = defaultdict(list)
        self._police_on: set[int] = set()
        """Days on which police attend what stays at its time."""
        self._written: defaultdict[tuple[UUID, date], list[tuple[int, cp_model.IntVar]]] = defaultdict(list)
        """By note-taker and week: minutes that what stays at its time has to be written up, where it has her."""
        self._kept = Counter[tuple[UUID, date]]()
        """The same of those who have her as things stand, be it more than she can."""

    def add(self, choice: Choice, *, optional: bool, shared: bool = True) -> None:
        """The meeting with a start on one of its days; `optional`: it may stay away. `shared`: police count too."""
        masks = {day: self._starts(choice, day, police=shared) for day in choice.days}
        model, values = self.model, {day: list(starts_in(mask)) for day, mask in masks.items() if mask}
        domain = [day * WIDTH + start for day, starts in values.items() for start in starts]
        start = model.new_int_var_from_domain(cp_model.Domain.from_values(domain or [0]), "start")
        on = {day: model.new_bool_var(f"on {day}") for day in values}
        for day, starts in values.items():
            times = cp_model.Domain.from_values([day * WIDTH + each for each in starts])
            model.add_linear_expression_in_domain(start, times).only_enforce_if(on[day])
        present = model.new_bool_var("present") if optional else None
        moved = None
        if choice.stays is not None:
            moved = model.new_bool_var("moved")
            model.add(start == choice.stays[0] * WIDTH + choice.stays[1]).only_enforce_if(moved.negated())
        if present is None:
            model.add_exactly_one(on.values())
        else:
            model.add(sum(on.values()) == present)
        self.meetings.append(Meeting(choice, start, on, {day: mask for day, mask in masks.items() if mask}, present, moved))

    def wishes(self) -> None:
        """How much of the children's own time each start misses beyond what every start of its day does, which the day costs."""
        for each in self.meetings:
            levels = {day: missed_beyond(self.board, each.choice.wanted, day) for day in each.on}
            for number in range(max((len(levels_) for levels_ in levels.values()), default=0)):
                respected = [
                    day * WIDTH + start
                    for day, starts in each.starts.items()
                    for start in starts_in(starts & ~(levels[day][number] if number < len(levels[day]) else 0))
                ]
                unwished = self.model.new_bool_var("unwished")
                self.model.add_linear_expression_in_domain(each.start, cp_model.Domain.from_values(respected or [-1])).only_enforce_if(
                    unwished.negated()
                )
                each.unwished.append(unwished)

    def _starts(self, choice: Choice, day: int, *, police: bool) -> int:
        return self.board.starts(choice.wanted, day, police=choice.police and police)

    def may_lack_police(self, each: Meeting) -> None:
        """Police may stay away for the law's day alone: of a meeting in time."""
        if each.choice.wanted.needs.police:
            each.waived = self.model.new_bool_var("waived")
            self.model.add(sum(on for day, on in each.on.items() if not self.days_late(each, day)) >= each.waived)

    def days_late(self, each: Meeting, day: int) -> int:
        """How many days late the meeting is on that day of the board."""
        return each.choice.wanted.days_late(self.board.days[day])

    def no_two_places_chairs(self) -> None:
        """Nobody chairs two meetings at a time, travel and record included."""
        for each in self.meetings:
            self._hold(each, ("chair", each.choice.wanted.chair_id), ResourceKind.IRO, each.present)
        self._close("chair")

    def no_two_places_rooms_and_note_takers(self) -> None:
        """Each meeting has one of the rooms and one of the note-takers that suit, and shares neither."""
        for each in self.meetings:
            needs = each.choice.wanted.needs
            if needs.room:
                self._choose(each, ResourceKind.ROOM, {day: self.board.rooms_apart(needs, day) for day in each.on})
            if needs.note_taker:
                self._choose(each, ResourceKind.NOTE_TAKER, {day: self.board.note_takers_apart(needs, day) for day in each.on})
        self._close(ResourceKind.ROOM)
        self._close(ResourceKind.NOTE_TAKER)

    def write_up_capacity(self) -> None:
        """No note-taker gets more to write up in a week than she can do beside what stands."""
        asked: defaultdict[tuple[UUID, date], list[tuple[Meeting, cp_model.IntVar, list[int]]]] = defaultdict(list)
        for each in self.meetings:
            weeks = self._weeks(each) if each.choice.wanted.needs.write_up else {}
            for kind, note_taker, taken in each.taken:
                if kind is ResourceKind.NOTE_TAKER:
                    for monday, days in weeks.items():
                        asked[note_taker, monday].append((each, taken, days))
        for note_taker, monday in {**asked, **self._written}:
            some, standing = asked[note_taker, monday], self._written[note_taker, monday]
            minutes = [each.choice.wanted.needs.write_up for each, _, _ in some]
            left = max(self.board.writing(note_taker, monday).left, self._kept[note_taker, monday])
            if sum(minutes) + sum(size for size, _ in standing) > left:
                added = sum(size * self._then(*one) for size, one in zip(minutes, some, strict=True))
                self.model.add(added + sum(size * taken for size, taken in standing) <= left)

    def _weeks(self, each: Meeting) -> dict[date, list[int]]:
        """The days that the meeting may have, by the Monday of their week."""
        found: dict[date, list[int]] = {}
        for day in each.on:
            found.setdefault(monday_of(self.board.days[day]), []).append(day)
        return found

    def _then(self, each: Meeting, taken: cp_model.IntVar, days: list[int]) -> cp_model.IntVar:
        """Whether the meeting takes it, on one of these days."""
        if len(days) == len(each.on):
            return taken
        then = self.model.new_bool_var("then")
        for day in days:
            self.model.add_bool_or([taken.negated(), each.on[day].negated(), then])
        return then

    def police_capacity(self) -> None:
        """No team attends more conferences at a time than it has places on duty."""
        attended = [each for each in self.meetings if each.choice.police and each.choice.wanted.needs.police]
        days = {day for each in attended for day in each.on} | self._police_on
        lots: defaultdict[int, list[cp_model.IntVar]] = defaultdict(list)
        for team in self.board.problem.police:
            spans = list(self._held[ResourceKind.POLICE, team.id])
            for number, each in enumerate(attended):
                sent = self.model.new_bool_var("sent")
                each.taken.append((ResourceKind.POLICE, team.id, sent))
                lots[number].append(sent)
                spans.append(self._interval(each, ResourceKind.POLICE, sent))
            for day in days:
                for level in self.board.police_taken(team.id, day):
                    spans += [
                        self.model.new_fixed_size_interval_var(day * WIDTH + first, size, "taken") for first, size in _stretches(level)
                    ]
            self.model.add_cumulative(spans, [1] * len(spans), len(team.places))
        for number, each in enumerate(attended):
            expected = 1 if each.present is None else each.present
            self.model.add(sum(lots[number]) == (expected if each.waived is None else expected - each.waived))

    def pooled(self) -> None:
        """Rooms, note-takers and their write-up as pools: weaker than choosing each, so what it proves holds for the choice too."""
        rooms = [each for each in self.meetings if each.choice.wanted.needs.room]
        noters = [each for each in self.meetings if each.choice.wanted.needs.note_taker]
        suitable = {room for each in rooms for room in self.board.rooms_apart(each.choice.wanted.needs, 0)}
        for kind, users, capacity in (
            (ResourceKind.ROOM, rooms, len(suitable)),
            (ResourceKind.NOTE_TAKER, noters, len(self.board.problem.note_takers)),
        ):
            spans = [self._interval(each, kind, each.present) for each in users]
            self.model.add_cumulative(spans, [1] * len(spans), capacity)
        for monday in sorted({monday for each in noters for monday in self._weeks(each)}):
            left = sum(self.board.writing(each.id, monday).left for each in self.board.problem.note_takers)
            then = [(each.choice.wanted.needs.write_up, each.on[day]) for each in noters for day in self._weeks(each).get(monday, ())]
            if sum(minutes for minutes, _ in then) > left:
                self.model.add(sum(minutes * on for minutes, on in then) <= left)

    def booked_stay(self, most: int) -> None:
        """Of the meetings that stand at most so many get another time."""
        moved = [each.moved for each in self.meetings if each.moved is not None]
        if moved:
            self.model.add(sum(moved) <= most)

    def cheapest_days(self) -> None:
        """The cheapest days and starts; before them, as few as possible of what stands is moved, then changed at its time."""
        self.model.minimize(self._cost_of_days())

    def _cost_of_days(self) -> LinearExprT:
        days = sum(cost * each.on[day] for each in self.meetings for day, cost in each.choice.days.items() if day in each.on)
        unwished = sum(missed for each in self.meetings for missed in each.unwished)
        moved = sum(each.moved for each in self.meetings if each.moved is not None)
        kept = sum(taken for each in self.meetings for kind, known, taken in each.taken if each.choice.has.get(kind) == known)
        weigh = weights(self.board)
        return days + weigh.wishes * unwished + weigh.booked_stay * moved - weigh.changed * kept

    @staticmethod
    def total(terms: Iterable[LinearExprT]) -> LinearExprT:
        """The sum."""
        return cp_model.LinearExpr.sum(list(terms))

    def fewest_late(self) -> None:
        self.model.maximize(sum(each.present for each in self.meetings if each.present is not None))

    def solver(self, effort: float, *, after: cp_model.CpSolver | None = None) -> tuple[cp_model.CpSolver, bool]:
        """The search done, from what was found `after` an earlier one on; whether it found an answer. The same model gives the same
        answer every time."""
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for each in self.meetings:
            if after is not None:
                self.model.add_hint(each.start, after.value(each.start))
            elif each.choice.hint is not None:
                self.model.add_hint(each.start, each.choice.hint[0] * WIDTH + each.choice.hint[1])
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = effort
        solver.parameters.max_time_in_seconds = SECONDS
        status = solver.solve(self.model)
        self.closed = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
        return solver, status in (cp_model.OPTIMAL, cp_model.FEASIBLE)

    def _choose(self, each: Meeting, kind: ResourceKind, masks: dict[int, dict[UUID, int]], *, holder: object = None) -> None:
        """One of them, free at the start. `holder`: under what name they are held, if not their kind's."""
        chosen = []
        has = each.choice.has.get(kind)
        freest = sorted(
            next(iter(masks.values()), {}), key=lambda known: (known != has, -sum(apart[known].bit_count() for apart in masks.values()))
        )
        for resource_id in freest[:ALTERNATIVES]:
            domain = [day * WIDTH + start for day, apart in masks.items() for start in starts_in(apart[resource_id])]
            if not domain:
                continue
            taken = self.model.new_bool_var("taken")
            self.model.add_linear_expression_in_domain(each.start, cp_model.Domain.from_values(domain)).only_enforce_if(taken)
            self._hold(each, (holder or kind, resource_id), kind, taken)
            each.taken.append((kind, resource_id, taken))
            chosen.append(taken)
        self.model.add(sum(chosen) == (1 if each.present is None else each.present))

    def _hold(self, each: Meeting, holder: tuple[object, UUID], kind: ResourceKind, present: cp_model.IntVar | None) -> None:
        self._held[holder].append(self._interval(each, kind, present))

    def _interval(self, each: Meeting, kind: ResourceKind, present: cp_model.IntVar | None) -> cp_model.IntervalVar:
        span: Footprint = self.board.footprint(kind, each.choice.wanted.needs)
        first, size = each.start + span.blocked_from, span.blocked_until - span.blocked_from
        if present is None:
            return self.model.new_fixed_size_interval_var(first, size, kind.value)
        return self.model.new_optional_fixed_size_interval_var(first, size, present, kind.value)

    def _close(self, sort: object) -> None:
        for holder, spans in self._held.items():
            if isinstance(holder, tuple) and holder[0] == sort and len(spans) > 1:
                self.model.add_no_overlap(spans)


def _stretches(mask: int) -> list[tuple[int, int]]:
    """Runs of set bits: first bit and length."""
    found, at = [], 0
    while mask:
        low = (mask & -mask).bit_length() - 1
        mask >>= low
        size = (~mask & (mask + 1)).bit_length() - 1
        found.append((at + low, size))
        mask >>= size
        at += low + size
    return found


def arranged(solver: cp_model.CpSolver, meeting: Meeting) -> Arranged:
    day, start = divmod(solver.value(meeting.start), WIDTH)
    chosen = {kind: resource_id for kind, resource_id, taken in meeting.taken if solver.boolean_value(taken)}
    return Arranged(day=day, start=start, chosen=chosen)

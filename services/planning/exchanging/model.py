"""A few meetings settled together and exactly, by all goals that do not choose between days: what is owed over its days, what stands at
its time or at another, each with whoever and whatever it might have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

from services.booking.needs import span_of
from services.directory.planning import Goal
from services.kernel.window import TimeWindow
from services.kernel.words import ResourceKind
from services.planning.bits import WIDTH
from services.planning.exchanging.around import Around
from services.planning.exchanging.members import Member, starts_of
from services.planning.exchanging.pieces import EXACT, Cost
from services.planning.following import is_entangled
from services.planning.goals import days_without_place
from services.planning.model import Arranged, Choice, CpSolver, IntervalVar, IntVar, LinearExprT, Meeting, Search, arranged
from services.planning.preferences import weights
from services.planning.problem import Booked
from services.planning.writing import asked_by

EFFORT = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What becomes of a meeting. `place` None: what is owed has none, what stands stays at its time with `has`. `waived`: police stay
    away."""

    place: Arranged | None
    waived: bool = False
    chair_id: UUID | None = None
    has: Mapping[ResourceKind, UUID] | None = None


@dataclass(slots=True)
class _Standing:
    """The variables of a meeting at its own time: whom and what it has there of each kind, and what it goes on lacking."""

    booked: Booked
    taken: dict[ResourceKind, dict[UUID, IntVar]]
    lacking: dict[ResourceKind, IntVar]


class Exchange(Search):
    """Meetings that may each have any of their alternatives."""

    def __init__(self, around: Around, members: Sequence[Member]) -> None:
        super().__init__(around.board)
        self._around = around
        self._members = {each.choice.wanted.key: each for each in members}
        self._standing: dict[object, _Standing] = {}
        self._terms: defaultdict[Goal, list[LinearExprT]] = defaultdict(list)
        self._most: defaultdict[Goal, int] = defaultdict(int)
        for member in members:
            self.add(member.choice, optional=True, shared=False)
            self._pose(member, self.meetings[-1])
        self._one_of_two_moves()
        self.no_two_places_chairs()
        self.no_two_places_rooms_and_note_takers()
        self.write_up_capacity()
        self.police_capacity()
        self.booked_stay(around.may_move)
        self.wishes()
        self._weights = self._weigh()

    def least(self, below: Cost) -> list[Became] | None:
        """What becomes of each: as near to the goals as can be, in the order of the unit, nearer than `below`; with that, on the cheapest
        days. None: nothing nearer was found; if the search is `closed`, there is nothing."""
        total = self.total(weight * term for goal, weight in self._weights.items() for term in self._terms[goal])
        self.model.add(total < sum(self._weights[goal] * number for goal, number in zip(EXACT, below, strict=True)))
        self.model.minimize(total)
        nearest, found = self.solver(EFFORT)
        closed = self.closed
        if not found:
            return None
        self.model.add(total <= round(nearest.objective_value))
        self.cheapest_days()
        cheapest, found = self.solver(EFFORT, after=nearest)
        self.closed = closed
        return [self._became(cheapest if found else nearest, each) for each in self.meetings]

    # ------------------------------------------------------------------------------------------------------ alternatives

    def _pose(self, member: Member, meeting: Meeting) -> None:
        assert meeting.present is not None
        if member.booked is None:
            self.may_lack_police(meeting)
            if member.must:
                self.model.add(meeting.present == 1)
            self._count_owed(meeting, meeting.present)
        else:
            meeting.moved = meeting.present
            standing = self._stay(member, member.booked, meeting.present)
            self._count_standing(member.booked, standing, meeting, meeting.present)

    def _starts(self, choice: Choice, day: int, *, police: bool) -> int:
        """Of what stands, whoever chairs it, and not its own time."""
        member, found = self._members[choice.wanted.key], 0
        for starts in starts_of(self._around, choice.wanted, member.chairs, day):
            found |= starts
        if member.booked is not None and member.booked.day == self.board.days[day]:
            unit = self.board.calendar.unit(day, member.booked.meeting.start)
            found &= ~(1 << int(unit)) if unit == int(unit) else -1
        return found

    def _stay(self, member: Member, booked: Booked, moved: IntVar) -> _Standing:
        """At its own time it has one of those who are able, of each kind, or goes on lacking what it lacks. Without a chair nothing of it
        changes."""
        model = self.model
        lacking = {kind: model.new_bool_var("lacking") for kind in member.able if kind in booked.lacks}
        taken: dict[ResourceKind, dict[UUID, IntVar]] = {}
        for kind, able in member.able.items():
            taken[kind] = {each: model.new_bool_var("stays with") for each in able}
            model.add(sum(taken[kind].values()) + lacking.get(kind, 0) == 1 - moved)
            for each, then in taken[kind].items():
                self._take(booked, kind, each, then)
                if ResourceKind.IRO in lacking and booked.has.get(kind) != each:
                    model.add_implication(then, lacking[ResourceKind.IRO].negated())
        standing = self._standing[booked.key] = _Standing(booked, taken, lacking)
        return standing

    def _take(self, booked: Booked, kind: ResourceKind, resource_id: UUID, then: IntVar) -> None:
        keeps, sittings = booked.has.get(kind) == resource_id, (booked.meeting, *booked.besides)
        spans = [span_of(kind, booked.needs, each).blocked for each in sittings]
        windows = [window for each, window in booked.holds if each == resource_id] if keeps else spans
        holder = ("chair", resource_id) if kind is ResourceKind.IRO else (kind, resource_id)
        for window in windows:
            self._held[holder].append(self._fixed(window, then))
            if kind is ResourceKind.POLICE:
                self._police_on.add(self.board.units_of(window)[0])
        if kind is ResourceKind.NOTE_TAKER:
            for monday, minutes in (booked.written if keeps else asked_by(booked.needs, sittings)).items():
                self._written[resource_id, monday].append((minutes, then))
                self._kept[resource_id, monday] += minutes * keeps

    def _fixed(self, window: TimeWindow, then: IntVar) -> IntervalVar:
        day, first, size = self.board.units_of(window)
        return self.model.new_optional_fixed_size_interval_var(day * WIDTH + first, size, then, "stays")

    def _one_of_two_moves(self) -> None:
        """Of two meetings that follow one another one is moved."""
        moved = [(self._standing[each.choice.wanted.key].booked, each.moved) for each in self.meetings if each.moved is not None]
        for (booked, one), (other, another) in combinations(moved, 2):
            if is_entangled(booked, {other.meeting_id}):
                self.model.add(one + another <= 1)

    def no_two_places_chairs(self) -> None:
        """Nobody chairs two meetings at a time; each has one of those who may chair it."""
        for each in self.meetings:
            chairs = self._members[each.choice.wanted.key].chairs
            apart = {day: {chair: self._starts_of_chair(each, chair, day) for chair in chairs} for day in each.on}
            self._choose(each, ResourceKind.IRO, apart, holder="chair")
        self._close("chair")

    def _starts_of_chair(self, each: Meeting, chair: UUID, day: int) -> int:
        return next(starts_of(self._around, each.choice.wanted, (chair,), day), 0) & each.starts[day]

    # ------------------------------------------------------------------------------------------------------------- goals

    def _count(self, goal: Goal, term: LinearExprT, most: int) -> None:
        self._terms[goal].append(term)
        self._most[goal] += most

    def _count_owed(self, each: Meeting, present: IntVar) -> None:
        wanted = each.choice.wanted
        missed = days_without_place(self._around.problem, wanted)
        late = {day: self.days_late(each, day) for day in each.on}
        self._count(Goal.LATE, 1 - present + sum(each.on[day] for day in late if late[day]), 1)
        self._count(Goal.DAYS_LATE, missed * (1 - present) + sum(late[day] * each.on[day] for day in late), max(missed, *late.values(), 0))
        if each.waived is not None:
            self._count(Goal.POLICE_AND_QUORUM, each.waived, 1)
        self._count_after_book_by(each)

    def _count_after_book_by(self, each: Meeting) -> None:
        after = [
            on for day, on in each.on.items() if self.board.days[day] > each.choice.wanted.book_by_on and not self.days_late(each, day)
        ]
        if after:
            self._count(Goal.BOOK_BY, sum(after), 1)

    def _count_standing(self, booked: Booked, standing: _Standing, each: Meeting, moved: IntVar) -> None:
        self._count(Goal.BOOKED_STAY, moved, 1)
        self._count_after_book_by(each)
        if booked.police_waived is not None and not booked.needs.police:
            self._count(Goal.POLICE_AND_QUORUM, moved, 1)
        if standing.lacking:
            lacks = self.model.new_bool_var("lacks")
            self.model.add_max_equality(lacks, list(standing.lacking.values()))
            self._count(Goal.POLICE_AND_QUORUM, lacks, 1)

    def _count_covers(self) -> None:
        """At its own time or at another, each meeting at most once."""
        for each in self.meetings:
            standing = self._standing.get(each.choice.wanted.key)
            if standing is not None:
                booked, chairless = standing.booked, standing.lacking.get(ResourceKind.IRO)
                covers = [then for chair, then in standing.taken.get(ResourceKind.IRO, {}).items() if booked.covers(chair)]
                covers += [taken for kind, chair, taken in each.taken if kind is ResourceKind.IRO and booked.covers(chair)]
                covers += [] if chairless is None else [chairless]
                if covers:
                    self._count(Goal.CHAIR_CONTINUITY, sum(covers), 1)

    def _weigh(self) -> dict[Goal, int]:
        """Each goal outweighs all after it."""
        self._count_covers()
        weight, found = 1, dict[Goal, int]()
        for goal in reversed([each for each in self._around.problem.policy.order if each in EXACT]):
            found[goal] = weight
            weight *= 1 + self._most[goal]
        return found

    def _cost_of_days(self) -> LinearExprT:
        """With what changes of what stays at its time, and first how much it goes on lacking."""
        changed, terms = weights(self.board).changed, [super()._cost_of_days()]
        for each in self._standing.values():
            terms += [16 * changed * lacking for lacking in each.lacking.values()]
            for kind, able in each.taken.items():
                terms += [changed * then for known, then in able.items() if each.booked.has.get(kind, known) != known]
        return self.total(terms)

    # ------------------------------------------------------------------------------------------------------------ answers

    def _became(self, solver: CpSolver, each: Meeting) -> Became:
        assert each.present is not None
        standing = self._standing.get(each.choice.wanted.key)
        if solver.boolean_value(each.present):
            place = arranged(solver, each)
            waived = each.waived is not None and solver.boolean_value(each.waived)
            return Became(place=place, waived=waived, chair_id=place.chosen[ResourceKind.IRO])
        if standing is None:
            return Became(place=None)
        chosen = ((kind, known, then) for kind, able in standing.taken.items() for known, then in able.items())
        return Became(place=None, has={kind: known for kind, known, then in chosen if solver.boolean_value(then)})

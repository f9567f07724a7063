"""Moves with the running sums of their objective: what one more or one less would cost is known without counting all anew.

Officers and bundles are numbers here, in the order of their codes and references, so that nothing hangs on identities.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest

from services.allocation import rules as allocation
from services.allocation.moving import rules
from services.allocation.moving.problem import FIRST, WISHES, Answer, Bundle, Problem
from services.allocation.problem import Officer

Value = tuple[int, ...]

_FULLEST = 5


@dataclass(frozen=True, slots=True)
class Change:
    """A bundle (by its number on the board) and the officer whom it would have."""

    bundle: int
    officer: int


class Ground:
    """What stays the same whatever is moved."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.max_moves = rules.moves_allowed(problem)
        self.officers: tuple[Officer, ...] = tuple(sorted(problem.officers, key=lambda officer: officer.code))
        self.original = sorted(range(len(problem.bundles)), key=lambda number: problem.bundles[number].children)
        self.bundles: tuple[Bundle, ...] = tuple(problem.bundles[number] for number in self.original)
        self.number = {officer.id: index for index, officer in enumerate(self.officers)}
        self.home = [self.number[bundle.officer] for bundle in self.bundles]
        self.mine: list[list[int]] = [[] for _ in self.officers]
        for index, home in enumerate(self.home):
            self.mine[home].append(index)
        self.points = [bundle.points for bundle in self.bundles]
        self.size = [len(bundle.members) for bundle in self.bundles]
        self.leaving = [size * bundle.must_move for size, bundle in zip(self.size, self.bundles, strict=True)]
        self.guarded = [size * (bundle.protected is not None) for size, bundle in zip(self.size, self.bundles, strict=True)]
        self.meetings = [bundle.meetings for bundle in self.bundles]
        self.limit = [officer.limit for officer in self.officers]
        self.uneven = [allocation.unevenness(officer, 1) if officer.limit > 0 else 0 for officer in self.officers]
        self.available = [index for index, officer in enumerate(self.officers) if officer.limit > 0]
        self.start = [officer.held for officer in self.officers]
        for index, home in enumerate(self.home):
            self.start[home] += self.points[index]
        self.roof = [max(officer.limit, start) for officer, start in zip(self.officers, self.start, strict=True)]
        self._find_relatives()
        self.allowed = [self._find_allowed(index) for index in range(len(self.bundles))]
        self._find_families()
        self.wishes = rules.Wishes(problem)
        self._missed: dict[tuple[int, int], tuple[int, ...]] = {}
        self.wishful = [self.wishes.matter(bundle) for bundle in self.bundles]
        self.wish_names = [name for name in problem.terms if name in WISHES]

    def _find_relatives(self) -> None:
        place = {number: index for index, number in enumerate(self.original)}
        self.relatives: dict[int, set[int]] = {}
        for one, other in rules.kin(self.problem):
            self.relatives.setdefault(place[one], set()).add(place[other])
            self.relatives.setdefault(place[other], set()).add(place[one])

    def _find_allowed(self, index: int) -> tuple[int, ...]:
        """Officers to whom the bundle could move, nobody else moving."""
        if index in self.relatives.get(index, ()):
            return ()
        barred = {bar.officer for bar in self.bundles[index].barred}
        return tuple(each for each in self.available if each != self.home[index] and self.officers[each].id not in barred)

    def _find_families(self) -> None:
        """Families of several bundles, or with members elsewhere: only for these does it matter who has whom."""
        members: dict[str, list[int]] = {}
        for index, bundle in enumerate(self.bundles):
            members.setdefault(rules.family_of(bundle), []).append(index)
        self.families = [each for each in members.values() if len(each) > 1 or any(self.bundles[index].siblings_with for index in each)]
        self.family = {index: family for family, each in enumerate(self.families) for index in each}
        self.elsewhere = [
            {self.number[iro] for index in each for iro in self.bundles[index].siblings_with if iro in self.number}
            for each in self.families
        ]

    def missed(self, index: int, officer: int) -> tuple[int, ...]:
        """How many of the bundle's children would miss each wish with that officer, in the problem's order."""
        if not self.wishful[index]:
            return (0,) * len(WISHES)
        key = (index, officer)
        if key not in self._missed:
            found = self.wishes.missed(self.bundles[index], self.officers[officer])
            self._missed[key] = tuple(found[name] for name in self.wish_names)
        return self._missed[key]

    @cached_property
    def must(self) -> list[int]:
        return [index for index, bundle in enumerate(self.bundles) if bundle.must_move]


class Board:
    """An answer: `at` has the officer of each bundle."""

    def __init__(self, ground: Ground, at: list[int] | None = None) -> None:
        self.ground = ground
        self.at = list(ground.home if at is None else at)
        self.load = list(ground.start)
        for index, officer in enumerate(self.at):
            if officer != ground.home[index]:
                self.load[ground.home[index]] -= ground.points[index]
                self.load[officer] += ground.points[index]
        self.moved = {index for index, officer in enumerate(self.at) if officer != ground.home[index]}
        self.value: Value = rules.objective(ground.problem, self.answer())
        self.tries = 0
        self._rank()

    def _rank(self) -> None:
        """The fullest officers, more of them than one change concerns, and what each may hold without being fuller than they count as."""
        ground, level = self.ground, self.value[FIRST.index("worst_utilisation")]
        shares = ((allocation.utilisation(ground.officers[each], self.load[each]), each) for each in ground.available)
        self.fullest = nlargest(_FULLEST, shares)
        self.tall = [level * limit // allocation.WHOLE if limit > 0 else sum(ground.points) for limit in ground.limit]

    def answer(self) -> Answer:
        ground = self.ground
        return {ground.original[index]: ground.officers[self.at[index]].id for index in sorted(self.moved)}

    def copy(self) -> Board:
        other = Board.__new__(Board)
        other.ground, other.at, other.load, other.moved, other.value = (
            self.ground,
            list(self.at),
            list(self.load),
            set(self.moved),
            self.value,
        )
        other.fullest, other.tall, other.tries = list(self.fullest), list(self.tall), self.tries
        return other

    def term(self, name: str) -> int:
        return self.value[self.ground.problem.terms.index(name)]

    @property
    def worst(self) -> int:
        """The fullest officer's share of the limit, whatever the target."""
        return max((share for share, _ in self.fullest), default=0)

    def after(self, *changes: Change) -> Value | None:
        """The objective with these changes (each of another bundle), or None where a hard rule forbids them together."""
        places = {change.bundle: change.officer for change in changes}
        return self._after(places, self._loads_after(places))

    def better(self, *changes: Change) -> Value | None:
        """As `after`, and None, too, where that is no better than what is: mostly known from the loads alone."""
        places = {change.bundle: change.officer for change in changes}
        load = self._loads_after(places)
        if any(units > self.tall[each] for each, units in load.items()) and not self._may_help_before(places):
            return None
        value = self._after(places, load)
        return None if value is None or value >= self.value else value

    def _may_help_before(self, places: dict[int, int]) -> bool:
        """Whether the changes could do good to a term before that of the fullest."""
        ground = self.ground
        return self.value[1] > 0 or any(
            (ground.leaving[index] or ground.guarded[index]) and (self.at[index] == ground.home[index]) != (officer == ground.home[index])
            for index, officer in places.items()
        )

    def _loads_after(self, places: dict[int, int]) -> dict[int, int]:
        """What those would hold whom the changes concern."""
        load = dict[int, int]()
        for index, officer in places.items():
            before, points = self.at[index], self.ground.points[index]
            load[before] = load.get(before, self.load[before]) - points
            load[officer] = load.get(officer, self.load[officer]) + points
        return load

    def _after(self, places: dict[int, int], load: dict[int, int]) -> Value | None:
        ground, count = self.ground, len(self.moved)
        for index, officer in places.items():
            home = ground.home[index]
            if officer != home and officer not in ground.allowed[index]:
                return None
            count += (officer != home) - (self.at[index] != home)
        if count > ground.max_moves or any(units > ground.roof[each] and ground.limit[each] > 0 for each, units in load.items()):
            return None
        return None if self._kin_meet(places) else self._value_after(places, load, count)

    def _kin_meet(self, places: dict[int, int]) -> bool:
        ground = self.ground
        for index, officer in places.items():
            for other in ground.relatives.get(index, ()):
                there = places.get(other, self.at[other])
                if there == officer and not (officer == ground.home[index] and there == ground.home[other]):
                    return True
        return False

    def _value_after(self, places: dict[int, int], load: dict[int, int], count: int) -> Value:
        ground = self.ground
        left, over, protected, _, apart, meetings, _ = self.value[:7]
        for index, officer in places.items():
            step = (officer != ground.home[index]) - (self.at[index] != ground.home[index])
            if step:
                left -= step * ground.leaving[index]
                protected += step * ground.guarded[index]
                meetings += step * ground.meetings[index]
        uneven = self.value[-1]
        for each, units in load.items():
            was, limit = self.load[each], ground.limit[each]
            if limit > 0 and units != was:
                over += max(0, units - limit) - max(0, was - limit)
                uneven += (units * units - was * was) * ground.uneven[each]
        apart += self._apart_change(places)
        return (left, over, protected, self._worst(load), apart, meetings, count, *self._wishes_after(places), uneven)

    def _wishes_after(self, places: dict[int, int]) -> Value:
        ground, wishes = self.ground, self.value[7:-1]
        for index, officer in places.items():
            if ground.wishful[index]:
                there, here = ground.missed(index, officer), ground.missed(index, self.at[index])
                wishes = tuple(wish + one - other for wish, one, other in zip(wishes, there, here, strict=True))
        return wishes

    def _worst(self, load: dict[int, int]) -> int:
        ground, worst = self.ground, 0
        for each, units in load.items():
            if ground.limit[each] > 0:
                worst = max(worst, allocation.utilisation(ground.officers[each], units))
        others = next((share for share, each in self.fullest if each not in load), 0)
        return rules.counted(ground.problem, max(worst, others))

    def _apart_change(self, places: dict[int, int]) -> int:
        ground, change = self.ground, 0
        for family in {ground.family[index] for index in places if index in ground.family}:
            members, elsewhere = ground.families[family], ground.elsewhere[family]
            change += len({places.get(one, self.at[one]) for one in members} | elsewhere)
            change -= len({self.at[one] for one in members} | elsewhere)
        return change

    def make(self, *changes: Change, value: Value | None = None) -> None:
        """The changes are made; `value`, where known, is what `after` answered."""
        value = self.after(*changes) if value is None else value
        assert value is not None
        for change in changes:
            self.load[self.at[change.bundle]] -= self.ground.points[change.bundle]
            self.load[change.officer] += self.ground.points[change.bundle]
            self.at[change.bundle] = change.officer
            (self.moved.discard if change.officer == self.ground.home[change.bundle] else self.moved.add)(change.bundle)
        self.value = value
        self._rank()

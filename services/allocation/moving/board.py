"""Moves with the running sums of their objective: what one more or one less would cost is known without counting all anew.

Officers and bundles are numbers here, in the order of their codes and references, so that nothing hangs on identities.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from heapq import nlargest

from services.allocation import rules as allocation
from services.allocation.moving import rules
from services.allocation.moving.problem import WISHES, Answer, Bundle, Problem
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
        self._wishful = [self.wishes.matter(bundle) for bundle in self.bundles]
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
        if not self._wishful[index]:
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
        """The fullest officers: more of them than one change concerns."""
        shares = ((allocation.utilisation(self.ground.officers[each], self.load[each]), each) for each in self.ground.available)
        self.fullest = nlargest(_FULLEST, shares)

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
        other.fullest, other.tries = list(self.fullest), self.tries
        return other

    def term(self, name: str) -> int:
        return self.value[self.ground.problem.terms.index(name)]

    @property
    def worst(self) -> int:
        """The fullest officer's share of the limit, whatever the target."""
        return max((share for share, _ in self.fullest), default=0)

    def after(self, *changes: Change) -> Value | None:
        """The objective with these changes (each of another bundle), or None where a hard rule forbids them together."""
        ground = self.ground
        places = {change.bundle: change.officer for change in changes}
        load = dict[int, int]()
        count = len(self.moved)
        for index, officer in places.items():
            before = self.at[index]
            if officer != ground.home[index] and officer not in ground.allowed[index]:
                return None
            load[before] = load.get(before, self.load[before]) - ground.points[index]
            load[officer] = load.get(officer, self.load[officer]) + ground.points[index]
            count += (officer != ground.home[index]) - (before != ground.home[index])
        if count > ground.max_moves or any(units > ground.roof[each] and ground.officers[each].limit > 0 for each, units in load.items()):
            return None
        if self._kin_meet(places):
            return None
        return self._value_after(places, load, count)

    def _kin_meet(self, places: dict[int, int]) -> bool:
        ground = self.ground
        for index, officer in places.items():
            for other in ground.relatives.get(index, ()):
                there = places.get(other, self.at[other])
                if there == officer and not (officer == ground.home[index] and there == ground.home[other]):
                    return True
        return False

    def _value_after(self, places: dict[int, int], load: dict[int, int], count: int) -> Value:
        ground, bundles = self.ground, self.ground.bundles
        left, over, protected, _, apart, meetings, _ = self.value[:7]
        wishes, uneven = list(self.value[7:-1]), self.value[-1]
        for index, officer in places.items():
            before, home = self.at[index], ground.home[index]
            step = (officer != home) - (before != home)
            bundle = bundles[index]
            left -= step * ground.size[index] * bundle.must_move
            protected += step * ground.size[index] * (bundle.protected is not None)
            meetings += step * bundle.meetings
            there, here = ground.missed(index, officer), ground.missed(index, before)
            wishes = [wish + one - other for wish, one, other in zip(wishes, there, here, strict=True)]
        for each, units in load.items():
            officer_of, was = ground.officers[each], self.load[each]
            if officer_of.limit > 0:
                over += max(0, units - officer_of.limit) - max(0, was - officer_of.limit)
                uneven += allocation.unevenness(officer_of, units) - allocation.unevenness(officer_of, was)
        apart += self._apart_change(places)
        return (left, over, protected, self._worst(load), apart, meetings, count, *wishes, uneven)

    def _worst(self, load: dict[int, int]) -> int:
        officers = self.ground.officers
        shares = [allocation.utilisation(officers[each], units) for each, units in load.items() if officers[each].limit > 0]
        shares.extend(share for share, each in self.fullest if each not in load)
        return rules.counted(self.ground.problem, max(shares, default=0))

    def _apart_change(self, places: dict[int, int]) -> int:
        ground, change = self.ground, 0
        for family in sorted({ground.family[index] for index in places if index in ground.family}):
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

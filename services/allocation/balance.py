"""An answer with the running sums of its objective: what a change would cost is known without counting all again."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from services.allocation import rules
from services.allocation.problem import Answer, Child, Officer, Problem

NOBODY = -1
_FEW = 12


@dataclass(frozen=True, slots=True)
class Bundle:
    """Children of one group who go together, by the numbers of group and children in the problem."""

    group: int
    children: tuple[int, ...]


class Balance:
    """An answer in numbers: children as in `problem.children`, officers as in `problem.available`.

    `floor`: a share that the fullest officer cannot go below; below it the term `worst_utilisation` tells no answers apart.
    """

    def __init__(self, problem: Problem, answer: Answer, floor: int = 0) -> None:
        self.problem = problem
        self.floor = floor
        self.officers: tuple[Officer, ...] = problem.available
        self.children: tuple[Child, ...] = problem.children
        number = {officer.id: index for index, officer in enumerate(self.officers)}
        self.officer_of = [number[answer[child.id]] if child.id in answer else NOBODY for child in self.children]
        self.load = [officer.held for officer in self.officers]
        self.members: list[list[int]] = [[] for _ in problem.groups]
        for index, member in enumerate([group for group, family in enumerate(problem.groups) for _ in family.children]):
            self.members[member].append(index)
        for child, here in zip(self.children, self.officer_of, strict=True):
            if here != NOBODY:
                self.load[here] += child.points
        self._relatives = self._find_relatives()
        self._barred = [{number[bar.officer] for bar in child.barred if bar.officer in number} for child in self.children]
        self.misses = self._find_misses()
        self._sought = [_sought(rows) for rows in self.misses]
        self._families = {
            index: {number[iro] for iro in group.siblings_with if iro in number}
            for index, group in enumerate(problem.groups)
            if len(group.children) > 1 or group.siblings_with
        }
        self.place = {term: place for place, term in enumerate(problem.order)}
        self._values = list(rules.objective(problem, answer))
        self._values[self.place["worst_utilisation"]] = max(floor, self.value("worst_utilisation"))
        self._count_loads()

    def _count_loads(self) -> None:
        """What each officer's load adds to the terms of loads."""
        pairs = list(zip(self.officers, self.load, strict=True))
        self._excess = [rules.excess(officer, load) for officer, load in pairs]
        self._uneven = [rules.unevenness(officer, load) for officer, load in pairs]
        self._shares = [(rules.utilisation(officer, load), one) for one, (officer, load) in enumerate(pairs)]
        self._fullest = self._emptiest = self._shares
        self._moved = True

    def _find_relatives(self) -> dict[int, list[int]]:
        number = {child.id: index for index, child in enumerate(self.children)}
        found: dict[int, list[int]] = {}
        for parent, child in self.problem.parents:
            found.setdefault(number[parent], []).append(number[child])
            found.setdefault(number[child], []).append(number[parent])
        return found

    def _find_misses(self) -> list[tuple[tuple[str, tuple[bool, ...]], ...]]:
        """For each child the terms to which it matters who has it, and with which officers it would miss what they ask for."""
        team = rules.team_of(self.officers)
        kept: dict[tuple[str, object], tuple[bool, ...]] = {}
        found = []
        for child in self.children:
            mine = []
            for asked in _asks(child, team):
                if asked not in kept:
                    kept[asked] = tuple(rules.MISSES[asked[0]](child, officer, team) for officer in self.officers)
                if any(kept[asked]):
                    mine.append((asked[0], kept[asked]))
            found.append(tuple(mine))
        return found

    def _extremes(self) -> None:
        """The three fullest and the three emptiest officers, as far as a move has changed them."""
        if self._moved:
            self._fullest = heapq.nlargest(3, self._shares)
            self._emptiest = heapq.nsmallest(3, self._shares)
            self._moved = False

    @property
    def emptiest(self) -> list[int]:
        """The officers with the smallest shares."""
        self._extremes()
        return [index for _, index in self._emptiest]

    @property
    def objective(self) -> tuple[int, ...]:
        return tuple(self._values)

    def value(self, term: str) -> int:
        return self._values[self.place[term]]

    def answer(self) -> dict[UUID, UUID]:
        pairs = zip(self.children, self.officer_of, strict=True)
        return {child.id: self.officers[number].id for child, number in pairs if number != NOBODY}

    def bundles(self) -> Iterator[Bundle]:
        """The children of each group who are with one officer, as one."""
        for group, members in enumerate(self.members):
            if len(members) == 1:
                yield Bundle(group, (members[0],))
                continue
            for officer in dict.fromkeys(self.officer_of[child] for child in members):
                yield Bundle(group, tuple(child for child in members if self.officer_of[child] == officer))

    def whole(self, group: int) -> Bundle:
        """All children of a group."""
        return Bundle(group, tuple(self.members[group]))

    def wishes(self, bundle: Bundle) -> set[int]:
        """Officers who would be good for these children: brothers and sisters are there, or one of a few does what they ask for."""
        found: set[int] = set()
        if bundle.group in self._families:
            found |= {self.officer_of[child] for child in self.members[bundle.group] if child not in bundle.children} - {NOBODY}
            found |= self._families[bundle.group]
        return found.union(*(self._sought[child] for child in bundle.children))

    def first_gained(self, bundle: Bundle, officer: int) -> str | None:
        """The weightiest term, loads apart, that these children would better there; None where another gets worse before."""
        here = self.officer_of[bundle.children[0]]
        change = [0] * len(self.place)
        change[self.place["siblings_apart"]] = self._apart_change(bundle, officer)
        for child in bundle.children:
            for term, missed in self.misses[child]:
                change[self.place[term]] += missed[officer] - missed[here]
        first = next((place for place, by in enumerate(change) if by), None)
        return self.problem.order[first] if first is not None and change[first] < 0 else None

    def lacks(self, bundle: Bundle) -> bool:
        """Whether these children could have an officer who does more of what they ask for."""
        here = self.officer_of[bundle.children[0]]
        return any(missed[here] for child in bundle.children for _, missed in self.misses[child]) or (
            bundle.group in self._families and here not in self.wishes(bundle)
        )

    def points(self, bundle: Bundle) -> int:
        return sum([self.children[child].points for child in bundle.children])

    def may(self, bundle: Bundle, officer: int) -> bool:
        """Whether no hard rule but the limit keeps these children from the officer, the others being where they are."""
        for child in bundle.children:
            if officer in self._barred[child]:
                return False
            if child in self._relatives and any(self.officer_of[other] == officer for other in self._relatives[child]):
                return False
        return True

    def harmless(self, bundle: Bundle, officer: int, term: str) -> bool:
        """Whether the officer may have these children and nothing that outweighs the term gets worse but for loads."""
        here, place, limit = self.officer_of[bundle.children[0]], self.place, self.place[term]
        for child in bundle.children:
            for name, missed in self.misses[child]:
                if missed[officer] and not missed[here] and place[name] < limit:
                    return False
        return self.may(bundle, officer) and (place["siblings_apart"] > limit or self._apart_change(bundle, officer) <= 0)

    def cost(self, bundle: Bundle, officer: int) -> tuple[int, ...]:
        """The objective if these children had that officer and everything else stayed."""
        return self.costs(bundle, (officer,))[0][0]

    def costs(self, bundle: Bundle, officers: Iterable[int]) -> list[tuple[tuple[int, ...], int]]:
        """The objective under each of these officers if these children had her and everything else stayed; with her number."""
        here, moved = self.officer_of[bundle.children[0]], self.points(bundle)
        rows = [(self.place[term], row) for child in bundle.children for term, row in self.misses[child]]
        base, top = self._without(bundle, here, moved, rows)
        over, spread, worst, apart = (self.place[term] for term in ("over_limit", "spread", "worst_utilisation", "siblings_apart"))
        parted = self._parted(bundle)
        found = []
        for one in officers:
            if one == here:
                found.append((self.objective, one))
                continue
            values, officer, load = base.copy(), self.officers[one], self.load[one] + moved
            values[over] += rules.excess(officer, load) - self._excess[one]
            values[spread] += rules.unevenness(officer, load) - self._uneven[one]
            values[worst] = max(top, rules.utilisation(officer, load))
            if parted is not None:
                values[apart] += parted(one)
            for place, row in rows:
                values[place] += row[one]
            found.append((tuple(values), one))
        return found

    def _without(self, bundle: Bundle, here: int, moved: int, rows: list[tuple[int, tuple[bool, ...]]]) -> tuple[list[int], int]:
        """The objective less what these children add to it with the officer they leave; and the greatest share of all others."""
        base = self._values.copy()
        self._extremes()
        top = max(self.floor, next((share for share, one in self._fullest if one != here), 0))
        if here == NOBODY:
            base[self.place["unallocated"]] -= len(bundle.children)
            return base, top
        officer, load = self.officers[here], self.load[here] - moved
        base[self.place["over_limit"]] += rules.excess(officer, load) - self._excess[here]
        base[self.place["spread"]] += rules.unevenness(officer, load) - self._uneven[here]
        for place, row in rows:
            base[place] -= row[here]
        return base, max(top, rules.utilisation(officer, load))

    def move(self, bundle: Bundle, officer: int) -> None:
        """These children, all with one officer until now or none, have another one."""
        self._values = list(self.cost(bundle, officer))
        here, moved = self.officer_of[bundle.children[0]], self.points(bundle)
        for child in bundle.children:
            self.officer_of[child] = officer
        for one, change in ((here, -moved), (officer, moved)):
            if one != NOBODY:
                who, load = self.officers[one], self.load[one] + change
                self.load[one] = load
                self._excess[one], self._uneven[one] = rules.excess(who, load), rules.unevenness(who, load)
                self._shares[one] = (rules.utilisation(who, load), one)
        self._moved = True

    def _apart_change(self, bundle: Bundle, officer: int) -> int:
        parted = self._parted(bundle)
        return 0 if parted is None else parted(officer)

    def _parted(self, bundle: Bundle) -> Callable[[int], int] | None:
        """By how many officers more than now its group would have to do with, by officer; None where that cannot change."""
        if bundle.group not in self._families:
            return None
        group = self.problem.groups[bundle.group]
        now = {self.officer_of[child] for child in self.members[bundle.group]} - {NOBODY}
        rest = {self.officer_of[child] for child in self.members[bundle.group] if child not in bundle.children} - {NOBODY}
        there, before = rest | self._families[bundle.group], rules.apart(group, {self.officers[one].id for one in now})
        known: dict[bool, int] = {}

        def parted(officer: int) -> int:
            """Officers who have a brother or sister already are all alike, and so are all others."""
            already = officer in there
            if already not in known:
                known[already] = rules.apart(group, {self.officers[one].id for one in rest | {officer}}) - before
            return known[already]

        return parted


def _sought(rows: Iterable[tuple[str, tuple[bool, ...]]]) -> frozenset[int]:
    """The officers who do what only a few can, of all that is asked for."""
    few = [row for _, row in rows if row.count(False) <= _FEW]
    return frozenset(one for row in few for one, missed in enumerate(row) if not missed)


def _asks(child: Child, team: rules.Team) -> Iterator[tuple[str, object]]:
    """What a child asks for, by the term that counts it: children who ask for the same miss it with the same officers."""
    for term, whom in (("last_iro_missed", child.last_iro), ("conference_chair_missed", child.conference_chair)):
        if rules.may_have(child, whom, team):
            yield term, whom
    if child.needs & team.specialities:
        yield "speciality_missed", child.needs & team.specialities
    if child.area is not None:
        yield "travel_missed", child.area
    wished = child.wished if rules.may_have(child, child.wished, team) else None
    if wished is not None or child.unwanted in team.available:
        yield "wish_missed", (wished, child.unwanted)

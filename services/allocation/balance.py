"""An answer with the running sums of its objective: what a change would cost is known without counting all again."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
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
        self._families = {
            index: {number[iro] for iro in group.siblings_with if iro in number}
            for index, group in enumerate(problem.groups)
            if len(group.children) > 1 or group.siblings_with
        }
        self._terms = {term.__name__: term(problem, answer) for term in rules.SOFT}
        self._terms["worst_utilisation"] = max(floor, self._terms["worst_utilisation"])
        self._shares = [(rules.utilisation(officer, self.load[index]), index) for index, officer in enumerate(self.officers)]
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
        return tuple(self._terms[name] for name in self.problem.order)

    def value(self, term: str) -> int:
        return self._terms[term]

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
        for child in bundle.children:
            for _, missed in self.misses[child]:
                if missed.count(False) <= _FEW:
                    found |= {officer for officer, misses in enumerate(missed) if not misses}
        return found

    def first_gained(self, bundle: Bundle, officer: int) -> str | None:
        """The weightiest term, loads apart, that these children would better there; None where another gets worse before."""
        here = self.officer_of[bundle.children[0]]
        change = dict.fromkeys(self.problem.order, 0)
        change["siblings_apart"] = self._apart_change(bundle, officer)
        for child in bundle.children:
            for term, missed in self.misses[child]:
                change[term] += missed[officer] - missed[here]
        first = next((term for term in self.problem.order if change[term]), None)
        return first if first is not None and change[first] < 0 else None

    def lacks(self, bundle: Bundle) -> bool:
        """Whether these children could have an officer who does more of what they ask for."""
        here = self.officer_of[bundle.children[0]]
        return any(missed[here] for child in bundle.children for _, missed in self.misses[child]) or (
            bundle.group in self._families and here not in self.wishes(bundle)
        )

    def points(self, bundle: Bundle) -> int:
        return sum(self.children[child].points for child in bundle.children)

    def may(self, bundle: Bundle, officer: int) -> bool:
        """Whether no hard rule but the limit keeps these children from the officer, the others being where they are."""
        return all(
            officer not in self._barred[child] and all(self.officer_of[other] != officer for other in self._relatives.get(child, ()))
            for child in bundle.children
        )

    def harmless(self, bundle: Bundle, officer: int, term: str) -> bool:
        """Whether the officer may have these children and nothing that outweighs the term gets worse but for loads."""
        here, order = self.officer_of[bundle.children[0]], self.problem.order
        return (
            self.may(bundle, officer)
            and not any(
                missed[officer] > missed[here] and order.index(name) < order.index(term)
                for child in bundle.children
                for name, missed in self.misses[child]
            )
            and (order.index("siblings_apart") > order.index(term) or self._apart_change(bundle, officer) <= 0)
        )

    def cost(self, bundle: Bundle, officer: int) -> tuple[int, ...]:
        """The objective if these children had that officer and everything else stayed."""
        terms = self._terms_after(bundle, officer)
        return tuple(terms[name] for name in self.problem.order)

    def move(self, bundle: Bundle, officer: int) -> None:
        """These children, all with one officer until now or none, have another one."""
        self._terms = self._terms_after(bundle, officer)
        here, moved = self.officer_of[bundle.children[0]], self.points(bundle)
        for child in bundle.children:
            self.officer_of[child] = officer
        for one, change in ((here, -moved), (officer, moved)):
            if one != NOBODY:
                self.load[one] += change
                self._shares[one] = (rules.utilisation(self.officers[one], self.load[one]), one)
        self._moved = True

    def _terms_after(self, bundle: Bundle, officer: int) -> dict[str, int]:
        here = self.officer_of[bundle.children[0]]
        terms = dict(self._terms)
        if here == officer:
            return terms
        moved = self.points(bundle)
        after = {officer: self.load[officer] + moved}
        if here == NOBODY:
            terms["unallocated"] -= len(bundle.children)
        else:
            after[here] = self.load[here] - moved
        self._extremes()
        worst = max(self.floor, next((share for share, index in self._fullest if index not in after), 0))
        for index, load in after.items():
            one, before = self.officers[index], self.load[index]
            terms["over_limit"] += rules.excess(one, load) - rules.excess(one, before)
            terms["spread"] += rules.unevenness(one, load) - rules.unevenness(one, before)
            worst = max(worst, rules.utilisation(one, load))
        terms["worst_utilisation"] = worst
        terms["siblings_apart"] += self._apart_change(bundle, officer)
        for child in bundle.children:
            for term, missed in self.misses[child]:
                terms[term] += missed[officer] - (missed[here] if here != NOBODY else 0)
        return terms

    def _apart_change(self, bundle: Bundle, officer: int) -> int:
        group = self.problem.groups[bundle.group]
        if len(group.children) == 1 and not group.siblings_with:
            return 0
        now = {self.officer_of[child] for child in self.members[bundle.group]} - {NOBODY}
        rest = {self.officer_of[child] for child in self.members[bundle.group] if child not in bundle.children} - {NOBODY}
        return rules.apart(group, {self.officers[one].id for one in rest | {officer}}) - rules.apart(
            group, {self.officers[one].id for one in now}
        )


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

"""An answer with the running sums of its objective: what a change would cost is known without counting all again."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from services.allocation import rules
from services.allocation.problem import Answer, Child, Officer, Problem

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Bundle:
    """Children of one group who go together, by the numbers of group and children in the problem."""

    group: int
    children: tuple[int, ...]


class Balance:
    """An answer in numbers: children as in `problem.children`, officers as in `problem.available`."""

    def __init__(self, problem: Problem, answer: Answer) -> None:
        self.problem = problem
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
        self._last, self._skill = self._find_misses(set(number))
        self._families = {
            index: {number[iro] for iro in group.siblings_with if iro in number}
            for index, group in enumerate(problem.groups)
            if len(group.children) > 1 or group.siblings_with
        }
        self._terms = {term.__name__: term(problem, answer) for term in rules.SOFT}
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

    def _find_misses(self, available: set[UUID]) -> tuple[dict[int, list[bool]], dict[int, list[bool]]]:
        """For the children to whom it matters: which officers would not be last time's, and which lack the speciality."""
        known = frozenset[str]().union(*(officer.specialities for officer in self.officers))
        last = {
            index: [rules.misses_last_iro(child, officer.id, available) for officer in self.officers]
            for index, child in enumerate(self.children)
            if child.last_iro in available
        }
        skill = {
            index: [rules.misses_speciality(child, officer.specialities, known) for officer in self.officers]
            for index, child in enumerate(self.children)
            if child.needs & known
        }
        return last, skill

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
        """Officers who would be good for these children: brothers and sisters are there, last time's, the speciality."""
        found: set[int] = set()
        if bundle.group in self._families:
            found |= {self.officer_of[child] for child in self.members[bundle.group] if child not in bundle.children} - {NOBODY}
            found |= self._families[bundle.group]
        for misses in (self._last, self._skill):
            for child in bundle.children:
                if child in misses:
                    found |= {officer for officer, missed in enumerate(misses[child]) if not missed}
        return found

    def points(self, bundle: Bundle) -> int:
        return sum(self.children[child].points for child in bundle.children)

    def may(self, bundle: Bundle, officer: int) -> bool:
        """Whether no hard rule but the limit keeps these children from the officer, the others being where they are."""
        return all(
            officer not in self._barred[child] and all(self.officer_of[other] != officer for other in self._relatives.get(child, ()))
            for child in bundle.children
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
        worst = next((share for share, index in self._fullest if index not in after), 0)
        for index, load in after.items():
            one, before = self.officers[index], self.load[index]
            terms["over_limit"] += rules.excess(one, load) - rules.excess(one, before)
            terms["spread"] += rules.unevenness(one, load) - rules.unevenness(one, before)
            worst = max(worst, rules.utilisation(one, load))
        terms["worst_utilisation"] = worst
        terms["siblings_apart"] += self._apart_change(bundle, officer)
        terms["last_iro_missed"] += _change(self._last, bundle, here, officer)
        terms["speciality_missed"] += _change(self._skill, bundle, here, officer)
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


def _change(misses: dict[int, list[bool]], bundle: Bundle, here: int, there: int) -> int:
    """How many more of these children miss what would be good for them."""
    if not misses:
        return 0
    concerned = [misses[child] for child in bundle.children if child in misses]
    return sum(missed[there] - (missed[here] if here != NOBODY else 0) for missed in concerned)

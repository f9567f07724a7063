"""One family at the door: the best answer by the objective there is, every other decision standing as it is.

A search over the children, one after the other, the best officer for each first. A part of an answer costs at least what
it costs so far and what the children who are left must cost by themselves, so most of the tree is never looked at; officers
who are alike in everything, and children who are, are tried in one order only. What is left after `STEPS` is answered as the
best found (`proven` is false): no family of a real unit comes near it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.allocation import rules
from services.allocation.problem import Child, Problem

STEPS = 4_000
"""Children placed in turn, tries at other officers included: some tenths of a second."""

Value = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The best answer for a family, with its objective in the problem's order; `proven`: there is none better."""

    answer: Mapping[UUID, UUID]
    value: Value
    proven: bool


def decide_family(problem: Problem) -> dict[UUID, UUID] | None:
    """The best answer that keeps the hard rules for the one group of the problem; None where there is none."""
    settled = settle(problem)
    return None if settled is None else dict(settled.answer)


def settle(problem: Problem, forced: Mapping[UUID, UUID] | None = None, over: Collection[UUID] = ()) -> Settled | None:
    """The best answer for the one group of the problem; None where there is none. See `Family.settle`."""
    return Family(problem).settle(forced, over)


class Family:
    """The one group of a problem with what each child costs with each officer, counted once for every search."""

    def __init__(self, problem: Problem) -> None:
        (self.group,) = problem.groups
        self.problem = problem
        self.officers = tuple(sorted(problem.available, key=lambda officer: officer.code))
        self.number = {officer.id: number for number, officer in enumerate(self.officers)}
        self.misses = tuple(name for name in problem.order if name in rules.MISSES)
        team = rules.team_of(problem.officers)
        self.missed = {
            child.id: tuple(tuple(rules.MISSES[name](child, officer, team) for name in self.misses) for officer in self.officers)
            for child in self.group.children
        }
        self.allowed = {child.id: self._whom(child) for child in self.group.children}
        self.children = tuple(sorted(self.group.children, key=lambda child: (-child.points, self.alike(child), child.reference)))
        self.standing = max((rules.utilisation(officer, officer.held) for officer in self.officers), default=0)
        self.spread = sum(rules.unevenness(officer, officer.held) for officer in self.officers)
        self.twins = self._find_twins()
        self.least = self._find_least()

    def settle(self, forced: Mapping[UUID, UUID] | None = None, over: Collection[UUID] = ()) -> Settled | None:
        """The best answer; None where there is none.

        `forced`: children who get a certain officer, whatever is best. `over`: officers who may pass their limits, which counts
        as the objective has it. Limits bind everybody else, unless the problem says otherwise.
        """
        search = _Search(self, forced or {}, over)
        search.place(())
        if search.best is None:
            return None
        value, chosen = search.best
        answer = {child.id: self.officers[number].id for child, number in zip(self.children, chosen, strict=True)}
        return Settled(answer=answer, value=value, proven=search.steps <= STEPS)

    def alike(self, child: Child) -> tuple[object, ...]:
        """What tells a child from another, its points apart: whom it may have and what it misses with whom."""
        return (self.allowed[child.id], self.missed[child.id])

    def value(self, chosen: tuple[int, ...]) -> Value:
        """The objective of an answer; of a part of one, what no answer that begins so can go below."""
        terms = {**self.least[len(chosen)], "unallocated": 0, "over_limit": 0}
        terms["spread"] += self.spread
        more: dict[int, int] = {}
        for child, number in zip(self.children, chosen, strict=False):
            more[number] = more.get(number, 0) + child.points
            for name, missed in zip(self.misses, self.missed[child.id][number], strict=True):
                terms[name] += missed
        for number, points in more.items():
            officer = self.officers[number]
            load = officer.held + points
            terms["over_limit"] += rules.excess(officer, load)
            terms["spread"] += rules.unevenness(officer, load) - rules.unevenness(officer, officer.held)
            terms["worst_utilisation"] = max(terms["worst_utilisation"], rules.utilisation(officer, load))
        terms["siblings_apart"] = rules.apart(self.group, {self.officers[number].id for number in more})
        return tuple(terms[name] for name in self.problem.order)

    def _whom(self, child: Child) -> tuple[int, ...]:
        barred = {bar.officer for bar in child.barred}
        return tuple(number for number, officer in enumerate(self.officers) if officer.id not in barred)

    def _find_twins(self) -> list[int]:
        """For each officer the first who is like her in everything that an answer could show."""
        allowed = {child.id: set(numbers) for child, numbers in ((one, self.allowed[one.id]) for one in self.children)}
        firsts: dict[tuple[object, ...], int] = {}
        found = []
        for number, officer in enumerate(self.officers):
            mine = tuple((number in allowed[child.id], self.missed[child.id][number]) for child in self.children)
            likeness = (officer.limit, officer.held, officer.id in self.group.siblings_with, mine)
            found.append(firsts.setdefault(likeness, number))
        return found

    def _find_least(self) -> list[dict[str, int]]:
        """From each child on: what those who are left cost at least, each by itself with whoever is best for it."""
        found: list[dict[str, int]] = [{"worst_utilisation": self.standing, "spread": 0, **dict.fromkeys(self.misses, 0)}]
        for child in reversed(self.children):
            rest, alone = found[-1], [self._alone(child, number) for number in self.allowed[child.id]]
            least = {name: min((cost[name] for cost in alone), default=0) for name in rest}
            worst = max(rest["worst_utilisation"], least["worst_utilisation"])
            found.append({**{name: rest[name] + least[name] for name in rest}, "worst_utilisation": worst})
        return found[::-1]

    def _alone(self, child: Child, number: int) -> dict[str, int]:
        """What the child costs with an officer who gets nobody else."""
        officer = self.officers[number]
        load = officer.held + child.points
        return {
            "worst_utilisation": rules.utilisation(officer, load),
            "spread": rules.unevenness(officer, load) - rules.unevenness(officer, officer.held),
            **{name: int(missed) for name, missed in zip(self.misses, self.missed[child.id][number], strict=True)},
        }


class _Search:
    def __init__(self, family: Family, forced: Mapping[UUID, UUID], over: Collection[UUID]) -> None:
        self.family = family
        self.best: tuple[Value, tuple[int, ...]] | None = None
        self.steps = 0
        self._forced = {child: family.number.get(officer, -1) for child, officer in forced.items()}
        self._lenient = {family.number[officer] for officer in over if officer in family.number}
        self._load = [officer.held for officer in family.officers]

    def place(self, chosen: tuple[int, ...]) -> None:
        """Every answer that begins with these officers has been looked at, as far as it may be the best."""
        family = self.family
        if len(chosen) == len(family.children):
            value = family.value(chosen)
            if self.best is None or value < self.best[0]:
                self.best = (value, chosen)
            return
        child = family.children[len(chosen)]
        for bound, officer in sorted((family.value((*chosen, officer)), officer) for officer in self._choices(child, chosen)):
            if self.best is not None and bound >= self.best[0]:
                return
            self.steps += 1
            if self.steps > STEPS and self.best is not None:
                return
            self._load[officer] += child.points
            self.place((*chosen, officer))
            self._load[officer] -= child.points

    def _choices(self, child: Child, chosen: tuple[int, ...]) -> Iterator[int]:
        """Officers whom no rule forbids after what was chosen; of several who are alike, the first alone."""
        family = self.family
        apart = {chosen[place] for place in self._relatives(child, len(chosen))}
        since = chosen[-1] if chosen and self._same(child, family.children[len(chosen) - 1]) else 0
        tried: set[int] = set()
        for officer in self._whom(child):
            if officer < since or officer in apart or not self._has_room(officer, child):
                continue
            if officer not in chosen and not self._stands_out(officer):
                if family.twins[officer] in tried:
                    continue
                tried.add(family.twins[officer])
            yield officer

    def _whom(self, child: Child) -> tuple[int, ...]:
        allowed = self.family.allowed[child.id]
        if child.id not in self._forced:
            return allowed
        return tuple(number for number in (self._forced[child.id],) if number in allowed)

    def _has_room(self, officer: int, child: Child) -> bool:
        if self.family.problem.may_exceed or officer in self._lenient:
            return True
        return not rules.excess(self.family.officers[officer], self._load[officer] + child.points)

    def _stands_out(self, officer: int) -> bool:
        """Whether she is like nobody else in this search, whatever she holds."""
        return officer in self._lenient or officer in self._forced.values()

    def _relatives(self, child: Child, placed: int) -> Iterator[int]:
        """Places of the parents and children of a child among those placed already."""
        for pair in self.family.problem.parents:
            if child.id in pair:
                yield from (place for place in range(placed) if self.family.children[place].id in pair)

    def _same(self, one: Child, other: Child) -> bool:
        """Whether two children are alike in everything, so that one order of them is enough."""
        tied = any(child.id in pair for child in (one, other) for pair in self.family.problem.parents)
        free = one.id not in self._forced and other.id not in self._forced
        return free and not tied and one.points == other.points and self.family.alike(one) == self.family.alike(other)

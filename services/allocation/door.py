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
from services.allocation.problem import Child, Officer, Problem

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
    """The best answer for the one group of the problem; None where there is none.

    `forced`: children who get a certain officer, whatever is best. `over`: officers who may pass their limits, which counts
    as the objective has it. Limits bind everybody else, unless the problem says otherwise.
    """
    search = _Search(problem, forced or {}, over)
    search.place(0, ())
    if search.best is None:
        return None
    value, chosen = search.best
    answer = {child.id: search.officers[number].id for child, number in zip(search.children, chosen, strict=True)}
    return Settled(answer=answer, value=value, proven=search.steps <= STEPS)


class _Search:
    def __init__(self, problem: Problem, forced: Mapping[UUID, UUID], over: Collection[UUID]) -> None:
        (self.group,) = problem.groups
        self.problem = problem
        self.officers = tuple(sorted(problem.available, key=lambda officer: officer.code))
        self.misses = tuple(name for name in problem.order if name in rules.MISSES)
        self._team = rules.team_of(problem.officers)
        self._rows = {child.id: tuple(self._cost(child, officer) for officer in self.officers) for child in self.group.children}
        self._allowed = {child.id: self._whom(child, forced.get(child.id)) for child in self.group.children}
        self.children = tuple(sorted(self.group.children, key=lambda child: (-child.points, self._alike(child), child.reference)))
        self._lenient = [problem.may_exceed or officer.id in over for officer in self.officers]
        self._load = [officer.held for officer in self.officers]
        self._here = [officer.id in self.group.siblings_with for officer in self.officers]
        self._twins = self._find_twins()
        self._standing = max((rules.utilisation(officer, officer.held) for officer in self.officers), default=0)
        self._spread = sum(rules.unevenness(officer, officer.held) for officer in self.officers)
        self._least = self._find_least()
        self.best: tuple[Value, tuple[int, ...]] | None = None
        self.steps = 0

    def place(self, number: int, chosen: tuple[int, ...]) -> None:
        """Every answer in which the children so far have the officers chosen has been looked at, as far as it may be the best."""
        if number == len(self.children):
            value = self._value(chosen)
            if self.best is None or value < self.best[0]:
                self.best = (value, chosen)
            return
        child = self.children[number]
        for bound, officer in sorted((self._value((*chosen, officer)), officer) for officer in self._choices(child, chosen)):
            if self.best is not None and bound >= self.best[0]:
                return
            self.steps += 1
            if self.steps > STEPS and self.best is not None:
                return
            self._load[officer] += child.points
            self.place(number + 1, (*chosen, officer))
            self._load[officer] -= child.points

    # ------------------------------------------------------------------------------------------------- what may be

    def _choices(self, child: Child, chosen: tuple[int, ...]) -> Iterator[int]:
        """Officers whom no rule forbids after what was chosen; of several who are alike, the first alone."""
        apart = {chosen[place] for place in self._relatives(child, len(chosen))}
        since = chosen[-1] if chosen and self._same(child, self.children[len(chosen) - 1]) else 0
        tried: set[int] = set()
        for officer in self._allowed[child.id]:
            if officer < since or officer in apart:
                continue
            if not self._lenient[officer] and rules.excess(self.officers[officer], self._load[officer] + child.points):
                continue
            twin = self._twins[officer]
            if officer not in chosen:
                if twin in tried:
                    continue
                tried.add(twin)
            yield officer

    def _relatives(self, child: Child, placed: int) -> Iterator[int]:
        """Places of the parents and children of a child among those placed already."""
        for pair in self.problem.parents:
            if child.id in pair:
                yield from (place for place in range(placed) if self.children[place].id in pair)

    def _same(self, one: Child, other: Child) -> bool:
        return one.points == other.points and self._alike(one) == self._alike(other) and not self._has_relatives((one, other))

    def _has_relatives(self, children: tuple[Child, ...]) -> bool:
        return any(child.id in pair for child in children for pair in self.problem.parents)

    def _whom(self, child: Child, forced: UUID | None) -> tuple[int, ...]:
        barred = {bar.officer for bar in child.barred}
        return tuple(
            number for number, officer in enumerate(self.officers) if officer.id not in barred and (forced is None or officer.id == forced)
        )

    def _alike(self, child: Child) -> tuple[object, ...]:
        return (self._allowed[child.id], self._rows[child.id])

    def _find_twins(self) -> list[int]:
        """For each officer the first who is like her in everything that an answer could show."""
        firsts: dict[tuple[object, ...], int] = {}
        return [firsts.setdefault(self._likeness(number), number) for number in range(len(self.officers))]

    def _likeness(self, number: int) -> tuple[object, ...]:
        officer = self.officers[number]
        mine = tuple((number in self._allowed[child.id], self._rows[child.id][number]) for child in self.children)
        return (officer.limit, officer.held, self._lenient[number], self._here[number], mine)

    # ----------------------------------------------------------------------------------------------- what it costs

    def _cost(self, child: Child, officer: Officer) -> tuple[bool, ...]:
        return tuple(rules.MISSES[name](child, officer, self._team) for name in self.misses)

    def _find_least(self) -> list[dict[str, int]]:
        """From each child on: what those who are left cost at least, each by itself with whoever is best for it."""
        found: list[dict[str, int]] = [{"worst_utilisation": self._standing, "spread": 0, **dict.fromkeys(self.misses, 0)}]
        for child in reversed(self.children):
            rest, alone = found[-1], [self._alone(child, number) for number in self._allowed[child.id]]
            least = {name: min((cost[name] for cost in alone), default=0) for name in rest}
            worst = max(rest["worst_utilisation"], least["worst_utilisation"])
            found.append({**{name: rest[name] + least[name] for name in rest}, "worst_utilisation": worst})
        return found[::-1]

    def _alone(self, child: Child, number: int) -> dict[str, int]:
        """What the child costs with an officer who gets nobody else."""
        officer, misses = self.officers[number], self._rows[child.id][number]
        load = officer.held + child.points
        return {
            "worst_utilisation": rules.utilisation(officer, load),
            "spread": rules.unevenness(officer, load) - rules.unevenness(officer, officer.held),
            **{name: int(missed) for name, missed in zip(self.misses, misses, strict=True)},
        }

    def _value(self, chosen: tuple[int, ...]) -> Value:
        """The objective of an answer; of a part of one, what no answer that begins so can go below."""
        least = self._least[len(chosen)]
        more: dict[int, int] = {}
        for child, number in zip(self.children, chosen, strict=False):
            more[number] = more.get(number, 0) + child.points
        terms = dict(least)
        terms["unallocated"] = terms["over_limit"] = 0
        terms["spread"] += self._spread
        for number, points in more.items():
            officer = self.officers[number]
            terms["over_limit"] += rules.excess(officer, officer.held + points)
            terms["spread"] += rules.unevenness(officer, officer.held + points) - rules.unevenness(officer, officer.held)
            terms["worst_utilisation"] = max(terms["worst_utilisation"], rules.utilisation(officer, officer.held + points))
        for place, name in enumerate(self.misses):
            terms[name] += sum(self._rows[child.id][number][place] for child, number in zip(self.children, chosen, strict=False))
        used = {self.officers[number].id for number in chosen}
        terms["siblings_apart"] = rules.apart(self.group, used)
        return tuple(terms[name] for name in self.problem.order)

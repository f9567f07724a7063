"""The variables of the model, and how an answer is read from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from ortools.sat.python import cp_model

from services.allocation.balance import Balance
from services.allocation.fitting import bits
from services.allocation.problem import Group, Officer, Problem
from services.allocation.reach import reach_of

Expression: TypeAlias = Any
_MOST_APART = 60_000
_MOST = 30_000
_FEW = 2


@dataclass(frozen=True, slots=True)
class Pool:
    """Groups that no rule tells apart, but for one or two officers whom some of them ask for.

    `missed`: for each term what a group misses with each officer of the problem.
    """

    points: int
    officers: tuple[int, ...]
    missed: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Groups of a pool that ask for the same: `base` is missed with everybody, less what an officer `saves`."""

    pool: Pool
    base: tuple[tuple[str, int], ...]
    saves: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]


@dataclass(slots=True)
class Model:
    """The variables: counts of whole groups, and for groups decided child by child who has whom.

    `counts` are the groups of a pool that go to an officer for no reason of their own, `asked` those of a kind that go to
    an officer whom they ask for. `follows` are the variables that others decide, with what they are in an answer.
    Not `exact`: too many families might part to let them all; what the solver proves is then not proven of the problem.
    """

    problem: Problem
    balance: Balance
    officers: tuple[Officer, ...]
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    kinds: dict[Kind, list[int]] = field(default_factory=dict)
    parting: list[int] = field(default_factory=list)
    counts: dict[tuple[Pool, int], Expression] = field(default_factory=dict)
    asked: dict[tuple[Kind, int], Expression] = field(default_factory=dict)
    has: dict[tuple[int, int], Expression] = field(default_factory=dict)
    used: dict[tuple[int, int], Expression] = field(default_factory=dict)
    follows: list[tuple[Expression, Callable[[Balance], int]]] = field(default_factory=list)
    load: list[Expression] = field(default_factory=list)
    roof: int = 0
    exact: bool = True

    @property
    def large(self) -> bool:
        """Whether the solver would spend all its effort on reading the model: exchanges and counting must do then."""
        counts = sum(len(pool.officers) for pool in self.pools)
        return counts + len(self.officers) * sum(1 for _ in self.children_apart()) > _MOST

    @property
    def pools(self) -> dict[Pool, int]:
        """Every pool with how many groups are in it."""
        found: dict[Pool, int] = {}
        for kind, groups in self.kinds.items():
            found[kind.pool] = found.get(kind.pool, 0) + len(groups)
        return found

    def children_apart(self) -> Iterator[int]:
        """The children who are decided one by one, by number."""
        for group in self.parting:
            yield from self.balance.members[group]


def sort_groups(balance: Balance, whole: bool) -> Model:
    """A model without variables yet: which groups go whole, by kind, and which are decided child by child.

    `whole`: families that may stay together are known to do so in every best answer.
    """
    problem = balance.problem
    model = Model(problem, balance, problem.available)
    reach, related = reach_of(problem), {child for pair in problem.parents for child in pair}
    size = sum(len(group.children) * len(model.officers) for group in problem.groups if len(group.children) > 1)
    model.exact = whole or size <= _MOST_APART
    for number, group in enumerate(problem.groups):
        must = not reach.groups[number] or number in reach.parting or any(child.id in related for child in group.children)
        if must or (not whole and model.exact and len(group.children) > 1):
            model.parting.append(number)
        else:
            model.kinds.setdefault(_kind_of(balance, number, group, tuple(bits(reach.groups[number]))), []).append(number)
    return model


def _kind_of(balance: Balance, number: int, group: Group, able: tuple[int, ...]) -> Kind:
    missed: dict[str, list[int]] = {}
    base: Counter[str] = Counter()
    saves: dict[int, Counter[str]] = {}
    for term, row in _asked(balance, number, group):
        good = [one for one in able if not row[one]]
        if len(good) > _FEW:
            total = missed.setdefault(term, [0] * len(row))
            missed[term] = [before + misses for before, misses in zip(total, row, strict=True)]
            continue
        base[term] += 1
        for one in good:
            saves.setdefault(one, Counter())[term] += 1
    pool = Pool(group.points, able, tuple((term, tuple(row)) for term, row in sorted(missed.items())))
    return Kind(pool, tuple(sorted(base.items())), tuple((one, tuple(sorted(saved.items()))) for one, saved in sorted(saves.items())))


def _asked(balance: Balance, number: int, group: Group) -> Iterator[tuple[str, tuple[bool, ...]]]:
    for child in balance.members[number]:
        yield from balance.misses[child]
    if group.siblings_with:
        yield "siblings_apart", tuple(officer.id not in group.siblings_with for officer in balance.officers)


def hint(model: Model, balance: Balance) -> None:
    """The solver starts from this answer."""
    model.cp.clear_hints()  # type: ignore[no-untyped-call]
    rest: Counter[tuple[Pool, int]] = Counter()
    for kind, groups in model.kinds.items():
        given = Counter(balance.officer_of[balance.members[group][0]] for group in groups)
        for one, _ in kind.saves:
            model.cp.add_hint(model.asked[kind, one], given.pop(one, 0))
        for one, number in given.items():
            rest[kind.pool, one] += number
    for key, variable in model.counts.items():
        model.cp.add_hint(variable, rest[key])
    for (child, one), variable in model.has.items():
        model.cp.add_hint(variable, balance.officer_of[child] == one)
    for variable, value in model.follows:
        model.cp.add_hint(variable, value(balance))


def extract(model: Model, solver: cp_model.CpSolver) -> Balance:
    """The answer: groups of a pool are dealt out in the order of the problem, officers likewise."""
    answer: dict[UUID, UUID] = {}

    def give(group: int, one: int) -> None:
        answer.update((child.id, model.officers[one].id) for child in model.problem.groups[group].children)

    waiting: dict[Pool, list[int]] = {}
    for kind, groups in model.kinds.items():
        left = iter(groups)
        for one, _ in kind.saves:
            for _ in range(solver.value(model.asked[kind, one])):
                give(next(left), one)
        waiting.setdefault(kind.pool, []).extend(left)
    for pool, rest in waiting.items():
        left = iter(rest)
        for one in pool.officers:
            for _ in range(solver.value(model.counts[pool, one])):
                give(next(left), one)
    for (child, one), variable in model.has.items():
        if solver.boolean_value(variable):
            answer[model.balance.children[child].id] = model.officers[one].id
    return Balance(model.problem, answer, floor=model.balance.floor)

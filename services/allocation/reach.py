"""Whom each child may have, as bits: the same as `rules.eligible_officers` says, counted once for a whole problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.allocation.problem import Child, Group, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Bits are the numbers of the available officers, as in `fitting`.

    `children`: who may have each, whoever else has whom. `groups`: who may have all of them. `parting`: the numbers of the
    groups that must part, since no officer who may have all that can be placed is there, or none where their brothers and
    sisters are.
    """

    everyone: int
    children: tuple[int, ...]
    groups: tuple[int, ...]
    parting: frozenset[int]


def reach_of(problem: Problem) -> Reach:
    """Who may have whom, for every child and group of a problem, in its order."""
    bit = {officer.id: 1 << number for number, officer in enumerate(problem.available)}
    everyone = (1 << len(bit)) - 1
    children: list[int] = []
    groups: list[int] = []
    parting: set[int] = set()
    for number, group in enumerate(problem.groups):
        able = [_able(child, bit, everyone) for child in group.children]
        children.extend(able)
        together = everyone
        for each in able:
            together &= each
        groups.append(together)
        if _must_part(group, [each for each in able if each], bit, everyone):
            parting.add(number)
    return Reach(everyone=everyone, children=tuple(children), groups=tuple(groups), parting=frozenset(parting))


def _able(child: Child, bit: Mapping[UUID, int], everyone: int) -> int:
    for bar in child.barred:
        everyone &= ~bit.get(bar.officer, 0)
    return everyone


def _must_part(group: Group, placeable: list[int], bit: Mapping[UUID, int], everyone: int) -> bool:
    if len(placeable) <= (0 if group.siblings_with else 1):
        return False
    for each in placeable:
        everyone &= each
    return not everyone & sum(bit.get(one, 0) for one in group.siblings_with) if group.siblings_with else not everyone

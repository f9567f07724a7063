"""What no answer can go below, by counting alone: whole units, no search, no fractions lost.

Children who may only have officers of a set must fit into that set, whatever else is decided; so every set of officers
gives a bound, and the greatest of them holds. Loads move in steps of the children's common measure, which makes the
bound that of whole children's points, not of points that could be cut as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import gcd
from uuid import UUID

from services.allocation import rules
from services.allocation.problem import Group, Officer, Problem

_SETS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Units that only these officers may take, in steps of `step`."""

    officers: tuple[Officer, ...]
    units: int
    step: int


def _needs(problem: Problem) -> Iterator[Need]:
    everyone = frozenset(officer.id for officer in problem.available)
    demand: dict[frozenset[UUID], int] = {}
    for child in problem.children:
        allowed = everyone - {bar.officer for bar in child.barred}
        if allowed:
            demand[allowed] = demand.get(allowed, 0) + child.points
    step = gcd(*(child.points for child in problem.children)) or 1
    narrow = sorted(demand, key=lambda one: (len(one), -demand[one], sorted(one)))[:_SETS]
    for chosen in {everyone, *narrow, *(one | other for one, other in combinations(narrow, 2))}:
        units = sum(points for allowed, points in demand.items() if allowed <= chosen)
        yield Need(officers=tuple(officer for officer in problem.available if officer.id in chosen), units=units, step=step)


def least_over_limit(problem: Problem) -> int:
    """Units over the limits that no answer which gives everybody an IRO can avoid: at least one where steps do not fit."""
    found = 0
    for need in _needs(problem):
        rooms = sum(_takes(officer, officer.limit, 1) for officer in need.officers)
        steps = sum(_takes(officer, officer.limit, need.step) for officer in need.officers)
        found = max(found, need.units - rooms, int(need.units > steps))
    return found


def least_worst_utilisation(problem: Problem) -> int:
    """A share of the limit below which the fullest officer cannot be brought, in hundredths of a percent."""
    standing = max((rules.utilisation(officer, officer.held) for officer in problem.available), default=0)
    return max([standing, *(_least_share(need, standing) for need in _needs(problem))]) if problem.available else 0


def _takes(officer: Officer, up_to: int, step: int) -> int:
    """Units that an officer can take on top of what she holds without passing `up_to`."""
    return max(0, up_to - officer.held) // step * step


def _least_share(need: Need, standing: int) -> int:
    low, high = standing, standing + 1
    while not _fits(need, high):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _fits(need, middle) else (middle + 1, high)
    return low


def _fits(need: Need, share: int) -> bool:
    return sum(_takes(officer, share * officer.limit // rules.WHOLE, need.step) for officer in need.officers) >= need.units


def least_siblings_apart(problem: Problem) -> int:
    """Groups that must have to do with one officer more than they need, since nobody may have them all."""
    return sum(must_part(problem, group) for group in problem.groups)


def must_part(problem: Problem, group: Group) -> bool:
    """Whether no officer whom the rules leave, and who has their brothers and sisters if anybody has, may have them all."""
    placeable = tuple(child for child in group.children if rules.eligible_officers(problem, (child,)))
    together = {officer.id for officer in rules.eligible_officers(problem, placeable)}
    wanted = together & group.siblings_with if group.siblings_with else together
    return bool(placeable) and not wanted and len(placeable) > (0 if group.siblings_with else 1)


def least(problem: Problem) -> dict[str, int]:
    """A bound for each soft term, by its name; 0 where counting alone says nothing.

    Those after `unallocated` hold for answers that leave nobody without an IRO who could have one by herself.
    """
    nobody = sum(not rules.eligible_officers(problem, (child,)) for child in problem.children)
    return dict.fromkeys(problem.order, 0) | {
        "unallocated": nobody,
        "over_limit": least_over_limit(problem),
        "siblings_apart": least_siblings_apart(problem),
        "worst_utilisation": least_worst_utilisation(problem),
    }


def least_with_some_left(problem: Problem) -> dict[str, int]:
    """What still holds where more children stay without an IRO: the officers keep whom they have."""
    standing = max((rules.utilisation(officer, officer.held) for officer in problem.available), default=0)
    return dict.fromkeys(problem.order, 0) | {"worst_utilisation": standing}

"""What no answer can go below, by counting alone: whole units, no search, no fractions lost.

Children who may only have officers of a set must fit into that set, whatever else is decided; so every set of officers
gives a bound, and a flow finds the set that gives the greatest (`fitting`). Loads move in steps of the children's common
measure, which makes the bound that of whole children's points, not of points that could be cut as one likes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from services.allocation import rules
from services.allocation.evening import even_loads
from services.allocation.fitting import bits, overflow
from services.allocation.problem import Officer, Problem
from services.allocation.reach import reach_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Units to be taken, by the set of officers who may (bits, as in `fitting`), in steps of `step`. Officers: the available."""

    officers: tuple[Officer, ...]
    units: Mapping[int, int]
    step: int


def demand_of(problem: Problem) -> Demand:
    """What every answer must place that leaves nobody without an IRO who could have one by herself."""
    units: dict[int, int] = {}
    for child, allowed in zip(problem.children, reach_of(problem).children, strict=True):
        if allowed:
            units[allowed] = units.get(allowed, 0) + child.points
    return Demand(officers=problem.available, units=units, step=gcd(*(child.points for child in problem.children)) or 1)


def least_over_limit(demand: Demand) -> int:
    """Units over the limits that no answer which gives everybody an IRO can avoid: at least one where steps do not fit."""
    short, _ = overflow(demand.units, [_takes(officer, officer.limit, 1) for officer in demand.officers])
    if short == 0:
        short, _ = overflow(demand.units, [_takes(officer, officer.limit, demand.step) for officer in demand.officers])
        return int(short > 0)
    return short


def least_worst_utilisation(problem: Problem) -> int:
    """A share of the limit below which the fullest officer cannot be brought, in hundredths of a percent."""
    return least_worst(demand_of(problem)) if problem.available else 0


def least_worst(demand: Demand) -> int:
    """A share of the limit below which the fullest officer cannot be brought, in hundredths of a percent.

    It rises to what the officers found too few need, until everything fits: no set of officers demands more.
    """
    share = max((rules.utilisation(officer, officer.held) for officer in demand.officers), default=0)
    while True:
        short, few = overflow(demand.units, _rooms(demand, share))
        if short == 0:
            return share
        units = sum(amount for allowed, amount in demand.units.items() if not allowed & ~few)
        share = _least_share([demand.officers[one] for one in bits(few)], units, demand.step, share)


def _rooms(demand: Demand, share: int) -> list[int]:
    return [_takes(officer, ceiling, demand.step) for officer, ceiling in zip(demand.officers, ceilings(demand, share), strict=True)]


def ceilings(demand: Demand, share: int) -> list[int]:
    """The greatest load of each officer that is no more than this share of her limit."""
    return [share * officer.limit // rules.WHOLE for officer in demand.officers]


def _takes(officer: Officer, up_to: int, step: int) -> int:
    """Units that an officer can take on top of what she holds without passing `up_to`."""
    return max(0, up_to - officer.held) // step * step


def _least_share(officers: Sequence[Officer], units: int, step: int, share: int) -> int:
    """The least share above the given one at which these officers can take so many units."""

    def fits(up_to: int) -> bool:
        return sum(_takes(officer, up_to * officer.limit // rules.WHOLE, step) for officer in officers) >= units

    low, high = share, share + 1
    while not fits(high):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a search may hope for by counting: loads as even as can be, the fullest officer's share, units over the limits."""

    loads: tuple[int, ...]
    worst: int
    over: int


def aim_of(demand: Demand) -> Aim:
    """The best loads of the available officers that counting does not rule out."""
    worst = least_worst(demand)
    return Aim(loads=tuple(_even(demand, worst)), worst=worst, over=least_over_limit(demand))


def _even(demand: Demand, worst: int) -> list[int]:
    return even_loads(demand.officers, demand.units, ceilings(demand, worst), demand.step)


def least_spread(demand: Demand, worst: int) -> int:
    """No answer whose fullest officer stands at `worst` has shares more even than this."""
    return sum(rules.unevenness(officer, load) for officer, load in zip(demand.officers, _even(demand, worst), strict=True))


def least(problem: Problem) -> dict[str, int]:
    """A bound for each soft term, by its name; 0 where counting alone says nothing.

    Children whom nobody may have stay without an IRO; a group that must part has to do with one officer more than it needs.

    Those after `unallocated` hold for answers that leave nobody without an IRO who could have one by herself.
    """
    reach, demand = reach_of(problem), demand_of(problem)
    return dict.fromkeys(problem.order, 0) | {
        "unallocated": sum(not able for able in reach.children),
        "over_limit": least_over_limit(demand),
        "siblings_apart": len(reach.parting),
        "worst_utilisation": least_worst(demand),
    }


def least_with_some_left(problem: Problem) -> dict[str, int]:
    """What still holds where more children stay without an IRO: the officers keep whom they have."""
    standing = max((rules.utilisation(officer, officer.held) for officer in problem.available), default=0)
    return dict.fromkeys(problem.order, 0) | {"worst_utilisation": standing}

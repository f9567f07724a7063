"""The evenest loads that there could be, if points could be dealt in steps to whoever may take them.

What an officer takes costs by the square of her load (`rules.unevenness`), so the next step goes to whoever it costs least.
Where a set of officers must take more than that, the set and the others are each levelled by themselves: the evenest point
of what the demands leave possible decomposes so (Fujishige; Groenevelt for whole units). No answer is more even.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.allocation import rules
from services.allocation.fitting import bits, overflow
from services.allocation.problem import Officer


def even_loads(officers: Sequence[Officer], demand: Mapping[int, int], ceilings: Sequence[int], step: int) -> list[int]:
    """Loads, held points included, in steps above what is held. No load passes its ceiling, where the ceilings leave room.

    `demand` is by sets of officers, as in `fitting`.
    """
    loads = [officer.held for officer in officers]
    parts = [((1 << len(officers)) - 1, dict(demand))]
    while parts:
        members, mine = parts.pop()
        for one, load in _level(officers, list(bits(members)), sum(mine.values()), ceilings, step).items():
            loads[one] = load
        room = [loads[one] - officer.held if members >> one & 1 else 0 for one, officer in enumerate(officers)]
        short, few = overflow(mine, room)
        few &= members
        if short and few != members:
            inner = {allowed: units for allowed, units in mine.items() if not allowed & ~few}
            outer: dict[int, int] = {}
            for allowed, units in mine.items():
                if allowed & ~few:
                    outer[allowed & ~few] = outer.get(allowed & ~few, 0) + units
            parts.extend(((few, inner), (members & ~few, outer)))
    return loads


def _level(officers: Sequence[Officer], members: Sequence[int], units: int, ceilings: Sequence[int], step: int) -> dict[int, int]:
    """These officers' loads if they may all take everything."""
    most = {one: max(0, ceilings[one] - officers[one].held) // step for one in members}
    wanted = min(units // step, sum(most.values()))

    def taken(price: int) -> dict[int, int]:
        return {one: min(most[one], _steps(officers[one], price, step)) for one in members}

    low, high = 0, 1
    while sum(taken(high).values()) < wanted:
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if sum(taken(middle).values()) >= wanted else (middle + 1, high)
    dear, cheap = taken(low), taken(low - 1)
    missing = wanted - sum(cheap.values())
    for one in members:
        if dear[one] > cheap[one] and missing > 0:
            cheap[one] += 1
            missing -= 1
    return {one: officers[one].held + cheap[one] * step for one in members}


def _steps(officer: Officer, price: int, step: int) -> int:
    """How many more steps an officer takes of which none makes the whole more uneven by more than the price."""
    highest = (price // rules.unevenness(officer, 1) - step * step) // (2 * step)
    return max(0, (highest - officer.held) // step + 1)

"""Whether demands fit into officers' rooms, and which officers are too few where they do not: a flow, in whole units.

A demand may be met by the officers of a set, written as bits: 0b101 are the first and the third. By the theorem of maximal
flow and minimal cut, what does not fit is exactly what some set of officers has too little room for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def bits(officers: int) -> Iterator[int]:
    """The numbers of the officers in a set."""
    while officers:
        lowest = officers & -officers
        yield lowest.bit_length() - 1
        officers ^= lowest


def overflow(demand: Mapping[int, int], room: Sequence[int]) -> tuple[int, int]:
    """Units that cannot be met, and the officers among whom they are too many; (0, 0) where everything fits.

    The demands that only officers of that set may meet are together greater than its room by exactly these units.
    """
    flow = _Flow(room)
    left = {allowed: flow.fill(allowed, units) for allowed, units in sorted(demand.items(), key=_narrowest)}
    short = 0
    for allowed, units in left.items():
        while units > 0 and (moved := flow.push(allowed, units)):
            units -= moved  # noqa: PLW2901 -- what is left of this demand
        short += units
    return short, flow.closed


def _narrowest(item: tuple[int, int]) -> tuple[int, int]:
    return item[0].bit_count(), item[0]


class _Flow:
    """Which demand is met by whom, so far. `closed`: officers who were found too few."""

    def __init__(self, room: Sequence[int]) -> None:
        self.left = list(room)
        self.carried: list[dict[int, int]] = [{} for _ in room]
        self.closed = 0

    def fill(self, allowed: int, units: int) -> int:
        """As much as fits without moving anything else, where most room is; answers the rest."""
        for one in sorted(bits(allowed), key=lambda one: -self.left[one]):
            taken = min(units, self.left[one])
            if taken > 0:
                self._carry(one, allowed, taken)
                self.left[one] -= taken
                units -= taken
        return units

    def push(self, allowed: int, units: int) -> int:
        """Some more units are met, others being handed on to make room; 0 where that is not possible."""
        via: dict[int, tuple[int, int | None]] = dict.fromkeys(bits(allowed & ~self.closed), (allowed, None))
        queue = list(via)
        for one in queue:
            if self.left[one] > 0:
                return self._hand_on(via, one, units)
            for other in self.carried[one]:
                for there in bits(other & ~self.closed):
                    if there not in via:
                        via[there] = (other, one)
                        queue.append(there)
        self.closed |= allowed
        for one in via:
            self.closed |= 1 << one
        return 0

    def _hand_on(self, via: Mapping[int, tuple[int, int | None]], last: int, units: int) -> int:
        path: list[tuple[int, int | None, int]] = []
        one: int | None = last
        amount = min(units, self.left[last])
        while one is not None:
            what, before = via[one]
            path.append((what, before, one))
            if before is not None:
                amount = min(amount, self.carried[before][what])
            one = before
        self.left[last] -= amount
        for what, before, there in path:
            self._carry(there, what, amount)
            if before is not None:
                self._carry(before, what, -amount)
        return amount

    def _carry(self, one: int, what: int, units: int) -> None:
        now = self.carried[one].get(what, 0) + units
        if now:
            self.carried[one][what] = now
        else:
            del self.carried[one][what]

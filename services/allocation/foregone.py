"""What must be missed whatever the loads: each family counted for itself, among the officers who are still as good for it.

Where every family has as little missed of a term as it can, the terms after it are counted among those officers alone.
"""

from __future__ import annotations

from collections.abc import Container
from math import gcd

from services.allocation.balance import Balance
from services.allocation.bounds import Demand
from services.allocation.fitting import bits
from services.allocation.reach import reach_of


class Choices:
    """For everybody who is decided as one, the officers whom a best answer may give them: as bits, as in `fitting`."""

    def __init__(self, balance: Balance, whole: Container[int]) -> None:
        """`whole`: the groups that every best answer keeps together, and with their brothers and sisters."""
        self._balance = balance
        self._able: list[int] = []
        self._points: list[int] = []
        self._asked: dict[str, list[tuple[int, list[tuple[bool, ...]]]]] = {}
        reach = reach_of(balance.problem)
        bit = {officer.id: 1 << one for one, officer in enumerate(balance.officers)}
        for group, members in enumerate(balance.members):
            if group in whole:
                there = sum(bit.get(one, 0) for one in balance.problem.groups[group].siblings_with)
                self._open(members, reach.groups[group] & (there or reach.everyone))
            else:
                for child in members:
                    self._open([child], reach.children[child])

    def _open(self, children: list[int], able: int) -> None:
        rows: dict[str, list[tuple[bool, ...]]] = {}
        for child in children:
            for term, row in self._balance.misses[child]:
                rows.setdefault(term, []).append(row)
        for term, asked in rows.items() if able else ():
            self._asked.setdefault(term, []).append((len(self._able), asked))
        self._able.append(able)
        self._points.append(sum(self._balance.children[child].points for child in children))

    def least(self, term: str) -> int:
        """Children who miss this in every answer that is left, if everybody gets an officer who could."""
        return sum(min(self._missed(place, rows).values()) for place, rows in self._asked.get(term, ()))

    def narrow(self, term: str) -> None:
        """The term is known to be at this least: only officers with whom each family misses no more are left."""
        for place, rows in self._asked.get(term, ()):
            missed = self._missed(place, rows)
            fewest = min(missed.values())
            self._able[place] = sum(1 << one for one, number in missed.items() if number == fewest)

    def demand(self) -> Demand:
        """What the officers who are left for each family must take: `bounds` counts with it what is left for the loads."""
        units: dict[int, int] = {}
        placed = [(able, points) for able, points in zip(self._able, self._points, strict=True) if able]
        for able, points in placed:
            units[able] = units.get(able, 0) + points
        return Demand(officers=self._balance.officers, units=units, step=gcd(*(points for _, points in placed)) or 1)

    def _missed(self, place: int, rows: list[tuple[bool, ...]]) -> dict[int, int]:
        """By officer who is left."""
        return {one: sum([row[one] for row in rows]) for one in bits(self._able[place])}

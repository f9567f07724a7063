"""What must be missed whatever the loads: each family counted for itself, among the officers who are still as good for it.

Where every family has as little missed of a term as it can, the terms after it are counted among those officers alone.
"""

from __future__ import annotations

from math import gcd

from services.allocation import rules
from services.allocation.balance import Balance
from services.allocation.bounds import Demand


class Choices:
    """For everybody who is decided as one, the officers whom a best answer may give them."""

    def __init__(self, balance: Balance, whole: set[int]) -> None:
        """`whole`: the groups that every best answer keeps together, and with their brothers and sisters."""
        self._balance = balance
        self._open: list[tuple[tuple[int, ...], list[int]]] = []
        for group, members in enumerate(balance.members):
            for children in (tuple(members),) if group in whole else tuple((child,) for child in members):
                able = rules.eligible_officers(balance.problem, tuple(balance.children[child] for child in children))
                named = {officer.id for officer in able}
                if group in whole:
                    named &= balance.problem.groups[group].siblings_with or named
                self._open.append((children, [one for one, officer in enumerate(balance.officers) if officer.id in named]))

    def least(self, term: str) -> int:
        """Children who miss this in every answer that is left, if everybody gets an officer who could."""
        return sum(min((self._missed(children, one, term) for one in able), default=0) for children, able in self._open)

    def narrow(self, term: str) -> None:
        """The term is known to be at this least: only officers with whom each family misses no more are left."""
        for place, (children, able) in enumerate(self._open):
            if able:
                missed = {one: self._missed(children, one, term) for one in able}
                self._open[place] = children, [one for one in able if missed[one] == min(missed.values())]

    def demand(self) -> Demand:
        """What the officers who are left for each family must take: `bounds` counts with it what is left for the loads."""
        units: dict[int, int] = {}
        points = []
        for children, able in self._open:
            if able:
                allowed = sum(1 << one for one in able)
                points.append(sum(self._balance.children[child].points for child in children))
                units[allowed] = units.get(allowed, 0) + points[-1]
        return Demand(officers=self._balance.officers, units=units, step=gcd(*points) or 1)

    def _missed(self, children: tuple[int, ...], one: int, term: str) -> int:
        return sum(row[one] for child in children for name, row in self._balance.misses[child] if name == term)

"""Exchanges that make an answer better: some children of one officer for some of another, until no such exchange is left.

`level` brings every officer to the load that would be evenest, by exchanges that differ by exactly what she has too much.
`trade` brings children to officers who do more of what they ask for, against others who weigh the same there.
Every exchange keeps the hard rules that are kept, and makes the objective less.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from itertools import islice

from services.allocation import rules
from services.allocation.balance import NOBODY, Balance, Bundle
from services.allocation.effort import Effort

_TRIES = 4
_PARTNERS = 8
_AT_ONCE = 3
_LOOKS = 100
"""Effort of one exchange: about as many bundles of two officers are looked at."""


class Shelves:
    """The bundles of each officer by their points; `changes` counts how often hers have changed."""

    def __init__(self, balance: Balance) -> None:
        self.balance = balance
        self.of: list[dict[int, list[Bundle]]] = [{} for _ in balance.officers]
        self.changes = [0] * len(balance.officers)
        for bundle in balance.bundles():
            self._put(bundle)

    def _put(self, bundle: Bundle) -> None:
        here = self.balance.officer_of[bundle.children[0]]
        if here != NOBODY:
            self.of[here].setdefault(self.balance.points(bundle), []).append(bundle)

    def swap(self, ones: Sequence[Bundle], others: Sequence[Bundle], here: int, there: int) -> bool:
        """All of these, who are here, change places with all of those there, if the rules allow it and the whole is better."""
        balance = self.balance
        if not _swapped(balance, ones, others, here, there):
            return False
        for bundle, before in [*((one, here) for one in ones), *((other, there) for other in others)]:
            self.of[before][balance.points(bundle)].remove(bundle)
            self._put(bundle)
        self.changes[here] += 1
        self.changes[there] += 1
        return True


def _swapped(balance: Balance, ones: Sequence[Bundle], others: Sequence[Bundle], here: int, there: int) -> bool:
    before = balance.objective
    if {bundle.group for bundle in ones} & {bundle.group for bundle in others}:
        return False
    if not all(balance.may(bundle, there) for bundle in ones) or not all(balance.may(bundle, here) for bundle in others):
        return False
    for bundle in ones:
        balance.move(bundle, there)
    for bundle in others:
        balance.move(bundle, here)
    kept = all(balance.may(bundle, there) for bundle in ones) and all(balance.may(bundle, here) for bundle in others)
    if kept and balance.objective < before:
        return True
    for bundle in others:
        balance.move(bundle, there)
    for bundle in ones:
        balance.move(bundle, here)
    return False


# -------------------------------------------------------------------------------------------------------- levelling


def level(balance: Balance, aim: Sequence[int], effort: Effort) -> None:
    """Who stands above the load that is aimed at gives to those below it, exactly as much as both need, where that is found.

    Who is fullest of all gives to anybody emptier, who may then be able to hand on what she could not.
    """
    shelves = Shelves(balance)
    failed: set[tuple[int, int, int, int, int]] = set()
    moved = True
    while moved and effort.left > 0:
        moved = False
        above = [one for one, load in enumerate(balance.load) if load > aim[one]]
        for full in sorted(above, key=lambda one: (-(balance.load[one] - aim[one]) / balance.officers[one].limit, one)):
            for empty, units in [*_below(balance, aim, full), *_emptier(balance, full)]:
                attempt = (full, empty, units, shelves.changes[full], shelves.changes[empty])
                if attempt not in failed and effort.spend(_LOOKS) and _even_out(shelves, full, empty, units):
                    moved = True
                    break
                failed.add(attempt)


def _below(balance: Balance, aim: Sequence[int], full: int) -> list[tuple[int, int]]:
    """Officers below their aim, the emptiest first, with what both need."""
    gaps = sorted((load - aim[one], one) for one, load in enumerate(balance.load) if load < aim[one])
    return [(one, min(balance.load[full] - aim[full], -gap)) for gap, one in gaps[:_PARTNERS] if balance.load[full] > aim[full]]


def _emptier(balance: Balance, full: int) -> list[tuple[int, int]]:
    """For the fullest of all, above what cannot be helped: the officers emptier than she, with what would level the two."""
    officer, load = balance.officers[full], balance.load[full]
    worst = rules.utilisation(officer, load)
    if worst < balance.value("worst_utilisation") or worst <= balance.floor:
        return []
    found = []
    for one, other in enumerate(balance.officers):
        surplus = load * other.limit - balance.load[one] * officer.limit
        units = surplus // (officer.limit + other.limit)
        if units > 0:
            found.append((rules.utilisation(other, balance.load[one]), one, units))
    return [(one, units) for _, one, units in sorted(found)]


def _even_out(shelves: Shelves, full: int, empty: int, units: int) -> bool:
    """Exchanges what differs by these units: first what nobody minds, then what makes only lesser terms worse."""
    balance = shelves.balance
    for term in _terms_gained(balance, full):
        mine = _willing(shelves, full, empty, term)
        theirs = _willing(shelves, empty, full, term)
        for lot, other in _lots_apart(mine, theirs, units):
            if shelves.swap(_pick(mine, lot), _pick(theirs, other), full, empty):
                return True
    return False


def _terms_gained(balance: Balance, full: int) -> list[str]:
    """The terms that a relief of this officer may better, the last first."""
    officer, load = balance.officers[full], balance.load[full]
    found = ["spread"]
    if rules.utilisation(officer, load) >= balance.value("worst_utilisation"):
        found.append("worst_utilisation")
    if rules.excess(officer, load):
        found.append("over_limit")
    return found


def _willing(shelves: Shelves, here: int, there: int, term: str) -> dict[int, list[Bundle]]:
    """Bundles that may go there without making anything worse that outweighs the term."""
    balance = shelves.balance
    found = {points: [one for one in lot if balance.harmless(one, there, term)] for points, lot in sorted(shelves.of[here].items())}
    return {points: lot for points, lot in found.items() if lot}


def _lots_apart(
    mine: dict[int, list[Bundle]], theirs: dict[int, list[Bundle]], units: int
) -> Iterable[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Which points of one against which of the other differ by the units, or nearly: the nearest first, then the fewest."""
    ours, others = _sums(mine), _sums(theirs)
    totals = sorted(others)
    found = []
    for total, lot in ours.items():
        place = bisect_left(totals, total - units)
        for other in totals[max(0, place - 1) : place + 1]:
            off = abs(total - other - units)
            if lot and off < units:
                found.append((off, len(lot) + len(others[other]), lot, others[other]))
    return [(lot, other) for _, _, lot, other in nsmallest(_TRIES, found)]


def _sums(shelf: dict[int, list[Bundle]], most: int = _AT_ONCE) -> dict[int, tuple[int, ...]]:
    """The totals that a few bundles make, with the fewest that make them."""
    found: dict[int, tuple[int, ...]] = {0: ()}
    last: list[tuple[int, ...]] = [()]
    for _ in range(most):
        longer = []
        for lot in last:
            total = sum(lot)
            for points, bundles in shelf.items():
                if total + points not in found and lot.count(points) < len(bundles):
                    found[total + points] = (*lot, points)
                    longer.append((*lot, points))
        last = longer
    return found


def _pick(shelf: dict[int, list[Bundle]], lot: tuple[int, ...]) -> list[Bundle]:
    return [bundle for points, number in Counter(lot).items() for bundle in shelf[points][-number:]]


# ---------------------------------------------------------------------------------------------------------- trading


def trade(balance: Balance, effort: Effort) -> None:
    """Bundles that lack what they ask for change places with others who weigh the same together, where they would have it."""
    shelves = Shelves(balance)
    for bundle in list(balance.bundles()):
        here = balance.officer_of[bundle.children[0]]
        if here == NOBODY or not balance.lacks(bundle) or bundle not in shelves.of[here].get(balance.points(bundle), ()):
            continue
        for there in sorted(balance.wishes(bundle) - {here}):
            if balance.may(bundle, there) and effort.spend(_LOOKS) and _trade_one(shelves, bundle, here, there):
                break


def _trade_one(shelves: Shelves, bundle: Bundle, here: int, there: int) -> bool:
    balance = shelves.balance
    points = balance.points(bundle)
    term = balance.first_gained(bundle, there)
    if term is None:
        return False
    theirs = _willing(shelves, there, here, term)
    for other in theirs.get(points, [])[:_TRIES]:
        if shelves.swap([bundle], [other], here, there):
            return True
    mine = {size: [one for one in lot if one != bundle] for size, lot in _willing(shelves, here, there, term).items()}
    ours, others = _sums(mine, 1), _sums(theirs, 2)
    pairs = [(lot, others[total + points]) for total, lot in ours.items() if total + points in others]
    tried = islice(pairs, _TRIES)
    return any(shelves.swap([bundle, *_pick(mine, lot)], _pick(theirs, other), here, there) for lot, other in tried)

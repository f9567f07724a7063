"""A first answer by simple means, and its betterment by moves and exchanges until no single move is left that would be
better: what the solver starts from, and what its answers are finished with."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from itertools import combinations_with_replacement, islice, product
from typing import TypeAlias

from services.allocation.balance import NOBODY, Balance, Bundle
from services.allocation.problem import Problem

_PASSES = 30
_EDGE = 10
_TRIES = 4

Shelves: TypeAlias = dict[tuple[int, int], list[Bundle]]
"""Bundles by officer and points."""


def deal(problem: Problem) -> Balance:
    """The heaviest and most bound first, each group to whoever makes the whole worse by least; apart only where it must be.

    Children whom no officer may have stay without one.
    """
    balance = Balance(problem, {})

    def bound(group: int) -> tuple[bool, bool, int, str]:
        family = problem.groups[group]
        free = not any(child.barred or child.last_iro or child.conference_chair for child in family.children)
        return (not family.siblings_with, free, -family.points, family.children[0].reference)

    for group in sorted(range(len(problem.groups)), key=bound):
        if not _place(balance, balance.whole(group)):
            for child in sorted(balance.members[group], key=lambda child: -balance.children[child].points):
                _place(balance, Bundle(group, (child,)))
    return balance


def _place(balance: Balance, bundle: Bundle) -> bool:
    options = [(balance.cost(bundle, officer), officer) for officer in range(len(balance.officers)) if balance.may(bundle, officer)]
    if not options:
        return False
    balance.move(bundle, min(options)[1])
    return True


def improve(balance: Balance) -> None:
    """No move of one bundle to another officer would make the answer better; nor do the exchanges tried here.

    The objective never gets worse, and hard rules that are kept stay kept.
    """
    everywhere = range(len(balance.officers))
    for _ in range(_PASSES):
        before = balance.objective
        _move_each(balance, balance.bundles(), lambda bundle: _likely(balance, bundle))
        _relieve(balance)
        _exchange(balance)
        _trade(balance)
        if balance.objective == before:
            _move_each(balance, balance.bundles(), lambda _: everywhere)
        if balance.objective == before:
            return


def _likely(balance: Balance, bundle: Bundle) -> Iterable[int]:
    """Officers whom a bundle may gain by: those it wishes for, and the emptiest."""
    return {*balance.wishes(bundle), *balance.emptiest}


def _move_each(balance: Balance, bundles: Iterable[Bundle], targets: Callable[[Bundle], Iterable[int]]) -> None:
    for bundle in list(bundles):
        here = balance.officer_of[bundle.children[0]]
        if any(balance.officer_of[child] != here for child in bundle.children):
            continue
        options = [
            (balance.cost(bundle, officer), officer) for officer in targets(bundle) if officer != here and balance.may(bundle, officer)
        ]
        if options and min(options)[0] < balance.objective:
            balance.move(bundle, min(options)[1])


def _relieve(balance: Balance) -> None:
    """Families part where that brings somebody back within her limit."""
    if balance.objective[balance.problem.order.index("over_limit")] > 0:
        single = [Bundle(bundle.group, (child,)) for bundle in balance.bundles() if len(bundle.children) > 1 for child in bundle.children]
        _move_each(balance, single, lambda _: range(len(balance.officers)))


# -------------------------------------------------------------------------------------------------------- exchanges


def _shelve(balance: Balance) -> Shelves:
    shelves: Shelves = {}
    for bundle in balance.bundles():
        here = balance.officer_of[bundle.children[0]]
        if here != NOBODY:
            shelves.setdefault((here, balance.points(bundle)), []).append(bundle)
    return shelves


def _exchange(balance: Balance) -> None:
    """The fullest and the emptiest officers exchange what brings their shares closest."""
    ranked = sorted(range(len(balance.officers)), key=lambda one: balance.load[one] / balance.officers[one].limit)
    shelves = _shelve(balance)
    sizes: dict[int, set[int]] = {}
    for officer, points in shelves:
        sizes.setdefault(officer, set()).add(points)
    for full, empty in product(reversed(ranked[-_EDGE:]), ranked[:_EDGE]):
        _level(balance, full, empty, shelves, sizes)


def _level(balance: Balance, full: int, empty: int, shelves: Shelves, sizes: dict[int, set[int]]) -> None:
    """One bundle of the fuller officer for one, or two, of the emptier, as near to an even share as whole children allow."""
    capacity, other = balance.officers[full].limit, balance.officers[empty].limit
    surplus = balance.load[full] * other - balance.load[empty] * capacity
    if full == empty or surplus <= 0:
        return
    wanted = surplus / (capacity + other)
    small = sizes.get(empty, set())
    lots = [(q,) for q in small] + [(q, r) for q, r in combinations_with_replacement(sorted(small), 2)]
    gains = [(abs(p - sum(lot) - wanted), p, lot) for p in sizes.get(full, ()) for lot in lots if 0 < p - sum(lot) < 2 * wanted]
    for _, p, lot in heapq.nsmallest(_TRIES, gains):
        for heavy in shelves.get((full, p), [])[-_TRIES:]:
            light = _pick(shelves, empty, lot)
            if light and _swap(balance, [heavy], light):
                _unshelve(shelves, full, p, heavy)
                for q, bundle in zip(lot, light, strict=True):
                    _unshelve(shelves, empty, q, bundle)
                _reshelve(balance, shelves, [heavy, *light])
                sizes[full].update(lot)
                sizes[empty].add(p)
                return


def _pick(shelves: Shelves, officer: int, lot: tuple[int, ...]) -> list[Bundle]:
    """Bundles of these points, all different; none where there are not so many."""
    picked: list[Bundle] = []
    for points in lot:
        free = next((bundle for bundle in reversed(shelves.get((officer, points), [])) if bundle not in picked), None)
        if free is None:
            return []
        picked.append(free)
    return picked


def _unshelve(shelves: Shelves, officer: int, points: int, bundle: Bundle) -> None:
    shelves[officer, points].remove(bundle)


def _trade(balance: Balance) -> None:
    """Bundles that wish for another officer change places with something that weighs the same there."""
    shelves = _shelve(balance)
    for bundle in list(balance.bundles()):
        here = balance.officer_of[bundle.children[0]]
        wished = balance.wishes(bundle) if here != NOBODY and balance.lacks(bundle) else ()
        if not wished:
            continue
        shelf = shelves.get((here, balance.points(bundle)), [])
        if bundle in shelf:
            _trade_one(balance, bundle, shelf, wished, shelves)


def _trade_one(balance: Balance, bundle: Bundle, shelf: list[Bundle], wished: Iterable[int], shelves: Shelves) -> None:
    points = balance.points(bundle)
    for there in sorted(set(wished) - {balance.officer_of[bundle.children[0]]}):
        willing = (other for other in shelves.get((there, points), []) if there not in balance.wishes(other))
        for other in islice(willing, _TRIES):
            if _swap(balance, [bundle], [other]):
                shelf.remove(bundle)
                shelves[there, points].remove(other)
                _reshelve(balance, shelves, (bundle, other))
                return


def _reshelve(balance: Balance, shelves: Shelves, bundles: Iterable[Bundle]) -> None:
    for bundle in bundles:
        shelves.setdefault((balance.officer_of[bundle.children[0]], balance.points(bundle)), []).append(bundle)


def _swap(balance: Balance, ones: list[Bundle], others: list[Bundle]) -> bool:
    """All of these change places with all of those if the rules allow it and the whole is better for it."""
    before = balance.objective
    here, there = balance.officer_of[ones[0].children[0]], balance.officer_of[others[0].children[0]]
    if {bundle.group for bundle in ones} & {bundle.group for bundle in others}:
        return False
    if not all(balance.may(bundle, there) for bundle in ones) or not all(balance.may(bundle, here) for bundle in others):
        return False
    for bundle in ones:
        balance.move(bundle, there)
    for bundle in others:
        balance.move(bundle, here)
    if balance.objective < before and all(balance.may(bundle, there) for bundle in ones):
        return True
    for bundle in others:
        balance.move(bundle, there)
    for bundle in ones:
        balance.move(bundle, here)
    return False

"""A first answer by simple means, and its betterment by moves and exchanges until no single move is left that would be
better: what the solver starts from, and what its answers are finished with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice, product
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
        free = not any(child.barred or child.last_iro for child in family.children)
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
    capacity, other = balance.officers[full].limit, balance.officers[empty].limit
    surplus = balance.load[full] * other - balance.load[empty] * capacity
    if full == empty or surplus <= 0:
        return
    wanted = surplus / (capacity + other)
    gains = [(abs(p - q - wanted), p, q) for p in sizes.get(full, ()) for q in sizes.get(empty, ()) if 0 < p - q < 2 * wanted]
    for _, p, q in sorted(gains)[:3]:
        heavy, light = shelves.get((full, p)), shelves.get((empty, q))
        if heavy and light and _swap(balance, heavy[-1], light[-1]):
            _reshelve(balance, shelves, (heavy.pop(), light.pop()))
            sizes[full].add(q)
            sizes[empty].add(p)
            return


def _trade(balance: Balance) -> None:
    """Bundles that wish for another officer change places with something that weighs the same there."""
    shelves = _shelve(balance)
    for bundle in list(balance.bundles()):
        here = balance.officer_of[bundle.children[0]]
        wished = balance.wishes(bundle) if here != NOBODY else ()
        if not wished or here in wished:
            continue
        shelf = shelves.get((here, balance.points(bundle)), [])
        if bundle in shelf:
            _trade_one(balance, bundle, shelf, wished, shelves)


def _trade_one(balance: Balance, bundle: Bundle, shelf: list[Bundle], wished: Iterable[int], shelves: Shelves) -> None:
    points = balance.points(bundle)
    for there in sorted(wished):
        willing = (other for other in shelves.get((there, points), []) if there not in balance.wishes(other))
        for other in islice(willing, _TRIES):
            if _swap(balance, bundle, other):
                shelf.remove(bundle)
                shelves[there, points].remove(other)
                _reshelve(balance, shelves, (bundle, other))
                return


def _reshelve(balance: Balance, shelves: Shelves, bundles: Iterable[Bundle]) -> None:
    for bundle in bundles:
        shelves.setdefault((balance.officer_of[bundle.children[0]], balance.points(bundle)), []).append(bundle)


def _swap(balance: Balance, one: Bundle, other: Bundle) -> bool:
    """The two change places if the rules allow it and the whole is better for it."""
    before = balance.objective
    here, there = balance.officer_of[one.children[0]], balance.officer_of[other.children[0]]
    if one.group == other.group or not (balance.may(one, there) and balance.may(other, here)):
        return False
    balance.move(one, there)
    balance.move(other, here)
    if balance.objective < before:
        return True
    balance.move(other, there)
    balance.move(one, here)
    return False

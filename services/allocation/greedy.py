"""A first answer by simple means, and its betterment by moves and exchanges until no single move is left that would be
better: what the solver starts from, and what its answers are finished with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from services.allocation import rules
from services.allocation.balance import NOBODY, Balance, Bundle
from services.allocation.bounds import Aim, aim_of, demand_of
from services.allocation.effort import Effort
from services.allocation.exchanging import level, trade
from services.allocation.problem import Problem

STEPS = 3_000_000
"""The usual effort: several times what a unit of 5,000 children and 60 officers needs."""


def arrange(problem: Problem) -> Balance:
    """An answer by simple means alone, as good as the usual effort makes it."""
    balance = deal(problem)
    improve(balance, aim_of(demand_of(problem)), Effort(STEPS))
    return balance


def deal(problem: Problem, aim: Aim | None = None) -> Balance:
    """The heaviest and most bound first, each group to whoever makes the whole worse by least; apart only where it must be.

    Children whom no officer may have stay without one. `aim`: a share that the fullest officer cannot go below anyhow does
    not count, so that wishes are heard until then.
    """
    balance = Balance(problem, {}, floor=0 if aim is None else aim.worst)

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
    options = balance.costs(bundle, (officer for officer in range(len(balance.officers)) if balance.may(bundle, officer)))
    if not options:
        return False
    balance.move(bundle, min(options)[1])
    return True


def improve(balance: Balance, aim: Aim, effort: Effort) -> None:
    """No move of one bundle to another officer would make the answer better, nor do the exchanges tried here, or the effort
    is spent.

    `aim`: what counting leaves to be hoped for. The objective never gets worse, and hard rules that are kept stay kept.
    """
    everywhere = range(len(balance.officers))
    while effort.left > 0:
        before = balance.objective
        _move_each(balance, aim, effort, balance.bundles(), lambda bundle: _likely(balance, bundle))
        level(balance, aim.loads, effort)
        _relieve(balance, aim, effort)
        trade(balance, effort)
        if balance.objective == before:
            _move_each(balance, aim, effort, balance.bundles(), lambda _: everywhere)
        if balance.objective == before:
            return


def _likely(balance: Balance, bundle: Bundle) -> Collection[int]:
    """Officers whom a bundle may gain by: those it wishes for, and the emptiest."""
    return {*balance.wishes(bundle), *balance.emptiest}


def _move_each(balance: Balance, aim: Aim, effort: Effort, bundles: Iterable[Bundle], targets: Callable[[Bundle], Collection[int]]) -> None:
    """Each of these bundles stands where it is best, the others staying. Who asks for nothing more moves for the loads alone."""
    for bundle in list(bundles):
        here = balance.officer_of[bundle.children[0]]
        if any(balance.officer_of[child] != here for child in bundle.children):
            continue
        if here != NOBODY and not balance.lacks(bundle) and not _presses(balance, aim, here):
            continue
        tried = targets(bundle)
        if not effort.spend(len(tried)):
            return
        options = balance.costs(bundle, (officer for officer in tried if officer != here and balance.may(bundle, officer)))
        if options and min(options)[0] < balance.objective:
            balance.move(bundle, min(options)[1])


def _presses(balance: Balance, aim: Aim, one: int) -> bool:
    """Whether counting leaves it possible that an officer may hold less."""
    over = rules.excess(balance.officers[one], balance.load[one]) > 0 and balance.value("over_limit") > aim.over
    return over or balance.load[one] > aim.loads[one]


def _relieve(balance: Balance, aim: Aim, effort: Effort) -> None:
    """Families part where that brings somebody back within her limit, and counting does not say that it cannot be."""
    if balance.value("over_limit") > aim.over:
        over = {one for one, officer in enumerate(balance.officers) if rules.excess(officer, balance.load[one])}
        single = [
            Bundle(bundle.group, (child,))
            for bundle in balance.bundles()
            if len(bundle.children) > 1 and balance.officer_of[bundle.children[0]] in over
            for child in bundle.children
        ]
        _move_each(balance, aim, effort, single, lambda _: range(len(balance.officers)))

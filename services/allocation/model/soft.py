"""The soft terms of the model, by the names that they have in `rules`: each an expression to be brought to its least.

A term that nothing can change is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ortools.sat.python import cp_model

from services.allocation import rules
from services.allocation.balance import NOBODY, Balance
from services.allocation.model.variables import Expression, Model

_SQUARES = 12


def unallocated(model: Model, _: int) -> Expression | None:
    """Children decided one by one may stay without an officer; whole groups never do."""
    children = list(model.children_apart())
    return len(children) - cp_model.LinearExpr.sum(list(model.has.values())) if children else None


def over_limit(model: Model, _: int) -> Expression:
    """Points over the limits, of every officer together."""
    over = []
    for one, (officer, load) in enumerate(zip(model.officers, model.load, strict=True)):
        over.append(model.cp.new_int_var(0, model.roof, ""))
        model.cp.add(over[-1] >= load - max(officer.limit, officer.held))
        model.follows.append((over[-1], partial(_over, one)))
    return cp_model.LinearExpr.sum(over)


def siblings_apart(model: Model, _: int) -> Expression | None:
    """Officers more than needed, of whole groups by where their brothers and sisters are."""
    ids = [officer.id for officer in model.officers]
    terms: list[Expression] = []
    for group in model.parting:
        family = model.problem.groups[group]
        new = [one for one in range(len(ids)) if ids[one] not in family.siblings_with]
        for one in new:
            model.used[group, one] = model.cp.new_bool_var("")
            model.follows.append((model.used[group, one], partial(_has_some, model.balance.members[group], one)))
            for child in model.balance.members[group]:
                if (child, one) in model.has:
                    model.cp.add_implication(model.has[child, one], model.used[group, one])
        extra = model.cp.new_int_var(0, len(family.children), "")
        model.cp.add(extra >= sum(model.used[group, one] for one in new) - (0 if family.siblings_with else 1))
        terms.append(extra)
        model.follows.append((extra, partial(_apart, group)))
    whole = _missed(model, "siblings_apart")
    return cp_model.LinearExpr.sum([*terms, *([] if whole is None else [whole])]) if terms or whole is not None else None


def last_iro_missed(model: Model, _: int) -> Expression | None:
    return _missed(model, "last_iro_missed")


def conference_chair_missed(model: Model, _: int) -> Expression | None:
    return _missed(model, "conference_chair_missed")


def worst_utilisation(model: Model, least: int) -> Expression:
    """The fullest officer's share, from a bound on that is known."""
    worst = model.cp.new_int_var(least, max(rules.utilisation(officer, model.roof) for officer in model.officers), "")
    for officer, load in zip(model.officers, model.load, strict=True):
        model.cp.add(load * rules.WHOLE <= worst * officer.limit)
    model.follows.append((worst, lambda balance: max(least, balance.value("worst_utilisation"))))
    return worst


def speciality_missed(model: Model, _: int) -> Expression | None:
    return _missed(model, "speciality_missed")


def travel_missed(model: Model, _: int) -> Expression | None:
    return _missed(model, "travel_missed")


def wish_missed(model: Model, _: int) -> Expression | None:
    return _missed(model, "wish_missed")


def spread(model: Model, _: int) -> Expression | None:
    """Squares are searched for small units alone; elsewhere single moves and exchanges must do."""
    if len(model.officers) > _SQUARES:
        return None
    terms = []
    for one, (officer, load) in enumerate(zip(model.officers, model.load, strict=True)):
        amount = model.cp.new_int_var(0, model.roof, "")
        square = model.cp.new_int_var(0, model.roof * model.roof, "")
        model.cp.add(amount == load)
        model.cp.add_multiplication_equality(square, [amount, amount])
        model.follows.extend(((amount, partial(_load, one)), (square, partial(_square, one))))
        terms.append(rules.unevenness(officer, 1) * square)
    return cp_model.LinearExpr.sum(terms)


SOFT = (
    unallocated,
    over_limit,
    siblings_apart,
    last_iro_missed,
    conference_chair_missed,
    worst_utilisation,
    speciality_missed,
    travel_missed,
    wish_missed,
    spread,
)
TERMS: Mapping[str, Callable[[Model, int], Expression | None]] = {term.__name__: term for term in SOFT}


# ------------------------------------------------------------------------- what an answer makes of such a variable


def _load(one: int, balance: Balance) -> int:
    return balance.load[one]


def _square(one: int, balance: Balance) -> int:
    return balance.load[one] ** 2


def _over(one: int, balance: Balance) -> int:
    return rules.excess(balance.officers[one], balance.load[one])


def _has_some(members: Sequence[int], one: int, balance: Balance) -> int:
    return any(balance.officer_of[child] == one for child in members)


def _apart(group: int, balance: Balance) -> int:
    having = {balance.officer_of[child] for child in balance.members[group]} - {NOBODY}
    return rules.apart(balance.problem.groups[group], {balance.officers[one].id for one in having})


# -----------------------------------------------------------------------------------------------------------------


def _missed(model: Model, term: str) -> Expression | None:
    """What the children miss under a term that counts them one by one."""
    parts: list[tuple[Expression, int]] = []
    fixed = 0
    for (pool, one), variable in model.counts.items():
        parts.extend((variable, row[one]) for name, row in pool.missed if name == term)
    for kind, groups in model.kinds.items():
        fixed += dict(kind.base).get(term, 0) * len(groups)
        for one, saved in kind.saves:
            here = Counter({name: row[one] for name, row in kind.pool.missed})
            here.subtract(dict(saved))
            parts.append((model.asked[kind, one], here[term]))
    for (child, one), variable in model.has.items():
        parts.extend((variable, int(row[one])) for name, row in model.balance.misses[child] if name == term)
    kept = [(variable, weight) for variable, weight in parts if weight]
    if not kept:
        return model.cp.new_constant(fixed) if fixed else None
    return cp_model.LinearExpr.weighted_sum([variable for variable, _ in kept], [weight for _, weight in kept]) + fixed

"""The hard rules of the model, by the names that they have in `rules`."""

from __future__ import annotations

from ortools.sat.python import cp_model

from services.allocation.model.variables import Expression, Model


def eligible(model: Model) -> None:
    """Variables exist only for officers whom the children may have; every group that goes whole goes somewhere."""
    cp, balance = model.cp, model.balance
    load: list[list[Expression]] = [[officer.held] for officer in model.officers]
    going: dict[object, list[Expression]] = {}
    for kind, groups in model.kinds.items():
        mine = []
        for one, _ in kind.saves:
            model.asked[kind, one] = cp.new_int_var(0, len(groups), "")
            load[one].append(kind.pool.points * model.asked[kind, one])
            mine.append(model.asked[kind, one])
        if mine:
            cp.add(cp_model.LinearExpr.sum(mine) <= len(groups))
        going.setdefault(kind.pool, []).extend(mine)
    for pool, number in model.pools.items():
        for one in pool.officers:
            model.counts[pool, one] = cp.new_int_var(0, number, "")
            load[one].append(pool.points * model.counts[pool, one])
            going[pool].append(model.counts[pool, one])
        cp.add(cp_model.LinearExpr.sum(going[pool]) == number)
    for child in model.children_apart():
        barred = {bar.officer for bar in balance.children[child].barred}
        able = [one for one, officer in enumerate(model.officers) if officer.id not in barred]
        for one in able:
            model.has[child, one] = cp.new_bool_var("")
            load[one].append(balance.children[child].points * model.has[child, one])
        cp.add_at_most_one(model.has[child, one] for one in able)
    model.load = [cp_model.LinearExpr.sum(parts) for parts in load]
    model.roof = max((officer.held for officer in model.officers), default=0) + sum(group.points for group in model.problem.groups)


def parent_and_child_apart(model: Model) -> None:
    """Not both with one officer."""
    number = {child.id: index for index, child in enumerate(model.balance.children)}
    for parent, child in model.problem.parents:
        for one in range(len(model.officers)):
            both = [model.has[number[each], one] for each in (parent, child) if (number[each], one) in model.has]
            if len(both) > 1:
                model.cp.add_at_most_one(both)


def within_limit(model: Model) -> None:
    """Limits that may not be exceeded are hard; those that may are the term `over_limit`, settled before all but one."""
    if not model.problem.may_exceed:
        for officer, load in zip(model.officers, model.load, strict=True):
            model.cp.add(load <= max(officer.limit, officer.held))


HARD = (eligible, parent_and_child_apart, within_limit)

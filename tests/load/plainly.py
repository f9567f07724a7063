"""What an allocation is compared with: the emptiest first, each in turn, and a plain model of weights and limits alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from ortools.sat.python import cp_model

from services.allocation import rules
from services.allocation.problem import Child, Officer, Problem


def emptiest_first(problem: Problem) -> dict[UUID, UUID]:
    """Families in the order of their references, each whole to the emptiest officer whom the rules allow."""
    load = {officer.id: officer.held for officer in problem.officers}

    def choose(able: list[Officer], points: int) -> Officer:
        chosen = min(able, key=lambda officer: (load[officer.id] / officer.limit, officer.code))
        load[chosen.id] += points
        return chosen

    return _deal(problem, choose)


def in_turn(problem: Problem) -> dict[UUID, UUID]:
    """Families in the order of their references, each whole to whoever of those allowed has had none for longest."""
    had = {officer.id: number for number, officer in enumerate(problem.officers)}

    def choose(able: list[Officer], _: int) -> Officer:
        chosen = min(able, key=lambda officer: had[officer.id])
        had[chosen.id] = max(had.values()) + 1
        return chosen

    return _deal(problem, choose)


def _deal(problem: Problem, choose: Callable[[list[Officer], int], Officer]) -> dict[UUID, UUID]:
    answer: dict[UUID, UUID] = {}
    for group in problem.groups:
        together = rules.eligible_officers(problem, group.children)
        for part in [group.children] if together else [(child,) for child in group.children]:
            able = list(_allowed(problem, part, answer))
            if able:
                chosen = choose(able, sum(child.points for child in part))
                answer.update((child.id, chosen.id) for child in part)
    return answer


def _allowed(problem: Problem, part: tuple[Child, ...], answer: dict[UUID, UUID]) -> Iterable[Officer]:
    family = {child.id for child in part}
    relatives = {answer.get(one) for pair in problem.parents if family & set(pair) for one in pair if one not in family}
    return (officer for officer in rules.eligible_officers(problem, part) if officer.id not in relatives)


def weights_and_limits(problem: Problem, seconds: float, workers: int) -> dict[UUID, UUID] | None:
    """CP-SAT as the textbook has it: each child one officer, nobody over her limit, the fullest as empty as can be.

    It knows nothing of law, families or wishes. None where it finds nothing in its time.
    """
    model = cp_model.CpModel()
    officers, children = problem.available, problem.children
    has = [[model.new_bool_var("") for _ in officers] for _ in children]
    worst = model.new_int_var(0, rules.WHOLE, "")
    for row in has:
        model.add_exactly_one(row)
    for number, officer in enumerate(officers):
        load = officer.held + cp_model.LinearExpr.weighted_sum([row[number] for row in has], [child.points for child in children])
        model.add(load <= officer.limit)
        model.add(load * rules.WHOLE <= worst * officer.limit)
    model.minimize(worst)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, workers
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    chosen = [next(number for number, one in enumerate(row) if solver.boolean_value(one)) for row in has]
    return {child.id: officers[number].id for child, number in zip(children, chosen, strict=True)}

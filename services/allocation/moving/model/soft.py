"""The terms of the objective over the variables of the search, by the names of the rules."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ortools.sat.python import cp_model

from services.allocation.moving import bounds, rules
from services.allocation.moving.board import Board
from services.allocation.moving.model.variables import Expression, Kind, Model, has
from services.allocation.moving.problem import FIRST, WISHES
from services.allocation.rules import WHOLE

_SQUARES = 20
_TANGENTS = 12


def goal(model: Model, board: Board, term: str, least: int) -> Expression | None:
    """The term as an expression whose value is the rule's, or None where the model has no say in it."""
    return TERMS[term](model, board, least) if model.kinds and (term in FIRST or not model.pooled) else None


def _leaving(model: Model, board: Board, _: int, *, term: str, weight: Callable[[Kind], int]) -> Expression | None:
    """A term that grows (or falls) with each bundle of a kind that leaves, whoever gets it."""
    weights = [weight(kind) for kind in model.kinds]
    if not any(weights):
        return None
    now = sum(weight(kind) for kind, alike in model.kinds.items() for index in alike if index in board.moved)
    return board.term(term) - now + cp_model.LinearExpr.weighted_sum([model.leaves[kind] for kind in model.kinds], weights)


left_behind = partial(_leaving, term="left_behind", weight=lambda kind: -kind.size * kind.must)
protected_moved = partial(_leaving, term="protected_moved", weight=lambda kind: kind.size * kind.protected)
meetings_disturbed = partial(_leaving, term="meetings_disturbed", weight=lambda kind: kind.meetings)
moves = partial(_leaving, term="moves", weight=lambda _: 1)


def over_limit(model: Model, _: Board, __: int) -> Expression | None:
    over = []
    for officer in model.ground.available:
        most = model.ground.roof[officer] - model.ground.officers[officer].limit
        if most > 0:
            over.append(model.cp.new_int_var(0, most, ""))
            model.cp.add(over[-1] >= model.load[officer] - model.ground.officers[officer].limit)
    return cp_model.LinearExpr.sum(over) if over else None


def worst_utilisation(model: Model, board: Board, least: int) -> Expression | None:
    problem, now = model.ground.problem, board.term("worst_utilisation")
    steps = range(least - least % problem.step, now, problem.step)
    values = sorted({rules.counted(problem, share) for share in (*steps, now)})
    worst = model.cp.new_int_var_from_domain(cp_model.Domain.from_values([value for value in values if value >= least]), "")
    for officer in model.ground.available:
        model.cp.add(model.load[officer] * WHOLE <= worst * model.ground.officers[officer].limit)
    return worst


def siblings_apart(model: Model, board: Board, _: int) -> Expression | None:
    """For each family that the model may change: every officer whom it has to do with, once."""
    ground, terms, now = model.ground, list[Expression](), 0
    for members, elsewhere in zip(ground.families, ground.elsewhere, strict=True):
        if not any(index in model.alone for index in members):
            continue
        now += len({board.at[index] for index in members} | elsewhere)
        for officer in range(len(ground.officers)):
            having = [there for index in members if (there := has(model, index, officer)) is not None]
            if not having:
                terms.append(int(officer in elsewhere))
                continue
            terms.append(model.cp.new_int_var(int(officer in elsewhere), 1, ""))
            for there in having:
                model.cp.add(terms[-1] >= there)
    return board.term("siblings_apart") - now + cp_model.LinearExpr.sum(terms) if terms else None


def _wish(model: Model, board: Board, _: int, *, term: str) -> Expression | None:
    place = model.ground.wish_names.index(term)
    weights = {
        (kind, officer): missed[place] - kind.missed[0][place]
        for kind in model.kinds
        for officer, missed in zip(kind.officers, kind.missed[1:], strict=True)
    }
    kept = [key for key, weight in weights.items() if weight]
    if not kept:
        return None
    now = sum(weights[kind, board.at[index]] for kind, alike in model.kinds.items() for index in alike if index in board.moved)
    return board.term(term) - now + cp_model.LinearExpr.weighted_sum([model.goes[key] for key in kept], [weights[key] for key in kept])


def spread(model: Model, board: Board, _: int) -> Expression | None:
    """Squares by tangents, which never lie above them; for large units single changes and exchanges must do."""
    if len(model.ground.available) > _SQUARES:
        return None
    terms = []
    for officer, low, high, weight in bounds.reach(board):
        model.squares[officer] = model.cp.new_int_var(0, high * high, "")
        model.cp.add_linear_constraint(model.load[officer], low, high)
        for units in range(low, high, max(1, (high - low) // _TANGENTS)):
            touch(model, officer, units)
        terms.append(weight * model.squares[officer])
    touch_all(model, board)
    return cp_model.LinearExpr.sum(terms)


def touch_all(model: Model, board: Board) -> None:
    """The squares of the loads of the board are exact in the model from now on."""
    for officer in model.squares:
        touch(model, officer, board.load[officer])
        touch(model, officer, board.load[officer] - 1)


def touch(model: Model, officer: int, units: int) -> None:
    """The line through the squares of this whole number and the next: no whole number has a square below it."""
    model.cp.add(model.squares[officer] >= (2 * units + 1) * model.load[officer] - units * (units + 1))


TERMS: dict[str, Callable[[Model, Board, int], Expression | None]] = {
    "left_behind": left_behind,
    "over_limit": over_limit,
    "protected_moved": protected_moved,
    "worst_utilisation": worst_utilisation,
    "siblings_apart": siblings_apart,
    "meetings_disturbed": meetings_disturbed,
    "moves": moves,
    **{name: partial(_wish, term=name) for name in WISHES},
    "spread": spread,
}

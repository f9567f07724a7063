"""The variables of the search for moves, and the hard rules over them, by the names of the rules.

Bundles that are alike in all that counts are one whole-number variable for each officer who may have them. In a pooled model
those who may go to anybody only leave, and weights arrive: who goes to whom is settled afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ortools.sat.python import cp_model

from services.allocation.moving import narrowing
from services.allocation.moving.board import Board, Ground

Expression: TypeAlias = cp_model.LinearExpr | int


@dataclass(frozen=True, slots=True)
class Kind:
    """What bundles have in common that one variable an officer stands for; `single` tells apart those that are like no other."""

    home: int
    points: int
    size: int
    meetings: int
    must: bool
    protected: bool
    officers: tuple[int, ...] = ()
    missed: tuple[tuple[int, ...], ...] = ()
    single: int = -1


@dataclass(slots=True)
class Model:
    ground: Ground
    pooled: bool
    exact: bool = True
    kinds: dict[Kind, list[int]] = field(default_factory=dict)
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    goes: dict[tuple[Kind, int], cp_model.IntVar] = field(default_factory=dict)
    comes: dict[tuple[int, int], cp_model.IntVar] = field(default_factory=dict)
    out: dict[Kind, cp_model.IntVar] = field(default_factory=dict)
    leaves: dict[Kind, cp_model.LinearExpr] = field(default_factory=dict)
    load: dict[int, Expression] = field(default_factory=dict)
    squares: dict[int, cp_model.IntVar] = field(default_factory=dict)
    alone: dict[int, Kind] = field(default_factory=dict)


def build(ground: Ground, board: Board, pooled: bool) -> Model:
    """`pooled`: bundles that may go to anybody only leave, and weights arrive: who goes to whom is settled afterwards."""
    choice = None if pooled else narrowing.choose(board)
    model = Model(ground, pooled, choice is None)
    special = set(ground.family) | set(ground.relatives)
    for index in range(len(ground.bundles)):
        officers = ground.allowed[index] if choice is None else choice.get(index, ())
        if officers:
            kind = _kind_of(ground, index, officers, index in special, pooled)
            model.kinds.setdefault(kind, []).append(index)
            if index in special:
                model.alone[index] = kind
    for rule in HARD:
        rule(model)
    return model


def _kind_of(ground: Ground, index: int, officers: tuple[int, ...], special: bool, pooled: bool) -> Kind:
    bundle, home = ground.bundles[index], ground.home[index]
    kind = Kind(home, ground.points[index], ground.size[index], bundle.meetings, bundle.must_move, bundle.protected is not None)
    free = len(officers) == len(ground.available) - (home in ground.available)
    if pooled and free and not special:
        return kind
    missed = () if pooled else tuple(ground.missed(index, officer) for officer in (home, *officers))
    return replace(kind, officers=officers, missed=missed, single=index if special else -1)


# ------------------------------------------------------------------------------------------------------ hard rules


def eligible(model: Model) -> None:
    """Variables exist only for officers to whom the bundles may go; a bundle goes once at most."""
    ground = model.ground
    load: dict[int, list[Expression]] = {officer: [ground.start[officer]] for officer in range(len(ground.officers))}
    pools: dict[int, list[Kind]] = {}
    for kind, alike in model.kinds.items():
        for officer in kind.officers:
            model.goes[kind, officer] = model.cp.new_int_var(0, len(alike), "")
            load[officer].append(kind.points * model.goes[kind, officer])
        if kind.officers:
            model.leaves[kind] = cp_model.LinearExpr.sum([model.goes[kind, officer] for officer in kind.officers])
            model.cp.add(model.leaves[kind] <= len(alike))
        else:
            model.leaves[kind] = model.out[kind] = model.cp.new_int_var(0, len(alike), "")
            pools.setdefault(kind.points, []).append(kind)
        load[kind.home].append(-kind.points * model.leaves[kind])
    for points, kinds in pools.items():
        _pool(model, points, kinds, load)
    model.load = {officer: cp_model.LinearExpr.sum(parts) for officer, parts in load.items()}


def _pool(model: Model, points: int, kinds: list[Kind], load: dict[int, list[Expression]]) -> None:
    """As many of a weight arrive as leave, and nobody need get back her own."""
    most = sum(len(model.kinds[kind]) for kind in kinds)
    leaving = cp_model.LinearExpr.sum([model.leaves[kind] for kind in kinds])
    for officer in model.ground.available:
        model.comes[points, officer] = model.cp.new_int_var(0, most, "")
        load[officer].append(points * model.comes[points, officer])
        own = [model.leaves[kind] for kind in kinds if kind.home == officer]
        model.cp.add(model.comes[points, officer] + cp_model.LinearExpr.sum(own) <= leaving)
    model.cp.add(cp_model.LinearExpr.sum([model.comes[points, officer] for officer in model.ground.available]) == leaving)


def parent_and_child_apart(model: Model) -> None:
    """Not both with one officer, if either comes to her."""
    for one, others in sorted(model.ground.relatives.items()):
        for other in sorted(others - {one}):
            for officer in range(len(model.ground.officers)):
                comes, there = _comes(model, one, officer), has(model, other, officer)
                if comes is not None and there is not None:
                    model.cp.add(comes + there <= 1)


def _comes(model: Model, index: int, officer: int) -> Expression | None:
    kind = model.alone.get(index)
    return None if kind is None else model.goes.get((kind, officer))


def has(model: Model, index: int, officer: int) -> Expression | None:
    """1 where the bundle is with the officer at the end; None where it cannot be."""
    kind = model.alone.get(index)
    if officer == model.ground.home[index]:
        return 1 if kind is None else 1 - model.leaves[kind]
    return _comes(model, index, officer)


def within_limit(model: Model) -> None:
    """Nobody ends above her limit, or above what she has if that is more."""
    for officer in model.ground.available:
        model.cp.add(model.load[officer] <= model.ground.roof[officer])


def within_moves(model: Model) -> None:
    """All moves together."""
    model.cp.add(cp_model.LinearExpr.sum(list(model.leaves.values())) <= model.ground.max_moves)


HARD = (eligible, parent_and_child_apart, within_limit, within_moves)

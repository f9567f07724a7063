"""Which of the chosen moves stand without those that were not chosen, and which may be taken back. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.allocation.moving.problem import Problem
from services.allocation.moving.rules import Violation, judge, loads
from services.allocation.problem import Child
from services.allocation.rebalancing.store import StoredMove
from services.kernel.words import BlockerCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The moves that the rules allow together, in their order, and why each of the others is refused."""

    made: tuple[StoredMove, ...]
    refused: Mapping[UUID, str]


def settle(problem: Problem, moves: Sequence[StoredMove]) -> Settled:
    """Of the moves as many as stand together by the hard rules: where some are one too many, the last of them goes first.

    Every child of a move is in one bundle of the problem.
    """
    where = {child: number for number, bundle in enumerate(problem.bundles) for child in bundle.ids}
    left = {where[move.child_ids[0]]: move for move in moves}
    refused: dict[UUID, str] = {}
    while violations := judge(problem, {number: move.to_iro_id for number, move in left.items()}):
        number = _at_fault(left, violations[0])
        refused[left.pop(number).id] = violations[0].message
    return Settled(made=tuple(sorted(left.values(), key=lambda move: move.number)), refused=refused)


def _at_fault(left: Mapping[int, StoredMove], violation: Violation) -> int:
    if violation.bundle is not None:
        return violation.bundle
    return max((number for number, move in left.items() if move.to_iro_id == violation.officer), key=lambda number: left[number].number)


def settle_undoing(problem: Problem, moves: Sequence[StoredMove], before: Mapping[UUID, Decimal]) -> Settled:
    """Of the moves those that may be taken back. `before`: what each officer held before any was made, in points.

    The law is not set aside for what was: nobody gets back a child whom a rule keeps from her, and a looked-after parent and
    its child do not come to one officer again. Nobody is brought over both her limit and what she held before.
    """
    children = {child.id: child for bundle in problem.bundles for child in bundle.members}
    refused = {move.id: told for move in moves if (told := _barred(move, children)) is not None}
    left = [move for move in moves if move.id not in refused]
    while (fault := _parent_and_child(problem, left) or _too_much(problem, left, children, before)) is not None:
        move, told = fault
        refused[move.id] = told
        left.remove(move)
    return Settled(made=tuple(left), refused=refused)


def _barred(move: StoredMove, children: Mapping[UUID, Child]) -> str | None:
    """The rule that keeps a child from going back. That an officer has no capacity is none: it was so before."""
    found = [
        f"{children[child].reference}: {bar.reason}"
        for child in move.child_ids
        if child in children
        for bar in children[child].barred
        if bar.officer == move.from_iro_id and bar.code is not BlockerCode.UNAVAILABLE
    ]
    return found[0] if found else None


def _parent_and_child(problem: Problem, moves: Sequence[StoredMove]) -> tuple[StoredMove, str] | None:
    back = {child: move for move in moves for child in move.child_ids}
    after = {child: bundle.officer for bundle in problem.bundles for child in bundle.ids}
    after.update({child: move.from_iro_id for child, move in back.items()})
    for pair in problem.parents:
        concerned = [back[child] for child in pair if child in back]
        if concerned and after[pair[0]] == after[pair[1]]:
            return concerned[-1], "a parent who is looked after and its child would have the same IRO"
    return None


def _too_much(
    problem: Problem, moves: Sequence[StoredMove], children: Mapping[UUID, Child], before: Mapping[UUID, Decimal]
) -> tuple[StoredMove, str] | None:
    held = Counter(loads(problem, {}))  # one who has left and has given everybody away is no officer of the problem
    for move in moves:
        points = sum(children[child].points for child in move.child_ids if child in children)
        held[move.from_iro_id] += points
        held[move.to_iro_id] -= points
    for officer in problem.officers:
        allowed = max(problem.in_points(officer.limit), before.get(officer.id, Decimal(0)))
        coming = [move for move in moves if move.from_iro_id == officer.id]
        if coming and problem.in_points(held[officer.id]) > allowed:
            return coming[-1], f"{officer.code} has other children now: she would hold more than before and than her limit"
    return None

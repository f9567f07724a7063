"""Whether the world has overtaken a proposal: what its moves rest on, as it was and as it is now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from services.allocation.figures import in_points, plain
from services.allocation.moving.problem import Bundle, Problem
from services.allocation.moving.rules import bar_of
from services.allocation.posing import Known
from services.allocation.rebalancing.store import StoredMove
from services.caseload.capacity import Caseload

_NAMED = 5


def tell_changes(
    moves: Sequence[StoredMove],
    before: Sequence[Caseload],
    now: Sequence[Caseload],
    problem: Problem,
    known: Known,
    marked: Mapping[UUID, str],
) -> str | None:
    """What has changed of what these moves rest on, in words; None where nothing has.

    A moved child's IRO, scope, family, weight, mark to stay, or a rule that keeps it from its new officer; the limit or the
    load of an officer concerned.
    """
    found = [*_of_children(moves, problem, known, marked), *_of_officers(moves, before, now)]
    return tell_of(found)


def tell_of(changes: Sequence[str]) -> str | None:
    """The first few of these, and how many more there are."""
    if not changes:
        return None
    more = len(changes) - _NAMED
    return "; ".join(changes[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


# ---------------------------------------------------------------------------------------------------------- children


def _of_children(moves: Sequence[StoredMove], problem: Problem, known: Known, marked: Mapping[UUID, str]) -> Iterator[str]:
    where = {child: bundle for bundle in problem.bundles for child in bundle.ids}
    codes = {officer.iro_id: officer.code for officer in known.officers}
    references = {child.child_id: child.reference for child in known.children}
    for move in moves:
        bundle = where.get(move.child_ids[0])
        lost = [child for child in move.child_ids if child not in where]
        gone = [child for child in move.child_ids if child in where and where[child].officer != move.from_iro_id]
        if lost:
            yield f"of the children of move {move.number} {len(lost)} need no IRO any more, or have none"
        elif gone:
            yield f"{references[gone[0]]} is with {codes[where[gone[0]].officer]} now, not with {codes[move.from_iro_id]}"
        elif bundle is not None:
            yield from _of_bundle(move, bundle, problem, marked)


def _of_bundle(move: StoredMove, bundle: Bundle, problem: Problem, marked: Mapping[UUID, str]) -> Iterator[str]:
    if set(bundle.ids) != set(move.child_ids):
        yield f"{', '.join(bundle.children)} belong together now: move {move.number} would part them"
        return
    was: Mapping[str, str] = move.decision.get("points", {})
    for child in bundle.members:
        points = problem.in_points(child.points)
        if points != Decimal(was.get(str(child.id), str(points))):
            yield f"{child.reference} weighs {in_points(points)} now, not {plain(Decimal(was[str(child.id)]))}"
        if child.id in marked and move.decision.get("keeps") is None:
            yield f"{child.reference} is marked to keep its IRO now: {marked[child.id]}"
    officer = next((officer for officer in problem.officers if officer.id == move.to_iro_id), None)
    barred = None if officer is None else bar_of(bundle, officer)
    if officer is None:
        yield f"the officer of move {move.number} is no longer there"
    elif barred is not None:
        yield f"{barred[0].reference} may not go to {officer.code} any more: {barred[1].reason}"


# ---------------------------------------------------------------------------------------------------------- officers


def _of_officers(moves: Sequence[StoredMove], before: Sequence[Caseload], now: Sequence[Caseload]) -> Iterator[str]:
    concerned = {officer for move in moves for officer in (move.from_iro_id, move.to_iro_id)}
    present = {each.iro_id: each for each in now}
    for was in before:
        if was.iro_id not in concerned:
            continue
        each = present.get(was.iro_id)
        if each is None:
            yield f"{was.iro_code} is no longer there"
        elif each.limit != was.limit:
            yield f"the limit of {was.iro_code} is {in_points(each.limit)} now, not {plain(was.limit)}"
        elif each.points != was.points:
            yield f"{was.iro_code} holds {in_points(each.points)} now, not {plain(was.points)}"

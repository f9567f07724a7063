"""Whatever is chosen, or taken back: what is made keeps the rules, what is refused is named, and nothing is refused without need."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.allocation.moving.problem import Bundle, Problem
from services.allocation.moving.rules import judge, loads
from services.allocation.problem import Bar, Child, Officer
from services.allocation.rebalancing.choosing import settle, settle_undoing
from services.allocation.rebalancing.store import StoredMove
from services.kernel.words import BlockerCode

Case = tuple[Problem, list[StoredMove]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Officers who have children with limits near what they hold, and moves that somebody has chosen."""
    officers = [Officer(id=UUID(int=n + 1), code=f"IRO-{n}", limit=draw(st.integers(0, 8))) for n in range(draw(st.integers(2, 4)))]
    children = [_child(draw, number, officers) for number in range(draw(st.integers(1, 8)))]
    bundles = tuple(Bundle(members=(child,), officer=draw(st.sampled_from(officers)).id) for child in children)
    pairs = draw(st.lists(st.tuples(st.sampled_from(children), st.sampled_from(children)), max_size=2))
    problem = Problem(
        day=date(2026, 9, 1),
        officers=tuple(officers),
        bundles=bundles,
        max_moves=99,
        parents=tuple((one.id, other.id) for one, other in pairs if one != other),
    )
    moved = draw(st.lists(st.sampled_from(range(len(bundles))), unique=True))
    moves = [_move(number, bundles[place], draw(st.sampled_from(officers)).id) for number, place in enumerate(moved, 1)]
    return problem, [move for move in moves if move.from_iro_id != move.to_iro_id]


def _child(draw: st.DrawFn, number: int, officers: list[Officer]) -> Child:
    barred = draw(st.sampled_from([None, None, None, *officers]))
    bars = () if barred is None else (Bar(officer=barred.id, code=BlockerCode.INDEPENDENCE, reason="had charge"),)
    return Child(id=UUID(int=100 + number), reference=f"CH{number}", points=draw(st.integers(1, 3)), barred=bars)


def _move(number: int, bundle: Bundle, to: UUID) -> StoredMove:
    return StoredMove(
        id=UUID(int=1000 + number),
        number=number,
        child_ids=bundle.ids,
        from_iro_id=bundle.officer,
        to_iro_id=to,
        points=Decimal(bundle.points),
        reasons=(),
        decision={},
        was={},
        meetings={},
    )


def answer_of(problem: Problem, moves: list[StoredMove] | tuple[StoredMove, ...]) -> dict[int, UUID]:
    where = {child: number for number, bundle in enumerate(problem.bundles) for child in bundle.ids}
    return {where[move.child_ids[0]]: move.to_iro_id for move in moves}


@given(cases())
def test_what_is_made_keeps_the_rules_and_every_other_move_is_refused_with_a_reason(case: Case) -> None:
    problem, moves = case
    settled = settle(problem, moves)
    assert judge(problem, answer_of(problem, settled.made)) == []
    assert {move.id for move in settled.made} | set(settled.refused) == {move.id for move in moves}
    assert not {move.id for move in settled.made} & set(settled.refused)
    assert all(settled.refused.values())


def test_where_some_are_one_too_many_the_last_is_refused() -> None:
    one, other = (Officer(id=UUID(int=n), code=f"IRO-{n}", limit=n) for n in (9, 2))
    bundles = tuple(Bundle(members=(Child(id=UUID(int=100 + n), reference=f"CH{n}", points=1),), officer=one.id) for n in range(3))
    problem = Problem(day=date(2026, 9, 1), officers=(one, other), bundles=bundles, max_moves=99)
    settled = settle(problem, [_move(number, bundle, other.id) for number, bundle in enumerate(bundles, 1)])
    assert [move.number for move in settled.made] == [1, 2]
    assert settled.refused == {UUID(int=1003): "IRO-2 would be 1 point over her limit"}


@given(cases())
def test_moves_that_stand_together_are_all_made(case: Case) -> None:
    problem, moves = case
    if not judge(problem, answer_of(problem, moves)):
        assert settle(problem, moves).made == tuple(moves)


@given(cases())
def test_whoever_gets_children_back_holds_no_more_than_before_or_than_her_limit(case: Case) -> None:
    """The moves of the case are taken as made: every child is with its new officer, and perhaps other children are now too."""
    problem, moves = case
    back = answer_of(problem, moves)
    now = tuple(Bundle(members=bundle.members, officer=back.get(number, bundle.officer)) for number, bundle in enumerate(problem.bundles))
    present = Problem(day=problem.day, officers=problem.officers, bundles=now, max_moves=99, parents=problem.parents)
    before = {officer: Decimal(points) for officer, points in loads(problem, {}).items()}
    settled = settle_undoing(present, moves, before)
    after = {child: bundle.officer for bundle in now for child in bundle.ids}
    after |= {child: move.from_iro_id for move in settled.made for child in move.child_ids}
    for officer in problem.officers:
        held = sum(bundle.points for bundle in now for child in bundle.ids if after[child] == officer.id)
        if any(move.from_iro_id == officer.id for move in settled.made):
            assert held <= max(Decimal(officer.limit), before[officer.id])
    for move in settled.made:
        bundle = next(bundle for bundle in now if bundle.ids == move.child_ids)
        assert move.from_iro_id not in {bar.officer for bar in bundle.barred}
    for one, other in problem.parents:
        undone = {child for move in settled.made for child in move.child_ids}
        assert after[one] != after[other] or not {one, other} & undone


@given(cases())
def test_where_nothing_has_come_between_only_the_law_stands_against_taking_all_back(case: Case) -> None:
    problem, moves = case
    lawful = not problem.parents and not any(bundle.barred for bundle in problem.bundles)
    if not lawful:
        return
    back = answer_of(problem, moves)
    now = tuple(Bundle(members=bundle.members, officer=back.get(number, bundle.officer)) for number, bundle in enumerate(problem.bundles))
    present = Problem(day=problem.day, officers=problem.officers, bundles=now, max_moves=99)
    before = {officer: Decimal(points) for officer, points in loads(problem, {}).items()}
    assert settle_undoing(present, moves, before).refused == {}

"""Who stands in the way of whom: what is amiss in a plan, and the meetings that compete for what it needs, the nearest first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.directory.planning import Goal
from services.kernel.words import ResourceKind
from services.planning.days import last_late, working
from services.planning.exchanging.pieces import EXACT, Piece, cost_of
from services.planning.gathering import Key
from services.planning.problem import Booked, Problem, Wanted
from services.planning.repairing import may_change, may_go

_Place = tuple[date, str, str]
_FEW = 3
"""Where fewer than so many more may be moved, one in so many of a crowd may be there for the move that it has had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """What a piece wants. `on`: the day that it has, or had to have; `first`, `last`: those that it might have; `chairs`: who chairs it
    or should; `any_chair`: others may as well."""

    piece: Piece
    place: _Place
    on: date
    first: date
    last: date
    kinds: frozenset[ResourceKind]
    chairs: frozenset[UUID]
    any_chair: bool = False
    may_go: bool = False


class Crowd:
    """The pieces of a plan that might become something else."""

    def __init__(self, problem: Problem, pieces: Sequence[Piece]) -> None:
        self._problem = problem
        known = working(problem)
        free = (each for each in pieces if each.booked is None or may_change(problem, each.booked))
        self._reaches = {each.key: _reach(problem, each, known) for each in free}
        self._moved = sorted((each for each in self._reaches.values() if each.piece.moved), key=lambda each: each.place)

    @property
    def all(self) -> list[Piece]:
        """All of them."""
        return [each.piece for each in self._reaches.values()]

    def amiss(self, goals: Collection[Goal]) -> list[Piece]:
        """What costs anything of these goals, in the order of the unit; the earliest first."""
        found: dict[Key, Piece] = {}
        costs = [(each, cost_of(self._problem, each.piece)) for each in self._reaches.values()]
        for goal in (each for each in self._problem.policy.order if each in goals):
            number = EXACT.index(goal)
            some = sorted((each for each, cost in costs if cost[number]), key=lambda each: each.place)
            found |= {each.piece.key: each.piece for each in some if each.piece.key not in found}
        return list(found.values())

    def ways_about(self, lead: Piece, size: int) -> Iterator[list[Piece]]:
        """At most so many, the lead among them: who competes with it, the nearest first, then who competes with these. Where few more
        may be moved, once more with some that are, who may give that up for it."""
        yield self._about(lead, size)
        others = [each for each in self._moved if each.piece.key != lead.key]
        if others and self._problem.may_move - len(self._moved) < _FEW:
            some = others[: size // _FEW]
            yield self._about(lead, size - len(some), some)

    def _about(self, lead: Piece, size: int, besides: Sequence[_Reach] = ()) -> list[Piece]:
        left = {lead.key, *(each.piece.key for each in besides)}
        crowd, rest = [self._reaches[lead.key]], {key: each for key, each in self._reaches.items() if key not in left}
        for one in crowd:
            for other in _near(one, rest.values()):
                if len(crowd) == size:
                    return [each.piece for each in (*crowd, *besides)]
                crowd.append(other)
                del rest[other.piece.key]
        return [each.piece for each in (*crowd, *besides)]


def _near(one: _Reach, others: Iterable[_Reach]) -> list[_Reach]:
    """Those that share a chair or anything else with it on a day that either might have; also those that might be moved instead of it.
    Before all others, where nobody else may chair it, those that its chair has by then; then the nearest, the same chair's first of a
    day."""
    found = []
    for other in others:
        instead = one.may_go and other.may_go
        if not instead and (one.first > other.last or other.first > one.last):
            continue
        chair = one.any_chair or other.any_chair or not one.chairs.isdisjoint(other.chairs)
        if instead or chair or not one.kinds.isdisjoint(other.kinds):
            same = not one.any_chair and not one.chairs.isdisjoint(other.chairs) and other.on <= one.on
            found.append((not same, abs((other.on - one.on).days), not chair, other.place, other))
    found.sort(key=lambda each: each[:4])
    return [each[4] for each in found]


def _reach(problem: Problem, piece: Piece, known: tuple[date, ...]) -> _Reach:
    if piece.booked is not None:
        return _reach_of_standing(problem, piece, piece.booked)
    assert piece.wanted is not None
    return _reach_of_owed(problem, piece, piece.wanted, known)


def _reach_of_owed(problem: Problem, piece: Piece, wanted: Wanted, known: tuple[date, ...]) -> _Reach:
    subjects = (problem.subjects.get(item.child_id) for item in wanted.items)
    references = sorted(each.reference for each in subjects if each is not None)
    return _Reach(
        piece=piece,
        place=(wanted.latest_on, wanted.kind.value, " ".join(references)),
        on=wanted.latest_on if piece.placed is None else piece.placed.day,
        first=wanted.earliest_on,
        last=last_late(problem, wanted.latest_on, known) or wanted.latest_on,
        kinds=frozenset(wanted.needs.kinds) - {ResourceKind.IRO},
        chairs=frozenset({wanted.chair_id}),
    )


def _reach_of_standing(problem: Problem, piece: Piece, booked: Booked) -> _Reach:
    present, goes = booked.has.get(ResourceKind.IRO), problem.may_move > 0 and may_go(problem, booked)
    return _Reach(
        piece=piece,
        place=(booked.day, "", booked.reference),
        on=booked.day if piece.placed is None else piece.placed.day,
        first=min(booked.day, problem.first_day) if goes else booked.day,
        last=max(booked.latest_on or booked.day, booked.day) if goes else booked.day,
        kinds=(booked.lacks | booked.has.keys()) - {ResourceKind.IRO},
        chairs=frozenset(booked.own_chairs) | (frozenset() if present is None else {present}),
        any_chair=ResourceKind.IRO in booked.lacks or not booked.covered,
        may_go=goes,
    )

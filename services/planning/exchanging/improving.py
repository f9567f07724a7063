"""A plan made better by exchanges: whatever is amiss is settled anew and exactly together with those in its way, until nothing gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.planning.answer import WAIVED, Answer, Placed
from services.planning.bits import Calendar
from services.planning.board import Board
from services.planning.exchanging.around import Around
from services.planning.exchanging.crowding import Crowd
from services.planning.exchanging.members import Member, member_of
from services.planning.exchanging.model import Became, Exchange
from services.planning.exchanging.pieces import EXACT, Cost, Piece, answer_of, cost_of, pieces_of, total
from services.planning.gathering import Key
from services.planning.goals import better, score
from services.planning.problem import Problem
from services.planning.proving import prove
from services.planning.repairing import placed_again, wanted_of
from services.planning.reserve import Reserve
from services.planning.rules import judge
from services.planning.times import Times

CROWDS = (6, 12)
"""So many meetings are settled together: few first, which is quick."""
SETTLED = 40
"""So often in one plan."""


def improve(problem: Problem, answer: Answer) -> Answer:
    """The plan, or a better one by the goals that do not choose between days; it breaks no rule that the plan keeps."""
    if not any(any(cost_of(problem, each)) for each in pieces_of(problem, answer)):
        return answer
    search = _Improving(problem, answer)
    search.run()
    return search.answer


class _Improving:
    def __init__(self, problem: Problem, answer: Answer) -> None:
        self.problem = problem
        self.answer = answer
        self._calendar = Calendar(problem.days)
        self._left = SETTLED
        self._free = 0
        self._tried: set[frozenset[tuple[Key, Cost]]] = set()

    def run(self) -> None:
        while self._left and self._once():
            pass

    def _once(self) -> bool:
        """Whether anything has become better."""
        open_ = {each.goal for each in prove(self.problem, self.answer) if each.goal in EXACT and each.value > (each.bound or 0)}
        pieces = pieces_of(self.problem, self.answer)
        crowd = Crowd(self.problem, pieces)
        self._free = len(crowd.all)
        leads = crowd.amiss(open_)
        around = Around(self.problem, pieces, self._calendar) if leads else None
        for some in (some for size in CROWDS for lead in leads for some in crowd.ways_about(lead, size)):
            if around is not None and self._left and self._settle(around, pieces, some):
                return True
        if around is not None and len(crowd.all) <= CROWDS[-1]:
            return self._settle(around, pieces, crowd.all)
        return False

    def _settle(self, around: Around, pieces: Sequence[Piece], crowd: Sequence[Piece]) -> bool:
        """Whether these have become better together."""
        crowd = [each for each in crowd if around.knows(each)]
        costs = {each.key: cost_of(self.problem, each) for each in crowd}
        asked = frozenset(costs.items())
        if asked in self._tried:
            return False
        self._tried.add(asked)
        self._left -= 1
        with around.without(crowd):
            members = [member_of(around, each) for each in crowd]
            search = Exchange(around, members)
            found = search.least(total(costs.values()))
            became = [] if found is None else [_became(around, *each) for each in zip(members, found, strict=True)]
        if not became:
            # nothing is left out, and the search went through all there is
            if search.closed and len(crowd) == self._free and all(each.whole for each in members):
                self.answer = replace(self.answer, exact=True, late_bound=self.answer.late)
            return False
        return self._take(answer_of((*(each for each in pieces if each.key not in costs), *became), self.answer))

    def _take(self, other: Answer) -> bool:
        problem = self.problem
        other = _with_reserve(problem, other)
        if judge(problem, other) or not better(score(problem, other), score(problem, self.answer), problem.policy.order):
            return False
        self.answer = other
        return True


def _with_reserve(problem: Problem, answer: Answer) -> Answer:
    """The same with room kept again for what is expected, as far as there is any."""
    if not answer.reserved_wanted:
        return answer
    times = Times(problem)
    for each in answer.placed:
        times.change(each)
    after = times.problem()
    reserve = Reserve(after, Board(after))
    return replace(answer, reserved=reserve.kept(), reserved_wanted=reserve.wanted)


def _became(around: Around, member: Member, became: Became) -> Piece:
    piece, booked = member.piece, member.booked
    if became.place is None:
        return replace(piece, placed=None) if booked is None else _stays(around, piece, became)
    wanted, place = member.choice.wanted, became.place
    waived = WAIVED if became.waived else None
    if booked is not None:
        assert became.chair_id is not None
        wanted = wanted_of(around.problem, booked, became.chair_id)
        waived = None if booked.needs.police else booked.police_waived
    placed = around.board.place(wanted, place.day, place.start, police_waived=waived, chosen=place.chosen)
    around.board.remove(placed)
    return replace(piece, placed=placed, missing=frozenset())


def _stays(around: Around, piece: Piece, became: Became) -> Piece:
    booked, has = piece.booked, dict(became.has or {})
    assert booked is not None
    missing = booked.lacks - has.keys()
    placed: Placed | None = None
    if has != booked.has:
        placed = placed_again(around.problem, booked, has)
    return replace(piece, placed=placed, missing=missing)

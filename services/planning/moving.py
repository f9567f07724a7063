"""Meetings that stand and give way to a duty that would be late otherwise: as few as possible, no more than may be moved."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.kernel.words import ResourceKind
from services.planning.answer import Placed
from services.planning.arranging import rearrange
from services.planning.bits import UNIT
from services.planning.board import Board
from services.planning.following import is_entangled
from services.planning.model import Arranged, Choice
from services.planning.preferences import base_cost, load_cost, span_of_days
from services.planning.problem import Booked, Problem, Wanted
from services.planning.repairing import may_go, wanted_of

_NEIGHBOURS = (6, 20)
"""How many meetings that stand may give way to one: few first, which is quick."""
_DAYS_EACH = 10


class Movable:
    """What stands on a board and may give way, and what has become of it so far."""

    def __init__(self, problem: Problem, board: Board) -> None:
        self._problem = problem
        self._board = board
        able = [each for each in problem.booked if problem.may_move and each.chaired is not None and may_go(problem, each)]
        self._standing = {each.key: each for each in able}
        self.changed: list[Placed] = []

    @property
    def left(self) -> int:
        """How many may still be moved."""
        return self._problem.may_move - sum(1 for each in self.changed if each.moved)

    def give_way(self, choice: Choice, days: range) -> Arranged | None:
        """A place for `choice` on these days with others changed for it, which they are from now on; None: there is none."""
        if self.left <= 0:
            return None
        near = self._near(choice.wanted, days)
        for number in _NEIGHBOURS:
            found = self._arranged(choice, near[:number])
            if found is not None or number >= len(near):
                return found
        return None

    def _arranged(self, choice: Choice, near: Sequence[Booked]) -> Arranged | None:
        for each in near:
            self._board.vacate(each)
        standing = [known for each in near if (known := self._choice(each)) is not None]
        able = {each.wanted.key for each in standing}
        for each in near:
            if each.key not in able:
                self._board.occupy(each)
        found = rearrange(self._board, [choice, *standing], may_move=self.left) if standing else None
        if found is None:
            for one in standing:
                self._stay(one)
            return None
        for one, place in zip(standing, found[1:], strict=True):
            if one.stays == (place.day, place.start) and place.chosen == one.has:
                self._stay(one)
                continue
            waived = one.wanted.booked.police_waived if one.wanted.booked is not None and not one.police else None
            self.changed.append(self._board.place(one.wanted, place.day, place.start, police_waived=waived, chosen=place.chosen))
            del self._standing[one.wanted.key]
        return found[0]

    def _stay(self, choice: Choice) -> None:
        assert choice.wanted.booked is not None
        self._board.occupy(choice.wanted.booked)

    def _near(self, wanted: Wanted, days: range) -> list[Booked]:
        """Who stands in its way: the same chair's first, then those that share what it needs, the latest days first."""
        found, moved = [], {booked.meeting_id for each in self.changed if each.moved and (booked := each.wanted.booked) is not None}
        for each in self._standing.values():
            if is_entangled(each, moved):
                continue
            day = self._board.calendar.index.get(each.day)
            same = each.has.get(ResourceKind.IRO) == wanted.chair_id
            if day in days and (same or frozenset(wanted.needs.kinds) & each.has.keys() - {ResourceKind.IRO}):
                found.append((not same, -each.day.toordinal(), each.meeting.start, each.reference, each))
        ranked: list[Booked] = []
        for *_, booked in sorted(found, key=lambda each: each[:-1]):
            if not is_entangled(booked, {each.meeting_id for each in ranked}):
                ranked.append(booked)
        return ranked

    def _choice(self, booked: Booked) -> Choice | None:
        """Where it may be, its own time first, while its own holds are off the board; None for one whose time the board does not know
        exactly, which stays."""
        board, wanted = self._board, wanted_of(self._problem, booked, booked.has[ResourceKind.IRO])
        day = board.calendar.index[booked.day]
        start, police = board.calendar.unit(day, booked.meeting.start), ResourceKind.POLICE in booked.has
        if start != int(start) or not board.starts(wanted, day, police=police) >> int(start) & 1 or not _as_today(board, booked):
            return None
        span = span_of_days(board, wanted)
        costs = {each: base_cost(board, wanted, span, each) + load_cost(board, wanted, each) for each in range(span.first, span.last + 1)}
        best = sorted(costs, key=lambda each: (costs[each], each))[:_DAYS_EACH]
        stays = day, int(start)
        has: dict[ResourceKind, UUID] = {kind: known for kind, known in booked.has.items() if kind is not ResourceKind.IRO}
        days = {**{each: costs[each] for each in best}, day: 0}
        return Choice(wanted=wanted, days=days, police=police, hint=stays, stays=stays, has=has)


def _as_today(board: Board, booked: Booked) -> bool:
    """Whether it holds what such a meeting takes by today's settings: only then may it be put back as the board would put it."""
    held = dict(booked.holds)
    for kind, resource_id in booked.has.items():
        window, print_ = held.get(resource_id), board.footprint(kind, booked.needs)
        if window is None:
            return False
        first = (window.start - booked.meeting.start).total_seconds() / 60 / UNIT
        until = (window.end - booked.meeting.start).total_seconds() / 60 / UNIT
        if (print_.blocked_from, print_.blocked_until) != (first, until):
            return False
    return True

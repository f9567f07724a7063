"""What no proposal can go below, by counting alone: whole bundles, no search, no fractions lost.

An officer above a level must give away at least as many bundles as her heaviest ones are needed to come down to it; all of
these together, with those who must move anyway, may not be more than the moves; and whoever may only be with officers of a
set must fit into that set. A level that fails either count is refuted, with every level below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import ceil, floor, gcd

from services.allocation import rules as allocation
from services.allocation.moving import rules
from services.allocation.moving.board import Board, Ground

_SETS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is known of the terms before the level: children left behind, units over the limits, protected children moved."""

    left_behind: int
    over_limit: int
    protected_moved: int


class Count:
    """The counts for one ground, under what is settled already."""

    def __init__(self, ground: Ground, settled: Settled) -> None:
        self.ground = ground
        self.settled = settled
        self.may_move = [bool(ground.allowed[index]) and self._free(index) for index in range(len(ground.bundles))]
        self.all_go = settled.left_behind == 0
        mine: list[list[int]] = [[] for _ in ground.officers]
        for index, home in enumerate(ground.home):
            if self.may_move[index]:
                mine[home].append(index)
        self.heaviest = [sorted(each, key=lambda index: -ground.points[index]) for each in mine]
        self.step = gcd(*(ground.points[index] for each in mine for index in each)) or 1
        self.needs = list(self._needs())

    def _free(self, index: int) -> bool:
        """Whether the bundle can move at all, as many protected children moving as are settled."""
        ground, bundle = self.ground, self.ground.bundles[index]
        if bundle.protected is None or bundle.must_move:
            return True
        protected = sum(ground.size[each] for each in ground.must if ground.bundles[each].protected is not None)
        spare = self.settled.protected_moved - (protected if self.settled.left_behind == 0 else 0)
        return ground.size[index] <= spare

    def cap(self, officer: int, level: int) -> int:
        """What the officer can hold at most at that level: whole steps from what she holds now."""
        ground = self.ground
        units = min(level * ground.officers[officer].limit // allocation.WHOLE, ground.roof[officer])
        return ground.start[officer] + (units - ground.start[officer]) // self.step * self.step

    def must_leave(self, officer: int, level: int) -> int | None:
        """Bundles that at least leave an officer, for the level and since they must; None: the level is out of reach."""
        ground = self.ground
        forced = [index for index in self.heaviest[officer] if self.all_go and ground.bundles[index].must_move]
        if ground.officers[officer].limit <= 0:
            return len(forced)
        surplus = ground.start[officer] - self.cap(officer, level) - sum(ground.points[index] for index in forced)
        count = len(forced)
        for index in self.heaviest[officer]:
            if surplus <= 0:
                break
            if not (self.all_go and ground.bundles[index].must_move):
                surplus -= ground.points[index]
                count += 1
        return count if surplus <= 0 else None

    def least_moves(self, level: int) -> int | None:
        """Moves without which nobody can come down to the level; None: not by any number."""
        counts = [self.must_leave(officer, level) for officer in range(len(self.ground.officers))]
        known = [count for count in counts if count is not None]
        if len(known) < len(counts):
            return None
        return sum(known) if self.all_go else max(sum(known), self._least_forced())

    def _least_forced(self) -> int:
        """Bundles that go at least where as many children are left behind as is settled: those who stay are the smallest."""
        ground, left, stay = self.ground, self.settled.left_behind, 0
        for size in sorted(ground.size[index] for index in ground.must):
            left -= size
            if left < 0:
                break
            stay += 1
        return len(ground.must) - stay

    def _needs(self) -> Iterator[tuple[tuple[int, ...], int]]:
        """Sets of officers, with the units that only these can hold, whoever moves."""
        ground = self.ground
        demand: dict[frozenset[int], int] = {}
        for index, bundle in enumerate(ground.bundles):
            home, stays = ground.home[index], not (self.all_go and bundle.must_move)
            places = set(ground.allowed[index]) if self.may_move[index] else set()
            if ground.officers[home].limit > 0:
                places |= {home} if stays or not places else set()
            elif stays or not places:
                continue
            demand[frozenset(places)] = demand.get(frozenset(places), 0) + ground.points[index]
        held = [officer.held for officer in ground.officers]
        narrow = sorted(demand, key=lambda one: (len(one), -demand[one], sorted(one)))[:_SETS]
        alone = [frozenset({officer}) for officer in ground.available]
        chosen = {frozenset(ground.available), *alone, *narrow, *(one | other for one, other in combinations(narrow, 2))}
        for each in sorted(chosen, key=sorted):
            units = sum(points for places, points in demand.items() if places <= each)
            yield tuple(sorted(each)), units + sum(held[officer] for officer in each)

    def fits(self, level: int) -> bool:
        """Whether counting does not refute the level."""
        caps = {officer: self.cap(officer, level) for officer in self.ground.available}
        if any(sum(caps[officer] for officer in officers) < units for officers, units in self.needs):
            return False
        moves = self.least_moves(level)
        return moves is not None and moves <= self.ground.max_moves

    def least_level(self, known: int) -> int:
        """The least utilisation that counting does not refute, at most `known`, which is reached."""
        low, high = 0, known
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.fits(middle) else (middle + 1, high)
        return low


def least(board: Board, term: str) -> int:
    """A bound of a term by counting alone, for answers whose earlier terms are at most those of the board; 0 where it says
    nothing."""
    return _LEAST[term](board) if term in _LEAST else 0


def count(board: Board) -> Count:
    """The counts under what the board has of the first terms."""
    left, over, protected = (board.term(name) for name in ("left_behind", "over_limit", "protected_moved"))
    return Count(board.ground, Settled(left_behind=left, over_limit=over, protected_moved=protected))


def least_level(board: Board) -> int:
    """The least utilisation of the fullest that counting does not refute, whatever the target."""
    return count(board).least_level(board.worst)


def reach(board: Board) -> Iterator[tuple[int, int, int, int]]:
    """For each available officer the least and the most that she can hold in an answer no less even than the board, with the
    weight of the square of her load. The sum of all loads is the same in each such answer, or only the moves limit them."""
    ground = board.ground
    level = board.term("worst_utilisation")
    heaviest = sorted((ground.points[index] for index in range(len(ground.bundles)) if ground.allowed[index]), reverse=True)
    coming = sum(heaviest[: ground.max_moves])
    away = {index for index, home in enumerate(ground.home) if ground.officers[home].limit <= 0}
    fixed = board.term("left_behind") == 0 and all(ground.bundles[index].must_move for index in away)
    weight = {officer: allocation.unevenness(ground.officers[officer], 1) for officer in ground.available}
    for officer in ground.available:
        mine = sorted((ground.points[index] for index, home in enumerate(ground.home) if home == officer), reverse=True)
        low = ground.start[officer] - sum(mine[: ground.max_moves])
        high = min(ground.roof[officer], level * ground.officers[officer].limit // allocation.WHOLE, ground.start[officer] + coming)
        if fixed and all(weight.values()):
            near = _near(board, officer, weight)
            low, high = max(low, near[0]), min(high, near[1])
        yield officer, low, high, weight[officer]


def _near(board: Board, officer: int, weight: dict[int, int]) -> tuple[int, int]:
    """How far from the even share a load can be, if all loads together are as they are and no less even than they are."""
    total = sum(board.load[each] for each in board.ground.available)
    parts = sum(1 / each for each in weight.values())
    surplus = max(0.0, board.term("spread") - total * total / parts)
    even, far = total / parts / weight[officer], (surplus / weight[officer]) ** 0.5 * 1.000001 + 2
    return floor(even - far), ceil(even + far)


def least_left_behind(ground: Ground) -> int:
    """Children who must move and cannot: nobody may have them, the moves do not reach, or all the room together does not."""
    stuck = sum(ground.size[index] for index in ground.must if not ground.allowed[index])
    able = [index for index in ground.must if ground.allowed[index]]
    sizes = sorted((ground.size[index] for index in able), reverse=True)
    beyond = sum(sizes[max(0, ground.max_moves) :])
    coming = [index for index in able if ground.officers[ground.home[index]].limit <= 0]
    room = sum(max(0, ground.officers[each].limit - ground.start[each]) for each in ground.available)
    lacking = sum(ground.points[index] for index in coming) - room
    crowd = 0
    for index in sorted(coming, key=lambda each: (-ground.points[each] / ground.size[each], each)):
        if lacking <= 0:
            break
        part = min(1.0, lacking / ground.points[index])
        lacking -= ground.points[index]
        crowd += ground.size[index] if part == 1.0 else -int(-ground.size[index] * part // 1)
    return stuck + max(beyond, crowd)


def least_over_limit(ground: Ground) -> int:
    """Units over the limits that the moves cannot take away: the heaviest bundles of those who are over go first."""
    gains: list[int] = []
    total = 0
    for officer in ground.available:
        over = max(0, ground.start[officer] - ground.officers[officer].limit)
        total += over
        points = (ground.points[index] for index, home in enumerate(ground.home) if home == officer and ground.allowed[index])
        for units in sorted(points, reverse=True):
            if over <= 0:
                break
            gains.append(min(units, over))
            over -= units
    return total - sum(sorted(gains, reverse=True)[: ground.max_moves])


def least_protected_moved(ground: Ground, left_behind: int) -> int:
    """Protected children who must move, where nobody is left behind."""
    return 0 if left_behind else sum(ground.size[index] for index in ground.must if ground.bundles[index].protected is not None)


def least_meetings(ground: Ground, left_behind: int) -> int:
    """Booked meetings of those who must move, where nobody is left behind."""
    return 0 if left_behind else sum(ground.bundles[index].meetings for index in ground.must)


_LEAST: dict[str, Callable[[Board], int]] = {
    "left_behind": lambda board: least_left_behind(board.ground),
    "over_limit": lambda board: least_over_limit(board.ground),
    "protected_moved": lambda board: least_protected_moved(board.ground, board.term("left_behind")),
    "worst_utilisation": lambda board: rules.counted(board.ground.problem, least_level(board)),
    "meetings_disturbed": lambda board: least_meetings(board.ground, board.term("left_behind")),
    "moves": lambda board: count(board).least_moves(board.term("worst_utilisation")) or 0,
}

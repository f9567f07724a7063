"""Exchanges among moves that bring everybody below a cap: one at a time, or several at once where hardly any room is left."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement, islice
from random import Random

from services.allocation.moving.board import Board, Change, Value

_PASSES = 12
_EDITS = 400
_ROOMS = 16
_FOUND = 100
_AT_ONCE = 4
_STARTS = 60
_DEEP = 3
_AMPLE = 20
_TRIES = 100_000

Edit = tuple[int, int, tuple[Change, ...]]
"""One exchange: the move that it concerns, the sum that stands for what it does to the loads, and the changes."""


def fit(board: Board, caps: list[int]) -> bool:
    """Exchanges among the moves until nobody is above her cap; whether that was reached. Protected children stay out of it.

    Ends when `board.tries` are used up.
    """
    ground = board.ground
    for _ in range(_PASSES):
        above = sum(max(0, board.load[each] - caps[each]) for each in ground.available)
        if above == 0:
            return True
        for index in sorted(board.moved):
            if board.tries <= 0:
                return False
            ends = (board.at[index], ground.home[index])
            if index in board.moved and any(board.load[each] > caps[each] and ground.officers[each].limit > 0 for each in ends):
                _ease(board, index, caps)
        if sum(max(0, board.load[each] - caps[each]) for each in ground.available) >= above:
            return False
    return False


def _ease(board: Board, index: int, caps: list[int]) -> None:
    """The best that can be done with one move: another officer, another bundle of the same officer, an exchange with another."""
    ground, here, home = board.ground, board.at[index], board.ground.home[index]
    options: list[tuple[Change, ...]] = [(Change(index, officer),) for officer in ground.allowed[index] if officer != here]
    if not ground.bundles[index].must_move:
        options.extend((Change(index, home), Change(other, here)) for other in other_bundles(board, index))
    options.extend(
        (Change(index, board.at[other]), Change(other, here))
        for other in sorted(board.moved)
        if board.at[other] != here and here in ground.allowed[other] and board.at[other] in ground.allowed[index]
    )
    board.tries -= len(options)
    scored = [(_above(board, changes, caps), place) for place, changes in enumerate(options)]
    for gain, place in sorted(each for each in scored if each[0] < 0):
        if gain < 0 and (value := board.after(*options[place])) is not None:
            board.make(*options[place], value=value)
            return


def other_bundles(board: Board, index: int) -> list[int]:
    """Bundles that could leave in the place of one that moves."""
    ground, here, home = board.ground, board.at[index], board.ground.home[index]
    return [
        other
        for other in ground.mine[home]
        if other not in board.moved and here in ground.allowed[other] and ground.bundles[other].protected is None
    ]


def _above(board: Board, changes: tuple[Change, ...], caps: list[int]) -> int:
    """How much more would be above the caps, all officers together, by the squares: many a little rather than one by much."""
    ground, load = board.ground, dict[int, int]()
    for change in changes:
        points, before = ground.points[change.bundle], board.at[change.bundle]
        load[before] = load.get(before, board.load[before]) - points
        load[change.officer] = load.get(change.officer, board.load[change.officer]) + points
    gain = 0
    for officer, units in load.items():
        if ground.limit[officer] > 0:
            above, before = units - caps[officer], board.load[officer] - caps[officer]
            gain += (above * above if above > 0 else 0) - (before * before if before > 0 else 0)
    return gain


# -------------------------------------------------------------------------------------------------------- several at once


def press(board: Board, caps: list[int]) -> Board | None:
    """The board, or one that a single exchange makes of it, with nobody above her cap; None where none of those tried gets there.

    Single exchanges first; several at once where few officers are off their caps and room is short.
    """
    tries, deep = _TRIES, _DEEP
    for changes in islice(((), *(option for index in sorted(board.moved) for option in _options(board, index))), _STARTS):
        start, value = board.copy(), board.after(*changes)
        if value is None or value[:3] > board.value[:3] or tries <= 0:
            continue
        start.make(*changes, value=value)
        start.tries = tries
        if fit(start, caps):
            return start
        if deep and _is_near(start, caps):
            deep -= 1
            if fit_exactly(start, caps):
                return start
        tries = start.tries - 1
    return None


def _is_near(board: Board, caps: list[int]) -> bool:
    """Whether exchanges of four moves could come to the caps: each changes what two officers hold."""
    off = [caps[each] - board.load[each] for each in board.ground.available if caps[each] != board.load[each]]
    return len(off) <= _AT_ONCE or sum(off) > _AMPLE


def fit_exactly(board: Board, caps: list[int]) -> bool:
    """Up to four exchanges at once after which nobody is above her cap; whether there are any among those looked at.

    What an exchange does to all loads is one number, so that what several do together is their sum: those that come to what
    is asked are found by looking it up. Each is counted anew before it is made.
    """
    chance = Random(1)
    weights = [chance.getrandbits(62) if officer.limit > 0 else 0 for officer in board.ground.officers]
    edits = list(islice(_edits(board, caps, weights), _EDITS))
    sums: dict[int, tuple[Edit, ...]] = {0: ()}
    for edit in edits:
        sums.setdefault(edit[1], (edit,))
    for one, other in combinations(edits, 2):
        if one[0] != other[0]:
            sums.setdefault(one[1] + other[1], (one, other))
    found = list(islice(_found(board, caps, weights, sums), _FOUND))
    if not found:
        return False
    value, changes = min(found, key=lambda each: each[0])
    board.make(*changes, value=value)
    return True


def _edits(board: Board, caps: list[int], weights: list[int]) -> Iterator[Edit]:
    """Exchanges, of those first that concern somebody above her cap; of those of one bundle that come to the same, one."""
    ground = board.ground
    over = {each for each in ground.available if board.load[each] > caps[each]}
    first = sorted(board.moved, key=lambda each: (not over & {board.at[each], ground.home[each]}, each))
    further = [each for each in range(len(ground.bundles)) if each not in board.moved and ground.bundles[each].protected is None]
    seen = set[int]()
    for index in [*first, *(further if len(board.moved) < ground.max_moves else ())]:
        seen = set() if index in board.moved else seen
        for changes in _options(board, index):
            total = sum(ground.points[each.bundle] * (weights[each.officer] - weights[board.at[each.bundle]]) for each in changes)
            if total and total not in seen:
                seen.add(total)
                yield index, total, changes


def _options(board: Board, index: int) -> Iterator[tuple[Change, ...]]:
    """What can be done with one bundle: another of the same officer in its place, and any other officer."""
    ground, here, home = board.ground, board.at[index], board.ground.home[index]
    if here != home and not ground.bundles[index].must_move:
        for other in other_bundles(board, index):
            yield Change(index, home), Change(other, here)
    for officer in ground.allowed[index]:
        if officer != here:
            yield (Change(index, officer),)


def _found(
    board: Board, caps: list[int], weights: list[int], sums: dict[int, tuple[Edit, ...]]
) -> Iterator[tuple[Value, tuple[Change, ...]]]:
    """Exchanges that together leave everybody at her cap, but for the little room that there is, which any may have."""
    ground = board.ground
    room = sum(caps[each] - board.load[each] for each in ground.available)
    asked = sum((caps[each] - board.load[each]) * weights[each] for each in ground.available)
    for left in islice(combinations_with_replacement(ground.available, room), _ROOMS) if room >= 0 else ():
        rest = asked - sum(weights[each] for each in left)
        for total, some in sums.items():
            others = sums.get(rest - total)
            if others is None:
                continue
            changes = tuple(change for edit in (*some, *others) for change in edit[2])
            if len({change.bundle for change in changes}) == len(changes) and (value := board.after(*changes)) is not None:
                yield value, changes

"""Which bundles and officers a model of a large unit has: those that move, what could move in their place, families apart."""

from __future__ import annotations

from collections.abc import Iterable

from services.allocation.moving.board import Board, Ground

Choice = dict[int, tuple[int, ...]]

_WHOLE = 30_000
_ALTERNATIVES = 8
_OFFICERS = 12


def is_large(ground: Ground) -> bool:
    """Whether a model of all bundles and officers would be too large to be searched."""
    return sum(len(officers) for officers in ground.allowed) > _WHOLE


def choose(board: Board) -> Choice | None:
    """The officers to whom each bundle may go in the model; None: the unit is small enough for all of it."""
    ground = board.ground
    if not is_large(ground):
        return None
    emptiest = sorted(ground.available, key=lambda officer: (board.load[officer] / ground.officers[officer].limit, officer))[:_OFFICERS]
    useful = set(emptiest) | {board.at[index] for index in sorted(board.moved)}
    found: Choice = {}
    for index in sorted({*board.moved, *_instead(board), *_families(board)}):
        family = ground.family.get(index)
        kin = set() if family is None else {board.at[one] for one in ground.families[family]}
        places = useful | kin if index in board.moved or family is not None else set(emptiest) | _places(board, ground.home[index])
        found[index] = tuple(officer for officer in ground.allowed[index] if officer in places)
    return found


def _places(board: Board, home: int) -> set[int]:
    """Where the bundles of an officer go now."""
    return {board.at[index] for index in board.moved if board.ground.home[index] == home}


def _instead(board: Board) -> Iterable[int]:
    """Bundles that could leave in the place of those that do: the heaviest that disturb no more, of each officer."""
    ground = board.ground
    homes = {ground.home[index] for index in board.moved}
    for home in sorted(homes):
        mine = [index for index, each in enumerate(ground.home) if each == home and index not in board.moved and ground.allowed[index]]
        mine = [index for index in mine if ground.bundles[index].protected is None]
        mine.sort(key=lambda index: (ground.bundles[index].meetings, -ground.points[index], index))
        yield from mine[:_ALTERNATIVES]


def _families(board: Board) -> Iterable[int]:
    ground = board.ground
    for members in ground.families:
        if len({board.at[index] for index in members}) > 1:
            yield from members


def deal(bundles: list[int], home: list[int], wanted: dict[int, int]) -> list[tuple[int, int]]:
    """Each bundle with an officer other than its own, so that each officer gets as many as are wanted for her.

    Possible wherever no officer's own and wanted together are more than all: whoever comes closest to that is served first.
    """
    own: dict[int, list[int]] = {}
    for index in bundles:
        own.setdefault(home[index], []).append(index)
    missing = dict(wanted)
    found: list[tuple[int, int]] = []

    def press(officer: int) -> tuple[int, int]:
        return len(own.get(officer, ())) + missing.get(officer, 0), -officer

    while len(found) < len(bundles):
        first = max({*own, *missing}, key=press)
        if own.get(first):
            giver, taker = first, max((each for each, count in missing.items() if count and each != first), key=press)
        else:
            giver, taker = max((each for each, mine in own.items() if mine and each != first), key=press), first
        found.append((own[giver].pop(0), taker))
        missing[taker] -= 1
    return found

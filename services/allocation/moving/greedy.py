"""Moves by simple means, and their betterment by single changes and exchanges: what the solver starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.allocation import rules as allocation
from services.allocation.moving import bounds, rules
from services.allocation.moving.board import Board, Change, Ground
from services.allocation.moving.fitting import fit, press

_PASSES = 12
_TRIES = 60_000
_LEVELS = 2


def draft(ground: Ground) -> Board:
    """Those who must go, those over their limits, then everybody above a level, as low a one as these means can reach."""
    forced = Board(ground)
    place_forced(forced, None)
    gentle, relieved = forced.copy(), forced.copy()
    relieve(gentle, sparing=True)
    relieve(relieved)
    best = min(gentle, relieved, key=lambda board: board.value)
    bases = [base for place, base in enumerate((forced, gentle, relieved)) if place == 0 or base.moved != forced.moved]
    best = _lower_by_halves(bases, best)
    improve(best)
    sharper = _sharpen(bases, best)
    if sharper is not None:
        improve(sharper)
    return sharper or best


def _lower_by_halves(bases: list[Board], best: Board) -> Board:
    """The best board that is known at the lowest level to which these means bring any of the bases."""
    low, high = bounds.least_level(best), best.worst
    while low < high:
        middle = (low + high) // 2
        tried = [board for base in bases if (board := lower(base, middle)) is not None]
        better = min(tried, key=lambda board: board.value, default=best)
        if better.value < best.value:
            best, high = better, middle
        else:
            low = middle + 1
    return best


def _sharpen(bases: list[Board], best: Board) -> Board | None:
    """The lowest steps that counting leaves open and that single exchanges did not reach are tried with several at once; None
    where that makes nothing better."""
    problem = best.ground.problem
    level, reached = rules.counted(problem, bounds.least_level(best)), rules.counted(problem, best.worst)
    for open_level in range(level, reached, problem.step)[:_LEVELS]:
        tried = (press(board, _caps(best.ground, open_level)) for board in _starts(bases, best, open_level))
        better = min((board for board in tried if board is not None), key=lambda board: board.value, default=best)
        if better.value < best.value:
            return better
    return None


def _starts(bases: list[Board], best: Board, level: int) -> Iterator[Board]:
    """The best board, and each base with as many moves more as the level asks for."""
    yield best.copy()
    for base in bases:
        board = base.copy()
        if _give(board, level):
            yield board


def lower(base: Board, level: int) -> Board | None:
    """Everybody at that level or below, by further moves, or None where these means do not get there."""
    board = base.copy()
    board.tries = _TRIES
    return board if _give(board, level) and fit(board, _caps(base.ground, level)) else None


def _give(board: Board, level: int) -> bool:
    """Whoever is above the level gives away enough, as far as the moves reach; whether all of these find another officer."""
    ground = board.ground
    leaving: list[int] = []
    for officer in ground.available:
        surplus = board.load[officer] - _cap(ground, officer, level)
        if surplus > 0:
            chosen = _shed(board, officer, surplus)
            if chosen is None:
                return False
            leaving.extend(chosen)
    if len(board.moved) + len(leaving) > ground.max_moves:
        return False
    for index in sorted(leaving, key=lambda each: (len(ground.allowed[each]), -ground.points[each], each)):
        if not _place(board, index, level) and not _place(board, index, None):
            return False
    return True


def place_forced(board: Board, level: int | None) -> None:
    """Whoever must move goes, as far as moves and room allow: whole families of many children first where moves are few."""
    ground = board.ground
    waiting = [index for index in ground.must if index not in board.moved and ground.allowed[index]]
    if len(waiting) > ground.max_moves:
        waiting = sorted(waiting, key=lambda each: (-ground.size[each], ground.points[each], each))[: ground.max_moves]
    for index in sorted(waiting, key=lambda each: (len(ground.allowed[each]), -ground.points[each], each)):
        if not _place(board, index, level) and level is not None:
            _place(board, index, None)


def relieve(board: Board, sparing: bool = False) -> None:
    """Officers over their limits give away what takes them down by most. Sparing: protected children only once nobody else can."""
    ground = board.ground
    while len(board.moved) < ground.max_moves:
        able = [index for index in _surplus(board) if index not in board.moved]
        found = _best(board, (index for index in able if ground.bundles[index].protected is None)) if sparing else None
        found = found or _best(board, able)
        if found is None:
            return
        board.make(found)


def _surplus(board: Board) -> Iterator[int]:
    """The bundles of officers who are over their limits: of each officer and weight, those that disturb least."""
    ground = board.ground
    over = {each for each in ground.available if board.load[each] > ground.officers[each].limit}
    kinds: dict[tuple[int, int, bool], int] = {}
    for index, officer in enumerate(board.at):
        if officer in over and ground.allowed[index]:
            bundle = ground.bundles[index]
            key = (officer, ground.points[index], bundle.protected is None)
            if key not in kinds or bundle.meetings < ground.bundles[kinds[key]].meetings:
                kinds[key] = index
    return iter(sorted(kinds.values()))


def _best(board: Board, bundles: Iterable[int]) -> Change | None:
    """The single move that takes most off the limits, of protected children last, of light ones first, to the emptiest."""
    ground = board.ground

    def gain(index: int) -> int:
        home = ground.home[index]
        return min(ground.points[index], board.load[home] - ground.officers[home].limit)

    for index in sorted(bundles, key=lambda each: (-gain(each), ground.bundles[each].protected is not None, ground.points[each], each)):
        officer = _emptiest(board, index, None)
        after = None if officer is None else board.after(Change(index, officer))
        if officer is not None and after is not None and after < board.value:
            return Change(index, officer)
    return None


def _caps(ground: Ground, level: int) -> list[int]:
    return [_cap(ground, officer, level) for officer in range(len(ground.officers))]


def _cap(ground: Ground, officer: int, level: int) -> int:
    return min(level * ground.officers[officer].limit // allocation.WHOLE, ground.roof[officer])


def _shed(board: Board, officer: int, surplus: int) -> list[int] | None:
    """As few bundles as come to the surplus together; of these, those that disturb fewest meetings and overshoot least."""
    ground = board.ground
    able = [
        index
        for index, here in enumerate(board.at)
        if here == officer == ground.home[index] and ground.allowed[index] and ground.bundles[index].protected is None
    ]
    able.sort(key=lambda index: (-ground.points[index], ground.bundles[index].meetings, index))
    chosen: list[int] = []
    slack = -surplus
    for index in able:
        if slack >= 0:
            break
        chosen.append(index)
        slack += ground.points[index]
    if slack < 0:
        return None
    for place, index in enumerate(chosen):
        least = ground.points[index] - slack
        others = [each for each in able if each not in chosen and ground.points[each] >= least]
        cost = {each: (ground.bundles[each].meetings, ground.points[each], each) for each in [*others, index]}
        better = min(cost, key=lambda each: cost[each])
        slack += ground.points[better] - ground.points[index]
        chosen[place] = better
    return chosen


def _place(board: Board, index: int, level: int | None) -> bool:
    officer = _emptiest(board, index, level)
    if officer is None:
        return False
    board.make(Change(index, officer))
    return True


def _emptiest(board: Board, index: int, level: int | None) -> int | None:
    """Of the officers who may have the bundle and have room up to the level, one with its brothers and sisters, else the
    emptiest with it."""
    ground, found = board.ground, None
    family = ground.family.get(index)
    kin = set() if family is None else {board.at[one] for one in ground.families[family] if one != index} | ground.elsewhere[family]
    for officer in ground.allowed[index]:
        units = board.load[officer] + ground.points[index]
        roof = ground.officers[officer].limit if level is None else _cap(ground, officer, level)
        if units > roof or any(board.at[other] == officer for other in ground.relatives.get(index, ())):
            continue
        cost = (officer not in kin, units / ground.officers[officer].limit, officer)
        if found is None or cost < found:
            found = cost
    return None if found is None else found[2]


# ------------------------------------------------------------------------------------------------------ betterment


def improve(board: Board) -> None:
    """No single change or exchange of those tried makes it better; of large units not all are tried."""
    board.tries = _TRIES
    for _ in range(_PASSES):
        before = board.value
        for tried in (_returns, _elsewhere, _instead, _swaps, _more):
            tried(board)
        if board.value == before:
            return


def _try(board: Board, *changes: Change) -> bool:
    board.tries -= 1
    after = board.better(*changes) if board.tries > 0 else None
    if after is None:
        return False
    board.make(*changes, value=after)
    return True


def _returns(board: Board) -> None:
    """Moves that are not needed."""
    for index in sorted(board.moved):
        _try(board, Change(index, board.ground.home[index]))


def _elsewhere(board: Board) -> None:
    """To another officer."""
    for index in sorted(board.moved):
        for officer in board.ground.allowed[index]:
            if officer != board.at[index]:
                _try(board, Change(index, officer))


def _instead(board: Board) -> None:
    """Another bundle of the same officer in its place."""
    ground = board.ground
    for index in sorted(board.moved):
        if index not in board.moved:
            continue
        for other in ground.mine[ground.home[index]]:
            officer = board.at[index]
            fresh = other not in board.moved and officer in ground.allowed[other]
            if fresh and _try(board, Change(index, ground.home[index]), Change(other, officer)):
                break


def _swaps(board: Board) -> None:
    """Two bundles that move, each to the other's officer."""
    moved = sorted(board.moved)
    for place, one in enumerate(moved):
        for other in moved[place + 1 :]:
            if board.at[one] != board.at[other]:
                _try(board, Change(one, board.at[other]), Change(other, board.at[one]))


def _more(board: Board) -> None:
    """Moves beside those made: of whoever must go, of brothers and sisters apart, from the fullest."""
    ground = board.ground
    shares = {each: board.load[each] / ground.officers[each].limit for each in ground.available}
    fullest = max(shares, key=lambda each: (shares[each], -each), default=None)
    apart = {index for family in ground.families if len({board.at[one] for one in family}) > 1 for index in family}
    for index, home in enumerate(ground.home):
        if index in board.moved or not (ground.bundles[index].must_move or index in apart or home == fullest):
            continue
        for officer in ground.allowed[index]:
            if _try(board, Change(index, officer)):
                break

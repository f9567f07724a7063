"""Why these moves and no others, in words that a manager can check against her own figures.

What a move is for was counted: the objective anew without it. Words about a child are in its own move; the message has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from services.allocation import rules as allocation
from services.allocation.explain import changed, count, in_percent
from services.allocation.figures import in_points
from services.allocation.moving import rules
from services.allocation.moving.board import Board, Change, Ground
from services.allocation.moving.problem import Answer, Bundle, Problem
from services.allocation.problem import Officer


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Children who go from one officer to another together. `number` counts the moves from 1, `bundle` is its number in the
    problem; `points` in units of 1/scale; `meetings`: booked meetings whose chair this changes."""

    number: int
    bundle: int
    children: tuple[str, ...]
    ids: tuple[UUID, ...]
    officer_from: UUID
    officer_to: UUID
    points: int
    meetings: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """Children who should have moved and could not; `reasons` say what stands in the way."""

    bundle: int
    children: tuple[str, ...]
    ids: tuple[UUID, ...]
    officer: UUID
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`message`: the whole proposal in a few sentences, without a child's reference."""

    moves: tuple[Move, ...]
    left_behind: tuple[LeftBehind, ...]
    message: str


class _Story:
    """An answer beside what was before it."""

    def __init__(self, problem: Problem, answer: Answer, worst_bound: int) -> None:
        self.problem = problem
        self.answer = answer
        self.bound = worst_bound
        self.ground = Ground(problem)
        number = {each.id: index for index, each in enumerate(self.ground.officers)}
        at = list(self.ground.home)
        for index, original in enumerate(self.ground.original):
            if original in answer:
                at[index] = number[answer[original]]
        self.board = Board(self.ground, at)
        self.before = Board(self.ground)

    def points(self, units: int) -> str:
        return f"{self.problem.in_points(units).normalize():f}"

    def stands(self, officer: int, board: Board) -> str:
        """An officer's points of her limit, and the share."""
        one, load = self.ground.officers[officer], board.load[officer]
        return f"{self.points(load)} of {self.points(one.limit)} points ({in_percent(allocation.utilisation(one, load))})"


def explain(problem: Problem, answer: Answer, worst_bound: int) -> Explained:
    """Every move with its reasons, and all who had to move and stay.

    `worst_bound`: what the fullest officer's share is proven not to go below, in hundredths of a percent.
    """
    story = _Story(problem, answer, worst_bound)
    ground, board = story.ground, story.board
    moved = sorted(board.moved, key=lambda index: (ground.home[index], board.at[index], index))
    left = [index for index in ground.must if index not in board.moved]
    return Explained(
        moves=tuple(_move(story, index, number) for number, index in enumerate(moved, 1)),
        left_behind=tuple(_left(story, index) for index in left),
        message=_message(story),
    )


def _move(story: _Story, index: int, number: int) -> Move:
    ground, bundle = story.ground, story.ground.bundles[index]
    there = story.board.at[index]
    reasons = [*_why_these(story, index), *_why_her(story, index), _meetings(bundle), _fullest(story)]
    return Move(
        number=number,
        bundle=ground.original[index],
        children=bundle.children,
        ids=bundle.ids,
        officer_from=bundle.officer,
        officer_to=ground.officers[there].id,
        points=ground.points[index],
        meetings=bundle.meetings,
        reasons=tuple(reasons),
    )


# ----------------------------------------------------------------------------------------------------- why these children


def _why_these(story: _Story, index: int) -> list[str]:
    ground, bundle = story.ground, story.ground.bundles[index]
    giver = ground.officers[ground.home[index]]
    found = []
    if bundle.must_move:
        found.append(_must(giver))
    elif giver.limit > 0:
        found.append(
            f"{giver.code} stands at {story.stands(ground.home[index], story.before)}, "
            f"and with all moves at {story.stands(ground.home[index], story.board)}"
        )
    if not bundle.must_move:
        found.append(_without(story, index))
    if len(bundle.members) > 1:
        found.append(f"{count(len(bundle.members), 'brother or sister', 'brothers and sisters')} stay together")
    if bundle.protected is not None:
        found.append(f"they should stay ({bundle.protected}) and move all the same: {_why_protected(story, index)}")
    return found


def _must(giver: Officer) -> str:
    away = f"{giver.code} is not available" if giver.limit <= 0 else f"these children cannot stay with {giver.code}"
    return f"{away}: all concerned need another IRO"


def _why_protected(story: _Story, index: int) -> str:
    if story.ground.bundles[index].must_move:
        return _must(story.ground.officers[story.ground.home[index]])
    return f"{_without(story, index)}, and no better way was found that leaves them where they are"


def _without(story: _Story, index: int) -> str:
    """What the first term that suffers would be without this move, all others made."""
    ground, board = story.ground, story.board
    giver = ground.officers[ground.home[index]]
    after = board.after(Change(index, ground.home[index]))
    if after is None:
        over = board.load[ground.home[index]] + ground.points[index] - giver.limit
        if over > 0:
            much = in_points(story.problem.in_points(over))
            return f"without this move {giver.code} would be {much} over her limit, all other moves made"
        return "a parent or a child of theirs comes to the officer who has them now"
    term = next((name for name, one, now in zip(story.problem.terms, after, board.value, strict=True) if one != now), "moves")
    place = story.problem.terms.index(term)
    return f"without this move, all others made, {_suffers(story, term, after[place], board.value[place], index)}"


_MORE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "left_behind": ("child more who must move could not", "children more who must move could not"),
        "protected_moved": ("child more who should stay would move", "children more who should stay would move"),
        "meetings_disturbed": ("booked meeting more would change chair", "booked meetings more would change chair"),
        "moves": ("move more would be made", "moves more would be made"),
    }
)


def _suffers(story: _Story, term: str, after: int, now: int, index: int) -> str:
    if term == "over_limit":
        return f"{story.points(after)} points would be over the limits instead of {story.points(now)}"
    if term == "worst_utilisation":
        ground = story.ground
        giver = ground.officers[ground.home[index]]
        share = allocation.utilisation(giver, story.board.load[ground.home[index]] + ground.points[index]) if giver.limit > 0 else after
        return f"{giver.code} would stand at {in_percent(share)}, where the fullest now stands at {in_percent(story.board.worst)}"
    if term == "siblings_apart":
        return "brothers and sisters would have to do with one officer more"
    if after < now:
        return "nothing that weighs as much would be worse: the search found nothing better in its time"
    if term in _MORE:
        return f"{count(after - now, *_MORE[term])}"
    return "shares would be less even" if term == "spread" else changed(term, after, now)


# --------------------------------------------------------------------------------------------------------- why this officer


def _why_her(story: _Story, index: int) -> list[str]:
    ground, board, there = story.ground, story.board, story.board.at[index]
    taker, bundle = ground.officers[there], ground.bundles[index]
    found = []
    if ground.allowed[index] == (there,):
        found.append(f"{taker.code} is the only other officer whom the rules leave")
    if _kin_with(story, index, there):
        found.append(f"brothers and sisters are with {taker.code}")
    for child in bundle.members:
        found.extend(words for words in _fits(child.reference, taker, story, index) if words not in found)
    found.append(f"{taker.code} stands at {story.stands(there, story.before)}, and with all moves at {story.stands(there, board)}")
    return found


def _kin_with(story: _Story, index: int, officer: int) -> bool:
    ground = story.ground
    if index not in ground.family:
        return False
    family = ground.family[index]
    others = {story.board.at[one] for one in ground.families[family] if one != index}
    return officer in others | ground.elsewhere[family]


def _fits(reference: str, taker: Officer, story: _Story, index: int) -> list[str]:
    child = next(each for each in story.ground.bundles[index].members if each.reference == reference)
    found = []
    if child.last_iro == taker.id:
        found.append(f"{taker.code} was the IRO before")
    if child.conference_chair == taker.id:
        found.append(f"{taker.code} chaired the conferences")
    shared = sorted(child.needs & taker.specialities)
    if shared:
        found.append(f"speciality of {taker.code}: {', '.join(shared)}")
    if child.area is not None and child.area in taker.areas:
        found.append(f"{taker.code} works where they are placed")
    if child.wished == taker.id:
        found.append(f"{taker.code} was asked for")
    return found


def _meetings(bundle: Bundle) -> str:
    if not bundle.meetings:
        return "no booked meeting is disturbed"
    return f"the chair of {count(bundle.meetings, 'booked meeting', 'booked meetings')} changes"


def _fullest(story: _Story) -> str:
    before, after = story.before.worst, story.board.worst
    return f"with all moves the fullest officer stands at {in_percent(after)} instead of {in_percent(before)}"


# ---------------------------------------------------------------------------------------------------------------- left behind


def _left(story: _Story, index: int) -> LeftBehind:
    ground, bundle = story.ground, story.ground.bundles[index]
    return LeftBehind(
        bundle=ground.original[index],
        children=bundle.children,
        ids=bundle.ids,
        officer=bundle.officer,
        reasons=tuple(_in_the_way(story, index)),
    )


def _in_the_way(story: _Story, index: int) -> list[str]:
    """What keeps the bundle from each officer, all other moves made; where nothing does, the moves are used."""
    ground, board, bundle = story.ground, story.board, story.ground.bundles[index]
    found, open_to = [], []
    if index in ground.relatives.get(index, ()):
        return ["a parent and its child would move as one, and would have the same IRO"]
    for officer in ground.available:
        one = ground.officers[officer]
        over = board.load[officer] + ground.points[index] - one.limit
        if officer == ground.home[index]:
            continue
        if officer not in ground.allowed[index]:
            barred = rules.bar_of(bundle, one)
            found.append(barred[1].reason if barred else f"{one.code} may not have them")
        elif any(board.at[other] == officer for other in ground.relatives.get(index, ())):
            found.append(f"{one.code} has the parent or the child of one of them")
        elif over > 0:
            much, these = (in_points(story.problem.in_points(units)) for units in (over, ground.points[index]))
            found.append(f"{one.code} would be {much} over her limit with the {these} of these children")
        else:
            open_to.append(one.code)
    if open_to:
        return [f"all {count(ground.max_moves, 'move is', 'moves are')} used; {', '.join(open_to)} would have room", *found]
    return found or ["there is no other officer"]


# ------------------------------------------------------------------------------------------------------------------ the whole


def _message(story: _Story) -> str:
    return ". ".join([*_result(story), *_price(story), *_rest(story)]) + "."


def _result(story: _Story) -> list[str]:
    board, ground, worst = story.board, story.ground, in_percent(story.board.worst)
    if not board.moved:
        return [_nobody(story)]
    known = "which is proven to be the least" if board.worst <= story.bound else f"proven not to go below {in_percent(story.bound)}"
    moves = count(len(board.moved), "move", "moves")
    told = [f"{moves} of at most {ground.max_moves}: the fullest officer goes from {in_percent(story.before.worst)} to {worst}, {known}"]
    target = story.problem.target
    if target is not None:
        told.append(f"The target of {in_percent(target)} {'is' if board.worst <= target else 'is not'} met")
    return told


def _nobody(story: _Story) -> str:
    problem, worst = story.problem, in_percent(story.board.worst)
    if problem.target is not None and rules.nothing_is_asked(problem):
        return f"Nobody needs to move: the fullest officer stands at {worst}, which meets the target of {in_percent(problem.target)}"
    if story.ground.max_moves == 0:
        return "Nobody moves: no move is allowed"
    return f"Nobody moves: no move was found that would make it better; the fullest officer stands at {worst}"


def _price(story: _Story) -> list[str]:
    board, before = story.board, story.before
    found = []
    if board.moved:
        meetings = board.term("meetings_disturbed")
        found.append(
            f"{count(meetings, 'booked meeting changes', 'booked meetings change')} chair" if meetings else "No booked meeting is disturbed"
        )
    joined = before.term("siblings_apart") - board.term("siblings_apart")
    if joined > 0:
        found.append(f"Brothers and sisters have to do with {count(joined, 'officer', 'officers')} less than before")
    if joined < 0:
        found.append(f"Brothers and sisters have to do with {count(-joined, 'officer', 'officers')} more than before")
    protected = board.term("protected_moved")
    if protected:
        found.append(f"{count(protected, 'child moves who', 'children move who')} should stay, since no other way was found")
    return found


def _rest(story: _Story) -> list[str]:
    board, found = story.board, []
    left, over = board.term("left_behind"), board.term("over_limit")
    if left:
        found.append(f"{count(left, 'child who', 'children who')} must move cannot: see the reasons of each")
    if over:
        codes = [
            story.ground.officers[each].code for each in story.ground.available if board.load[each] > story.ground.officers[each].limit
        ]
        found.append(f"{', '.join(codes)} {'stays' if len(codes) == 1 else 'stay'} over the limit, by {story.points(over)} points together")
    return found

"""Why each move: why these children, and why this officer. What it is for is the objective counted anew without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from services.allocation import rules as allocation
from services.allocation.explain import changed, count, in_percent
from services.allocation.figures import in_points
from services.allocation.moving.board import Change
from services.allocation.moving.explain.story import Story
from services.allocation.moving.problem import Bundle
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


def tell_move(story: Story, index: int, number: int) -> Move:
    """The move of a bundle (by its number on the board), with its reasons."""
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


def _why_these(story: Story, index: int) -> list[str]:
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


def _why_protected(story: Story, index: int) -> str:
    if story.ground.bundles[index].must_move:
        return _must(story.ground.officers[story.ground.home[index]])
    return f"{_without(story, index)}, and no better way was found that leaves them where they are"


def _without(story: Story, index: int) -> str:
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


def _suffers(story: Story, term: str, after: int, now: int, index: int) -> str:
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
        return "nothing that weighs as much would be worse: the search found no better exchange"
    if term in _MORE:
        return f"{count(after - now, *_MORE[term])}"
    return "shares would be less even" if term == "spread" else changed(term, after, now)


# --------------------------------------------------------------------------------------------------------- why this officer


def _why_her(story: Story, index: int) -> list[str]:
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


def _kin_with(story: Story, index: int, officer: int) -> bool:
    ground = story.ground
    if index not in ground.family:
        return False
    family = ground.family[index]
    others = {story.board.at[one] for one in ground.families[family] if one != index}
    return officer in others | ground.elsewhere[family]


def _fits(reference: str, taker: Officer, story: Story, index: int) -> list[str]:
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


def _fullest(story: Story) -> str:
    before, after = story.before.worst, story.board.worst
    return f"with all moves the fullest officer stands at {in_percent(after)} instead of {in_percent(before)}"

"""Who had to move and stays, and what stands in the way of each other officer."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.allocation.explain import count
from services.allocation.figures import in_points
from services.allocation.moving import rules
from services.allocation.moving.explain.story import Story


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """Children who should have moved and could not; `reasons` say what stands in the way."""

    bundle: int
    children: tuple[str, ...]
    ids: tuple[UUID, ...]
    officer: UUID
    reasons: tuple[str, ...]


def tell_left(story: Story, index: int) -> LeftBehind:
    """A bundle (by its number on the board) that had to move and stays, with what stands in the way."""
    ground, bundle = story.ground, story.ground.bundles[index]
    return LeftBehind(
        bundle=ground.original[index],
        children=bundle.children,
        ids=bundle.ids,
        officer=bundle.officer,
        reasons=tuple(_in_the_way(story, index)),
    )


def _in_the_way(story: Story, index: int) -> list[str]:
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

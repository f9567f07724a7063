"""The whole proposal in a few sentences, without a child's reference."""

from __future__ import annotations

from services.allocation.explain import count, in_percent
from services.allocation.moving import rules
from services.allocation.moving.explain.story import Story


def tell_whole(story: Story) -> str:
    """What comes of it, at what price, and what remains."""
    return ". ".join([*_result(story), *_price(story), *_rest(story)]) + "."


def _result(story: Story) -> list[str]:
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


def _nobody(story: Story) -> str:
    problem, worst = story.problem, in_percent(story.board.worst)
    if problem.target is not None and rules.nothing_is_asked(problem):
        return f"Nobody needs to move: the fullest officer stands at {worst}, which meets the target of {in_percent(problem.target)}"
    if story.ground.max_moves == 0:
        return "Nobody moves: no move is allowed"
    board, officers = story.board, story.ground.officers
    if all(board.load[each] >= officers[each].limit for each in story.ground.available):
        return f"Nobody moves: nobody has room within her limit; the fullest officer stands at {worst}. With a higher limit some could move"
    return f"Nobody moves: no move was found that would make it better; the fullest officer stands at {worst}"


def _price(story: Story) -> list[str]:
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


def _rest(story: Story) -> list[str]:
    board, found = story.board, []
    left, over = board.term("left_behind"), board.term("over_limit")
    if left:
        found.append(f"{count(left, 'child who', 'children who')} must move cannot: see the reasons of each")
    if over:
        codes = [
            story.ground.officers[each].code for each in story.ground.available if board.load[each] > story.ground.officers[each].limit
        ]
        found.append(f"{', '.join(codes)} {'stays' if len(codes) == 1 else 'stay'} over the limit, by {story.points(over)} points together")
    return [*found, *_waiting(story)]


def _waiting(story: Story) -> list[str]:
    """Officers without capacity who keep children because nobody has said that these are to go."""
    ground, kept = story.ground, dict[str, int]()
    for index, officer in enumerate(story.board.at):
        if ground.officers[officer].limit <= 0 and not ground.bundles[index].must_move:
            code = ground.officers[officer].code
            kept[code] = kept.get(code, 0) + ground.size[index]
    return [
        f"{code} has no capacity and keeps {count(number, 'child', 'children')}: named as absent, she would give all to others"
        for code, number in sorted(kept.items())
    ]

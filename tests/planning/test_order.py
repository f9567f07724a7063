"""The order of the goals is one: in the counting, in the weights of the search, in the settings and on the page; and what the search
finds, no plan of a small unit betters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.directory.planning import DAYS, Goal, Policy, parse_policy
from services.directory.settings import Settings, parse_setting
from services.kernel.errors import InvalidInput
from services.kernel.words import ResourceKind
from services.planning.answer import Placed
from services.planning.goals import Score, better, score
from services.planning.laying import lay
from services.planning.preferences import TOGETHER, Weights, weights_of
from services.planning.problem import Booked, Problem
from services.planning.repairing import may_go, placed_again, wanted_of
from services.planning.rules import judge
from tests.planning.test_repairing import DAY, IRO, ROOM, TAKER, Unit, authority, changed, conference, plan
from tests.support.diaries import TODAY, Authority, add_working_days, at, id_of, window

STAYING_FIRST = ("BOOKED_STAY", "CHAIR_CONTINUITY")


def ordered(problem: Problem, *stated: str) -> Problem:
    return replace(problem, policy=parse_policy({"order": list(stated)}))


# ------------------------------------------------------------------------------------------------------------ one order


def test_the_score_the_setting_and_the_page_have_one_order() -> None:
    names = [goal.value.lower() for goal in Goal]
    assert [each.name for each in fields(Score)] == names
    page = (Path(__file__).parents[2] / "docs" / "planning.md").read_text()
    assert re.findall(r"^\d+\. `(\w+)`", page, re.MULTILINE) == names
    weighed = {each.name for each in fields(Weights)} - {"changed"}
    no_day_helps = {"late", "police_and_quorum", "chair_continuity"}  # the search begins with these
    assert weighed == set(names) - no_day_helps


@pytest.mark.parametrize("order", list(permutations(DAYS)))
def test_what_comes_first_outweighs_all_that_follows_it(order: tuple[Goal, ...]) -> None:
    weights = weights_of((*[goal for goal in Goal if goal not in DAYS], *order))
    most = {"wishes": 16, "slack": 64, "balanced_days": 1, "journeys": 1}
    names = [goal.value.lower() for goal in order]
    for place, name in enumerate(names):
        after = sum(getattr(weights, each) * most[each] for each in names[place + 1 :])
        assert getattr(weights, name) > TOGETHER * after * 3 // 4
    rising = [getattr(weights, name) for name in (*reversed(names), "changed", "booked_stay", "book_by", "days_late")]
    assert rising == sorted(rising)


def test_a_unit_changes_the_order_of_what_the_law_leaves_open() -> None:
    order = parse_policy({"order": ["BOOKED_STAY", "BALANCED_DAYS", "SLACK"]}).order
    assert order == (
        *(Goal.LATE, Goal.DAYS_LATE, Goal.POLICE_AND_QUORUM, Goal.BOOK_BY, Goal.BOOKED_STAY, Goal.CHAIR_CONTINUITY),
        *(Goal.BALANCED_DAYS, Goal.SLACK, Goal.WISHES, Goal.JOURNEYS),
    )
    assert parse_policy({}).order == tuple(Goal)
    shown = dict.fromkeys((each.name for each in fields(Score)), 0)
    slack, balance = Score(**{**shown, "slack": 1}), Score(**{**shown, "balanced_days": 1})
    assert better(balance, slack)
    assert better(slack, balance, order)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"order": ["SLACK", "BOOKED_STAY"]}, "then CHAIR_CONTINUITY and BOOKED_STAY, then WISHES"),
        ({"order": ["DAYS_LATE", "LATE"]}, "first, as they are"),
        ({"order": ["LATE", "LATE"]}, "each once at most"),
        ({"order": ["SPEED"]}, "each once at most"),
        ({"order": "LATE"}, "each once at most"),
        ({"slack": 3}, "there is no slack; there are: notice_days, slack_days"),
        ({"slack_days": -1}, "slack_days is a whole number from 0 to 60"),
        ({"slack_days": True}, "slack_days is a whole number"),
        ({"late_days": 121}, "late_days is a whole number from 0 to 120"),
        ({"preferred_share": "5/4"}, 'preferred_share is a share in quotes from "0" to "1"'),
        ({"preferred_share": "1/0"}, "preferred_share is a share"),
        ({"preferred_share": 0.5}, "preferred_share is a share"),
        ({"earliest_share": "0.9"}, "earliest_share is not above preferred_share"),
        ({"reserve": 1}, "reserve is true or false"),
        ([], "state it as a table of notice_days"),
    ],
)
def test_what_is_wrong_with_the_policy_is_told(wrong: Any, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_setting("planning", wrong)
    assert told in str(refused.value)
    assert refused.value.field == "planning"


def test_a_unit_states_how_its_diary_is_laid() -> None:
    stated: Policy = parse_setting("planning", {"slack_days": 4, "preferred_share": "0.75"})
    assert (stated.slack_days, stated.notice_days) == (4, 5)
    made = Authority(last_day=TODAY + timedelta(days=200))
    made.review("a", TODAY - timedelta(days=10))
    (placed,) = lay(made.problem(policy=stated), lambda _: None).placed
    assert add_working_days(placed.day, 4) == placed.wanted.book_by_on
    assert Settings().planning == Policy()


# --------------------------------------------------------------------------------------------------- own chair or own time


def test_what_has_lost_its_chair_goes_to_a_time_of_its_own_officer_as_far_as_the_plan_may_move() -> None:
    made = authority()
    for number, clock in enumerate(("10:00", "13:30")):
        conference(made, f"child-{number}", clock=clock, without=(IRO,), ROOM=f"ROOM-{number}", NOTE_TAKER=f"NT-{number}")
    made.away("IRO-0", DAY, DAY)
    chairs: dict[int, list[tuple[bool, bool]]] = {moves: [] for moves in (0, 1, 2)}
    for moves, found in chairs.items():
        found += [(each.moved, each.wanted.chair_id == id_of("IRO-0")) for each in changed(plan(made.problem(may_move=moves))).values()]
    covered, own = (False, False), (True, True)
    assert {moves: sorted(found) for moves, found in chairs.items()} == {0: [covered] * 2, 1: [covered, own], 2: [own] * 2}


def test_a_unit_that_would_rather_keep_the_time_has_it_covered() -> None:
    made = authority()
    conference(made, "a", without=(IRO,))
    made.away("IRO-0", DAY, DAY)
    (placed,) = changed(plan(ordered(made.problem(may_move=3), *STAYING_FIRST))).values()
    assert (placed.moved, placed.wanted.chair_id) == (False, id_of("IRO-1"))


def test_where_leave_spans_the_window_another_covers_whatever_may_be_moved() -> None:
    made = authority()
    conference(made, "a", without=(IRO,))
    made.away("IRO-0", TODAY, LAST_IN_TIME)
    (placed,) = changed(plan(made.problem(may_move=3))).values()
    assert (placed.moved, placed.wanted.chair_id) == (False, id_of("IRO-1"))


LAST_IN_TIME = add_working_days(TODAY - timedelta(days=1), 15)


@st.composite
def illnesses(draw: st.DrawFn) -> Unit:
    """Conferences at about one time, each with a room and a note-taker, of which some have lost their chairs and one may be covered:
    who is ill may be back within their days, or not."""
    made = authority(officers=draw(st.integers(2, 3)), rooms=3, note_takers=3, police=3)
    chairing: set[tuple[int, str]] = set()
    for number in range(draw(st.integers(1, 3))):
        officer, clock = draw(st.integers(0, made.officers - 1)), draw(_CLOCKS)
        chair = officer if number else draw(st.integers(0, made.officers - 1))
        lost = (chair, clock) in chairing or draw(st.booleans())
        chairing |= set() if lost else {(chair, clock)}
        owed = made.initial(f"child-{number}", TODAY - timedelta(days=1), officer=officer)
        cast = {IRO: f"IRO-{chair}", ROOM: f"ROOM-{number}", TAKER: f"NT-{number}", ResourceKind.POLICE: "POL"}
        has = {kind: name for kind, name in cast.items() if kind is not IRO or not lost}
        made.stand(owed, at(DAY, clock), has=has, lacks=(IRO,) if lost else (), movable=draw(st.booleans()))
    for number in range(made.officers):
        away = draw(st.sampled_from([None, 0, 20]))
        if away is not None and not any(chair == number for chair, _ in chairing):
            made.away(f"IRO-{number}", DAY, DAY + timedelta(days=away))
    return Unit(made.problem(may_move=draw(st.integers(0, 3))))


_CLOCKS = st.sampled_from(["10:00", "13:30"])


def _ways(problem: Problem, booked: Booked, number: int) -> Iterator[Placed | None]:
    """What may become of a meeting that stands: nothing, something at its time, or a time elsewhere with each chair. Who covers one
    that lacks nothing gives the chair back or keeps it: nobody covers for a cover."""
    yield None
    chairs = [each.id for each in problem.chairs if each.id not in booked.barred]
    able = {
        IRO: chairs if booked.lacks else list(booked.own_chairs),
        ROOM: [each.id for each in problem.rooms],
        TAKER: [each.id for each in problem.note_takers],
    }
    kinds = sorted(booked.lacks) if booked.lacks else [IRO] if booked.covered else []
    for chosen in product(*([*able[kind], None] for kind in kinds)):
        has = {**booked.has, **{kind: each for kind, each in zip(kinds, chosen, strict=True) if each is not None}}
        if IRO in has and has != booked.has:
            yield placed_again(problem, booked, has)
    if not (booked.lacks and problem.may_move and may_go(problem, booked)):
        return
    for chair in chairs:
        wanted = wanted_of(problem, booked, chair)
        days = [day for day in problem.days if wanted.earliest_on <= day <= wanted.latest_on and day != booked.day]
        for day in days[number::3]:  # days of its own, as there is enough room on others
            yield Placed(
                wanted=wanted,
                meeting=window(day, "10:00", booked.needs.minutes),
                day=day,
                room_id=problem.rooms[number].id,
                note_taker_id=problem.note_takers[number].id,
                police_team_id=problem.police[0].id,
            )


def _missing(booked: Booked, way: Placed | None) -> frozenset[ResourceKind]:
    has = booked.has if way is None else way.cast
    return (booked.lacks | booked.has.keys()) - has.keys()


def _ends(problem: Problem, ways: Sequence[Placed | None]) -> tuple[set[str], list[int]]:
    """Which meetings go on lacking something; how many are not chaired by their own officer and how many are moved, in the order of
    the unit."""
    lacking, not_hers, moved = set(), 0, 0
    for booked, way in zip(problem.booked, ways, strict=True):
        chair = (booked.has if way is None else way.cast).get(IRO)
        not_hers += chair is None or booked.covers(chair)
        moved += way is not None and way.moved
        if _missing(booked, way):
            lacking.add(booked.reference)
    counted = {Goal.CHAIR_CONTINUITY: not_hers, Goal.BOOKED_STAY: moved}
    return lacking, [counted[goal] for goal in problem.policy.order if goal in counted]


@settings(max_examples=40, deadline=None)
@given(illnesses(), st.booleans())
def test_no_way_to_mend_an_illness_keeps_more_chairs_and_times(unit: Unit, staying_first: bool) -> None:
    problem = ordered(unit.problem, *STAYING_FIRST) if staying_first else unit.problem
    answer = plan(problem)
    found = changed(answer)
    lacking, ours = _ends(problem, [found.get(booked.reference) for booked in problem.booked])
    counted = score(problem, answer)
    assert [counted.of(goal) for goal in problem.policy.order if goal in (Goal.CHAIR_CONTINUITY, Goal.BOOKED_STAY)] == ours
    for ways in product(*(list(_ways(problem, booked, number)) for number, booked in enumerate(problem.booked))):
        still, theirs = _ends(problem, ways)
        if still != lacking or theirs >= ours:
            continue
        rest = [(booked, _missing(booked, way)) for booked, way in zip(problem.booked, ways, strict=True)]
        placed = tuple(each for each in ways if each is not None)
        other = replace(answer, placed=placed, unrepaired=tuple(each for each in rest if each[1]))
        assert judge(problem, other), [each.meeting for each in placed]

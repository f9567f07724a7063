"""The order of what an allocation seeks is data: another order is another answer, in the rules and in the model alike."""

from __future__ import annotations

from itertools import permutations

import pytest

from services.allocation import model, rules
from services.allocation.door import decide_family
from services.allocation.order import TERM_OF, order_of
from services.allocation.problem import ORDER, Answer, Group, Problem
from services.allocation.search import Search
from services.directory.settings import Preference, Settings, parse_setting
from services.kernel.errors import InvalidInput
from tests.allocation.test_model import alone, child, iro_of, officer, problem_of

P = Preference


def ranked(problem: Problem, *first: Preference) -> Problem:
    order = order_of(Settings(allocation_order=parse_setting("allocation_order", [each.value for each in first])))
    return problem_of(problem.officers, problem.groups, order=order)


def best(problem: Problem) -> Answer:
    """What the rules alone call best, and the model answers too."""
    answers = [{problem.children[0].id: each.id} for each in problem.officers]
    chosen = min(answers, key=lambda answer: rules.objective(problem, answer))
    assert model.solve(problem, Search(seconds=3600), lambda _: None).answer == chosen
    assert decide_family(problem) == chosen
    return chosen


TORN = problem_of(
    (
        officer(1, 1800, 900),
        officer(2, 1800, 1020),
        officer(3, 1800, 1020),
        officer(4, 1800, 1020, "neglect"),
        officer(5, 1800, 1020, areas=("north",)),
        officer(6, 1800, 1020, areas=("south",)),
    ),
    alone(child(1, last=2, chair=3, needs=("neglect",), area="north", wished=6)),
)
"""Everybody is the best by one preference: the second by last IRO, the third by conference chair, and so on."""


@pytest.mark.parametrize(("first", "iro"), [(P.LAST_IRO, 2), (P.CONFERENCE_CHAIR, 3), (P.CAPACITY, 1), (P.SPECIALITY, 4), (P.WISHES, 6)])
def test_what_a_unit_ranks_first_decides(first: Preference, iro: int) -> None:
    assert iro_of(best(ranked(TORN, first)), 1) == iro


def test_travel_ranked_above_the_wish_takes_the_officer_of_the_area() -> None:
    torn = problem_of(TORN.officers[4:], TORN.groups)
    assert iro_of(best(ranked(torn, P.TRAVEL, P.WISHES)), 1) == 5
    assert iro_of(best(ranked(torn, P.WISHES, P.TRAVEL)), 1) == 6


def test_siblings_ranked_after_capacity_part_for_evenness() -> None:
    family = Group(children=(child(1), child(2)))
    together = problem_of((officer(1, 100), officer(2, 100)), (family,))
    assert len(set(model.solve(ranked(together, P.SIBLINGS), Search(seconds=3600), lambda _: None).answer.values())) == 1
    assert len(set(model.solve(ranked(together, P.CAPACITY), Search(seconds=3600), lambda _: None).answer.values())) == 2


def test_the_shipped_order_is_that_of_the_problem() -> None:
    assert order_of(Settings()) == ORDER
    assert list(TERM_OF) == list(Preference)


def test_limits_come_first_and_evenness_last_whatever_the_unit_ranks() -> None:
    for some in permutations(Preference, 2):
        order = order_of(Settings(allocation_order=parse_setting("allocation_order", list(some))))
        assert sorted(order) == sorted(ORDER)
        assert (order[:2], order[-1]) == (("unallocated", "over_limit"), "spread")
        assert order[2:4] == tuple(TERM_OF[each] for each in some)


@pytest.mark.parametrize("value", [["SIBLINGS", "SIBLINGS"], ["FRIENDS"], "SIBLINGS", 3])
def test_an_order_that_makes_no_sense_is_refused_by_name(value: object) -> None:
    with pytest.raises(InvalidInput, match="allocation_order") as caught:
        parse_setting("allocation_order", value)
    assert "each once" in str(caught.value)

"""Bounds by counting: what a flow says does not fit does not fit, and the evenest loads are the evenest there are."""

from __future__ import annotations

from itertools import product
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.allocation import bounds, model, rules
from services.allocation.evening import even_loads
from services.allocation.fitting import bits, overflow
from services.allocation.problem import Officer
from services.allocation.search import Search
from tests.allocation.instances import invent

_ROOMS = st.lists(st.integers(0, 12), min_size=1, max_size=5)


@st.composite
def demands(draw: st.DrawFn) -> tuple[dict[int, int], list[int]]:
    room = draw(_ROOMS)
    sets = st.integers(1, (1 << len(room)) - 1)
    return draw(st.dictionaries(sets, st.integers(0, 15), max_size=6)), room


@settings(max_examples=300, deadline=None)
@given(demands())
def test_what_does_not_fit_is_what_the_worst_set_of_officers_lacks(case: tuple[dict[int, int], list[int]]) -> None:
    demand, room = case

    def lacking(chosen: int) -> int:
        return sum(units for allowed, units in demand.items() if not allowed & ~chosen) - sum(room[one] for one in bits(chosen))

    short, few = overflow(demand, room)
    assert short == max(lacking(chosen) for chosen in range(1 << len(room)))
    assert short == lacking(few)


def officers_of(limits: list[int], held: list[int]) -> tuple[Officer, ...]:
    pairs = enumerate(zip(limits, held, strict=True))
    return tuple(Officer(id=UUID(int=number + 1), code=f"IRO-{number}", limit=limit, held=has) for number, (limit, has) in pairs)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([10, 20, 30]), min_size=3, max_size=3),
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
    st.dictionaries(st.integers(1, 7), st.integers(0, 3), max_size=3),
    st.sampled_from([1, 2, 5]),
)
def test_no_loads_are_more_even_than_the_evenest(limits: list[int], held: list[int], steps: dict[int, int], step: int) -> None:
    officers = officers_of(limits, held)
    demand = {allowed: number * step for allowed, number in steps.items()}
    found = even_loads(officers, demand, [10_000] * 3, step)
    options = [list(bits(allowed)) for allowed, number in steps.items() for _ in range(number)]
    loads = []
    for chosen in product(*options):
        load = list(held)
        for one in chosen:
            load[one] += step
        loads.append(load)

    def uneven(load: list[int]) -> int:
        return sum(rules.unevenness(officer, units) for officer, units in zip(officers, load, strict=True))

    assert uneven(found) == min(uneven(load) for load in loads)


def test_no_load_passes_its_ceiling_where_the_ceilings_leave_room() -> None:
    officers = officers_of([100, 100], [0, 0])
    assert even_loads(officers, {0b11: 60}, [20, 100], 1) == [20, 40]


def test_where_many_may_not_have_a_district_the_bound_is_far_above_the_average_and_met() -> None:
    problem = invent(48, 6, district=0.85, barred=0.2, tight=1.02)
    average = sum(child.points for child in problem.children) * rules.WHOLE // sum(officer.limit for officer in problem.officers)
    least = bounds.least_worst_utilisation(problem)
    assert average < rules.WHOLE < 11_000 < least
    decided = model.solve(problem, Search(seconds=3600), lambda _: None)
    assert rules.judge(problem, decided.answer) == []
    assert decided.value(problem, "worst_utilisation") <= least * 1.01
    assert decided.bound(problem, "worst_utilisation") >= least

"""Units of two or three officers: few enough to look at every answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from uuid import UUID

from hypothesis import strategies as st

from services.allocation.moving import rules
from services.allocation.moving.problem import Answer, Bundle, Problem
from services.allocation.problem import Bar, Child, Officer
from services.kernel.words import BlockerCode

DAY = date(2026, 9, 1)


def officer(number: int, limit: int = 100, held: int = 0, *skills: str) -> Officer:
    return Officer(id=UUID(int=number), code=f"IRO-{number:02}", limit=limit, held=held, specialities=frozenset(skills))


def child(number: int, points: int = 20, *, barred: tuple[int, ...] = (), needs: tuple[str, ...] = (), wished: int | None = None) -> Child:
    bars = tuple(Bar(officer=UUID(int=each), code=BlockerCode.INDEPENDENCE, reason="had charge of the case") for each in barred)
    return Child(
        id=UUID(int=1000 + number),
        reference=f"CH{number:04}",
        points=points,
        barred=bars,
        needs=frozenset(needs),
        wished=None if wished is None else UUID(int=wished),
    )


def bundle(holder: int, *members: Child, **more: object) -> Bundle:
    return Bundle(members=members, officer=UUID(int=holder), **more)  # type: ignore[arg-type]


def problem_of(officers: tuple[Officer, ...], bundles: tuple[Bundle, ...], max_moves: int = 5, **more: object) -> Problem:
    return Problem(day=DAY, officers=officers, bundles=bundles, max_moves=max_moves, **more)  # type: ignore[arg-type]


@st.composite
def small_problems(draw: st.DrawFn) -> Problem:
    """Limits that bind or are passed, officers away, families parted, parents, protected children, few moves, targets."""
    officers = tuple(
        officer(number, draw(st.sampled_from([0, 40, 60, 100])), draw(st.sampled_from([0, 5])), *draw(st.sampled_from([(), ("neglect",)])))
        for number in range(1, draw(st.integers(2, 3)) + 1)
    )
    numbers = [each.id.int for each in officers]
    bundles = []
    for number in range(draw(st.integers(0, 5))):
        members = tuple(
            child(
                10 * number + place,
                draw(st.sampled_from([8, 10, 20, 25])),
                barred=tuple(draw(st.lists(st.sampled_from(numbers), max_size=1))),
                needs=draw(st.sampled_from([(), ("neglect",)])),
                wished=draw(st.sampled_from([None, None, *numbers])),
            )
            for place in range(draw(st.sampled_from([1, 1, 2])))
        )
        holder = draw(st.sampled_from(numbers))
        bundles.append(
            bundle(
                holder,
                *members,
                family=draw(st.sampled_from([None, None, "A"])),
                must_move=officers[holder - 1].limit == 0 and draw(st.booleans()),
                protected=draw(st.sampled_from([None, None, "a review is due"])),
                meetings=draw(st.integers(0, 2)),
            )
        )
    bonds = ((bundles[0].ids[0], bundles[-1].ids[0]),) if len(bundles) > 1 and draw(st.booleans()) else ()
    return problem_of(
        officers,
        tuple(bundles),
        draw(st.integers(0, 4)),
        target=draw(st.sampled_from([None, None, 6000, 9000])),
        step=draw(st.sampled_from([1, 50, 1000])),
        parents=bonds,
    )


def every_answer(problem: Problem) -> Iterator[Answer]:
    """All answers that keep the hard rules."""
    options = [[each.id for each in problem.officers] for _ in problem.bundles]
    for chosen in product(*options):
        pairs = enumerate(zip(problem.bundles, chosen, strict=True))
        answer = {number: one for number, (each, one) in pairs if one != each.officer}
        if not rules.judge(problem, answer):
            yield answer

"""Invented small authorities as they are known on a day: for properties that hold of any."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import strategies as st

from services.allocation.posing import Known
from services.caseload.capacity import Officer
from services.caseload.weights import SHIPPED_POINTS, ChildOnDay, Scheme, weigh

TODAY = date(2026, 9, 1)
SCHEME = Scheme(
    id=UUID(int=1), effective_from=date(2000, 1, 1), limit_per_wte=Decimal(90), near_share=Decimal("0.9"), points=SHIPPED_POINTS
)
_WTES = [Decimal(wte) for wte in ("0", "0.5", "0.6", "0.8", "1")]


def officer(number: int, wte: str = "1", *, away: bool = False, active: bool = True, reduced: str = "0") -> Officer:
    return Officer(
        iro_id=UUID(int=1000 + number), code=f"IRO-{number:02}", wte=Decimal(wte), reduced=Decimal(reduced), away=away, active=active
    )


def in_care(number: int, *, group: str | None = None, reviews: int = 2, on_plan: bool = False) -> ChildOnDay:
    return ChildOnDay(
        child_id=UUID(int=number), reference=f"CH{number:04}", sibling_group=group, in_care=True, care_reviews=reviews, on_plan=on_plan
    )


def on_plan(number: int, *, group: str | None = None) -> ChildOnDay:
    return ChildOnDay(child_id=UUID(int=number), reference=f"CH{number:04}", sibling_group=group, on_plan=True, conferenced_on=TODAY)


@st.composite
def authorities(draw: st.DrawFn) -> Known:
    """One to five officers, some of them away, gone or without WTE; up to twelve children, some without an IRO."""
    numbers = range(1, draw(st.integers(1, 5)) + 1)
    officers = tuple(
        officer(
            number,
            str(draw(st.sampled_from(_WTES))),
            away=draw(st.booleans()) and draw(st.booleans()),
            active=draw(st.integers(0, 5)) > 0,
            reduced=draw(st.sampled_from(("0", "0", "0.2"))),
        )
        for number in numbers
    )
    children = tuple(_child(draw, number) for number in range(1, draw(st.integers(0, 12)) + 1))
    weights = weigh(children, SCHEME)
    have = {child.child_id: draw(st.sampled_from(officers)).iro_id for child in children if draw(st.integers(0, 4)) > 0}
    homes = {each.iro_id: draw(st.integers(0, 3)) for each in officers if each.active}
    return Known(day=TODAY, scheme=SCHEME, children=children, weights=weights, holders=have, officers=officers, households=homes)


def _child(draw: st.DrawFn, number: int) -> ChildOnDay:
    group = draw(st.sampled_from((None, "F1", "F2")))
    if draw(st.booleans()):
        return in_care(number, group=group, reviews=draw(st.integers(0, 2)), on_plan=draw(st.integers(0, 5)) == 0)
    return on_plan(number, group=group)

"""Circumstances of a child: from a day on, corrected, and as they were known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.history.circumstances import Circumstance, StateCircumstances, circumstances_on, state_circumstances
from services.history.rules.circumstances import days_left, span_from
from services.kernel.actor import Actor
from services.kernel.errors import ConveneError, Forbidden, InvalidInput, NotFound
from services.kernel.ids import new_id
from services.kernel.window import DateSpan
from services.kernel.words import Complexity, Role
from services.platform.resources import Resources
from tests.history.desk import SUPPORT, Desk

MAY, JULY, AUGUST = date(2026, 5, 4), date(2026, 7, 6), date(2026, 8, 3)
TODAY = date(2026, 9, 1)
_KEYS: Iterator[int] = count()


@dataclass
class Told(Desk):
    """A desk at which circumstances are stated."""

    async def state(self, day: date, *, reference: str = "CH1", key: str | None = None, **values: Any) -> UUID:
        self.now += timedelta(minutes=1)
        command = StateCircumstances(request_key=key or f"stated {next(_KEYS)}", reference=reference, from_day=day, **values)
        return await state_circumstances(self.resources, self.actor, command, self.now)

    async def on(self, day: date, known_at: datetime | None = None) -> Circumstance | None:
        async with self.resources.database.connection() as connection:
            return next(iter((await circumstances_on(connection, day, known_at=known_at)).values()), None)

    async def miles(self, *days: date, known_at: datetime | None = None) -> list[int | None]:
        found = [await self.on(day, known_at) for day in days]
        return [None if each is None else each.placed_miles for each in found]

    async def officer(self, code: str) -> UUID:
        iro = new_id()
        async with self.resources.database.transaction() as connection:
            await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', $2, $2)", iro, code)
            await connection.execute("INSERT INTO iro (resource_id) VALUES ($1)", iro)
        return iro


@pytest.fixture
async def desk(resources: Resources, now: datetime) -> Told:
    told = Told(resources, now)
    await told.child()
    return told


async def test_a_statement_holds_from_its_day_on_until_the_next(desk: Told) -> None:
    await desk.state(MAY, placed_miles=10)
    await desk.state(JULY, placed_miles=30)
    assert await desk.miles(MAY - timedelta(days=1), MAY, JULY - timedelta(days=1), JULY, TODAY) == [None, 10, 10, 30, 30]
    first, second = await desk.on(MAY), await desk.on(JULY)
    assert first is not None
    assert second is not None
    assert (first.until, second.until) == (JULY, None)


async def test_what_is_left_out_is_kept_and_none_takes_it_away(desk: Told) -> None:
    one, two = await desk.officer("IRO-01"), await desk.officer("IRO-02")
    await desk.state(
        MAY,
        placed_miles=55,
        placed_abroad=True,
        placement_area=" north ",
        complexity=(Complexity.OPEN_DISPUTE,),
        needs=("NEG", "NEG", "CSE "),
        wished_iro_code="IRO-01",
        unwanted_iro_code="IRO-02",
        keeps_iro_because="sits her examinations",
    )
    await desk.state(JULY, placed_miles=None, unwanted_iro_code=None)
    await desk.state(
        AUGUST, placed_abroad=None, placement_area=None, complexity=None, needs=None, wished_iro_code=None, keeps_iro_because=None
    )
    after = await desk.on(JULY)
    assert after is not None
    assert (after.placed_miles, after.placed_abroad, after.placement_area) == (None, True, "north")
    assert (after.complexity, after.needs) == (frozenset({Complexity.OPEN_DISPUTE}), frozenset({"NEG", "CSE"}))
    assert (after.wished_iro_id, after.unwanted_iro_id, after.keeps_iro_because) == (one, None, "sits her examinations")
    blank = await desk.on(AUGUST)
    assert blank == Circumstance(id=blank.id, child_id=blank.child_id, first_day=AUGUST, until=None) if blank else False
    before = await desk.on(MAY)
    assert before is not None
    assert (before.placed_miles, before.unwanted_iro_id) == (55, two)


async def test_a_correction_of_the_same_day_replaces_it_and_what_was_known_stays_readable(desk: Told) -> None:
    await desk.state(MAY, placed_miles=10)
    known = desk.now
    await desk.state(MAY, placed_miles=12)
    assert await desk.miles(MAY, TODAY) == [12, 12]
    assert await desk.miles(MAY, TODAY, known_at=known) == [10, 10]
    assert await desk.miles(MAY, known_at=known - timedelta(seconds=1)) == [None]


async def test_a_later_statement_stands_where_an_earlier_day_is_stated_afterwards(desk: Told) -> None:
    await desk.state(AUGUST, placed_miles=80)
    await desk.state(MAY, placed_miles=10)
    await desk.state(JULY, placed_miles=20)
    assert await desk.miles(MAY, JULY, AUGUST, TODAY) == [10, 20, 80, 80]


async def test_what_says_the_same_of_the_same_day_writes_nothing_and_the_same_key_answers_again(desk: Told) -> None:
    child = await desk.state(MAY, placed_miles=10, key="once")
    assert await desk.state(MAY, placed_miles=10, key="once") == child
    await desk.state(MAY, placed_miles=10)
    assert await desk.fetch("SELECT count(*) FROM child_circumstance") == [(1,)]
    with pytest.raises(InvalidInput, match="nothing is stated"):
        await desk.state(JULY)


async def test_a_clock_that_stands_still_overwrites_nothing(desk: Told) -> None:
    for miles in (1, 2, 3):
        desk.now -= timedelta(minutes=1)
        await desk.state(MAY, placed_miles=miles)
    desk.now -= timedelta(days=1)
    await desk.state(MAY, placed_miles=4)
    assert await desk.miles(MAY) == [4]
    rows = await desk.fetch("SELECT placed_miles FROM child_circumstance ORDER BY recorded")
    assert [row[0] for row in rows] == [1, 2, 3, 4]


async def test_the_household_in_which_a_child_is_placed_is_known_by_its_reference(desk: Told) -> None:
    household = await desk.do("ApproveHousehold", reference="FH1", approved_on=date(2026, 1, 5))
    await desk.state(MAY, household_reference="FH1")
    found = await desk.on(TODAY)
    assert found is not None
    assert found.household_id == household
    with pytest.raises(NotFound, match="FH2"):
        await desk.state(JULY, household_reference="FH2")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"placed_miles": -1}, "whole miles"),
        ({"placed_miles": 20_000}, "whole miles"),
        ({"placement_area": "two\nlines"}, "placementArea"),
        ({"needs": ("",)}, "needs"),
        ({"needs": tuple(f"N{number}" for number in range(21))}, "at most 20"),
        ({"keeps_iro_because": "  "}, "keepsIroBecause"),
    ],
)
async def test_what_is_no_such_value_is_refused_by_name(desk: Told, values: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        await desk.state(MAY, **values)


async def test_days_on_which_there_was_no_such_child_are_refused(desk: Told) -> None:
    for day, fault in ((date(2015, 5, 31), "before the child was born"), (TODAY + timedelta(days=1), "in the future")):
        with pytest.raises(InvalidInput, match=fault):
            await desk.state(day, placed_miles=1)


async def test_nobody_is_both_wished_for_and_unwanted_and_officers_are_known_by_code(desk: Told) -> None:
    await desk.officer("IRO-01")
    await desk.state(MAY, wished_iro_code="IRO-01")
    with pytest.raises(InvalidInput, match="wishes for"):
        await desk.state(JULY, unwanted_iro_code="IRO-01")
    with pytest.raises(NotFound, match="IRO-09"):
        await desk.state(JULY, wished_iro_code="IRO-09")


async def test_an_officer_states_them_of_her_own_children_alone(desk: Told) -> None:
    iro = await desk.officer("IRO-01")
    own = Actor(subject="iro", role=Role.IRO, name="x", code="IRO-01", resource_id=iro)
    desk.actor = own
    refused: list[type[ConveneError]] = []
    for actor in (own, Actor(subject="nt", role=Role.NOTE_TAKER, name="x"), Actor(subject="audit", role=Role.AUDITOR, name="x")):
        desk.actor = actor
        with pytest.raises((NotFound, Forbidden)) as fault:
            await desk.state(MAY, placed_miles=1)
        refused.append(fault.type)
    assert refused == [NotFound, Forbidden, Forbidden]
    async with desk.resources.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), id, '[2026-01-01,)', $1 FROM child", iro
        )
    desk.actor = own
    await desk.state(MAY, placed_miles=1)
    assert await desk.miles(TODAY) == [1]


async def test_the_audit_says_what_was_stated_and_holds_no_text_of_it(desk: Told) -> None:
    await desk.state(MAY, keeps_iro_because="a private reason", placed_miles=3)
    ((actor, details),) = await desk.fetch("SELECT actor, details FROM audit_event WHERE action = 'STATE_CIRCUMSTANCES'")
    assert actor == SUPPORT.subject
    assert details == {"from_day": "2026-05-04", "stated": ["keeps_iro_because", "placed_miles"], "changed": True}


def _model(begins: dict[date, int | None], day: date) -> int | None:
    """What the last statement that had begun by the day says."""
    return next((begins[begun] for begun in sorted(begins, reverse=True) if begun <= day), None)


@pytest.mark.parametrize("seed", range(3))
async def test_in_whatever_order_it_is_stated_each_day_has_its_value_as_of_any_time(desk: Told, seed: int) -> None:
    dice, begins = Random(seed), dict[date, int | None]()
    days = [MAY + timedelta(days=number) for number in range(12)]
    told: list[tuple[datetime, list[int | None]]] = [(desk.now, [None] * len(days))]
    for _ in range(14):
        day, miles = dice.choice(days), dice.choice((1, 2, 3, None))
        await desk.state(day, placed_miles=miles)
        begins[day] = miles
        told.append((desk.now, [_model(begins, each) for each in days]))
    assert await desk.miles(*days) == told[-1][1]
    for known_at, wanted in told:
        assert await desk.miles(*days, known_at=known_at) == wanted


_DAYS = st.integers(0, 40).map(lambda number: date(2026, 1, 1) + timedelta(days=number))


@st.composite
def _spans(draw: st.DrawFn) -> DateSpan:
    first = draw(_DAYS)
    return DateSpan(first, draw(st.none() | st.integers(1, 20).map(lambda days: first + timedelta(days=days))))


def _all(span: DateSpan) -> set[date]:
    return {day for day in (date(2026, 1, 1) + timedelta(days=number) for number in range(80)) if day in span}


@given(_spans(), st.lists(_spans(), max_size=4))
def test_the_days_left_are_exactly_those_that_nobody_took(span: DateSpan, taken: list[DateSpan]) -> None:
    left = days_left(span, taken)
    wanted = _all(span).difference(*(_all(each) for each in taken))
    assert sorted(day for each in left for day in _all(each)) == sorted(wanted)


@given(_DAYS, st.lists(_spans(), max_size=4))
def test_a_statement_reaches_no_day_on_which_another_begins(day: date, standing: list[DateSpan]) -> None:
    span = span_from(day, standing)
    assert span.first == day
    assert not any(each.first in span and each.first != day for each in standing)

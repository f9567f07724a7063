"""What was stated of two references is stated of the one child, and is again each one's own when the merge is undone."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from services.history import service as history
from services.history.circumstances import StateCircumstances, circumstances_on, state_circumstances
from services.history.commands import RegisterChild
from services.intake import service as intake
from services.intake.service import DecideIdentity, MergeIdentities
from services.kernel.ids import new_id
from tests.booking.world import MANAGER
from tests.intake.conftest import Unit

MAY, JULY, AUGUST = date(2026, 5, 4), date(2026, 7, 6), date(2026, 8, 3)
_KEYS = count()
_IN_FORCE = (
    "SELECT id, child_id, in_force, placed_miles, placement_area, needs FROM child_circumstance WHERE upper_inf(recorded) ORDER BY id"
)


def _key() -> str:
    return f"key {next(_KEYS)}"


async def _state(unit: Unit, reference: str, day: date, miles: int, **values: Any) -> UUID:
    unit.now += timedelta(minutes=1)
    command = StateCircumstances(request_key=_key(), reference=reference, from_day=day, placed_miles=miles, **values)
    return await state_circumstances(unit.resources, MANAGER, command, unit.now)


async def _miles(unit: Unit, *days: date) -> list[dict[str, int | None]]:
    """By day what is stated, by reference."""
    names = {row[0]: row[1] for row in await unit.rows("SELECT id, reference FROM child")}
    async with unit.resources.database.connection() as connection:
        found = [await circumstances_on(connection, day) for day in days]
    return [{names[child]: each.placed_miles for child, each in on.items()} for on in found]


@pytest.fixture
async def link(unit: Unit) -> UUID:
    """CH1 and CH2, proposed to be one."""
    ids = [
        await history.register_child(
            unit.resources, MANAGER, RegisterChild(request_key=_key(), reference=reference, born_on=date(2016, 5, 4)), unit.now
        )
        for reference in ("CH1", "CH2")
    ]
    proposed = new_id()
    async with unit.resources.database.transaction() as connection:
        await connection.execute(
            "INSERT INTO identity_link (id, child_id, other_id, evidence, state, proposed_at, proposed_by) "
            "VALUES ($1, $2, $3, '{SAME_UPN}', 'PROPOSED', $4, 'test')",
            proposed,
            *ids,
            unit.now,
        )
    return proposed


async def _merge(unit: Unit, link: UUID) -> None:
    unit.now += timedelta(minutes=1)
    command = MergeIdentities(request_key=_key(), id=link, reason="one child", kept_reference="CH1")
    await intake.merge_identities(unit.resources, MANAGER, command, unit.now)


async def _undo(unit: Unit, link: UUID) -> None:
    unit.now += timedelta(minutes=1)
    await intake.undo_merge(unit.resources, MANAGER, DecideIdentity(request_key=_key(), id=link, reason="two after all"), unit.now)


async def test_the_child_that_is_kept_has_its_own_and_on_other_days_the_others(unit: Unit, link: UUID) -> None:
    await _state(unit, "CH2", MAY, 10)
    await _state(unit, "CH2", AUGUST, 90)
    await _state(unit, "CH1", JULY, 30)
    await _merge(unit, link)
    assert await _miles(unit, MAY, JULY, AUGUST) == [{"CH1": 10}, {"CH1": 30}, {"CH1": 30}]


async def test_undone_each_has_again_what_was_its_own(unit: Unit, link: UUID) -> None:
    await _state(unit, "CH2", MAY, 10)
    await _state(unit, "CH2", AUGUST, 90, placement_area="north", needs=("NEG",))
    await _state(unit, "CH1", JULY, 30)
    before = await _miles(unit, MAY, JULY, AUGUST)
    whole = await unit.rows(_IN_FORCE)
    await _merge(unit, link)
    await _undo(unit, link)
    assert await _miles(unit, MAY, JULY, AUGUST) == before == [{"CH2": 10}, {"CH2": 10, "CH1": 30}, {"CH2": 90, "CH1": 30}]
    assert await unit.rows(_IN_FORCE) == whole


async def test_what_is_stated_of_the_one_child_stays_with_it_when_it_is_two_again(unit: Unit, link: UUID) -> None:
    await _state(unit, "CH2", MAY, 10)
    await _merge(unit, link)
    await _state(unit, "CH2", MAY, 11)
    await _state(unit, "CH1", AUGUST, 12)
    assert await _miles(unit, MAY, AUGUST) == [{"CH1": 11}, {"CH1": 12}]
    await _undo(unit, link)
    assert await _miles(unit, MAY, AUGUST) == [{"CH1": 11, "CH2": 10}, {"CH1": 12, "CH2": 10}]


async def test_a_merge_may_be_undone_and_made_again(unit: Unit, link: UUID) -> None:
    await _state(unit, "CH2", MAY, 10)
    for _ in range(2):
        await _merge(unit, link)
        assert await _miles(unit, MAY) == [{"CH1": 10}]
        await _undo(unit, link)
        assert await _miles(unit, MAY) == [{"CH2": 10}]

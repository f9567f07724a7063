"""Schemes: stated for a day on and never changed, by a person or by the unit's settings, whichever is later."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.caseload import service
from services.caseload.service import SetWeightingScheme, ensure_scheme, scheme_on, set_scheme
from services.caseload.weights import SHIPPED_POINTS, FactorCode, Scheme
from services.intake.establishing import import_establishment
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden, InvalidInput
from services.kernel.words import CaseloadState, Role
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, key
from tests.support.records import Records

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def scheme(**more: Any) -> SetWeightingScheme:
    return SetWeightingScheme(**{"request_key": key(), "effective_from": OCTOBER, "limit_per_wte": Decimal(70), "factors": {}, **more})


async def on(world: World, day: date, **more: Any) -> Scheme:
    async with world.database.connection() as connection:
        return await scheme_on(connection, day, **more)


async def ensure(world: World, day: date = TODAY) -> Scheme:
    world.now += timedelta(minutes=1)
    async with world.database.transaction() as connection:
        return await ensure_scheme(connection, day, world.now)


async def settings_say(world: World, limit: str, day: date) -> None:
    await world.sql("UPDATE setting SET in_force = daterange(lower(in_force), $1) WHERE key = 'limit_per_wte'", day)
    await world.sql("INSERT INTO setting VALUES ('limit_per_wte', daterange($1, NULL), $2)", day, limit)


async def test_a_scheme_holds_from_its_day_and_keeps_what_it_does_not_name(world: World) -> None:
    before = await ensure(world)
    stated = await set_scheme(world.resources, MANAGER, scheme(near_share=Decimal("0.8"), factors={"ON_PLAN": Decimal("1.125")}), world.now)
    assert await on(world, OCTOBER - timedelta(days=1)) == before
    assert await on(world, OCTOBER) == stated
    assert stated.points == {**SHIPPED_POINTS, FactorCode.ON_PLAN: Decimal("1.125")}
    assert (stated.limit_per_wte, stated.near_share) == (Decimal(70), Decimal("0.8"))
    kept = await set_scheme(world.resources, MANAGER, scheme(effective_from=date(2026, 12, 1)), world.now)
    assert (kept.points, kept.near_share) == (stated.points, stated.near_share)


async def test_the_same_day_stated_again_leaves_the_old_statement_as_it_was(world: World) -> None:
    first = await set_scheme(world.resources, MANAGER, scheme(), world.now)
    rows = await world.sql("SELECT * FROM scheme_factor WHERE scheme_id = $1 ORDER BY code", first.id)
    known_at = world.now
    world.now += timedelta(hours=1)
    second = await set_scheme(world.resources, MANAGER, scheme(limit_per_wte=Decimal(60), factors={"IN_CARE": Decimal(2)}), world.now)
    assert second.id != first.id
    assert await on(world, OCTOBER) == second
    assert await on(world, OCTOBER, known_at=known_at) == first
    assert await world.sql("SELECT * FROM scheme_factor WHERE scheme_id = $1 ORDER BY code", first.id) == rows


async def test_the_same_key_answers_the_same_scheme(world: World) -> None:
    command = scheme()
    first = await set_scheme(world.resources, MANAGER, command, world.now)
    assert await set_scheme(world.resources, MANAGER, command, world.now + timedelta(days=90)) == first


async def test_only_managers_set_a_scheme_and_the_audit_has_old_and_new(world: World) -> None:
    with pytest.raises(Forbidden):
        await set_scheme(world.resources, SUPPORT, scheme(), world.now)
    iro = Actor(subject="iro", role=Role.IRO, name="An officer")
    with pytest.raises(Forbidden):
        await set_scheme(world.resources, iro, scheme(), world.now)
    await set_scheme(world.resources, MANAGER, scheme(factors={"COMPLEX": Decimal("0.75")}), world.now)
    (row,) = await world.sql("SELECT details FROM audit_event WHERE action = 'SET_SCHEME'")
    assert row["details"]["limit_per_wte"] == ["90", "70"]
    assert row["details"]["factors"] == {"COMPLEX": ["0.5", "0.75"]}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"effective_from": TODAY - timedelta(days=1)}, "effectiveFrom"),
        ({"limit_per_wte": Decimal(0)}, "limitPerWte"),
        ({"limit_per_wte": Decimal(-1)}, "limitPerWte"),
        ({"limit_per_wte": Decimal("NaN")}, "limitPerWte"),
        ({"limit_per_wte": Decimal("70.1234")}, "limitPerWte"),
        ({"near_share": Decimal(0)}, "nearShare"),
        ({"near_share": Decimal("1.1")}, "nearShare"),
        ({"factors": {"HEIGHT": Decimal(1)}}, "factors"),
        ({"factors": {"COMPLEX": Decimal("-0.5")}}, "factors"),
        ({"factors": {"COMPLEX": Decimal("0.1255")}}, "factors"),
        ({"factors": {"COMPLEX": Decimal("Infinity")}}, "factors"),
    ],
)
async def test_a_wrong_number_day_or_code_is_refused_and_nothing_is_written(world: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await set_scheme(world.resources, MANAGER, scheme(**wrong), world.now)
    assert refused.value.field == field
    assert await world.sql("SELECT FROM weighting_scheme WHERE recorded_by = 'manager'") == []


async def test_a_scheme_that_a_manager_set_stands_until_the_settings_change(world: World) -> None:
    await ensure(world)
    stated = await set_scheme(world.resources, MANAGER, scheme(effective_from=TODAY), world.now)
    assert await ensure(world) == stated
    later, world.now = TODAY + timedelta(days=3), world.now + timedelta(days=3)
    assert await ensure(world, later) == stated
    await settings_say(world, "85", later)
    changed = await ensure(world, later)
    assert (changed.limit_per_wte, changed.effective_from, changed.points) == (Decimal(85), later, stated.points)
    assert await ensure(world, later) == changed
    assert await on(world, TODAY) == stated
    again = await set_scheme(world.resources, MANAGER, scheme(effective_from=later, limit_per_wte=Decimal(75)), world.now)
    assert await ensure(world, later) == again
    assert len(await world.sql("SELECT FROM weighting_scheme WHERE effective_from = $1 AND superseded_at IS NOT NULL", later)) == 1


async def test_a_scheme_for_a_later_day_holds_as_announced_though_the_settings_change_before_it(world: World) -> None:
    """Else the limit of that day would hang on whether anybody had decided anything since."""
    announced = await set_scheme(world.resources, MANAGER, scheme(), world.now)
    september = TODAY + timedelta(days=14)
    await settings_say(world, "85", september)
    assert (await ensure(world, september)).limit_per_wte == Decimal(85)
    before = OCTOBER - timedelta(days=1)
    assert ((await ensure(world, before)).limit_per_wte, await ensure(world, OCTOBER)) == (Decimal(85), announced)
    await settings_say(world, "80", OCTOBER + timedelta(days=5))
    assert await ensure(world, OCTOBER + timedelta(days=4)) == announced
    assert (await ensure(world, OCTOBER + timedelta(days=5))).limit_per_wte == Decimal(80)
    assert await on(world, OCTOBER + timedelta(days=4)) == announced


_FILE = """
[unit]
name = "Unit"
organiser = "unit@example.org"
room_desk = "rooms@example.org"

[settings]
limit_per_wte = "{limit}"
near_share = "{near}"

[[iro]]
code = "IRO-01"
name = "Officer 1"
email = "iro1@example.org"
wte = "1"
"""


async def take(world: World, folder: Path, limit: str, near: str = "0.9", days: int = 0) -> Scheme:
    """The file is imported so many days from now; answers the scheme of that day as a table made then shows it."""
    world.now += timedelta(days=days, minutes=1)
    path = folder / "establishment.toml"
    path.write_text(_FILE.format(limit=limit, near=near), encoding="utf-8")
    await import_establishment(world.resources, COMMAND_LINE, path, as_of=world.now.date(), dry_run=False, now=world.now)
    return await on(world, world.now.date())


async def test_the_first_file_states_the_first_scheme_also_for_the_days_before(world: World, tmp_path: Path) -> None:
    assert await world.sql("SELECT FROM weighting_scheme") == []
    first = await take(world, tmp_path, "75", "0.8")
    assert (first.limit_per_wte, first.near_share, first.points) == (Decimal(75), Decimal("0.8"), SHIPPED_POINTS)
    assert await on(world, date(2020, 2, 29)) == first
    assert [tuple(row) for row in await world.sql("SELECT id, recorded_by FROM weighting_scheme")] == [(first.id, "SHIPPED")]


async def test_a_managers_scheme_survives_the_same_file_and_gives_way_to_another_limit(world: World, tmp_path: Path) -> None:
    first = await take(world, tmp_path, "90")
    world.now += timedelta(minutes=1)
    own = {"IN_CARE": Decimal("1.125")}
    stated = await set_scheme(world.resources, MANAGER, scheme(effective_from=TODAY, near_share=Decimal("0.85"), factors=own), world.now)
    for days in (0, 1, 30):
        assert await take(world, tmp_path, "90", days=days) == stated
    other = await take(world, tmp_path, "80", days=1)
    assert (other.limit_per_wte, other.near_share) == (Decimal(80), Decimal("0.9"))
    assert other.points == {**first.points, FactorCode.IN_CARE: Decimal("1.125")}
    assert await on(world, other.effective_from - timedelta(days=1)) == stated
    assert await take(world, tmp_path, "80", days=1) == other


async def test_another_near_share_in_the_file_is_the_later_statement_too(world: World, tmp_path: Path) -> None:
    await take(world, tmp_path, "90")
    changed = await take(world, tmp_path, "90", "0.75")
    assert (changed.limit_per_wte, changed.near_share) == (Decimal(90), Decimal("0.75"))


async def test_near_and_over_are_thresholds_of_the_scheme(world: World) -> None:
    records_of_ten = [f"CH{number}" for number in range(10)]
    async with world.database.connection() as connection:
        records = Records(connection)
        (iro, *_) = [row["id"] for row in await connection.fetch("SELECT id FROM resource WHERE kind = 'IRO' ORDER BY code")]
        for reference in records_of_ten:
            child = await records.child(reference)
            await records.protection_plan(child, date(2026, 1, 5))
            await records.allocation(child, iro)
    found = []
    for limit, near in (("20", "0.9"), ("20", "0.5"), ("10", "1"), ("9.999", "1")):
        world.now += timedelta(minutes=1)
        stated = scheme(effective_from=TODAY, limit_per_wte=Decimal(limit), near_share=Decimal(near))
        await set_scheme(world.resources, MANAGER, stated, world.now)
        async with world.database.connection() as connection:
            found.append((await service.caseloads(connection, TODAY))[0].state)
    assert found == [CaseloadState.UNDER, CaseloadState.NEAR, CaseloadState.NEAR, CaseloadState.OVER]


async def test_a_scheme_to_come_is_the_next_change_of_every_limit(world: World) -> None:
    await set_scheme(world.resources, MANAGER, scheme(), world.now)
    async with world.database.connection() as connection:
        loads = await service.caseloads(connection, TODAY)
    changes = {(each.next_change.on, each.next_change.limit, each.next_change.reason) for each in loads if each.next_change}
    assert changes == {(OCTOBER, Decimal(70), "the scheme's limit is 70 points per WTE, 90 before")}

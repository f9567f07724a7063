"""What would be if, read from a real PostgreSQL, against what a rebalancing then starts from."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from services.allocation.imagining import caseloads_if
from services.allocation.rebalancing import reading as rebalancings
from services.allocation.rebalancing.commands import ProposeRebalancing
from services.allocation.rebalancing.service import perform_waiting_rebalancings, propose
from services.allocation.what_if import WhatIf
from services.caseload import service as caseload
from services.caseload.capacity import Caseload
from services.caseload.scheming import SetWeightingScheme, set_scheme
from services.directory.working_time import ChangeWte, change_wte
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.words import Role
from services.platform.config import Config
from services.platform.database import Connection, Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.support.records import Records

TODAY = date(2026, 9, 1)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
def resources(database: Database) -> Resources:
    return Resources(config=Config(_env_file=None), database=database, doorbell=Doorbell(None))  # type: ignore[call-arg]


async def lay_authority(connection: Connection, seed: int) -> list[str]:
    """A small authority with families, some waiting for an IRO; answers the officers' codes."""
    chance, records = random.Random(seed), Records(connection)
    codes = [f"IRO-{number:02}" for number in range(1, chance.randint(3, 5))]
    team = [await records.iro(code, wte=chance.choice(("1.0", "0.6", "0.8"))) for code in codes]
    for number in range(chance.randint(8, 16)):
        child = await records.child(f"CH{number:02}", siblings=chance.choice((None, "F1", "F2")))
        began = TODAY - timedelta(days=chance.randint(1, 600))
        await (records.care_period if chance.random() < 0.6 else records.protection_plan)(child, began)
        if chance.random() < 0.8:
            await records.allocation(child, chance.choice(team), first=began)
    return codes


async def starts_from(resources: Resources, key: str, now: datetime, absent: tuple[str, ...] = ()) -> tuple[Caseload, ...]:
    """The table before, as a proposal keeps it."""
    command = ProposeRebalancing(request_key=key, max_moves=20, absent_iros=absent)
    found = await propose(resources, COMMAND_LINE, command, now)
    await perform_waiting_rebalancings(resources, lambda: now)
    async with resources.database.connection() as connection:
        return (await rebalancings.rebalancings(connection, COMMAND_LINE, [found], TODAY))[found].before


async def imagined(connection: Connection, what_if: WhatIf) -> tuple[Caseload, ...]:
    return await caseloads_if(connection, COMMAND_LINE, TODAY, what_if, TODAY)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_table_under_absences_is_where_a_rebalancing_with_them_starts_from(
    connection: Connection, resources: Resources, now: datetime, seed: int
) -> None:
    absent = (await lay_authority(connection, seed))[: random.Random(seed).randint(1, 2)]
    assert await imagined(connection, WhatIf(absent=frozenset(absent))) == await starts_from(resources, "a", now, tuple(absent))


async def test_the_table_under_another_limit_is_where_a_rebalancing_under_it_starts_from(
    connection: Connection, resources: Resources, now: datetime
) -> None:
    await lay_authority(connection, 3)
    supposed = await imagined(connection, WhatIf(limit_per_wte=Decimal("7.5")))
    assert {each.limit for each in supposed} <= {Decimal("7.5"), Decimal("4.5"), Decimal(6)}
    command = SetWeightingScheme(request_key="s", effective_from=TODAY, limit_per_wte=Decimal("7.5"), near_share=None, factors={})
    await set_scheme(resources, COMMAND_LINE, command, now)
    assert supposed == await starts_from(resources, "a", now)


async def test_the_table_under_another_contract_is_where_a_rebalancing_under_it_starts_from(
    connection: Connection, resources: Resources, now: datetime
) -> None:
    await lay_authority(connection, 9)
    supposed = await imagined(connection, WhatIf(wte={"IRO-01": Decimal("0.3")}))
    assert supposed[0].limit == 27
    await change_wte(resources, COMMAND_LINE, ChangeWte(request_key="w", iro_code="IRO-01", from_day=TODAY, wte=Decimal("0.3")), now)
    assert supposed == await starts_from(resources, "a", now)


@pytest.mark.parametrize("seed", [4, 5, 6])
async def test_without_changes_it_is_the_table_of_the_day(connection: Connection, seed: int) -> None:
    await lay_authority(connection, seed)
    as_it_is = await caseload.caseloads(connection, TODAY)
    assert await imagined(connection, WhatIf()) == tuple(replace(each, next_change=None) for each in as_it_is)


async def test_nothing_is_written_by_asking(connection: Connection) -> None:
    await lay_authority(connection, 7)
    before = await caseload.caseloads(connection, TODAY)
    children = await connection.fetchval("SELECT count(*) FROM child")
    await imagined(connection, WhatIf(absent=frozenset({"IRO-01"}), new_in_care=5, limit_per_wte=Decimal(50)))
    assert await caseload.caseloads(connection, TODAY) == before
    assert await connection.fetchval("SELECT count(*) FROM child") == children


async def test_an_officer_sees_her_own_line_and_others_none(connection: Connection) -> None:
    codes = await lay_authority(connection, 8)
    own = (await caseload.caseloads(connection, TODAY))[0]
    officer = Actor(subject="one", role=Role.IRO, name="one", code=codes[0], resource_id=own.iro_id)
    table = await caseloads_if(connection, officer, TODAY, WhatIf(limit_per_wte=Decimal(50)), TODAY)
    assert [each.iro_code for each in table] == [codes[0]]
    assert await caseloads_if(connection, replace(officer, role=Role.SOCIAL_WORKER), TODAY, WhatIf(), TODAY) == ()

"""Working time that a manager records by hand, beside what files state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from services.caseload import service as caseload
from services.directory.establishment import Establishment, StatedReduction
from services.directory.service import apply_establishment
from services.directory.working_time import (
    ChangeWte,
    EndReduction,
    RecordLeaving,
    RecordReduction,
    change_wte,
    end_reduction,
    record_leaving,
    record_reduction,
)
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound, RequestKeyReused
from services.kernel.words import Role
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, TODAY, World, key, unit

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
INDUCTION = StatedReduction(wte=Decimal("0.2"), reason="induction", first_day=date(2026, 8, 1), last_day=date(2026, 12, 31))


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def reduction(**more: Any) -> RecordReduction:
    stated = {"iro_code": "IRO-01", "first_day": TODAY, "last_day": None, "wte": Decimal("0.2"), "reason": "phased return"}
    return RecordReduction(**{"request_key": key(), **stated, **more})


def wte(value: str, day: date = OCTOBER, **more: Any) -> ChangeWte:
    return ChangeWte(**{"request_key": key(), "iro_code": "IRO-01", "from_day": day, "wte": Decimal(value), **more})


def leaving(day: date | None, **more: Any) -> RecordLeaving:
    return RecordLeaving(**{"request_key": key(), "iro_code": "IRO-01", "last_day": day, **more})


async def limits(world: World, *days: date) -> list[str]:
    async with world.database.connection() as connection:
        found = [await caseload.caseloads(connection, day) for day in days]
    ours = [{each.iro_code: str(each.limit.normalize()) for each in loads} for loads in found]
    return [each.get("IRO-01", "gone") for each in ours]


async def apply(world: World, stated: Establishment) -> Sequence[str]:
    world.now += timedelta(minutes=1)
    async with world.database.transaction() as connection:
        found = await apply_establishment(connection, stated, actor=COMMAND_LINE, now=world.now, today=TODAY)
    return [each.message for each in found if each.rule == "RECORDED_BY_HAND"]


async def test_a_reduction_comes_off_the_limit_in_its_days(world: World) -> None:
    await record_reduction(world.resources, MANAGER, reduction(first_day=OCTOBER, last_day=NOVEMBER), world.now)
    assert await limits(world, TODAY, OCTOBER, NOVEMBER, NOVEMBER + timedelta(days=1)) == ["9E+1", "72", "72", "9E+1"]


async def test_a_reduction_ends_with_a_day_or_never_was(world: World) -> None:
    one = await record_reduction(world.resources, MANAGER, reduction(first_day=OCTOBER), world.now)
    assert await end_reduction(world.resources, MANAGER, EndReduction(request_key=key(), id=one, last_day=NOVEMBER), world.now) == one
    assert await limits(world, NOVEMBER, NOVEMBER + timedelta(days=1)) == ["72", "9E+1"]
    await end_reduction(world.resources, MANAGER, EndReduction(request_key=key(), id=one, last_day=TODAY), world.now)
    assert await limits(world, OCTOBER) == ["9E+1"]
    with pytest.raises(NotFound):
        await end_reduction(world.resources, MANAGER, EndReduction(request_key=key(), id=one, last_day=TODAY), world.now)


async def test_another_wte_holds_from_its_day_until_the_next_that_is_recorded(world: World) -> None:
    await change_wte(world.resources, MANAGER, wte("0.5", NOVEMBER), world.now)
    await change_wte(world.resources, MANAGER, wte("0.8", OCTOBER), world.now)
    assert await limits(world, TODAY, OCTOBER, NOVEMBER) == ["9E+1", "72", "45"]
    await change_wte(world.resources, MANAGER, wte("0.6", OCTOBER), world.now)
    assert await limits(world, TODAY, OCTOBER, NOVEMBER) == ["9E+1", "54", "45"]
    await change_wte(world.resources, MANAGER, wte("0.7", date(2019, 1, 7)), world.now)
    assert await limits(world, TODAY, OCTOBER) == ["63", "54"]


async def test_before_every_contract_a_wte_holds_until_the_first(world: World) -> None:
    await change_wte(world.resources, MANAGER, wte("0.4", date(1999, 1, 1)), world.now)
    rows = await world.sql(
        "SELECT lower(c.in_force) AS day, c.wte FROM contract c JOIN resource r ON r.id = resource_id WHERE code = 'IRO-01' ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(date(1999, 1, 1), Decimal("0.4")), (date(2000, 1, 1), Decimal(1))]


async def test_who_leaves_is_in_the_unit_until_her_last_day(world: World) -> None:
    await record_leaving(world.resources, MANAGER, leaving(OCTOBER), world.now)
    assert await limits(world, OCTOBER, OCTOBER + timedelta(days=1)) == ["9E+1", "gone"]
    at_work = "SELECT max(lower(during))::date AS last FROM availability JOIN resource ON id = resource_id WHERE code = 'IRO-01'"
    assert (await world.sql(at_work))[0]["last"] == OCTOBER
    await record_leaving(world.resources, MANAGER, leaving(None), world.now)
    assert await limits(world, OCTOBER + timedelta(days=1)) == ["9E+1"]
    assert (await world.sql(at_work))[0]["last"] > OCTOBER


@pytest.mark.parametrize(
    ("verb", "command", "field"),
    [
        (record_reduction, reduction(wte=Decimal(0)), "wte"),
        (record_reduction, reduction(wte=Decimal("1.5")), "wte"),
        (record_reduction, reduction(wte=Decimal("0.1234")), "wte"),
        (record_reduction, reduction(wte=Decimal("NaN")), "wte"),
        (record_reduction, reduction(reason="  "), "reason"),
        (record_reduction, reduction(last_day=TODAY - timedelta(days=1)), "lastDay"),
        (change_wte, wte("-0.1"), "wte"),
        (change_wte, wte("1.01"), "wte"),
        (record_leaving, leaving(date(1999, 12, 31)), "lastDay"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_would_be_right(world: World, verb: Any, command: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await verb(world.resources, MANAGER, command, world.now)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("verb", "make"),
    [
        (record_reduction, reduction),
        (change_wte, lambda **more: wte("0.5", **more)),
        (record_leaving, lambda **more: leaving(OCTOBER, **more)),
    ],
)
async def test_only_managers_record_it_once_and_of_officers_that_there_are(world: World, verb: Any, make: Any) -> None:
    support = Actor(subject="support", role=Role.BUSINESS_SUPPORT, name="Support")
    with pytest.raises(Forbidden):
        await verb(world.resources, support, make(), world.now)
    with pytest.raises(NotFound):
        await verb(world.resources, MANAGER, make(iro_code="IRO-77"), world.now)
    command = make()
    assert await verb(world.resources, MANAGER, command, world.now) == await verb(world.resources, MANAGER, command, world.now)
    with pytest.raises(RequestKeyReused):
        await verb(world.resources, MANAGER, replace(command, iro_code="IRO-02"), world.now)
    assert len(await world.sql("SELECT FROM audit_event WHERE subject LIKE 'working_time:%'")) == 1


async def test_no_reason_is_told_to_the_audit(world: World) -> None:
    await record_reduction(world.resources, MANAGER, reduction(reason="after an illness"), world.now)
    (row,) = await world.sql("SELECT details FROM audit_event WHERE action = 'RECORD_REDUCTION'")
    assert "illness" not in str(row["details"])


async def test_a_file_that_says_the_same_again_undoes_nothing_and_tells_of_it(world: World) -> None:
    stated = unit(iros=1)
    stated = replace(stated, iros=(replace(stated.iros[0], reductions=(INDUCTION,)),))
    assert await apply(world, stated) == []
    (row,) = await world.sql("SELECT id FROM capacity_reduction")
    await end_reduction(world.resources, MANAGER, EndReduction(request_key=key(), id=row["id"], last_day=TODAY), world.now)
    await record_reduction(world.resources, MANAGER, reduction(first_day=OCTOBER, wte=Decimal("0.1")), world.now)
    await change_wte(world.resources, MANAGER, wte("0.5", TODAY), world.now)
    await record_leaving(world.resources, MANAGER, leaving(NOVEMBER), world.now)
    recorded = await limits(world, TODAY, OCTOBER)
    told = await apply(world, stated)
    assert await limits(world, TODAY, OCTOBER) == recorded == ["27", "36"]
    assert [message.split(";")[0] for message in told] == [
        "her last day is 2026-11-01 as recorded since",
        "0.5 WTE today as recorded since",
        "the reduction of 0.2 WTE from 2026-08-01 on was ended by hand since: left so",
    ]
    assert await apply(world, stated) == told


async def test_a_file_that_says_something_else_is_the_later_statement(world: World) -> None:
    stated = unit(iros=1)
    await apply(world, stated)
    await change_wte(world.resources, MANAGER, wte("0.5", OCTOBER), world.now)
    await record_leaving(world.resources, MANAGER, leaving(NOVEMBER), world.now)
    other = replace(stated, iros=(replace(stated.iros[0], wte=Decimal("0.8"), leaves_on=date(2027, 3, 31), reductions=(INDUCTION,)),))
    assert await apply(world, other) == []
    assert await limits(world, TODAY, OCTOBER, date(2027, 3, 31), date(2027, 4, 1)) == ["54", "54", "72", "gone"]


async def test_a_file_ends_only_what_files_stated(world: World) -> None:
    stated = unit(iros=1)
    await apply(world, replace(stated, iros=(replace(stated.iros[0], reductions=(INDUCTION,)),)))
    await record_reduction(world.resources, MANAGER, reduction(wte=Decimal("0.1")), world.now)
    assert await limits(world, TODAY) == ["63"]
    await apply(world, stated)
    assert await limits(world, TODAY) == ["81"]


async def test_who_is_named_again_is_in_use_again(world: World) -> None:
    both, one = unit(iros=2), unit(iros=1)
    await apply(world, both)
    await apply(world, replace(one, iros=both.iros[1:]))
    assert await limits(world, OCTOBER) == ["gone"]
    await apply(world, both)
    assert await limits(world, OCTOBER) == ["9E+1"]


async def test_no_reduction_of_anybody_else_can_be_ended(world: World) -> None:
    with pytest.raises(NotFound):
        await end_reduction(world.resources, MANAGER, EndReduction(request_key=key(), id=uuid4(), last_day=TODAY), world.now)

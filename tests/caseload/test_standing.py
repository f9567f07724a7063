"""The weights that are kept for decisions are those that weighing everybody would come to, whatever was recorded since."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.caseload import service, standing
from services.caseload.standing import renew_weights, standing_on, weights_are_kept
from services.platform.database import Connection, Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import TODAY, World
from tests.caseload.deeds import DEEDS, Unit, a_child_comes, a_child_is_given
from tests.support.records import Records


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


async def kept_of(connection: Connection, on: date = TODAY) -> tuple[dict[UUID, Decimal], dict[UUID, Decimal]]:
    """What is kept once it was renewed, and what weighing everybody comes to."""
    async with connection.transaction():
        await service.lock_decisions(connection)
        await renew_weights(connection, on, await service.scheme_on(connection, on))
        kept = {row["child_id"]: row["points"] for row in await connection.fetch("SELECT child_id, points FROM weighed_child")}
    return kept, {child: weight.points for child, weight in (await service.weights_on(connection, on)).items()}


@pytest.mark.parametrize("seed", range(2))
async def test_after_whatever_was_recorded_the_weights_kept_are_those_of_the_records(
    database: Database, connection: Connection, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, anew = random.Random(seed), 0
    unit_ = Unit(world=World(database), chance=chance)
    weighs = standing._weigh

    async def counted(connection: Connection, on: date, scheme: object, child_ids: set[UUID] | None) -> None:
        nonlocal anew
        anew += child_ids is None
        await weighs(connection, on, scheme, child_ids)  # type: ignore[arg-type]

    monkeypatch.setattr(standing, "_weigh", counted)
    for number in range(45):
        deed = (a_child_comes, a_child_is_given)[number % 2] if number < 12 else chance.choice(DEEDS)
        await unit_.happen(deed, look=False)
        kept, told = await kept_of(connection)
        assert kept == told, deed.__name__
        held = {iro: points for iro, points in (await standing_on(connection, TODAY)).items() if points}
        assert held == await _by_weighing(connection)
    assert anew <= 1 + unit_.done.get("the_scheme_is_set", 0)  # else nothing was kept


async def _by_weighing(connection: Connection) -> dict[UUID, Decimal]:
    weights = await service.weights_on(connection, TODAY)
    found: dict[UUID, Decimal] = {}
    for row in await connection.fetch("SELECT child_id, iro_id FROM allocation WHERE held @> $1::date", TODAY):
        if row["child_id"] in weights:
            found[row["iro_id"]] = found.get(row["iro_id"], Decimal(0)) + weights[row["child_id"]].points
    return found


async def test_another_day_and_another_scheme_weigh_everybody_anew(connection: Connection, database: Database) -> None:
    records = Records(connection)
    child = await records.child("CH1")
    await records.care_period(child, date(2026, 1, 5), ended_on=TODAY + timedelta(days=1))
    await service.ensure_scheme(connection, TODAY)
    scheme = await service.scheme_on(connection, TODAY)
    assert not await weights_are_kept(connection, TODAY, scheme)
    assert (await kept_of(connection))[0] == {child: Decimal("1.25")}
    assert await weights_are_kept(connection, TODAY, scheme)
    tomorrow = TODAY + timedelta(days=1)
    assert not await weights_are_kept(connection, tomorrow, scheme)
    assert (await kept_of(connection, tomorrow))[0] == {}
    assert (await kept_of(connection))[0] == {child: Decimal("1.25")}
    await connection.execute("UPDATE scheme_factor SET points = 2 WHERE code = 'IN_CARE'")
    assert not await weights_are_kept(connection, TODAY, await service.scheme_on(connection, TODAY))
    assert (await kept_of(connection))[0] == {child: Decimal("2.25")}
    await connection.execute("UPDATE care_period SET ended_on = NULL")
    assert not await weights_are_kept(connection, TODAY, await service.scheme_on(connection, TODAY))

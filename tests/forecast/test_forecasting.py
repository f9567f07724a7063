"""The forecast as the records of a real PostgreSQL have it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from services.caseload import service
from services.caseload.capacity import Caseload
from services.caseload.forecasting import caseload_forecast, load_outlook
from services.caseload.outlook import Flows
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.errors import Forbidden, InvalidInput
from services.kernel.words import CaseloadState, Role
from services.platform.database import Connection, Database
from tests.support.records import Records

TODAY = date(2026, 9, 1)
TODAY_AT_MIDNIGHT = datetime.fromisoformat("2026-09-01T00:00:00+01:00")
A_YEAR_AGO = TODAY - timedelta(days=365)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
def records(connection: Connection) -> Records:
    return Records(connection)


async def flows(connection: Connection) -> Flows:
    return (await load_outlook(connection, 1, TODAY)).flows


async def reduce(connection: Connection, iro: UUID, first: date, until: date | None, wte: str) -> None:
    await connection.execute(
        "INSERT INTO capacity_reduction (id, resource_id, in_force, wte, reason) VALUES ($1, $2, daterange($3, $4), $5, 'induction')",
        uuid4(),
        iro,
        first,
        until,
        Decimal(wte),
    )


async def test_a_year_of_plans_makes_its_rates(connection: Connection, records: Records) -> None:
    await records.iro("IRO-01")
    for number in range(52):
        child = await records.child(f"CH{number:02}")
        began = TODAY - timedelta(days=7 * number)
        await records.protection_plan(child, began, ended_on=TODAY - timedelta(days=number) if number >= 26 else None)
    found = await caseload_forecast(connection, COMMAND_LINE, 2, TODAY)
    assert "52 came onto a plan and 26 left one (1.00 and 0.50 a week)" in found.method
    assert found.standing.points == 26
    assert [str(week.points) for week in found.weeks] == ["26.50", "27.00"]


async def test_the_year_is_the_365_days_to_today(connection: Connection, records: Records) -> None:
    for number, day in enumerate((A_YEAR_AGO, A_YEAR_AGO + timedelta(days=1), TODAY, TODAY + timedelta(days=1))):
        await records.protection_plan(await records.child(f"B{number}"), day)
        await records.protection_plan(await records.child(f"E{number}"), date(2024, 1, 1), ended_on=day)
    assert await flows(connection) == Flows(onto_plans=2, off_plans=2)


async def test_a_child_on_a_plan_that_comes_into_care_goes_from_one_count_to_the_other(connection: Connection, records: Records) -> None:
    child = await records.child("CH1")
    await records.protection_plan(child, date(2024, 1, 1), ended_on=date(2026, 5, 1))
    await records.care_period(child, date(2026, 3, 1))
    assert await flows(connection) == Flows(into_care=1, off_plans=1)


async def test_a_plan_that_goes_on_in_care_is_no_plan_that_begins_or_ends_there(connection: Connection, records: Records) -> None:
    begins_in_care, ends_in_care = await records.child("CH1"), await records.child("CH2")
    await records.protection_plan(begins_in_care, date(2026, 3, 1))
    await records.care_period(begins_in_care, date(2024, 1, 1), ended_on=date(2026, 5, 1))
    await records.care_period(ends_in_care, date(2024, 1, 1))
    await records.protection_plan(ends_in_care, date(2024, 5, 1), ended_on=date(2026, 5, 1))
    assert await flows(connection) == Flows(out_of_care=1, onto_plans=1)


async def test_two_records_of_one_time_in_care_are_one_time(connection: Connection, records: Records) -> None:
    child = await records.child("CH1")
    await records.care_period(child, date(2025, 1, 1), ended_on=date(2026, 3, 1))
    await records.care_period(child, date(2026, 3, 1))
    assert await flows(connection) == Flows()


async def test_short_breaks_and_beginnings_that_no_record_shows_are_no_flow(connection: Connection, records: Records) -> None:
    breaks, found_there = await records.child("CH1"), await records.child("CH2")
    await records.care_period(breaks, date(2026, 3, 1), ended_on=date(2026, 3, 4))
    await records.care_period(found_there, date(2026, 3, 1))
    await connection.execute("UPDATE care_period SET short_break = true WHERE child_id = $1", breaks)
    await connection.execute("UPDATE care_period SET started_on_exact = false WHERE child_id = $1", found_there)
    assert await flows(connection) == Flows()


async def test_who_left_on_the_18th_birthday_is_in_no_rate(connection: Connection, records: Records) -> None:
    adult, before = [await records.child(reference, born_on=date(2008, 3, 1)) for reference in ("CH1", "CH2")]
    await records.care_period(adult, date(2024, 1, 1), ended_on=date(2026, 3, 1))
    await records.care_period(before, date(2024, 1, 1), ended_on=date(2026, 2, 28))
    assert await flows(connection) == Flows(out_of_care=1)


async def test_who_was_born_on_29_february_is_a_child_until_1_march(connection: Connection, records: Records) -> None:
    leaves, stays = [await records.child(reference, born_on=date(2008, 2, 29)) for reference in ("CH1", "CH2")]
    await records.care_period(leaves, date(2024, 1, 1), ended_on=date(2026, 2, 28))
    await records.care_period(stays, date(2024, 1, 1), ended_on=date(2026, 3, 1))
    assert await flows(connection) == Flows(out_of_care=1)
    found = await load_outlook(connection, 1, date(2026, 2, 27))
    assert set(found.adult_on.values()) == {date(2026, 3, 1)}
    assert [child.reference for child in (await load_outlook(connection, 1, date(2026, 2, 28))).children] == ["CH2"]
    assert (await load_outlook(connection, 1, date(2026, 3, 1))).children == ()


async def test_what_was_corrected_is_counted_as_it_is_now(connection: Connection, records: Records) -> None:
    child = await records.child("CH1")
    await records.protection_plan(child, date(2026, 3, 1))
    await records.care_period(child, date(2026, 4, 1))
    for table in ("protection_plan", "care_period"):
        await connection.execute(f"UPDATE {table} SET recorded = tstzrange(lower(recorded), '2026-05-01') WHERE child_id = $1", child)
    assert await flows(connection) == Flows()
    await records.care_period(await records.child("CH2", born_on=date(2010, 3, 1)), date(2024, 1, 1), ended_on=date(2026, 3, 2))
    await connection.execute(
        "WITH was AS (UPDATE child_fact SET recorded = tstzrange(lower(recorded), '2027-05-01') WHERE born_on = '2010-03-01' RETURNING *) "
        "INSERT INTO child_fact SELECT (jsonb_populate_record(NULL::child_fact, to_jsonb(was) || jsonb_build_object("
        "'id', gen_random_uuid(), 'born_on', '2007-03-01', 'recorded', '[2027-05-01,)'))).* FROM was"
    )
    assert await flows(connection) == Flows()  # who was 19 by then is in no rate


async def test_birthdays_reductions_leavers_and_absences_are_known_ahead(connection: Connection, records: Records) -> None:
    reduced, leaver, ill = [await records.iro(f"IRO-0{number}") for number in (1, 2, 3)]
    await reduce(connection, reduced, date(2026, 1, 1), date(2026, 9, 14), "0.4")
    await connection.execute("UPDATE resource SET active = daterange('2020-01-01', '2026-09-20') WHERE id = $1", leaver)
    await records.absence(ill, TODAY_AT_MIDNIGHT, days=60)
    child = await records.child("CH1", born_on=date(2008, 9, 24))
    await records.care_period(child, date(2024, 1, 1))
    await records.allocation(child, leaver)
    found = await caseload_forecast(connection, COMMAND_LINE, 6, TODAY)
    assert int(found.standing.limit) == 54 + 90 + 0
    assert [int(week.limit) for week in found.weeks] == [54 + 90, 90 + 90, 90, 90, 90 + 90, 90 + 90]
    assert [week.turning_18 for week in found.weeks] == [0, 0, 0, 1, 0, 0]
    assert [[int(week.limit) for week in each.weeks] for each in found.officers] == [
        [54, 90, 90, 90, 90, 90],
        [90, 90, 0, 0, 0, 0],
        [0, 0, 0, 0, 90, 90],
    ]
    assert [week.state for week in found.officers[1].weeks[1:4]] == [CaseloadState.UNDER] + [CaseloadState.UNAVAILABLE] * 2


def standing(loads: tuple[Caseload, ...]) -> tuple[Decimal, Decimal]:
    return sum((each.points for each in loads), Decimal(0)), sum((each.limit for each in loads), Decimal(0))


async def test_a_forecast_begins_with_the_caseloads_of_the_day(connection: Connection, records: Records) -> None:
    officers = [await records.iro("IRO-01"), await records.iro("IRO-02", wte="0.5")]
    for number in range(4):
        child = await records.child(f"CH{number}", siblings="F1" if number < 2 else None)
        await (records.protection_plan if number % 2 else records.care_period)(child, date(2026, 2, 1))
        await records.allocation(child, officers[number % 2], first=date(2026, 2, 1))
    found = await caseload_forecast(connection, COMMAND_LINE, 1, TODAY)
    assert (found.standing.points, found.standing.limit) == standing(await service.caseloads(connection, TODAY))


async def test_only_who_reads_every_caseload_reads_the_forecast(connection: Connection) -> None:
    for role in (Role.IRO, Role.SOCIAL_WORKER, Role.NOTE_TAKER):
        with pytest.raises(Forbidden):
            await caseload_forecast(connection, Actor(subject="somebody", role=role, name="somebody"), 4, TODAY)


@pytest.mark.parametrize("weeks", [0, -1, 105])
async def test_a_span_that_cannot_be_meant_is_refused(connection: Connection, weeks: int) -> None:
    with pytest.raises(InvalidInput, match=f"{weeks} weeks: give 1 to 104") as refused:
        await caseload_forecast(connection, COMMAND_LINE, weeks, TODAY)
    assert refused.value.field == "weeks"

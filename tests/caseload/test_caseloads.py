"""Caseloads, schemes and allocations on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest

from services.caseload import service
from services.history import service as history
from services.kernel.actor import service_actor
from services.kernel.errors import NotFound
from services.kernel.ids import new_id
from services.kernel.words import CaseloadState
from services.platform.database import Connection, Database
from tests.support.records import Records

TODAY = date(2026, 9, 1)
ACTOR = service_actor("test")


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
def records(connection: Connection) -> Records:
    return Records(connection)


async def give(connection: Connection, child: UUID, iro: UUID, on: date, now: datetime, reason: str = "test") -> UUID:
    async with connection.transaction():
        return await service.assign(connection, child, iro, on, reason=reason, actor=ACTOR, now=now, decision={"reasons": [reason]})


async def test_caseloads_add_up_what_the_records_say(connection: Connection, records: Records, now: datetime) -> None:
    one, other = await records.iro("IRO-01"), await records.iro("IRO-02", wte="0.5")
    first, second = await records.child("CH1", siblings="F1"), await records.child("CH2", siblings="F1")
    for each in (first, second):
        await records.protection_plan(each, date(2026, 6, 1))
        await give(connection, each, one, TODAY, now)
    looked_after = await records.child("CH3")
    await records.care_period(looked_after, date(2026, 8, 20))
    await give(connection, looked_after, other, TODAY, now)
    loads = await service.caseloads(connection, TODAY)
    assert [(load.iro_code, load.children, load.children_in_care, load.children_on_plans) for load in loads] == [
        ("IRO-01", 2, 0, 2),
        ("IRO-02", 1, 1, 0),
    ]
    assert [(load.points, load.limit, load.utilisation) for load in loads] == [
        (Decimal("1.5"), Decimal(90), Decimal("0.0167")),
        (Decimal("1.25"), Decimal(45), Decimal("0.0278")),
    ]
    assert (await service.caseloads(connection, TODAY - timedelta(days=1)))[0].points == 0


async def test_children_out_of_scope_weigh_nothing(connection: Connection, records: Records) -> None:
    ended, grown, died, waits = [await records.child(f"CH{number}") for number in range(4)]
    await records.care_period(ended, date(2025, 1, 1), ended_on=TODAY)
    for each in (grown, died):
        await records.care_period(each, date(2025, 1, 1))
    await connection.execute("UPDATE child_fact SET born_on = '2008-09-01' WHERE child_id = $1", grown)
    await connection.execute("UPDATE child_fact SET died_on = '2026-09-01' WHERE child_id = $1", died)
    await records.obligation(waits, "INITIAL_CONFERENCE", date(2026, 9, 10))
    weights = await service.weights_on(connection, TODAY)
    assert set(weights) == {waits}
    assert set(await service.weights_on(connection, TODAY - timedelta(days=1))) == {ended, grown, died, waits}


async def test_one_childs_weight_knows_its_siblings(connection: Connection, records: Records) -> None:
    children = [await records.child(f"CH{number}", siblings="F1") for number in (1, 2)]
    for each in children:
        await records.protection_plan(each, date(2026, 6, 1))
    assert (await service.weights_on(connection, TODAY, [children[1]]))[children[1]].points == Decimal("0.5")


async def test_reviews_held_end_the_addition_for_new_children(connection: Connection, records: Records) -> None:
    child = await records.child("CH1")
    await records.care_period(child, date(2026, 3, 1))
    await records.held(child, "CARE_REVIEW", date(2026, 3, 25))
    await records.held(child, "CARE_REVIEW", date(2026, 6, 20))
    assert (await service.weights_on(connection, date(2026, 6, 19)))[child].points == Decimal("1.25")
    assert (await service.weights_on(connection, date(2026, 6, 20)))[child].points == Decimal("1.0")


async def test_a_scheme_follows_the_settings_and_the_past_keeps_its_own(connection: Connection) -> None:
    shipped = await service.ensure_scheme(connection, TODAY)
    assert await service.ensure_scheme(connection, TODAY) == shipped
    await connection.execute("INSERT INTO setting VALUES ('limit_per_wte', daterange('2026-09-02', NULL), '\"70\"'::jsonb)")
    tomorrow = TODAY + timedelta(days=1)
    changed = await service.ensure_scheme(connection, tomorrow)
    assert (changed.limit_per_wte, changed.points) == (Decimal(70), shipped.points)
    assert await service.scheme_on(connection, TODAY) == shipped
    assert await service.scheme_on(connection, tomorrow) == changed


async def test_an_officer_away_for_weeks_or_without_contract_is_unavailable(
    connection: Connection, records: Records, now: datetime
) -> None:
    away, gone = await records.iro("IRO-01"), await records.iro("IRO-02")
    await records.absence(away, datetime.fromisoformat("2026-08-31T00:00:00+01:00"), days=60)
    await connection.execute("UPDATE contract SET in_force = daterange('2026-01-01', '2026-09-01') WHERE resource_id = $1", gone)
    assert [load.state for load in await service.caseloads(connection, TODAY)] == [CaseloadState.UNAVAILABLE] * 2
    assert (await service.caseloads(connection, date(2026, 8, 1)))[1].state is CaseloadState.UNDER


async def test_changing_the_iro_ends_the_allocation_before(connection: Connection, records: Records, now: datetime) -> None:
    one, other = await records.iro("IRO-01"), await records.iro("IRO-02")
    child = await records.child("CH1")
    first = await give(connection, child, one, date(2026, 3, 1), now)
    assert await give(connection, child, one, TODAY, now) == first
    second = await give(connection, child, other, TODAY, now)
    rows = await connection.fetch("SELECT id, held FROM allocation ORDER BY held")
    assert [(row["id"], row["held"]) for row in rows] == [
        (first, asyncpg.Range(date(2026, 3, 1), TODAY)),
        (second, asyncpg.Range(TODAY, None)),
    ]
    events = await connection.fetch("SELECT what, iro_id, from_iro_id FROM allocation_event ORDER BY effective_on")
    assert [tuple(event) for event in events] == [("ALLOCATED", one, None), ("CHANGED", other, one)]
    assert await connection.fetchval("SELECT count(*) FROM audit_event WHERE action = 'ALLOCATE'") == 2


async def test_a_change_on_the_same_day_leaves_its_history(connection: Connection, records: Records, now: datetime) -> None:
    one, other = await records.iro("IRO-01"), await records.iro("IRO-02")
    child = await records.child("CH1")
    await give(connection, child, one, TODAY, now)
    await give(connection, child, other, TODAY, now)
    assert await connection.fetchval("SELECT array_agg(iro_id) FROM allocation") == [other]
    assert await connection.fetchval("SELECT count(*) FROM allocation_event") == 2


async def test_an_allocation_recorded_late_gives_way_to_what_came_after(connection: Connection, records: Records, now: datetime) -> None:
    one, other = await records.iro("IRO-01"), await records.iro("IRO-02")
    child = await records.child("CH1")
    await give(connection, child, one, TODAY, now)
    await give(connection, child, other, date(2026, 3, 1), now)
    rows = await connection.fetch("SELECT iro_id, held FROM allocation ORDER BY held")
    assert [tuple(row) for row in rows] == [(other, asyncpg.Range(date(2026, 3, 1), TODAY)), (one, asyncpg.Range(TODAY, None))]


async def test_unknown_officers_are_not_found(connection: Connection, records: Records, now: datetime) -> None:
    with pytest.raises(NotFound, match="IRO"):
        await give(connection, await records.child("CH1"), new_id(), TODAY, now)


async def test_allocations_end_with_care(connection: Connection, records: Records, now: datetime) -> None:
    iro = await records.iro("IRO-01")
    left, stays = await records.child("CH1"), await records.child("CH2")
    await records.care_period(left, date(2026, 1, 5), ended_on=date(2026, 8, 20))
    await records.care_period(stays, date(2026, 1, 5))
    for each in (left, stays):
        await give(connection, each, iro, date(2026, 1, 6), now)
    async with connection.transaction():
        assert await service.end_allocations(connection, TODAY, actor=ACTOR, now=now) == 1
    assert await connection.fetchval("SELECT upper(held) FROM allocation WHERE child_id = $1", left) == date(2026, 8, 20)
    assert await connection.fetchval("SELECT upper(held) FROM allocation WHERE child_id = $1", stays) is None
    async with connection.transaction():
        assert await service.end_allocations(connection, TODAY, actor=ACTOR, now=now) == 0


async def test_a_child_keeps_its_officer_at_home_between_the_breaks_of_a_series(
    connection: Connection, records: Records, now: datetime
) -> None:
    iro, child = await records.iro("IRO-01"), await records.child("CH1")
    await give(connection, child, iro, date(2026, 6, 1), now)
    for started, ended in ((date(2026, 6, 1), date(2026, 6, 4)), (date(2026, 8, 3), date(2026, 8, 6))):
        for table, columns, values in (
            ("care_period", "short_break, started_on_exact, legal_status", "true, true, 'V3'"),
            ("care_status", "status", "'SHORT_BREAK'"),
        ):
            await connection.execute(
                f"INSERT INTO {table} (id, child_id, recorded, started_on, ended_on, source, {columns}) "
                f"VALUES (gen_random_uuid(), $1, tstzrange($2, NULL), $3, $4, 'TEST', {values})",
                child,
                now,
                started,
                ended,
            )
    async with connection.transaction():
        await history.rewrite_obligations(connection, [child], TODAY)
        assert await service.end_allocations(connection, TODAY, actor=ACTOR, now=now) == 0
    (load,) = await service.caseloads(connection, TODAY)
    assert (load.children, load.children_in_care, load.points) == (1, 0, Decimal("0.4"))


async def test_an_adopted_child_is_on_nobodys_caseload(connection: Connection, records: Records, now: datetime) -> None:
    iro, child = await records.iro("IRO-01"), await records.child("CH1")
    await records.care_period(child, date(2026, 6, 1))
    await give(connection, child, iro, date(2026, 6, 1), now)
    await connection.execute("UPDATE child_fact SET adopted_on = $2 WHERE child_id = $1", child, TODAY)
    (load,) = await service.caseloads(connection, TODAY)
    assert (load.children, load.points) == (0, Decimal(0))


async def test_distance_complexity_and_households_come_from_the_records_of_the_day(
    connection: Connection, records: Records, now: datetime
) -> None:
    child = await records.child("CH1")
    await records.care_period(child, date(2025, 1, 5))
    for day in (date(2025, 2, 1), date(2025, 5, 1)):
        await records.held(child, "CARE_REVIEW", day)
    await connection.execute(
        "INSERT INTO child_circumstance (id, child_id, recorded, in_force, placed_miles, complexity, recorded_by) "
        "VALUES (gen_random_uuid(), $1, tstzrange($2, NULL), daterange('2026-06-01', '2026-08-01'), 30, '{OPEN_DISPUTE}', 'test'), "
        "(gen_random_uuid(), $1, tstzrange($2, NULL), daterange('2026-08-01', NULL), 70, '{}', 'test'), "
        "(gen_random_uuid(), $1, tstzrange($2 - interval '1 day', $2), daterange('2026-01-01', NULL), 500, '{}', 'test')",
        child,
        now,
    )
    found = [(await service.weights_on(connection, day))[child].points for day in (date(2026, 5, 31), date(2026, 7, 31), TODAY)]
    assert found == [Decimal("1.0"), Decimal("1.75"), Decimal("1.5")]


async def test_secure_accommodation_counts_while_the_record_says_so(connection: Connection, records: Records, now: datetime) -> None:
    child = await records.child("CH1")
    await records.care_period(child, date(2025, 1, 5))
    for day in (date(2025, 2, 1), date(2025, 5, 1)):
        await records.held(child, "CARE_REVIEW", day)
    await connection.execute(
        "INSERT INTO care_status (id, child_id, recorded, status, started_on, ended_on, source) "
        "VALUES (gen_random_uuid(), $1, tstzrange($2, NULL), 'SECURE', '2026-08-03', '2026-08-31', 'TEST')",
        child,
        now,
    )
    found = [(await service.weights_on(connection, date(2026, 8, day)))[child].points for day in (2, 3, 30, 31)]
    assert found == [Decimal("1.0"), Decimal("1.5"), Decimal("1.5"), Decimal("1.0")]


async def test_an_approved_foster_home_counts_for_its_reviewer_of_the_day(connection: Connection, records: Records, now: datetime) -> None:
    one, other = await records.iro("IRO-01"), await records.iro("IRO-02")
    for reference, ended in (("FH1", None), ("FH2", date(2026, 7, 1))):
        household = await connection.fetchval(
            "INSERT INTO foster_household (id, reference) VALUES (gen_random_uuid(), $1) RETURNING id", reference
        )
        await connection.execute(
            "INSERT INTO foster_household_fact (household_id, recorded, approved_on, ended_on, source) "
            "VALUES ($1, tstzrange($2, NULL), '2026-01-05', $3, 'TEST')",
            household,
            now,
            ended,
        )
        for iro, first, until in ((one, date(2025, 1, 1), date(2026, 8, 1)), (other, date(2026, 8, 1), None)):
            await connection.execute(
                "INSERT INTO household_reviewer (id, household_id, held, iro_id, recorded_by, recorded_at) "
                "VALUES (gen_random_uuid(), $1, daterange($2, $3), $4, 'test', $5)",
                household,
                first,
                until,
                iro,
                now,
            )
    found = [
        [(load.households, load.points) for load in await service.caseloads(connection, day)]
        for day in (date(2026, 1, 4), date(2026, 6, 30), date(2026, 7, 1), TODAY)
    ]
    none, single, two = (0, Decimal(0)), (1, Decimal("0.2")), (2, Decimal("0.4"))
    assert found == [[none, none], [two, none], [single, none], [none, single]]


async def test_an_event_says_until_when_a_decision_reached(connection: Connection, records: Records, now: datetime) -> None:
    one, other = await records.iro("IRO-01"), await records.iro("IRO-02")
    child = await records.child("CH1")
    await records.care_period(child, date(2026, 1, 5), ended_on=date(2026, 8, 20))
    await give(connection, child, one, date(2026, 10, 1), now)
    await give(connection, child, other, date(2026, 3, 1), now)
    async with connection.transaction():
        await service.end_allocations(connection, TODAY, actor=ACTOR, now=now)
    events = await connection.fetch("SELECT what, effective_on, until FROM allocation_event ORDER BY number")
    assert [tuple(event) for event in events] == [
        ("ALLOCATED", date(2026, 10, 1), None),
        ("ALLOCATED", date(2026, 3, 1), date(2026, 10, 1)),
        ("ENDED", date(2026, 8, 20), date(2026, 10, 1)),
    ]

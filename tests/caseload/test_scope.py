"""What the records of a day make of a child: which reviews, conferences, legal status and placement count, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.caseload import service
from services.platform.database import Connection, Database
from services.statutory.counting import birthday
from tests.support.records import EARLY, Records

TODAY = date(2026, 9, 1)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
def records(connection: Connection) -> Records:
    return Records(connection)


async def factors(connection: Connection, child: UUID, on: date = TODAY) -> list[str]:
    """The codes of what a child counts by, by what is known now; the same is told of the child alone as of all."""
    everybody, alone = await service.weights_on(connection, on), await service.weights_on(connection, on, [child])
    assert {child: everybody[child]} == alone
    return [factor.code.value for factor in everybody[child].factors]


async def episode(connection: Connection, child: UUID, day: date, legal_status: str, placement: str, until: date | None = None) -> None:
    await connection.execute(
        "INSERT INTO care_episode (id, child_id, recorded, started_on, ended_on, legal_status, placement, reason_started, source) "
        "VALUES (gen_random_uuid(), $1, tstzrange($2, NULL), $3, $4, $5, $6, 'S', 'TEST')",
        child,
        EARLY,
        day,
        until,
        legal_status,
        placement,
    )


async def settled(records: Records, reference: str, *, since: date = date(2025, 1, 6), siblings: str | None = None) -> UUID:
    """In care for long, reviewed twice."""
    child = await records.child(reference, siblings=siblings)
    await records.care_period(child, since)
    for days in (20, 100):
        await records.held(child, "CARE_REVIEW", since + timedelta(days=days))
    return child


async def test_reviews_of_an_earlier_time_in_care_do_not_make_a_child_settled(connection: Connection, records: Records) -> None:
    child = await settled(records, "CH1")
    await connection.execute("UPDATE care_period SET ended_on = '2026-03-02' WHERE child_id = $1", child)
    assert await factors(connection, child, date(2026, 3, 1)) == ["IN_CARE"]
    await records.care_period(child, date(2026, 7, 6))
    assert await factors(connection, child) == ["IN_CARE", "NEW_OR_IN_PROCEEDINGS"]
    await records.held(child, "CARE_REVIEW", date(2026, 7, 31))
    await records.held(child, "ADOPTION_REVIEW", date(2026, 8, 3))
    assert await factors(connection, child) == ["IN_CARE", "NEW_OR_IN_PROCEEDINGS"]


async def test_a_child_whose_coming_into_care_is_not_known_is_not_new(connection: Connection, records: Records) -> None:
    child = await records.child("CH1")
    await records.care_period(child, date(2026, 4, 1))
    assert await factors(connection, child) == ["IN_CARE", "NEW_OR_IN_PROCEEDINGS"]
    await connection.execute("UPDATE care_period SET started_on_exact = false")
    assert await factors(connection, child) == ["IN_CARE"]


async def test_the_legal_status_is_that_of_the_episode_of_the_day(connection: Connection, records: Records) -> None:
    child = await settled(records, "CH1")
    await episode(connection, child, date(2025, 1, 6), "C1", "U1", date(2026, 6, 1))
    await episode(connection, child, date(2026, 6, 1), "C2", "U1")
    told = [await factors(connection, child, day) for day in (date(2026, 5, 31), date(2026, 6, 1))]
    assert told == [["IN_CARE", "NEW_OR_IN_PROCEEDINGS"], ["IN_CARE"]]


async def test_brothers_and_sisters_are_together_who_came_on_one_day_into_a_placement_of_one_kind(
    connection: Connection, records: Records
) -> None:
    first, second = await settled(records, "CH1", siblings="F1"), await settled(records, "CH2", siblings="F1")
    came, moved = date(2025, 1, 6), date(2026, 6, 1)
    await episode(connection, first, came, "C2", "U1")
    await episode(connection, second, came, "C2", "U1", moved)
    await episode(connection, second, moved, "C2", "U1")
    told = [await factors(connection, second, day) for day in (moved - timedelta(days=1), moved)]
    assert told == [["IN_CARE_SIBLING_TOGETHER"], ["IN_CARE_SIBLING_APART"]]


async def test_siblings_share_a_cycle_as_long_as_their_latest_conference_is_the_same(connection: Connection, records: Records) -> None:
    first, second = await records.child("CH1", siblings="F1"), await records.child("CH2", siblings="F1")
    await records.protection_plan(first, date(2026, 3, 2))
    await records.protection_plan(second, date(2026, 4, 1))
    for child in (first, second):
        await records.held(child, "REVIEW_CONFERENCE", date(2026, 6, 1))
    await records.held(second, "REVIEW_CONFERENCE", date(2026, 8, 3))
    days = (date(2026, 5, 31), date(2026, 6, 1), date(2026, 8, 2), date(2026, 8, 3))
    assert [await factors(connection, second, day) for day in days] == [["ON_PLAN"], ["ON_PLAN_SIBLING"], ["ON_PLAN_SIBLING"], ["ON_PLAN"]]


async def test_a_child_awaits_the_conference_that_it_has_awaited_longest(connection: Connection, records: Records) -> None:
    first, second = await records.child("CH1", siblings="F1"), await records.child("CH2", siblings="F1")
    for child in (first, second):
        await records.obligation(child, "INITIAL_CONFERENCE", date(2026, 9, 8), triggered_on=date(2026, 8, 17))
    await records.obligation(second, "TRANSFER_IN_CONFERENCE", date(2026, 9, 15), triggered_on=date(2026, 8, 24))
    assert await factors(connection, second) == ["AWAITING_CONFERENCE_SIBLING"]
    assert set(await service.weights_on(connection, date(2026, 8, 16))) == set()


async def test_a_conference_held_since_was_awaited_until_then(connection: Connection, records: Records) -> None:
    child = await records.child("CH1")
    await records.obligation(
        child, "INITIAL_CONFERENCE", date(2026, 8, 24), triggered_on=date(2026, 8, 3), state="HELD", held_on=date(2026, 8, 20)
    )
    assert [await service.weights_on(connection, day) == {} for day in (date(2026, 8, 19), date(2026, 8, 20))] == [False, True]


async def test_the_first_day_in_care_counts_and_the_last_does_not(connection: Connection, records: Records) -> None:
    child = await settled(records, "CH1")
    await connection.execute("UPDATE care_period SET ended_on = $1", TODAY)
    days = (date(2025, 1, 5), date(2025, 1, 6), TODAY - timedelta(days=1), TODAY)
    assert [child in await service.weights_on(connection, day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    "born", [date(2008, 2, 28), date(2008, 2, 29), date(2008, 3, 1), date(2006, 2, 28), date(2006, 3, 1), TODAY.replace(year=2008)]
)
async def test_a_child_counts_until_the_day_before_it_comes_of_age_also_born_on_29_february(
    connection: Connection, records: Records, born: date
) -> None:
    child = await records.child("CH1", born_on=born)
    await records.care_period(child, date(2023, 1, 5))
    adult = birthday(born, 18)
    days = [adult + timedelta(days=number) for number in range(-2, 3)]
    assert [child in await service.weights_on(connection, day) for day in days] == [True, True, False, False, False]

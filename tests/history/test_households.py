"""Foster households: their reviews are owed, expected, booked and moved as those of children are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from services.history import service
from services.history.projection import expect_household_obligation
from services.history.versions import open_version, revise_version, withdraw_version
from services.kernel.errors import NotFound
from services.kernel.ids import new_id, new_reference, obligation_id
from services.kernel.words import MeetingKind
from services.platform.database import Connection, Database

FOSTER_HOME = MeetingKind.FOSTER_HOME_REVIEW
TODAY, APPROVED = date(2026, 9, 1), date(2025, 10, 6)
REVIEWED = date(2026, 8, 20)


async def approve(connection: Connection, now: datetime, reference: str = "FH1", approved_on: date = APPROVED) -> UUID:
    household = new_id()
    await connection.execute("INSERT INTO foster_household (id, reference) VALUES ($1, $2)", household, reference)
    values = {"household_id": household, "approved_on": approved_on}
    await open_version(connection, "foster_household_fact", values, source="TEST", at=now)
    await service.rewrite_household_obligations(connection, [household], TODAY)
    return household


async def review(connection: Connection, household: UUID, day: date, now: datetime, source: str = "TEST") -> None:
    values = {"participation": None, "meeting_id": None, "source": source, "now": now}
    await service.record_held_in(connection, None, FOSTER_HOME, day, household_id=household, **values)  # type: ignore[arg-type]
    await service.rewrite_household_obligations(connection, [household], TODAY)


async def book(connection: Connection, household: UUID, day: date, obligation: UUID) -> UUID:
    meeting, starts = new_id(), datetime.combine(day, time(10), tzinfo=UTC)
    await connection.execute(
        "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) VALUES ($1, $2, $3, 'CONFIRMED', $4, $5)",
        meeting,
        new_reference(),
        FOSTER_HOME.value,
        starts,
        starts + timedelta(hours=1),
    )
    await connection.execute(
        "INSERT INTO meeting_item (meeting_id, number, household_id, kind, obligation_id) VALUES ($1, 1, $2, $3, $4)",
        meeting,
        household,
        FOSTER_HOME.value,
        obligation,
    )
    return meeting


async def owed(database: Database, household: UUID) -> list[tuple[str, date, date, str]]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT rule_code, triggered_on, statutory_due_on, state FROM obligation WHERE household_id = $1 ORDER BY triggered_on",
            household,
        )
    return [tuple(row) for row in rows]


async def booked(connection: Connection, meeting: UUID) -> tuple[date, str]:
    row = await connection.fetchrow(
        "SELECT o.triggered_on, o.state FROM meeting_item i JOIN obligation o ON o.id = i.obligation_id WHERE i.meeting_id = $1", meeting
    )
    assert row is not None
    return row["triggered_on"], row["state"]


async def test_a_review_is_owed_a_year_after_approval_and_after_each_until_approval_ends(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        household = await approve(connection, now)
        await review(connection, household, REVIEWED, now)
        before = await connection.fetch("SELECT xmin, * FROM obligation")
        await service.rewrite_household_obligations(connection, [household], TODAY)
        assert await connection.fetch("SELECT xmin, * FROM obligation") == before
    assert await owed(database, household) == [
        ("FOSTER_HOME_REVIEW_FIRST", APPROVED, date(2026, 10, 6), "HELD"),
        ("FOSTER_HOME_REVIEW_NEXT", REVIEWED, date(2027, 8, 20), "OPEN"),
    ]
    async with database.transaction() as connection:
        await revise_version(connection, "foster_household_fact", household, {"ended_on": TODAY}, source="TEST", at=now)
        await service.rewrite_household_obligations(connection, [household], TODAY)
    assert [state for *_, state in await owed(database, household)] == ["HELD", "VOID"]


async def test_a_corrected_approval_moves_what_is_owed_and_its_meeting(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        household = await approve(connection, now)
        meeting = await book(connection, household, date(2026, 9, 20), obligation_id(household, FOSTER_HOME.value, APPROVED))
        await revise_version(connection, "foster_household_fact", household, {"approved_on": date(2025, 10, 7)}, source="TEST", at=now)
        await service.rewrite_household_obligations(connection, [household], TODAY)
        assert await booked(connection, meeting) == (date(2025, 10, 7), "OPEN")
        await review(connection, household, REVIEWED, now)
        assert await booked(connection, meeting) == (REVIEWED, "OPEN")
        await withdraw_version(connection, "foster_household_fact", household, at=now)
        await service.rewrite_household_obligations(connection, [household], TODAY)
        assert await booked(connection, meeting) == (REVIEWED, "VOID")


async def test_the_review_after_a_booked_one_is_expected_and_moves_with_it(database: Database, now: datetime) -> None:
    day, moved = date(2026, 9, 20), date(2026, 9, 22)
    async with database.transaction() as connection:
        household = await approve(connection, now)
        expected = await expect_household_obligation(connection, household, FOSTER_HOME, day, "review booked", today=TODAY)
        assert expected == obligation_id(household, FOSTER_HOME.value, day)
        meeting = await book(connection, household, date(2027, 9, 1), expected)
        await service.re_anchor(connection, household, FOSTER_HOME, day, moved, today=TODAY)
        assert await booked(connection, meeting) == (moved, "EXPECTED")
        await service.rewrite_household_obligations(connection, [household], TODAY)
    assert await owed(database, household) == [
        ("FOSTER_HOME_REVIEW_FIRST", APPROVED, date(2026, 10, 6), "OPEN"),
        ("FOSTER_HOME_REVIEW_NEXT", moved, date(2027, 9, 22), "EXPECTED"),
    ]


async def test_nothing_is_expected_of_a_household_that_is_not_there(database: Database) -> None:
    with pytest.raises(NotFound, match="no such household"):
        async with database.transaction() as connection:
            await expect_household_obligation(connection, new_id(), FOSTER_HOME, TODAY, "booked")


async def test_what_was_known_of_a_household_stays_known(database: Database, now: datetime) -> None:
    later = now + timedelta(days=1)
    async with database.transaction() as connection:
        household = await approve(connection, now)
        await review(connection, household, REVIEWED, later)
        unheard_of = await service.household_facts_of(connection, [household], known_at=now - timedelta(seconds=1))
        then = await service.household_facts_of(connection, [household], known_at=now)
        today = await service.household_facts_of(connection, [household])
    assert unheard_of == {}
    assert (then[household].approved_on, then[household].held) == (APPROVED, ())
    assert [fact.held_on for fact in today[household].held] == [REVIEWED]


async def test_one_review_of_a_household_from_two_sources_is_one_record(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        household = await approve(connection, now)
        await review(connection, household, REVIEWED, now, source="SSD")
        await review(connection, household, REVIEWED, now, source="DIARY")
        assert await connection.fetchval("SELECT count(*) FROM held_record") == 1

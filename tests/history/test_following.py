"""Meetings follow what they are for: to the kind that a birth makes of it, and to what is owed next."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.history import service
from services.history.versions import open_version, revise_version
from services.kernel.ids import new_id, obligation_id
from services.kernel.words import MeetingKind
from services.platform.database import Connection, Database
from tests.history.children import CARE, INITIAL, add_care, add_child, book, booked, hold, owed

PRE_BIRTH = MeetingKind.PRE_BIRTH_CONFERENCE
TODAY, DISCUSSED, MEETS = date(2026, 9, 1), date(2026, 8, 24), date(2026, 9, 10)


async def unborn(connection: Connection, reference: str, now: datetime, day: date = DISCUSSED) -> UUID:
    """A child that was discussed before its birth, which is expected in October."""
    child = await add_child(connection, reference, born_on=None)
    await revise_version(connection, "child_fact", child, {"expected_on": date(2026, 10, 20)}, source="TEST", at=now)
    await open_version(connection, "section47", {"child_id": child, "initiating_discussion_on": day}, source="TEST", at=now)
    await service.rewrite_obligations(connection, [child], TODAY)
    return child


async def bear(connection: Connection, child: UUID, at: datetime, born_on: date = TODAY) -> None:
    await revise_version(connection, "child_fact", child, {"born_on": born_on, "expected_on": None}, source="TEST", at=at)
    await service.rewrite_obligations(connection, [child], TODAY)


async def meeting_of(database: Database, meeting: UUID) -> tuple[Any, ...]:
    """Its kind, the kinds of its items, its version and its history since."""
    async with database.connection() as connection:
        kind, version = await connection.fetchrow("SELECT kind, version FROM meeting WHERE id = $1", meeting) or (None, None)
        items = await connection.fetch("SELECT kind FROM meeting_item WHERE meeting_id = $1 ORDER BY number", meeting)
        events = await connection.fetch("SELECT number, at, by, what, details FROM meeting_event WHERE meeting_id = $1", meeting)
    return kind, [row["kind"] for row in items], version, [tuple(row) for row in events]


async def test_a_birth_makes_the_booked_conference_an_initial_one_from_the_same_day_0(database: Database, now: datetime) -> None:
    born_at = now + timedelta(hours=2)
    async with database.transaction() as connection:
        child = await unborn(connection, "CH1", now)
        meeting = await book(connection, child, PRE_BIRTH, MEETS, obligation_id(child, PRE_BIRTH.value, DISCUSSED))
        await bear(connection, child, born_at)
    assert await owed(database, child) == [("INITIAL_CONFERENCE", DISCUSSED, date(2026, 9, 15), "OPEN")]
    assert await booked(database, meeting) == (DISCUSSED, "OPEN")
    changed = {"before": {"kind": PRE_BIRTH.value}, "after": {"kind": INITIAL.value}}
    assert await meeting_of(database, meeting) == (
        INITIAL.value,
        [INITIAL.value],
        2,
        [(1, born_at, "service:records", "KIND_CHANGED", changed)],
    )
    async with database.transaction() as connection:  # and nothing again
        await service.rewrite_obligations(connection, [child], TODAY)
    assert (await meeting_of(database, meeting))[2] == 2


async def test_a_birth_recorded_in_error_makes_it_one_before_birth_again(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await unborn(connection, "CH1", now)
        meeting = await book(connection, child, PRE_BIRTH, MEETS, obligation_id(child, PRE_BIRTH.value, DISCUSSED))
        await bear(connection, child, now)
        undone = {"born_on": None, "expected_on": date(2026, 10, 20)}
        await revise_version(connection, "child_fact", child, undone, source="TEST", at=now)
        await service.rewrite_obligations(connection, [child], TODAY)
    kind, items, version, events = await meeting_of(database, meeting)
    assert (kind, items, version, [number for number, *_ in events]) == (PRE_BIRTH.value, [PRE_BIRTH.value], 3, [1, 2])


async def test_a_meeting_of_twins_keeps_its_kind_until_both_are_born(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        one, other = [await unborn(connection, reference, now) for reference in ("CH1", "CH2")]
        meeting = await book(connection, one, PRE_BIRTH, MEETS, obligation_id(one, PRE_BIRTH.value, DISCUSSED))
        await connection.execute(
            "INSERT INTO meeting_item (meeting_id, number, child_id, kind, obligation_id) VALUES ($1, 2, $2, $3, $4)",
            meeting,
            other,
            PRE_BIRTH.value,
            obligation_id(other, PRE_BIRTH.value, DISCUSSED),
        )
        await bear(connection, one, now)
    assert (await meeting_of(database, meeting))[:3] == (PRE_BIRTH.value, [INITIAL.value, PRE_BIRTH.value], 2)
    async with database.transaction() as connection:
        await bear(connection, other, now)
    assert (await meeting_of(database, meeting))[:3] == (INITIAL.value, [INITIAL.value, INITIAL.value], 3)


@pytest.mark.parametrize("state", ["CANCELLED", "ADJOURNED", "HELD"])
async def test_what_was_held_or_called_off_or_has_begun_stays_what_it_was(database: Database, now: datetime, state: str) -> None:
    async with database.transaction() as connection:
        child = await unborn(connection, "CH1", now)
        meeting = await book(connection, child, PRE_BIRTH, MEETS, obligation_id(child, PRE_BIRTH.value, DISCUSSED), state=state)
        await bear(connection, child, now)
    assert await meeting_of(database, meeting) == (PRE_BIRTH.value, [PRE_BIRTH.value], 1, [])


async def test_a_conference_that_was_held_before_birth_stays_one(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await unborn(connection, "CH1", now)
        meeting = await book(connection, child, PRE_BIRTH, date(2026, 8, 31), obligation_id(child, PRE_BIRTH.value, DISCUSSED))
        await hold(connection, child, PRE_BIRTH, date(2026, 8, 31), now, meeting_id=meeting)
        await bear(connection, child, now)
    assert (await owed(database, child))[0] == ("PRE_BIRTH_CONFERENCE", DISCUSSED, date(2026, 9, 15), "HELD")
    assert (await meeting_of(database, meeting))[:3] == (PRE_BIRTH.value, [PRE_BIRTH.value], 1)


async def test_a_plan_that_is_not_applied_yet_follows_to_the_new_kind(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child, plan = await unborn(connection, "CH1", now), new_id()
        await connection.execute(
            "INSERT INTO plan (id, state, first_day, last_day, today, requested_by, requested_at) "
            "VALUES ($1, 'PROPOSED', $2, $2, $2, 'x', now())",
            plan,
            TODAY,
        )
        await connection.execute(
            "INSERT INTO plan_unplaced "
            "(plan_id, number, obligation_id, child_id, kind, triggered_on, statutory_due_on, book_by_on, blockers) "
            "VALUES ($1, 1, $2, $3, $4, $5, $5, $5, '[]')",
            plan,
            obligation_id(child, PRE_BIRTH.value, DISCUSSED),
            child,
            PRE_BIRTH.value,
            DISCUSSED,
        )
        await bear(connection, child, now)
        row = await connection.fetchrow("SELECT obligation_id, kind FROM plan_unplaced")
    assert row is not None
    assert tuple(row) == (obligation_id(child, INITIAL.value, DISCUSSED), INITIAL.value)


# ----------------------------------------------------------------------------------- what another meeting answered

START, EXTRA = date(2026, 8, 10), date(2026, 8, 28)


async def in_care_and_booked(connection: Connection, meets: date = MEETS) -> tuple[UUID, UUID]:
    child = await add_child(connection, "CH1")
    await add_care(connection, child, START)
    await service.rewrite_obligations(connection, [child], TODAY)
    return child, await book(connection, child, CARE, meets, obligation_id(child, CARE.value, START))


async def test_a_review_that_was_held_elsewhere_leaves_the_booked_one_for_what_is_owed_next(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child, meeting = await in_care_and_booked(connection)
        await hold(connection, child, CARE, EXTRA, now, source="SSDA903")
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (EXTRA, "OPEN")
    assert [state for *_, state in await owed(database, child)] == ["HELD", "OPEN"]
    async with database.transaction() as connection:
        before = await connection.fetch("SELECT xmin, * FROM obligation ORDER BY id")
        items = await connection.fetch("SELECT xmin, * FROM meeting_item")
        await service.rewrite_obligations(connection, [child], TODAY)
        assert await connection.fetch("SELECT xmin, * FROM obligation ORDER BY id") == before
        assert await connection.fetch("SELECT xmin, * FROM meeting_item") == items


async def test_and_has_it_back_when_that_review_is_withdrawn(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child, meeting = await in_care_and_booked(connection)
        await hold(connection, child, CARE, EXTRA, now, source="SSDA903")
        await service.rewrite_obligations(connection, [child], TODAY)
        await connection.execute("UPDATE held_record SET recorded = tstzrange(lower(recorded), lower(recorded) + interval '1 hour')")
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (START, "OPEN")
    assert len(await owed(database, child)) == 1


async def test_a_meeting_that_is_held_before_its_day_answers_its_own_obligation(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child, meeting = await in_care_and_booked(connection)
        await hold(connection, child, CARE, EXTRA, now, meeting_id=meeting)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (START, "HELD")


@pytest.mark.parametrize("state", ["HELD", "ADJOURNED", "CANCELLED", "POSTPONED"])
async def test_a_meeting_that_does_not_stand_or_has_begun_stays(database: Database, now: datetime, state: str) -> None:
    async with database.transaction() as connection:
        child, meeting = await in_care_and_booked(connection)
        await connection.execute("UPDATE meeting SET state = $1", state)
        await connection.execute("UPDATE meeting_item SET live = $1", state in ("HELD", "ADJOURNED"))
        await hold(connection, child, CARE, EXTRA, now, source="SSDA903")
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (START, "HELD")


async def test_a_meeting_whose_day_is_over_stays(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child, meeting = await in_care_and_booked(connection, date(2026, 8, 31))
        await hold(connection, child, CARE, EXTRA, now, source="SSDA903")
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (START, "HELD")

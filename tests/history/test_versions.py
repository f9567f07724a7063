"""Records, version by version: what is in force is one, and what was known when stays as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.history.facts import facts_of
from services.history.versions import open_version, records_in_force, revise_version, version_in_force, withdraw_version
from services.kernel.ids import new_id
from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, ParticipationCode, TransferDirection
from services.platform.database import Connection, Database
from tests.history.children import add_child

LATER = timedelta(days=1)
DAY = date(2026, 6, 1)


async def _household(connection: Connection) -> UUID:
    household = new_id()
    await connection.execute("INSERT INTO foster_household (id, reference) VALUES ($1, 'FH1')", household)
    return household


RECORDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("care_period", {"started_on": DAY, "started_on_exact": True}, {"ended_on": DAY, "end_reason": "E4"}),
    ("care_episode", {"started_on": DAY, "reason_started": "S", "legal_status": "C2"}, {"placement": "U1"}),
    ("care_status", {"status": CareStatus.REMAND, "started_on": DAY}, {"expected_end_on": DAY}),
    ("protection_plan", {"started_on": DAY, "category": "NEG"}, {"category": None}),
    ("section47", {"initiating_discussion_on": DAY}, {"conference_not_required": True}),
    ("transfer", {"direction": TransferDirection.OUT, "notified_on": DAY}, {"conference_on": DAY}),
    (
        "earlier_review",
        {"kind": MeetingKind.CARE_REVIEW, "called_on": DAY, "by_on": DAY, "reason": EarlierReviewReason.CHILD_REQUESTS},
        {"by_on": DAY + LATER},
    ),
    (
        "held_record",
        {"kind": MeetingKind.CARE_REVIEW, "held_on": DAY, "participation": ParticipationCode.PN1},
        {"participation": None, "to_reconvene": True},
    ),
]


@pytest.mark.parametrize(("table", "values", "changes"), RECORDS, ids=[table for table, *_ in RECORDS])
async def test_a_record_is_opened_revised_and_withdrawn(
    database: Database, now: datetime, table: str, values: dict[str, Any], changes: dict[str, Any]
) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        record = await open_version(connection, table, {"child_id": child, **values, "import_id": new_id()}, source="SSDA903", at=now)
        before = await version_in_force(connection, table, record)
        assert await revise_version(connection, table, record, changes, source="RECORDED", at=now + LATER)
        after = await version_in_force(connection, table, record)
        assert before is not None
        assert after is not None
        moved = {"recorded": after["recorded"], "source": "RECORDED", "import_id": None}
        assert after == {**before, **changes, **moved}
        assert (after["recorded"].lower, after["recorded"].upper) == (now + LATER, None)
        assert await withdraw_version(connection, table, record, at=now + 2 * LATER)
        assert await version_in_force(connection, table, record) is None
        spans = await connection.fetch(f"SELECT recorded FROM {table} ORDER BY recorded")
    assert [(span["recorded"].lower, span["recorded"].upper) for span in spans] == [
        (now, now + LATER),
        (now + LATER, now + 2 * LATER),
    ]


async def test_the_facts_of_a_child_and_of_a_household_are_one_record_each(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child, household = await add_child(connection, "CH1"), await _household(connection)
        assert await revise_version(connection, "child_fact", child, {"died_on": DAY}, source="RECORDED", at=now)
        values = {"household_id": household, "approved_on": DAY}
        assert await open_version(connection, "foster_household_fact", values, source="RECORDED", at=now) == household
        assert await withdraw_version(connection, "foster_household_fact", household, at=now)
        await open_version(connection, "foster_household_fact", values, source="RECORDED", at=now)
        fact = await version_in_force(connection, "foster_household_fact", household)
        known = await version_in_force(connection, "child_fact", child)
    assert known is not None
    assert (known["born_on"], known["died_on"]) == (date(2015, 6, 1), DAY)
    assert fact is not None
    assert fact["recorded"].lower == now + timedelta(microseconds=1)


async def test_what_is_stated_already_is_not_written_again(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        plan = await open_version(connection, "protection_plan", {"child_id": child, "started_on": DAY}, source="A", at=now)
        same = {"started_on": DAY, "ended_on": None}
        assert not await revise_version(connection, "protection_plan", plan, same, source="B", at=now + LATER)
        assert not await revise_version(connection, "protection_plan", plan, {}, source="B", at=now + LATER)
        assert await connection.fetchval("SELECT count(*) FROM protection_plan") == 1


async def test_nothing_is_revised_or_withdrawn_that_is_not_in_force(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        plan = await open_version(connection, "protection_plan", {"child_id": child, "started_on": DAY}, source="A", at=now)
        assert await withdraw_version(connection, "protection_plan", plan, at=now)
        assert not await withdraw_version(connection, "protection_plan", plan, at=now)
        assert not await revise_version(connection, "protection_plan", plan, {"category": "NEG"}, source="A", at=now)
        assert not await revise_version(connection, "protection_plan", new_id(), {"category": "NEG"}, source="A", at=now)


async def test_records_are_found_by_what_they_state(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        ended = {"child_id": child, "started_on": DAY, "ended_on": DAY}
        await open_version(connection, "protection_plan", ended, source="A", at=now)
        plan = await open_version(connection, "protection_plan", {"child_id": child, "started_on": DAY}, source="A", at=now)
        found = await records_in_force(connection, "protection_plan", {"child_id": child, "ended_on": None})
    assert [row["id"] for row in found] == [plan]


async def test_only_columns_of_records_can_be_named(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        wrong: list[tuple[str, dict[str, Any]]] = [("child", {"sex": "1"}), ("transfer", {"recorded": None}), ("transfer", {"sex": "1"})]
        for table, names in wrong:
            with pytest.raises(KeyError):
                await open_version(connection, table, names, source="A", at=now)
            with pytest.raises(KeyError):
                await revise_version(connection, table, new_id(), names, source="A", at=now)


async def test_a_second_record_of_a_child_s_facts_is_refused(database: Database) -> None:
    async with database.connection() as connection:
        child = await add_child(connection, "CH1")
        with pytest.raises(asyncpg.ExclusionViolationError):
            await open_version(connection, "child_fact", {"child_id": child}, source="A", at=datetime(2027, 1, 1, tzinfo=UTC))


OVERLAPS = """
SELECT count(*) FROM {0} a JOIN {0} b ON a.id = b.id AND a.recorded && b.recorded AND a.ctid <> b.ctid
"""
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "revise", "withdraw"]),
        st.integers(0, 2),  # which of the records that there are, or of which table a new one is
        st.sampled_from([DAY, DAY + LATER, None]),
        st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(days=30), timedelta(days=-1)]),  # since the last step
    ),
    max_size=14,
)
TABLES: list[tuple[str, dict[str, Any], str]] = [
    ("protection_plan", {"started_on": DAY}, "ended_on"),
    ("held_record", {"kind": "CARE_REVIEW", "held_on": DAY}, "completed_on"),
    ("transfer", {"direction": "OUT", "notified_on": DAY}, "conference_on"),
]


async def _known(connection: Connection, child: UUID, known_at: datetime | None = None) -> tuple[frozenset[object], ...]:
    facts = (await facts_of(connection, [child], known_at=known_at))[child]
    return frozenset(facts.plans), frozenset(facts.held), frozenset(facts.transfers)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_is_opened_revised_and_withdrawn_one_version_at_most_is_in_force_and_each_instant_stays_known(
    database: Database, now: datetime, steps: list[tuple[str, int, date | None, timedelta]]
) -> None:
    async with database.connection() as connection:
        child = await add_child(connection, str(new_id()))
        records: list[tuple[UUID, int]] = []
        known: dict[datetime, tuple[frozenset[object], ...]] = {}
        at = latest = now
        for what, number, day, step in steps:
            at += step
            latest = max(at, latest)
            if what == "open" or not records:
                table, values, _ = TABLES[number]
                stated = {"child_id": child, **values}
                records.append((await open_version(connection, table, stated, source="A", at=latest), number))
            elif what == "revise":
                record, of_table = records[number % len(records)]
                table, _, column = TABLES[of_table]
                await revise_version(connection, table, record, {column: day}, source="A", at=at)  # this clock may run behind
            else:
                record, of_table = records[number % len(records)]
                await withdraw_version(connection, TABLES[of_table][0], record, at=at)
            known[latest] = await _known(connection, child)
        for table, _, _ in TABLES:
            assert await connection.fetchval(OVERLAPS.format(table)) == 0
            assert await connection.fetchval(f"SELECT count(*) - count(DISTINCT id) FROM {table} WHERE upper_inf(recorded)") == 0
        if all(step >= timedelta(0) for *_, step in steps):
            for instant, then in known.items():
                assert await _known(connection, child, instant + timedelta(milliseconds=1)) == then

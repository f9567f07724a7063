"""Obligations in the database: rewritten as the records change, with meetings still attached."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from services.history import service
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.ids import new_id, obligation_id
from services.kernel.words import ParticipationCode
from services.platform.database import Database
from tests.history.children import CARE, INITIAL, REVIEW, add_care, add_child, book, booked, hold, owed

START, FIRST = date(2026, 8, 3), date(2026, 8, 24)
TODAY = date(2026, 9, 1)


async def in_care(database: Database, started_on: date = START, reference: str = "CH1") -> UUID:
    async with database.transaction() as connection:
        child = await add_child(connection, reference)
        await add_care(connection, child, started_on)
        await service.rewrite_obligations(connection, [child], TODAY)
    return child


async def test_a_second_rewriting_writes_nothing(database: Database) -> None:
    child = await in_care(database)
    async with database.transaction() as connection:
        before = await connection.fetch("SELECT xmin, * FROM obligation")
        await service.rewrite_obligations(connection, [child], TODAY)
        assert await connection.fetch("SELECT xmin, * FROM obligation") == before


async def test_a_review_that_is_held_keeps_the_identifier_of_what_it_answers(database: Database, now: datetime) -> None:
    child = await in_care(database)
    async with database.transaction() as connection:
        await hold(connection, child, CARE, FIRST, now)
        await service.rewrite_obligations(connection, [child], TODAY)
        row = await connection.fetchrow("SELECT * FROM obligation WHERE id = $1", obligation_id(child, CARE.value, START))
    assert row is not None
    assert (row["state"], row["held_on"]) == ("HELD", FIRST)
    assert await owed(database, child) == [
        ("CARE_REVIEW_FIRST", START, date(2026, 9, 1), "HELD"),
        ("CARE_REVIEW_SECOND", FIRST, date(2026, 11, 24), "OPEN"),
    ]


async def test_a_corrected_start_of_care_moves_the_obligation_and_its_meeting(database: Database) -> None:
    child = await in_care(database)
    async with database.transaction() as connection:
        meeting = await book(connection, child, CARE, FIRST, obligation_id(child, CARE.value, START))
        await connection.execute("UPDATE care_period SET started_on = $1", date(2026, 8, 5))
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (date(2026, 8, 5), "OPEN")
    assert len(await owed(database, child)) == 1


async def test_plans_follow_an_obligation_that_moves(database: Database) -> None:
    child = await in_care(database)
    old = obligation_id(child, CARE.value, START)
    async with database.transaction() as connection:
        plan = new_id()
        await connection.execute(
            "INSERT INTO plan (id, state, first_day, last_day, today, requested_by, requested_at) "
            "VALUES ($1, 'PROPOSED', $2, $2, $2, 'x', now())",
            plan,
            START,
        )
        await connection.execute(
            "INSERT INTO plan_unplaced "
            "(plan_id, number, obligation_id, child_id, kind, triggered_on, statutory_due_on, book_by_on, blockers) "
            "VALUES ($1, 1, $2, $3, 'CARE_REVIEW', $4, $4, $4, '[]')",
            plan,
            old,
            child,
            START,
        )
        await connection.execute("UPDATE care_period SET started_on = $1", date(2026, 8, 5))
        await service.rewrite_obligations(connection, [child], TODAY)
        assert await connection.fetchval("SELECT obligation_id FROM plan_unplaced") == obligation_id(child, CARE.value, date(2026, 8, 5))
        await connection.execute("DELETE FROM care_period")
        await service.rewrite_obligations(connection, [child], TODAY)
    assert [state for *_, state in await owed(database, child)] == ["VOID"]


async def test_what_nothing_refers_to_is_removed_and_what_a_meeting_refers_to_is_void(database: Database) -> None:
    unbooked, referred = await in_care(database), await in_care(database, reference="CH2")
    async with database.transaction() as connection:
        meeting = await book(connection, referred, CARE, FIRST, obligation_id(referred, CARE.value, START), state="CANCELLED")
        await connection.execute("DELETE FROM care_period")
        await service.rewrite_obligations(connection, [unbooked, referred], TODAY)
    assert await owed(database, unbooked) == []
    assert await booked(database, meeting) == (START, "VOID")


async def test_a_child_of_whom_only_part_of_a_period_is_known_owes_nothing_before_its_first_known_review(
    database: Database, now: datetime
) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        await add_care(connection, child, START, exact=False)
        await service.rewrite_obligations(connection, [child], TODAY)
        assert await connection.fetchval("SELECT count(*) FROM obligation") == 0
        await hold(connection, child, CARE, FIRST, now)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await owed(database, child) == [("CARE_REVIEW_NEXT", FIRST, date(2027, 2, 24), "OPEN")]


async def test_booking_while_records_are_rewritten_leaves_both_whole(database: Database) -> None:
    child = await in_care(database)
    wanted = obligation_id(child, CARE.value, START)
    booking_made = asyncio.Event()

    async def make_booking() -> UUID:
        async with database.transaction() as connection:
            meeting = await book(connection, child, CARE, FIRST, wanted)
            booking_made.set()
            await _until_somebody_waits(database)
        return meeting

    async def withdraw_care() -> None:
        await booking_made.wait()
        async with database.transaction() as connection:
            await connection.execute("DELETE FROM care_period")
            await service.rewrite_obligations(connection, [child], TODAY)

    meeting, _ = await asyncio.gather(make_booking(), withdraw_care())
    assert await booked(database, meeting) == (START, "VOID")


async def _until_somebody_waits(database: Database) -> None:
    async with database.connection() as connection:
        while not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            pass


# ----------------------------------------------------------------------------------- expected obligations


async def test_a_booked_review_lets_the_next_be_expected_and_planned(database: Database, now: datetime) -> None:
    child = await in_care(database)
    async with database.transaction() as connection:
        second = await service.expect_obligation(connection, child, CARE, FIRST, "care review booked")
        third = await service.expect_obligation(connection, child, CARE, date(2026, 11, 16), "care review booked")
        assert await service.expect_obligation(connection, child, CARE, FIRST, "care review booked") == second
        rules = await connection.fetch("SELECT rule_code FROM obligation WHERE state = 'EXPECTED' ORDER BY triggered_on")
        meeting = await book(connection, child, CARE, date(2026, 11, 16), second)
        later = await book(connection, child, CARE, date(2027, 5, 10), third)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert [row["rule_code"] for row in rules] == ["CARE_REVIEW_SECOND", "CARE_REVIEW_NEXT"]
    assert (second, third) == (obligation_id(child, CARE.value, FIRST), obligation_id(child, CARE.value, date(2026, 11, 16)))
    assert await owed(database, child) == [
        ("CARE_REVIEW_FIRST", START, date(2026, 9, 1), "OPEN"),
        ("CARE_REVIEW_SECOND", FIRST, date(2026, 11, 24), "EXPECTED"),
        ("CARE_REVIEW_NEXT", date(2026, 11, 16), date(2027, 5, 16), "EXPECTED"),
    ]
    async with database.transaction() as connection:
        await hold(connection, child, CARE, date(2026, 8, 27), now)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (date(2026, 8, 27), "OPEN")
    assert await booked(database, later) == (date(2026, 11, 16), "EXPECTED")


async def test_moving_the_meeting_before_moves_what_is_expected_after_it(database: Database) -> None:
    child = await in_care(database)
    async with database.transaction() as connection:
        second = await service.expect_obligation(connection, child, CARE, FIRST, "care review booked")
        meeting = await book(connection, child, CARE, date(2026, 11, 16), second)
        await service.re_anchor(connection, child, CARE, FIRST, date(2026, 8, 26))
        await service.re_anchor(connection, child, CARE, date(2020, 1, 1), date(2020, 1, 2))
    assert await booked(database, meeting) == (date(2026, 8, 26), "EXPECTED")
    assert (await owed(database, child))[1] == ("CARE_REVIEW_SECOND", date(2026, 8, 26), date(2026, 11, 26), "EXPECTED")


async def test_moving_onto_a_day_from_which_something_is_owed_already_hands_the_meeting_over(database: Database) -> None:
    child = await in_care(database)
    async with database.transaction() as connection:
        second = await service.expect_obligation(connection, child, CARE, FIRST, "care review booked")
        meeting = await book(connection, child, CARE, date(2026, 11, 16), second)
        await service.expect_obligation(connection, child, CARE, date(2026, 8, 26), "care review booked")
        await service.re_anchor(connection, child, CARE, FIRST, date(2026, 8, 26))
    assert await booked(database, meeting) == (date(2026, 8, 26), "EXPECTED")
    assert len(await owed(database, child)) == 2


async def test_a_stated_discussion_becomes_the_recorded_one(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        stated = await service.expect_obligation(connection, child, INITIAL, date(2026, 8, 28), "strategy discussion, as stated")
        meeting = await book(connection, child, INITIAL, date(2026, 9, 14), stated)
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await owed(database, child) == [("INITIAL_CONFERENCE", date(2026, 8, 28), date(2026, 9, 21), "EXPECTED")]
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO section47 (id, child_id, recorded, initiating_discussion_on, source) "
            "VALUES ($1, $2, tstzrange($3, NULL), $4, 'TEST')",
            new_id(),
            child,
            now,
            date(2026, 8, 27),
        )
        await service.rewrite_obligations(connection, [child], TODAY)
    assert await booked(database, meeting) == (date(2026, 8, 27), "OPEN")


async def test_a_discussion_that_is_stated_anew_replaces_one_whose_meeting_was_called_off(database: Database) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        stated = await service.expect_obligation(connection, child, INITIAL, date(2026, 8, 18), "stated with the booking")
        cancelled = await book(connection, child, INITIAL, date(2026, 9, 7), stated, state="CANCELLED")
        again = await service.expect_obligation(connection, child, INITIAL, date(2026, 8, 28), "stated with the booking")
    assert again == obligation_id(child, INITIAL.value, date(2026, 8, 28))
    assert await booked(database, cancelled) == (date(2026, 8, 28), "EXPECTED")
    assert len(await owed(database, child)) == 1


async def test_a_day_0_before_any_rule_is_refused(database: Database) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        with pytest.raises(InvalidInput, match="no timescale for INITIAL_CONFERENCE was in force"):
            await service.expect_obligation(connection, child, INITIAL, date(1990, 1, 1), "stated with the booking")


async def test_the_review_of_a_plan_that_a_booked_conference_may_make_is_expected_within_three_months(database: Database) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        await service.expect_obligation(connection, child, INITIAL, date(2026, 8, 28), "stated")
        await service.expect_obligation(connection, child, REVIEW, date(2026, 9, 14), "initial conference booked")
        await service.expect_obligation(connection, child, REVIEW, date(2026, 12, 7), "review conference booked")
        await service.rewrite_obligations(connection, [child], TODAY)
    assert [(rule, state) for rule, _, _, state in await owed(database, child)] == [
        ("INITIAL_CONFERENCE", "EXPECTED"),
        ("REVIEW_CONFERENCE_FIRST", "EXPECTED"),
        ("REVIEW_CONFERENCE_NEXT", "EXPECTED"),
    ]


async def test_nothing_is_expected_of_a_child_who_is_not_there(database: Database) -> None:
    with pytest.raises(NotFound):
        async with database.transaction() as connection:
            await service.expect_obligation(connection, new_id(), CARE, FIRST, "booked")


# ------------------------------------------------------------------------------- what was held and decided


async def test_one_meeting_from_two_sources_is_one_record_that_knows_what_both_say(database: Database, now: datetime) -> None:
    child, meeting = await in_care(database), new_id()
    async with database.transaction() as connection:
        await hold(connection, child, CARE, FIRST, now, source="SSDA903", participation=ParticipationCode.PN1)
        await hold(connection, child, CARE, FIRST, now + timedelta(hours=1), meeting_id=meeting)
        await hold(connection, child, CARE, FIRST, now + timedelta(hours=2), meeting_id=meeting)
        rows = await connection.fetch("SELECT * FROM held_record ORDER BY recorded")
    assert [(row["participation"], row["meeting_id"], row["source"]) for row in rows] == [
        ("PN1", None, "SSDA903"),
        ("PN1", meeting, "DIARY"),
    ]


async def test_a_meeting_recorded_on_the_wrong_day_is_corrected_and_the_error_stays_readable(database: Database, now: datetime) -> None:
    child, meeting = await in_care(database), new_id()
    later = now + timedelta(days=1)
    async with database.transaction() as connection:
        await hold(connection, child, CARE, FIRST, now, meeting_id=meeting)
        await hold(connection, child, CARE, date(2026, 8, 25), later, meeting_id=meeting)
        await service.rewrite_obligations(connection, [child], TODAY)
        today = (await service.facts_of(connection, [child]))[child]
        then = (await service.facts_of(connection, [child], known_at=now + timedelta(hours=1)))[child]
    assert [fact.held_on for fact in today.held] == [date(2026, 8, 25)]
    assert [fact.held_on for fact in then.held] == [FIRST]
    assert [due for _, _, due, _ in await owed(database, child)][1] == date(2026, 11, 25)


async def test_a_conference_begins_a_plan_goes_on_with_it_or_ends_it(database: Database, now: datetime) -> None:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        for day, on_plan, category in [
            (date(2026, 1, 14), True, "NEG"),
            (date(2026, 4, 8), True, None),
            (date(2026, 4, 9), True, "EMO"),
            (date(2026, 8, 3), False, None),
            (date(2026, 8, 4), False, None),
        ]:
            await service.record_plan_in(connection, child, day, on_plan=on_plan, category=category, source="DIARY", now=now)
        rows = await connection.fetch(
            "SELECT id, started_on, ended_on, category, upper_inf(recorded) AS now FROM protection_plan ORDER BY recorded"
        )
    assert len({row["id"] for row in rows}) == 1
    assert [tuple(row)[1:] for row in rows] == [
        (date(2026, 1, 14), None, "NEG", False),
        (date(2026, 1, 14), None, "EMO", False),
        (date(2026, 1, 14), date(2026, 8, 3), "EMO", True),
    ]


async def test_what_was_known_when_can_be_told_after_a_correction(database: Database, now: datetime) -> None:
    child = await in_care(database)
    async with database.transaction() as connection:
        before = await service.facts_of(connection, [child], known_at=now)
        unheard_of = await service.facts_of(connection, [child], known_at=datetime.fromisoformat("2025-12-31T00:00:00+00:00"))
        await hold(connection, child, CARE, FIRST, now)
        after = await service.facts_of(connection, [child])
        assert await service.facts_of(connection, [child], known_at=now - timedelta(seconds=1)) == before
    assert unheard_of == {}
    assert before[child].held == ()
    assert [fact.held_on for fact in after[child].held] == [FIRST]


# --------------------------------------------------------------------------------------------- timescales


async def test_shipped_timescales_are_written_once_and_what_a_unit_changed_stays(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO timescale VALUES ('CARE_REVIEW_FIRST', daterange('2026-01-01', NULL), 10, 'WORKING_DAYS', NULL, 'local promise')"
        )
        await service.ensure_timescales(connection)
        count = await connection.fetchval("SELECT count(*) FROM timescale")
        await service.ensure_timescales(connection)
        assert await connection.fetchval("SELECT count(*) FROM timescale") == count
        law = await service.load_timescales(connection)
    assert law.on("CARE_REVIEW_FIRST", START).amount == 10
    assert law.on("CARE_REVIEW_SECOND", START).census_days == 91


async def test_a_rule_that_the_unit_keeps_is_the_units_alone(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "INSERT INTO timescale VALUES ('CARE_REVIEW_FIRST', daterange('2026-01-01', NULL), 10, 'WORKING_DAYS', NULL, 'local promise')"
        )
        law = await service.load_timescales(connection)
    assert law.find("CARE_REVIEW_FIRST", date(2025, 12, 31)) is None
    assert law.find("CARE_REVIEW_SECOND", date(2025, 12, 31)) is not None


async def test_a_changed_timescale_binds_from_its_own_day_on(database: Database) -> None:
    async with database.transaction() as connection:
        await service.ensure_timescales(connection)
        await connection.execute(
            "UPDATE timescale SET in_force = daterange(lower(in_force), '2026-08-10') "
            "WHERE code = 'CARE_REVIEW_FIRST' AND upper_inf(in_force)"
        )
        await connection.execute(
            "INSERT INTO timescale VALUES ('CARE_REVIEW_FIRST', daterange('2026-08-10', NULL), 5, 'WORKING_DAYS', NULL, 'a new law')"
        )
    before, after = await in_care(database), await in_care(database, date(2026, 8, 10), "CH2")
    assert [due for _, _, due, _ in await owed(database, before)] == [date(2026, 9, 1)]
    assert [due for _, _, due, _ in await owed(database, after)] == [date(2026, 8, 17)]


async def test_without_any_row_the_shipped_timescales_bind(database: Database) -> None:
    assert [rule for rule, *_ in await owed(database, await in_care(database))] == ["CARE_REVIEW_FIRST"]

"""Two connections at work on one child: one after the other, and each on what the first has left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.history import service, store
from services.history.versions import open_version, records_in_force, revise_version
from services.kernel.ids import obligation_id
from services.kernel.words import MeetingKind
from services.platform.database import Connection, Database
from tests.history.children import CARE, INITIAL, add_care, add_child, book, hold, owed

TODAY, START, FIRST, OTHER = date(2026, 9, 1), date(2026, 8, 3), date(2026, 8, 24), date(2026, 8, 26)
Work = Callable[[Connection], Awaitable[Any]]


async def one_while_the_other_waits(database: Database, child: UUID, first: Work, second: Work, *, asks: bool = True) -> None:
    """`first` has the child; `second` asks for it meanwhile, in a connection of its own, or records and is made to wait when what
    is owed is rewritten; both come to their end."""
    taken = asyncio.Event()

    async def holds() -> None:
        async with database.transaction() as connection:
            await store.lock_children(connection, [child])
            taken.set()
            await _until_somebody_waits(database)
            await first(connection)
            await service.rewrite_obligations(connection, [child], TODAY)

    async def waits() -> None:
        await taken.wait()
        async with database.transaction() as connection:
            if asks:
                await store.lock_children(connection, [child])
            await second(connection)
            await service.rewrite_obligations(connection, [child], TODAY)

    await asyncio.gather(holds(), waits())


async def _until_somebody_waits(database: Database) -> None:
    async with asyncio.timeout(300), database.connection() as connection:
        while not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            pass


async def in_care(database: Database) -> UUID:
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1")
        await add_care(connection, child, START)
        await service.rewrite_obligations(connection, [child], TODAY)
    return child


@pytest.mark.parametrize("days", [(FIRST, OTHER), (OTHER, FIRST), (FIRST, FIRST)])
async def test_reviews_that_two_people_record_at_once_are_one_chain(database: Database, now: datetime, days: tuple[date, date]) -> None:
    child = await in_care(database)

    def held(day: date) -> Work:
        return lambda connection: hold(connection, child, CARE, day, now)

    await one_while_the_other_waits(database, child, held(days[0]), held(days[1]))
    distinct = sorted(set(days))
    assert [(began, state) for _, began, _, state in await owed(database, child)] == [
        (began, "HELD" if number < len(distinct) else "OPEN") for number, began in enumerate([START, *distinct])
    ]
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM held_record WHERE upper_inf(recorded)") == len(distinct)


async def test_who_records_without_asking_waits_before_what_is_owed_is_rewritten(database: Database, now: datetime) -> None:
    child = await in_care(database)
    await one_while_the_other_waits(
        database,
        child,
        lambda connection: hold(connection, child, CARE, OTHER, now),
        lambda connection: hold(connection, child, CARE, FIRST, now),
        asks=False,
    )
    assert [(began, state) for _, began, _, state in await owed(database, child)] == [(START, "HELD"), (FIRST, "HELD"), (OTHER, "OPEN")]


async def test_two_corrections_of_one_record_are_both_in_it_one_after_the_other(database: Database, now: datetime) -> None:
    child = await in_care(database)

    def corrects(changes: dict[str, Any], at: datetime) -> Work:
        async def work(connection: Connection) -> None:
            (period,) = await records_in_force(connection, "care_period", {"child_id": child})
            assert await revise_version(connection, "care_period", period["id"], changes, source="RECORDED", at=at)

        return work

    late, early = now + timedelta(minutes=1), now
    await one_while_the_other_waits(
        database, child, corrects({"started_on": date(2026, 8, 5)}, late), corrects({"legal_status": "C2"}, early)
    )
    async with database.connection() as connection:
        versions = await connection.fetch("SELECT started_on, legal_status, recorded FROM care_period ORDER BY recorded")
    assert [(row["started_on"], row["legal_status"]) for row in versions] == [
        (START, None),
        (date(2026, 8, 5), None),
        (date(2026, 8, 5), "C2"),
    ]
    assert [each["recorded"].upper for each in versions[:-1]] == [each["recorded"].lower for each in versions[1:]]
    assert [began for _, began, *_ in await owed(database, child)] == [date(2026, 8, 5)]


async def test_a_conference_that_is_booked_while_the_birth_is_recorded_is_an_initial_one(database: Database, now: datetime) -> None:
    """Who books holds the obligation, not the child: the birth is recorded beside it and waits for the key alone."""
    pre_birth, is_booked = MeetingKind.PRE_BIRTH_CONFERENCE, asyncio.Event()
    async with database.transaction() as connection:
        child = await add_child(connection, "CH1", born_on=None)
        await revise_version(connection, "child_fact", child, {"expected_on": date(2026, 10, 5)}, source="TEST", at=now)
        await open_version(connection, "section47", {"child_id": child, "initiating_discussion_on": FIRST}, source="TEST", at=now)
        await service.rewrite_obligations(connection, [child], TODAY)

    async def books() -> None:
        async with database.transaction() as connection:
            await book(connection, child, pre_birth, date(2026, 9, 8), obligation_id(child, pre_birth.value, FIRST))
            is_booked.set()
            await _until_somebody_waits(database)

    async def bears() -> None:
        await is_booked.wait()
        async with database.transaction() as connection:
            await revise_version(connection, "child_fact", child, {"born_on": TODAY}, source="RECORDED", at=now)
            await service.rewrite_obligations(connection, [child], TODAY)

    await asyncio.gather(books(), bears())
    async with database.connection() as connection:
        kinds = await connection.fetchrow(
            "SELECT g.kind, i.kind, o.kind FROM meeting g "
            "JOIN meeting_item i ON i.meeting_id = g.id JOIN obligation o ON o.id = i.obligation_id"
        )
    assert kinds is not None
    assert set(kinds) == {INITIAL.value}

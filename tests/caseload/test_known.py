"""Any past day recomputes to the same table, whatever was corrected, stated, undone or ended since."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.booking import service as booking
from services.booking.commands import MeetingAction
from services.caseload import service
from services.history import commands
from services.history import service as history
from services.history.commands import ApproveHousehold
from services.kernel.errors import NotFound
from services.kernel.words import MeetingKind, TransferDirection
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, SUPPORT, TODAY, World, at, key
from tests.caseload.deeds import ACTOR, DEEDS, Unit, a_child_comes, a_child_is_given, iro_ids, the_scheme_is_set

DAY = date(2026, 9, 10)


@pytest.fixture
async def begun(database: Database) -> World:
    world = World(database)
    async with database.transaction() as connection:
        await service.ensure_scheme(connection, TODAY, world.now)
    command = ApproveHousehold(request_key=key(), reference="FH1", approved_on=date(2025, 10, 6))
    await history.approve_household(world.resources, SUPPORT, command, world.now)
    return world


@pytest.mark.parametrize("seed", range(3))
async def test_every_past_table_comes_out_again_whatever_happened_since(begun: World, seed: int) -> None:
    unit_ = Unit(world=begun, chance=random.Random(seed))
    for _ in range(6):
        await unit_.happen(a_child_comes)
        await unit_.happen(a_child_is_given)
    for _ in range(40):
        await unit_.happen(unit_.chance.choice(DEEDS))
    assert len({tables for _, tables in unit_.kept}) > len(unit_.kept) / 4  # much of it mattered
    for known_at, tables in unit_.kept:
        assert await unit_.tables(known_at) == tables, (known_at, unit_.done)


async def test_the_test_above_makes_everything_happen(begun: World) -> None:
    unit_ = Unit(world=begun, chance=random.Random(1))
    for _ in range(3):
        await unit_.happen(a_child_comes)
        await unit_.happen(a_child_is_given)
    for deed in DEEDS * 3:
        await unit_.happen(deed)
    assert {deed.__name__ for deed in DEEDS} - set(unit_.done) == set()


async def test_a_child_whose_conference_only_a_booking_tells_of_was_in_scope_then(begun: World) -> None:
    await begun.child("CH01")
    async with begun.database.connection() as connection:
        before = await connection.fetchval("SELECT clock_timestamp()")
        await begun.book("CH01", starts_at=at(DAY, "10:00"), triggered_on=TODAY)
        booked = await connection.fetchval("SELECT clock_timestamp()")
        assert len(await service.weights_on(connection, TODAY)) == 1
        await begun.discussed("CH01", on=TODAY)
        await connection.execute("UPDATE section47 SET recorded = tstzrange(clock_timestamp(), NULL)")
        assert len(await service.weights_on(connection, TODAY, known_at=booked)) == 1
        assert await service.weights_on(connection, TODAY, known_at=before) == {}


async def test_a_conference_held_or_called_off_since_was_awaited_until_then_as_was_known_too(begun: World) -> None:
    notified, over = date(2026, 8, 3), date(2026, 8, 20)
    for reference in ("CH01", "CH02"):
        await begun.child(reference)
    await begun.discussed("CH01", on=notified)
    moves_in = commands.RecordTransferIn(request_key=key(), references=("CH02",), notified_on=notified)
    await history.record_transfer_in(begun.resources, MANAGER, moves_in, begun.now)
    begun.now += timedelta(minutes=1)
    held = commands.RecordHeldMeeting(
        request_key=key(),
        kind=MeetingKind.INITIAL_CONFERENCE,
        held_on=over,
        references=("CH01",),
        outcomes=(commands.HeldOutcome(reference="CH01", on_plan=False),),
    )
    await history.record_held_meeting(begun.resources, MANAGER, held, begun.now)
    stays = commands.WithdrawTransfer(request_key=key(), reference="CH02", direction=TransferDirection.IN, withdrawn_on=over)
    await history.withdraw_transfer(begun.resources, MANAGER, stays, begun.now)
    days = [notified - timedelta(days=1), notified, over - timedelta(days=1), over]
    async with begun.database.connection() as connection:
        for known_at in (None, begun.now):
            assert [len(await service.weights_on(connection, day, known_at=known_at)) for day in days] == [0, 2, 2, 0]


async def test_before_the_unit_was_known_there_is_no_table(begun: World) -> None:
    async with begun.database.connection() as connection:
        assert await service.caseloads(connection, TODAY, begun.now - timedelta(days=1)) == ()


async def test_a_decision_is_replayed_from_what_it_knew(begun: World) -> None:
    await begun.review("CH01", None)
    child = (await begun.sql("SELECT id FROM child"))[0]["id"]
    async with begun.database.transaction() as connection:
        scheme = await service.ensure_scheme(connection, TODAY, begun.now)
        (iro, _) = await iro_ids(connection)
        decision = {"scheme_id": str(scheme.id), "engine": "test weights-2"}
        await service.assign(connection, child, iro, TODAY, reason="test", actor=ACTOR, now=begun.now, decision=decision)
        event = await connection.fetchval("SELECT id FROM allocation_event")
    begun.now += timedelta(hours=1)
    unit_ = Unit(world=begun, chance=random.Random(5), children=["CH01"])
    await the_scheme_is_set(unit_)
    await begun.sql("UPDATE scheme_factor SET points = 3 WHERE scheme_id <> $1", scheme.id)
    for day in (date(2026, 8, 26), date(2026, 8, 31)):
        async with begun.database.transaction() as connection:
            more: dict[str, Any] = {"participation": None, "meeting_id": None, "source": "TEST"}
            await history.record_held_in(connection, child, MeetingKind.CARE_REVIEW, day, now=begun.now, **more)
    async with begun.database.connection() as connection:
        replayed = await service.replay(connection, event)
        now = (await service.weights_on(connection, TODAY))[child]
    assert (replayed.then, replayed.again and replayed.again.points, replayed.is_same) == (Decimal("1.25"), Decimal("1.25"), True)
    assert (replayed.scheme, replayed.as_of, replayed.engine) == (scheme, TODAY, "test weights-2")
    assert now.points != replayed.then


async def test_a_decision_that_was_not_made_by_weights_says_so(begun: World) -> None:
    await begun.review("CH01", None)
    child = (await begun.sql("SELECT id FROM child"))[0]["id"]
    async with begun.database.transaction() as connection:
        (iro, _) = await iro_ids(connection)
        await service.assign(connection, child, iro, TODAY, reason="test", actor=ACTOR, now=begun.now, decision={"source": "ALLOCATIONS"})
        replayed = await service.replay(connection, await connection.fetchval("SELECT id FROM allocation_event"))
        with pytest.raises(NotFound):
            await service.replay(connection, child)
    assert (replayed.then, replayed.scheme, replayed.again, replayed.known_at) == (None, None, None, begun.now)


async def test_an_undoing_is_told_as_one(begun: World) -> None:
    await begun.review("CH01", None)
    child = (await begun.sql("SELECT id FROM child"))[0]["id"]
    async with begun.database.transaction() as connection:
        for number, what in enumerate(("ALLOCATED", "ALLOCATED", service.UNDONE)):
            iro = (await iro_ids(connection))[number % 2]
            now = begun.now + timedelta(minutes=number)
            await service.assign(connection, child, iro, TODAY, reason="test", actor=ACTOR, now=now, decision={}, what=what)
        told = await connection.fetch("SELECT what FROM allocation_event ORDER BY number")
    assert [row["what"] for row in told] == ["ALLOCATED", "CHANGED", "UNDONE"]


async def test_a_meeting_called_off_leaves_what_was_expected(begun: World) -> None:
    """What a booking gave to expect is known until a record tells of it, also where the meeting does not take place."""
    await begun.child("CH01")
    meeting = await begun.book("CH01", starts_at=at(DAY, "10:00"), triggered_on=TODAY)
    await booking.cancel(begun.resources, SUPPORT, MeetingAction(request_key=key(), id=meeting, version=1, reason="a test"), begun.now)
    async with begun.database.connection() as connection:
        then = await connection.fetchval("SELECT clock_timestamp()")
        assert len(await service.weights_on(connection, TODAY)) == 1
        assert set(await service.weights_on(connection, TODAY, known_at=then)) == set(await service.weights_on(connection, TODAY))

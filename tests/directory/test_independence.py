"""A person declares who may not have a child, and takes it back: both are kept for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from services.directory.independence import DeclareConflict, WithdrawConflict, declare_conflict, withdraw_conflict
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotEligible, NotFound
from services.kernel.words import IndependenceGround, Role
from services.platform.database import Database
from tests.booking.conftest import database_url, unit_database  # noqa: F401 - a database with the unit in it
from tests.booking.world import MANAGER, NOW, SUPPORT, TODAY, World, at, key

TIE = IndependenceGround.PERSONAL_CONNECTION
_BARS = "SELECT r.code, child_reference, ground, reason, source FROM may_not_chair JOIN resource r ON r.id = iro_id ORDER BY 1, 2, 5"


@pytest.fixture
async def world(database: Database) -> World:
    made = World(database)
    await made.conference("CH1")
    return made


async def declare(
    world: World,
    code: str = "IRO-02",
    reference: str = "CH1",
    ground: IndependenceGround = TIE,
    *,
    actor: Actor = SUPPORT,
    reason: str = "kin",
) -> UUID:
    command = DeclareConflict(request_key=key(), iro_code=code, reference=reference, ground=ground, reason=reason)
    return await declare_conflict(world.resources, actor, command, world.now)


async def withdraw(
    world: World, code: str = "IRO-02", reference: str = "CH1", *, actor: Actor = SUPPORT, reason: str = "a mistake"
) -> UUID:
    command = WithdrawConflict(request_key=key(), iro_code=code, reference=reference, reason=reason)
    return await withdraw_conflict(world.resources, actor, command, world.now)


async def bars(world: World) -> list[tuple[object, ...]]:
    return [tuple(row) for row in await world.sql(_BARS)]


async def test_whoever_is_declared_may_not_chair_until_it_is_withdrawn(world: World) -> None:
    child = await declare(world)
    assert await bars(world) == [("IRO-02", "CH1", "PERSONAL_CONNECTION", "kin", "DECLARED")]
    with pytest.raises(NotEligible):
        await world.book("CH1", starts_at=at(TODAY + timedelta(days=7), "10:00"), chair_code="IRO-02")
    assert await withdraw(world) == child
    assert await bars(world) == []
    await world.book("CH1", starts_at=at(TODAY + timedelta(days=7), "10:00"), chair_code="IRO-02")


async def test_declared_again_it_holds_on_the_new_ground(world: World) -> None:
    await declare(world)
    await declare(world, ground=IndependenceGround.CONTROLS_RESOURCES, reason="commissions the placement")
    assert await bars(world) == [("IRO-02", "CH1", "CONTROLS_RESOURCES", "commissions the placement", "DECLARED")]


async def test_what_was_said_is_kept_with_its_reason_and_the_audit_has_none(world: World) -> None:
    await declare(world)
    await withdraw(world)
    events = await world.sql("SELECT by, what, ground, reason FROM independence_event ORDER BY at, what")
    assert [tuple(row) for row in events] == [
        ("support", "DECLARED", "PERSONAL_CONNECTION", "kin"),
        ("support", "WITHDRAWN", "PERSONAL_CONNECTION", "a mistake"),
    ]
    audited = await world.sql("SELECT action, details FROM audit_event WHERE action LIKE '%CONFLICT' ORDER BY action")
    assert [row["action"] for row in audited] == ["DECLARE_CONFLICT", "WITHDRAW_CONFLICT"]
    assert all(set(row["details"]) == {"iro", "ground"} for row in audited)
    with pytest.raises(Exception, match="permission denied"):
        await world.sql("DELETE FROM independence_event")


async def test_what_a_file_states_is_not_taken_back_here(world: World) -> None:
    await world.sql(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) SELECT id, 'CH1', 'SSD' FROM resource WHERE code = 'IRO-02'"
    )
    with pytest.raises(InvalidInput, match="the case system's dataset states it"):
        await withdraw(world)
    await declare(world)
    await withdraw(world)
    assert [row[4] for row in await bars(world)] == ["SSD"]
    with pytest.raises(InvalidInput, match="nothing keeps IRO-01 from CH1"):
        await withdraw(world, "IRO-01")


async def test_a_child_that_was_merged_is_barred_and_freed_under_either_reference(world: World) -> None:
    await world.child("CH2", None)
    await world.sql("UPDATE child SET merged_into = (SELECT id FROM child WHERE reference = 'CH1') WHERE reference = 'CH2'")
    assert await declare(world, reference="CH2") == await declare(world, "IRO-01", "CH1")
    with pytest.raises(NotEligible):
        await world.book("CH1", starts_at=at(TODAY + timedelta(days=7), "10:00"), chair_code="IRO-02")
    await withdraw(world, reference="CH1")
    assert [row[:2] for row in await bars(world)] == [("IRO-01", "CH1")]


async def test_only_whoever_may_record_of_every_child_declares_of_what_there_is(world: World) -> None:
    for role in (Role.IRO, Role.NOTE_TAKER, Role.AUDITOR, Role.SOCIAL_WORKER, Role.SERVICE):
        actor = Actor(subject=role.value, role=role, name="x", code="IRO-01")
        with pytest.raises(Forbidden):
            await declare(world, actor=actor)
        with pytest.raises(Forbidden):
            await withdraw(world, actor=actor)
    await declare(world, actor=MANAGER)
    with pytest.raises(NotFound, match="CH9"):
        await declare(world, reference="CH9")
    with pytest.raises(NotFound, match="IRO-09"):
        await declare(world, "IRO-09")
    for reason in ("", "  ", "two\nlines", "x" * 201):
        with pytest.raises(InvalidInput, match="say why"):
            await declare(world, reason=reason)


async def test_it_waits_for_whoever_decides_now_who_gets_the_child(world: World) -> None:
    async with world.database.transaction() as deciding:
        await deciding.execute("SELECT pg_advisory_xact_lock(hashtext('caseload.decisions'))")
        declaring = asyncio.create_task(declare(world))
        async with world.database.connection() as watching:
            while not await watching.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
                assert not declaring.done()
        assert await deciding.fetchval("SELECT count(*) FROM may_not_chair") == 0
    await declaring
    assert len(await bars(world)) == 1


async def test_the_same_key_answers_again_and_says_it_once(world: World) -> None:
    command = DeclareConflict(request_key="once", iro_code="IRO-02", reference="CH1", ground=TIE, reason="kin")
    answers = {await declare_conflict(world.resources, SUPPORT, command, NOW) for _ in range(2)}
    assert len(answers) == 1
    assert [tuple(row) for row in await world.sql("SELECT count(*) FROM independence_event")] == [(1,)]

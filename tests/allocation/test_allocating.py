"""Allocation on a real PostgreSQL: one family at once, all by a run, two at once, and what a killed worker leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from services.allocation import claiming, performing, search, service, store
from services.allocation.problem import ORDER
from services.allocation.rules import SOURCES
from services.allocation.service import AllocateChildren, CancelRun
from services.allocation.telling import ENGINE
from services.caseload import service as caseload
from services.caseload import weights
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, Impossible, InvalidInput, NotFound, RequestKeyReused
from services.kernel.words import BlockerCode, Role
from services.platform.config import Config
from services.platform.database import Connection, Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from services.platform.solver_process import SolverDied, SolverStopped, solve_apart
from tests.support.records import Records
from tests.support.solving import solve_here

TODAY = date(2026, 9, 1)
MANAGER = Actor(subject="manager", role=Role.MANAGER, name="manager")


@pytest.fixture
async def resources(database: Database) -> Resources:
    config = Config(_env_file=None, solver_seconds=3600, solver_workers=1, today=TODAY)  # type: ignore[call-arg]
    return Resources(config=config, database=database, doorbell=Doorbell(None))


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search runs here: one test below uses a process of its own."""
    monkeypatch.setattr(performing, "solve_apart", solve_here)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
def records(connection: Connection) -> Records:
    return Records(connection)


async def in_care(records: Records, reference: str, siblings: str | None = None) -> UUID:
    child = await records.child(reference, siblings=siblings)
    await records.care_period(child, date(2026, 1, 5))
    return child


def command(*references: str, key: str = "k") -> AllocateChildren:
    return AllocateChildren(request_key=key, references=references or None)


async def limit(connection: Connection, points: str) -> None:
    await connection.execute("INSERT INTO setting VALUES ('limit_per_wte', daterange('2026-01-01', NULL), to_jsonb($1::text))", points)


# ------------------------------------------------------------------------------------------------------ at the door


async def test_a_child_at_the_door_gets_an_iro_with_reasons(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    one, other = await records.iro("IRO-01"), await records.iro("IRO-02")
    child = await in_care(records, "CH1")
    await connection.execute("INSERT INTO may_not_chair VALUES ($1, 'CH1', 'had charge of the case', 'TEST')", one)
    (allocation,) = await service.allocate_now(resources, MANAGER, command("CH1"), now)
    row = await connection.fetchrow("SELECT child_id, iro_id, reason FROM allocation WHERE id = $1", allocation)
    assert row is not None
    assert (row["child_id"], row["iro_id"], row["reason"]) == (child, other, "IRO-02 is the only officer whom the rules leave")
    decision = await connection.fetchval("SELECT decision FROM allocation_event")
    assert decision["engine"] == f"{ENGINE} {weights.ENGINE}"
    assert decision["scheme_id"] == str((await caseload.scheme_on(connection, TODAY)).id)
    assert (decision["order"], decision["points"], decision["known_at"]) == (list(ORDER), "1.25", now.isoformat())
    assert decision["rejected"] == [
        {
            "iro_id": str(one),
            "iro_code": "IRO-01",
            "code": "INDEPENDENCE",
            "message": "IRO-01 had charge of the case",
            "would_fit_if": "this were not so: IRO-01 had charge of the case",
            "source": SOURCES[BlockerCode.INDEPENDENCE],
        }
    ]


async def test_asking_again_changes_nothing(resources: Resources, connection: Connection, records: Records, now: datetime) -> None:
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    first = await service.allocate_now(resources, MANAGER, command("CH1"), now)
    assert await service.allocate_now(resources, MANAGER, command("CH1"), now) == first
    assert await service.allocate_now(resources, MANAGER, command("CH1", key="other"), now) == first
    with pytest.raises(RequestKeyReused):
        await service.allocate_now(resources, MANAGER, command("CH2"), now)
    assert await connection.fetchval("SELECT count(*) FROM allocation_event") == 1


async def test_a_looked_after_parents_iro_is_not_her_childs(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await records.iro("IRO-01"), await records.iro("IRO-02", wte="0.1")
    parent, child = await in_care(records, "CH1"), await in_care(records, "CH2")
    await connection.execute("INSERT INTO parentage VALUES ($1, $2, tstzrange(now(), NULL), 'TEST')", child, parent)
    await service.allocate_now(resources, MANAGER, command("CH1", key="1"), now)
    await service.allocate_now(resources, MANAGER, command("CH2", key="2"), now)
    assert await connection.fetchval("SELECT count(DISTINCT iro_id) FROM allocation") == 2


async def test_siblings_join_whoever_has_the_others(resources: Resources, connection: Connection, records: Records, now: datetime) -> None:
    await records.iro("IRO-01"), await records.iro("IRO-02")
    for number in (1, 2, 3):
        await in_care(records, f"CH{number}", siblings="F1")
    await service.allocate_now(resources, MANAGER, command("CH1", key="1"), now)
    await service.allocate_now(resources, MANAGER, command("CH2", "CH3", key="2"), now)
    assert await connection.fetchval("SELECT count(DISTINCT iro_id) FROM allocation") == 1


async def test_where_nobody_has_room_the_answer_says_which_rules_collide(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await limit(connection, "1")
    one, _ = await records.iro("IRO-01"), await records.iro("IRO-02")
    await in_care(records, "CH1")
    await connection.execute("INSERT INTO may_not_chair VALUES ($1, 'CH1', 'had charge of the case', 'TEST')", one)
    with pytest.raises(Impossible, match=r"INDEPENDENCE \(IRO-01\)") as caught:
        await service.allocate_now(resources, MANAGER, command("CH1"), now)
    room = [(blocker.code, blocker.would_fit_if) for blocker in caught.value.blockers if blocker.resource_code == "IRO-02"]
    assert room == [(BlockerCode.OVER_LIMIT, "the limit of IRO-02 were 0.25 points higher")]
    assert await connection.fetchval("SELECT count(*) FROM allocation") == 0


async def test_what_cannot_be_asked_is_refused_in_words(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await records.iro("IRO-01")
    await in_care(records, "CH1"), await in_care(records, "CH2"), await records.child("CH3")
    with pytest.raises(InvalidInput, match="not one sibling group"):
        await service.allocate_now(resources, MANAGER, command("CH1", "CH2"), now)
    with pytest.raises(InvalidInput, match="needs no IRO"):
        await service.allocate_now(resources, MANAGER, command("CH3"), now)
    with pytest.raises(NotFound, match="CH4"):
        await service.allocate_now(resources, MANAGER, command("CH4"), now)
    with pytest.raises(Forbidden):
        await service.allocate_now(resources, Actor(subject="x", role=Role.IRO, name="x"), command("CH1"), now)
    await connection.execute("UPDATE child SET merged_into = (SELECT id FROM child WHERE reference = 'CH1') WHERE reference = 'CH3'")
    with pytest.raises(InvalidInput, match="CH3 and CH1 were found to be one child, which goes by CH1"):
        await service.allocate_now(resources, MANAGER, command("CH3"), now)
    with pytest.raises(Forbidden):
        await service.request_run(resources, Actor(subject="x", role=Role.BUSINESS_SUPPORT, name="x"), command(), now)


async def test_callers_at_once_pass_no_limit(resources: Resources, connection: Connection, records: Records, now: datetime) -> None:
    await limit(connection, "5")
    for number in (1, 2):
        await records.iro(f"IRO-{number:02}")
    for number in range(12):
        await in_care(records, f"CH{number:02}")
    attempts = [service.allocate_now(resources, MANAGER, command(f"CH{number:02}", key=f"k{number}"), now) for number in range(12)]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    done, refused = [each for each in answers if isinstance(each, tuple)], [each for each in answers if isinstance(each, Impossible)]
    assert (len(done), len(refused)) == (8, 4)
    loads = await caseload.caseloads(connection, TODAY)
    assert [(load.points, load.limit) for load in loads] == [(Decimal("5.00"), Decimal(5))] * 2
    assert await connection.fetchval("SELECT count(*) FROM allocation") == 8


async def test_two_callers_for_one_child_get_one_answer(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await records.iro("IRO-01"), await records.iro("IRO-02")
    await in_care(records, "CH1")
    asked = [service.allocate_now(resources, MANAGER, command("CH1", key=key), now) for key in "abcd"]
    assert len(set(await asyncio.gather(*asked))) == 1
    assert await connection.fetchval("SELECT count(*) FROM allocation") == 1


# ------------------------------------------------------------------------------------------------------------- runs


async def run(resources: Resources, now: datetime, *references: str, key: str = "run") -> UUID:
    return await service.request_run(resources, MANAGER, command(*references, key=key), now)


async def row_of(connection: Connection, run_id: UUID) -> dict[str, object]:
    row = await connection.fetchrow("SELECT * FROM allocation_run WHERE id = $1", run_id)
    assert row is not None
    return dict(row)


async def test_a_run_gives_every_child_in_scope_one_iro(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await records.iro("IRO-01"), await records.iro("IRO-02", wte="0.5")
    for number in range(12):
        await in_care(records, f"CH{number:02}", siblings=f"F{number // 2}")
    gone = await records.child("CH99")
    await records.care_period(gone, date(2025, 1, 1), ended_on=date(2026, 8, 1))
    run_id = await run(resources, now)
    assert await service.perform_waiting(resources, lambda: now) == 1
    row = await row_of(connection, run_id)
    assert (row["state"], row["progress"], row["unallocated"]) == ("APPLIED", 1, [])
    assert str(row["message"]).startswith("12 children allocated; the fullest officer stands at")
    assert row["worst_utilisation"] == row["worst_utilisation_bound"]
    loads = await caseload.caseloads(connection, TODAY)
    assert sum(load.children for load in loads) == 12
    assert max(load.utilisation or 0 for load in loads) == round(Decimal(str(row["worst_utilisation"])), 4)
    parted = """
        SELECT count(*) FROM (
            SELECT FROM allocation JOIN sibling_group_member USING (child_id) GROUP BY group_key HAVING count(DISTINCT iro_id) > 1
        ) families
    """
    assert await connection.fetchval(parted) == 0
    assert await connection.fetchval("SELECT count(*) FROM allocation_event WHERE run_id = $1", run_id) == 12
    assert await service.perform_waiting(resources, lambda: now) == 0


async def test_whoever_has_an_iro_keeps_her_and_a_second_run_finds_nothing_to_do(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    first = await service.allocate_now(resources, MANAGER, command("CH1"), now)
    await records.iro("IRO-02")
    run_id = await run(resources, now)
    await service.perform_waiting(resources, lambda: now)
    assert (await row_of(connection, run_id))["message"] == "every child in scope has an IRO already: nothing to allocate"
    assert await connection.fetchval("SELECT array_agg(id) FROM allocation") == list(first)


async def test_children_whom_the_rules_leave_nobody_stay_with_their_reasons(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    one = await records.iro("IRO-01")
    left, _ = await in_care(records, "CH1"), await in_care(records, "CH2")
    await connection.execute("INSERT INTO may_not_chair VALUES ($1, 'CH1', 'had charge of the case', 'TEST')", one)
    run_id = await run(resources, now)
    await service.perform_waiting(resources, lambda: now)
    row = await row_of(connection, run_id)
    assert row["state"] == "APPLIED"
    assert row["unallocated"] == [
        {
            "child_id": str(left),
            "blockers": [
                {
                    "code": "INDEPENDENCE",
                    "message": "IRO-01 had charge of the case",
                    "resource": "IRO",
                    "resource_code": "IRO-01",
                    "would_fit_if": "this were not so: IRO-01 had charge of the case",
                    "source": SOURCES[BlockerCode.INDEPENDENCE],
                }
            ],
        }
    ]


async def test_without_any_officer_the_run_fails_and_says_so(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await in_care(records, "CH1")
    run_id = await run(resources, now)
    await service.perform_waiting(resources, lambda: now)
    row = await row_of(connection, run_id)
    assert row["state"] == "FAILED"
    assert "NO_CHAIR" in str(row["message"])


async def test_a_run_that_a_killed_worker_left_is_taken_up_again(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    run_id = await run(resources, now)
    async with resources.database.transaction() as other:
        left = await store.claim_run(other)
    assert left is not None
    assert await service.perform_waiting(resources, lambda: now) == 0, "a run that is worked on is nobody else's"
    await connection.execute("UPDATE allocation_run SET heartbeat_at = clock_timestamp() - interval '61 seconds'")
    assert await service.perform_waiting(resources, lambda: now) == 1
    assert (await row_of(connection, run_id))["state"] == "APPLIED"
    assert not await store.beat(connection, left), "the first worker has no say any more"


async def test_a_run_that_ends_its_workers_is_given_up(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    run_id = await run(resources, now)
    await connection.execute("UPDATE allocation_run SET attempts = 3")
    await service.perform_waiting(resources, lambda: now)
    row = await row_of(connection, run_id)
    assert (row["state"], row["message"]) == ("FAILED", "given up after 3 attempts that ended without an answer")


async def test_a_solver_that_dies_leaves_a_failed_run_and_no_allocation(
    resources: Resources, connection: Connection, records: Records, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object, **__: object) -> None:
        raise SolverDied("the solver's process ended without an answer (signal SIGKILL)")

    monkeypatch.setattr(performing, "solve_apart", die)
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    run_id = await run(resources, now)
    await service.perform_waiting(resources, lambda: now)
    assert (await row_of(connection, run_id))["state"] == "FAILED"
    assert await connection.fetchval("SELECT count(*) FROM allocation") == 0


async def test_what_the_world_changed_meanwhile_is_judged_before_anything_is_written(
    resources: Resources, connection: Connection, records: Records, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the answer is sought, one child gets an IRO and the officer of another turns out to have had charge of it."""
    iros = [await records.iro("IRO-01"), await records.iro("IRO-02")]
    first, second = await in_care(records, "CH1"), await in_care(records, "CH2")
    solves = 0

    async def meddle(*given: object, **more: object) -> search.Decided:
        nonlocal solves
        solves += 1
        decided: search.Decided = await solve_here(*given, **more)  # type: ignore[arg-type]
        if solves == 1:
            chosen = decided.answer[second]
            await connection.execute("INSERT INTO may_not_chair VALUES ($1, 'CH2', 'had charge of the case', 'TEST')", chosen)
            await service.allocate_now(resources, MANAGER, command("CH1", key="door"), now)
        return decided

    monkeypatch.setattr(performing, "solve_apart", meddle)
    run_id = await run(resources, now)
    await service.perform_waiting(resources, lambda: now)
    assert solves == 2
    assert (await row_of(connection, run_id))["state"] == "APPLIED"
    barred = await connection.fetchval("SELECT iro_id FROM may_not_chair")
    assert await connection.fetchval("SELECT iro_id FROM allocation WHERE child_id = $1", second) == next(
        each for each in iros if each != barred
    )
    assert await connection.fetchval("SELECT count(*) FROM allocation_event WHERE child_id = $1", first) == 1


async def test_two_workers_at_once_perform_a_run_once_in_a_process_of_its_own(
    resources: Resources, connection: Connection, records: Records, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performing, "solve_apart", solve_apart)
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    await run(resources, now)
    performed = await asyncio.gather(*(service.perform_waiting(resources, lambda: now) for _ in range(2)))
    assert sorted(performed) == [0, 1]
    assert await connection.fetchval("SELECT count(*) FROM allocation_event") == 1


# ------------------------------------------------------------------------------------------------------- cancelling


async def cancel(resources: Resources, run_id: UUID, now: datetime, key: str = "cancel") -> UUID:
    return await service.cancel_run(resources, MANAGER, CancelRun(request_key=key, id=run_id), now)


async def test_a_run_that_waits_is_cancelled_at_once_and_never_begun(
    resources: Resources, connection: Connection, records: Records, now: datetime
) -> None:
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    run_id = await run(resources, now)
    assert await cancel(resources, run_id, now) == run_id
    assert await cancel(resources, run_id, now) == run_id, "asked again with the same key"
    assert await service.perform_waiting(resources, lambda: now) == 0
    row = await row_of(connection, run_id)
    assert (row["state"], row["finished_at"]) == ("CANCELLED", now)
    with pytest.raises(InvalidInput, match="CANCELLED: there is nothing left to cancel"):
        await cancel(resources, run_id, now, key="again")
    with pytest.raises(NotFound):
        await cancel(resources, UUID(int=7), now, key="other")
    with pytest.raises(Forbidden):
        await service.cancel_run(
            resources, Actor(subject="x", role=Role.BUSINESS_SUPPORT, name="x"), CancelRun(request_key="x", id=run_id), now
        )


async def test_a_run_cancelled_at_work_writes_nothing(
    resources: Resources, connection: Connection, records: Records, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def solve_and_cancel(*given: object, **more: object) -> search.Decided:
        decided: search.Decided = await solve_here(*given, **more)  # type: ignore[arg-type]
        await cancel(resources, run_id, now)
        return decided

    monkeypatch.setattr(performing, "solve_apart", solve_and_cancel)
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    run_id = await run(resources, now)
    await service.perform_waiting(resources, lambda: now)
    assert (await row_of(connection, run_id))["state"] == "CANCELLED"
    assert await connection.fetchval("SELECT count(*) FROM allocation") == 0


async def test_a_run_cancelled_at_work_stops_at_its_next_sign_of_life(
    resources: Resources, connection: Connection, records: Records, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search would go on for ever: the beat finds the run cancelled and ends it."""

    async def search_for_ever(*_: object, stopped: asyncio.Event, **__: object) -> None:
        await cancel(resources, run_id, now)
        await stopped.wait()
        raise SolverStopped("the search was stopped")

    monkeypatch.setattr(performing, "solve_apart", search_for_ever)
    monkeypatch.setattr(claiming, "_BEAT_SECONDS", 0.01)
    await records.iro("IRO-01")
    await in_care(records, "CH1")
    run_id = await run(resources, now)
    await service.perform_waiting(resources, lambda: now)
    assert (await row_of(connection, run_id))["state"] == "CANCELLED"

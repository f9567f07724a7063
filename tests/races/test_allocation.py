"""Two processes allocate against tight limits at once, and workers are killed at every point of a run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from subprocess import PIPE, Popen
from typing import Any
from uuid import UUID

import pytest

from services.allocation import service
from services.allocation.commands import AllocateChildren
from services.caseload import service as caseload
from services.caseload.capacity import Caseload
from services.platform.config import Config
from services.platform.database import Connection, Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.races.allocator import MANAGER, NOW, POINTS
from tests.races.conftest import until_gone
from tests.support.units import TODAY, Unit, lay_unit

pytestmark = pytest.mark.slow


class Allocator:
    """The test's end of one process."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = Popen([sys.executable, "-m", "tests.races.allocator"], stdin=PIPE, stdout=PIPE, env=environment)

    def tell(self, **asked: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        self.process.stdin.flush()

    async def hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(600):
            line = await asyncio.to_thread(self.process.stdout.readline)
        assert line, "the process died, or had nothing to say"
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def ask(self, **asked: Any) -> dict[str, Any]:
        self.tell(**asked)
        return await self.hear()

    def kill(self) -> None:
        """By the signal that nobody can catch."""
        self.process.send_signal(signal.SIGKILL)
        with self.process:
            pass


@pytest.fixture
def allocators() -> Iterator[list[Allocator]]:
    started: list[Allocator] = []
    yield started
    for each in started:
        each.kill()


async def begin(started: list[Allocator], url: str, *, size: int = 4) -> Allocator:
    started.append(Allocator())
    assert await started[-1].ask(connect=url, size=size) == {"connected": True}
    return started[-1]


async def limit_everybody(owner: Connection, points: Decimal) -> None:
    await owner.execute("INSERT INTO setting VALUES ('limit_per_wte', daterange('2026-01-01', NULL), to_jsonb($1::text))", str(points))


async def nobody_has_two_iros(owner: Connection) -> bool:
    twice = "SELECT count(*) FROM (SELECT FROM allocation WHERE held @> $1::date GROUP BY child_id HAVING count(*) > 1) twice"
    return not await owner.fetchval(twice, TODAY)


async def test_two_hundred_children_by_fifty_callers_pass_no_limit_and_lose_no_answer(
    database_url: str, database: Database, owner: Connection, allocators: list[Allocator]
) -> None:
    """Every child is asked for twice, by either process under the same key; there is room for most of them, not for all."""
    unit = await lay_unit(database_url, children=200, officers=8, waiting=200)
    async with database.connection() as reading:
        weights = await caseload.weights_on(reading, TODAY)
    total = sum((weight.points for weight in weights.values()), Decimal(0))
    await limit_everybody(owner, (total / 8 * Decimal("0.9")).quantize(Decimal("0.25")))
    wanted = [{"reference": reference, "key": f"key-{reference}"} for family in unit.waiting for reference in family]
    assert len(wanted) == 200
    processes = [await begin(allocators, database_url, size=8) for _ in range(2)]
    for process, half in zip(processes, (wanted, wanted[::-1]), strict=True):
        process.tell(attempts=half, at_once=25)
    one, other = [(await process.hear())["answers"] for process in processes]

    keyed = {asked["key"]: answer for asked, answer in zip(wanted, one, strict=True)}
    for asked, answer in zip(wanted[::-1], other, strict=True):
        again = keyed[asked["key"]]
        assert "allocated" not in answer or "allocated" not in again or answer == again, "the same key has the same answer"
    acknowledged = {answer["allocated"] for answer in (*one, *other) if "allocated" in answer}
    assert {answer.get("refused") for answer in (*one, *other)} <= {None, "Impossible"}
    stored = {str(row["id"]) for row in await owner.fetch("SELECT id FROM allocation")}
    assert acknowledged == stored, "every answer is in the database, and nothing else is"
    assert 0 < len(stored) < 200
    assert await nobody_has_two_iros(owner)
    assert await owner.fetchval("SELECT count(*) FROM allocation_event") == len(stored)
    async with database.connection() as reading:
        loads = await caseload.caseloads(reading, TODAY)
        assert [load.iro_code for load in loads if load.points > load.limit] == []
        await no_refusal_was_wrong(reading, loads)


async def no_refusal_was_wrong(connection: Connection, loads: Sequence[Caseload]) -> None:
    """Whoever still has no IRO would pass the limit of every officer whom the rules leave, as things are in the end."""
    weights = await caseload.weights_on(connection, TODAY)
    rows = await connection.fetch(
        "SELECT c.id, c.reference, array(SELECT m.iro_id FROM may_not_chair m WHERE m.child_reference = c.reference) AS barred, "
        "array(SELECT a.iro_id FROM parentage p JOIN allocation a ON a.child_id IN (p.child_id, p.parent_id) "
        "WHERE c.id IN (p.child_id, p.parent_id) AND a.child_id <> c.id) AS kin FROM child c "
        "WHERE NOT EXISTS (SELECT FROM allocation a WHERE a.child_id = c.id)"
    )
    assert rows, "there was room for everybody: nothing was shown"
    for row in rows:
        able = [load for load in loads if load.iro_id not in row["barred"] and load.iro_id not in row["kin"]]
        assert all(load.headroom < weights[row["id"]].points for load in able), row["reference"]


async def waits(database: Database) -> tuple[Resources, UUID]:
    config = Config(_env_file=None, today=TODAY)  # type: ignore[call-arg]
    resources = Resources(config=config, database=database, doorbell=Doorbell(None))
    return resources, await service.request_run(resources, MANAGER, AllocateChildren(request_key="run"), NOW)


async def applied(owner: Connection, unit: Unit, run_id: UUID) -> None:
    """Everything of the run is there, once."""
    state, message = await owner.fetchrow("SELECT state, message FROM allocation_run WHERE id = $1", run_id) or (None, None)
    assert state == "APPLIED", message
    children = sum(len(family) for family in unit.waiting)
    assert await owner.fetchval("SELECT count(*) FROM allocation_event WHERE run_id = $1", run_id) == children
    assert await owner.fetchval("SELECT count(*) FROM allocation") == children
    assert await nobody_has_two_iros(owner)


@pytest.mark.parametrize("point", sorted(POINTS))
async def test_a_worker_killed_at_any_point_leaves_nothing_half_done_and_another_takes_the_run_up(
    database_url: str, database: Database, owner: Connection, allocators: list[Allocator], point: str
) -> None:
    unit = await lay_unit(database_url, children=24, officers=4, waiting=24)
    resources, run_id = await waits(database)
    killed = await begin(allocators, database_url)
    assert await killed.ask(work=point) == {"stopped": True}
    killed.kill()
    allocators.remove(killed)
    await until_gone(owner, "allocator")
    assert await owner.fetchval("SELECT count(*) FROM allocation") == 0
    assert await owner.fetchval("SELECT state FROM allocation_run") == "RUNNING"
    await owner.execute("UPDATE allocation_run SET heartbeat_at = clock_timestamp() - interval '61 seconds'")
    assert await service.perform_waiting(resources, lambda: NOW) == 1
    await applied(owner, unit, run_id)


async def test_a_run_that_kills_its_third_worker_is_failed_and_nothing_is_allocated(
    database_url: str, database: Database, owner: Connection, allocators: list[Allocator]
) -> None:
    await lay_unit(database_url, children=6, officers=2, waiting=6)
    resources, run_id = await waits(database)
    await owner.execute("UPDATE allocation_run SET attempts = 2")
    worker = await begin(allocators, database_url)
    assert await worker.ask(work="SOLVED") == {"stopped": True}
    worker.kill()
    allocators.remove(worker)
    await until_gone(owner, "allocator")
    await owner.execute("UPDATE allocation_run SET heartbeat_at = clock_timestamp() - interval '61 seconds'")
    assert await service.perform_waiting(resources, lambda: NOW) == 1
    assert await owner.fetchval("SELECT state FROM allocation_run WHERE id = $1", run_id) == "FAILED"
    assert await owner.fetchval("SELECT count(*) FROM allocation") == 0

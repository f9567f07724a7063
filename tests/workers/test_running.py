"""A worker outlives the faults of what it stands on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from deploy.embedded import EmbeddedValkey
from services.kernel.errors import Unavailable
from services.platform import queue
from services.platform.queue import DELIVERY_QUEUE, Doorbell
from workers.running import Watch, keep_watch

NEVER = 3600.0
PATIENCE = 300.0


def _watch(work: Callable[[], Awaitable[int]], sweep_seconds: float = NEVER) -> Watch:
    return Watch(name="test", queue=DELIVERY_QUEUE, jobs=("deliver_notices",), work=work, sweep_seconds=sweep_seconds)


async def _ends(watch: Watch, running: asyncio.Task[None]) -> None:
    watch.stop()
    await asyncio.wait_for(running, PATIENCE)


async def test_the_doorbell_wakes_a_sleeping_worker(valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "_PATIENCE_SECONDS", PATIENCE)
    looks: asyncio.Queue[int] = asyncio.Queue()

    async def work() -> int:
        looks.put_nowait(1)
        return 0

    watch = _watch(work)
    running = asyncio.create_task(keep_watch(watch, valkey.url()))
    await asyncio.wait_for(looks.get(), PATIENCE)  # the look at its start
    doorbell = Doorbell(valkey.url())
    await doorbell.ring_delivery()
    await asyncio.wait_for(looks.get(), PATIENCE)
    await doorbell.close()
    await _ends(watch, running)


async def test_without_valkey_the_sweep_finds_the_work() -> None:
    looks: asyncio.Queue[int] = asyncio.Queue()

    async def work() -> int:
        looks.put_nowait(1)
        return 0

    watch = _watch(work, sweep_seconds=0.01)
    running = asyncio.create_task(keep_watch(watch, "unix:///nowhere/valkey.sock?db=0"))
    for _ in range(3):
        await asyncio.wait_for(looks.get(), PATIENCE)
    await _ends(watch, running)


@pytest.mark.parametrize("fault", [Unavailable("the database does not answer"), ZeroDivisionError("a bug")])
async def test_a_fault_in_the_work_does_not_end_the_worker(fault: Exception) -> None:
    looks: asyncio.Queue[int] = asyncio.Queue()

    async def work() -> int:
        looks.put_nowait(1)
        raise fault

    watch = _watch(work, sweep_seconds=0.01)
    running = asyncio.create_task(keep_watch(watch, None))
    for _ in range(2):
        await asyncio.wait_for(looks.get(), PATIENCE)
    await _ends(watch, running)


async def test_a_doorbell_without_valkey_is_silent_and_harmless() -> None:
    doorbell = Doorbell("unix:///nowhere/valkey.sock?db=0")
    await doorbell.ring_solver("perform_plans")
    assert await doorbell.ping() is False
    await Doorbell(None).ring_delivery()

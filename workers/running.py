"""A worker's life: look for work, do it, sleep until the doorbell rings or a sweep is due.

Valkey only wakes: with it gone, the sweep finds everything a few seconds later, and the doorbell is listened to again
as soon as it is back. PostgreSQL gone: the worker waits and tries again. Nothing that a worker does is lost by its death.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from arq.connections import ArqRedis
from arq.worker import Function, Worker, func
from redis.exceptions import RedisError

from services.kernel.errors import Unavailable
from services.platform.queue import decode_job, encode_job, queue_connections
from services.platform.telemetry import place_of

_log = structlog.get_logger(__name__)
_POLL_SECONDS = 0.05  # how often the doorbell is looked at
_LONGEST_WAIT = 15.0


@dataclass(slots=True, kw_only=True)
class Watch:
    """What a worker does, and how it is woken."""

    name: str
    queue: str
    jobs: tuple[str, ...]
    work: Callable[[], Awaitable[int]]
    sweep_seconds: float
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """The worker ends after what it is doing now."""
        self.stopped.set()
        self.woken.set()


async def keep_watch(watch: Watch, queue_url: str | None) -> None:
    """Works until `watch.stop()`; never ends by a fault of a server."""
    listening = asyncio.create_task(_listen(watch, queue_url)) if queue_url else None
    try:
        await _work_and_wait(watch)
    finally:
        if listening is not None:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening


async def _work_and_wait(watch: Watch) -> None:
    faults = 0
    while not watch.stopped.is_set():
        watch.woken.clear()
        try:
            done = await watch.work()
            faults = 0
        except Unavailable as fault:
            faults, done = faults + 1, 0
            _log.warning("worker.waits", worker=watch.name, why=str(fault), tries=faults)
        except Exception as bug:  # noqa: BLE001  # a bug in one piece of work must not end the worker; it is logged with an id
            faults, done = faults + 1, 0
            _log.error("worker.fault", worker=watch.name, fault_id=str(uuid.uuid4()), fault=type(bug).__name__, where=place_of(bug))
        if not done:
            await _rest(watch, faults)


async def _rest(watch: Watch, faults: int) -> None:
    seconds = watch.sweep_seconds if not faults else min(_LONGEST_WAIT, random.uniform(0.5, 1.0) * 2.0 ** min(faults, 6))
    wake = watch.stopped if faults else watch.woken
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), seconds)


async def _listen(watch: Watch, queue_url: str) -> None:
    while not watch.stopped.is_set():
        try:
            async with queue_connections(queue_url) as connections:
                await _answer_the_doorbell(watch, connections)
        except (RedisError, OSError, TimeoutError) as fault:
            _log.warning("doorbell.lost", worker=watch.name, fault=type(fault).__name__)
        await asyncio.sleep(random.uniform(1.0, 3.0))


async def _answer_the_doorbell(watch: Watch, connections: ArqRedis) -> None:
    """Ends only by a fault of Valkey, or cancelled."""
    worker = Worker(
        functions=[_ring(job, watch) for job in watch.jobs],
        queue_name=watch.queue,
        redis_pool=connections,
        job_serializer=encode_job,
        job_deserializer=decode_job,
        poll_delay=_POLL_SECONDS,
        handle_signals=False,
        keep_result=0,
        max_tries=1,
        job_timeout=5,
        log_results=False,
    )
    try:
        await worker.async_run()
    finally:
        for ring in worker.tasks.values():
            ring.cancel()
        await asyncio.gather(*worker.tasks.values(), return_exceptions=True)


def _ring(job: str, watch: Watch) -> Function:
    async def wake(ctx: dict[Any, Any], *_args: Any, **_kwargs: Any) -> None:
        watch.woken.set()

    return func(wake, name=job)

"""The doorbell: tells a worker that PostgreSQL holds work for it. Losing every ring loses nothing: sweeps look anyway.

The only module that speaks to arq's client. Jobs are addressed by name, carry ids alone, and are JSON.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from redis.exceptions import RedisError

DELIVERY_QUEUE = "convene:delivery"
SOLVER_QUEUE = "convene:solver"

_PATIENCE_SECONDS = 1.0
"""For so long a caller waits at most: one who books must not wait for whoever only wakes a worker."""
_PAUSE_SECONDS = 5.0
"""For so long nobody is made to wait again after a ring that failed."""

_log = structlog.get_logger(__name__)


def encode_job(job: dict[str, Any]) -> bytes:
    """A job as JSON: arq's own format would be pickle."""
    return json.dumps(job, default=str).encode()


def decode_job(text: bytes) -> dict[str, Any]:
    job: dict[str, Any] = json.loads(text)
    return job


def queue_settings(url: str) -> RedisSettings:
    """arq's settings for a `redis://`, `valkey://` or `unix://` address."""
    settings = RedisSettings.from_dsn(url.replace("valkey://", "redis://", 1))
    settings.conn_timeout = 2
    settings.conn_retries = 0  # whoever asks knows better when to ask again
    return settings


@asynccontextmanager
async def queue_connections(url: str) -> AsyncIterator[ArqRedis]:
    """Connections to the queue, closed at the end whatever happened to them."""
    pool = await create_pool(queue_settings(url), job_serializer=encode_job, job_deserializer=decode_job)
    try:
        yield pool
    finally:
        with suppress(RedisError, OSError, TimeoutError):
            await pool.aclose(close_connection_pool=True)


class Doorbell:
    """Rings the workers, best effort. Without Valkey, or with one that does not answer, it logs and goes on."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._pool: ArqRedis | None = None
        self._tried_again_at = 0.0

    async def ring_delivery(self) -> None:
        """Notices are owed."""
        await self._ring("deliver_notices", DELIVERY_QUEUE)

    async def ring_solver(self, job: str) -> None:
        """Runs wait: `job` is 'perform_allocations', 'perform_rebalancings' or 'perform_plans'."""
        await self._ring(job, SOLVER_QUEUE)

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose(close_connection_pool=True)
            self._pool = None

    async def ping(self) -> bool:
        """Whether Valkey answers."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                pool = await self._connected()
                return pool is not None and bool(await pool.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def _connected(self) -> ArqRedis | None:
        if self._pool is None and self._url is not None:
            self._pool = await create_pool(queue_settings(self._url), job_serializer=encode_job, job_deserializer=decode_job)
        return self._pool

    async def _ring(self, job: str, queue: str) -> None:
        if time.monotonic() < self._tried_again_at:
            return
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                pool = await self._connected()
                if pool is not None:
                    await pool.enqueue_job(job, _queue_name=queue)
        except (RedisError, OSError, TimeoutError) as fault:
            self._tried_again_at = time.monotonic() + _PAUSE_SECONDS
            _log.warning("doorbell.silent", job=job, fault=type(fault).__name__)

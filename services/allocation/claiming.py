"""Runs of the solver worker, of whatever kind: claimed, kept alive, stopped when they are cancelled, given up.

A run belongs to whoever claimed it last: every write names the claim, so a worker that was thought dead and is not can
do nothing any more. What a killed worker left is taken up again; a run that ends three workers is given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeAlias, TypeVar
from uuid import UUID, uuid4

import structlog

from services.kernel.errors import Unavailable
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.solver_process import SolverDied, SolverStopped
from services.platform.telemetry import place_of

STALE_AFTER = timedelta(seconds=60)
"""A run whose worker has not been heard of for so long is taken up by another."""

Clock: TypeAlias = Callable[[], datetime]
_log = structlog.get_logger(__name__)
_BEAT_SECONDS = 5
_ATTEMPTS = 3


class Claimed(Protocol):
    """A run that this worker has claimed; `attempts` tells it from any other worker's claim."""

    @property
    def id(self) -> UUID: ...

    @property
    def attempts(self) -> int: ...


R = TypeVar("R", bound=Claimed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs(Generic[R]):
    """One kind of run. `name` goes into the log.

    `claim`: the next run that waits or was left behind, now this worker's. `beat`: tells that it is worked on; False when it
    is no longer this worker's, or cancelled. `perform`: does it and answers the state that it ended in; it stops by itself,
    writing nothing, once the event is set. `fail`: it has FAILED with that message.
    """

    name: str
    claim: Callable[[Connection], Awaitable[R | None]]
    beat: Callable[[Connection, R], Awaitable[bool]]
    perform: Callable[[Resources, R, Clock, asyncio.Event], Awaitable[str]]
    fail: Callable[[Connection, R, str, datetime], Awaitable[None]]


async def perform_all(resources: Resources, runs: Runs[R], clock: Clock) -> int:
    """Performs every run that waits, and those whose worker is gone; answers how many."""
    performed = 0
    while (run := await resources.database.run(runs.claim)) is not None:
        await _perform(resources, runs, run, clock)
        performed += 1
    return performed


async def fail(resources: Resources, runs: Runs[R], run: R, message: str, now: datetime) -> None:
    """The run has FAILED, if it is still this worker's."""
    _log.warning(f"{runs.name}.failed", run=str(run.id))

    async def write(connection: Connection) -> None:
        await runs.fail(connection, run, message, now)

    await resources.database.run(write)


async def _perform(resources: Resources, runs: Runs[R], run: R, clock: Clock) -> None:
    """The run has ended, unless the database is out of reach: then it is taken up again later."""
    _log.info(f"{runs.name}.started", run=str(run.id), attempt=run.attempts)
    if run.attempts > _ATTEMPTS:
        await fail(resources, runs, run, f"given up after {_ATTEMPTS} attempts that ended without an answer", clock())
        return
    try:
        async with _heartbeat(resources, runs, run) as stopped:
            state = await runs.perform(resources, run, clock, stopped)
    except SolverStopped:
        _log.info(f"{runs.name}.stopped", run=str(run.id))
    except SolverDied as death:
        await fail(resources, runs, run, str(death), clock())
    except Unavailable:
        raise  # the run stays as it is: whoever finds it silent takes it up
    except Exception as bug:  # noqa: BLE001  # a bug ends this run, not the worker; it is logged with an id
        fault = str(uuid4())
        _log.error(f"{runs.name}.fault", run=str(run.id), fault_id=fault, fault=type(bug).__name__, where=place_of(bug))
        await fail(resources, runs, run, f"a fault of the service ended this run; its log has it as {fault}", clock())
    else:
        _log.info(f"{runs.name}.ended", run=str(run.id), state=state)


@asynccontextmanager
async def _heartbeat(resources: Resources, runs: Runs[R], run: R) -> AsyncIterator[asyncio.Event]:
    """Says again and again that the run is worked on; the event is set once it is no longer this worker's."""
    stopped = asyncio.Event()

    async def beat() -> None:
        while not stopped.is_set():
            await asyncio.sleep(_BEAT_SECONDS)
            with suppress(Unavailable):
                async with resources.database.connection() as connection:
                    if not await runs.beat(connection, run):
                        stopped.set()

    beating = asyncio.create_task(beat())
    try:
        yield stopped
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)

"""The solver worker's part: plans are laid and applied, whoever asked and whatever was interrupted.

A run belongs to the worker whose heartbeat it shows. One that has been silent for a minute is taken over: a plan is laid
anew, and applying goes on with the placements that nobody has tried, since each batch commits with its results.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from services.directory.store import load_settings
from services.kernel.actor import Actor
from services.kernel.errors import Unavailable
from services.kernel.words import Role, RunState
from services.planning import store
from services.planning.answer import Progress
from services.planning.applying import Moment, apply_group, together
from services.planning.proposing import propose
from services.planning.snapshot import load_problem
from services.planning.store import Run
from services.platform.database import Connection
from services.platform.resources import Resources
from services.platform.solver_process import SolverDied, SolverStopped, solve_apart

Clock = Callable[[], datetime]
STALE = timedelta(seconds=60)
MOST_ATTEMPTS = 5
"""A run that kills its workers is given up. Applying goes on from where it was, so that each attempt may get further."""
_BEAT_SECONDS = 5.0
_AT_ONCE = 50
_log = structlog.get_logger(__name__)


async def perform_waiting(resources: Resources, clock: Clock) -> int:
    """Lays every plan that is QUEUED and applies every one that is APPLYING; answers how many runs it worked on."""
    done = 0
    while True:
        async with resources.database.transaction() as connection:
            run = await store.claim(connection, clock(), STALE)
        if run is None:
            return done
        done += 1
        if run.attempts > MOST_ATTEMPTS:
            await _fail(resources, run, clock, f"{MOST_ATTEMPTS} workers took this run up and none of them lived to finish it")
        else:
            await _perform(resources, run, clock)


async def _perform(resources: Resources, run: Run, clock: Clock) -> None:
    try:
        async with _kept_alive(resources, run, clock) as stopped:
            if run.state is RunState.APPLYING:
                await _apply(resources, run, clock)
            else:
                await _lay(resources, run, clock, stopped)
    except SolverStopped:
        _log.info("plan.stopped", plan=str(run.id))
    except SolverDied as death:
        await _fail(resources, run, clock, f"the search ended without an answer: {death}")
    except Unavailable:
        raise  # the run stays as it is: whoever finds it silent goes on
    except Exception as bug:  # noqa: BLE001  # a bug ends this run, not the worker; it is logged with an id
        fault = str(uuid4())
        _log.error("plan.fault", plan=str(run.id), fault_id=fault, fault=type(bug).__name__)
        await _fail(resources, run, clock, f"a fault of the service ended this run; its log has it as {fault}")


async def _fail(resources: Resources, run: Run, clock: Clock, message: str) -> None:
    async with resources.database.transaction() as connection:
        await store.fail(connection, run.id, clock(), message)


@asynccontextmanager
async def _kept_alive(resources: Resources, run: Run, clock: Clock) -> AsyncIterator[asyncio.Event]:
    """A heartbeat every few seconds; the event is set once somebody has cancelled the run."""
    stopped = asyncio.Event()

    async def keep() -> None:
        while not stopped.is_set():
            await asyncio.sleep(_BEAT_SECONDS)
            with suppress(Unavailable):
                await _beat(resources, run, clock, stopped)

    beating = asyncio.create_task(keep())
    try:
        yield stopped
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(resources: Resources, run: Run, clock: Clock, stopped: asyncio.Event, progress: Progress | None = None) -> None:
    async with resources.database.transaction() as connection:
        if await store.beat(connection, run.id, clock(), progress) is RunState.CANCELLED:
            stopped.set()


async def _lay(resources: Resources, run: Run, clock: Clock, stopped: asyncio.Event) -> None:
    async with resources.database.transaction(snapshot=True) as connection:
        problem = await load_problem(connection, run, clock())

    async def on_progress(progress: Progress) -> None:
        await _beat(resources, run, clock, stopped, progress)

    proposal = await solve_apart(propose, problem, on_progress=on_progress, stopped=stopped)
    async with resources.database.transaction() as connection:
        if (await store.lock_run(connection, run.id)).state is RunState.RUNNING:
            await store.store_proposal(connection, run, proposal, clock())
    _log.info("plan.proposed", plan=str(run.id), wanted=proposal.wanted, late=proposal.late)


async def _apply(resources: Resources, run: Run, clock: Clock) -> None:
    actor = Actor(subject=run.apply_by or run.requested_by, role=Role.SERVICE, name="planning")
    async with resources.database.connection() as connection:
        settings = await load_settings(connection, run.today)

    async def batch(connection: Connection) -> int:
        """How many were tried; nobody else tries any meanwhile, nor cancels the run."""
        if (await store.lock_run(connection, run.id)).state is not RunState.APPLYING:
            return 0
        placements = await store.next_placements(connection, run.id, _AT_ONCE)
        at = Moment(actor=actor, now=clock(), settings=settings, today=resources.today(clock()))
        for group in together(placements):
            await apply_group(connection, at, group)
        if placements:
            await store.note_share(connection, run.id, clock())
        else:
            await store.finish_applying(connection, run.id, clock())
        return len(placements)

    while await resources.database.run(batch):
        await resources.doorbell.ring_delivery()
    _log.info("plan.applied", plan=str(run.id))


async def _still_wanted(resources: Resources, run: Run) -> bool:
    async with resources.database.transaction() as connection:
        return (await store.lock_run(connection, run.id)).state is RunState.APPLYING

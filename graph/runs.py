"""Following a run of the worker: each time that it has changed, until nothing more happens to it by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from graph.admission import actor_of
from graph.context import Context
from services.kernel.errors import NotFound
from services.kernel.words import RunState

Run = TypeVar("Run")
LOOK_EVERY = 0.25
"""Seconds: progress is kept in PostgreSQL by whichever worker has the run, so that looking is all that following needs."""


async def follow(
    context: Context, load: Callable[[UUID], Awaitable[Run | None]], identifier: UUID, state_of: Callable[[Run], RunState]
) -> AsyncIterator[Run]:
    """The run as it is, then whenever it has changed; ends once its state is final (PROPOSED waits for a person).

    Sight and token are checked anew each time. Raises `NotFound` where there is no such run, or not for this viewer.
    """
    last: Run | None = None
    while True:
        context.renew()
        run = await load(identifier)
        if run is None:
            raise NotFound("there is no such run, or not for you")
        if run != last:
            yield run
            last = run
        if state_of(run).is_final:
            return
        await asyncio.sleep(LOOK_EVERY)


async def meet_again(context: Context) -> None:
    """Raises `NotInPost` where the bearer of the token has left since she began to follow."""
    if context.claims is not None:
        context.actor_or_none = await actor_of(context.resources, context.claims, context.now)

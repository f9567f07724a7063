"""Runs one of the two workers as a process."""

from __future__ import annotations

import asyncio
import signal
from enum import StrEnum

from services.platform.config import Config
from services.platform.migrate import require_newest
from services.platform.resources import open_resources
from workers.running import keep_watch
from workers.settings import delivery_worker, solver_worker


class WorkerName(StrEnum):
    delivery = "delivery"
    solver = "solver"


_MAKERS = {WorkerName.delivery: delivery_worker, WorkerName.solver: solver_worker}


async def work(config: Config, name: WorkerName) -> None:
    """Works until SIGINT or SIGTERM, then ends after the piece in hand."""
    async with open_resources(config, name=f"{name.value}-worker") as resources:
        await require_newest(resources.database)
        watch = _MAKERS[name](resources)
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, watch.stop)
        await keep_watch(watch, config.queue_url)

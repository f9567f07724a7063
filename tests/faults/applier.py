"""A solver worker that applies plans in a process of its own, held at a point of that, to be killed there or let go on.

Points are counted from 1: each placement, or group of them, that has been tried and not committed, and each batch that has been.
Each line that it reads is such a work with its arguments as JSON; it prints `held` and waits for a line, and last what it did.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from services.planning import applying, performing, service
from services.platform.database import Database
from services.platform.queue import Doorbell
from tests.booking.world import NOW, World
from tests.rebalancing.process import hold


async def work(url: str, *, at: int = 0, after: int = 0, at_once: int = 3) -> dict[str, Any]:
    """Performs what waits, by a clock that is `after` seconds on; held at point `at` (0: nowhere), with so many placements a batch."""
    passed = 0
    apply_group = applying.apply_group

    async def pass_point() -> None:
        nonlocal passed
        passed += 1
        if passed == at:
            await hold()

    async def tried(*given: Any) -> None:
        await apply_group(*given)
        await pass_point()

    async def committed(_: Doorbell) -> None:
        await pass_point()

    database = await Database.connect(url, size=4, name="applier")
    try:
        with (
            patch.object(performing, "_AT_ONCE", at_once),
            patch.object(performing, "apply_group", tried),
            patch.object(Doorbell, "ring_delivery", committed),
        ):
            done = await service.perform_waiting(World(database).resources, lambda: NOW + timedelta(seconds=after))
        return {"performed": done, "points": passed}
    finally:
        await database.close()


def main() -> None:
    while line := sys.stdin.readline():
        asked = json.loads(line)
        del asked["deed"]
        print(json.dumps(asyncio.run(work(**asked))), flush=True)


if __name__ == "__main__":
    main()

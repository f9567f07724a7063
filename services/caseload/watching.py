"""Caseloads for whoever follows them: looked at often, computed rarely, and once for all who look.

What a caseload comes to hangs on records, schemes, working time and allocations, in a dozen tables. Whether anything was
written at all is one small question to PostgreSQL; only where it was are the caseloads computed anew, and never for more than
a tenth of the time, however much is written.
"""

from __future__ import annotations

import asyncio
from datetime import date

from services.caseload import service
from services.caseload.capacity import Caseload
from services.platform.database import Connection, Database
from services.platform.sql import load_queries

_queries = load_queries(__file__, "watching.sql")
_REST = 9
"""How many times as long as it has computed it then rests."""


class Watch:
    """Every officer's caseload as of the last look of anybody in this process."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._seen: tuple[date, str] | None = None
        self._found: tuple[Caseload, ...] = ()
        self._rests_until = 0.0

    async def look(self, database: Database, today: date) -> tuple[Caseload, ...]:
        """The caseloads of the day, by code; while it rests, as they were computed last for that day."""
        async with self._turn:
            same_day = self._seen is not None and self._seen[0] == today
            if not same_day or asyncio.get_running_loop().time() >= self._rests_until:
                async with database.transaction(snapshot=True) as connection:
                    await self._compute(connection, today)
            return self._found

    async def _compute(self, connection: Connection, today: date) -> None:
        seen = (today, await _queries.state_seen(connection))
        if seen == self._seen:
            return
        began = asyncio.get_running_loop().time()
        self._found = await service.caseloads(connection, today)
        self._seen = seen
        took = asyncio.get_running_loop().time() - began
        self._rests_until = began + took * (1 + _REST)

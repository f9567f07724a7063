"""What everybody is owed, computed anew although nobody has recorded anything: as days pass, and after a change of the service.

A short break that goes on is one day too long for one; a series of them is over once none has followed for long enough; a new
release may read the law in another way. Children go by hundreds, each hundred in a transaction of its own, so that nobody who
records or books waits for all of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import date
from uuid import UUID

from services.history import obligations as table
from services.history.projection import rewrite_household_obligations, rewrite_obligations
from services.platform.database import Connection, Database

_AT_ONCE = 500

_Rewrite = Callable[[Connection, Collection[UUID], date], Awaitable[None]]


async def rewrite_everybody(database: Database, today: date) -> int:
    """What every child and every foster household owes is as of `today`, however often this is done; answers how many there are."""
    children = await _rewrite_all(database, rewrite_obligations, today, households=False)
    return children + await _rewrite_all(database, rewrite_household_obligations, today, households=True)


async def _rewrite_all(database: Database, rewrite: _Rewrite, today: date, *, households: bool) -> int:
    rewritten, after = 0, UUID(int=0)

    async def batch(connection: Connection) -> list[UUID]:
        ids = await table.subjects_after(connection, after, _AT_ONCE, households=households)
        await rewrite(connection, ids, today)
        return ids

    while ids := await database.run(batch):
        rewritten, after = rewritten + len(ids), ids[-1]
    return rewritten

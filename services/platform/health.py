"""Whether this process can serve: the database answers and is at the schema that the code is written for."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from services.kernel.errors import Unavailable
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`queue` is told, but does not count: without Valkey the sweeps find all work."""

    database: bool
    migrated: bool
    queue: bool

    @property
    def ready(self) -> bool:
        return self.database and self.migrated


async def look(resources: Resources, revision: str) -> Health:
    """The state of what this process needs; `revision` is the one that the code is written for."""
    try:
        async with resources.database.connection() as connection:
            found = await connection.fetchval("SELECT version_num FROM alembic_version")
    except (Unavailable, asyncpg.UndefinedTableError):
        return Health(database=False, migrated=False, queue=await resources.doorbell.ping())
    return Health(database=True, migrated=found == revision, queue=await resources.doorbell.ping())

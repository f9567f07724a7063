"""The composition root: what a process opens once and every service is handed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from services.kernel.errors import Rejected
from services.kernel.window import civil_day
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """The database, the doorbell and the settings of one process."""

    config: Config
    database: Database
    doorbell: Doorbell

    def today(self, now: datetime) -> date:
        """The civil day in England, or the one that CONVENE_TODAY fixes."""
        return self.config.today or civil_day(now)


@asynccontextmanager
async def open_resources(config: Config, *, name: str) -> AsyncIterator[Resources]:
    """Connects, and closes again at the end. `name` is shown in PostgreSQL's list of connections."""
    if config.database_url is None:
        raise Rejected("no database is named: set CONVENE_DATABASE_URL, or start everything with `convene up`")
    database = await Database.connect(config.database_url, size=config.database_pool, name=f"convene-{name}")
    doorbell = Doorbell(config.queue_url)
    try:
        yield Resources(config=config, database=database, doorbell=doorbell)
    finally:
        await doorbell.close()
        await database.close()

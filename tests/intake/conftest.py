"""One unit whose records come in by file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.intake import service as intake
from services.intake.report import ImportReport
from services.kernel.actor import COMMAND_LINE
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources

AS_OF = date(2026, 8, 31)
Import = Callable[..., Awaitable[ImportReport]]


@dataclass(slots=True)
class Unit:
    """Imports files, each a day after the one before, and answers questions in SQL."""

    resources: Resources
    now: datetime

    async def take(self, kind: Import, path: Path, *, as_of: date = AS_OF, dry_run: bool = False, **more: Any) -> ImportReport:
        self.now += timedelta(days=1)
        return await kind(self.resources, COMMAND_LINE, path, as_of=as_of, dry_run=dry_run, now=self.now, **more)

    async def ssda903(self, path: Path, **more: Any) -> ImportReport:
        return await self.take(intake.import_ssda903, path, **more)

    async def census(self, path: Path, **more: Any) -> ImportReport:
        return await self.take(intake.import_cin_census, path, **more)

    async def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.resources.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(sql, *values)]

    async def fingerprint(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every record of every child, with when it was recorded: equal before and after what changes nothing."""
        tables = ("child", "child_fact", "care_episode", "care_period", "care_status", "held_record", "section47", "protection_plan")
        more = ("sibling_group_member", "parentage", "allocation", "obligation")
        return {table: await self.rows(f"SELECT t::text FROM {table} t ORDER BY 1") for table in tables + more}


@pytest.fixture
def unit(database: Database, now: datetime) -> Unit:
    config = Config(_env_file=None)  # type: ignore[call-arg]
    return Unit(resources=Resources(config=config, database=database, doorbell=Doorbell(None)), now=now)


def found(report: ImportReport) -> set[tuple[str | None, str]]:
    """(child, rule) of every finding."""
    return {(finding.child_reference, finding.rule) for finding in report.findings}

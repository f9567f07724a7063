"""Takes an authority's files in, in the order in which they stand on one another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

from deploy.by_hand import record_by_hand
from services.intake import service as intake
from services.intake.service import ImportReport
from services.kernel.actor import COMMAND_LINE
from services.platform.resources import Resources


class Source(StrEnum):
    """What `convene import` takes."""

    ssda903 = "ssda903"
    cin_census = "cin-census"
    ssd = "ssd"
    family = "family"
    allocations = "allocations"
    diary = "diary"
    establishment = "establishment"


_IMPORTS: dict[Source, Callable[..., Awaitable[ImportReport]]] = {
    Source.ssda903: intake.import_ssda903,
    Source.cin_census: intake.import_cin_census,
    Source.ssd: intake.import_ssd,
    Source.family: intake.import_family,
    Source.allocations: intake.import_allocations,
    Source.diary: intake.import_diary,
    Source.establishment: intake.import_establishment,
}

SAMPLE_FILES = (
    (Source.establishment, "establishment.toml"),
    (Source.ssda903, "ssda903"),
    (Source.cin_census, "cin_census.xml"),
    (Source.family, "family.csv"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """One file to take in; `release`: absences may free what stands booked."""

    source: Source
    path: Path
    as_of: date | None = None
    dry_run: bool = False
    release: bool = False


async def take_in(resources: Resources, taking: Taking) -> ImportReport:
    """Imports one file or folder, all-or-nothing a child; answers what was taken, changed and refused."""
    now = datetime.now(UTC)
    options = {"release": taking.release} if taking.source is Source.establishment else {}
    return await _IMPORTS[taking.source](
        resources,
        COMMAND_LINE,
        taking.path,
        as_of=taking.as_of or resources.today(now),
        dry_run=taking.dry_run,
        now=now,
        **options,
    )


async def take_in_sample(resources: Resources, folder: Path, as_of: date, say: Callable[[str], None]) -> None:
    """Imports the files that `write_sample` wrote, and records what comes in no file."""
    for source, name in SAMPLE_FILES:
        report = await take_in(resources, Taking(source=source, path=folder / name, as_of=as_of))
        say(report.lines()[0])
    say(await record_by_hand(resources, as_of))


async def is_empty(resources: Resources) -> bool:
    """Whether nobody has put anything into the database yet."""
    async with resources.database.connection() as connection:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM child) OR EXISTS (SELECT FROM resource)")

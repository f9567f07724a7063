"""A year's diary of a unit, laid by single statements: conferences with room, note-taker and police, reviews with their officer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg

from services.directory.establishment import StatedPoliceTeam
from services.directory.service import apply_establishment
from services.kernel.actor import COMMAND_LINE
from services.platform.database import Database
from services.statutory.working_days import england
from tests.booking.world import NOW, TODAY, at, unit

WINDOWS = {"INITIAL_CONFERENCE": 15, "CARE_REVIEW": 20, "REVIEW_CONFERENCE": 60}
"""Working days from today to the last day in time."""


@dataclass(frozen=True, slots=True)
class Laid:
    """`children`: reference and the kind of the one meeting that is owed, the kinds in turn."""

    children: tuple[tuple[str, str], ...]
    officers: int
    meetings: int


@dataclass(frozen=True, slots=True)
class _Meeting:
    id: UUID
    kind: str
    starts_at: datetime
    ends_at: datetime
    takes: tuple[tuple[UUID, datetime, datetime], ...]


async def lay_year(url: str, scale: int, children: int) -> Laid:
    """The database (by its owner's address) holds a unit of that scale with a year's meetings, and children who are owed one."""
    stated = unit(iros=6 * scale, rooms=min(26, 3 * scale), note_takers=4 * scale)
    teams = tuple(StatedPoliceTeam(code=f"POL-{n:02}", name="x", email="pol@example.org", capacity=1) for n in range(1, scale + 1))
    database = await Database.connect(url, size=1, name="lay")
    async with database.transaction() as connection:
        await apply_establishment(connection, replace(stated, police_teams=teams), actor=COMMAND_LINE, now=NOW, today=TODAY)
    await database.close()
    owner = await asyncpg.connect(url)
    try:
        ids: dict[str, list[UUID]] = {}
        for row in await owner.fetch("SELECT id, kind FROM resource ORDER BY kind, code"):
            ids.setdefault(row["kind"], []).append(row["id"])
        meetings = list(_meetings(random.Random(1), ids, scale))
        await _write(owner, meetings)
        owed = await _owe(owner, children, 6 * scale)
        await owner.execute("VACUUM ANALYZE")
    finally:
        await owner.close()
    return Laid(owed, 6 * scale, len(meetings))


def _meetings(chance: random.Random, ids: dict[str, list[UUID]], scale: int) -> Iterator[_Meeting]:
    day, half = england().add(TODAY, 1), timedelta(minutes=30)
    while day < TODAY + timedelta(days=365):
        officers = chance.sample(ids["IRO"], len(ids["IRO"]))
        for number in range(2 * scale):
            start = at(day, "10:00" if number < scale else "14:00")
            since, until = start - half, start + 5 * half
            rest = [ids[kind][number % scale % len(ids[kind])] for kind in ("ROOM", "NOTE_TAKER")]
            police = (ids["POLICE"][number % scale], start, start + 4 * half)
            takes = ((officers[number], since, until), *((each, since, until) for each in rest), police)
            yield _Meeting(_id(chance), "INITIAL_CONFERENCE", start, start + 4 * half, takes)
        for officer in officers[2 * scale : 5 * scale]:
            start = at(day, chance.choice(("10:00", "11:15", "13:00", "14:30")))
            yield _Meeting(_id(chance), "CARE_REVIEW", start, start + 2 * half, ((officer, start - 2 * half, start + 4 * half),))
        day = england().add(day, 1)


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128))


async def _write(owner: asyncpg.Connection[asyncpg.Record], meetings: list[_Meeting]) -> None:
    columns = ["id", "reference", "kind", "state", "starts_at", "ends_at", "chair_id"]
    rows = [(each.id, str(each.id), each.kind, "CONFIRMED", each.starts_at, each.ends_at, each.takes[0][0]) for each in meetings]
    await owner.copy_records_to_table("meeting", records=rows, columns=columns)
    sittings = [(each.id, 1, asyncpg.Range(each.starts_at, each.ends_at)) for each in meetings]
    await owner.copy_records_to_table("sitting", records=sittings, columns=["meeting_id", "number", "during"])
    holds = [
        (resource, asyncpg.Range(since, until), asyncpg.Range(each.starts_at, each.ends_at), each.id, 1)
        for each in meetings
        for resource, since, until in each.takes
    ]
    columns = ["resource_id", "blocked", "attended", "meeting_id", "sitting"]
    await owner.copy_records_to_table("hold", records=holds, columns=columns)


async def _owe(owner: asyncpg.Connection[asyncpg.Record], children: int, officers: int) -> tuple[tuple[str, str], ...]:
    kinds = [list(WINDOWS)[number % len(WINDOWS)] for number in range(children)]
    references = [f"CH{number:05}" for number in range(children)]
    await owner.execute("INSERT INTO child (id, reference) SELECT gen_random_uuid(), unnest($1::text[])", references)
    await owner.execute(
        """INSERT INTO allocation (id, child_id, held, iro_id)
           SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id FROM child c
           JOIN resource r ON r.code = 'IRO-' || lpad((1 + substr(c.reference, 3)::int % $1)::text, 2, '0')""",
        officers,
    )
    last: list[date] = [england().add(TODAY, WINDOWS[kind]) for kind in kinds]
    await owner.execute(
        """INSERT INTO obligation (id, child_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis,
                                   statutory_due_on, book_by_on, state)
           SELECT gen_random_uuid(), c.id, o.kind, $4, 'bench', 'BENCH', 15, 'WORKING_DAYS', 'bench', o.last, o.last, 'OPEN'
           FROM unnest($1::text[], $2::text[], $3::date[]) AS o (reference, kind, last) JOIN child c USING (reference)""",
        references, kinds, last, TODAY,
    )  # fmt: skip
    return tuple(zip(references, kinds, strict=True))

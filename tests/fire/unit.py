"""A unit with few slots, and far more who want them: officers, rooms, note-takers, and police teams of one, two and three places."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import asyncpg

from services.directory.establishment import Establishment, StatedPoliceTeam
from services.directory.service import apply_establishment
from services.history.service import rewrite_obligations
from services.history.versions import open_version
from services.kernel.actor import COMMAND_LINE
from services.kernel.window import civil_day
from services.kernel.words import CONFERENCES
from services.platform.database import Database
from services.statutory.working_days import england
from tests.booking.world import at, unit

TEAMS = {"POL-01": 1, "POL-02": 2, "POL-03": 3}
"""Conferences at one time, by team."""
STARTS = [f"{hour:02}:{minute:02}" for hour in range(9, 15) for minute in (0, 15, 30, 45) if (9, 30) <= (hour, minute) <= (14, 30)]
LENGTHS = {"INITIAL_CONFERENCE": timedelta(hours=2), "CARE_REVIEW": timedelta(hours=1)}
_OWED = """INSERT INTO obligation (id, child_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis,
                                   statutory_due_on, book_by_on, state)
           SELECT gen_random_uuid(), id, unnest($1::text[]), $2, 'test', 'TEST', 15, 'WORKING_DAYS', 'test', $3, $3, 'OPEN' FROM child"""
_ALLOCATED = """INSERT INTO allocation (id, child_id, held, iro_id)
           SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id FROM child c
           JOIN resource r ON r.code = 'IRO-' || lpad((1 + substr(c.reference, 3)::int % $1)::text, 2, '0')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """So much of a unit. A slot is one officer's half-day."""

    officers: int
    days: int
    children: int

    @property
    def slots(self) -> int:
        return self.officers * self.days * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where they meet: the days fought over, and who the children are, each with her officer's code."""

    days: tuple[date, ...]
    officer_of: Mapping[str, str]

    def split(self, *sizes: Size) -> list[Ground]:
        """Parts of it that have no day and no child in common."""
        days, children = iter(self.days), iter(self.officer_of.items())
        return [Ground(days=tuple(islice(days, size.days)), officer_of=dict(islice(children, size.children))) for size in sizes]


def few(size: Size) -> Establishment:
    """A unit that has fewer rooms, note-takers and places of the police than officers, and gives the police notice at once."""
    teams = tuple(StatedPoliceTeam(code=code, name=code, email=f"{code}@example.org", capacity=places) for code, places in TEAMS.items())
    stated = unit(iros=size.officers, rooms=max(2, size.officers * 3 // 4), note_takers=max(2, size.officers * 3 // 4))
    noticed = dict.fromkeys(CONFERENCES, "60 working days")
    return replace(stated, police_teams=teams, settings={"paper_trail": {"POLICE_NOTICE": noticed}})


async def lay(url: str, size: Size, stated: Establishment | None = None, *, recorded: bool = False) -> Ground:
    """The database (by its owner's address) holds the unit, or one of few resources, and its children, who are owed a conference
    and a review each; if `recorded`, by records of today, so that it is owed again when a meeting is called off."""
    today = civil_day(datetime.now(UTC))
    first = england().add(today, 10)
    days = tuple(england().add(first, number) for number in range(size.days))
    database = await Database.connect(url, size=1, name="lay")
    try:
        async with database.transaction() as connection:
            now = datetime.now(UTC)
            await apply_establishment(connection, stated or few(size), actor=COMMAND_LINE, now=now, today=today)
    finally:
        await database.close()
    references = [f"CH{number:05}" for number in range(size.children)]
    owner = await asyncpg.connect(url)
    try:
        await owner.execute("INSERT INTO child (id, reference) SELECT gen_random_uuid(), unnest($1::text[])", references)
        await owner.execute(_ALLOCATED, size.officers)
        if not recorded:
            await owner.execute(_OWED, list(LENGTHS), today, england().add(days[-1], 30))
        await owner.execute("ANALYZE")
    finally:
        await owner.close()
    if recorded:
        await _record(url, references, today)
    officer_of = {reference: f"IRO-{1 + number % size.officers:02}" for number, reference in enumerate(references)}
    return Ground(days=days, officer_of=officer_of)


async def _record(url: str, references: Sequence[str], today: date) -> None:
    """Each child came into care today, and its strategy discussion was today."""
    database = await Database.connect(url, size=1, name="lay")
    try:
        async with database.transaction() as connection:
            children = [row["id"] for row in await connection.fetch("SELECT id FROM child WHERE reference = ANY($1)", references)]
            for child in children:
                care = {"child_id": child, "started_on": today, "started_on_exact": True, "legal_status": "C2"}
                await open_version(connection, "care_period", care, source="TEST", at=datetime.now(UTC))
                enquiry = {"child_id": child, "initiating_discussion_on": today}
                await open_version(connection, "section47", enquiry, source="TEST", at=datetime.now(UTC))
            await rewrite_obligations(connection, children, today)
    finally:
        await database.close()


def attempts(ground: Ground, seed: int) -> list[dict[str, Any]]:
    """Bookings to be tried, as many as there are children: three conferences to a review, staggered by quarters of an hour.

    Most conferences name a team.
    One in ten is for a child for whom another attempt asks as well, at another time.
    """
    chance = random.Random(seed)
    references = list(ground.officer_of)
    for one, other in list(pairwise(range(0, len(references), 5)))[::2]:
        references[other] = references[one]
    return [_attempt(ground, chance, f"crowd-{seed}-{number}", reference) for number, reference in enumerate(references)]


def _attempt(ground: Ground, chance: random.Random, key: str, reference: str) -> dict[str, Any]:
    kind = chance.choice(("INITIAL_CONFERENCE", "INITIAL_CONFERENCE", "INITIAL_CONFERENCE", "CARE_REVIEW"))
    team = chance.choice((*TEAMS, None)) if kind == "INITIAL_CONFERENCE" else None
    named = {"policeTeamCode": team} if team is not None else {}
    return {**booking(key, kind, reference, at(chance.choice(ground.days), chance.choice(STARTS))), **named}


def booking(key: str, kind: str, reference: str, starts_at: datetime) -> dict[str, Any]:
    """What a caller asks of the graph."""
    ends_at = starts_at + LENGTHS[kind]
    when = {"startsAt": starts_at.isoformat(), "endsAt": ends_at.isoformat()}
    return {"requestKey": key, "kind": kind, "childReferences": [reference], **when}


def fitting(ground: Ground, prefix: str) -> list[dict[str, Any]]:
    """Reviews that all fit beside one another: two a day for each officer."""
    taken: dict[str, int] = defaultdict(int)
    found = []
    for reference, officer in ground.officer_of.items():
        day, half = divmod(taken[officer], 2)
        if day < len(ground.days):
            taken[officer] += 1
            found.append(booking(f"{prefix}-{reference}", "CARE_REVIEW", reference, at(ground.days[day], ("10:00", "13:00")[half])))
    return found


def window_of(stated: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """When the meeting would be."""
    return datetime.fromisoformat(stated["startsAt"]), datetime.fromisoformat(stated["endsAt"])


def child_of(stated: Mapping[str, Any]) -> str:
    references: Sequence[str] = stated["childReferences"]
    return references[0]

"""A hundred moves of a rebalancing of 5,000 children applied and undone in one request each, booked meetings re-chaired.

Beside it the same changes of allocations by plain statements, without rules, history, chairs, invitations or letters.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from unittest.mock import patch
from uuid import UUID, uuid4

import asyncpg

from services.allocation.moving import rules
from services.allocation.moving.problem import Problem
from services.allocation.rebalancing import gathering, performing
from services.allocation.rebalancing.store import Wanted
from services.kernel.words import ChairAfterMove
from services.platform.database import Database
from tests.booking.world import TODAY
from tests.rebalancing.unit import Caseloads, searching
from tests.support.units import lay_unit

_MOVES = 100


async def run(database: Callable[[], Awaitable[str]], quick: bool) -> list[str]:
    """The figures, a line each. Quick: the small unit alone."""
    url = await database()
    children, officers = (500, 6) if quick else (5_000, 60)
    await lay_unit(url, children=children, officers=officers, waiting=0)
    await _lay_diary(url, children)
    opened = await Database.connect(url, size=4, name="bench")
    try:
        world = Caseloads(opened)
        return [f"{children:,} children, {officers} officers, {line}" for line in await _figures(world, url)]
    finally:
        await opened.close()


async def _figures(world: Caseloads, url: str) -> list[str]:
    began = time.perf_counter()
    async with world.database.transaction(snapshot=True) as connection:
        posed = await gathering.gather(connection, Wanted(max_moves=_MOVES), TODAY)
    gathered = time.perf_counter() - began
    moved = _some_moves(posed.problem)
    plain = await _plainly(url, posed.problem, moved)
    with patch.object(performing, "solve_apart", searching(moved)):
        began = time.perf_counter()
        found = await world.ask(_MOVES)
        await world.perform()
    foreseen = time.perf_counter() - began
    began = time.perf_counter()
    await world.apply(found)
    applied = time.perf_counter() - began
    chairs = Counter(each.chair for move in await world.moves(found) for each in move.meetings)
    began = time.perf_counter()
    undone = sum(each.applied for each in (await world.undo(found)).results)
    undoing = time.perf_counter() - began
    told = f"{sum(chairs.values())} booked meetings, {chairs[ChairAfterMove.REPLACED]} re-chaired"
    beside = f"plain statements {plain:.2f} s, {applied / plain:.0f} x"
    return [
        f"{len(moved)} moves: gathered in {gathered:.2f} s, foreseen and stored in {foreseen - gathered:.2f} s beside",
        f"{len(moved)} moves: applied in {applied:.2f} s ({told}), {undone} undone in {undoing:.2f} s; {beside}",
    ]


def _some_moves(problem: Problem) -> dict[str, str]:
    """Bundles with booked meetings and the officers to whom the rules let them go, and from whom they may go back."""
    chance, answer = Random(1), dict[int, UUID]()
    problem = replace(problem, max_moves=_MOVES, target=None)
    where = {officer.id: officer.code for officer in problem.officers}
    kin = {child for pair in problem.parents for child in pair}
    for number, bundle in enumerate(problem.bundles):
        officer, free = chance.choice(problem.available), not bundle.barred and not kin & set(bundle.ids)
        if len(answer) < _MOVES and bundle.meetings and free and officer.id != bundle.officer:
            answer[number] = officer.id
            if rules.judge(problem, answer):
                del answer[number]
    return {problem.bundles[number].children[0]: where[officer] for number, officer in answer.items()}


async def _plainly(url: str, problem: Problem, moved: dict[str, str]) -> float:
    """Seconds of ending and adding the same allocations, rolled back."""
    codes = {officer.code: officer.id for officer in problem.officers}
    rows = [(child, codes[moved[bundle.children[0]]]) for bundle in problem.bundles if bundle.children[0] in moved for child in bundle.ids]
    connection = await asyncpg.connect(url)
    try:
        began = time.perf_counter()
        transaction = connection.transaction()
        await transaction.start()
        for child, officer in rows:
            await connection.execute("UPDATE allocation SET held = daterange(lower(held), $2) WHERE child_id = $1", child, TODAY)
            statement = "INSERT INTO allocation (id, child_id, held, iro_id) VALUES ($1, $2, daterange($3, NULL), $4)"
            await connection.execute(statement, uuid4(), child, TODAY, officer)
        await transaction.rollback()
        return time.perf_counter() - began
    finally:
        await connection.close()


async def _lay_diary(url: str, children: int) -> None:
    """Everybody at work each day, and a review booked for two children in five at some time of the coming months."""
    chance = Random(1)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE resource SET email = lower(code) || '@example.org'")
        await connection.execute(
            "INSERT INTO availability SELECT r.id, tstzrange(d + interval '7 hours', d + interval '19 hours') "
            "FROM resource r, generate_series(timestamptz '2026-09-01Z', '2027-06-01Z', '1 day') d"
        )
        rows = await connection.fetch(
            "SELECT a.child_id, a.iro_id FROM allocation a JOIN child c ON c.id = a.child_id ORDER BY c.reference LIMIT $1",
            children * 2 // 5,
        )
        busy: set[tuple[UUID, datetime]] = set()
        for row in rows:
            day = TODAY + timedelta(days=20 + chance.randrange(200))
            starts_at = datetime(day.year, day.month, day.day, chance.choice((9, 12, 15)), tzinfo=UTC)
            if (row["iro_id"], starts_at) not in busy:
                busy.add((row["iro_id"], starts_at))
                await _lay_meeting(connection, row["child_id"], row["iro_id"], starts_at)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def _lay_meeting(connection: asyncpg.Connection[asyncpg.Record], child: UUID, officer: UUID, starts_at: datetime) -> None:
    meeting, ends_at = uuid4(), starts_at + timedelta(hours=1)
    await connection.execute(
        "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at, chair_id) "
        "VALUES ($1, $2, 'CARE_REVIEW', 'CONFIRMED', $3, $4, $5)",
        meeting,
        str(meeting),
        starts_at,
        ends_at,
        officer,
    )
    item = "INSERT INTO meeting_item (meeting_id, number, child_id, kind, live) VALUES ($1, 1, $2, 'CARE_REVIEW', true)"
    await connection.execute(item, meeting, child)
    await connection.execute("INSERT INTO sitting VALUES ($1, 1, tstzrange($2, $3))", meeting, starts_at, ends_at)
    held = "INSERT INTO hold (resource_id, blocked, attended, meeting_id, sitting) VALUES ($1, tstzrange($2, $3), tstzrange($2, $3), $4, 1)"
    await connection.execute(held, officer, starts_at, ends_at, meeting)
    event = "INSERT INTO meeting_event (meeting_id, number, at, by, what) VALUES ($1, 1, $2, 'bench', 'BOOKED')"
    await connection.execute(event, meeting, datetime(2026, 8, 1, tzinfo=UTC))

"""A whole unit laid into an empty database by single statements: officers, families, their records, and who has whom."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import asyncpg

TODAY = date(2026, 9, 1)
_SPECIALITIES = ("neglect", "sexual abuse", "emotional abuse", "physical abuse")
_CATEGORIES = ("NEG", "PHY", "SAB", "EMO")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """References of the children who have no IRO yet, family by family, and the officers' codes."""

    waiting: tuple[tuple[str, ...], ...]
    officers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Child:
    id: UUID
    reference: str
    family: str | None
    in_care: bool
    since: date


async def lay_unit(url: str, *, children: int, officers: int, waiting: int, seed: int = 1, wte: str = "1.0") -> Unit:
    """The database (by its owner's address) holds the unit; about `waiting` children have no IRO. The same seed: the same unit."""
    chance = random.Random(seed)
    team = [(UUID(int=chance.getrandbits(128)), f"IRO-{number + 1:02}", chance.choice(_SPECIALITIES)) for number in range(officers)]
    families = _families(chance, children)
    connection = await asyncpg.connect(url)
    try:
        await _lay_officers(connection, team, wte)
        await _lay_records(connection, chance, [child for family in families for child in family])
        held, left = _split(families, waiting)
        await _lay_allocations(connection, held, [officer for officer, _, _ in team])
        await _lay_ties(connection, chance, [child for family in families for child in family], [officer for officer, _, _ in team])
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return Unit(waiting=tuple(tuple(child.reference for child in family) for family in left), officers=tuple(code for _, code, _ in team))


def _families(chance: random.Random, children: int) -> list[list[_Child]]:
    families: list[list[_Child]] = []
    number = 0
    while number < children:
        size = min(children - number, chance.choices((1, 2, 3, 4, 5), (60, 22, 11, 5, 2))[0])
        in_care, since = chance.random() < 0.64, TODAY - timedelta(days=chance.randint(5, 900))
        key = f"F{len(families):05}" if size > 1 else None
        family = [_Child(UUID(int=chance.getrandbits(128)), f"CH{number + place:05}", key, in_care, since) for place in range(size)]
        families.append(family)
        number += size
    return families


def _split(families: list[list[_Child]], waiting: int) -> tuple[list[list[_Child]], list[list[_Child]]]:
    """Families with an IRO, and those without, who are spread over the unit."""
    left: list[list[_Child]] = []
    every = max(1, len(families) // max(1, waiting)) if waiting else 0
    for family in families[::every] if every else []:
        if sum(map(len, left)) < waiting:
            left.append(family)
    without = {child.reference for family in left for child in family}
    return [family for family in families if family[0].reference not in without], left


async def _lay_officers(connection: asyncpg.Connection[asyncpg.Record], team: list[tuple[UUID, str, str]], wte: str) -> None:
    await connection.executemany(
        "INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', $2, $2)", [(one, code) for one, code, _ in team]
    )
    await connection.executemany("INSERT INTO iro (resource_id, specialities) VALUES ($1, $2)", [(one, [skill]) for one, _, skill in team])
    await connection.executemany(
        "INSERT INTO contract (resource_id, in_force, wte) VALUES ($1, '[2020-01-01,)', $2)", [(one, Decimal(wte)) for one, _, _ in team]
    )


async def _lay_records(connection: asyncpg.Connection[asyncpg.Record], chance: random.Random, children: list[_Child]) -> None:
    await connection.executemany("INSERT INTO child (id, reference) VALUES ($1, $2)", [(one.id, one.reference) for one in children])
    await connection.executemany(
        "INSERT INTO child_fact (child_id, recorded, born_on, source) VALUES ($1, '[2026-01-01,)', $2, 'TEST')",
        [(one.id, TODAY - timedelta(days=chance.randint(365, 17 * 365))) for one in children],
    )
    await connection.executemany(
        "INSERT INTO sibling_group_member (child_id, group_key, recorded, source) VALUES ($1, $2, '[2026-01-01,)', 'TEST')",
        [(one.id, one.family) for one in children if one.family is not None],
    )
    in_care, on_plan = [one for one in children if one.in_care], [one for one in children if not one.in_care]
    await connection.executemany(
        "INSERT INTO care_period (id, child_id, recorded, started_on, started_on_exact, legal_status, source) "
        "VALUES (gen_random_uuid(), $1, '[2026-01-01,)', $2, true, $3, 'TEST')",
        [(one.id, one.since, chance.choice(("C1", "C2", "C2", "V2"))) for one in in_care],
    )
    await connection.executemany(
        "INSERT INTO care_episode (id, child_id, recorded, started_on, reason_started, legal_status, placement, source) "
        "VALUES (gen_random_uuid(), $1, '[2026-01-01,)', $2, 'S', 'C2', $3, 'TEST')",
        [(one.id, one.since, chance.choice(("U1", "U4", "K2"))) for one in in_care],
    )
    await connection.executemany(
        "INSERT INTO protection_plan (id, child_id, recorded, started_on, category, source) "
        "VALUES (gen_random_uuid(), $1, '[2026-01-01,)', $2, $3, 'TEST')",
        [(one.id, one.since, chance.choice(_CATEGORIES)) for one in on_plan],
    )
    await connection.executemany(
        "INSERT INTO held_record (id, child_id, recorded, kind, held_on, source) "
        "VALUES (gen_random_uuid(), $1, '[2026-01-01,)', $2, $3, 'TEST')",
        [
            (one.id, "CARE_REVIEW" if one.in_care else "REVIEW_CONFERENCE", one.since + timedelta(days=days))
            for one in children
            for days in range(20, (TODAY - one.since).days, 170)
        ],
    )
    await connection.executemany(
        "INSERT INTO obligation (id, child_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis, "
        "statutory_due_on, book_by_on, state) VALUES (gen_random_uuid(), $1, $2, $3, 'test', 'TEST', 6, 'MONTHS', 'test', $4, $4, 'OPEN')",
        [(one.id, "CARE_REVIEW" if one.in_care else "REVIEW_CONFERENCE", TODAY, TODAY + timedelta(days=90)) for one in children],
    )


async def _lay_allocations(connection: asyncpg.Connection[asyncpg.Record], families: list[list[_Child]], team: list[UUID]) -> None:
    """Families dealt to the officers in turn, each for as long as the family is known."""
    rows = [(child.id, child.since, team[place % len(team)]) for place, family in enumerate(families) for child in family]
    await connection.executemany(
        "INSERT INTO allocation (id, child_id, held, iro_id) VALUES (gen_random_uuid(), $1, daterange($2, NULL), $3)", rows
    )


async def _lay_ties(
    connection: asyncpg.Connection[asyncpg.Record], chance: random.Random, children: list[_Child], team: list[UUID]
) -> None:
    """One child in fifty has an officer who had charge of its case; one in eighty is the child of another."""
    await connection.executemany(
        "INSERT INTO may_not_chair (iro_id, child_reference, source) VALUES ($1, $2, 'TEST')",
        [(chance.choice(team), one.reference) for one in children if chance.random() < 0.02],
    )
    await connection.executemany(
        "INSERT INTO parentage (child_id, parent_id, recorded, source) VALUES ($1, $2, '[2026-01-01,)', 'TEST')",
        [(children[place + 1].id, children[place].id) for place in range(0, len(children) - 1, 80)],
    )

"""Each promise of the schema kept under two processes: the second waits for the first, and is refused by name or goes ahead."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from services.platform.database import Connection
from tests.races.conftest import Runner, until_waiting

pytestmark = pytest.mark.slow

OFFICER, ROOM, CHILD, OTHER = (f"00000000-0000-0000-0000-00000000000{n}" for n in range(1, 5))
OWED, MEETING, MEETING_2 = (f"00000000-0000-0000-0000-00000000001{n}" for n in range(1, 4))
WORLD = f"""
INSERT INTO resource (id, kind, code, name) VALUES ('{OFFICER}', 'IRO', 'IRO-01', 'x'), ('{ROOM}', 'ROOM', 'ROOM-A', 'x');
INSERT INTO iro (resource_id) VALUES ('{OFFICER}');
INSERT INTO availability VALUES ('{OFFICER}', '[2026-09-08 09:00+01, 2026-09-08 17:00+01)');
INSERT INTO child (id, reference) VALUES ('{CHILD}', 'CH1'), ('{OTHER}', 'CH2');
INSERT INTO obligation (id, child_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis, statutory_due_on,
                        book_by_on, state)
VALUES ('{OWED}', '{CHILD}', 'CARE_REVIEW', '2026-09-01', 'x', 'x', 1, 'DAYS', 'x', '2026-09-29', '2026-09-29', 'OPEN');
INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) VALUES
    ('{MEETING}', 'M-1', 'CARE_REVIEW', 'CONFIRMED', '2026-09-08 10:00+01', '2026-09-08 11:00+01'),
    ('{MEETING_2}', 'M-2', 'CARE_REVIEW', 'CONFIRMED', '2026-09-08 10:30+01', '2026-09-08 11:30+01');
"""


def hold(meeting: str, span: str) -> str:
    return f"INSERT INTO hold (resource_id, blocked, attended, meeting_id) VALUES ('{OFFICER}', '{span}', '{span}', '{meeting}')"


def item(meeting: str) -> str:
    columns = "meeting_id, number, child_id, kind, obligation_id"
    return f"INSERT INTO meeting_item ({columns}) VALUES ('{meeting}', 1, '{CHILD}', 'CARE_REVIEW', '{OWED}')"


def allocate(span: str) -> str:
    return f"INSERT INTO allocation (id, child_id, held, iro_id) VALUES (gen_random_uuid(), '{CHILD}', '{span}', '{OFFICER}')"


def work(span: str) -> str:
    return f"INSERT INTO availability VALUES ('{ROOM}', '{span}')"


def request(body: str) -> str:
    return f"INSERT INTO request_key (actor, key, body_hash) VALUES ('a', 'k', '{body}')"


def dated(table: str, columns: str, value: str, span: str) -> str:
    return f"INSERT INTO {table} ({columns}) VALUES ({value}, '{span}')"


@dataclass(frozen=True)
class Race:
    constraint: str
    one: str
    other: str


RACES = [
    Race(
        "hold_no_overlap",
        hold(MEETING, "[2026-09-08 10:00+01, 2026-09-08 11:00+01)"),
        hold(MEETING_2, "[2026-09-08 10:59+01, 2026-09-08 12:00+01)"),
    ),
    Race(
        "hold_within_availability",
        f"DELETE FROM availability WHERE resource_id = '{OFFICER}'",
        hold(MEETING, "[2026-09-08 10:00+01, 2026-09-08 11:00+01)"),
    ),
    Race(
        "availability_no_overlap",
        work("[2026-09-08 09:00+01, 2026-09-08 12:00+01)"),
        work("[2026-09-08 11:00+01, 2026-09-08 17:00+01)"),
    ),
    Race("allocation_one_iro_a_day", allocate("[2026-09-01,)"), allocate("[2026-08-01,2026-09-02)")),
    Race("meeting_item_obligation_once", item(MEETING), item(MEETING_2)),
    Race("meeting_reference_once", *(f"UPDATE meeting SET reference = 'M-9' WHERE id = '{each}'" for each in (MEETING, MEETING_2))),
    Race("request_key_once", request("one"), request("other")),
    Race("child_reference_once", *(f"INSERT INTO child VALUES ('{each}', 'CH3')" for each in (OWED, MEETING))),
    Race(
        "resource_code_once",
        *(f"INSERT INTO resource (id, kind, code, name) VALUES ('{each}', 'ROOM', 'ROOM-B', 'x')" for each in (OWED, MEETING)),
    ),
    Race(
        "contract_one_a_day",
        dated("contract", "resource_id, wte, in_force", f"'{OFFICER}', 1", "[2026-01-01,)"),
        dated("contract", "resource_id, wte, in_force", f"'{OFFICER}', 0.5", "[2026-09-01,)"),
    ),
    Race(
        "working_pattern_one_a_day",
        dated("working_pattern", "resource_id, pattern, in_force", f"'{OFFICER}', '{{}}'", "[2026-01-01,)"),
        dated("working_pattern", "resource_id, pattern, in_force", f"'{OFFICER}', '{{}}'", "[2026-09-01,)"),
    ),
    Race(
        "setting_one_a_day",
        dated("setting", "key, value, in_force", "'near_share', '1'", "[2026-01-01,)"),
        dated("setting", "key, value, in_force", "'near_share', '1'", "[2026-09-01,)"),
    ),
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.constraint)
async def test_the_second_is_refused_by_name_or_goes_ahead(owner: Connection, racers: tuple[Runner, Runner], race: Race) -> None:
    await owner.execute(WORLD)
    one, other = racers
    for first, second in ((race.one, race.other), (race.other, race.one)):
        for ending in ("rollback", "commit"):
            assert await one.ask(sql=[first]) == {"did": True}
            other.tell(sql=[second])
            await until_waiting(owner, pid=other.pid)
            await one.ask(**{ending: True})
            assert await other.hear() == ({"did": True} if ending == "rollback" else {"refused": race.constraint})
            await other.ask(rollback=True)
        await _undo(owner)


async def _undo(owner: Connection) -> None:
    """The world as it was."""
    tables = await owner.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'timescale')"
    )
    emptied = "; ".join(f"DELETE FROM {row['tablename']}" for row in tables)  # as good as TRUNCATE, and far cheaper on small tables
    await owner.execute(f"SET session_replication_role = replica; {emptied}; SET session_replication_role = origin")
    await owner.execute(WORLD)

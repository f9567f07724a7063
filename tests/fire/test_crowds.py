"""Through two API processes over HTTP: crowds on few slots, the same request many times."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.fire import keys
from tests.fire.api import BOOK, calling
from tests.fire.conftest import CROWD, KEYS, Arena
from tests.fire.crowd import Outcome, judge, judge_on, rush
from tests.fire.unit import Ground, attempts, fitting

pytestmark = pytest.mark.slow

_TIMES = 20


@pytest.fixture(scope="module")
def rushed(arena: Arena, grounds: list[Ground]) -> Outcome:
    return asyncio.run(rush(arena.api.addresses, arena.url, attempts(grounds[0], 1)))


async def test_a_crowd_is_never_double_booked_nor_half_booked_nor_refused_what_is_free(
    arena: Arena, grounds: list[Ground], rushed: Outcome
) -> None:
    assert await judge(arena.url, grounds[0], rushed) == []
    assert len(rushed.acknowledged) + len(rushed.refused) == CROWD.children
    assert 8 <= len(rushed.acknowledged) <= CROWD.slots
    assert "ResourceTaken" in {answer["__typename"] for _, answer in rushed.refused} <= {"ResourceTaken", "InvalidInput"}


_ONE = "(SELECT id FROM meeting WHERE kind = 'INITIAL_CONFERENCE' ORDER BY reference LIMIT 1)"
_HELD = """INSERT INTO hold (resource_id, blocked, attended, meeting_id)
           SELECT {resource}, h.blocked, h.attended, (SELECT id FROM meeting m WHERE m.id <> h.meeting_id LIMIT 1)
           FROM hold h JOIN resource r ON r.id = h.resource_id WHERE {which} LIMIT 1"""
_TEAM = f"(SELECT t.id, t.code FROM police_team t JOIN meeting m ON m.police_team_id = t.id WHERE m.id = {_ONE})"
PLANTED = {
    "overlap": "ALTER TABLE hold DROP CONSTRAINT hold_no_overlap; " + _HELD.format(resource="r.id", which="r.kind = 'ROOM'"),
    "capacity": "; ".join(
        f"""INSERT INTO resource (id, kind, code, name) SELECT '{place}', 'POLICE', t.code || '/{place[-1]}', 'x' FROM {_TEAM} t;
        INSERT INTO police_place SELECT '{place}', t.id, {place[-1]} FROM {_TEAM} t;
        INSERT INTO availability SELECT DISTINCT '{place}'::uuid, a.during
        FROM availability a JOIN police_place p ON p.resource_id = a.resource_id JOIN {_TEAM} t ON t.id = p.team_id WHERE p.number = 1;
        {_HELD.format(resource=f"'{place}'", which=f"h.meeting_id = {_ONE} AND r.kind = 'POLICE'")}"""
        for place in (f"00000000-0000-0000-0000-00000000000{number}" for number in range(7, 10))
    ),
    "off_work": "INSERT INTO absence (id, resource_id, during, reason, source) "
    "SELECT gen_random_uuid(), resource_id, attended, 'SICKNESS', 'x' FROM hold LIMIT 1",
    "holds": f"DELETE FROM hold WHERE meeting_id = {_ONE}",
    "holds, although cancelled": f"UPDATE meeting SET state = 'CANCELLED' WHERE id = {_ONE}",
    "cast": f"UPDATE meeting SET room_id = NULL WHERE id = {_ONE}",
    "write_up": "UPDATE write_up_week SET minutes = minutes - 1 WHERE minutes > 0",
    "write_up, beyond": "ALTER TABLE write_up_week DROP CONSTRAINT write_up_within_capacity; UPDATE write_up_week SET most = minutes - 1",
    "sittings": f"DELETE FROM sitting WHERE meeting_id = {_ONE}",
    "events": f"DELETE FROM audit_event WHERE subject = 'meeting:' || {_ONE}",
    "events, of two changes one": f"UPDATE meeting SET version = 2 WHERE id = {_ONE}",
    "notices": "DELETE FROM notice WHERE id = (SELECT id FROM notice LIMIT 1)",
    "notices, of another time": "UPDATE calendar_entry SET ends_at = ends_at - interval '1 hour'",
    "keys": "UPDATE request_key SET answer = NULL WHERE key = (SELECT key FROM request_key LIMIT 1)",
    "items": "DROP INDEX meeting_item_obligation_once; INSERT INTO meeting_item (meeting_id, number, child_id, kind, obligation_id) "
    "SELECT meeting_id, 2, child_id, kind, obligation_id FROM meeting_item LIMIT 1",
    "absent": f"UPDATE meeting_item SET child_id = (SELECT id FROM child WHERE reference = 'CH00171') WHERE meeting_id = {_ONE}",
    "ghost": "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at) VALUES "
    "('00000000-0000-0000-0000-000000000009', 'x', 'CARE_REVIEW', 'CONFIRMED', '2026-01-01Z', '2026-01-02Z'); "
    "INSERT INTO meeting_item (meeting_id, number, child_id, kind) "
    "SELECT '00000000-0000-0000-0000-000000000009', 1, id, 'CARE_REVIEW' FROM child WHERE reference = 'CH00000'",
    "refused": "DELETE FROM hold WHERE meeting_id NOT IN (SELECT min(id::text)::uuid FROM meeting GROUP BY kind)",
}


@pytest.mark.parametrize("fault", PLANTED)
async def test_the_check_sees_every_fault_that_is_planted(arena: Arena, grounds: list[Ground], rushed: Outcome, fault: str) -> None:
    """The control: what follows a crowd is judged by an eye that sees."""
    owner = await asyncpg.connect(arena.url)
    planting = owner.transaction()
    await planting.start()
    try:
        await owner.execute(PLANTED[fault])
        seen = {each.what for each in await judge_on(owner, grounds[0], rushed)}
    finally:
        await planting.rollback()
        await owner.close()
    assert fault.partition(",")[0] in seen
    assert ("overlap" in seen) is (fault == "overlap")


async def test_one_key_is_one_meeting_and_one_answer_however_often_and_wherever_it_is_sent(arena: Arena, grounds: list[Ground]) -> None:
    wanted = fitting(grounds[1], "keys")
    told = await keys.repeat(arena.api.addresses, wanted, _TIMES, 1)
    assert len(told) == _TIMES * len(wanted) == _TIMES * KEYS.children
    assert await keys.judge(arena.url, grounds[1], wanted, told) == []
    other = [{**stated, "endsAt": stated["startsAt"].replace("T10:", "T12:").replace("T13:", "T15:")} for stated in wanted]
    async with calling(arena.api.addresses) as callers:
        assert {answer["__typename"] for answer in await callers.ask_all(BOOK, other)} == {"RequestKeyReused"}
    assert await keys.judge(arena.url, grounds[1], wanted, told) == []
    false = [(key, {**answer, "meeting": {**answer["meeting"], "reference": "x"}}) for key, answer in told[:1]]
    assert await keys.judge(arena.url, grounds[1], wanted, [*told, *false]) != []  # the control

"""API processes and workers are killed at random: nothing is lost, nothing overtakes, what comes twice is the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import asyncpg
import pytest

from deploy.embedded import EmbeddedPostgres
from tests.fire.unit import Ground, Size, lay
from tests.post.killing import ANSWERED, API, WORKER, Outcome, judge, rage
from tests.post.oracle import find_ill_formed, find_mail_faults, without_last
from tests.support.servers import drop_database, fresh_database

pytestmark = pytest.mark.slow

SIZE = Size(officers=8, days=2, children=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    url: str
    ground: Ground
    outcome: Outcome


@pytest.fixture(scope="module")
def field(postgres: EmbeddedPostgres) -> Iterator[Field]:
    url = asyncio.run(fresh_database(postgres))
    ground = asyncio.run(lay(url, SIZE, recorded=True))
    outcome = asyncio.run(rage(url, ground, None, kills=4, meetings=10, seed=3, apis=1))
    yield Field(url=url, ground=ground, outcome=outcome)
    asyncio.run(drop_database(postgres, url))


async def test_everything_owed_is_accepted_or_overtaken_by_something_newer_that_was(field: Field) -> None:
    assert await judge(field.url, field.ground, field.outcome) == []
    assert field.outcome.kills == {API: 1, ANSWERED: 2, WORKER: 1}
    assert len(field.outcome.accepted) >= 10


@pytest.mark.parametrize(
    ("fault", "statement"),
    [
        ("lost", "UPDATE notice SET sequence = 1000 WHERE id = (SELECT id FROM notice WHERE state = 'SENT' LIMIT 1)"),
        ("ghost", "DELETE FROM notice WHERE id = (SELECT id FROM notice WHERE state = 'SENT' LIMIT 1)"),
        ("other bytes", "UPDATE notice SET message = message || 'x'::bytea WHERE state = 'SENT'"),
        ("untrue", "UPDATE calendar_entry SET sequence = sequence + 1"),
    ],
)
async def test_the_check_sees_every_fault_that_is_planted_in_the_tables(field: Field, fault: str, statement: str) -> None:
    owner = await asyncpg.connect(field.url)
    planting = owner.transaction()
    await planting.start()
    try:
        await owner.execute(statement)
        assert fault in {each.what for each in await find_mail_faults(owner, field.outcome.accepted)}
    finally:
        await planting.rollback()
        await owner.close()


async def test_the_check_sees_every_fault_that_is_planted_in_the_mails(field: Field) -> None:
    owner = await asyncpg.connect(field.url)
    try:
        accepted = field.outcome.accepted
        assert "overtaken" in {each.what for each in await find_mail_faults(owner, accepted[::-1])}
        assert "lost" in {each.what for each in await find_mail_faults(owner, without_last(accepted))}
    finally:
        await owner.close()
    accepted = accepted[:40]
    for what, old, new in (
        ("method", b"; method=REQUEST", b"; method=PUBLISH"),
        ("organiser", b"From: unit@example.org", b"From: other@example.org"),
        ("attendee", b"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:", b"ATTENDEE:mailto:other"),
        ("line", b"LOCATION:", b"LOCATION:" + b"x" * 80),
        ("stamp", b"DTSTAMP:2", b"DTSTAMP:1"),
        ("canary", b"Subject: ", b"Subject: CH00001 "),
    ):
        broken = [replace(mail, content=mail.content.replace(b"\r\n ", b"").replace(old, new)) for mail in accepted]
        assert what in {each.what for each in find_ill_formed(broken, ["CH00001"])}

"""kill -9 of a delivering process: nothing is lost, nothing overtakes, and what arrives twice is the same bytes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from services.invitations.delivery import deliver_owed
from services.platform.database import Database
from tests.invitations.meetings import add_meeting, at, brief, chair, notices, resources_for, tell, without_addressees
from tests.support.smtp import ScriptedSmtp, running

pytestmark = pytest.mark.slow

_PROGRAM = """
import asyncio, sys
from datetime import UTC, datetime
from services.invitations import delivery
from services.invitations.outbox import Outbox
from services.platform.database import Database
from tests.invitations.meetings import resources_for

async def settle_never(*arguments, **more):
    print("accepted", flush=True)
    await asyncio.Event().wait()

async def main(database_url, smtp_url, halt):
    if halt == "before-commit":
        Outbox.settle = settle_never
    database = await Database.connect(database_url, size=5)
    while True:
        await delivery.deliver_owed(resources_for(database, smtp_url), lambda: datetime.now(UTC))
        await asyncio.sleep(0.01)

asyncio.run(main(*sys.argv[1:]))
"""


def _clock() -> datetime:
    return datetime.now(UTC)


async def _delivering_process(database_url: str, smtp_url: str, halt: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", _PROGRAM, database_url, smtp_url, halt, stdout=PIPE)


async def _kill(process: Process) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL
    process._transport.close()  # type: ignore[attr-defined]


async def test_killed_between_acceptance_and_commit_the_same_bytes_go_again_at_once(database: Database, database_url: str) -> None:
    now = _clock()
    await tell(database, await add_meeting(database, now + timedelta(days=14), [chair(now + timedelta(days=14))]), now)
    async with running(ScriptedSmtp()) as server:
        process = await _delivering_process(database_url, server.url, "before-commit")
        assert process.stdout is not None
        assert await process.stdout.readline() == b"accepted\n"
        assert brief(await notices(database)) == [("IRO-01", "REQUEST", 0, "OWED")]
        await _kill(process)
        await _drain(database, server)
    first, second = server.accepted
    assert first == second
    assert brief(await notices(database)) == [("IRO-01", "REQUEST", 0, "SENT")]


async def test_a_meeting_cancelled_after_that_crash_is_cancelled_by_mail(database: Database, database_url: str) -> None:
    now = _clock()
    meeting = await add_meeting(database, now + timedelta(days=14), [chair(now + timedelta(days=14))])
    await tell(database, meeting, now)
    async with running(ScriptedSmtp()) as server:
        process = await _delivering_process(database_url, server.url, "before-commit")
        assert process.stdout is not None
        await process.stdout.readline()
        await _kill(process)
        assert await tell(database, without_addressees(meeting), now) == 1
        await _drain(database, server)
    assert b"METHOD:CANCEL" in server.accepted[-1].content


async def test_killed_again_and_again_while_meetings_change_every_calendar_ends_true(database: Database, database_url: str) -> None:
    now, lots = _clock(), random.Random(7)
    begins = now + timedelta(days=14)
    meetings = [await add_meeting(database, begins + timedelta(hours=number), [chair(begins, "IRO-01")]) for number in range(40)]
    for meeting in meetings:
        await tell(database, meeting, now)
    async with running(ScriptedSmtp(on_data=lambda _: "451 later" if lots.random() < 0.05 else "250 fine")) as server:
        for _ in range(4):
            process = await _delivering_process(database_url, server.url, "never")
            wanted = len(server.accepted) + lots.randint(1, 12)
            while len(server.accepted) < wanted:
                meeting = lots.choice(meetings)
                change = without_addressees(meeting) if lots.random() < 0.3 else at(meeting, begins + timedelta(days=lots.randint(0, 99)))
                await tell(database, change, _clock())
                await asyncio.sleep(0.002)
            await _kill(process)
        server.on_data = lambda _: "250 fine"
        await _drain(database, server)
    await _check(database, server)


async def _drain(database: Database, server: ScriptedSmtp) -> None:
    later = _clock() + timedelta(hours=1)
    resources = resources_for(database, server.url)
    while {"OWED"} & {row["state"] for row in await notices(database)}:
        await deliver_owed(resources, lambda: later)


async def _check(database: Database, server: ScriptedSmtp) -> None:
    rows = await notices(database)
    by_bytes = {row["message"]: row for row in rows}
    arrived: dict[str, list[int]] = defaultdict(list)
    for mail in server.accepted:
        row = by_bytes[mail.content]  # nothing arrives that is not, byte by byte, a notice
        arrived[row["uid"]].append(row["sequence"])
    assert all(sequences == sorted(sequences) for sequences in arrived.values())
    assert all(row["sequence"] in arrived[row["uid"]] for row in rows if row["state"] == "SENT")
    async with database.connection() as connection:
        entries = await connection.fetch("SELECT uid, sequence, cancelled FROM calendar_entry")
    for entry in entries:
        heard = arrived[entry["uid"]]
        assert heard[-1:] == [entry["sequence"]] or (entry["cancelled"] and not heard)

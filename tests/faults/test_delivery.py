"""kill -9 between acceptance and commit. What follows kills at random times: tests/post/test_killing.py."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from datetime import UTC, datetime, timedelta

import pytest

from services.invitations.delivery import deliver_owed
from services.platform.database import Database
from tests.invitations.meetings import add_meeting, brief, chair, notices, resources_for, tell, without_addressees
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


async def _drain(database: Database, server: ScriptedSmtp) -> None:
    later = _clock() + timedelta(hours=1)
    resources = resources_for(database, server.url)
    while {"OWED"} & {row["state"] for row in await notices(database)}:
        await deliver_owed(resources, lambda: later)

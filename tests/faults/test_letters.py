"""kill -9 of a process that delivers letters: none is lost, and what arrives twice is the same bytes."""

from __future__ import annotations

from datetime import timedelta

from services.invitations.delivery import deliver_owed
from services.platform.database import Database
from tests.faults.test_delivery import _clock, _delivering_process, _kill
from tests.invitations.meetings import resources_for
from tests.invitations.test_letters import letters, owe, states
from tests.support.smtp import ScriptedSmtp, running


async def test_killed_between_acceptance_and_commit_the_same_letter_goes_again_at_once(database: Database, database_url: str) -> None:
    await owe(database, _clock())
    async with running(ScriptedSmtp()) as server:
        process = await _delivering_process(database_url, server.url, "before-commit")
        assert process.stdout is not None
        assert await process.stdout.readline() == b"accepted\n"
        assert await states(database) == [("iro-01@example.org", "OWED", 0)]
        await _kill(process)
        await _drain(database, server)
    first, second = server.accepted
    assert first == second
    assert first.content == (await letters(database))[0]["message"]
    assert await states(database) == [("iro-01@example.org", "SENT", 1)]


async def test_killed_at_any_moment_every_letter_arrives(database: Database, database_url: str) -> None:
    for number in range(40):
        await owe(database, _clock(), f"iro-{number}@example.org")
    async with running(ScriptedSmtp()) as server:
        process = await _delivering_process(database_url, server.url, "never")
        await server.reached.wait()
        await _kill(process)
        await _drain(database, server)
    assert {row["message"] for row in await letters(database)} == {mail.content for mail in server.accepted}
    assert {row["state"] for row in await letters(database)} == {"SENT"}


async def _drain(database: Database, server: ScriptedSmtp) -> None:
    """Until none is owed: what the killed process had in hand is free once PostgreSQL has found it dead."""
    later = _clock() + timedelta(hours=1)
    while "OWED" in {state for _, state, _ in await states(database)}:
        await deliver_owed(resources_for(database, server.url), lambda: later)

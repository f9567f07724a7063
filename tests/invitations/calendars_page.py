"""The page on calendars: how to connect each, and a real invitation's life, which this writes from the mails that were sent.

`python -m tests.invitations.calendars_page` writes the messages in docs/calendars.md anew; a test compares them with what is there.
What is random in them (the UID, the reference) is fixed here, so that the bytes are the same each time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch
from uuid import UUID

from services.invitations.delivery import deliver_owed
from services.invitations.owe import DiaryMeeting
from services.invitations.replies import POSTBOX, take_reply
from services.kernel.words import ReplyOutcome
from services.platform.database import Database
from tests.invitations.meetings import Clock, add_meeting, at, chair, notices, resources_for, tell, without_addressees
from tests.invitations.replies import reply
from tests.support.servers import fresh_database, postgres_server
from tests.support.smtp import ScriptedSmtp, running

PAGE = Path(__file__).parents[2] / "docs" / "calendars.md"
UID = UUID("5f0c1b5e-8a3d-4f0e-9b7a-2d6c41e8f3a7")
_REFERENCE = "M-7QKD-3XWP"
_NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
_STARTS = datetime(2026, 10, 23, 9, 0, tzinfo=UTC)
_ARRIVES_LATER = datetime(2026, 10, 30, 9, 30, tzinfo=UTC)  # by the clock on the wall as before, an hour later by the sun
_BLOCK = re.compile(r"(<!-- sent -->\n```\n)(.*?)(```\n)", re.DOTALL)


async def messages(database: Database) -> list[str]:
    """One conference as its chair hears of it: asked, moved over a change of the clocks, answered twice, cancelled; in order."""
    meeting = await add_meeting(database, _STARTS, [chair(_STARTS)], reference=_REFERENCE)
    answers = [
        reply(str(UID), "iro-01@example.org", _NOW + timedelta(minutes=minutes), sequence=sequence, answer=answer)
        for sequence, minutes, answer in ((0, 10, "ACCEPTED"), (1, 80, "DECLINED"))
    ]
    async with running(ScriptedSmtp()) as server:

        async def told(stated: DiaryMeeting, minutes: int) -> str:
            now = _NOW + timedelta(minutes=minutes)
            with patch("services.invitations.service.uuid", SimpleNamespace(uuid4=lambda: UID)):
                await tell(database, stated, now)
            assert await deliver_owed(resources_for(database, server.url), Clock(now)) == 1
            return _text(server.accepted[-1].content)

        moved = at(meeting, _ARRIVES_LATER)
        found = [await told(meeting, 0), await _answered(database, answers[0], 11)]
        found += [await told(moved, 60), await _answered(database, answers[1], 81)]
        found.append(await told(without_addressees(moved), 120))
    found.append(await _as_shown(database))
    return found


async def _answered(database: Database, mail: bytes, minutes: int) -> str:
    outcome = await take_reply(resources_for(database), POSTBOX, mail, _NOW + timedelta(minutes=minutes))
    assert outcome is ReplyOutcome.TAKEN
    return _text(mail)


async def _as_shown(database: Database) -> str:
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT sequence, answer FROM invitation_reply")
    answers = {row["sequence"]: row["answer"] for row in rows}
    kept = [(row["method"], row["sequence"], row["state"], answers.get(row["sequence"], "")) for row in await notices(database)]
    return "\n".join(f"{method:<8} {sequence}  {state}  {answer}".rstrip() for method, sequence, state, answer in kept)


def _text(mail: bytes) -> str:
    return mail.decode().replace("\r\n", "\n").rstrip("\n")


def written(page: str) -> list[str]:
    """The messages that the page shows."""
    return [shown.removesuffix("\n") for _, shown, _ in _BLOCK.findall(page)]


def rewritten(page: str, found: Sequence[str]) -> str:
    """The page with these messages."""
    fresh = iter(found)
    return _BLOCK.sub(lambda block: f"{block[1]}{next(fresh)}\n{block[3]}", page)


async def _write(url: str) -> None:
    database = await Database.connect(url, name="page")
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), await messages(database)), encoding="utf-8")
    await database.close()


if __name__ == "__main__":
    with postgres_server() as server:
        asyncio.run(_write(asyncio.run(fresh_database(server))))

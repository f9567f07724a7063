"""What one addressee learns of another. What nobody outside learns at all: tests/post/test_canaries.py."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.invitations.delivery import deliver_owed
from services.platform.database import Database
from tests.invitations.meetings import Clock, add_meeting, resources_for, tell
from tests.support.smtp import ScriptedSmtp, running


async def test_nobody_learns_anothers_address(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + timedelta(days=14)), now)
    async with running(ScriptedSmtp()) as server:
        await deliver_owed(resources_for(database, server.url), Clock(now))
    addresses = {mail.recipient for mail in server.accepted}
    assert len(addresses) == 2
    for mail in server.accepted:
        assert mail.content.replace(b"\r\n ", b"").count(b"mailto:") == 2  # the organiser's and the reader's own
        assert [other for other in addresses - {mail.recipient} if other.encode() in mail.content] == []

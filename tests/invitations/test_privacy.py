"""What must never be in a mail, a feed or a log: planted, then looked for."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from services.invitations.delivery import deliver_owed
from services.invitations.feeds import IssueFeed, fetch_feed, issue_feed
from services.kernel.actor import COMMAND_LINE
from services.kernel.words import FeedScope, MeetingKind
from services.platform.database import Database
from tests.invitations.meetings import Clock, add_meeting, at, chair, desk, owner_of, resources_for, tell, without_addressees
from tests.support.smtp import ScriptedSmtp, running

CANARIES = [f"canary{number:03d}zq" for number in range(200)]
WORDS = [kind.value for kind in MeetingKind] + [
    "conference",
    "review",
    "child",
    "care",
    "secure",
    "adoption",
    "birth",
    "protection",
    "plan",
]


async def _plant(database: Database, meeting_id: object, number: int) -> None:
    canary = iter(CANARIES[number * 5 : number * 5 + 5])
    child_id = uuid4()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO child (id, reference) VALUES ($1, $2)", child_id, next(canary))
        await connection.execute(
            "INSERT INTO meeting_item (meeting_id, number, child_id, kind) VALUES ($1, 1, $2, 'SECURE_CRITERIA_REVIEW')",
            meeting_id,
            child_id,
        )
        await connection.execute(
            "UPDATE meeting SET venue = $2, override_reason = $3, police_waived_reason = $4 WHERE id = $1",
            meeting_id,
            next(canary),
            next(canary),
            next(canary),
        )
        await connection.execute(
            "INSERT INTO attendee (meeting_id, number, role, agency, arrives_at, required) VALUES ($1, 1, 'PARENT', $2, now(), true)",
            meeting_id,
            next(canary),
        )


async def test_200_canaries_are_nowhere(database: Database, now: datetime, capfd: pytest.CaptureFixture[str]) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO resource (id, kind, code, name) VALUES ($1, 'IRO', 'IRO-01', 'x')", owner_of("IRO-01"))
    for number in range(40):
        when = now + timedelta(days=1 + number)
        meeting = await add_meeting(database, when, [chair(when), desk(when)])
        await _plant(database, meeting.meeting_id, number)
        await tell(database, meeting, now)
        if number % 2:
            await tell(database, at(meeting, when + timedelta(hours=1)), now)
        if number % 4 == 3:
            await tell(database, without_addressees(meeting), now)
    clock = Clock(now)
    async with running(ScriptedSmtp(on_data=lambda to: f"451 {to} {CANARIES[0]}" if clock() == now else "250 fine")) as server:
        resources = resources_for(database, server.url)
        await deliver_owed(resources, clock)
        clock.advance(minutes=1)
        assert await deliver_owed(resources, clock) == 60
        seen = [mail.content for mail in server.accepted]
        for scope, code in ((FeedScope.IRO, "IRO-01"), (FeedScope.UNIT, None)):
            feed = await issue_feed(resources, COMMAND_LINE, IssueFeed(request_key=scope.value, scope=scope, code=code), now)
            assert feed.url is not None
            answer = await fetch_feed(resources, feed.url.rsplit("/", 1)[1].removesuffix(".ics"), None, None, now)
            assert answer.body.count(b"BEGIN:VEVENT") == 40
            seen += [answer.body, repr(answer.headers).encode()]
    async with database.connection() as connection:
        stored = await connection.fetch("SELECT refusal FROM notice WHERE refusal IS NOT NULL")
    seen += [row["refusal"].encode() for row in stored]
    seen.append("".join(capfd.readouterr()).encode())
    everything = b"\n".join(seen).lower()
    assert [canary for canary in CANARIES if canary.encode() in everything] == []
    assert [word for word in WORDS if word.lower().encode() in everything.replace(b"conferences@unit.example.org", b"")] == []


async def test_nobody_learns_anothers_address(database: Database, now: datetime) -> None:
    await tell(database, await add_meeting(database, now + timedelta(days=14)), now)
    async with running(ScriptedSmtp()) as server:
        await deliver_owed(resources_for(database, server.url), Clock(now))
    addresses = {mail.recipient for mail in server.accepted}
    assert len(addresses) == 2
    for mail in server.accepted:
        assert mail.content.replace(b"\r\n ", b"").count(b"mailto:") == 2  # the organiser's and the reader's own
        assert [other for other in addresses - {mail.recipient} if other.encode() in mail.content] == []

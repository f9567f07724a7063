"""Every mail and every feed of a run of many meetings, read by others."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.booking import service
from services.booking.commands import BookMeeting, MeetingAction, MoveMeeting
from services.invitations.delivery import deliver_owed
from services.invitations.feeds import IssueFeed, fetch_feed, issue_feed
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import ConveneError
from services.kernel.words import FeedScope, MeetingKind
from services.platform.database import Database
from services.platform.resources import Resources
from tests.booking.world import SUPPORT
from tests.fire.oracle import Fault
from tests.fire.unit import LENGTHS, Ground, attempts, fitting, window_of
from tests.invitations.meetings import resources_for
from tests.post.oracle import find_ill_formed, find_mail_faults, read
from tests.readers.reading import kept_by_libical
from tests.support.smtp import Mail, ScriptedSmtp, running

_LONGEST_LINE = 75
_KINDS = ("conference", "review", "INITIAL_CONFERENCE", "CARE_REVIEW", "child")


@dataclass(slots=True, kw_only=True)
class Census:
    """What was booked, what was mailed, and what each feed shows at the end."""

    meetings: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    feeds: dict[str, str] = field(default_factory=dict)

    @property
    def canaries(self) -> list[str]:
        """References of the children, and what the meetings are."""
        return [*{each["childReferences"][0] for each in self.meetings.values()}, *_KINDS]


async def take(url: str, ground: Ground, *, meetings: int, seed: int) -> Census:
    """So many meetings at most are booked, a third is moved, a quarter cancelled, everything mailed, and every feed fetched."""
    census, chance = Census(), random.Random(seed)
    database = await Database.connect(url, size=8, name="census")
    try:
        async with running(ScriptedSmtp()) as server:
            resources = resources_for(database, server.url)
            await _book(resources, census, [*fitting(ground, "census"), *attempts(ground, seed)], meetings)
            await _deliver(resources)
            for meeting, stated in census.meetings.items():
                await _change(resources, meeting, stated, chance)
            await _deliver(resources)
            await _fetch(resources, census)
        census.mails = server.accepted
    finally:
        await database.close()
    return census


async def _book(resources: Resources, census: Census, wanted: list[dict[str, Any]], meetings: int) -> None:
    chance = random.Random(len(wanted))
    for stated in chance.sample(wanted, len(wanted)):
        if len(census.meetings) == meetings:
            break
        starts_at, ends_at = window_of(stated)
        command = BookMeeting(
            request_key=stated["requestKey"],
            kind=MeetingKind(stated["kind"]),
            child_references=tuple(stated["childReferences"]),
            starts_at=starts_at,
            ends_at=ends_at,
        )
        with suppress(ConveneError):  # another has the slot, or the child its meeting
            census.meetings[await service.book(resources, SUPPORT, command, datetime.now(UTC))] = stated


async def _change(resources: Resources, meeting: UUID, stated: dict[str, Any], chance: random.Random) -> None:
    fate, now = chance.random(), datetime.now(UTC)
    named: dict[str, Any] = {"request_key": f"change-{meeting}", "id": meeting, "version": 1, "reason": "a census"}
    if fate < 1 / 4:
        await service.cancel(resources, SUPPORT, MeetingAction(**named), now)
    elif fate < 7 / 12:
        starts_at = window_of(stated)[0] + timedelta(minutes=15)
        with suppress(ConveneError):
            await service.move(
                resources, SUPPORT, MoveMeeting(**named, starts_at=starts_at, ends_at=starts_at + LENGTHS[stated["kind"]]), now
            )


async def _deliver(resources: Resources) -> None:
    while await deliver_owed(resources, lambda: datetime.now(UTC)):
        pass


async def _fetch(resources: Resources, census: Census) -> None:
    now = datetime.now(UTC)
    async with resources.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT kind, code FROM resource WHERE kind <> 'POLICE' UNION SELECT 'POLICE_TEAM', code FROM police_team ORDER BY code"
        )
    for scope, code in [("UNIT", None), *((row["kind"], row["code"]) for row in rows)]:
        feed = await issue_feed(resources, COMMAND_LINE, IssueFeed(request_key=f"{scope} {code}", scope=FeedScope(scope), code=code), now)
        assert feed.url is not None
        answer = await fetch_feed(resources, feed.url.rsplit("/", 1)[1].removesuffix(".ics"), None, None, now)
        census.feeds[f"{scope} {code}"] = answer.body.decode()


async def judge(url: str, census: Census) -> list[Fault]:
    """Mails and feeds that are not as they should be, by our own eyes."""
    database = await Database.connect(url, size=1, name="judge")
    try:
        async with database.connection() as connection:
            faults = await find_mail_faults(connection, census.mails)
    finally:
        await database.close()
    return [*faults, *find_ill_formed(census.mails, census.canaries), *find_ill_feeds(census)]


def find_ill_feeds(census: Census) -> list[Fault]:
    """Feeds with too long a line, or that tell of a child, of a kind of meeting or anybody's address."""
    long = [name for name, text in census.feeds.items() if max(len(line.encode()) for line in text.split("\r\n")) > _LONGEST_LINE]
    unfolded = {name: text.replace("\r\n ", "").lower() for name, text in census.feeds.items()}
    secrets = [*(each.lower() for each in census.canaries), "mailto", "attendee", "organizer", "x-wr-calname"]
    telling = [name for name, text in unfolded.items() if any(each in text for each in secrets)]
    return [*(Fault("feed's line", name) for name in long), *(Fault("feed tells", name) for name in telling)]


def judge_by_libical(census: Census) -> list[Fault]:
    """Mails and feeds in which libical finds fault."""
    calendars = {f"mail {number}": read(mail).folded for number, mail in enumerate(census.mails)} | census.feeds
    return [Fault("libical", name) for name, kept in zip(calendars, kept_by_libical(list(calendars.values())), strict=True) if not kept]

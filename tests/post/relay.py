"""A mail relay in every bad temper: defers, refuses, stalls, hangs up, loses its answer, has no TLS, is away for an hour.

The clock is an argument: an hour passes when it is moved.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import cycle
from unittest.mock import patch

from services.invitations.delivery import deliver_owed
from services.invitations.owe import DiaryMeeting
from services.platform import mail
from services.platform.database import Database
from services.platform.resources import Resources
from tests.fire.oracle import Fault
from tests.invitations.meetings import Clock, add_meeting, at, chair, resources_for, tell, without_addressees
from tests.post.oracle import find_ill_formed, find_mail_faults
from tests.support.smtp import DROP, ScriptedSmtp, nobody_listens, running

LONGEST_WAIT = timedelta(minutes=15)
UNKNOWN = 7
"""One address in so many is unknown to the relay."""
_STEP = timedelta(seconds=30)
_POSTPONED = "SELECT next_attempt_at - $1 AS waits, attempts FROM notice WHERE state = 'OWED' AND attempts > 0 AND next_attempt_at > $1"


def is_unknown(address: str) -> bool:
    """Whether the relay refuses it for good."""
    return int(address.partition("@")[0].rpartition("-")[2]) % UNKNOWN == 0


def reached_elsewhere(meeting: DiaryMeeting) -> DiaryMeeting:
    """The same meeting, whose addressees have another address; the relay knows as much of it."""
    moved = [replace(each, email=f"new-{each.email}") for each in meeting.addressees]
    return replace(meeting, addressees=tuple(moved))


@dataclass(slots=True, kw_only=True)
class Days:
    """Meetings that change while the relay does as it likes; and all that was seen of how long a mail was put back."""

    database: Database
    server: ScriptedSmtp
    clock: Clock
    chance: random.Random
    meetings: list[DiaryMeeting] = field(default_factory=list)
    waits: set[timedelta] = field(default_factory=set)

    def resources(self, url: str | None = None) -> Resources:
        return resources_for(self.database, url or self.server.url)

    async def begin(self, number: int) -> None:
        begins = self.clock() + timedelta(days=14)
        for each in range(1, number + 1):
            meeting = await add_meeting(self.database, begins, [chair(begins, f"IRO-{each}")])
            self.meetings.append(meeting)
            await tell(self.database, meeting, self.clock())

    async def change_some(self, number: int) -> None:
        """A third is called off; of the others, which move, some are another's by now: she is reached elsewhere, or where she was first."""
        for meeting in self.chance.sample(self.meetings, number):
            to = min(each.arrives_at for each in meeting.addressees) + timedelta(days=self.chance.randint(1, 60))
            fate = self.chance.random()
            changed = without_addressees(meeting) if fate < 0.3 else at(reached_elsewhere(meeting) if fate < 0.6 else meeting, to)
            await tell(self.database, changed, self.clock())

    async def pass_(self, time: timedelta, *, url: str | None = None, limit: int = 5000) -> None:
        """A worker looks every half minute."""
        until = self.clock() + time
        while self.clock() < until:
            await deliver_owed(self.resources(url), self.clock, limit=limit)
            async with self.database.connection() as connection:
                self.waits |= {row["waits"] for row in await connection.fetch(_POSTPONED, self.clock())}
            self.clock.now += _STEP


def _refusing(days: Days) -> None:
    days.server.on_rcpt = lambda to: "550 5.1.1 nobody of that name" if is_unknown(to) else "250 fine"


def _deferring(days: Days) -> None:
    turns = _turns()
    days.server.on_data = lambda _: "451 4.3.0 later" if next(turns) else "250 fine"


def _hanging_up(days: Days) -> None:
    turns = _turns()
    days.server.on_data = lambda _: DROP if next(turns) else "250 fine"


def _losing_answers(days: Days) -> None:
    turns = _turns()
    days.server.lose_answer = lambda _: next(turns)


def _turns() -> Iterator[bool]:
    """Of three mails the first meets the temper, whosever it is: so does one at least, in whatever order they come."""
    return cycle((True, False, False))


TEMPERS: tuple[Callable[[Days], None], ...] = (_deferring, _hanging_up, _losing_answers)


def _calm(days: Days) -> None:
    days.server.on_data, days.server.lose_answer = (lambda _: "250 fine"), (lambda _: False)


@asynccontextmanager
async def days_of(database: Database, now: datetime, meetings: int, seed: int) -> AsyncIterator[Days]:
    """Meetings of which everybody is still to be told, and a relay that refuses some for good."""
    async with running(ScriptedSmtp()) as server:
        days = Days(database=database, server=server, clock=Clock(now), chance=random.Random(seed))
        _refusing(days)
        await days.begin(meetings)
        yield days


async def weather(days: Days) -> None:
    """Every temper in turn, with changes of meetings between, and calm at the end."""
    some = max(1, len(days.meetings) // 4)
    for temper in TEMPERS:
        temper(days)
        await days.pass_(timedelta(minutes=2))
        await days.change_some(some)
        _calm(days)
    await _stall(days)
    await days.change_some(some)
    await days.pass_(timedelta(minutes=1), url=days.server.url.replace("smtp://", "smtp+starttls://"))
    await days.pass_(timedelta(minutes=20))


async def _stall(days: Days) -> None:
    """The relay takes the data, and says nothing: whoever waits gives up after a while."""
    days.server.hold = asyncio.Event()
    with patch.object(mail, "_MESSAGE_SECONDS", 0.2):
        await days.pass_(_STEP, limit=4)
    days.server.hold.set()
    days.server.hold = None


async def away_for_an_hour(days: Days) -> None:
    """Nobody listens at the relay's address."""
    with nobody_listens() as gone:
        await days.pass_(timedelta(hours=1), url=gone.url)


async def judge(days: Days) -> list[Fault]:
    """Whatever is lost, overtaken, refused without cause, not refused, or put back too long."""
    async with days.database.connection() as connection:
        faults = await find_mail_faults(connection, days.server.accepted)
        rows = await connection.fetch("SELECT email, state, refusal FROM notice")
    wrong = [Fault("refused", row["email"]) for row in rows if row["state"] == "REFUSED" and not is_unknown(row["email"])]
    wrong += [Fault("not dead", row["email"]) for row in rows if is_unknown(row["email"]) and row["state"] not in {"REFUSED", "SUPERSEDED"}]
    wrong += [Fault("waits", str(each)) for each in days.waits if each > LONGEST_WAIT]
    return [*faults, *wrong, *find_ill_formed(days.server.accepted, ())]

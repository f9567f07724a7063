"""Sends what is owed, notices and letters: each mail locked until it is sent, and marked as sent only after the server's 250.

A sender that dies leaves the few mails in its hand owed, and their locks fall at once: the next one sends the same bytes again, and
nothing newer for those addressees goes before. SMTP cannot say more than "at least once"; identical bytes let calendars see one.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

import structlog

from services.invitations.itip import sender_of
from services.invitations.outbox import LETTERS, NOTICES, Outbox, Settled, Taken
from services.kernel.errors import Rejected
from services.kernel.words import InvitationState
from services.platform.database import Connection, Database, is_gone, run_within
from services.platform.mail import MailDeferred, MailGateway, MailRefused, MailServerAway, MailSession
from services.platform.resources import Resources

SENDERS = 4
"""Connections to the mail server that one delivery uses at most."""

_AT_ONCE = 200
_IN_HAND = 10
"""Mails that one sender takes at once, and that come twice at most if it dies."""
_SECONDS_IN_HAND = 1.0
"""After so many it begins no more of them: far below what the database lets a transaction wait."""
_FIRST_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(minutes=15)

_log = structlog.get_logger(__name__)


class _Fate(Enum):
    SENT = auto()
    REFUSED = auto()
    POSTPONED = auto()
    SUPERSEDED = auto()
    NOT_OURS = auto()
    SERVER_AWAY = auto()


def back_off(attempts: int, luck: float) -> timedelta:
    """How long to wait after so many failed attempts before: doubling from 5 s, at most 15 minutes; `luck` in [0, 1) halves it at most."""
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << min(attempts, 12))) * (1 - luck / 2)


async def deliver_owed(resources: Resources, clock: Callable[[], datetime], *, limit: int = 5000) -> int:
    """Sends mails whose turn it is, up to about `limit`; answers how many the mail server accepted.

    True after the call: each that was accepted is SENT, each refused for good is REFUSED with the server's code, each other
    is owed at a later time. It ends early while the server cannot be reached. Several may run at once. Cancelled, it
    finishes the messages in hand first, so that a clean stop sends nothing twice.
    """
    if resources.config.smtp_url is None:
        raise Rejected("no mail server is named: set CONVENE_SMTP_URL, or start everything with `convene up`")
    gateway = MailGateway(resources.config.smtp_url)
    total: Counter[_Fate] = Counter()
    async with AsyncExitStack() as open_sessions:
        senders = min(SENDERS, resources.config.database_pool)
        sessions = [await open_sessions.enter_async_context(gateway.session()) for _ in range(senders)]
        while (left := limit - total[_Fate.SENT]) > 0:
            async with resources.database.connection() as connection:
                due = await _due(connection, clock(), min(left, _AT_ONCE))
            fates = await _send_all(resources.database, sessions, due, clock)
            total += fates
            if not fates or fates[_Fate.SERVER_AWAY] or fates.keys() == {_Fate.NOT_OURS}:
                break
    if total:
        _log.info("notices.delivered", **{fate.name.lower(): count for fate, count in total.items() if fate is not _Fate.NOT_OURS})
    return total[_Fate.SENT]


async def _due(connection: Connection, now: datetime, most: int) -> list[tuple[Outbox, UUID]]:
    """Letters are few, and so are never kept waiting by a flood of notices; nor may they fill a whole turn."""
    letters = await LETTERS.due(connection, now, -(-most // 4))
    notices = await NOTICES.due(connection, now, most - len(letters))
    return [*((LETTERS, each) for each in letters), *((NOTICES, each) for each in notices)]


@dataclass(slots=True)
class _Turn:
    """What is to be sent by several senders. `over`: nothing more is begun."""

    waiting: deque[tuple[Outbox, UUID]]
    senders: int
    over: bool = False

    def hand(self) -> tuple[Outbox, list[UUID]]:
        """The next mails for one sender, of one outbox: a fair share of them, and few."""
        outbox = self.waiting[0][0]
        most = min(_IN_HAND, -(-len(self.waiting) // self.senders))
        ids: list[UUID] = []
        while self.waiting and len(ids) < most and self.waiting[0][0] is outbox:
            ids.append(self.waiting.popleft()[1])
        return outbox, ids

    def end(self) -> None:
        self.over = True
        self.waiting.clear()


async def _send_all(
    database: Database, sessions: Sequence[MailSession], due: Iterable[tuple[Outbox, UUID]], clock: Callable[[], datetime]
) -> Counter[_Fate]:
    turn = _Turn(deque(due), len(sessions))
    fates: Counter[_Fate] = Counter()

    async def work(session: MailSession) -> None:
        if not turn.waiting:
            return
        async with database.connection() as connection:
            while turn.waiting:
                fates.update(await _send_some(connection, session, turn, clock))

    tasks = [asyncio.create_task(work(session)) for session in sessions]
    try:
        await asyncio.gather(*(asyncio.shield(task) for task in tasks))
    finally:
        turn.end()
        await asyncio.gather(*tasks, return_exceptions=True)
    return fates


async def _send_some(connection: Connection, session: MailSession, turn: _Turn, clock: Callable[[], datetime]) -> list[_Fate]:
    """A few in one transaction, which costs as much as sending one; and soon over, so that a slow server holds few."""
    outbox, ids = turn.hand()
    until = asyncio.get_running_loop().time() + _SECONDS_IN_HAND
    async with connection.transaction():
        taken = await outbox.take(connection, ids, clock())
        found: list[tuple[_Fate, Settled]] = []
        for mail in taken:
            if is_gone(connection):  # and with it the locks: another sender may have these mails in its hand, and newer ones next
                turn.end()
                break
            found.append(await _send_one(session, mail, clock))
            if found[-1][0] is _Fate.SERVER_AWAY:
                turn.end()
            if turn.over or asyncio.get_running_loop().time() > until:
                break
        fates = [settled for _, settled in found]
        await run_within(connection, lambda inner: outbox.settle(inner, fates))
    if not turn.over:
        turn.waiting.extendleft((outbox, mail.id) for mail in reversed(taken[len(found) :]))
    return [*(fate for fate, _ in found), *[_Fate.NOT_OURS] * (len(ids) - len(taken))]


async def _send_one(session: MailSession, mail: Taken, clock: Callable[[], datetime]) -> tuple[_Fate, Settled]:
    if mail.stale:
        return _Fate.SUPERSEDED, Settled(id=mail.id, state=InvitationState.SUPERSEDED)
    try:
        await session.send(sender_of(mail.message), mail.email, mail.message)
    except MailRefused as fault:
        return _Fate.REFUSED, Settled(id=mail.id, state=InvitationState.REFUSED, refusal=fault.code)
    except MailDeferred as fault:
        later = clock() + back_off(mail.attempts, random.random())
        fate = _Fate.SERVER_AWAY if isinstance(fault, MailServerAway) else _Fate.POSTPONED
        return fate, Settled(id=mail.id, state=InvitationState.OWED, refusal=fault.code, later=later)
    return _Fate.SENT, Settled(id=mail.id, state=InvitationState.SENT, sent_at=clock())

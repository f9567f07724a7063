"""Sends what is owed, notices and letters: each mail locked for the length of its own sending, marked as sent only after the server's 250.

A sender that dies leaves the mail owed, and its lock falls at once: the next one sends the same bytes again, and nothing
newer for that addressee goes before. SMTP cannot say more than "at least once"; identical bytes let calendars see one.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

import structlog

from services.invitations.itip import sender_of
from services.invitations.outbox import LETTERS, NOTICES, Outbox
from services.kernel.errors import Rejected
from services.kernel.words import InvitationState
from services.platform.database import Connection, Database
from services.platform.mail import MailDeferred, MailGateway, MailRefused, MailServerAway, MailSession
from services.platform.resources import Resources

SENDERS = 4
"""Connections to the mail server that one delivery uses at most."""

_AT_ONCE = 200
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


async def _send_all(
    database: Database, sessions: Iterable[MailSession], due: Iterable[tuple[Outbox, UUID]], clock: Callable[[], datetime]
) -> Counter[_Fate]:
    waiting = deque(due)
    fates: Counter[_Fate] = Counter()

    async def work(session: MailSession) -> None:
        if not waiting:
            return
        async with database.connection() as connection:
            while waiting:
                fate = await _send_one(connection, session, *waiting.popleft(), clock)
                fates[fate] += 1
                if fate is _Fate.SERVER_AWAY:
                    waiting.clear()

    tasks = [asyncio.create_task(work(session)) for session in sessions]
    try:
        await asyncio.gather(*(asyncio.shield(task) for task in tasks))
    finally:
        waiting.clear()
        await asyncio.gather(*tasks, return_exceptions=True)
    return fates


async def _send_one(connection: Connection, session: MailSession, outbox: Outbox, mail_id: UUID, clock: Callable[[], datetime]) -> _Fate:
    async with connection.transaction():
        mail = await outbox.take(connection, mail_id, clock())
        if mail is None:
            return _Fate.NOT_OURS
        if mail.stale:
            await outbox.settle(connection, mail_id, InvitationState.SUPERSEDED)
            return _Fate.SUPERSEDED
        try:
            await session.send(sender_of(mail.message), mail.email, mail.message)
        except MailRefused as fault:
            await outbox.settle(connection, mail_id, InvitationState.REFUSED, refusal=fault.code)
            return _Fate.REFUSED
        except MailDeferred as fault:
            until = clock() + back_off(mail.attempts, random.random())
            await outbox.postpone(connection, mail_id, until, fault.code)
            return _Fate.SERVER_AWAY if isinstance(fault, MailServerAway) else _Fate.POSTPONED
        await outbox.settle(connection, mail_id, InvitationState.SENT, sent_at=clock())
        return _Fate.SENT

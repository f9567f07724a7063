"""Mail that is owed, whatever it is: notices of meetings, and plain letters. Each is a table whose rows are sent one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.kernel.words import InvitationState
from services.platform.database import Connection
from services.platform.sql import load_queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A mail in this sender's hand. `stale`: something newer is owed to the same addressee, so this one is not to be sent."""

    id: UUID
    email: str
    message: bytes
    attempts: int
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a mail in hand: its final state, or OWED again, from `later` on. `refusal` is a code, what the server answered."""

    id: UUID
    state: InvitationState
    sent_at: datetime | None = None
    refusal: str | None = None
    later: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outbox:
    """One table of mails, by the statements that take from it."""

    queries: Any

    async def due(self, connection: Connection, now: datetime, most: int) -> list[UUID]:
        """Up to `most` mails whose turn it is, marked as tried. Run it outside a transaction: the mark must be there before the
        attempt."""
        due = [row["id"] async for row in self.queries.due(connection, now=now, most=most)]
        if due:
            await self.queries.mark_tried(connection, ids=due, now=now)
        return due

    async def take(self, connection: Connection, ids: Sequence[UUID], now: datetime) -> list[Taken]:
        """Locks mails until the transaction ends, in the order of `ids`; without those that another sender has or that need not be sent
        now, nor those to an address for which another sender has a mail of the same meeting in its hand.

        Whether one is stale is judged after it is locked: what was accepted of the meeting until then is known by then.
        """
        locked = [row["id"] async for row in self.queries.lock(connection, ids=list(ids), now=now)]
        found = {row["id"]: Taken(**row) async for row in self.queries.read(connection, ids=locked, now=now)}
        return [found[each] for each in ids if each in found]

    async def settle(self, connection: Connection, fates: Sequence[Settled]) -> None:
        """What became of mails in hand is kept."""
        await self.queries.settle(
            connection,
            ids=[each.id for each in fates],
            states=[each.state.value for each in fates],
            sent=[each.sent_at for each in fates],
            refusals=[each.refusal for each in fates],
            later=[each.later for each in fates],
        )

    async def backlog(self, connection: Connection) -> tuple[int, datetime | None]:
        """How many mails wait, and since when the oldest does."""
        row = await self.queries.backlog(connection)
        return row["owed"], row["oldest"]


_WORDS = {"nobody_else_writes": "pg_try_advisory_xact_lock(hashtext('invitations.outbox'), hashtext(about || ' ' || lower(email)))"}
"""Whether no other sender has a mail about that in its hand for that address, and none will until the transaction ends. Nobody waits for
it; two matters that share a number by chance go one after the other, which harms neither."""
NOTICES = Outbox(load_queries(__file__, "outbox_notices.sql", words=_WORDS))
LETTERS = Outbox(load_queries(__file__, "outbox_letters.sql", words=_WORDS))
OUTBOXES = (NOTICES, LETTERS)

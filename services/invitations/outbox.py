"""Mail that is owed, whatever it is: notices of meetings, and plain letters. Each is a table whose rows are sent one by one."""

from __future__ import annotations

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

    async def take(self, connection: Connection, mail_id: UUID, now: datetime) -> Taken | None:
        """Locks a mail until the transaction ends; None if another sender has it or it need not be sent now."""
        row = await self.queries.take(connection, id=mail_id, now=now)
        return None if row is None else Taken(id=mail_id, **row)

    async def settle(
        self, connection: Connection, mail_id: UUID, state: InvitationState, *, sent_at: datetime | None = None, refusal: str | None = None
    ) -> None:
        """Gives a mail in hand its final state."""
        await self.queries.settle(connection, id=mail_id, state=state.value, sent_at=sent_at, refusal=refusal)

    async def postpone(self, connection: Connection, mail_id: UUID, until: datetime, code: str) -> None:
        """Puts a mail in hand back until then; `code` says what the server answered."""
        await self.queries.postpone(connection, id=mail_id, next_attempt_at=until, refusal=code)

    async def backlog(self, connection: Connection) -> tuple[int, datetime | None]:
        """How many mails wait, and since when the oldest does."""
        row = await self.queries.backlog(connection)
        return row["owed"], row["oldest"]


NOTICES = Outbox(load_queries(__file__, "outbox_notices.sql"))
LETTERS = Outbox(load_queries(__file__, "outbox_letters.sql"))
OUTBOXES = (NOTICES, LETTERS)

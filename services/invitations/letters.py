"""Plain mails beside the invitations: owed with what they tell of, sent as surely, one addressee each. Never about a child."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.platform.database import Connection


async def owe_letter(connection: Connection, about: str, email: str, subject: str, text: str, now: datetime) -> UUID:
    """The letter is owed once the caller's transaction commits, as the very bytes to be sent; answers its identifier.

    `about`: what it tells of, `rebalancing:<id>`; of two about one matter to one addressee the earlier goes first. The caller rings
    the doorbell of delivery afterwards.
    """
    raise NotImplementedError

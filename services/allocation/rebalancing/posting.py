"""Letters to the officers concerned are owed, one each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.allocation.rebalancing import store
from services.allocation.rebalancing.telling import Digest
from services.booking.desk import Desk
from services.invitations.letters import owe_letter


async def owe_digests(desk: Desk, rebalancing_id: UUID, letters: Sequence[Digest]) -> None:
    """Each letter is owed to its officer, as far as her address is known, once the transaction commits."""
    addresses = await store.emails(desk.connection, [letter.officer for letter in letters])
    for letter in letters:
        if letter.officer in addresses:
            about = f"rebalancing:{rebalancing_id}"
            await owe_letter(desk.connection, about, addresses[letter.officer], letter.subject, letter.text, desk.now)

"""What was read, kept for as long as the same read would find the same: while no transaction has ended in the server.

Whether one has is asked of the server each time, up to a hundred times a second. Beyond that an answer may be up to ten milliseconds
old, but never older than what this process itself has done in the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import Any, Generic, TypeVar

from services.platform.together import Together

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

ASKED_A_SECOND = 100
"""How many of those who ask in a second are answered by what is committed when they ask; this many also at one moment."""
OLDEST = 1 / ASKED_A_SECOND
"""Seconds that an answer to the others may be old."""

_MOST = 10_000
# Which transactions have ended, by the snapshot that each statement begins with: it touches no table. A server that took another's
# place, or went back to a backup, began at another time, whatever its numbers say. None of a standby: there the snapshot does not
# tell which transactions are in progress, and one that ends need not change it.
_STATE = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_snapshot()::text || ' ' || pg_postmaster_start_time()::text END"


class Kept(Generic[K, V]):
    """The findings of one read, which depends on its keys and on what is committed, and on nothing else.

    `uses` counts the ended uses of connections by this process, those that `connection` lends not among them; `opened` the connections
    that were made for `connection`.
    """

    def __init__(
        self,
        read: Callable[[Any, Sequence[K]], Awaitable[Mapping[K, V]]],
        connection: Callable[[], AbstractAsyncContextManager[Any]],
        uses: Callable[[], int],
        opened: Callable[[], int],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._read = read
        self._connection = connection
        self._uses = uses
        self._opened = opened
        self._clock = clock
        self._together: Together[K, V] = Together(self._look)
        self._state: tuple[int, str | None] = (-1, None)
        self._found: dict[K, V] = {}
        self._looked_at, self._looked_after = -OLDEST, -1
        self._spare, self._spared_at = float(ASKED_A_SECOND), clock()

    async def ask(self, key: K) -> V | None:
        """What the read finds for `key` from now on, or found `OLDEST` ago at most where many ask; None where it finds nothing."""
        found = None if self._may_look() else self._just_found(key)
        return await self._together.ask(key) if found is None else found

    def _may_look(self) -> bool:
        now = self._clock()
        self._spare = min(ASKED_A_SECOND, self._spare + (now - self._spared_at) * ASKED_A_SECOND)
        self._spared_at = now
        if self._spare < 1:
            return False
        self._spare -= 1
        return True

    def _just_found(self, key: K) -> V | None:
        if self._looked_after != self._uses() or self._clock() - self._looked_at >= OLDEST:
            return None
        return self._found.get(key)

    async def _look(self, keys: Sequence[K]) -> Mapping[K, V]:
        began, uses = self._clock(), self._uses()
        async with self._connection() as connection:
            # The state comes first: what is read after it may be newer, and never passes for that of a state after it.
            # A server that recovers from a crash began when it did, and gives the numbers that it had not flushed to others: but each
            # connection to it is a new one.
            state = self._opened(), await connection.fetchval(_STATE)
            if state != self._state or state[1] is None or len(self._found) > _MOST:
                self._state, self._found = state, {}
            missing = [key for key in keys if key not in self._found]
            if missing:  # what was not found is looked for each time
                self._found.update(await self._read(connection, missing))
        self._looked_at, self._looked_after = began, uses
        return self._found

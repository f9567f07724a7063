"""What a resolver knows of its request: who asks, when, and what the request has seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

import strawberry

from graph.loaders import Loaders
from graph.tokens import Claims
from services.booking.watching import DiaryWatch
from services.caseload.watching import Watch
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden
from services.kernel.window import civil_day
from services.platform import audit
from services.platform.database import Connection
from services.platform.resources import Resources

P = ParamSpec("P")
Value = TypeVar("Value")


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation's own: its clock stands still, its loaders are fresh. A connection's own has no operation yet.

    `watch` and `diary` are the process's: what all followers of caseloads, and of the diary, look at."""

    resources: Resources
    clock: Callable[[], datetime]
    request_id: str
    claims: Claims | None = None
    actor_or_none: Actor | None = None
    connection_params: dict[str, object] | None = None
    now: datetime = field(init=False)
    loaders: Loaders = field(init=False)
    watch: Watch = field(default_factory=Watch)
    diary: DiaryWatch = field(default_factory=DiaryWatch)
    seen: set[UUID] = field(default_factory=set)

    @property
    def actor(self) -> Actor:
        if self.actor_or_none is None:
            raise Forbidden("no token was given")
        return self.actor_or_none

    @property
    def today(self) -> date:
        """The civil day in England, or the one that the process was told."""
        return self.resources.today(self.now)

    def renewed(self) -> Context:
        """The context of a new operation of the same viewer; raises `Forbidden` once the token has expired."""
        new = replace(self, seen=set())
        new.renew()
        return new

    def renew(self) -> None:
        """Reads the clock and forgets what was loaded: before each event of a subscription, after each mutation."""
        self.now = self.clock()
        if self.claims is None or self.claims.expired(self.now):
            raise Forbidden("the token has expired: connect again with a new one")
        self.loaders = Loaders(self.resources.database, self.actor, self.today)

    async def read(self, read: Callable[Concatenate[Connection, Actor, P], Awaitable[Value]], *args: P.args, **named: P.kwargs) -> Value:
        """A read that is no batch, on a connection of its own."""
        async with self.resources.database.connection() as connection:
            return await read(connection, self.actor, *args, **named)

    async def read_at_once(
        self, read: Callable[Concatenate[Connection, Actor, P], Awaitable[Value]], *args: P.args, **named: P.kwargs
    ) -> Value:
        """A read of several statements that must see the same state."""
        async with self.resources.database.transaction(snapshot=True) as connection:
            return await read(connection, self.actor, *args, **named)

    def day_known(self, known_at: datetime | None) -> date:
        """The day as of which something is judged that was known at an instant; of what is known now, today."""
        return self.today if known_at is None else min(self.today, civil_day(known_at))

    async def record_seen(self) -> None:
        """Writes who saw which children, before the answer is given."""
        if self.seen:
            subjects: list[tuple[str | None, dict[str, Any]]] = [(f"child:{child}", {}) for child in sorted(self.seen)]
            async with self.resources.database.connection() as connection:
                await audit.record_many(connection, self.actor, "READ_CHILD", subjects, request_id=self.request_id)
            self.seen.clear()


Info: TypeAlias = strawberry.Info[Context, None]

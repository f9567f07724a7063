"""A desk at which records are written: every command in one line, each with a key of its own, and what is in force afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from services.history import commands, corrections, service, versions
from services.kernel.actor import Actor
from services.kernel.words import MeetingKind, Role
from services.platform.resources import Resources
from tests.history.children import owed

SUPPORT = Actor(subject="support", role=Role.BUSINESS_SUPPORT, name="Support")
TODAY = date(2026, 9, 1)
BORN = date(2015, 6, 1)
_KEYS = count()


@dataclass
class Desk:
    """Each command comes a minute after the one before it."""

    resources: Resources
    now: datetime
    actor: Actor = SUPPORT

    async def do(self, command: str, *, key: str | None = None, **values: Any) -> Any:
        """Has the command of that name done, by the service of the same name."""
        verb: Callable[..., Awaitable[Any]] = getattr(service, _snake(command))
        self.now += timedelta(minutes=1)
        stated = getattr(corrections if command.startswith("Correct") else commands, command)
        ready = stated(request_key=key or f"key {next(_KEYS)}", **values)
        return await verb(self.resources, self.actor, ready, self.now)

    def as_actor(self, actor: Actor) -> Desk:
        return replace(self, actor=actor, now=self.now + timedelta(hours=1))

    async def child(self, reference: str = "CH1", born_on: date | None = BORN, expected_on: date | None = None) -> UUID:
        child_id: UUID = await self.do("RegisterChild", reference=reference, born_on=born_on, expected_on=expected_on)
        return child_id

    async def care(self, day: date = date(2026, 3, 2), reference: str = "CH1", legal_status: str | None = "C2") -> None:
        await self.do("StartCarePeriod", reference=reference, started_on=day, legal_status=legal_status)

    async def held(self, kind: MeetingKind, day: date, *references: str, on_plan: bool | None = None, **more: Any) -> Any:
        named = references or ("CH1",)
        outcomes = tuple(commands.HeldOutcome(reference=each, on_plan=on_plan) for each in named)
        return await self.do("RecordHeldMeeting", kind=kind, held_on=day, references=named, **{"outcomes": outcomes, **more})

    async def plan(self, day: date = date(2026, 3, 2), *references: str) -> None:
        """An initial conference that makes one."""
        await self.held(MeetingKind.INITIAL_CONFERENCE, day, *references, on_plan=True)

    async def records(self, table: str, **where: Any) -> list[dict[str, Any]]:
        async with self.resources.database.connection() as connection:
            found = await versions.records_in_force(connection, table, where)
        return sorted(found, key=lambda record: record["recorded"].lower)

    async def record(self, table: str, **where: Any) -> dict[str, Any]:
        (found,) = await self.records(table, **where)
        return found

    async def days(self, table: str, **where: Any) -> list[tuple[date, date | None, str | None]]:
        """First and last day, and why it ended, of the records in force, by their first day."""
        found = [(each["started_on"], each["ended_on"], each["end_reason"]) for each in await self.records(table, **where)]
        return sorted(found, key=lambda each: each[0])

    async def owed(self, child_id: UUID) -> list[tuple[str, date, date, str]]:
        return await owed(self.resources.database, child_id)

    async def open(self, child_id: UUID) -> list[tuple[str, date]]:
        """Rule and the law's latest day of all that is still owed."""
        return [(rule, due) for rule, _, due, state in await self.owed(child_id) if state == "OPEN"]

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        async with self.resources.database.connection() as connection:
            return list(await connection.fetch(sql, *values))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")

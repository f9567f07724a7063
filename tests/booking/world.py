"""A small unit and its children, as the tests of booking need them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg

from services.booking import service
from services.booking.commands import BookMeeting, MeetingAction, MoveMeeting, RecordHeld
from services.directory.establishment import Establishment, StatedIro, StatedNoteTaker, StatedPoliceTeam, StatedRoom
from services.directory.service import apply_establishment
from services.history import service as history
from services.history.commands import RecordStrategyDiscussion, RegisterChild, StartCarePeriod
from services.kernel.actor import COMMAND_LINE, Actor
from services.kernel.window import local_instant
from services.kernel.words import MeetingKind, Role
from services.platform.config import Config
from services.platform.database import Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources

NOW = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
TODAY = date(2026, 9, 1)
MANAGER = Actor(subject="manager", role=Role.MANAGER, name="A manager")
SUPPORT = Actor(subject="support", role=Role.BUSINESS_SUPPORT, name="Business support")
_FEATURES = ("step_free", "family_room")
_keys = count(1)
AS_MUCH_AS_COMES = 7 * 24 * 60
"""Minutes of write-up a week beyond what a diary can hold."""


def unit(
    *, iros: int = 2, rooms: int = 2, note_takers: int = 2, police: int = 1, write_up_a_week: int = AS_MUCH_AS_COMES, **more: Any
) -> Establishment:
    """So many of each; police: places of one team; `write_up_a_week`: minutes of each note-taker."""
    return Establishment(
        unit_name="Unit",
        organiser="unit@example.org",
        room_desk="rooms@example.org",
        iros=tuple(
            StatedIro(code=f"IRO-{n:02}", name=f"Officer {n}", email=f"iro{n}@example.org", wte=Decimal(1)) for n in range(1, iros + 1)
        ),
        rooms=tuple(
            StatedRoom(code=f"ROOM-{chr(64 + n)}", name=f"Room {chr(64 + n)}", seats=12 + 2 * n, features=_FEATURES)
            for n in range(1, rooms + 1)
        ),
        note_takers=tuple(
            StatedNoteTaker(
                code=f"NT-{n:02}", name=f"Taker {n}", email=f"nt{n}@example.org", wte=Decimal(1), write_up_a_week=write_up_a_week
            )
            for n in range(1, note_takers + 1)
        ),
        police_teams=(StatedPoliceTeam(code="POL-01", name="Team", email="pol@example.org", capacity=police),) if police else (),
        **more,
    )


def at(day: date, clock: str) -> datetime:
    return local_instant(day, time.fromisoformat(clock))


@dataclass
class World:
    database: Database
    now: datetime = NOW
    resources: Resources = field(init=False)

    def __post_init__(self) -> None:
        config = Config(_env_file=None)  # type: ignore[call-arg]
        self.resources = Resources(config=config, database=self.database, doorbell=Doorbell(None))

    async def establish(self, establishment: Establishment | None = None, **more: Any) -> None:
        async with self.database.transaction() as connection:
            await apply_establishment(connection, establishment or unit(**more), actor=COMMAND_LINE, now=self.now, today=TODAY)

    async def child(self, reference: str, iro: str | None = "IRO-01", *, born_on: date | None = date(2016, 5, 4), **more: Any) -> str:
        await history.register_child(
            self.resources, MANAGER, RegisterChild(request_key=key(), reference=reference, born_on=born_on, **more), self.now
        )
        if iro is not None:
            await self.sql(
                "INSERT INTO allocation (id, child_id, held, iro_id) SELECT gen_random_uuid(), c.id, '[2026-01-01,)', r.id "
                "FROM child c, resource r WHERE c.reference = $1 AND r.code = $2",
                reference,
                iro,
            )
        return reference

    async def discussed(self, *references: str, on: date = TODAY) -> None:
        """A strategy discussion: an initial conference is owed within 15 working days."""
        command = RecordStrategyDiscussion(request_key=key(), references=references, held_on=on)
        await history.record_strategy_discussion(self.resources, MANAGER, command, self.now)

    async def in_care(self, reference: str, since: date = date(2026, 8, 24)) -> None:
        """Looked after: a first review is owed within 20 working days."""
        command = StartCarePeriod(request_key=key(), reference=reference, started_on=since)
        await history.start_care_period(self.resources, MANAGER, command, self.now)

    async def conference(self, reference: str, iro: str | None = "IRO-01", **more: Any) -> str:
        """A child for whom an initial conference is owed."""
        await self.child(reference, iro, **more)
        await self.discussed(reference)
        return reference

    async def review(self, reference: str, iro: str | None = "IRO-01", **more: Any) -> str:
        """A child for whom a first care review is owed."""
        await self.child(reference, iro, **more)
        await self.in_care(reference)
        return reference

    async def book(self, *references: str, actor: Actor = SUPPORT, **more: Any) -> UUID:
        more.setdefault("kind", MeetingKind.INITIAL_CONFERENCE)
        more.setdefault("request_key", key())
        return await service.book(self.resources, actor, BookMeeting(child_references=references, **more), self.now)

    async def book_review(self, *references: str, **more: Any) -> UUID:
        return await self.book(*references, kind=MeetingKind.CARE_REVIEW, **more)

    async def move(self, meeting_id: UUID, version: int = 1, *, actor: Actor = SUPPORT, **more: Any) -> UUID:
        command = MoveMeeting(**{"request_key": key(), "id": meeting_id, "version": version, "reason": "a test", **more})
        return await service.move(self.resources, actor, command, self.now)

    async def act(self, verb: str, meeting_id: UUID, version: int = 1, *, actor: Actor = SUPPORT, reason: str | None = "a test") -> UUID:
        command = MeetingAction(request_key=key(), id=meeting_id, version=version, reason=reason)
        found: UUID = await getattr(service, verb)(self.resources, actor, command, self.now)
        return found

    async def held(self, meeting_id: UUID, version: int = 1, *, actor: Actor = SUPPORT, **more: Any) -> UUID:
        command = RecordHeld(**{"request_key": key(), "id": meeting_id, "version": version, **more})
        return await service.record_held(self.resources, actor, command, self.now)

    async def sql(self, statement: str, *values: object) -> list[Any]:
        async with self.database.transaction() as connection:
            return await connection.fetch(statement, *values)

    async def meeting(self, meeting_id: UUID) -> dict[str, Any]:
        """The row with the codes of who takes part."""
        (row,) = await self.sql(
            """SELECT m.*, chair.code AS chair, room.code AS room, taker.code AS note_taker, team.code AS police
               FROM meeting m LEFT JOIN resource chair ON chair.id = chair_id LEFT JOIN resource room ON room.id = room_id
               LEFT JOIN resource taker ON taker.id = note_taker_id LEFT JOIN police_team team ON team.id = police_team_id
               WHERE m.id = $1""",
            meeting_id,
        )
        return dict(row)

    async def holds(self, meeting_id: UUID) -> dict[str, tuple[str, str]]:
        """By resource: the blocked span of its last sitting, by the clock on the wall."""
        rows = await self.sql(
            """SELECT code, to_char(lower(blocked) AT TIME ZONE 'Europe/London', 'HH24:MI') AS since,
                      to_char(upper(blocked) AT TIME ZONE 'Europe/London', 'HH24:MI') AS until
               FROM hold JOIN resource ON id = resource_id WHERE meeting_id = $1 ORDER BY code, sitting""",
            meeting_id,
        )
        return {row["code"]: (row["since"], row["until"]) for row in rows}

    async def history(self, meeting_id: UUID) -> list[str]:
        rows = await self.sql("SELECT what FROM meeting_event WHERE meeting_id = $1 ORDER BY number", meeting_id)
        return [row["what"] for row in rows]

    async def owed(self, meeting_id: UUID) -> list[tuple[str, str, int]]:
        """Addressee, method and sequence of every notice."""
        rows = await self.sql(
            "SELECT addressee_kind, method, n.sequence FROM notice n JOIN calendar_entry e USING (uid) WHERE meeting_id = $1 ORDER BY 1, 3",
            meeting_id,
        )
        return [tuple(row) for row in rows]

    async def obligations(self, reference: str) -> list[tuple[str, str, date]]:
        rows = await self.sql(
            "SELECT kind, state, triggered_on FROM obligation JOIN child ON child.id = child_id WHERE reference = $1 ORDER BY 3, 1",
            reference,
        )
        return [tuple(row) for row in rows]


def key() -> str:
    return f"key-{next(_keys)}"


async def overlaps(database: Database | str) -> int:
    """Pairs of holds of one resource that overlap: counted by a join of the table with itself, without its constraint."""
    statement = "SELECT count(*) FROM hold a JOIN hold b ON a.resource_id = b.resource_id AND a.blocked && b.blocked AND a.ctid < b.ctid"
    if isinstance(database, str):
        connection = await asyncpg.connect(database)
        try:
            return int(await connection.fetchval(statement))
        finally:
            await connection.close()
    async with database.connection() as door:
        return int(await door.fetchval(statement))


def most_at_once(spans: Sequence[tuple[datetime, datetime]]) -> int:
    """A sweep line: the most spans at one instant."""
    edges = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans], key=lambda edge: (edge[0], edge[1]))
    level = most = 0
    for _, step in edges:
        level += step
        most = max(most, level)
    return most


async def together(*work: Any) -> list[Any]:
    return await asyncio.gather(*work, return_exceptions=True)


def days_after(day: date, number: int) -> date:
    return day + timedelta(days=number)

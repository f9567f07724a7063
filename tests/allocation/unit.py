"""A small unit in a real database, for tests of a person's choices: children in care, and officers whom every rule forbids."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from services.kernel.actor import Actor
from services.kernel.words import Role
from services.platform.config import Config
from services.platform.database import Connection, Database
from services.platform.queue import Doorbell
from services.platform.resources import Resources
from tests.support.records import EARLY, Records

TODAY = date(2026, 9, 1)
MANAGER = Actor(subject="manager", role=Role.MANAGER, name="manager")
OTHER = Actor(subject="other-manager", role=Role.MANAGER, name="other manager")
PROGRAM = Actor(subject="service:door", role=Role.SERVICE, name="door")


@dataclass(frozen=True, slots=True)
class Unit:
    """`iros` and `children` by code and reference."""

    resources: Resources
    connection: Connection
    records: Records
    iros: dict[str, UUID] = field(default_factory=dict)
    children: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    def of(cls, database: Database, connection: Connection) -> Unit:
        config = Config(_env_file=None, today=TODAY)  # type: ignore[call-arg]
        resources = Resources(config=config, database=database, doorbell=Doorbell(None))
        return cls(resources, connection, Records(connection))

    async def officer(self, code: str, *, wte: str = "1.0") -> UUID:
        self.iros[code] = await self.records.iro(code, wte=wte)
        return self.iros[code]

    async def child(self, reference: str, *, iro: str | None = None, siblings: str | None = None, since: date = date(2026, 1, 5)) -> UUID:
        """A child in care that weighs 1.25 points, with that officer."""
        self.children[reference] = await self.records.child(reference, siblings=siblings)
        await self.records.care_period(self.children[reference], since)
        if iro is not None:
            await self.records.allocation(self.children[reference], self.iros[iro])
        return self.children[reference]

    async def limit(self, points: str) -> None:
        await self.connection.execute(
            "INSERT INTO setting VALUES ('limit_per_wte', daterange('2026-01-01', NULL), to_jsonb($1::text))", points
        )

    async def wte(self, code: str, wte: Decimal) -> None:
        await self.connection.execute("DELETE FROM contract WHERE resource_id = $1", self.iros[code])
        await self.connection.execute("INSERT INTO contract VALUES ($1, '[2020-01-01,)', $2)", self.iros[code], wte)

    async def tie(self, code: str, reference: str, ground: str = "HAD_CHARGE") -> None:
        await self.connection.execute(
            "INSERT INTO may_not_chair (iro_id, child_reference, reason, source, ground) VALUES ($1, $2, 'was her worker', 'TEST', $3)",
            self.iros[code],
            reference,
            ground,
        )

    async def parent(self, parent: str, child: str) -> None:
        await self.connection.execute(
            "INSERT INTO parentage VALUES ($1, $2, tstzrange($3, NULL), 'TEST')", self.children[child], self.children[parent], EARLY
        )

    async def panel(self, code: str, reference: str) -> UUID:
        starts = datetime(2026, 9, 20, 9, tzinfo=UTC)
        about = [(self.children[reference], None)]
        return await self.records.meeting("M-PANEL", starts, about, kind="SECURE_CRITERIA_REVIEW", chair=self.iros[code])

    async def lives_with(self, reference: str, household: str, reviewer: str) -> None:
        home = uuid4()
        await self.connection.execute("INSERT INTO foster_household VALUES ($1, $2)", home, household)
        await self.connection.execute(
            "INSERT INTO foster_household_fact (household_id, recorded, approved_on, source) "
            "VALUES ($1, '[2026-01-01,)', '2025-01-01', 'TEST')",
            home,
        )
        await self.connection.execute(
            "INSERT INTO household_reviewer (id, household_id, held, iro_id, recorded_by, recorded_at) "
            "VALUES (gen_random_uuid(), $1, '[2026-01-01,)', $2, 'test', '2026-01-01')",
            home,
            self.iros[reviewer],
        )
        await self.connection.execute(
            "INSERT INTO child_circumstance (id, child_id, recorded, in_force, household_id, recorded_by) "
            "VALUES (gen_random_uuid(), $1, '[2026-01-01,)', '[2026-01-01,)', $2, 'test')",
            self.children[reference],
            home,
        )

    async def leaves(self, code: str, last_day: date | None) -> None:
        until = None if last_day is None else last_day + timedelta(days=1)
        await self.connection.execute("UPDATE resource SET active = daterange('2000-01-01', $2) WHERE id = $1", self.iros[code], until)

    async def holder(self, reference: str) -> UUID | None:
        """Who has the child from today on."""
        found: UUID | None = await self.connection.fetchval(
            "SELECT iro_id FROM allocation WHERE child_id = $1 AND held @> $2::date", self.children[reference], TODAY
        )
        return found

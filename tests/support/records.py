"""Rows for tests, written straight into the tables: one small builder each, with plain defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from services.kernel.ids import obligation_id
from services.platform.database import Connection

EARLY = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Records:
    """Writes on one connection; every method answers the new identifier."""

    connection: Connection

    async def iro(self, code: str, *, wte: str = "1.0") -> UUID:
        identifier = await self._resource("IRO", code)
        await self.connection.execute("INSERT INTO iro (resource_id, specialities) VALUES ($1, $2)", identifier, ["neglect"])
        await self._contract(identifier, wte)
        return identifier

    async def room(self, code: str, *, seats: int = 12) -> UUID:
        identifier = await self._resource("ROOM", code)
        await self.connection.execute(
            "INSERT INTO room (resource_id, seats, features) VALUES ($1, $2, $3)", identifier, seats, ["step_free"]
        )
        return identifier

    async def note_taker(self, code: str) -> UUID:
        identifier = await self._resource("NOTE_TAKER", code)
        await self.connection.execute("INSERT INTO note_taker (resource_id) VALUES ($1)", identifier)
        await self._contract(identifier, "1.0")
        return identifier

    async def police_team(self, code: str, *, capacity: int = 1) -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO police_team (id, code, name, email, capacity) VALUES ($1, $2, $2, $3, $4)",
            identifier,
            code,
            f"{code.lower()}@example.org",
            capacity,
        )
        for number in range(1, capacity + 1):
            place = await self._resource("POLICE", f"{code}/{number}")
            await self.connection.execute("INSERT INTO police_place VALUES ($1, $2, $3)", place, identifier, number)
        return identifier

    async def absence(self, resource_id: UUID, starts_at: datetime, *, days: int = 1, reason: str = "SICKNESS") -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO absence (id, resource_id, during, reason, source) VALUES ($1, $2, tstzrange($3, $4), $5, 'ESTABLISHMENT')",
            identifier,
            resource_id,
            starts_at,
            starts_at + timedelta(days=days),
            reason,
        )
        return identifier

    async def at_work(self, resource_id: UUID, first: datetime, *, days: int = 28) -> None:
        """At work from 08:00 to 18:00 UTC, every day of the week."""
        for number in range(days):
            morning = first.replace(hour=8, minute=0) + timedelta(days=number)
            await self.connection.execute(
                "INSERT INTO availability VALUES ($1, tstzrange($2, $3))", resource_id, morning, morning + timedelta(hours=10)
            )

    async def child(self, reference: str, *, born_on: date | None = date(2015, 5, 1), siblings: str | None = None) -> UUID:
        identifier = uuid4()
        await self.connection.execute("INSERT INTO child VALUES ($1, $2)", identifier, reference)
        await self.connection.execute(
            "INSERT INTO child_fact (child_id, recorded, born_on, source) VALUES ($1, tstzrange($2, NULL), $3, 'TEST')",
            identifier,
            EARLY,
            born_on,
        )
        if siblings is not None:
            await self.connection.execute(
                "INSERT INTO sibling_group_member VALUES ($1, $2, tstzrange($3, NULL), 'TEST')", identifier, siblings, EARLY
            )
        return identifier

    async def care_period(self, child_id: UUID, started_on: date, *, ended_on: date | None = None) -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO care_period (id, child_id, recorded, started_on, started_on_exact, ended_on, legal_status, source) "
            "VALUES ($1, $2, tstzrange($3, NULL), $4, true, $5, 'C2', 'TEST')",
            identifier,
            child_id,
            EARLY,
            started_on,
            ended_on,
        )
        return identifier

    async def protection_plan(self, child_id: UUID, started_on: date, *, ended_on: date | None = None) -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO protection_plan (id, child_id, recorded, started_on, ended_on, category, source) "
            "VALUES ($1, $2, tstzrange($3, NULL), $4, $5, 'NEG', 'TEST')",
            identifier,
            child_id,
            EARLY,
            started_on,
            ended_on,
        )
        return identifier

    async def held(self, child_id: UUID, kind: str, held_on: date, *, participation: str | None = "PN1") -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO held_record (id, child_id, recorded, kind, held_on, participation, source) "
            "VALUES ($1, $2, tstzrange($3, NULL), $4, $5, $6, 'TEST')",
            identifier,
            child_id,
            EARLY,
            kind,
            held_on,
            participation,
        )
        return identifier

    async def obligation(
        self, child_id: UUID, kind: str, due_on: date, *, state: str = "OPEN", triggered_on: date | None = None, held_on: date | None = None
    ) -> UUID:
        began = triggered_on or due_on - timedelta(days=28)
        identifier = obligation_id(child_id, kind, began)
        await self.connection.execute(
            "INSERT INTO obligation (id, child_id, kind, triggered_on, triggered_by, rule_code, rule_amount, rule_unit, legal_basis, "
            "statutory_due_on, census_due_on, book_by_on, state, held_on) "
            "VALUES ($1, $2, $3, $4, 'became looked after', 'CARE_REVIEW_FIRST', 20, 'WORKING_DAYS', 'reg. 33', $5, NULL, $5, $6, $7)",
            identifier,
            child_id,
            kind,
            began,
            due_on,
            state,
            held_on,
        )
        return identifier

    async def allocation(
        self, child_id: UUID, iro_id: UUID, *, first: date = date(2026, 1, 5), until: date | None = None, reason: str = "continuity"
    ) -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO allocation (id, child_id, held, iro_id, reason) VALUES ($1, $2, daterange($3, $4), $5, $6)",
            identifier,
            child_id,
            first,
            until,
            iro_id,
            reason,
        )
        return identifier

    async def meeting(
        self,
        reference: str,
        starts_at: datetime,
        children: Sequence[tuple[UUID, UUID | None]],
        *,
        kind: str = "CARE_REVIEW",
        state: str = "CONFIRMED",
        chair: UUID | None = None,
        room: UUID | None = None,
        note_taker: UUID | None = None,
        police_team: UUID | None = None,
        venue: str | None = None,
    ) -> UUID:
        """A meeting of two hours about children, each with the obligation that it stands for, and one event and attendee."""
        identifier, ends_at = uuid4(), starts_at + timedelta(hours=2)
        await self.connection.execute(
            "INSERT INTO meeting (id, reference, kind, state, starts_at, ends_at, chair_id, room_id, note_taker_id, police_team_id, venue) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            identifier,
            reference,
            kind,
            state,
            starts_at,
            ends_at,
            chair,
            room,
            note_taker,
            police_team,
            venue,
        )
        for number, (child_id, owed) in enumerate(children, 1):
            await self.connection.execute(
                "INSERT INTO meeting_item (meeting_id, number, child_id, kind, obligation_id, live) VALUES ($1, $2, $3, $4, $5, $6)",
                identifier,
                number,
                child_id,
                kind,
                owed,
                state not in ("CANCELLED", "POSTPONED"),
            )
        await self.connection.execute("INSERT INTO sitting VALUES ($1, 1, tstzrange($2, $3))", identifier, starts_at, ends_at)
        await self.connection.execute("INSERT INTO attendee VALUES ($1, 1, 'social worker', 'council', $2, true)", identifier, starts_at)
        await self.connection.execute(
            "INSERT INTO meeting_event (meeting_id, number, at, by, what, reason) VALUES ($1, 1, $2, 'test', 'BOOKED', 'a family reason')",
            identifier,
            EARLY,
        )
        return identifier

    async def plan(self, *, state: str = "PROPOSED", first_day: date = date(2026, 9, 1), last_day: date = date(2026, 9, 30)) -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO plan (id, state, progress, first_day, last_day, today, requested_by, requested_at, "
            "wanted, placed, late, late_bound) "
            "VALUES ($1, $2, 1, $3, $4, $3, 'test', $5, 1, 1, 0, 0)",
            identifier,
            state,
            first_day,
            last_day,
            EARLY,
        )
        return identifier

    async def placement(self, plan_id: UUID, starts_at: datetime, chair: UUID, obligations: Sequence[tuple[UUID, UUID, date]]) -> UUID:
        """A care review that a plan proposes; obligations as (id, child, latest day)."""
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO plan_placement (id, plan_id, number, kind, starts_at, ends_at, chair_id, late, reasons) "
            "VALUES ($1, $2, 1, 'CARE_REVIEW', $3, $4, $5, false, $6)",
            identifier,
            plan_id,
            starts_at,
            starts_at + timedelta(hours=1),
            chair,
            ["her own IRO chairs"],
        )
        for number, (owed, child_id, due_on) in enumerate(obligations, 1):
            await self.connection.execute(
                "INSERT INTO plan_placement_item VALUES ($1, $2, $3, $4, 'CARE_REVIEW', $5, true, $6, $6)",
                identifier,
                number,
                owed,
                child_id,
                due_on - timedelta(days=28),
                due_on,
            )
        return identifier

    async def allocation_run(self, *, state: str = "PROPOSED") -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO allocation_run (id, state, progress, today, requested_by, requested_at) VALUES ($1, $2, 1, $3, 'test', $4)",
            identifier,
            state,
            date(2026, 9, 1),
            EARLY,
        )
        return identifier

    async def decision(self, run_id: UUID, child_id: UUID, iro_id: UUID, rejected: UUID, *, first: date = date(2026, 1, 5)) -> None:
        """The event behind an allocation, with its reasons."""
        kept = {
            "reasons": ["the fullest officer stays as empty as possible"],
            "rejected": [{"iro_id": str(rejected), "code": "COSTLIER", "message": "0.02 worse", "would_fit_if": None}],
        }
        await self.connection.execute(
            "INSERT INTO allocation_event (id, child_id, at, by, what, iro_id, effective_on, run_id, decision) "
            "VALUES ($1, $2, $3, 'test', 'ALLOCATED', $4, $5, $6, $7)",
            uuid4(),
            child_id,
            EARLY,
            iro_id,
            first,
            run_id,
            kept,
        )

    async def feed(self, scope: str, *, code: str | None = None, owner: UUID | None = None) -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO calendar_feed (id, scope, code, owner_id, token_hash, issued_at, issued_by) "
            "VALUES ($1, $2, $3, $4, $5, $6, 'test')",
            identifier,
            scope,
            code,
            owner,
            identifier.bytes,
            EARLY,
        )
        return identifier

    async def _resource(self, kind: str, code: str) -> UUID:
        identifier = uuid4()
        await self.connection.execute(
            "INSERT INTO resource (id, kind, code, name, email) VALUES ($1, $2, $3, $4, $5)",
            identifier,
            kind,
            code,
            f"Name of {code}",
            f"{code.lower().replace('/', '-')}@example.org",
        )
        return identifier

    async def _contract(self, resource_id: UUID, wte: str) -> None:
        await self.connection.execute("INSERT INTO contract VALUES ($1, daterange('2020-01-01', NULL), $2)", resource_id, Decimal(wte))

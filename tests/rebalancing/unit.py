"""A unit with caseloads, and proposals whose moves a test names itself: what is done with them is tested apart from the search."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.allocation.moving import rules
from services.allocation.moving.explain import Explained, Move
from services.allocation.moving.problem import Problem
from services.allocation.moving.search import Proposed
from services.allocation.rebalancing import performing, reading, service
from services.allocation.rebalancing.commands import Applied, ApplyRebalancing, ProposeRebalancing, UndoRebalancing
from services.allocation.search import Search
from services.caseload import service as caseload
from services.kernel.actor import Actor
from services.kernel.words import Role
from tests.booking.world import MANAGER, NOW, TODAY, World, key
from tests.support.records import Records

OTHER = Actor(subject="another manager", role=Role.MANAGER, name="Another manager")
Wanted = Mapping[str, str]
"""Of some child of each bundle that moves, the reference, with the code of the officer it goes to."""


@dataclass
class Caseloads(World):
    """A unit whose children each weigh one point, unless they are brothers and sisters."""

    async def limit(self, points: str) -> None:
        await self.sql("INSERT INTO setting VALUES ('limit_per_wte', daterange('2026-01-01', NULL), to_jsonb($1::text))", points)

    async def settled(self, *references: str, iro: str | None, siblings: str | None = None, since: date = date(2026, 1, 5)) -> None:
        """Children in care for long, of this officer."""
        async with self.database.transaction() as connection:
            records = Records(connection)
            for reference in references:
                child = await records.child(reference, siblings=siblings)
                await records.care_period(child, date(2024, 1, 5))
                for held_on in (date(2024, 2, 1), date(2024, 5, 1)):
                    await records.held(child, "CARE_REVIEW", held_on)
                if iro is not None:
                    officer = await connection.fetchval("SELECT id FROM resource WHERE code = $1", iro)
                    await records.allocation(child, officer, first=since)

    async def due(self, reference: str, on: date) -> None:
        """A review of the child is due on a day, and not booked."""
        async with self.database.transaction() as connection:
            await Records(connection).obligation(await self.id_of(reference), "CARE_REVIEW", on)

    async def id_of(self, reference: str) -> UUID:
        found: UUID = (await self.sql("SELECT id FROM child WHERE reference = $1", reference))[0]["id"]
        return found

    async def officer(self, code: str) -> UUID:
        found: UUID = (await self.sql("SELECT id FROM resource WHERE code = $1", code))[0]["id"]
        return found

    async def holders(self, on: date = TODAY) -> dict[str, str]:
        """The code of the officer of each child."""
        rows = await self.sql(
            "SELECT c.reference, r.code FROM allocation a JOIN child c ON c.id = a.child_id JOIN resource r ON r.id = a.iro_id "
            "WHERE a.held @> $1::date",
            on,
        )
        return {row["reference"]: row["code"] for row in rows}

    async def rows(self) -> list[tuple[Any, ...]]:
        """Every allocation, whole."""
        return [tuple(row) for row in await self.sql("SELECT * FROM allocation ORDER BY id")]

    async def events(self) -> list[tuple[str, str, str | None, str | None, str | None]]:
        """What happened to whom: reference, what, to whom, from whom, approved by."""
        rows = await self.sql(
            "SELECT c.reference, e.what, new.code, old.code, e.approved_by FROM allocation_event e "
            "JOIN child c ON c.id = e.child_id LEFT JOIN resource new ON new.id = e.iro_id "
            "LEFT JOIN resource old ON old.id = e.from_iro_id "
            "ORDER BY e.number"
        )
        return [tuple(row) for row in rows]

    async def letters(self) -> list[tuple[str, str]]:
        rows = await self.sql("SELECT email, convert_from(message, 'UTF8') AS message FROM letter ORDER BY email, id")
        return [(row["email"], row["message"]) for row in rows]

    async def loads(self) -> dict[str, Decimal]:
        async with self.database.connection() as connection:
            return {each.iro_code: each.points for each in await caseload.caseloads(connection, TODAY)}

    # ------------------------------------------------------------------------------------------------- rebalancing

    async def ask(self, max_moves: int = 10, *, actor: Actor = MANAGER, **more: Any) -> UUID:
        command = ProposeRebalancing(**{"request_key": key(), "max_moves": max_moves, **more})
        return await service.propose(self.resources, actor, command, self.now)

    async def perform(self) -> int:
        return await service.perform_waiting_rebalancings(self.resources, lambda: self.now)

    async def read(self, rebalancing: UUID, actor: Actor = MANAGER) -> reading.Rebalancing:
        async with self.database.connection() as connection:
            return (await reading.rebalancings(connection, actor, [rebalancing], TODAY))[rebalancing]

    async def moves(self, rebalancing: UUID, actor: Actor = MANAGER) -> list[reading.Move]:
        async with self.database.connection() as connection:
            return (await reading.moves_of(connection, actor, [rebalancing], TODAY)).get(rebalancing, [])

    async def apply(self, rebalancing: UUID, *numbers: int, actor: Actor = MANAGER, **more: Any) -> Applied:
        """All moves, or those of these numbers."""
        ids = tuple(move.id for move in await self.moves(rebalancing) if move.number in numbers)
        stated = {"request_key": key(), "id": rebalancing, "reason": "agreed by the unit", "move_ids": ids or None}
        return await service.apply(self.resources, actor, ApplyRebalancing(**{**stated, **more}), self.now)

    async def undo(self, rebalancing: UUID, *, actor: Actor = MANAGER, **more: Any) -> Applied:
        command = UndoRebalancing(**{"request_key": key(), "id": rebalancing, "reason": "a mistake", **more})
        return await service.undo(self.resources, actor, command, self.now)

    async def proposed(self, monkeypatch: pytest.MonkeyPatch, wanted: Wanted, **more: Any) -> UUID:
        """A rebalancing that proposes these moves, numbered as they are named."""
        monkeypatch.setattr(performing, "solve_apart", searching(wanted))
        found = await self.ask(**more)
        assert await self.perform() == 1
        monkeypatch.undo()
        return found


def searching(wanted: Wanted) -> Callable[..., Any]:
    """A search that finds these moves."""

    async def search_apart(_: object, task: tuple[Problem, Search], **__: object) -> Proposed:
        return proposal_of(task[0], wanted)

    return search_apart


def proposal_of(problem: Problem, wanted: Wanted) -> Proposed:
    officers = {officer.code: officer.id for officer in problem.officers}
    where = {reference: number for number, bundle in enumerate(problem.bundles) for reference in bundle.children}
    answer = {where[reference]: officers[code] for reference, code in wanted.items()}
    moves = []
    for number, (place, officer) in enumerate(answer.items(), 1):
        bundle = problem.bundles[place]
        moves.append(
            Move(
                number=number,
                bundle=place,
                children=bundle.children,
                ids=bundle.ids,
                officer_from=bundle.officer,
                officer_to=officer,
                points=bundle.points,
                meetings=bundle.meetings,
                reasons=("the fullest officer gets room",),
            )
        )
    values = rules.objective(problem, answer)
    worst = rules.worst(problem, answer)
    told = Explained(moves=tuple(moves), left_behind=(), message=f"{len(moves)} moves")
    return Proposed(answer=answer, values=values, least=values, worst=worst, worst_bound=worst, explained=told)


def days(number: int) -> datetime:
    return NOW + timedelta(days=number)


def codes(moves: Sequence[reading.Move], officers: Mapping[UUID, str]) -> list[tuple[str, str, str]]:
    """The first child of each move, and the officers."""
    return [(move.children[0].reference, officers[move.from_iro_id], officers[move.to_iro_id]) for move in moves]

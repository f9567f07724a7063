"""What viewers read of plans. Whoever may plan sees all children, so that plans need no narrower sight."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.allocation.reading import blocker_of
from services.directory.planning import Goal
from services.directory.reading import all_rows, grouped
from services.history.reading import Clock, Obligation, Rule
from services.kernel.actor import Actor
from services.kernel.errors import Blocker
from services.kernel.permission import Act, Reach, reach
from services.kernel.words import (
    Certainty,
    MeetingKind,
    ObligationState,
    PlacementChange,
    ResourceKind,
    RunState,
    TimescaleUnit,
)
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a plan is from a goal: 0, it is met. `bound`: the least that is proven for any plan as good by the goals before it; None:
    nothing is proven."""

    goal: Goal
    value: int
    bound: int | None

    @property
    def certainty(self) -> Certainty:
        if self.bound is None:
            return Certainty.HEURISTIC
        return Certainty.PROVEN if self.bound >= self.value else Certainty.BOUNDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Counts are of meetings; None until known. Both days are included."""

    id: UUID
    state: RunState
    progress: float
    first_day: date
    last_day: date
    may_move: int
    frozen_days: int
    wanted: int | None
    placed: int | None
    late: int | None
    late_bound: int | None
    message: str | None
    goals: tuple[Reached, ...] = ()
    """In the order of the unit; none until proposed."""

    @property
    def moved(self) -> Reached | None:
        """Of the meetings that stand."""
        return next((each for each in self.goals if each.goal is Goal.BOOKED_STAY), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An obligation as a plan knew it: one that the chain brings in exists nowhere else until the plan is applied."""

    obligation_id: UUID
    child_id: UUID
    reference: str
    kind: MeetingKind
    triggered_on: date
    statutory_due_on: date
    book_by_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """`meeting_version` None: a new meeting; else that of the meeting that it changes. `group_number`: placements of one number are
    applied together or not at all. `applied` None: not tried yet."""

    id: UUID
    kind: MeetingKind
    items: tuple[Planned, ...]
    meeting_id: UUID | None
    meeting_reference: str | None
    meeting_version: int | None
    group_number: int | None
    applied: bool | None
    moved_from: datetime | None
    starts_at: datetime
    ends_at: datetime
    chair_id: UUID
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    reasons: tuple[str, ...]

    @property
    def change(self) -> PlacementChange:
        if self.meeting_version is None:
            return PlacementChange.BOOKS
        return PlacementChange.REPAIRS if self.moved_from is None else PlacementChange.MOVES


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """What a meeting that stands will hold no more: of police the team's code."""

    kind: ResourceKind
    code: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrepaired:
    """A meeting that stands and goes on lacking something."""

    meeting_id: UUID
    reference: str
    starts_at: datetime
    lacks: tuple[ResourceKind, ...]
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    item: Planned
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One placement that was tried: done, or refused and why."""

    id: UUID
    applied: bool
    message: str | None


def may_read(actor: Actor) -> bool:
    return reach(actor, Act.PLAN) is Reach.ALL


async def plans(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Plan]:
    if not may_read(actor):
        return {}
    rows = await all_rows(_queries.plans_by_ids(connection, ids=list(ids)))
    return {row["id"]: Plan(**{**row, "state": RunState(row["state"]), "goals": tuple(map(_reached, row["goals"]))}) for row in rows}


def _reached(stated: Mapping[str, Any]) -> Reached:
    return Reached(goal=Goal(stated["goal"]), value=stated["value"], bound=stated["bound"])


async def placements_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Placement]]:
    if not may_read(actor):
        return {}
    return grouped(await all_rows(_queries.placements(connection, plan_ids=list(ids), ids=[])), "plan_id", _placement)


async def given_up_by(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[GivenUp]]:
    """By placement, until it is applied."""
    if not may_read(actor):
        return {}
    rows = await all_rows(_queries.given_up(connection, ids=list(ids)))
    names = GivenUp.__slots__
    return grouped(rows, "id", lambda row: GivenUp(**{**{name: row[name] for name in names}, "kind": ResourceKind(row["kind"])}))


async def unrepaired_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Unrepaired]]:
    if not may_read(actor):
        return {}
    return grouped(await all_rows(_queries.unrepaired(connection, ids=list(ids))), "plan_id", _unrepaired)


def _unrepaired(row: Any) -> Unrepaired:
    return Unrepaired(
        meeting_id=row["meeting_id"],
        reference=row["reference"],
        starts_at=row["starts_at"],
        lacks=tuple(ResourceKind(each) for each in row["lacks"]),
        blockers=tuple(blocker_of(each) for each in row["blockers"]),
    )


async def unplaced_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Unplaced]]:
    if not may_read(actor):
        return {}
    return grouped(await all_rows(_queries.unplaced(connection, ids=list(ids))), "plan_id", _unplaced)


async def results_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Result]]:
    if not may_read(actor):
        return {}
    rows = await all_rows(_queries.results(connection, ids=list(ids)))
    return grouped(rows, "plan_id", lambda row: Result(id=row["id"], applied=row["applied"], message=row["result"]))


def _placement(row: Any) -> Placement:
    plain = {name: row[name] for name in Placement.__slots__ if name not in ("kind", "items", "reasons")}
    items = tuple(_planned(item) for item in row["items"] or ())
    return Placement(**plain, kind=MeetingKind(row["kind"]), items=items, reasons=tuple(row["reasons"]))


def _planned(item: Mapping[str, Any]) -> Planned:
    return Planned(
        obligation_id=UUID(item["obligation_id"]),
        child_id=UUID(item["child_id"]),
        reference=item["reference"],
        kind=MeetingKind(item["kind"]),
        triggered_on=date.fromisoformat(item["triggered_on"]),
        statutory_due_on=date.fromisoformat(item["statutory_due_on"]),
        book_by_on=date.fromisoformat(item["book_by_on"]),
    )


def _unplaced(row: Any) -> Unplaced:
    item = Planned(**{**{name: row[name] for name in Planned.__slots__}, "kind": MeetingKind(row["kind"])})
    return Unplaced(item=item, blockers=tuple(blocker_of(each) for each in row["blockers"]))


async def chained(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Obligation]:
    """Obligations that the chain brings in: known to plans alone, EXPECTED, under the rule that the plan was laid by."""
    if not may_read(actor):
        return {}
    return {row["obligation_id"]: _expected(row) for row in await all_rows(_queries.chained(connection, ids=list(ids)))}


def _expected(row: Any) -> Obligation:
    days = row["census_days"]
    return Obligation(
        id=row["obligation_id"],
        child_id=row["child_id"],
        reference=row["reference"],
        household_id=None,
        kind=MeetingKind(row["kind"]),
        triggered_on=row["triggered_on"],
        triggered_by="a meeting of this plan",
        rule=Rule(code=row["code"], amount=row["amount"], unit=TimescaleUnit(row["unit"]), legal_basis=row["legal_basis"]),
        census_due_on=row["triggered_on"] + timedelta(days=days) if days else None,
        book_by_on=row["book_by_on"],
        clock=Clock(state=ObligationState.EXPECTED, statutory_due_on=row["statutory_due_on"], held_on=None, completed_on=None),
        meeting_id=None,
    )

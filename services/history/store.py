"""What is known of children, in PostgreSQL: facts in and out, version by version, and the timescales in force.

Every function works inside the caller's transaction. `now` is when the service learned of it: a version that is changed is
closed at that instant and stays readable (`facts_of(..., known_at=...)`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.kernel.actor import Actor
from services.kernel.errors import NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act
from services.kernel.sight import sight_of
from services.kernel.window import DateSpan
from services.kernel.words import MeetingKind, ParticipationCode, TimescaleUnit
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.facts import CarePeriodFact, HeldFact, PlanFact, Section47Fact, SubjectFacts
from services.statutory.timescales import SHIPPED, Timescale, Timescales

_sql = load_queries(__file__)
RECORDED = "RECORDED"
"""The source of what a person recorded here, as opposed to a return or this diary."""


# -------------------------------------------------------------------------------------------------- facts


async def facts_of(
    connection: Connection, child_ids: Collection[UUID], *, known_at: datetime | None = None, today: date | None = None
) -> dict[UUID, SubjectFacts]:
    """What the records say of these children now, or said at `known_at`; children of whom nothing is known are left out.

    What has no end yet is known to have gone on until `today`.
    """
    parts = await _parts(connection, list(child_ids), known_at)
    periods = _grouped(parts["care_periods"], CarePeriodFact)
    plans = _grouped(parts["plans"], PlanFact)
    enquiries = _grouped(parts["section47s"], Section47Fact)
    held: dict[UUID, list[HeldFact]] = defaultdict(list)
    kinds = {kind.value: kind for kind in MeetingKind}
    for child_id, kind, held_on, completed_on in parts["held"]:
        held[child_id].append(HeldFact(kind=kinds[kind], held_on=held_on, completed_on=completed_on))
    return {
        child_id: SubjectFacts(
            subject_id=child_id,
            born_on=born_on,
            expected_on=expected_on,
            died_on=died_on,
            care_periods=tuple(periods.get(child_id, ())),
            plans=tuple(plans.get(child_id, ())),
            section47s=tuple(enquiries.get(child_id, ())),
            held=tuple(held.get(child_id, ())),
            seen_until=today,
        )
        for child_id, born_on, expected_on, died_on in parts["children"]
    }


_PARTS = ("children", "care_periods", "plans", "section47s", "held")


async def _parts(connection: Connection, child_ids: list[UUID], known_at: datetime | None) -> dict[str, list[Any]]:
    if known_at is None:
        return {part: await _all(getattr(_sql, f"known_{part}")(connection, child_ids=child_ids)) for part in _PARTS}
    return {part: await _all(getattr(_sql, f"known_{part}_at")(connection, child_ids=child_ids, at=known_at)) for part in _PARTS}


async def _all(rows: Any) -> list[Any]:
    return [row async for row in rows]


def _grouped(rows: Sequence[Any], fact: Any) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        values = dict(row)
        found[values.pop("child_id")].append(fact(**values))
    return found


# ----------------------------------------------------------------------------------------------- children


async def lock_children(connection: Connection, child_ids: Collection[UUID]) -> None:
    """Until the transaction ends nobody else writes records of these children, or what follows from them."""
    await _all(_sql.lock_children(connection, child_ids=list(child_ids)))


async def children_in_reach(connection: Connection, actor: Actor, references: Sequence[str], today: date) -> dict[str, UUID]:
    """The children of these references of whom this actor may record; raises `NotFound` where one is not, or not for her."""
    sight = sight_of(actor, Act.RECORD_CHILDREN)
    rows = _sql.children_in_reach(
        connection,
        references=list(references),
        everything=sight.everything,
        iro_id=sight.iro_id,
        own=list(sight.references),
        today=today,
    )
    found = {row["reference"]: row["id"] async for row in rows}
    for reference in references:
        if reference not in found:
            raise NotFound(f"there is no child with the reference {reference}")
    return found


async def add_child(connection: Connection, reference: str, born_on: date | None, expected_on: date | None, now: datetime) -> UUID | None:
    """A new child's identifier; None where the reference is taken."""
    child_id = new_id()
    if await _sql.add_child(connection, id=child_id, reference=reference) is None:
        return None
    await _sql.add_child_fact(connection, child_id=child_id, born_on=born_on, expected_on=expected_on, source=RECORDED, at=now)
    return child_id


async def make_siblings(connection: Connection, child_id: UUID, sibling_id: UUID, now: datetime) -> None:
    """`child_id`, who is in no sibling group yet, joins that of `sibling_id`, which is made if there is none."""
    group = await _sql.sibling_group_of(connection, child_id=sibling_id)
    joining = [child_id]
    if group is None:
        group, joining = str(new_id()), [child_id, sibling_id]
    for each in joining:
        await _sql.join_sibling_group(connection, child_id=each, group_key=group, source=RECORDED, at=now)


async def add_parent(connection: Connection, child_id: UUID, parent_id: UUID, now: datetime) -> None:
    """`parent_id`, a child herself, is a parent of `child_id`."""
    await _sql.add_parentage(connection, child_id=child_id, parent_id=parent_id, source=RECORDED, at=now)


# ------------------------------------------------------------------------------------------------ records


async def open_care_period(
    connection: Connection, child_id: UUID, started_on: date, *, legal_status: str | None, short_break: bool, now: datetime
) -> UUID:
    """A period of care that began on exactly that day and goes on."""
    period_id = new_id()
    await _sql.open_care_period(
        connection,
        id=period_id,
        child_id=child_id,
        started_on=started_on,
        legal_status=legal_status,
        short_break=short_break,
        source=RECORDED,
        at=now,
    )
    return period_id


async def close_care_period(
    connection: Connection, child_id: UUID, started_on: date, *, ended_on: date, end_reason: str, now: datetime
) -> None:
    """The open period that began on `started_on` ended on `ended_on`."""
    await _sql.close_care_period(
        connection, child_id=child_id, started_on=started_on, ended_on=ended_on, end_reason=end_reason, source=RECORDED, at=now
    )


async def open_section47(connection: Connection, child_id: UUID, held_on: date, now: datetime) -> None:
    """An enquiry that a strategy discussion initiated that day; one that is recorded already stays as it is."""
    await _sql.open_section47(connection, id=new_id(), child_id=child_id, held_on=held_on, source=RECORDED, at=now)


async def record_held_in(
    connection: Connection,
    child_id: UUID,
    kind: MeetingKind,
    held_on: date,
    *,
    participation: ParticipationCode | None,
    meeting_id: UUID | None,
    source: str,
    now: datetime,
    completed_on: date | None = None,
) -> None:
    """The meeting is recorded as held that day: one record a child, kind and day, whichever sources state it.

    A meeting of the diary that was recorded on another day, or as another kind, is corrected. The caller then calls
    `rewrite_obligations`.
    """
    if meeting_id is not None:
        await _sql.withdraw_held_of_meeting(connection, child_id=child_id, kind=kind.value, held_on=held_on, meeting_id=meeting_id, at=now)
    values = {
        "child_id": child_id,
        "kind": kind.value,
        "held_on": held_on,
        "completed_on": completed_on,
        "participation": None if participation is None else participation.value,
        "meeting_id": meeting_id,
        "source": source,
        "at": now,
    }
    await _sql.revise_held(connection, **values)
    await _sql.open_held(connection, id=new_id(), **values)


async def record_plan_in(
    connection: Connection, child_id: UUID, day: date, *, on_plan: bool, category: str | None, source: str, now: datetime
) -> None:
    """What a conference on `day` decided: a plan stands from then on (begun that day if there was none), or it ends that day.

    A category that is given replaces the plan's; where there is no plan to end, nothing is written. The caller then calls
    `rewrite_obligations`.
    """
    plan = await _sql.plan_on(connection, child_id=child_id, day=day)
    open_plan = plan is not None and plan["ended_on"] is None
    if on_plan and not open_plan:
        await _sql.open_plan(connection, id=new_id(), child_id=child_id, started_on=day, category=category, source=source, at=now)
    elif plan is not None and open_plan and (not on_plan or category not in (None, plan["category"])):
        await _sql.revise_plan(connection, id=plan["id"], ended_on=None if on_plan else day, category=category, source=source, at=now)


# --------------------------------------------------------------------------------------------- timescales


async def load_timescales(connection: Connection) -> Timescales:
    """The rules in force by the database; a code that it does not have yet is as shipped."""
    rows = [_timescale(row) async for row in _sql.timescales_in_force(connection)]
    stated = {row.code for row in rows}
    return Timescales([*rows, *(row for row in SHIPPED if row.code not in stated)])


async def ensure_timescales(connection: Connection) -> None:
    """Every shipped rule is in the database; one that the unit has changed for any of its days stays as it is."""
    for row in SHIPPED:
        await _sql.ship_timescale(
            connection,
            code=row.code,
            first=row.in_force.first,
            until=row.in_force.until,
            amount=row.amount,
            unit=row.unit.value,
            census_days=row.census_days,
            legal_basis=row.legal_basis,
        )


def _timescale(row: Any) -> Timescale:
    return Timescale(
        code=row["code"],
        amount=row["amount"],
        unit=TimescaleUnit(row["unit"]),
        census_days=row["census_days"],
        legal_basis=row["legal_basis"],
        in_force=DateSpan(row["in_force"].lower or date.min, row["in_force"].upper),
    )

"""What people and meetings add to the records, in PostgreSQL: children, and what happened to each.

Every function works inside the caller's transaction. `now` is when the service learned of it: a version that is changed is
closed at that instant and stays readable (`facts_of(..., known_at=...)`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.history.facts import facts_of, household_facts_of
from services.history.timescales import ensure_timescales, load_timescales
from services.history.versions import open_version, records_in_force, revise_version, withdraw_version
from services.kernel.actor import Actor
from services.kernel.errors import NotFound
from services.kernel.ids import new_id
from services.kernel.permission import Act
from services.kernel.sight import sight_of
from services.kernel.words import MeetingKind, ParticipationCode, PlanEnd
from services.platform.database import Connection
from services.platform.sql import load_queries

__all__ = [
    "RECORDED",
    "add_child",
    "add_parent",
    "children_in_reach",
    "end_parentage",
    "ensure_timescales",
    "facts_of",
    "household_facts_of",
    "is_parent",
    "leave_siblings",
    "load_timescales",
    "lock_children",
    "lock_households",
    "make_siblings",
    "open_section47",
    "record_held_in",
    "record_plan_in",
    "sibling_group_of",
]

_sql = load_queries(__file__)
RECORDED = "RECORDED"
"""The source of what a person recorded here, as opposed to a return or this diary."""


async def lock_children(connection: Connection, child_ids: Collection[UUID]) -> None:
    """Until the transaction ends nobody else writes records of these children, or what follows from them."""
    _ = [row async for row in _sql.lock_children(connection, child_ids=list(child_ids))]


async def lock_households(connection: Connection, household_ids: Collection[UUID]) -> None:
    """The same of foster households."""
    _ = [row async for row in _sql.lock_households(connection, household_ids=list(household_ids))]


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
    values = {"child_id": child_id, "born_on": born_on, "expected_on": expected_on}
    await open_version(connection, "child_fact", values, source=RECORDED, at=now)
    return child_id


async def make_siblings(connection: Connection, child_id: UUID, sibling_id: UUID, now: datetime) -> None:
    """`child_id`, who is in no sibling group yet, joins that of `sibling_id`, which is made if there is none."""
    group = await sibling_group_of(connection, sibling_id)
    joining = [child_id]
    if group is None:
        group, joining = str(new_id()), [child_id, sibling_id]
    for each in joining:
        await _sql.join_sibling_group(connection, child_id=each, group_key=group, source=RECORDED, at=now)


async def sibling_group_of(connection: Connection, child_id: UUID) -> str | None:
    """The group in which the child and its brothers and sisters are."""
    found: str | None = await _sql.sibling_group_of(connection, child_id=child_id)
    return found


async def leave_siblings(connection: Connection, child_id: UUID, now: datetime) -> None:
    """The child is in no sibling group."""
    await _sql.leave_sibling_group(connection, child_id=child_id, at=now)


async def is_parent(connection: Connection, child_id: UUID, parent_id: UUID) -> bool:
    """Whether the one is recorded as a parent of the other."""
    return bool(await _sql.is_parent(connection, child_id=child_id, parent_id=parent_id))


async def end_parentage(connection: Connection, child_id: UUID, parent_id: UUID, now: datetime) -> None:
    """`parent_id` is no parent of `child_id`."""
    await _sql.end_parentage(connection, child_id=child_id, parent_id=parent_id, at=now)


async def add_parent(connection: Connection, child_id: UUID, parent_id: UUID, now: datetime) -> None:
    """`parent_id`, a child herself, is a parent of `child_id`."""
    await _sql.add_parentage(connection, child_id=child_id, parent_id=parent_id, source=RECORDED, at=now)


async def open_section47(connection: Connection, child_id: UUID, held_on: date, now: datetime) -> None:
    """An enquiry that a strategy discussion initiated that day; one that is recorded already stays as it is."""
    values = {"child_id": child_id, "initiating_discussion_on": held_on}
    if not await records_in_force(connection, "section47", values):
        await open_version(connection, "section47", values, source=RECORDED, at=now)


async def record_held_in(
    connection: Connection,
    child_id: UUID | None,
    kind: MeetingKind,
    held_on: date,
    *,
    participation: ParticipationCode | None,
    meeting_id: UUID | None,
    source: str,
    now: datetime,
    completed_on: date | None = None,
    household_id: UUID | None = None,
    to_reconvene: bool = False,
    without_meeting: bool = False,
) -> None:
    """The meeting is recorded as held that day: one record a child or household, kind and day, whichever sources state it.

    What another source states beside what is known is added; what is known stays. A meeting of the diary that was recorded on
    another day, or as another kind, is corrected. The caller then calls `rewrite_obligations`, or that of households.
    """
    subject = {"household_id": household_id} if child_id is None else {"child_id": child_id}
    same = {**subject, "kind": kind.value, "held_on": held_on}
    if meeting_id is not None:
        for known in await records_in_force(connection, "held_record", {**subject, "meeting_id": meeting_id}):
            if (known["kind"], known["held_on"]) != (kind.value, held_on):
                await withdraw_version(connection, "held_record", known["id"], at=now)
    stated = {
        "completed_on": completed_on,
        "participation": participation,
        "meeting_id": meeting_id,
        "to_reconvene": to_reconvene or None,
        "without_meeting": without_meeting or None,
    }
    added = {name: value for name, value in stated.items() if value is not None}
    records = await records_in_force(connection, "held_record", same)
    for known in records:
        await revise_version(connection, "held_record", known["id"], added, source=source, at=now)
    if not records:
        await open_version(connection, "held_record", {**same, **added}, source=source, at=now)


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
        values = {"child_id": child_id, "started_on": day, "category": category}
        await open_version(connection, "protection_plan", values, source=source, at=now)
    elif plan is not None and open_plan:
        changes: dict[str, Any] = {} if category is None else {"category": category}
        if not on_plan:
            changes |= {"ended_on": day, "end_reason": PlanEnd.REVIEW_CONFERENCE.value}
        await revise_version(connection, "protection_plan", plan["id"], changes, source=source, at=now)

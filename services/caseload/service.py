"""Who has whom, and what it comes to: caseloads on any day, and the one way in which a child gets an IRO."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.caseload import store
from services.caseload.capacity import Caseload, Officer, caseload_of
from services.caseload.store import AllocationEvent, Held, NewAllocation
from services.caseload.weights import SHIPPED_POINTS, Scheme, Weight, weigh
from services.directory.store import load_settings
from services.kernel.actor import Actor
from services.kernel.ids import record_id
from services.platform import audit
from services.platform.database import Connection

_ALWAYS = date(2000, 1, 1)
"""The first scheme also holds for the days before the service began: yesterday's caseload can be computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A child is to have this IRO from a day on. `decision` is kept: reasons, rejected officers, scheme, engine."""

    child_id: UUID
    iro_id: UUID
    reason: str | None = None
    decision: Mapping[str, Any] = field(default_factory=dict)
    approved_by: str | None = None


async def scheme_on(connection: Connection, on: date) -> Scheme:
    """The weighting scheme in force on a day; before any was recorded, the shipped one with the limits of the settings."""
    found = await store.load_scheme(connection, on)
    return found or await _shipped(connection, _ALWAYS, on)


async def ensure_scheme(connection: Connection, today: date) -> Scheme:
    """A scheme is in force whose limits are those of the unit's settings today; one that was in force before stays recorded.

    Factors are kept as they are: settings know only the limits.
    """
    in_force = await store.load_scheme(connection, today)
    if in_force is None:
        in_force = await _shipped(connection, _ALWAYS, today)
        return replace(in_force, id=await store.save_scheme(connection, in_force, "SHIPPED"))
    settings = await load_settings(connection, today)
    if (settings.limit_per_wte, settings.near_share) == (in_force.limit_per_wte, in_force.near_share):
        return in_force
    changed = replace(
        in_force, id=record_id("scheme", today), effective_from=today, limit_per_wte=settings.limit_per_wte, near_share=settings.near_share
    )
    return replace(changed, id=await store.save_scheme(connection, changed, "SETTINGS"))


async def _shipped(connection: Connection, effective_from: date, on: date) -> Scheme:
    settings = await load_settings(connection, on)
    return Scheme(
        id=record_id("scheme", effective_from),
        effective_from=effective_from,
        limit_per_wte=settings.limit_per_wte,
        near_share=settings.near_share,
        points=SHIPPED_POINTS,
    )


async def weights_on(connection: Connection, on: date, child_ids: Collection[UUID] | None = None) -> dict[UUID, Weight]:
    """What each child in scope weighs on a day, by the scheme and the records; a child out of scope is not named."""
    scheme = await scheme_on(connection, on)
    weights = weigh(await store.load_children(connection, on, child_ids), scheme)
    return weights if child_ids is None else {child: weights[child] for child in child_ids if child in weights}


async def caseloads(connection: Connection, on: date) -> tuple[Caseload, ...]:
    """Every officer's caseload on a day, by code; officers who have left are shown as long as children are in their name."""
    scheme = await scheme_on(connection, on)
    weights = weigh(await store.load_children(connection, on, None), scheme)
    holders = await store.load_holders(connection, on)
    held = _by_officer(holders, weights)
    shown = [officer for officer in await store.load_officers(connection, on) if officer.active or officer.iro_id in held]
    return tuple(caseload_of(officer, held.get(officer.iro_id, []), scheme, on) for officer in shown)


def _by_officer(holders: Mapping[UUID, UUID], weights: Mapping[UUID, Weight]) -> dict[UUID, list[Weight]]:
    held: dict[UUID, list[Weight]] = {}
    for child, iro in holders.items():
        if child in weights:
            held.setdefault(iro, []).append(weights[child])
    return held


async def lock_decisions(connection: Connection) -> None:
    """Until this transaction ends nobody else decides who gets whom; waits for whoever decides now."""
    await store.lock_decisions(connection)


async def officers_on(connection: Connection, on: date) -> tuple[Officer, ...]:
    """Every IRO with her working time on a day, by code."""
    return await store.load_officers(connection, on)


async def assign(
    connection: Connection,
    child_id: UUID,
    iro_id: UUID,
    on: date,
    *,
    reason: str | None,
    actor: Actor,
    now: datetime,
    decision: Mapping[str, Any],
    run_id: UUID | None = None,
    approved_by: str | None = None,
    what: str = "ALLOCATED",
) -> UUID:
    """The child has this IRO from `on`; answers the id of that allocation. See `assign_many`."""
    wanted = Assignment(child_id=child_id, iro_id=iro_id, reason=reason, decision=decision, approved_by=approved_by)
    return (await assign_many(connection, [wanted], on, actor=actor, now=now, run_id=run_id, what=what))[child_id]


async def assign_many(
    connection: Connection,
    wanted: Sequence[Assignment],
    on: date,
    *,
    actor: Actor,
    now: datetime,
    run_id: UUID | None = None,
    what: str = "ALLOCATED",
) -> dict[UUID, UUID]:
    """Each child has its IRO from `on`; answers the ids of the allocations.

    Whoever had the child until then has it until `on`; an allocation that begins later stands. A child that already has
    this IRO keeps the allocation as it is, and nothing is written. The event says what happened (`what`, or CHANGED where
    there was another IRO). Waits for other decisions to commit; the caller decides inside the same transaction.
    """
    await store.lock_decisions(connection)
    standing = await store.load_held(connection, [each.child_id for each in wanted], on)
    answer: dict[UUID, UUID] = {}
    ends: list[tuple[Held, date]] = []
    added: list[NewAllocation] = []
    events: list[AllocationEvent] = []
    for each in wanted:
        present, later = _present_and_later(standing.get(each.child_id, []), on)
        if present is not None and present.iro_id == each.iro_id:
            answer[each.child_id] = present.id
            continue
        if present is not None:
            ends.append((present, on))
        until = present.until if present is not None else later.first_day if later is not None else None
        added.append(_allocation(each, on, until))
        answer[each.child_id] = added[-1].id
        events.append(_event(each, on, present, actor=actor, now=now, run_id=run_id, what=what))
    await store.end_held(connection, ends)
    await store.add_allocations(connection, added, events)
    await audit.record_many(connection, actor, "ALLOCATE", _audited(events))
    return answer


def _present_and_later(standing: list[Held], on: date) -> tuple[Held | None, Held | None]:
    present = next((held for held in standing if held.first_day <= on), None)
    return present, next((held for held in standing if held.first_day > on), None)


def _allocation(each: Assignment, on: date, until: date | None) -> NewAllocation:
    return NewAllocation(
        child_id=each.child_id, iro_id=each.iro_id, first_day=on, until=until, reason=each.reason, approved_by=each.approved_by
    )


def _event(
    each: Assignment, on: date, present: Held | None, *, actor: Actor, now: datetime, run_id: UUID | None, what: str
) -> AllocationEvent:
    return AllocationEvent(
        child_id=each.child_id,
        at=now,
        by=actor.subject,
        what=what if present is None else "CHANGED",
        iro_id=each.iro_id,
        from_iro_id=None if present is None else present.iro_id,
        effective_on=on,
        reason=each.reason,
        approved_by=each.approved_by,
        run_id=run_id,
        decision=each.decision,
    )


async def end_allocations(connection: Connection, on: date, *, actor: Actor, now: datetime) -> int:
    """Children who are neither in care nor on a plan nor awaiting a conference nor having short breaks on `on` have no IRO from then on.

    An allocation ends on the day on which the last of care and plan ended, as far as the records know it. Answers how many.
    """
    await store.lock_decisions(connection)
    in_scope = [child.child_id for child in await store.load_children(connection, on, None)]
    over = await store.load_out_of_scope(connection, in_scope, on)
    ends = [(held, _end_of(held, ended_on, on)) for held, ended_on in over]
    await store.end_held(connection, ends)
    events = [
        AllocationEvent(
            child_id=held.child_id, at=now, by=actor.subject, what="ENDED", iro_id=None, from_iro_id=held.iro_id, effective_on=until
        )
        for held, until in ends
    ]
    await store.add_allocations(connection, [], events)
    await audit.record_many(connection, actor, "END_ALLOCATION", _audited(events))
    return len(ends)


def _end_of(held: Held, ended_on: date | None, on: date) -> date:
    return ended_on if ended_on is not None and ended_on > held.first_day else on


def _audited(events: Iterable[AllocationEvent]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (
            f"child:{event.child_id}",
            {
                "what": event.what,
                "iro": _text(event.iro_id),
                "from_iro": _text(event.from_iro_id),
                "on": event.effective_on.isoformat(),
                "run": _text(event.run_id),
            },
        )
        for event in events
    ]


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)

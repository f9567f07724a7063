"""Who has whom, and what it comes to: caseloads on any day, and the one way in which a child gets an IRO."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.caseload import store
from services.caseload.capacity import LONG_ABSENCE_DAYS, Caseload, Officer, caseload_of
from services.caseload.capacity_over_time import AHEAD, next_change, officer_on
from services.caseload.known import KNOWN_AT, POINTS, SCHEME, Replayed, load_children_known, replay
from services.caseload.scheming import SetWeightingScheme, ensure_scheme, set_scheme, shipped_scheme
from services.caseload.scheming_store import load_schemes
from services.caseload.store import AllocationEvent, Held, NewAllocation
from services.caseload.weights import ChildOnDay, Scheme, Weight, weigh
from services.kernel.actor import Actor
from services.platform import audit
from services.platform.database import Connection

__all__ = ["Replayed", "SetWeightingScheme", "ensure_scheme", "replay", "set_scheme"]

UNDONE = "UNDONE"
"""What an event says of a decision that takes another one back."""

_LONG = timedelta(days=LONG_ABSENCE_DAYS + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A child is to have this IRO from a day on. `decision` is kept: reasons, rejected officers, scheme, engine; with them what the
    child weighed by that scheme (`points`; left out: it is weighed now)."""

    child_id: UUID
    iro_id: UUID
    points: Decimal | None = None
    reason: str | None = None
    decision: Mapping[str, Any] = field(default_factory=dict)
    approved_by: str | None = None


async def scheme_on(connection: Connection, on: date, known_at: datetime | None = None) -> Scheme:
    """The weighting scheme in force on a day, as is known now, or was at `known_at`; before any was recorded, the shipped one with
    the limits of the settings."""
    return (await schemes_from(connection, on, on, known_at))[0]


async def schemes_from(connection: Connection, first: date, last: date, known_at: datetime | None = None) -> tuple[Scheme, ...]:
    """The scheme in force on the first day, and those that begin later, until the last, in their order."""
    found = await load_schemes(connection, first, last, known_at)
    return found or (await shipped_scheme(connection, first),)


async def weights_on(
    connection: Connection, on: date, child_ids: Collection[UUID] | None = None, known_at: datetime | None = None
) -> dict[UUID, Weight]:
    """What each child in scope weighs on a day, by the scheme and the records as they are now, or were at `known_at`; a child out
    of scope is not named."""
    scheme = await scheme_on(connection, on, known_at)
    weights = weigh(await children_on(connection, on, child_ids, known_at), scheme)
    return weights if child_ids is None else {child: weights[child] for child in child_ids if child in weights}


async def children_on(
    connection: Connection, on: date, child_ids: Collection[UUID] | None = None, known_at: datetime | None = None
) -> tuple[ChildOnDay, ...]:
    """Every child in scope on a day, by reference, as the records have it now, or had it at `known_at`; with `child_ids`, those of
    them and all their siblings in scope."""
    if known_at is None:
        return await store.load_children(connection, on, child_ids)
    return await load_children_known(connection, on, child_ids, known_at)


async def caseloads(connection: Connection, on: date, known_at: datetime | None = None) -> tuple[Caseload, ...]:
    """Every officer's caseload on a day, by code; officers who have left are shown as long as children, or foster homes to review, are in
    their name.

    With `known_at` the table is the one that could be made at that instant: records, scheme, officers' working time and who had
    whom are as they were known then, whatever was corrected, undone or stated since.
    """
    schemes = await schemes_from(connection, on, on + AHEAD, known_at)
    scheme = schemes[0]
    weights = weigh(await children_on(connection, on, known_at=known_at), scheme)
    held = _by_officer(await store.load_holders(connection, on, known_at), weights)
    households = await store.load_households(connection, on, known_at)
    officers = await store.load_working_times(connection, on, on + AHEAD + _LONG, known_at)
    return tuple(
        caseload_of(
            officer_on(known, on), held.get(known.iro_id, []), scheme, on, households.get(known.iro_id, 0), next_change(known, on, schemes)
        )
        for known in officers
        if on in known.active or known.iro_id in held or known.iro_id in households
    )


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


async def households_on(connection: Connection, on: date) -> dict[UUID, int]:
    """How many approved foster households each IRO reviews on a day, of those who review any."""
    return await store.load_households(connection, on)


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
    there was another IRO and it is not UNDONE). Waits for other decisions to commit; the caller decides inside the same transaction.
    """
    await store.lock_decisions(connection)
    standing = await store.load_held(connection, [each.child_id for each in wanted], on)
    wanted = await _weighed(connection, wanted, on, now)
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
        events.append(_event(each, on, until, present, actor=actor, now=now, run_id=run_id, what=what))
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


async def _weighed(connection: Connection, wanted: Sequence[Assignment], on: date, now: datetime) -> list[Assignment]:
    """The same, each decision by a scheme with its instant and what the child weighs: all that replaying it needs."""
    missing = [each.child_id for each in wanted if each.points is None and SCHEME in each.decision]
    weights = await weights_on(connection, on, missing) if missing else {}
    found: list[Assignment] = []
    for each in wanted:
        kept: dict[str, Any] = {**each.decision, KNOWN_AT: now.isoformat()}
        points = each.points if each.points is not None or each.child_id not in weights else weights[each.child_id].points
        if points is not None and SCHEME in each.decision:
            kept[POINTS] = str(points)
        found.append(replace(each, decision=kept))
    return found


def _event(
    each: Assignment, on: date, until: date | None, present: Held | None, *, actor: Actor, now: datetime, run_id: UUID | None, what: str
) -> AllocationEvent:
    return AllocationEvent(
        child_id=each.child_id,
        at=now,
        by=actor.subject,
        what=what if present is None or what == UNDONE else "CHANGED",
        iro_id=each.iro_id,
        from_iro_id=None if present is None else present.iro_id,
        effective_on=on,
        until=until,
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
            child_id=held.child_id,
            at=now,
            by=actor.subject,
            what="ENDED",
            iro_id=None,
            from_iro_id=held.iro_id,
            effective_on=ended_on,
            until=held.until,
        )
        for held, ended_on in ends
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

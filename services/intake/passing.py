"""What passes from one child to another when two become one, or are two again: bookings, with what they stand for, and the officer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.caseload import service as caseload
from services.caseload import store as allocations
from services.caseload.store import AllocationEvent, Held
from services.history import service as history
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.ids import obligation_id
from services.kernel.words import MeetingKind, ObligationState
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "identities.sql")
_REASON = "two references are one child, or are two again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One decision about two children: in whose name, when, by which link."""

    connection: Connection
    actor: Actor
    link_id: UUID
    now: datetime
    today: date


@dataclass(slots=True)
class Passed:
    """`moved`: meetings and numbers of items, as undoing needs them; `without_duty`: live meetings that stand for nothing now."""

    moved: list[dict[str, Any]] = field(default_factory=list)
    without_duty: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a meeting stood for, so that the same can be found again under another child."""

    meeting_id: UUID
    number: int
    live: bool
    kind: str
    triggered_on: date
    triggered_by: str
    expected: bool


async def pass_items(merge: Merge, giving: UUID, taking: UUID) -> Passed:
    """Every meeting about `giving` is about `taking`, and stands for what `taking` owes from the same day; both children's duties
    are rewritten. A meeting that was about both keeps one item."""
    passed = Passed()
    owed: list[Owed] = []
    for item in [row async for row in _sql.items_of(merge.connection, child_id=giving)]:
        where = {"meeting_id": item["meeting_id"], "number": item["number"]}
        twice = await _sql.is_about(merge.connection, meeting_id=item["meeting_id"], child_id=taking, kind=item["kind"])
        if twice:
            await _sql.drop_item(merge.connection, **where)
        else:
            await _sql.pass_item(merge.connection, **where, child_id=taking)
            owed += owed_of(item)
        kept = {"meeting_id": str(item["meeting_id"]), "number": item["number"], "kind": item["kind"], "live": item["live"]}
        passed.moved.append({**kept, "dropped": bool(twice)})
    await rewrite_both(merge, giving, taking)
    passed.without_duty = await attach_all(merge, taking, owed)
    await rewrite_both(merge, giving, taking)
    return passed


def owed_of(item: Any) -> list[Owed]:
    """What the item stands for, if anything."""
    if item["owed_kind"] is None:
        return []
    return [
        Owed(
            meeting_id=item["meeting_id"],
            number=item["number"],
            live=item["live"],
            kind=item["owed_kind"],
            triggered_on=item["triggered_on"],
            triggered_by=item["triggered_by"],
            expected=item["state"] == ObligationState.EXPECTED,
        )
    ]


async def attach_all(merge: Merge, child_id: UUID, owed: Collection[Owed]) -> list[str]:
    """Each item stands for what the child owes from the same day, else for the next of its kind; answers the live meetings for which
    there is nothing."""
    in_order = sorted(owed, key=lambda item: (item.triggered_on, str(item.meeting_id)))
    return [str(each.meeting_id) for each in in_order if not await _attach(merge, child_id, each) and each.live]


async def _attach(merge: Merge, child_id: UUID, owed: Owed) -> bool:
    where = {"meeting_id": owed.meeting_id, "number": owed.number}
    same = obligation_id(child_id, owed.kind, owed.triggered_on)
    if await _sql.attach_item(merge.connection, **where, obligation_id=same):
        return True
    if not owed.live:
        return False
    if owed.expected:
        try:
            kind = MeetingKind(owed.kind)
            same = await history.expect_obligation(merge.connection, child_id, kind, owed.triggered_on, owed.triggered_by)
        except InvalidInput:
            return False
        return bool(await _sql.attach_item(merge.connection, **where, obligation_id=same))
    nearest = await _sql.free_duty(merge.connection, child_id=child_id, kind=owed.kind, meeting_id=owed.meeting_id)
    return nearest is not None and bool(await _sql.attach_item(merge.connection, **where, obligation_id=nearest))


async def rewrite_both(merge: Merge, one: UUID, other: UUID) -> None:
    """The duties of both are what their records owe now."""
    await history.rewrite_obligations(merge.connection, [one, other], merge.today)


async def end_allocation(merge: Merge, held: Sequence[Held]) -> None:
    """These allocations end today; those that had not begun never were."""
    await allocations.end_held(merge.connection, [(each, merge.today) for each in held])
    ended = [
        AllocationEvent(
            child_id=each.child_id,
            at=merge.now,
            by=merge.actor.subject,
            what="ENDED",
            iro_id=None,
            from_iro_id=each.iro_id,
            effective_on=max(merge.today, each.first_day),
            until=each.until,
            reason=_REASON,
            decision={"identity_link": str(merge.link_id)},
        )
        for each in held
    ]
    await allocations.add_allocations(merge.connection, [], ended)


async def give_allocations(merge: Merge, child_id: UUID, officers: Sequence[tuple[UUID, date]]) -> None:
    """The child has these officers, each from its day on (from today where that is over) until the next; one that it has from a later
    day on follows them."""
    begun = [iro_id for iro_id, since in officers if since <= merge.today][-1:]
    chain = [(iro_id, merge.today) for iro_id in begun] + [(iro_id, since) for iro_id, since in officers if since > merge.today]
    for iro_id, since in reversed(chain):  # the last first: each ends where the next begins
        await caseload.assign(
            merge.connection,
            child_id,
            iro_id,
            since,
            reason=_REASON,
            actor=merge.actor,
            now=merge.now,
            decision={"identity_link": str(merge.link_id)},
        )

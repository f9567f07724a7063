"""Corrections of who is whose brother or sister, and whose parent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.history import store
from services.history.corrections import CorrectParentage, CorrectSiblingGroup
from services.history.recording.deed import Case, Details, Hand, record_named
from services.history.recording.store import keep_correction
from services.history.rules.children import judge_older
from services.history.rules.days import judge_text
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.words import Omitted
from services.platform.resources import Resources

_WHY = "why the record is corrected"


async def correct_sibling_group(resources: Resources, actor: Actor, command: CorrectSiblingGroup, now: datetime) -> UUID:
    """The child belongs to the sibling group of that other child, which is made if there is none, or to none at all.

    Answers the child's identifier. Raises `Forbidden`, `NotFound` for a child not in reach, `InvalidInput` where nothing changes.
    """
    sibling = None if isinstance(command.sibling_of, Omitted) else command.sibling_of

    async def work(hand: Hand, cases: Sequence[Case]) -> Sequence[Details]:
        judge_text("reason", command.reason, _WHY)
        if isinstance(command.sibling_of, Omitted):
            raise InvalidInput("siblingOf is missing: name a brother or sister, or give null where the child has none", "siblingOf")
        child, other = cases[0], cases[1] if len(cases) > 1 else None
        before = await store.sibling_group_of(hand.connection, child.child_id)
        if other is None:
            if before is None:
                raise InvalidInput("siblingOf: the child is in no sibling group: nothing is to change", "siblingOf")
            await store.leave_siblings(hand.connection, child.child_id, hand.now)
        else:
            if before is not None and before == await store.sibling_group_of(hand.connection, other.child_id):
                raise InvalidInput(f"siblingOf: {other.reference} is a sibling of the child already: nothing is to change", "siblingOf")
            await store.leave_siblings(hand.connection, child.child_id, hand.now)
            await store.make_siblings(hand.connection, child.child_id, other.child_id, hand.now)
        await _keep(hand, "sibling_group_member", child.child_id, command.reason, withdrawn=other is None)
        told = {} if other is None else {"sibling_id": str(other.child_id)}
        return [told] * len(cases)

    named = [command.reference] if sibling is None else [command.reference, sibling]
    return (await record_named(resources, actor, command, named, "siblingOf", now, work))[0]


async def correct_parentage(resources: Resources, actor: Actor, command: CorrectParentage, now: datetime) -> UUID:
    """The child is recorded as a parent of that other child, or is none. Answers the identifier of the parent.

    Raises `Forbidden`, `NotFound` for a child not in reach, `InvalidInput` where it cannot be so, or nothing changes.
    """

    async def work(hand: Hand, cases: Sequence[Case]) -> Sequence[Details]:
        judge_text("reason", command.reason, _WHY)
        parent, child = cases
        known = await store.is_parent(hand.connection, child.child_id, parent.child_id)
        if command.withdraw:
            if not known:
                raise InvalidInput(f"parentOf: the child is recorded as no parent of {child.reference}: nothing is to change", "parentOf")
            await store.end_parentage(hand.connection, child.child_id, parent.child_id, hand.now)
        else:
            if known:
                raise InvalidInput(f"parentOf: the child is a parent of {child.reference} already: nothing is to change", "parentOf")
            judge_older(parent.facts, child.facts)
            if await store.is_parent(hand.connection, parent.child_id, child.child_id):
                raise InvalidInput(f"parentOf: {child.reference} is recorded as the parent: withdraw that first", "parentOf")
            await store.add_parent(hand.connection, child.child_id, parent.child_id, hand.now)
        await _keep(hand, "parentage", child.child_id, command.reason, withdrawn=command.withdraw)
        told = {"parent_id": str(parent.child_id), "child_id": str(child.child_id), "withdrawn": command.withdraw}
        return [told] * len(cases)

    named = [command.reference, command.parent_of]
    return (await record_named(resources, actor, command, named, "parentOf", now, work))[0]


async def _keep(hand: Hand, table: str, child_id: UUID, reason: str, *, withdrawn: bool) -> None:
    await keep_correction(hand.connection, hand.actor, table, child_id, withdrawn=withdrawn, reason=reason, now=hand.now)

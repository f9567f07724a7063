"""A child is registered, born, adopted, or dead."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.history import store
from services.history.commands import RecordAdoptionOrder, RecordBirth, RecordDeath, RegisterChild
from services.history.facts import facts_of
from services.history.recording.deed import Afterwards, Case, Details, body_of, days, record_one
from services.history.rules.children import judge_adoption, judge_birth, judge_death, judge_parent, judge_registration
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.permission import Act, Reach, require
from services.kernel.words import CareStatusEnd
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources

LASTING = ("care_period", "protection_plan", "care_status")
"""What goes on until something ends it."""


async def register_child(resources: Resources, actor: Actor, command: RegisterChild, now: datetime) -> UUID:
    """The child is known under its reference, with its sibling or its own child. Answers its identifier.

    Raises `Forbidden`, `InvalidInput` (also for a reference that is taken), `NotFound` for an unknown sibling or child.
    """
    if require(actor, Act.RECORD_CHILDREN) is not Reach.ALL:
        raise Forbidden("your role may not register a child: it would not be one of your own")

    async def work(connection: Connection) -> dict[str, Any]:
        judge_registration(command, resources.today(now))
        named = [each for each in (command.sibling_of, command.parent_of) if each is not None]
        known = await store.children_in_reach(connection, actor, named, resources.today(now))
        await store.lock_children(connection, known.values())
        child_id = await store.add_child(connection, command.reference, command.born_on, command.expected_on, now)
        if child_id is None:
            raise InvalidInput(f"the reference {command.reference} is taken by a child that is registered already", "reference")
        if command.sibling_of is not None:
            await store.make_siblings(connection, child_id, known[command.sibling_of], now)
        if command.parent_of is not None:
            await _make_parent(connection, command, child_id, known[command.parent_of], now)
        await audit.record(connection, actor, "REGISTER_CHILD", subject=f"child:{child_id}", details=_relations(command, known))
        return {"child_id": str(child_id)}

    answer = await once(resources.database, actor, command.request_key, body_of(command), work)
    return UUID(answer["child_id"])


async def record_birth(resources: Resources, actor: Actor, command: RecordBirth, now: datetime) -> UUID:
    """The child that was expected is born: the same record, plan and bookings, a date of birth in place of the expected day.

    Raises `Forbidden`, `NotFound`, `InvalidInput` for a child that is born already, or a day far from the one expected.
    """

    async def work(case: Case) -> Details:
        judge_birth(command, case.facts, case.hand.today)
        await _know(case, {"born_on": command.born_on, "expected_on": None})
        return {}

    return await record_one(resources, actor, command, now, work)


async def record_death(
    resources: Resources, actor: Actor, command: RecordDeath, now: datetime, *, afterwards: Afterwards | None = None
) -> UUID:
    """The child has died: care, plan and every status ended that day, and nothing is owed from it on.

    `afterwards` runs in the same transaction. Raises `Forbidden`, `NotFound`, `InvalidInput` for a day that cannot be.
    """

    async def work(case: Case) -> Details:
        judge_death(command, case.facts, case.hand.today)
        await _know(case, {"died_on": command.died_on})
        return {**days(died_on=command.died_on), "ended": await _end_all(case, command.died_on, CareStatusEnd.DIED)}

    return await record_one(resources, actor, command, now, work, afterwards=afterwards)


async def record_adoption_order(
    resources: Resources, actor: Actor, command: RecordAdoptionOrder, now: datetime, *, afterwards: Afterwards | None = None
) -> UUID:
    """The child is adopted: care, plan and every status ended that day, and nothing is owed from it on.

    What the child is called from then on is no part of this record. `afterwards` runs in the same transaction. Raises
    `Forbidden`, `NotFound`, `InvalidInput` for a day on which no order can have been made.
    """

    async def work(case: Case) -> Details:
        judge_adoption(command, case.facts, case.hand.today)
        await _know(case, {"adopted_on": command.made_on})
        return {**days(made_on=command.made_on), "ended": await _end_all(case, command.made_on, CareStatusEnd.ADOPTED)}

    return await record_one(resources, actor, command, now, work, afterwards=afterwards)


async def _know(case: Case, changes: dict[str, date | None]) -> None:
    """One version of who the child is follows another; of a child that was only named until now, it is the first."""
    if await case.hand.records("child_fact", child_id=case.child_id):
        await case.hand.revise("child_fact", case.child_id, changes)
    else:
        await case.hand.open("child_fact", child_id=case.child_id, **changes)


async def _end_all(case: Case, day: date, reason: CareStatusEnd) -> list[str]:
    """Whatever went on ended that day for that reason, by which a corrected day finds it again. Answers the records."""
    ended: list[str] = []
    for table in LASTING:
        for record in await case.hand.records(table, child_id=case.child_id, ended_on=None):
            await case.hand.revise(table, record["id"], {"ended_on": day, "end_reason": reason.value})
            ended.append(str(record["id"]))
    return ended


async def _make_parent(connection: Connection, command: RegisterChild, parent_id: UUID, child_id: UUID, now: datetime) -> None:
    facts = (await facts_of(connection, [child_id])).get(child_id)
    if facts is None:
        raise NotFound(f"there is no child with the reference {command.parent_of}")
    judge_parent(command, facts)
    await store.add_parent(connection, child_id, parent_id, now)


def _relations(command: RegisterChild, known: dict[str, UUID]) -> dict[str, str]:
    related = {"sibling_id": command.sibling_of, "parent_of_id": command.parent_of}
    return {name: str(known[reference]) for name, reference in related.items() if reference is not None}

"""The frame of everything that a person records: who may, on whose record, once, with what follows and the audit beside it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from services.history.facts import facts_of
from services.history.projection import rewrite_obligations
from services.history.store import RECORDED, children_in_reach, lock_children
from services.history.timescales import load_timescales
from services.history.versions import open_version, records_in_force, revise_version, withdraw_version
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.permission import Act, require
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.statutory.clock import Due, obligations
from services.statutory.facts import SubjectFacts
from services.statutory.working_days import england

Details: TypeAlias = Mapping[str, Any]
Afterwards: TypeAlias = Callable[[Connection, UUID], Awaitable[Sequence[UUID]]]
"""What a room above does in the same transaction, once the child's obligations are what its records owe: a diary gives up the
meetings of a child that has died. Answers the identifiers that whoever recorded it is to hear of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """Somebody at work on records, inside one transaction. `now`: when the service learns of it."""

    connection: Connection
    actor: Actor
    now: datetime
    today: date

    async def open(self, table: str, **values: Any) -> UUID:
        """A new record is in force. Answers its identifier."""
        return await open_version(self.connection, table, values, source=RECORDED, at=self.now)

    async def revise(self, table: str, record_id: UUID, changes: Mapping[str, Any]) -> None:
        """The record in force states `changes`; what it stated before stays readable."""
        await revise_version(self.connection, table, record_id, changes, source=RECORDED, at=self.now)

    async def withdraw(self, table: str, record_id: UUID) -> None:
        """The record is in force no more."""
        await withdraw_version(self.connection, table, record_id, at=self.now)

    async def records(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """The records in force of which that holds, the earliest known first."""
        found = await records_in_force(self.connection, table, where)
        return sorted(found, key=lambda record: record["recorded"].lower)

    async def dues(self, facts: SubjectFacts) -> tuple[Due, ...]:
        """What these facts owe, by the timescales in force."""
        return obligations(facts, await load_timescales(self.connection), england())


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One child on whose record somebody is at work, held until the transaction ends."""

    hand: Hand
    reference: str
    child_id: UUID
    facts: SubjectFacts


Work: TypeAlias = Callable[[Hand, Sequence[Case]], Awaitable[Sequence[Details]]]


async def record_one(
    resources: Resources,
    actor: Actor,
    command: Any,
    now: datetime,
    work: Callable[[Case], Awaitable[Details]],
    *,
    afterwards: Afterwards | None = None,
) -> UUID:
    """Does `work` once on the record of the child that `command.reference` names, with what follows; the child's identifier.

    `work` answers what the audit keeps: ids, codes and days. Raises `Forbidden`, `NotFound`, and what `work` raises.
    """
    child_id, _ = await record_and_follow(resources, actor, command, now, work, afterwards)
    return child_id


async def record_and_follow(
    resources: Resources,
    actor: Actor,
    command: Any,
    now: datetime,
    work: Callable[[Case], Awaitable[Details]],
    afterwards: Afterwards | None,
) -> tuple[UUID, tuple[UUID, ...]]:
    """As `record_one`; beside the child's identifier what `afterwards` answered, the same when the request key is used again."""

    async def each(_: Hand, cases: Sequence[Case]) -> Sequence[Details]:
        return [await work(cases[0])]

    (child_id,), followed = await _record(resources, actor, command, [command.reference], now, each, afterwards)
    return child_id, followed


async def record_all(resources: Resources, actor: Actor, command: Any, now: datetime, work: Work) -> list[UUID]:
    """The same of every child in `command.references`, all or none, in that order."""
    return (await _record(resources, actor, command, command.references, now, work, None))[0]


async def record_named(
    resources: Resources, actor: Actor, command: Any, references: Sequence[str], field: str, now: datetime, work: Work
) -> list[UUID]:
    """The same of the children that the command names one by one; `field` names the last of them."""
    try:
        return (await _record(resources, actor, command, references, now, work, None))[0]
    except InvalidInput as refused:
        if refused.field != "references":
            raise
        raise InvalidInput(f"{field} names the child itself: give another child's reference", field) from None


async def _record(
    resources: Resources,
    actor: Actor,
    command: Any,
    references: Sequence[str],
    now: datetime,
    work: Work,
    afterwards: Afterwards | None,
) -> tuple[list[UUID], tuple[UUID, ...]]:
    require(actor, Act.RECORD_CHILDREN)

    async def attempt(connection: Connection) -> dict[str, Any]:
        hand = Hand(connection=connection, actor=actor, now=now, today=resources.today(now))
        cases = await open_cases(hand, references)
        details = await work(hand, cases)
        followed = await settle(hand, command, [(case.child_id, told) for case, told in zip(cases, details, strict=True)], afterwards)
        return {"child_ids": [str(case.child_id) for case in cases], "followed": [str(each) for each in followed]}

    answer = await once(resources.database, actor, command.request_key, body_of(command), attempt)
    followed = answer.get("followed", ())  # an answer that is older than this has none
    return [UUID(child_id) for child_id in answer["child_ids"]], tuple(UUID(each) for each in followed)


async def open_cases(hand: Hand, references: Sequence[str]) -> list[Case]:
    """The children of these references, held until the transaction ends; raises `NotFound` where one is not in reach, and
    `InvalidInput` where two are one child."""
    known = await children_in_reach(hand.connection, hand.actor, references, hand.today)
    if len(set(known.values())) < len(references):
        raise InvalidInput("references names a child twice: name each child once", "references")
    await lock_children(hand.connection, known.values())
    facts = await facts_of(hand.connection, known.values(), today=hand.today)
    return [Case(hand=hand, reference=each, child_id=known[each], facts=facts[known[each]]) for each in references]


async def settle(hand: Hand, command: Any, done: Iterable[tuple[UUID, Details]], afterwards: Afterwards | None = None) -> tuple[UUID, ...]:
    """The obligations of these children are what their records owe now, and the audit says what was done. Answers what `afterwards`
    does."""
    done = list(done)
    followed: list[UUID] = []
    await rewrite_obligations(hand.connection, [child_id for child_id, _ in done], hand.today)
    if afterwards is not None:
        for child_id, _ in done:
            followed += await afterwards(hand.connection, child_id)
    await audit.record_many(hand.connection, hand.actor, action_of(command), [(f"child:{child_id}", told) for child_id, told in done])
    return tuple(followed)


def body_of(command: Any) -> dict[str, Any]:
    """The command without its key: what must be the same when the key is used again."""
    fields = asdict(command)
    del fields["request_key"]
    return {"command": type(command).__name__, **fields}


def action_of(command: Any) -> str:
    """The verb of the audit: RECORD_DEATH for RecordDeath."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(command).__name__).upper()


def days(**values: date | None) -> dict[str, str]:
    """Days as the audit keeps them; those that there are not are left out."""
    return {name: value.isoformat() for name, value in values.items() if value is not None}

"""The frame of every correction: the record in force, what is to change of it, why, and what follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from services.history.corrections import Correction
from services.history.facts import facts_of, household_facts_of
from services.history.recording import store
from services.history.recording.deed import Hand, body_of, settle
from services.history.recording.households import settle_household
from services.history.rules.days import judge_text
from services.history.store import lock_children, lock_households
from services.history.versions import version_in_force
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.permission import Act, Reach, reach, require
from services.kernel.words import OMITTED, CareStatus, EarlierReviewReason, MeetingKind, TransferDirection
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.statutory.facts import SubjectFacts

Fact = TypeVar("Fact")
_OF_THE_COMMAND = frozenset({"request_key", "id", "reference", "reason", "withdraw", "recorded_at"})
_MAY_BE_NONE = frozenset({"born_on", "expected_on", "died_on", "adopted_on", "ended_on", "legal_status", "category", "completed_on"}) | {
    "participation",
    "end_reason",
    "expected_end_on",
    "conference_on",
    "withdrawn_on",
}
_WORDS: Mapping[str, type[Enum]] = {
    "status": CareStatus,
    "kind": MeetingKind,
    "direction": TransferDirection,
    "reason": EarlierReviewReason,
}
_TRACES = 40
"""Records that one line of the audit names; a correction moves a handful at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correcting:
    """One record on which somebody is at work. `record`: as it is in force; `changes`: its columns as they are to be, which may
    grow; `followed`: the records that changed with it."""

    hand: Hand
    table: str
    record: dict[str, Any]
    changes: dict[str, Any]
    withdraw: bool
    facts: SubjectFacts
    followed: list[str] = field(default_factory=list)

    @property
    def child_id(self) -> UUID | None:
        found: UUID | None = self.record.get("child_id")
        return found

    @property
    def household_id(self) -> UUID | None:
        found: UUID | None = self.record.get("household_id")
        return found

    def before(self, fact: type[Fact]) -> Fact:
        """The record as the clock reads it."""
        return fact_of(fact, self.record)

    def after(self, fact: type[Fact]) -> Fact:
        """The record as the clock will read it."""
        return fact_of(fact, {**self.record, **self.changes})

    def changed(self, *names: str) -> bool:
        return any(name in self.changes for name in names)

    async def follow(self, table: str, record: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        """A record that hangs on this one changes with it."""
        await self.hand.revise(table, record["id"], changes)
        self.followed.append(str(record["id"]))

    async def drop(self, table: str, record: Mapping[str, Any]) -> None:
        """A record that hangs on this one was never true either."""
        await self.hand.withdraw(table, record["id"])
        self.followed.append(str(record["id"]))


async def correct(
    resources: Resources,
    actor: Actor,
    command: Correction,
    now: datetime,
    table: str,
    work: Callable[[Correcting], Awaitable[None]],
) -> UUID:
    """The record of `table` that the command names is revised or withdrawn, once, after `work` has judged it and made follow
    what hangs on it. Answers the child's identifier, or the household's.

    Raises `Forbidden`, `InvalidInput`, and `NotFound` for a record that is not in force, or of a child not in reach.
    """
    require(actor, Act.RECORD_CHILDREN)

    async def attempt(connection: Connection) -> dict[str, Any]:
        hand = Hand(connection=connection, actor=actor, now=now, today=resources.today(now))
        judge_text("reason", command.reason, "why the record is corrected")
        record, facts = await _open(hand, table, command.id)
        judge_as_read(command, record)
        changes = {} if command.withdraw else changes_of(command, record)
        judge_changes(command, changes, withdraw=command.withdraw)
        case = Correcting(hand=hand, table=table, record=record, changes=changes, withdraw=command.withdraw, facts=facts)
        await work(case)
        if case.withdraw:
            await hand.withdraw(table, command.id)
        else:
            await hand.revise(table, command.id, case.changes)
        await store.keep_correction(connection, actor, table, command.id, withdrawn=case.withdraw, reason=command.reason, now=now)
        return {"subject_id": str(await _settle(case, command))}

    answer = await once(resources.database, actor, command.request_key, body_of(command), attempt)
    return UUID(answer["subject_id"])


async def _open(hand: Hand, table: str, record_id: UUID) -> tuple[dict[str, Any], SubjectFacts]:
    """The record in force, with its subject held until the transaction ends, and what is known of that."""
    unknown = NotFound("there is no record of that kind with that id: it may have been withdrawn")
    named = await version_in_force(hand.connection, table, record_id)
    if named is None:
        raise unknown
    child_id, household_id = named.get("child_id"), named.get("household_id")
    if child_id is not None and await store.is_in_reach(hand.connection, hand.actor, child_id, hand.today):
        await lock_children(hand.connection, [child_id])
        facts = await facts_of(hand.connection, [child_id], today=hand.today)
    elif household_id is not None and reach(hand.actor, Act.RECORD_CHILDREN) is Reach.ALL:
        await lock_households(hand.connection, [household_id])
        facts = await household_facts_of(hand.connection, [household_id], today=hand.today)
    else:
        raise unknown
    record = await version_in_force(hand.connection, table, record_id)  # as it is now that nobody else changes it
    if record is None or record.get("child_id") != child_id:
        raise unknown
    (known,) = facts.values()
    return record, known


async def _settle(case: Correcting, command: Correction) -> UUID:
    details = {"record_id": str(case.record["id"]), **told(case.record, case.changes, case.followed, withdraw=case.withdraw)}
    if case.child_id is not None:
        await settle(case.hand, command, [(case.child_id, details)])
        return case.child_id
    assert case.household_id is not None
    await settle_household(case.hand, command, case.household_id, details)
    return case.household_id


def judge_as_read(command: Any, record: Mapping[str, Any]) -> None:
    """Raises `InvalidInput` with what the record states now of what the command is about, where somebody has changed it since the
    caller read it; the subject is held."""
    if command.recorded_at is None or command.recorded_at == record["recorded"].lower:
        return
    about = [each.name for each in fields(command) if each.name not in _OF_THE_COMMAND]
    given = [name for name in about if getattr(command, name) is not OMITTED] or about
    now = ", ".join(f"{camel(name)} is {_said(record[name])}" for name in given)
    raise InvalidInput(f"recordedAt: the record has changed since you read it: {now} now; read it again", "recordedAt")


def _said(value: Any) -> str:
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(_plain(value))


def changes_of(command: Any, record: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that the command gives another value; raises `InvalidInput` for one that a record cannot do without."""
    changes: dict[str, Any] = {}
    for each in fields(command):
        value = getattr(command, each.name)
        if each.name in _OF_THE_COMMAND or value is OMITTED:
            continue
        if value is None and each.name not in _MAY_BE_NONE:
            raise InvalidInput(f"{camel(each.name)} cannot be taken away: give its right value, or withdraw the record", camel(each.name))
        stated = value.value if isinstance(value, Enum) else value
        if stated != record[each.name]:
            changes[each.name] = stated
    return changes


def judge_changes(command: Any, changes: Mapping[str, Any], *, withdraw: bool) -> None:
    """Raises `InvalidInput` where nothing is to change, or a record is to be both corrected and withdrawn."""
    given = [each.name for each in fields(command) if each.name not in _OF_THE_COMMAND and getattr(command, each.name) is not OMITTED]
    if withdraw and given:
        raise InvalidInput("withdraw: the record is to be corrected as well: do one of the two", "withdraw")
    if not withdraw and not changes:
        name = camel(given[0]) if given else "reason"
        raise InvalidInput(f"{name}: nothing is to change: give a value other than the one that is recorded", name)


def told(record: Mapping[str, Any], changes: Mapping[str, Any], followed: Iterable[str], *, withdraw: bool) -> dict[str, Any]:
    """Old and new values for the audit: ids, codes and days."""
    if withdraw:
        return {"withdrawn": True, "followed": list(followed)[:_TRACES]}
    before = {name: _plain(record[name]) for name in changes}
    return {"before": before, "after": {name: _plain(value) for name, value in changes.items()}, "followed": list(followed)[:_TRACES]}


def fact_of(fact: type[Fact], record: Mapping[str, Any]) -> Fact:
    """A record as the fact that it states."""
    values = {each.name: record[each.name] for each in fields(fact)}  # type: ignore[arg-type]  # facts are dataclasses
    return fact(**{name: _WORDS[name](value) if name in _WORDS else value for name, value in values.items()})


def without(items: Iterable[Fact], one: Fact) -> tuple[Fact, ...]:
    """The items but for one that is equal to `one`."""
    rest = list(items)
    rest.remove(one)
    return tuple(rest)


def swapped(items: Iterable[Fact], one: Fact, other: Fact) -> tuple[Fact, ...]:
    """The items with `other` in the place of one that is equal to `one`."""
    return (*without(items, one), other)


def camel(name: str) -> str:
    """A column as the graph spells it."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

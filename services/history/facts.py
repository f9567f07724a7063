"""What the records say of children and of foster households, as the clock reads it: now, or as it was known at an instant.

A fact's fields are the columns of its table, name by name: the statements are made from them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, TransferDirection
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.facts import (
    ApprovalFact,
    CarePeriodFact,
    EarlierReviewFact,
    HeldFact,
    PlanFact,
    Section47Fact,
    StatusFact,
    SubjectFacts,
    TransferFact,
)

_sql = load_queries(__file__, "facts.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The records of one table, read as facts. `words`: the columns that hold a word of a vocabulary."""

    table: str
    fact: type[Any]
    words: dict[str, type[StrEnum]] = field(default_factory=dict)

    def query(self, subject: str, in_force: str) -> str:
        columns = ", ".join(each.name for each in fields(self.fact))
        return f"SELECT {subject} AS subject_id, {columns} FROM {self.table} WHERE {subject} = ANY($1::uuid[]) AND {in_force}"  # noqa: S608 - names of the tables below

    def read(self, rows: Iterable[Any]) -> dict[UUID, list[Any]]:
        """The facts that the rows state, by subject."""
        found: dict[UUID, list[Any]] = defaultdict(list)
        fact = self.fact
        words = [(name, {word.value: word for word in vocabulary}) for name, vocabulary in self.words.items()]
        for row in rows:
            values = dict(row)
            subject_id = values.pop("subject_id")
            for name, known in words:
                values[name] = known[values[name]]
            found[subject_id].append(fact(**values))
        return found


_HELD = _Part(table="held_record", fact=HeldFact, words={"kind": MeetingKind})
_OF_CHILDREN = {
    "care_periods": _Part(table="care_period", fact=CarePeriodFact),
    "plans": _Part(table="protection_plan", fact=PlanFact),
    "section47s": _Part(table="section47", fact=Section47Fact),
    "statuses": _Part(table="care_status", fact=StatusFact, words={"status": CareStatus}),
    "earlier": _Part(table="earlier_review", fact=EarlierReviewFact, words={"kind": MeetingKind, "reason": EarlierReviewReason}),
    "transfers": _Part(table="transfer", fact=TransferFact, words={"direction": TransferDirection}),
    "held": _HELD,
}


async def facts_of(
    connection: Connection, child_ids: Collection[UUID], *, known_at: datetime | None = None, today: date | None = None
) -> dict[UUID, SubjectFacts]:
    """What the records say of these children now, or said at `known_at`; children of whom nothing is known are left out.

    What has no end yet is known to have gone on until `today`.
    """
    ids = list(child_ids)
    if known_at is None:
        children = [row async for row in _sql.known_children(connection, ids=ids)]
    else:
        children = [row async for row in _sql.known_children_at(connection, ids=ids, at=known_at)]
    parts = {name: await _read(connection, part, "child_id", ids, known_at) for name, part in _OF_CHILDREN.items()}
    facts: dict[UUID, SubjectFacts] = {}
    for child_id, born_on, expected_on, died_on, adopted_on in children:
        records: dict[str, Any] = {name: tuple(found[child_id]) for name, found in parts.items() if child_id in found}
        facts[child_id] = SubjectFacts(
            subject_id=child_id,
            born_on=born_on,
            expected_on=expected_on,
            died_on=died_on,
            adopted_on=adopted_on,
            seen_until=today,
            **records,
        )
    return facts


async def household_facts_of(
    connection: Connection, household_ids: Collection[UUID], *, known_at: datetime | None = None, today: date | None = None
) -> dict[UUID, SubjectFacts]:
    """What the records say of these foster households now, or said at `known_at`; those of which nothing is known are left out."""
    ids = list(household_ids)
    if known_at is None:
        households = [row async for row in _sql.known_households(connection, ids=ids)]
    else:
        households = [row async for row in _sql.known_households_at(connection, ids=ids, at=known_at)]
    held = await _read(connection, _HELD, "household_id", ids, known_at)
    before = await approvals_before(connection, ids, known_at)
    return {
        row["id"]: SubjectFacts(
            subject_id=row["id"],
            approved_on=row["approved_on"],
            approval_ended_on=row["ended_on"],
            approvals_before=tuple(before.get(row["id"], ())),
            held=tuple(held.get(row["id"], ())),
            seen_until=today,
        )
        for row in households
    }


async def approvals_before(
    connection: Connection, household_ids: Collection[UUID], known_at: datetime | None = None
) -> dict[UUID, list[ApprovalFact]]:
    """The approvals of each household that had ended when it was approved again, as is known now, or was at `known_at`."""
    before: dict[UUID, list[ApprovalFact]] = defaultdict(list)
    async for household_id, approved_on, ended_on in _sql.approvals_before(connection, ids=list(household_ids), at=known_at):
        before[household_id].append(ApprovalFact(approved_on=approved_on, ended_on=ended_on))
    return before


async def _read(connection: Connection, part: _Part, subject: str, ids: list[UUID], known_at: datetime | None) -> dict[UUID, list[Any]]:
    if known_at is None:
        rows = await connection.fetch(part.query(subject, "upper_inf(recorded)"), ids)
    else:
        rows = await connection.fetch(part.query(subject, "recorded @> $2::timestamptz"), ids, known_at)
    return part.read(rows)

"""One obligation as the table has it, and what there is to write of many."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.kernel.words import MeetingKind, ObligationState
from services.statutory.clock import DAY_ZERO_RULES, Due
from services.statutory.timescales import Timescales
from services.statutory.working_days import WorkingDays

OPEN, EXPECTED, HELD, VOID = (
    each.value for each in (ObligationState.OPEN, ObligationState.EXPECTED, ObligationState.HELD, ObligationState.VOID)
)
OF_HOUSEHOLDS = frozenset({MeetingKind.FOSTER_HOME_REVIEW})
"""The kinds of meeting whose subject is a foster household; of all others it is a child."""


class Row(NamedTuple):
    """One obligation, column by column as the table has it: compared whole, written array by array."""

    id: UUID
    child_id: UUID | None
    household_id: UUID | None
    kind: str
    triggered_on: date
    triggered_by: str
    rule_code: str
    rule_amount: int
    rule_unit: str
    legal_basis: str
    statutory_due_on: date
    census_due_on: date | None
    book_by_on: date
    state: str
    held_on: date | None
    completed_on: date | None
    void_from: date | None
    not_before_on: date | None
    brought_forward_by: str | None
    meeting_needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """`booked`: a meeting stands for it, or one that was postponed. `referred_to`: it has had a meeting at all.

    `meets_on`: the day of the meeting that stands for it and is not recorded as held; None where there is none such.
    """

    row: Row
    booked: bool = False
    referred_to: bool = False
    meets_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    timescales: Timescales
    working_days: WorkingDays


@dataclass(slots=True)
class Changes:
    """What to write: `moved` are rows under a new identifier, by the old one; `gone` are removed or made void.

    `handed` are old and new identifiers: the meeting that stands for the old one stands for the new one. `rekinded` are
    identifiers under which an obligation, or a meeting for one, has become of another kind.
    """

    added: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    moved: list[tuple[UUID, Row]] = field(default_factory=list)
    handed: list[tuple[UUID, UUID]] = field(default_factory=list)
    rekinded: list[UUID] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)


def row_of(subject_id: UUID, due: Due) -> Row:
    """A duty as the table keeps it."""
    of_household = due.kind in OF_HOUSEHOLDS
    return Row(
        id=due.id,
        child_id=None if of_household else subject_id,
        household_id=subject_id if of_household else None,
        kind=due.kind.value,
        triggered_on=due.triggered_on,
        triggered_by=due.triggered_by,
        rule_code=due.timescale.code,
        rule_amount=due.timescale.amount,
        rule_unit=due.timescale.unit.value,
        legal_basis=due.timescale.legal_basis,
        statutory_due_on=due.statutory_due_on,
        census_due_on=due.census_due_on,
        book_by_on=due.book_by_on,
        state=due.state.value,
        held_on=due.held_on,
        completed_on=due.completed_on,
        void_from=due.void_from,
        not_before_on=due.not_before_on,
        brought_forward_by=None if due.brought_forward_by is None else due.brought_forward_by.value,
        meeting_needed=due.meeting_needed,
    )


def is_stated(row: Row) -> bool:
    """Whether an expected obligation has a day 0 of its own, rather than that of a meeting before it."""
    kind = MeetingKind(row.kind)
    return kind is not MeetingKind.REVIEW_CONFERENCE and row.rule_code == DAY_ZERO_RULES[kind]

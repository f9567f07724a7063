"""What is stored of a child's obligations against what the records owe now: the least change that makes them one.

An obligation that the records still start keeps its identifier. Where one trigger was replaced by another (a day corrected, a
review held on another day than planned), the stored one moves to the new trigger and takes its booking along. What a
booking gave the service to expect stays expected while its chain stands. The rest is gone: removed where nothing refers to it,
void where something does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.kernel.words import MeetingKind, ObligationState
from services.statutory.clock import (
    DAY_ZERO_RULES,
    PREDECESSORS,
    CarePeriodFact,
    Due,
    PlanFact,
    SubjectFacts,
    assume_held,
    chained_from,
    owed_from,
)
from services.statutory.facts import STARTING_CONFERENCES
from services.statutory.timescales import Timescales
from services.statutory.working_days import WorkingDays

OPEN, EXPECTED, HELD, VOID = (
    each.value for each in (ObligationState.OPEN, ObligationState.EXPECTED, ObligationState.HELD, ObligationState.VOID)
)


class Row(NamedTuple):
    """One obligation, column by column as the table has it: compared whole, written array by array."""

    id: UUID
    child_id: UUID
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """`booked`: a meeting stands for it, or one that was postponed. `referred_to`: it has had a meeting at all."""

    row: Row
    booked: bool = False
    referred_to: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    timescales: Timescales
    working_days: WorkingDays


@dataclass(slots=True)
class Changes:
    """What to write: `moved` are rows under a new identifier, by the old one; `gone` are removed or made void."""

    added: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    moved: list[tuple[UUID, Row]] = field(default_factory=list)
    gone: list[UUID] = field(default_factory=list)


def row_of(child_id: UUID, due: Due) -> Row:
    """A duty as the table keeps it."""
    return Row(
        id=due.id,
        child_id=child_id,
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
    )


def reconcile(facts: SubjectFacts, dues: Iterable[Due], stored: Iterable[Stored], law: Law, changes: Changes) -> None:
    """Adds to `changes` what brings one child's stored obligations to `dues`, which its records owe."""
    wanted = {due.id: row_of(facts.subject_id, due) for due in dues}
    left = {each.row.id: each for each in stored}
    fresh: dict[UUID, Row] = {}
    for row in wanted.values():
        known = left.pop(row.id, None)
        if known is None:
            fresh[row.id] = row
        elif known.row != row:
            changes.changed.append(row)
    if left:
        for old in _by_worth(left.values()):
            became = _nearest(old.row, fresh.values())
            if became is not None:
                changes.moved.append((old.row.id, fresh.pop(became.id)))
                del left[old.row.id]
        _settle(facts, wanted, left, law, changes)
    changes.added.extend(fresh.values())


def assume(facts: SubjectFacts, row: Row) -> SubjectFacts:
    """The facts as they would be if what starts an expected obligation had come about."""
    kind = MeetingKind(row.kind)
    if row.rule_code != DAY_ZERO_RULES[kind]:
        return assume_held(facts, kind, row.triggered_on)
    if kind is MeetingKind.REVIEW_CONFERENCE:
        return replace(facts, plans=(*facts.plans, PlanFact(started_on=row.triggered_on)))
    if kind in (MeetingKind.CARE_REVIEW, MeetingKind.SHORT_BREAK_REVIEW):
        period = CarePeriodFact(started_on=row.triggered_on, short_break=kind is MeetingKind.SHORT_BREAK_REVIEW)
        return replace(facts, care_periods=(*facts.care_periods, period))
    return facts


def _by_worth(left: Iterable[Stored]) -> list[Stored]:
    """Those that may move, the booked first; one that is void and free of meetings has nothing to take along."""
    movable = [each for each in left if each.booked or each.row.state != VOID]
    return sorted(movable, key=lambda each: (not each.booked, each.row.triggered_on))


def _nearest(old: Row, fresh: Iterable[Row]) -> Row | None:
    """The new obligation of the same kind that the old one became: met on the same day, else begun nearest to it."""
    same_kind = [row for row in fresh if row.kind == old.kind]
    return min(
        same_kind,
        key=lambda row: (
            old.held_on is None or row.held_on != old.held_on,
            abs((row.triggered_on - old.triggered_on).days),
            row.triggered_on,
        ),
        default=None,
    )


def _settle(facts: SubjectFacts, wanted: Mapping[UUID, Row], left: Mapping[UUID, Stored], law: Law, changes: Changes) -> None:
    """Keeps, day by day, what is expected and still stands; gives up the rest."""
    awaited = [row for row in wanted.values() if row.state == OPEN]
    for each in sorted(left.values(), key=lambda each: each.row.triggered_on):
        kept = _kept(facts, each, awaited, law)
        if kept is None:
            changes.gone.append(each.row.id)
            continue
        if kept != each.row:
            changes.changed.append(kept)
        if kept.state == EXPECTED:
            awaited.append(kept)
            facts = assume(facts, kept)


def _kept(facts: SubjectFacts, old: Stored, awaited: list[Row], law: Law) -> Row | None:
    row, kind = old.row, MeetingKind(old.row.kind)
    if not is_stated(row):
        free = row.state == EXPECTED and not old.referred_to
        return _kept_in_chain(facts, row, kind, awaited, law) if free or old.booked else None
    if row.state == EXPECTED or (row.state == HELD and old.booked):
        return _kept_as_stated(facts, row, kind, law)
    return None


def is_stated(row: Row) -> bool:
    """Whether an expected obligation has a day 0 of its own, rather than that of a meeting before it."""
    kind = MeetingKind(row.kind)
    return kind is not MeetingKind.REVIEW_CONFERENCE and row.rule_code == DAY_ZERO_RULES[kind]


def _kept_in_chain(facts: SubjectFacts, row: Row, kind: MeetingKind, awaited: list[Row], law: Law) -> Row | None:
    """An expected link stands while a meeting before it is awaited and would start it, and none of its own was called off."""
    before = [each for each in awaited if MeetingKind(each.kind) in PREDECESSORS[kind] and each.triggered_on < row.triggered_on]
    due = chained_from(facts, kind, row.triggered_on, law.timescales, law.working_days)
    if not before or due is None:
        return None
    return row_of(row.child_id, replace(due, triggered_by=row.triggered_by))


def _kept_as_stated(facts: SubjectFacts, row: Row, kind: MeetingKind, law: Law) -> Row | None:
    """A day 0 that came with a booking stands, also when that is called off, until a record replaces it; a meeting of its kind
    answers it."""
    kinds = STARTING_CONFERENCES if kind in STARTING_CONFERENCES else frozenset({kind})
    meeting = next((each for each in facts.held_of(*kinds) if each.held_on >= row.triggered_on), None)
    if meeting is None and (row.state == HELD or facts.died_on is not None):
        return None
    due = owed_from(facts, kind, row.triggered_on, row.triggered_by, law.timescales, law.working_days)
    if meeting is not None:
        due = replace(due, state=ObligationState.HELD, held_on=meeting.held_on, completed_on=meeting.completed_on)
    return row_of(row.child_id, due)

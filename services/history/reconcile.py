"""What is stored of a subject's obligations against what the records owe now: the least change that makes them one.

An obligation that the records still start keeps its identifier. Where one trigger was replaced by another (a day corrected, a
review held on another day than planned, a child born before its conference), the stored one moves to the new trigger and takes
its booking along. A booking that stands for nothing any more, because another meeting has answered what it was for, goes over
to what is owed next; one whose duty is void, because care ended and began again or short breaks became ordinary care, to what is
owed instead, if it comes in time. What a booking gave the service to expect stays expected while its chain stands. The rest is
gone: removed where nothing refers to it, void where something does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.history.rows import EXPECTED, HELD, OF_HOUSEHOLDS, OPEN, VOID, Changes, Law, Row, Stored, is_stated, row_of
from services.kernel.words import CareStatus, MeetingKind, ObligationState
from services.statutory.clock import DAY_ZERO_RULES, PREDECESSORS, Due, chained_from, owed_from
from services.statutory.facts import (
    STARTING_CONFERENCES,
    CarePeriodFact,
    PlanFact,
    StatusFact,
    SubjectFacts,
    assume_held,
)

_STARTING = frozenset(kind.value for kind in STARTING_CONFERENCES)
_BEFORE_OR_AFTER_BIRTH = frozenset({MeetingKind.PRE_BIRTH_CONFERENCE.value, MeetingKind.INITIAL_CONFERENCE.value})
_IN_BREAKS_OR_CARE = frozenset({MeetingKind.SHORT_BREAK_REVIEW.value, MeetingKind.CARE_REVIEW.value})
_STATUS_OF = {
    MeetingKind.ADOPTION_REVIEW: CareStatus.PLACED_FOR_ADOPTION,
    MeetingKind.SECURE_CRITERIA_REVIEW: CareStatus.SECURE,
}


def reconcile(facts: SubjectFacts, dues: Iterable[Due], stored: Iterable[Stored], law: Law, changes: Changes) -> None:
    """Adds to `changes` what brings one subject's stored obligations to `dues`, which its records owe."""
    known = {each.row.id: each for each in stored}
    case = _Case(facts=facts, law=law, changes=changes, known=known, left=dict(known))
    case.compare(row_of(facts.subject_id, due) for due in dues)
    if known:
        case.hand_on()
    if case.left:
        case.move(lambda old, row: row.triggered_on == old.triggered_on and old.kind in _STARTING and row.kind in _STARTING)
        case.move(lambda old, row: row.kind == old.kind)
        case.move(lambda old, row: old.kind in _BEFORE_OR_AFTER_BIRTH and row.kind in _BEFORE_OR_AFTER_BIRTH)
        case.settle()
    changes.added.extend(case.fresh.values())


@dataclass(slots=True, kw_only=True)
class _Case:
    """One subject. `left` of what is stored, and `fresh` of what is wanted, have found nothing yet that they could be."""

    facts: SubjectFacts
    law: Law
    changes: Changes
    known: dict[UUID, Stored]
    left: dict[UUID, Stored]
    wanted: dict[UUID, Row] = field(default_factory=dict)
    fresh: dict[UUID, Row] = field(default_factory=dict)
    taken: set[UUID] = field(default_factory=set)  # wanted rows that have got a booking

    def compare(self, rows: Iterable[Row]) -> None:
        """What is owed, one by one, against what is stored under the same identifier."""
        wanted, left, fresh = self.wanted, self.left, self.fresh
        for row in rows:
            wanted[row.id] = row
            known = left.pop(row.id, None)
            if known is None:
                fresh[row.id] = row
            elif known.row != row:
                self.changes.changed.append(row)

    def hand_on(self) -> None:
        """Meetings to come, of which another meeting has answered what they were for, stand for what is owed next."""
        booked = [each for each in self.known.values() if each.meets_on is not None]
        for each in sorted(booked, key=lambda each: (each.meets_on or date.max, each.row.triggered_on)):
            row = self.wanted.get(each.row.id)
            if row is not None:
                self._hand_from(each, row)

    def _hand_from(self, each: Stored, row: Row) -> None:
        if row.state == HELD and self._is_to_come(each, row.completed_on or row.held_on):
            self._hand(row, each.meets_on, {row.kind})
        elif row.state == VOID and self._is_to_come(each, None):
            self._hand(row, each.meets_on, _alike(row.kind), in_time=True)

    def move(self, fits: Callable[[Row, Row], bool]) -> None:
        """Stored obligations become what the records have made of them, the booked first; one that is void and free of meetings
        has nothing to take along."""
        movable = [each for each in self.left.values() if each.booked or each.row.state != VOID]
        for old in sorted(movable, key=lambda each: (not each.booked, each.row.triggered_on)):
            became = _nearest(old.row, [row for row in self.fresh.values() if fits(old.row, row)])
            if became is None:
                continue
            self.changes.moved.append((old.row.id, self.fresh.pop(became.id)))
            if became.kind != old.row.kind:
                self.changes.rekinded.append(became.id)
            if old.booked:
                self.taken.add(became.id)
                self._hand_from(old, became)
            del self.left[old.row.id]

    def settle(self) -> None:
        """Keeps, day by day, what is expected and still stands; gives up the rest, whose meetings stand for what is owed."""
        facts, awaited = self.facts, [row for row in self.wanted.values() if row.state == OPEN]
        for each in sorted(self.left.values(), key=lambda each: each.row.triggered_on):
            kept = _kept(facts, each, awaited, self.law)
            still_expected = each.row.state == EXPECTED and kept is not None and kept.state == EXPECTED
            given = not still_expected and self._give_back(each)
            if kept is None or given:
                self.changes.gone.append(each.row.id)
                continue
            if kept != each.row:
                self.changes.changed.append(kept)
            if kept.state == EXPECTED:
                awaited.append(kept)
                facts = assume(facts, kept)

    def _give_back(self, old: Stored) -> bool:
        """Whether the meeting of an obligation that is owed no more stands for one of its kind that is."""
        if not self._is_to_come(old, None):
            return False
        before = _BEFORE_OR_AFTER_BIRTH if old.row.kind in _BEFORE_OR_AFTER_BIRTH else {old.row.kind}
        return self._hand(old.row, old.meets_on, before) or self._hand(old.row, old.meets_on, _alike(old.row.kind), in_time=True)

    def _is_to_come(self, each: Stored, answered_on: date | None) -> bool:
        today = self.facts.seen_until
        if each.meets_on is None or today is None:
            return False
        return each.meets_on >= today and (answered_on is None or each.meets_on > answered_on)

    def _hand(self, old: Row, meets_on: date | None, kinds: Collection[str], *, in_time: bool = False) -> bool:
        """Whether there is an open obligation of these kinds for the meeting: the first without one has it.

        `in_time`: one that the meeting would meet by the law's day, and not a later one's."""
        free = [row for row in self.wanted.values() if row.kind in kinds and self._may_have(row, meets_on)]
        if in_time:
            free = [row for row in free if meets_on is not None and meets_on <= row.statutory_due_on]
        heir = min(free, key=lambda row: row.triggered_on, default=None)
        if heir is None:
            return False
        self.taken.add(heir.id)
        self.changes.handed.append((old.id, heir.id))
        if heir.kind != old.kind:
            self.changes.rekinded.append(heir.id)
        if heir.id in self.fresh:
            self.changes.added.append(self.fresh.pop(heir.id))
        return True

    def _may_have(self, row: Row, meets_on: date | None) -> bool:
        known = self.known.get(row.id)
        if row.state != OPEN or row.id in self.taken or (known is not None and known.booked):
            return False
        return meets_on is not None and meets_on >= max(row.triggered_on, row.not_before_on or date.min)


def assume(facts: SubjectFacts, row: Row) -> SubjectFacts:
    """The facts as they would be if what starts an expected obligation had come about."""
    kind, day = MeetingKind(row.kind), row.triggered_on
    if row.rule_code != DAY_ZERO_RULES[kind]:
        return assume_held(facts, kind, day)
    if kind is MeetingKind.REVIEW_CONFERENCE:
        return replace(facts, plans=(*facts.plans, PlanFact(started_on=day)))
    if kind in (MeetingKind.CARE_REVIEW, MeetingKind.SHORT_BREAK_REVIEW):
        period = CarePeriodFact(started_on=day, short_break=kind is MeetingKind.SHORT_BREAK_REVIEW)
        return replace(facts, care_periods=(*facts.care_periods, period))
    if kind in _STATUS_OF:
        return replace(facts, statuses=(*facts.statuses, StatusFact(status=_STATUS_OF[kind], started_on=day)))
    return replace(facts, approved_on=facts.approved_on or day) if kind in OF_HOUSEHOLDS else facts


def _alike(kind: str) -> frozenset[str]:
    """The kinds of which a meeting that was arranged as one may be held as another: a series of short breaks may become ordinary
    care, and a child be born."""
    return next((kinds for kinds in (_BEFORE_OR_AFTER_BIRTH, _IN_BREAKS_OR_CARE) if kind in kinds), frozenset({kind}))


def _nearest(old: Row, fresh: Iterable[Row]) -> Row | None:
    """The new obligation that the old one became: met on the same day, else begun nearest to it."""
    return min(
        fresh,
        key=lambda row: (
            old.held_on is None or row.held_on != old.held_on,
            abs((row.triggered_on - old.triggered_on).days),
            row.triggered_on,
        ),
        default=None,
    )


def _kept(facts: SubjectFacts, old: Stored, awaited: list[Row], law: Law) -> Row | None:
    row, kind = old.row, MeetingKind(old.row.kind)
    if is_stated(row):
        stands = row.state == EXPECTED or (row.state == HELD and old.booked)
        kept = _kept_as_stated(facts, row, kind, law) if stands else None
        if kept is None or is_stated(kept):
            return kept
        row = kept  # the records have made it a link of their chain: it stands as one, or not at all
    free = row.state == EXPECTED and not old.referred_to
    return _kept_in_chain(facts, row, kind, awaited, law) if free or old.booked else None


def _kept_in_chain(facts: SubjectFacts, row: Row, kind: MeetingKind, awaited: list[Row], law: Law) -> Row | None:
    """An expected link stands while a meeting before it is awaited and would start it, and none of its own was called off."""
    kinds = PREDECESSORS.get(kind, ())
    before = [each for each in awaited if MeetingKind(each.kind) in kinds and each.triggered_on < row.triggered_on]
    due = chained_from(facts, kind, row.triggered_on, law.timescales, law.working_days) if before else None
    return None if due is None else row_of(facts.subject_id, replace(due, triggered_by=row.triggered_by))


def _kept_as_stated(facts: SubjectFacts, row: Row, kind: MeetingKind, law: Law) -> Row | None:
    """A day 0 that came with a booking stands, also when that is called off, until a record replaces it; a meeting of its kind
    answers it."""
    kinds = STARTING_CONFERENCES if kind in STARTING_CONFERENCES else frozenset({kind})
    meeting = next((each for each in facts.held_of(*kinds) if each.held_on >= row.triggered_on), None)
    if meeting is None and (row.state == HELD or _is_over(facts)):
        return None
    due = owed_from(facts, kind, row.triggered_on, row.triggered_by, law.timescales, law.working_days)
    if meeting is not None:
        due = replace(due, state=ObligationState.HELD, held_on=meeting.held_on, completed_on=meeting.completed_on)
    return row_of(facts.subject_id, due)


def _is_over(facts: SubjectFacts) -> bool:
    """Whether nothing can be owed any more, whatever was stated."""
    return facts.died_on is not None or facts.adopted_on is not None or facts.approval_ended_on is not None

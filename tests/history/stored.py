"""Obligations as if they were stored, and what becomes of them, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.history.reconcile import reconcile
from services.history.rows import VOID, Changes, Law, Row, Stored, row_of
from services.kernel.words import MeetingKind
from services.statutory.clock import CarePeriodFact, Due, HeldFact, SubjectFacts, obligations, owed_from
from services.statutory.timescales import SHIPPED, Timescales
from services.statutory.working_days import england

LAW = Law(timescales=Timescales(SHIPPED), working_days=england())
CHILD = UUID(int=7)
CARE, REVIEW, INITIAL = MeetingKind.CARE_REVIEW, MeetingKind.REVIEW_CONFERENCE, MeetingKind.INITIAL_CONFERENCE


def known(**facts: object) -> SubjectFacts:
    return replace(SubjectFacts(subject_id=CHILD, born_on=date(2015, 6, 1)), **facts)  # type: ignore[arg-type]


def in_care(started: date, *reviews: date, ended: date | None = None) -> SubjectFacts:
    return known(care_periods=(CarePeriodFact(started_on=started, ended_on=ended),), held=held(CARE, *reviews))


def held(kind: MeetingKind, *days: date) -> tuple[HeldFact, ...]:
    return tuple(HeldFact(kind=kind, held_on=day) for day in days)


def dues(facts: SubjectFacts) -> tuple[Due, ...]:
    return obligations(facts, LAW.timescales, LAW.working_days)


def stored(facts: SubjectFacts, *, booked: tuple[date, ...] = (), meets: Mapping[date, date] | None = None) -> list[Stored]:
    """What is stored of them: `booked` are days 0 of what has a meeting; `meets`, by day 0, days of meetings that stand."""
    rows, days = [row_of(CHILD, due) for due in dues(facts)], dict(meets or {})
    return [
        stands(row, days.get(row.triggered_on)) if row.triggered_on in days else _stored(row, row.triggered_on in booked) for row in rows
    ]


def stands(row: Row, meets_on: date | None) -> Stored:
    """With a meeting that stands for it on that day."""
    return Stored(row=row, booked=True, referred_to=True, meets_on=meets_on)


def _stored(row: Row, booked: bool) -> Stored:
    return Stored(row=row, booked=booked, referred_to=booked)


def expected(
    facts: SubjectFacts, kind: MeetingKind, day: date, *, booked: bool = True, referred_to: bool = True, meets_on: date | None = None
) -> Stored:
    due = owed_from(facts, kind, day, "booked", LAW.timescales, LAW.working_days)
    return Stored(row=row_of(CHILD, due), booked=booked, referred_to=referred_to, meets_on=meets_on)


def change(facts: SubjectFacts, before: list[Stored], owed: Iterable[Due] | None = None) -> Changes:
    """What `before` needs to be what the records owe, or what is `owed`."""
    changes = Changes()
    reconcile(facts, dues(facts) if owed is None else owed, before, LAW, changes)
    return changes


def apply(before: list[Stored], changes: Changes) -> list[Stored]:
    """What the table holds afterwards."""
    by_id = {each.row.id: each for each in before}
    moving = [(by_id.pop(old), row) for old, row in changes.moved]
    by_id |= {row.id: replace(each, row=row) for each, row in moving}
    for row in changes.changed:
        by_id[row.id] = replace(by_id[row.id], row=row)
    by_id |= {row.id: Stored(row=row) for row in changes.added}
    for old, new in changes.handed:
        given, heir = by_id[old], by_id[new]
        assert not heir.booked
        by_id[new] = replace(heir, booked=True, referred_to=True, meets_on=given.meets_on)
        by_id[old] = replace(given, booked=False, referred_to=False, meets_on=None)
    for each in changes.gone:
        gone = by_id.pop(each)
        if gone.referred_to:
            voided = gone.row._replace(state=VOID, held_on=None, completed_on=None, void_from=None)
            by_id[each] = replace(gone, row=voided)
    return list(by_id.values())


def states(rows: list[Stored]) -> dict[date, str]:
    return {each.row.triggered_on: each.row.state for each in rows}


def meetings(rows: list[Stored]) -> dict[date, date]:
    """The days of meetings that stand, by day 0 of what they are for."""
    return {each.row.triggered_on: each.meets_on for each in rows if each.meets_on is not None}

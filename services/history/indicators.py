"""Timeliness of a period, of the children whom a viewer sees: by the obligations as stored, or as they were known at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows
from services.directory.settings import ReviewReturnedOn
from services.directory.store import load_settings
from services.history.reading import children_seen
from services.history.store import facts_of, household_facts_of, load_timescales
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput
from services.kernel.permission import Act, Reach, require
from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, ObligationState, ParticipationCode, Timeliness
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.cases import Duty, Measured, Period
from services.statutory.clock import Due, SubjectFacts, obligations
from services.statutory.indicators import Indicator, Judged, judged_in, measure_all
from services.statutory.law import Law
from services.statutory.working_days import england

_queries = load_queries(__file__, "indicators.sql")
_AT_ONCE = 2_000  # children: bounds what is in memory of a whole county
_REVIEWS_IN_CARE = [MeetingKind.CARE_REVIEW.value, MeetingKind.ADOPTION_REVIEW.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinessRow:
    """One meeting of a child or a foster household, or one that was due and not held. Without a duty: of which none is known.

    `returned_on`: the day that a return states of it.
    """

    subject_id: UUID
    reference: str
    kind: MeetingKind
    obligation_id: UUID | None
    triggered_on: date | None
    statutory_due_on: date | None
    held_on: date | None
    completed_on: date | None
    returned_on: date | None
    timeliness: Timeliness


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinessReport:
    """The figures of a period, both days included, and what they were counted from: each meeting held in it, and each missed."""

    first: date
    last: date
    known_at: datetime | None
    indicators: tuple[Indicator, ...]
    rows: tuple[TimelinessRow, ...]


async def timeliness_between(
    connection: Connection, actor: Actor, first: date, last: date, *, known_at: datetime | None = None, today: date
) -> TimelinessReport:
    """Of the children in the actor's sight, and of foster households for whoever sees everything.

    Judged as of `today`; with `known_at`, as of the day of that instant by what the records said then. Needs one snapshot.
    A day 0 that came with a booking alone is in no record: it counts in what is known now, not in what was known then.
    Raises `Forbidden`, and `InvalidInput` for a span that ends before it begins or an instant without offset.
    """
    reach = require(actor, Act.READ_CHILDREN)
    if last < first:
        raise InvalidInput(f"the span {first.isoformat()} to {last.isoformat()} ends before it begins", "to")
    judged_on = today if known_at is None else min(today, civil_day(known_at))
    law = Law(await load_timescales(connection), england())
    period = Period(first=first, last=last, today=judged_on, law=law)
    children = await all_rows(_queries.children_measured(connection, **children_seen(actor, today)))
    households = await all_rows(_queries.households_measured(connection)) if reach is Reach.ALL else []
    measured: list[Measured] = []
    for start in range(0, len(children), _AT_ONCE):
        ids = [row["child_id"] for row in children[start : start + _AT_ONCE]]
        measured += await _measured_children(connection, ids, period, known_at)
    measured += await _measured_households(connection, [row["id"] for row in households], law, known_at)
    references = {row["child_id"]: row["reference"] for row in children} | {row["id"]: row["reference"] for row in households}
    stated = (await load_settings(connection, today)).review_returned_on
    rows = [_row(subject.facts.subject_id, references, judged, stated) for subject in measured for judged in judged_in(subject, period)]
    return TimelinessReport(
        first=first, last=last, known_at=known_at, indicators=measure_all(measured, period), rows=tuple(sorted(rows, key=_place))
    )


async def _measured_children(connection: Connection, ids: list[UUID], period: Period, known_at: datetime | None) -> list[Measured]:
    facts = await facts_of(connection, ids, known_at=known_at, today=period.today)
    duties = await _duties(connection, facts, period.law, known_at, _queries.duties_of_children)
    seen = {"ids": ids, "kinds": _REVIEWS_IN_CARE, "first": period.first, "last": period.last}
    if known_at is None:
        codes = await all_rows(_queries.participation(connection, **seen))
    else:
        codes = await all_rows(_queries.participation_at(connection, **seen, at=known_at))
    took_part: dict[UUID, dict[date, ParticipationCode]] = defaultdict(dict)
    for row in codes:
        if row["code"] is not None:
            took_part[row["child_id"]][row["held_on"]] = ParticipationCode(row["code"])
    return [_measured(known, duties, took_part) for known in facts.values()]


async def _measured_households(connection: Connection, ids: list[UUID], law: Law, known_at: datetime | None) -> list[Measured]:
    if not ids:
        return []
    facts = await household_facts_of(connection, ids, known_at=known_at)
    duties = await _duties(connection, facts, law, known_at, _queries.duties_of_households)
    return [_measured(known, duties, {}) for known in facts.values()]


async def _duties(
    connection: Connection, facts: Mapping[UUID, SubjectFacts], law: Law, known_at: datetime | None, stored: Any
) -> Mapping[UUID, Sequence[Duty]]:
    found: dict[UUID, list[Duty]] = defaultdict(list)
    if known_at is None:
        for row in await all_rows(stored(connection, ids=list(facts))):
            found[row["of_id"]].append(_stored(row))
        return found
    return {subject_id: _computed(obligations(known, law.timescales, law.working_days)) for subject_id, known in facts.items()}


def _measured(
    facts: SubjectFacts, duties: Mapping[UUID, Sequence[Duty]], took_part: Mapping[UUID, Mapping[date, ParticipationCode]]
) -> Measured:
    return Measured(facts=facts, duties=tuple(duties.get(facts.subject_id, ())), participation=took_part.get(facts.subject_id, {}))


def _stored(row: Any) -> Duty:
    return Duty(
        id=row["id"],
        kind=MeetingKind(row["kind"]),
        rule_code=row["rule_code"],
        triggered_on=row["triggered_on"],
        statutory_due_on=row["statutory_due_on"],
        state=ObligationState(row["state"]),
        held_on=row["held_on"],
        completed_on=row["completed_on"],
        void_from=row["void_from"],
        begun_on=row["begun_on"],
    )


def _computed(dues: Iterable[Due]) -> list[Duty]:
    return [
        Duty(
            id=due.id,
            kind=due.kind,
            rule_code=due.timescale.code,
            triggered_on=due.triggered_on,
            statutory_due_on=due.statutory_due_on,
            state=due.state,
            held_on=due.held_on,
            completed_on=due.completed_on,
            void_from=due.void_from,
        )
        for due in dues
    ]


def _row(subject_id: UUID, references: Mapping[UUID, str], judged: Judged, stated: ReviewReturnedOn) -> TimelinessRow:
    duty, held_on = judged.duty, judged.held_on
    returned_on = held_on
    if held_on is not None and not judged.kind.is_conference:
        returned_on = stated.day_of(held_on, judged.completed_on)
    return TimelinessRow(
        subject_id=subject_id,
        reference=references[subject_id],
        kind=judged.kind,
        obligation_id=None if duty is None else duty.id,
        triggered_on=None if duty is None else duty.triggered_on,
        statutory_due_on=None if duty is None else duty.statutory_due_on,
        held_on=held_on,
        completed_on=judged.completed_on,
        returned_on=returned_on,
        timeliness=judged.timeliness,
    )


def _place(row: TimelinessRow) -> tuple[str, str, date, date]:
    return row.reference, row.kind, row.held_on or row.statutory_due_on or date.max, row.triggered_on or date.max

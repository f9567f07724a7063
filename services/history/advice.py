"""What the clock has to say of an open duty beside its days. Advice moves no day; a person decides. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.kernel.words import CareStatus, MeetingKind
from services.statutory.clock import following
from services.statutory.facts import STARTING_CONFERENCES, CarePeriodFact, SubjectFacts
from services.statutory.timescales import Timescales
from services.statutory.working_days import WorkingDays

_REVIEWS_IN_CARE = (MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What advice is drawn from: the records of a child; the last days on which placement and legal status changed in care."""

    facts: SubjectFacts
    timescales: Timescales
    moved_on: date | None = None
    legal_status_changed_on: date | None = None


def advise(known: Known, kind: MeetingKind, statutory_due_on: date, today: date, working_days: WorkingDays) -> tuple[str, ...]:
    """One sentence for each thing that whoever arranges the meeting of `kind`, due on that day, should know."""
    facts, care = known.facts, _care_on(known.facts, today)
    found: list[str] = []
    if kind is MeetingKind.REVIEW_CONFERENCE and care is not None:
        found.extend(_of_dual_status(facts, care, today))
    if kind is MeetingKind.CARE_REVIEW and care is not None:
        found.extend(_of_changes(known, care))
        found.extend(_of_coming_of_age(known, statutory_due_on, working_days))
    if _is_secure(facts, today):
        found.extend(_of_secure_accommodation(kind))
    return tuple(found)


def _care_on(facts: SubjectFacts, today: date) -> CarePeriodFact | None:
    standing = [each for each in facts.care_periods if each.started_on <= today and (each.ended_on is None or today < each.ended_on)]
    return max(standing, key=lambda each: each.started_on, default=None)


def _of_dual_status(facts: SubjectFacts, care: CarePeriodFact, today: date) -> Iterator[str]:
    """A child on a plan who becomes looked after: the plan stands, and so does its day; an early conference may end it."""
    conferences = facts.held_of(MeetingKind.REVIEW_CONFERENCE, *STARTING_CONFERENCES)
    since = any(each.held_on >= care.started_on for each in conferences)
    if facts.on_plan(today) and facts.on_plan(care.started_on) and not since:
        yield (
            f"became looked after on {care.started_on.isoformat()} while on a protection plan: an early review conference may be offered; "
            "the plan stands until a conference ends it"
        )


def _of_changes(known: Known, care: CarePeriodFact) -> Iterator[str]:
    """Neither a move nor another legal status starts the clock anew, but each calls for a review before the next such change."""
    reviews = [each.held_on for each in known.facts.held_of(*_REVIEWS_IN_CARE) if each.held_on >= care.started_on]
    last = max([care.started_on, *reviews])
    for what, day in (("placement", known.moved_on), ("legal status", known.legal_status_changed_on)):
        if day is not None and day > last:
            yield (
                f"the {what} changed on {day.isoformat()}, after the last review: the clock does not restart; "
                "review before any further significant change of the care plan"
            )


def _of_coming_of_age(known: Known, statutory_due_on: date, working_days: WorkingDays) -> Iterator[str]:
    """No review is held after the 18th birthday: the last one before it settles the pathway plan."""
    born_on = known.facts.born_on
    if born_on is None:
        return
    if following(known.facts, MeetingKind.CARE_REVIEW, statutory_due_on, known.timescales, working_days) is None:
        yield "turns 18 before the next review would be due: the last review, with the pathway plan"


def _is_secure(facts: SubjectFacts, today: date) -> bool:
    return any(
        each.status is CareStatus.SECURE and each.started_on <= today and (each.ended_on is None or today < each.ended_on)
        for each in facts.statuses
    )


def _of_secure_accommodation(kind: MeetingKind) -> Iterator[str]:
    """Both clocks run; the criteria are reviewed first, and by others."""
    if kind is MeetingKind.SECURE_CRITERIA_REVIEW:
        yield "the criteria are reviewed before the care plan is; the child's own IRO takes no part in the panel"
    elif kind is MeetingKind.CARE_REVIEW:
        yield "in secure accommodation: the criteria are reviewed first"

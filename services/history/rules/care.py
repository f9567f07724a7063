"""When a child is looked after, and what holds of it then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from services.history.commands import EndCarePeriod, EndCareStatus, StartCarePeriod, StartCareStatus
from services.history.rules.days import is_line, judge_lifetime, judge_order, judge_past, judge_text, lasts, overlap, told, within
from services.kernel.errors import InvalidInput
from services.kernel.words import CareStatus, CareStatusEnd, MeetingKind
from services.statutory.counting import birthday
from services.statutory.facts import CarePeriodFact, StatusFact, SubjectFacts

SHORT_BREAKS = frozenset({"V3", "V4"})
"""SSDA903 legal statuses of agreed series of short breaks."""
OPENED_BY = {"J1": CareStatus.REMAND, "V3": CareStatus.SHORT_BREAK}
"""A legal status that is itself a status of care: remanded; one single break of a series."""
LONGEST_CODE = 8
CRIMINAL_AGE = 10
"""Children and Young Persons Act 1933, s. 50: nobody younger is remanded."""
_PLACES = frozenset({CareStatus.PLACED_FOR_ADOPTION, CareStatus.SECURE, CareStatus.LONG_TERM_PLACEMENT})
"""A child lives in one of these at a time."""
REVIEWED = {
    MeetingKind.ADOPTION_REVIEW: frozenset({CareStatus.AUTHORISED_FOR_ADOPTION, CareStatus.PLACED_FOR_ADOPTION}),
    MeetingKind.SECURE_CRITERIA_REVIEW: frozenset({CareStatus.SECURE}),
}
"""The statuses that have reviews of their own."""
_IN_CARE = frozenset({MeetingKind.CARE_REVIEW, *REVIEWED})
"""The reviews that only a child in care has, other than between short breaks."""
_ENDS = {CareStatus.PLACED_FOR_ADOPTION: CareStatusEnd.DISRUPTED, CareStatus.AUTHORISED_FOR_ADOPTION: CareStatusEnd.REVOKED}
_RECORDED_BY = {
    CareStatusEnd.ADOPTED: "recordAdoptionOrder",
    CareStatusEnd.DIED: "recordDeath",
    CareStatusEnd.CARE_ENDED: "endCarePeriod",
}


# ------------------------------------------------------------------------------------------------ periods


def judge_care_start(command: StartCarePeriod, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless the child, alive, born and no adult, may have become looked after on that day, and until the
    day on which that ended, if it is past."""
    judge_legal_status(command.legal_status)
    if command.ended_on is not None:
        judge_text("reason", command.reason or "", "why care ended")
    elif command.reason is not None:
        raise InvalidInput("reason is of a period that has ended: give endedOn too, or leave it out", "reason")
    period = CarePeriodFact(started_on=command.started_on, ended_on=command.ended_on, short_break=command.legal_status in SHORT_BREAKS)
    judge_period(period, facts, facts.care_periods, today)
    status = OPENED_BY.get(command.legal_status or "")
    if status is CareStatus.REMAND:
        _judge_age_of_remand("legalStatus", command.started_on, facts)


def judge_legal_status(legal_status: str | None) -> None:
    """Raises `InvalidInput` for what is no code."""
    if legal_status is not None and not (is_line(legal_status) and len(legal_status) <= LONGEST_CODE):
        raise InvalidInput(f"legalStatus is a code such as C2 or V2, of at most {LONGEST_CODE} characters", "legalStatus")


def judge_period(
    period: CarePeriodFact, facts: SubjectFacts, others: Iterable[CarePeriodFact], today: date, field: str = "startedOn"
) -> None:
    """Raises `InvalidInput` unless the period lies in a child's life and beside the `others` (SSDA903 142), for which it names
    `field`."""
    day = period.started_on
    judge_past("startedOn", day, today, "a period of care is recorded once it has begun")
    if facts.born_on is None:
        raise InvalidInput("startedOn: the child is not born yet, and an unborn child is not looked after", "startedOn")
    judge_lifetime("startedOn", day, facts)
    if period.ended_on is not None:
        _judge_period_end(period.ended_on, period, facts, today)
    for other in others:
        if overlap(period, other):
            raise InvalidInput(f"{field}: the period of care would run into the one {told(other)}: two cannot overlap", field)


def judge_care_end(command: EndCarePeriod, facts: SubjectFacts, today: date) -> CarePeriodFact:
    """The open period that ends; raises `InvalidInput` where there is none or the day does not fit it."""
    judge_text("reason", command.reason, "why care ended")
    still_open = [period for period in facts.care_periods if period.ended_on is None]
    if not still_open:
        judge_past("endedOn", command.ended_on, today, "the end of care is recorded once it has come")
        raise InvalidInput("endedOn: the child is not looked after, so no period of care can end", "endedOn")
    period = max(still_open, key=lambda each: each.started_on)
    _judge_period_end(command.ended_on, period, facts, today)
    for status in facts.statuses:
        if lasts(period, status.started_on) and status.started_on > command.ended_on:
            raise InvalidInput(f"endedOn {command.ended_on} comes before {_status(status)}: correct one of the two first", "endedOn")
    after = [replace(each, ended_on=command.ended_on) if each == period else each for each in facts.care_periods]
    ended = tuple(replace(each, ended_on=command.ended_on) if each.ended_on is None else each for each in facts.statuses)
    judge_left_outside("endedOn", command.ended_on, period, after, replace(facts, statuses=ended))
    return period


def judge_left_outside(field: str, value: object, period: CarePeriodFact, periods: Iterable[CarePeriodFact], facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where a review or a status that was recorded in `period` lies in none of the `periods` any more."""
    periods = tuple(periods)
    for held in facts.held:
        if held.kind in _IN_CARE and lasts(period, held.held_on) and not any(lasts(each, held.held_on) for each in periods):
            message = f"{field} {value} leaves the {held.kind} of {held.held_on} outside care: correct one of the two first"
            raise InvalidInput(message, field)
    for status in facts.statuses:
        if within(period, status) and not any(within(each, status) for each in periods):
            raise InvalidInput(f"{field} {value} leaves {_status(status)} outside care: correct one of the two first", field)


def judge_same_care(before: CarePeriodFact, after: CarePeriodFact, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where a period becomes one of short breaks, or ordinary care, that holds what only the other can."""
    if before.short_break is after.short_break:
        return
    what = "short breaks" if after.short_break else "ordinary care"
    for status in facts.statuses:
        if within(after, status) and (status.status is CareStatus.SHORT_BREAK) is not after.short_break:
            raise InvalidInput(f"legalStatus: {_status(status)} cannot be in {what}: withdraw it first", "legalStatus")
    for held in facts.held:
        if after.short_break and held.kind is MeetingKind.CARE_REVIEW and lasts(after, held.held_on):
            message = f"a {held.kind} was held on {held.held_on}, and short breaks have none (SSDA903 399)"
            raise InvalidInput(f"legalStatus: {message}: correct it first", "legalStatus")


def _judge_period_end(day: date, period: CarePeriodFact, facts: SubjectFacts, today: date) -> None:
    judge_past("endedOn", day, today, "the end of care is recorded once it has come")
    judge_order("endedOn", day, period.started_on, "care")
    judge_lifetime("endedOn", day, facts, ending=True)


# ----------------------------------------------------------------------------------------------- statuses


def judge_status_start(command: StartCareStatus, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless that may hold of the child from that day on."""
    status = StatusFact(status=command.status, started_on=command.started_on, expected_end_on=command.expected_end_on)
    judge_status(status, facts, facts.statuses, today)


def judge_status(status: StatusFact, facts: SubjectFacts, others: Iterable[StatusFact], today: date, field: str = "startedOn") -> None:
    """Raises `InvalidInput` unless the status lies in care, follows from what it needs, and beside the `others`, for which it
    names `field`."""
    day, others = status.started_on, tuple(others)
    judge_past("startedOn", day, today, "a status is recorded once it has begun")
    judge_lifetime("startedOn", day, facts)
    judge_expected_end(status)
    if status.ended_on is not None:
        _judge_status_end_day(status.ended_on, status, facts, today)
    _judge_in_care(status, facts)
    if status.status is CareStatus.REMAND:
        _judge_age_of_remand("startedOn", day, facts)
    authority = [each for each in others if each.status is CareStatus.AUTHORISED_FOR_ADOPTION]
    if status.status is CareStatus.PLACED_FOR_ADOPTION and not any(lasts(each, day) for each in authority):
        message = f"startedOn {day}: there was no authority to place (Adoption and Children Act 2002, s. 18)"
        raise InvalidInput(f"{message}: record AUTHORISED_FOR_ADOPTION first", "startedOn")
    for other in others:
        if overlap(status, other):
            _judge_beside(status, other, field)


def judge_status_end(command: EndCareStatus, facts: SubjectFacts, today: date) -> StatusFact:
    """The status that ends; raises `InvalidInput` where it does not hold, or not so ends."""
    judge_end_reason("reason", command.status, command.reason)
    still_open = [each for each in facts.statuses if each.status is command.status and each.ended_on is None]
    if not still_open:
        raise InvalidInput(f"status: {command.status} does not hold of the child, so it cannot end", "status")
    status = max(still_open, key=lambda each: each.started_on)
    _judge_status_end_day(command.ended_on, status, facts, today)
    after = [replace(each, ended_on=command.ended_on) if each == status else each for each in facts.statuses]
    judge_authority_lasts("endedOn", command.ended_on, status, after, facts)
    return status


def judge_end_reason(field: str, status: CareStatus, reason: CareStatusEnd | None) -> None:
    """Raises `InvalidInput` for a reason that does not end that status, or that something else records."""
    right = _ENDS.get(status, CareStatusEnd.ENDED)
    if reason is None or reason is right:
        return
    elsewhere = f"; {reason} is recorded by {_RECORDED_BY[reason]}" if reason in _RECORDED_BY else ""
    raise InvalidInput(f"{field} {reason} does not end {status}: give {right}{elsewhere}", field)


def judge_authority_lasts(field: str, value: object, before: StatusFact, after: Iterable[StatusFact], facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where a placement for adoption that began under the authority `before` would have none any more.

    `after`: the statuses as they will be.
    """
    authority = [each for each in after if each.status is CareStatus.AUTHORISED_FOR_ADOPTION]
    for placed in facts.statuses if before.status is CareStatus.AUTHORISED_FOR_ADOPTION else ():
        if placed.status is not CareStatus.PLACED_FOR_ADOPTION or not lasts(before, placed.started_on):
            continue
        if not any(within(each, placed) for each in authority):
            raise InvalidInput(f"{field} {value} leaves {_status(placed)} without authority to place: end or correct that first", field)


def judge_reviews_keep_status(field: str, value: object, before: StatusFact, after: Iterable[StatusFact], facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where a review that was held under the status would have been held under none."""
    after = tuple(after)
    for held in facts.held:
        statuses = REVIEWED.get(held.kind, frozenset())
        if before.status not in statuses or not lasts(before, held.held_on):
            continue
        if not any(each.status in statuses and lasts(each, held.held_on) for each in after):
            message = f"leaves the {held.kind} of {held.held_on} without what it reviewed: correct one of the two first"
            raise InvalidInput(f"{field} {value} {message}", field)


def _judge_in_care(status: StatusFact, facts: SubjectFacts) -> None:
    is_break = status.status is CareStatus.SHORT_BREAK
    periods = [each for each in facts.care_periods if each.short_break is is_break]
    if any(within(period, status) for period in periods):
        return
    wanted = "in an agreed series of short breaks (legal status V3 or V4)" if is_break else "looked after"
    begun = [each for each in periods if lasts(each, status.started_on)]
    if begun:
        raise InvalidInput(f"endedOn: care ended on {begun[-1].ended_on}, and {status.status} with it at the latest", "endedOn")
    raise InvalidInput(f"startedOn {status.started_on}: the child was not {wanted} that day: record that first", "startedOn")


def _judge_beside(status: StatusFact, other: StatusFact, field: str) -> None:
    pair = {status.status, other.status}
    if len(pair) == 1:
        why = "two cannot overlap"
    elif pair == {CareStatus.SECURE, CareStatus.REMAND}:
        why = "a remanded child is not under secure criteria (Children Act 1989, s. 25)"
    elif pair <= _PLACES:
        why = "a child lives in one place at a time"
    else:
        return
    raise InvalidInput(f"{field}: {status.status} would fall together with {_status(other)}: {why}; end that first", field)


def judge_expected_end(status: StatusFact) -> None:
    """Raises `InvalidInput` for an expected end of what has none, or before its beginning."""
    if status.expected_end_on is None:
        return
    if status.status is not CareStatus.REMAND:
        raise InvalidInput("expectedEndOn is for REMAND alone: leave it out", "expectedEndOn")
    judge_order("expectedEndOn", status.expected_end_on, status.started_on, "the remand")


def _judge_status_end_day(day: date, status: StatusFact, facts: SubjectFacts, today: date) -> None:
    judge_past("endedOn", day, today, "the end of a status is recorded once it has come")
    judge_order("endedOn", day, status.started_on, status.status.value)
    judge_lifetime("endedOn", day, facts, ending=True)


def _judge_age_of_remand(field: str, day: date, facts: SubjectFacts) -> None:
    if facts.born_on is not None and day < birthday(facts.born_on, CRIMINAL_AGE):
        message = f"a child under {CRIMINAL_AGE} cannot be remanded (Children and Young Persons Act 1933, s. 50)"
        raise InvalidInput(f"{field}: {message}", field)


def _status(status: StatusFact) -> str:
    return f"the status {status.status} {told(status)}"

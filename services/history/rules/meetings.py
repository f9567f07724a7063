"""Meetings that took place, and those that must be held earlier than their interval says."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from services.history.commands import CallEarlierReview, HeldOutcome, RecordHeldMeeting
from services.history.rules.care import REVIEWED
from services.history.rules.days import judge_category, judge_lifetime, judge_order, judge_past, judge_references, lasts, told
from services.history.rules.protection import answers, judge_conference_day, reviews
from services.kernel.errors import InvalidInput
from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, ObligationState, ParticipationCode
from services.statutory.clock import Due
from services.statutory.counting import birthday, latest_day
from services.statutory.facts import STARTING_CONFERENCES, HeldFact, SubjectFacts
from services.statutory.timescales import Timescales
from services.statutory.working_days import WorkingDays

AGE_OF_TAKING_PART = 4
_SERIES, _SETTLED, _YEARLY = "SHORT_BREAK_SERIES", "LONG_TERM_SETTLED", "LONG_TERM_MEETING"
_OF_CONFERENCES = frozenset({EarlierReviewReason.CIRCUMSTANCES_CHANGED, EarlierReviewReason.BECAME_LOOKED_AFTER})
_OF_REVIEWS = frozenset(EarlierReviewReason) - {EarlierReviewReason.BECAME_LOOKED_AFTER}


# --------------------------------------------------------------------------------------------- the meeting


def held_fact(command: RecordHeldMeeting) -> HeldFact:
    """The meeting as the clock reads it."""
    return HeldFact(
        kind=command.kind,
        held_on=command.held_on,
        completed_on=command.completed_on,
        to_reconvene=command.to_reconvene,
        without_meeting=command.without_meeting,
    )


def judge_meeting(command: RecordHeldMeeting) -> None:
    """Raises `InvalidInput` unless the meeting has the subjects of its kind, and an outcome for those alone."""
    if command.kind is MeetingKind.FOSTER_HOME_REVIEW:
        if command.household_reference is None or command.references:
            raise InvalidInput("householdReference: a FOSTER_HOME_REVIEW is about one household and no child", "householdReference")
    elif command.household_reference is not None:
        raise InvalidInput(f"householdReference: {command.kind} is about children: leave it out", "householdReference")
    else:
        judge_references(command.references, "meetings")
    named = [outcome.reference for outcome in command.outcomes]
    for reference in named:
        if reference not in command.references:
            raise InvalidInput(f"outcomes: the meeting was not about {reference}: name it in references, or leave it out", "outcomes")
    if len(set(named)) != len(named):
        raise InvalidInput("outcomes names a child twice: give one outcome for each", "outcomes")


def judge_shape(held: HeldFact, today: date) -> None:
    """Raises `InvalidInput` for days to come, a conference on a weekend, and what its kind cannot be."""
    if held.kind.is_conference:
        judge_conference_day("heldOn", held.held_on, today)
    else:
        judge_past("heldOn", held.held_on, today, "a meeting is recorded as held once it was")
    if held.completed_on is not None:
        judge_order("completedOn", held.completed_on, held.held_on, "the meeting")
        if held.kind.is_conference:
            judge_conference_day("completedOn", held.completed_on, today)
        judge_past("completedOn", held.completed_on, today, "a meeting that goes on is complete once it is over")
    if held.to_reconvene and not held.kind.is_conference:
        raise InvalidInput(
            f"toReconvene is for a conference that was inquorate, and {held.kind} has no quorum: leave it out", "toReconvene"
        )
    if held.without_meeting and held.kind is not MeetingKind.CARE_REVIEW:
        raise InvalidInput(f"withoutMeeting is for a CARE_REVIEW alone, not for {held.kind}: leave it out", "withoutMeeting")


def judge_held(held: HeldFact, facts: SubjectFacts, dues: Collection[Due], timescales: Timescales, working_days: WorkingDays) -> None:
    """Raises `InvalidInput` where the child cannot have had that meeting on that day. `facts`, `dues`: without the meeting."""
    judge_lifetime("heldOn", held.held_on, facts, unborn=held.kind.is_conference)
    if facts.born_on is None and not held.kind.is_conference:
        raise InvalidInput(f"kind: the child is not born yet, and no {held.kind} is held of it", "kind")
    if any(each.kind is held.kind and each.held_on == held.held_on for each in facts.held):
        message = f"heldOn {held.held_on}: a {held.kind} of that day is recorded already"
        raise InvalidInput(f"{message}: a wrong one is corrected (correctHeldRecord)", "heldOn")
    if held.kind in STARTING_CONFERENCES:
        _judge_starting(held, facts, dues)
    elif held.kind is MeetingKind.REVIEW_CONFERENCE:
        _judge_review_conference(held.held_on, facts)
    elif held.kind is MeetingKind.CARE_REVIEW:
        _judge_care_review(held.held_on, facts, dues)
    elif held.kind is MeetingKind.SHORT_BREAK_REVIEW:
        _judge_short_break_review(held.held_on, facts, dues, timescales, working_days)
    else:
        _judge_by_status(held, REVIEWED[held.kind], facts, dues)
    if held.without_meeting:
        judge_without_meeting(held.held_on, facts, timescales, working_days)


def judge_without_meeting(day: date, facts: SubjectFacts, timescales: Timescales, working_days: WorkingDays) -> None:
    """Raises `InvalidInput` unless a review of the file alone was lawful that day: settled in a long-term placement, with a
    meeting within the year (Care Planning Regulations as amended by SI 2015/495, reg. 5)."""
    settled, yearly = timescales.find(_SETTLED, day), timescales.find(_YEARLY, day)
    law = "(Care Planning Regulations as amended by SI 2015/495, reg. 5)"
    placements = [each for each in facts.statuses if each.status is CareStatus.LONG_TERM_PLACEMENT and lasts(each, day)]
    if settled is None or yearly is None or not placements:
        raise InvalidInput(f"withoutMeeting: the child was in no LONG_TERM_PLACEMENT on {day} {law}: record that first", "withoutMeeting")
    if all(latest_day(each.started_on, settled.amount, settled.unit, working_days) > day for each in placements):
        raise InvalidInput(
            f"withoutMeeting: the long-term placement has not lasted a year on {day} {law}: a meeting is needed", "withoutMeeting"
        )
    met = [each.held_on for each in facts.held if _is_review_with_meeting(each) and each.held_on < day]
    if not met or latest_day(max(met), yearly.amount, yearly.unit, working_days) < day:
        raise InvalidInput(f"withoutMeeting: no review with a meeting is recorded in the year before {day} {law}", "withoutMeeting")


def judge_participation(field: str, code: ParticipationCode | None, held_on: date, born_on: date | None) -> None:
    """Raises `InvalidInput` for PN0 of a child of four or more, and any other code of one under four (SSDA903 440, 441): on
    the fourth birthday a child is four."""
    if code is None:
        return
    if born_on is None or held_on < born_on:
        raise InvalidInput("participation: nobody takes part before birth: leave it out", field)
    fourth = birthday(born_on, AGE_OF_TAKING_PART)
    if code is ParticipationCode.PN0 and held_on >= fourth:
        raise InvalidInput(
            f"participation PN0 is for a child under four, and this one was four by {held_on} (SSDA903 440): give PN1 to PN7", field
        )
    if code is not ParticipationCode.PN0 and held_on < fourth:
        raise InvalidInput(f"participation {code}: a child under four on {held_on} has PN0 (SSDA903 441)", field)


def judge_outcome(held: HeldFact, outcome: HeldOutcome | None) -> None:
    """Raises `InvalidInput` where the outcome does not belong to such a meeting, or one that must decide does not say."""
    on_plan = None if outcome is None else outcome.on_plan
    if held.kind in STARTING_CONFERENCES and on_plan is None:
        raise InvalidInput("say whether a plan starts (onPlan)", "outcomes")
    if outcome is None:
        return
    if on_plan is not None and not held.kind.is_conference:
        raise InvalidInput("only a conference decides on a plan (onPlan): leave it out", "outcomes")
    if outcome.category is not None and (not held.kind.is_conference or on_plan is False):
        raise InvalidInput("category goes with a plan that starts or goes on: leave it out", "outcomes")
    judge_category("outcomes", outcome.category)
    if on_plan is False and held.kind is MeetingKind.REVIEW_CONFERENCE and held.to_reconvene:
        raise InvalidInput("a review conference that was inquorate and meets again does not end the plan: leave onPlan out", "outcomes")


def _judge_starting(held: HeldFact, facts: SubjectFacts, dues: Iterable[Due]) -> None:
    day, kind, born_on = held.held_on, held.kind, facts.born_on
    if kind is MeetingKind.PRE_BIRTH_CONFERENCE and born_on is not None and day > born_on:
        raise InvalidInput(f"kind: the child was born by {day}: give INITIAL_CONFERENCE", "kind")
    if kind is MeetingKind.INITIAL_CONFERENCE and (born_on is None or day < born_on):
        raise InvalidInput(f"kind: the child was not born by {day}: give PRE_BIRTH_CONFERENCE", "kind")
    if kind is MeetingKind.TRANSFER_IN_CONFERENCE and not any(answers(day, transfer) for transfer in facts.transfers):
        raise InvalidInput(f"kind: no transfer IN of the child was notified by {day}: record it first (recordTransferIn)", "kind")
    if _is_owed(STARTING_CONFERENCES, day, dues):
        return
    for plan in facts.plans:
        if plan.started_on < day and (plan.ended_on is None or day < plan.ended_on):
            message = f"kind: the child was on the plan {told(plan)}, and has one at a time (census rule 8935)"
            raise InvalidInput(f"{message}: give REVIEW_CONFERENCE", "kind")


def _judge_review_conference(day: date, facts: SubjectFacts) -> None:
    if any(reviews(plan, day) for plan in facts.plans):
        return
    if any(plan.started_on == day for plan in facts.plans):
        message = "the plan started that day, and its review comes strictly after that (census rule 8841)"
        raise InvalidInput(f"heldOn {day}: {message}", "heldOn")
    raise InvalidInput(f"heldOn {day}: the child was on no plan that could be reviewed (census rule 8841): record the plan first", "heldOn")


def _judge_care_review(day: date, facts: SubjectFacts, dues: Iterable[Due]) -> None:
    for status in facts.statuses:
        if (
            status.status is CareStatus.PLACED_FOR_ADOPTION
            and status.started_on < day
            and (status.ended_on is None or day < status.ended_on)
        ):
            message = (
                f"placed for adoption since {status.started_on}, the child has adoption reviews (Adoption Agencies Regulations, reg. 36)"
            )
            raise InvalidInput(f"kind: {message}: give ADOPTION_REVIEW", "kind")
    periods = [period for period in facts.care_periods if lasts(period, day)]
    if any(not period.short_break for period in periods) or _is_owed({MeetingKind.CARE_REVIEW}, day, dues):
        return
    if periods:
        message = "the child was in short breaks alone, which have their own reviews (SSDA903 399)"
        raise InvalidInput(f"kind: {message}: give SHORT_BREAK_REVIEW", "kind")
    raise InvalidInput(f"heldOn {day}: the child was not looked after that day: record the period of care first", "heldOn")


def _judge_short_break_review(
    day: date, facts: SubjectFacts, dues: Iterable[Due], timescales: Timescales, working_days: WorkingDays
) -> None:
    series = timescales.find(_SERIES, day)
    breaks = [each.ended_on for each in facts.care_periods if each.short_break and each.started_on <= day]
    breaks += [each.ended_on for each in facts.statuses if each.status is CareStatus.SHORT_BREAK and each.started_on <= day]
    for ended_on in breaks:
        if ended_on is None or series is None or day <= latest_day(ended_on, series.amount, series.unit, working_days):
            return
    if not _is_owed({MeetingKind.SHORT_BREAK_REVIEW}, day, dues):
        raise InvalidInput(f"heldOn {day}: the child was in no agreed series of short breaks then: record that first", "heldOn")


def _judge_by_status(held: HeldFact, statuses: Collection[CareStatus], facts: SubjectFacts, dues: Iterable[Due]) -> None:
    day = held.held_on
    if any(each.status in statuses and lasts(each, day) for each in facts.statuses) or _is_owed({held.kind}, day, dues):
        return
    wanted = " or ".join(sorted(statuses))
    raise InvalidInput(f"heldOn {day}: {held.kind} is of a child who is {wanted}: record that first", "heldOn")


def _is_owed(kinds: Collection[MeetingKind], day: date, dues: Iterable[Due]) -> bool:
    return any(
        due.kind in kinds
        and due.triggered_on <= day
        and (due.state is ObligationState.OPEN or (due.held_on is not None and day <= due.held_on))
        for due in dues
    )


def _is_review_with_meeting(held: HeldFact) -> bool:
    return held.kind is MeetingKind.CARE_REVIEW and not held.without_meeting


# -------------------------------------------------------------------------------------------------- earlier


def judge_called(command: CallEarlierReview, facts: SubjectFacts, dues: Iterable[Due], today: date) -> None:
    """Raises `InvalidInput` unless a meeting of that kind is owed, later than on `by_on`, and the reason fits it."""
    kind, reason = command.kind, command.reason
    if kind is MeetingKind.FOSTER_HOME_REVIEW:
        raise InvalidInput("kind: a FOSTER_HOME_REVIEW is about a household, not about a child", "kind")
    if reason not in (_OF_CONFERENCES if kind.is_conference else _OF_REVIEWS):
        right = ", ".join(sorted(_OF_CONFERENCES if kind.is_conference else _OF_REVIEWS))
        raise InvalidInput(f"reason {reason} does not bring a {kind} forward: give one of {right}", "reason")
    _judge_reason(reason, facts, today)
    listed = list(dues)
    if any(due.kind is kind and due.held_on == today and due.triggered_on < today for due in listed):
        raise InvalidInput(f"kind: a {kind} was held today, and a call of today is for that one: call the next from tomorrow on", "kind")
    judge_earlier_day(command.by_on, kind, listed, today)


def judge_earlier_day(by_on: date, kind: MeetingKind, dues: Iterable[Due], called_on: date) -> None:
    """Raises `InvalidInput` where nothing of that kind is owed, or not later than `by_on`."""
    if by_on < called_on:
        raise InvalidInput(f"byOn {by_on} is past: give {called_on} or later", "byOn")
    owed = [due for due in dues if due.kind is kind and due.state is ObligationState.OPEN and due.triggered_on <= called_on]
    if not owed:
        raise InvalidInput(f"kind: no {kind} is owed to the child, so none can be brought forward", "kind")
    latest = min(due.statutory_due_on for due in owed)
    if latest <= called_on:
        raise InvalidInput(f"byOn: it is owed by {latest} already, and cannot be brought forward", "byOn")
    if by_on >= latest:
        raise InvalidInput(f"byOn {by_on} is not earlier than the law's latest day: give a day before {latest}", "byOn")
    earliest = max((due.not_before_on for due in owed if due.not_before_on is not None), default=None)
    if earliest is not None and by_on < earliest:
        message = f"byOn {by_on} is too early after the child's return (Adoption Agencies Regulations, reg. 36)"
        raise InvalidInput(f"{message}: give {earliest} or later", "byOn")


def _judge_reason(reason: EarlierReviewReason, facts: SubjectFacts, today: date) -> None:
    if reason is EarlierReviewReason.LEAVING_REMAND and not any(
        each.status is CareStatus.REMAND and lasts(each, today) for each in facts.statuses
    ):
        raise InvalidInput("reason LEAVING_REMAND: the child is not remanded", "reason")
    looked_after = any(lasts(period, today) for period in facts.care_periods)
    if reason is EarlierReviewReason.BECAME_LOOKED_AFTER and not looked_after:
        raise InvalidInput("reason BECAME_LOOKED_AFTER: the child is not looked after", "reason")

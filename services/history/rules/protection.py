"""Enquiries, child protection plans, and children on a plan who move between authorities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.history.commands import (
    CompleteTransferOut,
    EndProtectionPlan,
    RecordStrategyDiscussion,
    RecordTransferIn,
    RecordTransferOut,
    StartProtectionPlan,
    WithdrawTransfer,
)
from services.history.rules.days import judge_category, judge_lifetime, judge_order, judge_past, judge_references, told
from services.kernel.errors import InvalidInput
from services.kernel.words import CONFERENCES, MeetingKind, ObligationState, PlanEnd, TransferDirection
from services.statutory.chains import ADULT_AGE
from services.statutory.clock import Due
from services.statutory.counting import birthday
from services.statutory.facts import STARTING_CONFERENCES, PlanFact, SubjectFacts, TransferFact
from services.statutory.working_days import WorkingDays

SATURDAY = 5
_RECORDED_BY = {
    PlanEnd.DIED: "recordDeath",
    PlanEnd.ADOPTED: "recordAdoptionOrder",
    PlanEnd.TRANSFERRED_OUT: "completeTransferOut",
}


# ---------------------------------------------------------------------------------------------- enquiries


def judge_discussion(command: RecordStrategyDiscussion, today: date) -> None:
    """Raises `InvalidInput` unless the discussion has taken place (any day of the week) and names each child once."""
    judge_past("heldOn", command.held_on, today, "a strategy discussion is recorded once it has been held")
    judge_references(command.references, "households")


def judge_discussed(field: str, day: date, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where the child was no child on that day. An unborn child may be discussed."""
    judge_lifetime(field, day, facts, unborn=True)


def judge_no_enquiry_runs(field: str, day: date, facts: SubjectFacts, dues: Iterable[Due], working_days: WorkingDays) -> None:
    """Raises `InvalidInput` while another discussion's conference is owed within its time: the one that initiated the enquiry
    counts, not a later one. Before birth a fresh discussion starts the clock anew, where the first left no time to prepare."""
    if facts.born_on is None:
        return
    for due in dues:
        if due.kind not in STARTING_CONFERENCES or due.state is not ObligationState.OPEN or day == due.triggered_on:
            continue
        if abs(working_days.between(due.triggered_on, day)) <= due.timescale.amount:
            message = f"an enquiry that began on {due.triggered_on} still runs, and its conference is owed from that day"
            raise InvalidInput(f"{message}: record no other discussion", field)


# -------------------------------------------------------------------------------------------------- plans


def judge_plan_start(command: StartProtectionPlan, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless a conference that may begin a plan is recorded on that day, and no plan stands."""
    judge_category("category", command.category)
    judge_plan(PlanFact(started_on=command.started_on), facts, facts.plans, today)
    judge_made_by_conference("startedOn", command.started_on, facts)


def judge_made_by_conference(field: str, day: date, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where no conference at which a plan may begin was held, or ended, on that day (census rule 2885)."""
    if not _met_on(day, facts, STARTING_CONFERENCES):
        message = "no initial, pre-birth or transfer-in conference is recorded on that day, on which a plan starts (census rule 2885)"
        raise InvalidInput(f"{field} {day}: {message}: record it with its outcome (recordHeldMeeting)", field)


def judge_plan(plan: PlanFact, facts: SubjectFacts, others: Iterable[PlanFact], today: date, field: str = "startedOn") -> None:
    """Raises `InvalidInput` unless the plan lies in a child's life, born or unborn, and beside the `others`, for which it names
    `field`."""
    day = plan.started_on
    judge_past("startedOn", day, today, "a plan is recorded once it has started")
    judge_lifetime("startedOn", day, facts, unborn=True)
    if plan.ended_on is not None:
        judge_plan_end_day(plan.ended_on, plan, facts, today)
    for other in others:
        rule = "there is one open plan at a time (census rule 8935)" if other.ended_on is None else "two cannot overlap (census rule 8940)"
        later = plan.ended_on is None or other.started_on <= plan.ended_on
        if later and (other.ended_on is None or day <= other.ended_on):
            raise InvalidInput(f"{field}: the plan would run into the one {told(other)}: {rule}", field)


def judge_plan_end(command: EndProtectionPlan, facts: SubjectFacts, today: date) -> PlanFact:
    """The open plan that ends; raises `InvalidInput` where there is none, or nothing that ends a plan happened on that day."""
    plan = _open_plan("endedOn", facts)
    judge_plan_end_day(command.ended_on, plan, facts, today)
    judge_plan_reason("reason", command.reason, command.ended_on, facts)
    judge_reviews_stay_on_plan("endedOn", command.ended_on, plan, _ended(plan, command.ended_on), facts)
    return plan


def judge_plan_reason(field: str, reason: PlanEnd, day: date, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where that did not end a plan on that day: only a review conference decides it, age ends it, and a
    permanent move abroad."""
    if reason in _RECORDED_BY:
        raise InvalidInput(f"{field} {reason} ends the plan by itself: record it ({_RECORDED_BY[reason]})", field)
    if reason is PlanEnd.REVIEW_CONFERENCE and not _met_on(day, facts, CONFERENCES):  # or one of another kind that met again
        message = f"no review conference is recorded on {day}, and only one can end a plan"
        raise InvalidInput(f"{field}: {message}: record it with onPlan false (recordHeldMeeting)", field)
    if reason is PlanEnd.TURNED_18:
        if facts.born_on is None:
            raise InvalidInput(f"{field} TURNED_18: the child is not born yet", field)
        if day != birthday(facts.born_on, ADULT_AGE):
            raise InvalidInput(f"endedOn {day} is not the 18th birthday: give {birthday(facts.born_on, ADULT_AGE)}", "endedOn")


def judge_reviews_stay_on_plan(field: str, value: object, before: PlanFact, after: PlanFact | None, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where a review conference of the plan would not lie on it any more. `after` None: there is none."""
    for held in facts.held:
        if held.kind is MeetingKind.REVIEW_CONFERENCE and reviews(before, held.held_on) and not (after and reviews(after, held.held_on)):
            message = f"{field} {value} leaves the {held.kind} of {held.held_on} without a plan (census rule 8841)"
            raise InvalidInput(f"{message}: correct one of the two first", field)


def reviews(plan: PlanFact, day: date) -> bool:
    """Whether a conference on that day can have reviewed the plan: strictly after it started, on its last day at the latest."""
    return plan.started_on < day and (plan.ended_on is None or day <= plan.ended_on)


def judge_plan_end_day(day: date, plan: PlanFact, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` for a day on which this plan cannot have ended."""
    judge_past("endedOn", day, today, "the end of a plan is recorded once it has come")
    judge_order("endedOn", day, plan.started_on, "the plan")
    judge_lifetime("endedOn", day, facts, unborn=True, ending=True)
    if day == plan.started_on:
        raise InvalidInput(f"endedOn {day}: a plan does not end on the day on which it started (census rule 8840)", "endedOn")


def _open_plan(field: str, facts: SubjectFacts) -> PlanFact:
    standing = [plan for plan in facts.plans if plan.ended_on is None]
    if not standing:
        raise InvalidInput(f"{field}: the child is not on a plan", field)
    return max(standing, key=lambda each: each.started_on)


def _ended(plan: PlanFact, day: date) -> PlanFact:
    return PlanFact(started_on=plan.started_on, ended_on=day)


def _met_on(day: date, facts: SubjectFacts, kinds: Iterable[MeetingKind]) -> bool:
    return any(day in (held.held_on, held.completed_on) for held in facts.held if held.kind in kinds)


# ---------------------------------------------------------------------------------------------- transfers


def judge_transfer_in(command: RecordTransferIn, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless the child, who is on no plan of ours, may have moved here by that day."""
    judge_notice(command.notified_on, TransferDirection.IN, facts, facts.transfers, today)


def judge_transfer_out(command: RecordTransferOut, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless the child was on a plan of ours, and is not on its way already."""
    judge_notice(command.notified_on, TransferDirection.OUT, facts, facts.transfers, today)


def judge_notice(day: date, direction: TransferDirection, facts: SubjectFacts, others: Iterable[TransferFact], today: date) -> None:
    """Raises `InvalidInput` for a notice that cannot have been given on that day, beside the `others`."""
    judge_past("notifiedOn", day, today, "a move is recorded once notice of it is given")
    judge_lifetime("notifiedOn", day, facts, unborn=True)
    if any(is_under_way(other, facts) and other.direction is direction for other in others):
        raise InvalidInput(f"notifiedOn {day}: a transfer {direction} is under way: complete or withdraw it first", "notifiedOn")
    on_plan = facts.on_plan(day)
    if direction is TransferDirection.IN and on_plan and all(plan.started_on != day for plan in facts.plans):
        raise InvalidInput(f"notifiedOn {day}: the child is on a plan of ours that day, and cannot come in on another's", "notifiedOn")
    if direction is TransferDirection.OUT and not on_plan:
        raise InvalidInput(f"notifiedOn {day}: the child is on no plan of ours that day that another could take over", "notifiedOn")


def judge_completed(command: CompleteTransferOut, facts: SubjectFacts, today: date) -> tuple[TransferFact, PlanFact | None]:
    """The transfer that is complete, and the plan that ends with it; raises `InvalidInput` for a day that cannot be."""
    transfer = _under_way(TransferDirection.OUT, facts, "conferenceOn")
    judge_conference_day("conferenceOn", command.conference_on, today)
    judge_order("conferenceOn", command.conference_on, transfer.notified_on, "the transfer")
    judge_lifetime("conferenceOn", command.conference_on, facts, unborn=True)
    plan = next((plan for plan in facts.plans if plan.ended_on is None), None)
    if plan is not None:
        judge_taken_over(command.conference_on, plan, facts)
    return transfer, plan


def judge_taken_over(day: date, plan: PlanFact, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where our plan cannot end on the day of the other authority's conference."""
    if day <= plan.started_on:
        message = f"our plan started on {plan.started_on}, and ends later than that (census rule 8840)"
        raise InvalidInput(f"conferenceOn {day}: {message}", "conferenceOn")
    judge_reviews_stay_on_plan("conferenceOn", day, plan, _ended(plan, day), facts)


def judge_withdrawn(command: WithdrawTransfer, facts: SubjectFacts, today: date) -> TransferFact:
    """The transfer that does not come about; raises `InvalidInput` where none is under way, or not so long."""
    transfer = _under_way(command.direction, facts, "direction")
    judge_withdrawn_on(command.withdrawn_on, transfer, today)
    return transfer


def judge_withdrawn_on(day: date, transfer: TransferFact, today: date) -> None:
    """Raises `InvalidInput` for a day before the notice, or to come."""
    judge_past("withdrawnOn", day, today, "a transfer is withdrawn once it is known to fail")
    judge_order("withdrawnOn", day, transfer.notified_on, "the transfer")


def judge_conference_day(field: str, day: date, today: date) -> None:
    """Raises `InvalidInput` for a conference that is to come, or on a weekend (census rule 8875)."""
    judge_past(field, day, today, "a conference is recorded once it was held")
    if day.weekday() >= SATURDAY:
        raise InvalidInput(f"{field} {day} is a weekend: a conference is held on a working day (census rule 8875)", field)


def is_under_way(transfer: TransferFact, facts: SubjectFacts) -> bool:
    """Notified, not withdrawn, and the conference that completes it is not held: our own answers a transfer in."""
    if transfer.withdrawn_on is not None:
        return False
    if transfer.direction is TransferDirection.OUT:
        return transfer.conference_on is None
    return not any(held.kind in STARTING_CONFERENCES and held.held_on >= transfer.notified_on for held in facts.held)


def answers(held_on: date, transfer: TransferFact) -> bool:
    """Whether a transfer-in conference of that day can have been held upon this notice."""
    standing = transfer.withdrawn_on is None or held_on <= transfer.withdrawn_on
    return transfer.direction is TransferDirection.IN and transfer.notified_on <= held_on and standing


def _under_way(direction: TransferDirection, facts: SubjectFacts, field: str) -> TransferFact:
    found = [each for each in facts.transfers if each.direction is direction and is_under_way(each, facts)]
    if not found:
        raise InvalidInput(f"{field}: no transfer {direction} of the child is under way", field)
    return max(found, key=lambda each: each.notified_on)

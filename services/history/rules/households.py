"""Foster households: approved, reviewed, approved no more."""

from __future__ import annotations

from datetime import date, timedelta

from services.history.commands import ApproveHousehold, EndHouseholdApproval
from services.history.rules.days import judge_order, judge_past, judge_reference, judge_text
from services.kernel.errors import InvalidInput
from services.statutory.facts import HeldFact, SubjectFacts

_FSR = "Fostering Services Regulations, reg. 28"


def judge_approval(command: ApproveHousehold, today: date) -> None:
    """Raises `InvalidInput` unless the reference is usable and the household is approved already."""
    judge_reference(command.reference, "reference")
    judge_past("approvedOn", command.approved_on, today, "an approval is recorded once it is given")


def judge_approval_again(command: ApproveHousehold, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` unless the approval of a household that is known has ended by the day of the new one."""
    if facts.approval_ended_on is None:
        since = "" if facts.approved_on is None else f" since {facts.approved_on}"
        message = f"reference {command.reference}: that household is approved{since}"
        raise InvalidInput(f"{message}: a wrong day is corrected (correctHousehold), another household has another reference", "reference")
    if command.approved_on < facts.approval_ended_on or command.approved_on == facts.approved_on:
        right = max(facts.approval_ended_on, (facts.approved_on or facts.approval_ended_on) + timedelta(days=1))
        message = f"approvedOn {command.approved_on} lies in the approval that ended on {facts.approval_ended_on}"
        raise InvalidInput(f"{message}: give {right} or later", "approvedOn")


def judge_approval_end(command: EndHouseholdApproval, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless an approval stands that can have ended on that day."""
    judge_text("reason", command.reason, "why the approval ended")
    if facts.approval_ended_on is not None:
        raise InvalidInput("endedOn: the approval has ended already: a wrong day is corrected (correctHousehold)", "endedOn")
    judge_household(facts.approved_on, command.ended_on, facts, today)


def judge_household(approved_on: date | None, ended_on: date | None, facts: SubjectFacts, today: date) -> None:
    """Raises `InvalidInput` unless every review that was held in the approval in force lies within those days."""
    if approved_on is None:
        raise InvalidInput("approvedOn is missing: give the day on which the household was approved", "approvedOn")
    judge_past("approvedOn", approved_on, today, "an approval is recorded once it is given")
    if ended_on is not None:
        judge_past("endedOn", ended_on, today, "the end of an approval is recorded once it has come")
        judge_order("endedOn", ended_on, approved_on, "the approval")
    before = max((each.ended_on for each in facts.approvals_before), default=None)
    if before is not None and approved_on < before:
        message = f"approvedOn {approved_on} lies in the approval before, which ended on {before}"
        raise InvalidInput(f"{message}: give that day or a later one", "approvedOn")
    for held in facts.held:
        if before is not None and held.held_on <= before:
            continue
        if held.held_on < approved_on:
            raise InvalidInput(
                f"approvedOn {approved_on} comes after the review of {held.held_on}: correct one of the two first", "approvedOn"
            )
        if ended_on is not None and held.held_on > ended_on:
            raise InvalidInput(f"endedOn {ended_on} comes before the review of {held.held_on}: correct one of the two first", "endedOn")


def judge_household_held(held: HeldFact, facts: SubjectFacts) -> None:
    """Raises `InvalidInput` where the household was not approved on the day of its review, or was reviewed that day already."""
    once = any(each.approved_on <= held.held_on <= each.ended_on for each in facts.approvals_before)
    if facts.approved_on is not None and held.held_on < facts.approved_on and not once:
        raise InvalidInput(f"heldOn {held.held_on} comes before the household was approved ({_FSR})", "heldOn")
    if facts.approval_ended_on is not None and held.held_on > facts.approval_ended_on:
        raise InvalidInput(f"heldOn {held.held_on} comes after the approval ended ({_FSR})", "heldOn")
    if any(each.held_on == held.held_on for each in facts.held):
        message = f"heldOn {held.held_on}: a {held.kind} of that day is recorded already"
        raise InvalidInput(f"{message}: a wrong one is corrected (correctHeldRecord)", "heldOn")

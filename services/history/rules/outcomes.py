"""What a conference decided of a plan, beside what is recorded of plans already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.history.commands import HeldOutcome
from services.history.rules.days import following, told
from services.history.rules.protection import judge_plan, judge_plan_end_day, judge_reviews_stay_on_plan, reviews
from services.kernel.errors import InvalidInput
from services.kernel.words import MeetingKind
from services.statutory.facts import STARTING_CONFERENCES, HeldFact, PlanFact, SubjectFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`plan` is to stand as given: a new one where `before` is None, else that one changed. `category` None: as it is."""

    before: PlanFact | None
    plan: PlanFact
    category: str | None


def decide(held: HeldFact, outcome: HeldOutcome | None, facts: SubjectFacts, today: date) -> Decision | None:
    """What is to be recorded of the child's plan after that conference; None where nothing changes. A plan starts, and ends, on
    the day on which the conference came to its end. Raises `InvalidInput` where the records say otherwise."""
    if outcome is None or not held.kind.is_conference:
        return None
    if held.kind is MeetingKind.REVIEW_CONFERENCE:
        return _of_review(held, outcome, facts, today)
    return _of_start(held, outcome, facts, today)


def decided_on(held: HeldFact) -> date:
    """The day on which the meeting came to its end."""
    return held.completed_on or held.held_on


def _of_start(held: HeldFact, outcome: HeldOutcome, facts: SubjectFacts, today: date) -> Decision | None:
    assert held.kind in STARTING_CONFERENCES
    day = decided_on(held)
    begun = next((plan for plan in facts.plans if held.held_on <= plan.started_on <= day), None)
    standing = next((plan for plan in facts.plans if reviews(plan, day) and plan.ended_on is None), None)
    if outcome.on_plan:
        known = begun or standing
        if known is not None:
            return _categorise(known, outcome)
        fresh = PlanFact(started_on=day)
        with following("outcomes", "the plan"):
            judge_plan(fresh, facts, facts.plans, today)
        return Decision(before=None, plan=fresh, category=outcome.category)
    if begun is not None:
        raise InvalidInput(
            f"onPlan: the plan {told(begun)} is recorded: give true, or withdraw it first (correctProtectionPlan)", "outcomes"
        )
    return None if standing is None else _end(standing, day, facts, today)  # an interim plan, of a conference that was inquorate


def _of_review(held: HeldFact, outcome: HeldOutcome, facts: SubjectFacts, today: date) -> Decision | None:
    day = decided_on(held)
    plan = next(plan for plan in facts.plans if reviews(plan, held.held_on))
    ends_then = plan.ended_on is not None and held.held_on <= plan.ended_on <= day
    if outcome.on_plan is False:
        if ends_then:
            return None
        if plan.ended_on is not None:
            raise InvalidInput(f"onPlan false: the plan {told(plan)}: correct that first (correctProtectionPlan)", "outcomes")
        return _end(plan, day, facts, today)
    if outcome.on_plan and ends_then:
        raise InvalidInput(f"onPlan true: the plan {told(plan)}: correct that first (correctProtectionPlan)", "outcomes")
    return _categorise(plan, outcome)


def _categorise(plan: PlanFact, outcome: HeldOutcome) -> Decision | None:
    return None if outcome.category is None else Decision(before=plan, plan=plan, category=outcome.category)


def _end(plan: PlanFact, day: date, facts: SubjectFacts, today: date) -> Decision:
    ended = PlanFact(started_on=plan.started_on, ended_on=day, reviews_known_from=plan.reviews_known_from)
    with following("outcomes", "the plan"):
        judge_plan_end_day(day, plan, facts, today)
    judge_reviews_stay_on_plan("outcomes", f"onPlan false on {day}", plan, ended, facts)
    return Decision(before=plan, plan=ended, category=None)

"""What the records say of one subject, as the clock reads it: plain values, in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind, TransferDirection

STARTING_CONFERENCES = frozenset({MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE, MeetingKind.TRANSFER_IN_CONFERENCE})
"""The conferences at which a protection plan may begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePeriodFact:
    """One continuous time looked after. Not `started_on_exact`: the records only show that it had begun by `started_on`.

    `reviews_known_from`: reviews held before that day may be in no record here (a return is a window on a longer story);
    None: every review of the period is.
    """

    started_on: date
    started_on_exact: bool = True
    ended_on: date | None = None
    short_break: bool = False
    reviews_known_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFact:
    """A child protection plan, which starts on the day of the conference that made it. `reviews_known_from`: as of care."""

    started_on: date
    ended_on: date | None = None
    reviews_known_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section47Fact:
    """An enquiry, by the strategy discussion that initiated it (not a later one, not the referral)."""

    initiating_discussion_on: date
    conference_on: date | None = None
    conference_not_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFact:
    """A meeting that took place. `completed_on`: the day on which one that was adjourned came to its end.

    `to_reconvene`: it was inquorate, and is to meet again. `without_meeting`: a review of the file alone.
    """

    kind: MeetingKind
    held_on: date
    completed_on: date | None = None
    to_reconvene: bool = False
    without_meeting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusFact:
    """What held of a child in care from `started_on` until `ended_on` (None: it still does).

    Not `started_on_exact`: the records only show that it held by `started_on`; no clock may count from there.
    `end_reason`: DISRUPTED where a placement for adoption failed. `expected_end_on`: of a remand.
    """

    status: CareStatus
    started_on: date
    started_on_exact: bool = True
    ended_on: date | None = None
    end_reason: str | None = None
    expected_end_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierReviewFact:
    """On `called_on` it was decided that the meeting of `kind` that was owed then must be held by `by_on`."""

    kind: MeetingKind
    called_on: date
    by_on: date
    reason: EarlierReviewReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFact:
    """A child on a plan moves in, or out. `conference_on`: when the authority that takes it on held its conference."""

    direction: TransferDirection
    notified_on: date
    conference_on: date | None = None
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalFact:
    """A foster household was approved once before, until its approval ended."""

    approved_on: date
    ended_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """Everything of one child, or of one foster household, that starts, feeds or stops a clock.

    `seen_until`: the day up to which the records are read: what goes on is known to have gone on until then and no longer
    (a short break that has no end yet). A household has `approved_on`, `approval_ended_on` and what was held; a child the rest.
    """

    subject_id: UUID
    born_on: date | None = None
    expected_on: date | None = None
    died_on: date | None = None
    adopted_on: date | None = None
    care_periods: tuple[CarePeriodFact, ...] = ()
    plans: tuple[PlanFact, ...] = ()
    section47s: tuple[Section47Fact, ...] = ()
    statuses: tuple[StatusFact, ...] = ()
    earlier: tuple[EarlierReviewFact, ...] = ()
    transfers: tuple[TransferFact, ...] = ()
    held: tuple[HeldFact, ...] = ()
    approved_on: date | None = None
    approval_ended_on: date | None = None
    approvals_before: tuple[ApprovalFact, ...] = ()
    seen_until: date | None = None

    def held_of(self, *kinds: MeetingKind) -> tuple[HeldFact, ...]:
        """Meetings of these kinds in order, one a day: two sources that state the same meeting are one."""
        by_day: dict[date, HeldFact] = {}
        for fact in self.held:
            if fact.kind in kinds:
                known = by_day.get(fact.held_on)
                by_day[fact.held_on] = fact if known is None else _as_one(known, fact)
        return tuple(by_day[day] for day in sorted(by_day))

    def plan_end(self, plan: PlanFact) -> date | None:
        """When the plan ended: as recorded, or once another authority held its conference about a child who moved there."""
        ends = [day for day in (self.moved_away_on(plan.started_on), plan.ended_on) if day is not None]
        return min(ends, default=None)

    def moved_away_on(self, day: date) -> date | None:
        """When, after that day, another authority took the child on: the day on which it held its conference."""
        taken_on = (
            each.conference_on
            for each in self.transfers
            if each.direction is TransferDirection.OUT and each.withdrawn_on is None and each.conference_on is not None
        )
        return min((each for each in taken_on if day < each), default=None)

    def on_plan(self, day: date) -> bool:
        """Whether a plan stood at the end of that day."""
        ends = ((plan.started_on, self.plan_end(plan)) for plan in self.plans)
        return any(started_on <= day and (ended_on is None or day < ended_on) for started_on, ended_on in ends)

    def unborn_on(self, day: date) -> bool:
        """Whether the child was not born yet at the beginning of that day. Whose birth and expected birth are both unknown was."""
        return self.expected_on is not None if self.born_on is None else day < self.born_on


def _as_one(known: HeldFact, fact: HeldFact) -> HeldFact:
    """One meeting of two statements, in whichever order they are read: what only one of them can say holds."""
    ends = [day for day in (known.completed_on, fact.completed_on) if day is not None]
    return HeldFact(
        kind=min(known.kind, fact.kind),
        held_on=known.held_on,
        completed_on=max(ends, default=None),
        to_reconvene=known.to_reconvene or fact.to_reconvene,
        without_meeting=known.without_meeting or fact.without_meeting,
    )


def assume_held(facts: SubjectFacts, kind: MeetingKind, day: date) -> SubjectFacts:
    """The facts as they would be, had that meeting taken place that day.

    A conference at which a plan may begin is assumed to make one: whoever looks ahead must keep room for its review. A
    review conference of a child without a plan is assumed to review the plan of the conference before it, likewise.
    """
    held = (*facts.held, HeldFact(kind=kind, held_on=day))
    plans = facts.plans
    if kind in STARTING_CONFERENCES and not facts.on_plan(day):
        plans = (*plans, PlanFact(started_on=day))
    elif kind is MeetingKind.REVIEW_CONFERENCE and not facts.on_plan(day):
        begun = [fact.held_on for fact in facts.held_of(*STARTING_CONFERENCES) if fact.held_on < day]
        if begun and not any(plan.started_on == begun[-1] for plan in plans):
            plans = (*plans, PlanFact(started_on=begun[-1]))
    return replace(facts, held=held, plans=plans)

"""The chains that records start: each meeting answers what is owed and, by being held, starts what is owed next.

The next interval runs from the day on which the last meeting was held, never from the day on which it was due: an early
review pulls the chain in, a late one pushes it out. The month-end clamp is therefore made at each step, from a real day: a
review held on 31 August is followed by 28 February; one held on that 28 February by 28 August, which is the law's latest
day; one held on 31 August again by 28 February. Nothing remembers the 28th.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias

from services.kernel.words import MeetingKind
from services.statutory.counting import birthday
from services.statutory.facts import STARTING_CONFERENCES, CarePeriodFact, HeldFact, PlanFact, Section47Fact, SubjectFacts

ADULT_AGE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """When a clock stops. `recorded_on`: care or plan has ended, or the child has died. `adult_on`: the 18th birthday."""

    recorded_on: date | None
    adult_on: date | None

    @property
    def first(self) -> date | None:
        """The earlier of the two: nothing is owed from that day on."""
        days = [day for day in (self.recorded_on, self.adult_on) if day is not None]
        return min(days, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One duty: it began on `triggered_on` under the rule `code`; `held` is the meeting that answered it, if one did."""

    kind: MeetingKind
    triggered_on: date
    triggered_by: str
    code: str
    held: HeldFact | None
    end: End


DueOf: TypeAlias = Callable[[str, date], date | None]
"""The law's latest day under the rule of that code from that day 0; None where no such rule was in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chain:
    kind: MeetingKind
    codes: tuple[str, ...]  # of the first duty, the second, ...; the last one repeats
    day0: date
    day0_exact: bool
    known_from: date | None
    begun_by: str
    followed_by: str
    held: tuple[HeldFact, ...]
    end: End

    def steps(self, due_of: DueOf) -> Iterator[Step]:
        """Every duty of the chain; the last one is unanswered. None begins on or after the day on which the clock stops."""
        began, by, answers = self._begin(due_of)
        if began is None:
            return
        codes = iter(self.codes if by is self.begun_by else self.codes[-1:])
        code, stops = next(codes), self.end.first
        while stops is None or began < stops:
            answer = answers.pop(0) if answers else None
            yield Step(kind=self.kind, triggered_on=began, triggered_by=by, code=code, held=answer, end=self.end)
            if answer is None:
                return
            began, by, code = answer.held_on, self.followed_by, next(codes, self.codes[-1])

    def _begin(self, due_of: DueOf) -> tuple[date | None, str, list[HeldFact]]:
        """The day 0 of the first duty that can be known, what made it, and the meetings after it.

        A first meeting that was due before the records begin may be missing from them, and so may others: the chain then runs
        from the first meeting within the records. Where they have none, the last one was held before they begin at the latest.
        """
        first_due = due_of(self.codes[0], self.day0) if self.day0_exact else None
        if first_due is not None and (self.known_from is None or first_due >= self.known_from):
            return self.day0, self.begun_by, list(self.held)
        since = self.known_from or date.min
        within = [fact for fact in self.held if fact.held_on >= since] or list(self.held[-1:])
        if within:
            return within[0].held_on, self.followed_by, within[1:]
        if self.known_from is None:
            return None, "", []
        return max(self.day0, self.known_from - timedelta(days=1)), "no later than this day was the last one before the records", []


def steps(facts: SubjectFacts, due_of: DueOf, kinds: frozenset[MeetingKind] | None = None) -> Iterator[Step]:
    """Every duty that the records of a subject start, of these kinds of meeting or of all."""
    for kind, find in _BY_KIND.items():
        if kinds is None or kind in kinds:
            yield from find(facts, due_of)


def _end_of(facts: SubjectFacts, ended_on: date | None) -> End:
    days = [day for day in (ended_on, facts.died_on) if day is not None]
    adult_on = None if facts.born_on is None else birthday(facts.born_on, ADULT_AGE)
    return End(recorded_on=min(days, default=None), adult_on=adult_on)


def _care_reviews(facts: SubjectFacts, due_of: DueOf) -> Iterator[Step]:
    reviews = facts.held_of(MeetingKind.CARE_REVIEW)
    for period in facts.care_periods:
        if not period.short_break:
            yield from _Chain(
                kind=MeetingKind.CARE_REVIEW,
                codes=("CARE_REVIEW_FIRST", "CARE_REVIEW_SECOND", "CARE_REVIEW_NEXT"),
                day0=period.started_on,
                day0_exact=period.started_on_exact,
                known_from=period.reviews_known_from,
                begun_by="became looked after",
                followed_by="care review held",
                held=_held_in(period, facts, reviews),
                end=_end_of(facts, period.ended_on),
            ).steps(due_of)


def _short_break_reviews(facts: SubjectFacts, due_of: DueOf) -> Iterator[Step]:
    reviews = facts.held_of(MeetingKind.SHORT_BREAK_REVIEW, MeetingKind.CARE_REVIEW)
    for period in facts.care_periods:
        if period.short_break:
            yield from _Chain(
                kind=MeetingKind.SHORT_BREAK_REVIEW,
                codes=("SHORT_BREAK_REVIEW_FIRST", "SHORT_BREAK_REVIEW_NEXT"),
                day0=period.started_on,
                day0_exact=period.started_on_exact,
                known_from=period.reviews_known_from,
                begun_by="short breaks began",
                followed_by="short-break review held",
                held=_held_in(period, facts, reviews),
                end=_end_of(facts, period.ended_on),
            ).steps(due_of)


def _held_in(period: CarePeriodFact, facts: SubjectFacts, reviews: tuple[HeldFact, ...]) -> tuple[HeldFact, ...]:
    """The reviews of one period of care.

    A review on the day on which one period ends and the next begins belongs to the one that ends: it cannot be the first
    review of a child who came into care that day. A period that had merely begun by `started_on` reaches back to the end of
    the one before: a review held earlier shows that the child was looked after then.
    """
    before = [
        other.ended_on
        for other in facts.care_periods
        if other is not period
        and other.ended_on is not None
        and other.started_on < period.started_on
        and other.ended_on <= period.started_on
    ]
    left = max(before, default=date.min)
    first = period.started_on if period.started_on_exact else date.min
    last = period.ended_on or date.max
    return tuple(review for review in reviews if first <= review.held_on <= last and review.held_on > left)


def _review_conferences(facts: SubjectFacts, due_of: DueOf) -> Iterator[Step]:
    reviews = facts.held_of(MeetingKind.REVIEW_CONFERENCE)
    for plan in facts.plans:
        yield from _Chain(
            kind=MeetingKind.REVIEW_CONFERENCE,
            codes=("REVIEW_CONFERENCE_FIRST", "REVIEW_CONFERENCE_NEXT"),
            day0=_first_sitting(facts, plan),
            day0_exact=True,
            known_from=plan.reviews_known_from,
            begun_by="protection plan began",
            followed_by="review conference held",
            held=tuple(review for review in reviews if _reviews_plan(plan, review.held_on)),
            end=_end_of(facts, plan.ended_on),
        ).steps(due_of)


def _first_sitting(facts: SubjectFacts, plan: PlanFact) -> date:
    """The day from which a plan's first review is counted: of a plan that an adjourned conference made, that conference's
    first sitting, as with every review after it."""
    made_by = (fact.held_on for fact in facts.held_of(*STARTING_CONFERENCES) if fact.completed_on == plan.started_on)
    return min(made_by, default=plan.started_on)


def _reviews_plan(plan: PlanFact, day: date) -> bool:
    """A review comes after the day on which the plan began, and may be the one that ends it."""
    return plan.started_on < day and (plan.ended_on is None or day <= plan.ended_on)


def _initial_conferences(facts: SubjectFacts, _: DueOf) -> Iterator[Step]:
    """One conference a section 47 enquiry, unless none was required; the first one held after several answers them all.

    Of a child who is on a plan on the day of the discussion, a review conference answers it too: the concern comes before
    the conference that the plan has anyway.
    """
    starting = list(facts.held_of(*STARTING_CONFERENCES))
    starting += [HeldFact(kind=MeetingKind.INITIAL_CONFERENCE, held_on=plan.started_on) for plan in facts.plans]
    reviews = facts.held_of(MeetingKind.REVIEW_CONFERENCE)
    for enquiry in facts.section47s:
        day = enquiry.initiating_discussion_on
        answers = [*starting, *reviews] if facts.on_plan(day) else starting
        answer = _conference_of(enquiry, answers)
        end = _end_of(facts, None)
        if answer is None and (enquiry.conference_not_required or (end.first is not None and day >= end.first)):
            continue
        yield Step(
            kind=MeetingKind.INITIAL_CONFERENCE,
            triggered_on=day,
            triggered_by="strategy discussion",
            code="INITIAL_CONFERENCE",
            held=answer,
            end=end,
        )


def _conference_of(enquiry: Section47Fact, answers: list[HeldFact]) -> HeldFact | None:
    day = enquiry.initiating_discussion_on
    stated = enquiry.conference_on
    if stated is not None and stated >= day:
        same = [each for each in answers if each.held_on == stated]
        return same[0] if same else HeldFact(kind=MeetingKind.INITIAL_CONFERENCE, held_on=stated)
    if enquiry.conference_not_required:
        return None
    after = [each for each in answers if each.held_on >= day]
    first = min(after, key=lambda each: each.held_on, default=None)
    return None if first is None else replace(first, kind=MeetingKind.INITIAL_CONFERENCE)


_BY_KIND = {
    MeetingKind.INITIAL_CONFERENCE: _initial_conferences,
    MeetingKind.REVIEW_CONFERENCE: _review_conferences,
    MeetingKind.CARE_REVIEW: _care_reviews,
    MeetingKind.SHORT_BREAK_REVIEW: _short_break_reviews,
}

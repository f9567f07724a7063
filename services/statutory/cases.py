"""Who counts in an indicator of timeliness, and who fails it: one function a way of counting. Pure.

The days are the obligations': nothing here decides when something was due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

from services.kernel.words import CONFERENCES, MeetingKind, ObligationState, ParticipationCode, Timeliness
from services.statutory.chains import ADULT_AGE
from services.statutory.counting import add_months, birthday
from services.statutory.facts import CarePeriodFact, PlanFact, SubjectFacts
from services.statutory.law import Law, shipped
from services.statutory.timeliness import timeliness

_FOUR_WEEKS = timedelta(days=28)
_THREE_MONTHS = 3
_AGE_OF_VIEWS = 4
_RECONVENED, _NEXT_REVIEW = "INQUORATE_CONFERENCE", "REVIEW_CONFERENCE_NEXT"
_INITIAL = frozenset({MeetingKind.INITIAL_CONFERENCE, MeetingKind.PRE_BIRTH_CONFERENCE})
_IN_CARE = frozenset({MeetingKind.CARE_REVIEW, MeetingKind.ADOPTION_REVIEW})
_NOT_FAILED = frozenset({Timeliness.IN_TIME, Timeliness.NOT_YET_DUE, Timeliness.VOID})
_VIEWS_GIVEN = frozenset(
    {ParticipationCode.PN1, ParticipationCode.PN2, ParticipationCode.PN3, ParticipationCode.PN5, ParticipationCode.PN6}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One obligation as the indicators read it. `begun_on`: the first sitting of a meeting for it that goes on."""

    id: UUID
    kind: MeetingKind
    rule_code: str
    triggered_on: date
    statutory_due_on: date
    state: ObligationState
    held_on: date | None = None
    completed_on: date | None = None
    void_from: date | None = None
    begun_on: date | None = None

    def timeliness_on(self, today: date, law: Law) -> Timeliness:
        """Its class, as of that day."""
        return timeliness(
            state=self.state,
            statutory_due_on=self.statutory_due_on,
            held_on=self.held_on,
            completed_on=self.completed_on,
            void_from=self.void_from,
            begun_on=self.begun_on,
            today=today,
            law=law,
        )

    def by_law(self, law: Law) -> Duty | None:
        """The same as the law alone has it. Local practice says when an inquorate conference meets again: for a review the law's
        day is that of the next review, and for a conference before any plan it has none."""
        if self.rule_code != _RECONVENED:
            return self
        due = law.latest(_NEXT_REVIEW, self.triggered_on) if self.kind is MeetingKind.REVIEW_CONFERENCE else None
        return None if due is None else replace(self, statutory_due_on=due)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One child or foster household: its records, its obligations, and how a child took part in its reviews in care, by day."""

    facts: SubjectFacts
    duties: tuple[Duty, ...]
    participation: Mapping[date, ParticipationCode] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From `first` to `last`, both included, judged as of `today` by that law."""

    first: date
    last: date
    today: date
    law: Law = field(default_factory=shipped)

    def __contains__(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One that counts below the line. `failing`: the obligations for which it does not count above it."""

    passes: bool
    failing: tuple[UUID, ...] = ()


Cases: TypeAlias = Callable[[Measured, Period], Iterator[Case]]
"""Every case of one subject."""

# ------------------------------------------------------------------------------------------- meeting by meeting


def held(*kinds: MeetingKind) -> Cases:
    """Each meeting of these kinds held in the period, one a child and day; in time if it is so for each duty that it met."""
    wanted = frozenset(kinds)

    def cases(subject: Measured, period: Period) -> Iterator[Case]:
        return _by_day((duty for duty in subject.duties if duty.kind in wanted), period)

    return cases


def initial_conferences(subject: Measured, period: Period) -> Iterator[Case]:
    """Initial and pre-birth conferences of the child held in the period, against the discussion that initiated the enquiry."""
    return _by_day((duty for duty in subject.duties if duty.kind in _INITIAL and _was_initial(subject.facts, duty)), period)


def transfer_in_conferences(subject: Measured, period: Period) -> Iterator[Case]:
    """Transfer-in conferences of the child held in the period."""
    own = (duty for duty in subject.duties if duty.kind is MeetingKind.TRANSFER_IN_CONFERENCE and duty.rule_code != _RECONVENED)
    return _by_day(own, period)


def _by_day(duties: Iterable[Duty], period: Period) -> Iterator[Case]:
    meetings: dict[date, list[Duty]] = defaultdict(list)
    for duty in _by_law(duties, period):
        if duty.held_on is not None and duty.held_on in period:
            meetings[duty.held_on].append(duty)
    return (_judge(meetings[day], period) for day in sorted(meetings))


def _by_law(duties: Iterable[Duty], period: Period) -> Iterator[Duty]:
    return (judged for judged in (duty.by_law(period.law) for duty in duties) if judged is not None)


def _judge(duties: Iterable[Duty], period: Period) -> Case:
    failing = tuple(duty.id for duty in duties if duty.timeliness_on(period.today, period.law) not in _NOT_FAILED)
    return Case(passes=not failing, failing=failing)


def _was_initial(facts: SubjectFacts, duty: Duty) -> bool:
    """Not where a review of a plan that stood already or a transfer-in conference met the duty, and not for one that merely
    met again because it had been inquorate."""
    kinds = {fact.kind for fact in facts.held if fact.held_on == duty.held_on}
    return duty.rule_code != _RECONVENED and (bool(kinds & _INITIAL) or not kinds & CONFERENCES)


# ----------------------------------------------------------------------------------------------- child by child


def plans_reviewed(subject: Measured, period: Period) -> Iterator[Case]:
    """The child, if on a plan on the last day for at least three months; passes with every review due in the period in time."""
    facts = subject.facts
    plan = _standing_plan(facts, period.last)
    if plan is not None and add_months(plan.started_on, _THREE_MONTHS) <= period.last:
        since = _latest((each.ended_on for each in facts.plans), plan.started_on)
        yield _judge(_due(subject, period, since, frozenset({MeetingKind.REVIEW_CONFERENCE})), period)


def children_reviewed(subject: Measured, period: Period) -> Iterator[Case]:
    """The child, if in care on the last day for over four weeks, short breaks apart; passes as above."""
    care = _care_counted(subject, period.last)
    if care is not None:
        yield _judge(_due(subject, period, _left_before(subject.facts, care), _IN_CARE), period)


def children_heard(subject: Measured, period: Period) -> Iterator[Case]:
    """The same child, if aged four at a review of the period; passes if it gave its views at each such review."""
    care = _care_counted(subject, period.last)
    if care is None:
        return
    since = _left_before(subject.facts, care)
    days = {fact.held_on for fact in subject.facts.held_of(*_IN_CARE) if fact.held_on in period and fact.held_on > since}
    asked = {day for day in days if _is_asked(subject, day)}
    if asked:
        unheard = {day for day in asked if subject.participation.get(day) not in _VIEWS_GIVEN}
        failing = tuple(duty.id for duty in subject.duties if duty.kind in _IN_CARE and duty.held_on in unheard)
        yield Case(passes=not unheard, failing=failing)


def _is_asked(subject: Measured, day: date) -> bool:
    """Whether the child was four by then: the code says so, or where there is none the date of birth."""
    code, born_on = subject.participation.get(day), subject.facts.born_on
    if code is not None:
        return code is not ParticipationCode.PN0
    return born_on is None or birthday(born_on, _AGE_OF_VIEWS) <= day


def _due(subject: Measured, period: Period, since: date, kinds: frozenset[MeetingKind]) -> Iterator[Duty]:
    """Duties of one plan or period of care, begun when the one before it had ended, whose last day lies in the period."""
    for duty in _by_law(subject.duties, period):
        if duty.kind in kinds and duty.statutory_due_on in period and duty.triggered_on >= since:
            yield duty


def _standing_plan(facts: SubjectFacts, day: date) -> PlanFact | None:
    plans = [plan for plan in facts.plans if plan.started_on <= day and not _is_by(plan.ended_on, day)]
    return min(plans, key=lambda plan: plan.started_on) if plans and not _is_gone(facts, day) else None


def _care_counted(subject: Measured, day: date) -> CarePeriodFact | None:
    """The period of care in which the child is on that day, if it has lasted for over four weeks and is no agreed series of
    short breaks; one that has outgrown the limits of such a series is care like any other."""
    facts = subject.facts
    standing = [each for each in facts.care_periods if each.started_on <= day and not _is_by(each.ended_on, day)]
    if not standing or _is_gone(facts, day):
        return None
    care = min(standing, key=lambda each: each.started_on)
    owed = (duty for duty in subject.duties if duty.kind in _IN_CARE and duty.state is not ObligationState.VOID)
    ordinary = not care.short_break or any(duty.triggered_on >= care.started_on for duty in owed)
    return care if ordinary and day - care.started_on > _FOUR_WEEKS else None


def _left_before(facts: SubjectFacts, care: CarePeriodFact) -> date:
    return _latest((each.ended_on for each in facts.care_periods), care.started_on)


def _latest(ends: Iterable[date | None], day: date) -> date:
    return max((end for end in ends if end is not None and end <= day), default=date.min)


def _is_by(end: date | None, day: date) -> bool:
    return end is not None and end <= day


def _is_gone(facts: SubjectFacts, day: date) -> bool:
    """Dead, adopted or of age: on no plan and in nobody's care, whatever was not written down."""
    adult_on = None if facts.born_on is None else birthday(facts.born_on, ADULT_AGE)
    return any(_is_by(end, day) for end in (facts.died_on, facts.adopted_on, adult_on))

"""From the records of a subject to what is owed: for each duty its day 0, its latest days, its rule and whether it was met.

Pure: the same records give the same duties with the same identifiers, however often and in whatever order they are read.
The rules of each kind of meeting are in `chains`, with the readings that were chosen where the law leaves a doubt.

Where care is known only to have begun by some day, no first review is computed. With no review known nothing is owed that
could be known. With one or more known, the next is owed within six months of the last: the known one may in truth have been
the first, so that three months would bind, but six is what the law allows at most in any case, and a breach is asserted
only where it is certain. The same holds where a return is a window on a longer story (`reviews_known_from`) and the first
meeting was due before it opens.

A duty is VOID from the day on which what it runs for ended, or the child died or was adopted, and where its latest day falls on
or after the 18th birthday (no review after that day). A duty that fell due before the birthday and was not met stays OPEN until
the end of care or of the plan is recorded: that is for people to see, not for a clock to hide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.kernel.ids import obligation_id
from services.kernel.words import EarlierReviewReason, MeetingKind, ObligationState
from services.statutory.chains import End, Step, book_before, steps
from services.statutory.counting import DueDates, due_dates
from services.statutory.facts import (
    STARTING_CONFERENCES,
    CarePeriodFact,
    HeldFact,
    PlanFact,
    Section47Fact,
    SubjectFacts,
    assume_held,
)
from services.statutory.law import Law, law_of
from services.statutory.timeliness import timeliness
from services.statutory.timescales import Timescale, Timescales
from services.statutory.working_days import WorkingDays

__all__ = [
    "DAY_ZERO_RULES",
    "PREDECESSORS",
    "CarePeriodFact",
    "Due",
    "DueDates",
    "HeldFact",
    "PlanFact",
    "Section47Fact",
    "SubjectFacts",
    "assume_held",
    "chained_from",
    "due_dates",
    "following",
    "may_fall_on",
    "obligations",
    "owed_from",
    "timeliness",
]

PREDECESSORS: dict[MeetingKind, tuple[MeetingKind, ...]] = {
    MeetingKind.INITIAL_CONFERENCE: (),
    MeetingKind.PRE_BIRTH_CONFERENCE: (),
    MeetingKind.TRANSFER_IN_CONFERENCE: (),
    MeetingKind.REVIEW_CONFERENCE: (MeetingKind.REVIEW_CONFERENCE, *sorted(STARTING_CONFERENCES)),
    MeetingKind.CARE_REVIEW: (MeetingKind.CARE_REVIEW,),
    MeetingKind.ADOPTION_REVIEW: (MeetingKind.ADOPTION_REVIEW,),
    MeetingKind.SHORT_BREAK_REVIEW: (MeetingKind.SHORT_BREAK_REVIEW,),
    MeetingKind.SECURE_CRITERIA_REVIEW: (MeetingKind.SECURE_CRITERIA_REVIEW,),
    MeetingKind.FOSTER_HOME_REVIEW: (MeetingKind.FOSTER_HOME_REVIEW,),
}
"""The meetings that, by being held, start the duty of each kind: what a diary that looks ahead follows. None, where a day 0 of
its own starts it. (An adoption review of a child who is not placed starts the next care review too, once it is held.)"""

DAY_ZERO_RULES: dict[MeetingKind, str] = {
    MeetingKind.INITIAL_CONFERENCE: "INITIAL_CONFERENCE",
    MeetingKind.PRE_BIRTH_CONFERENCE: "PRE_BIRTH_CONFERENCE",
    MeetingKind.TRANSFER_IN_CONFERENCE: "TRANSFER_IN_CONFERENCE",
    MeetingKind.REVIEW_CONFERENCE: "REVIEW_CONFERENCE_FIRST",
    MeetingKind.CARE_REVIEW: "CARE_REVIEW_FIRST",
    MeetingKind.ADOPTION_REVIEW: "ADOPTION_REVIEW_PLACED_FIRST",
    MeetingKind.SHORT_BREAK_REVIEW: "SHORT_BREAK_REVIEW_FIRST",
    MeetingKind.SECURE_CRITERIA_REVIEW: "SECURE_CRITERIA_REVIEW_FIRST",
    MeetingKind.FOSTER_HOME_REVIEW: "FOSTER_HOME_REVIEW_FIRST",
}
"""The rule that binds first where a day 0 is stated that no record holds yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One duty. `void_from`: the day from which nothing was owed any more, for a VOID one; see `timeliness`.

    `not_before_on`: a meeting on an earlier day does not answer it. `brought_forward_by`: why it is owed earlier than its rule
    says. `meeting_needed`: false where a review of the file is enough. `timescale`: the unit's own where that asks for the meeting
    sooner (the review after a birth); `statutory_due_on` is the law's all the same, and the unit's day is in `book_by_on`.
    """

    id: UUID
    kind: MeetingKind
    triggered_on: date
    triggered_by: str
    timescale: Timescale
    statutory_due_on: date
    census_due_on: date | None
    book_by_on: date
    state: ObligationState
    held_on: date | None = None
    completed_on: date | None = None
    void_from: date | None = None
    not_before_on: date | None = None
    brought_forward_by: EarlierReviewReason | None = None
    meeting_needed: bool = True


def obligations(facts: SubjectFacts, timescales: Timescales, working_days: WorkingDays) -> tuple[Due, ...]:
    """Every duty that the records start, met or not, by day 0; one a kind and day 0. Where no rule was in force: none."""
    law = law_of(timescales, working_days)
    return tuple(_one_each(_dues(facts.subject_id, steps(facts, law), law)))


def following(facts: SubjectFacts, kind: MeetingKind, held_on: date, timescales: Timescales, working_days: WorkingDays) -> Due | None:
    """What the chain owes next if a meeting of `kind` were held that day, as EXPECTED; None where it ends.

    A conference at which a plan may begin is assumed to make one. To look further ahead, `assume_held` the meetings before.
    """
    law = law_of(timescales, working_days)
    owed = frozenset(each for each, before in PREDECESSORS.items() if kind in before)
    begun = (
        step
        for step in steps(assume_held(facts, kind, held_on), law, owed)
        if step.triggered_on == held_on and step.held is None and step.kind in owed
    )
    open_ones = [due for due in _dues(facts.subject_id, begun, law) if due.state is ObligationState.OPEN]
    return replace(min(open_ones, key=_firmness), state=ObligationState.EXPECTED) if open_ones else None


def owed_from(
    facts: SubjectFacts, kind: MeetingKind, day: date, triggered_by: str, timescales: Timescales, working_days: WorkingDays
) -> Due:
    """What a duty of `kind` would be that begins on a `day` which no record holds yet, as EXPECTED.

    The day of a booked meeting, where the chain would go on from it; else a day 0 of its own (a strategy discussion, an
    admission that is not recorded yet) under the rule that binds first. Raises `LookupError` where no rule was in force.
    """
    due = chained_from(facts, kind, day, timescales, working_days)
    if due is not None:
        return replace(due, triggered_by=triggered_by)
    law, code = law_of(timescales, working_days), DAY_ZERO_RULES[kind]
    timescales.on(code, day)
    step = Step(kind=kind, triggered_on=day, triggered_by=triggered_by, code=code, held=None, end=End(recorded_on=None, adult_on=None))
    step = replace(step, book_before=book_before(facts, step, law))
    (stated,) = _dues(facts.subject_id, [step], law)
    return replace(stated, state=ObligationState.EXPECTED)


def chained_from(facts: SubjectFacts, kind: MeetingKind, day: date, timescales: Timescales, working_days: WorkingDays) -> Due | None:
    """The duty of `kind` that a meeting on `day` would start, whichever that meeting is: the review before it, or for a child
    on no plan the conference that makes one. None where no meeting that day would start it."""
    if not PREDECESSORS[kind]:
        return None
    starts_plan = kind is MeetingKind.REVIEW_CONFERENCE and not facts.on_plan(day)
    return following(facts, MeetingKind.INITIAL_CONFERENCE if starts_plan else kind, day, timescales, working_days)


def may_fall_on(kind: MeetingKind, day: date) -> bool:
    """Whether returns accept a meeting of `kind` on that day of the week: an initial conference on a weekend is an error
    of the census (rule 8875); a review of a child in care may be held on any day."""
    return not kind.is_conference or day.weekday() < 5


def _dues(subject_id: UUID, begun: Iterable[Step], law: Law) -> Iterator[Due]:
    for step in begun:
        found = law.dates(step.code, step.triggered_on)
        if found is None:
            continue
        rule, dates = found[0], _judged(found[1], step, law)
        wait = None if step.not_before_code is None else law.latest(step.not_before_code, step.triggered_on)
        by_on = _by_on(step, wait, dates.statutory_due_on)
        statutory = dates.statutory_due_on if by_on is None else by_on
        state, void_from = _state_of(step, statutory)
        yield Due(
            id=obligation_id(subject_id, step.kind, step.triggered_on),
            kind=step.kind,
            triggered_on=step.triggered_on,
            triggered_by=step.triggered_by,
            timescale=rule,
            statutory_due_on=statutory,
            census_due_on=dates.census_due_on,
            book_by_on=_book_by_on(step, dates, by_on, law.working_days),
            state=state,
            held_on=None if step.held is None else step.held.held_on,
            completed_on=None if step.held is None else step.held.completed_on,
            void_from=void_from,
            not_before_on=wait,
            brought_forward_by=None if by_on is None else step.by_reason,
            meeting_needed=step.meeting_needed,
        )


def _judged(own: DueDates, step: Step, law: Law) -> DueDates:
    """By the law's rule and, where the unit has one of its own beside it, booked by the day of that one at the latest."""
    judged = None if step.law is None else law.dates(*step.law)
    return own if judged is None else replace(judged[1], book_by_on=min(judged[1].book_by_on, own.book_by_on))


def _by_on(step: Step, wait: date | None, due: date) -> date | None:
    """The day to which the duty is brought forward, if that is sooner than its rule says: never before it can be met."""
    if step.by_on is None:
        return None
    by_on = step.by_on if wait is None else max(step.by_on, wait)
    return by_on if by_on < due else None


def _book_by_on(step: Step, dates: DueDates, by_on: date | None, working_days: WorkingDays) -> date:
    """The last working day on or before every day that binds; for an unborn child the diary's own wish too, unless it is past."""
    latest = dates.book_by_on if by_on is None else min(dates.book_by_on, working_days.last_on_or_before(by_on))
    if step.book_before is None:
        return latest
    wish = working_days.last_on_or_before(step.book_before)
    return min(latest, wish) if wish >= step.triggered_on else latest


def _state_of(step: Step, statutory_due_on: date) -> tuple[ObligationState, date | None]:
    if step.held is not None:
        return ObligationState.HELD, None
    adult_on = step.end.adult_on
    if step.end.recorded_on is not None or (adult_on is not None and statutory_due_on >= adult_on):
        return ObligationState.VOID, step.end.first
    return ObligationState.OPEN, None


_FIRMEST: Sequence[ObligationState] = (ObligationState.HELD, ObligationState.OPEN, ObligationState.VOID)


def _firmness(due: Due) -> tuple[int, date, date]:
    return _FIRMEST.index(due.state), due.statutory_due_on, due.held_on or due.void_from or date.max


def _one_each(dues: Iterable[Due]) -> list[Due]:
    """One duty an identifier, where records overlap (two plans at once): one that was met, else owed, else the earliest."""
    firmest: dict[UUID, Due] = {}
    for due in dues:
        known = firmest.get(due.id)
        if known is None or _firmness(due) < _firmness(known):
            firmest[due.id] = due
    return sorted(firmest.values(), key=lambda due: (due.triggered_on, due.kind))

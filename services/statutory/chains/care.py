"""Children in care: Care Planning, Placement and Case Review (England) Regulations 2010, part 6.

Where the law or the records leave a doubt, the reading that asks for a review sooner is taken:

* Care that ended on the day it began lasted under 24 hours: the child was never looked after (Children Act 1989, s. 22(2)), and
  the clock is void from its first day. One night is enough for the clock to run, since records have no hours.
* A remand that is expected to end brings the open review forward to that day, unless one was held since the day after it began.
* A child placed for adoption is outside these regulations (reg. 3): the duty is void from the placement, and open again once the
  child has come back, counted from the last review of any kind.
* While there is authority to place, an adoption review answers this clock too. What is held of a child who is placed is an
  adoption review, whatever the record of it says: returns know one kind of review only.
* In a long-term placement a review of the file alone counts once the placement has lasted over 12 months, and less than a year
  after the last meeting; elsewhere it is no review. That no meeting is needed is said only of a duty that began after those
  12 months.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from services.kernel.words import CareStatus, EarlierReviewReason, MeetingKind
from services.statutory.chains.adoption import authorities_of, placements_of
from services.statutory.chains.breaks import care_beyond_breaks
from services.statutory.chains.links import Chain, Step, end_of
from services.statutory.chains.spans import Span, spans_of
from services.statutory.facts import CarePeriodFact, HeldFact, SubjectFacts
from services.statutory.law import Law

_NEXT = "CARE_REVIEW_NEXT"
LOOKED_AFTER, BEYOND_BREAKS = "became looked after", "short breaks became ordinary care"


def care_reviews(facts: SubjectFacts, law: Law) -> Iterator[Step]:
    """Within 20 working days of coming into care, then 3 months, then every 6, for each period of care."""
    ordinary = [(period, LOOKED_AFTER) for period in facts.care_periods if not period.short_break]
    ordinary += [(period, BEYOND_BREAKS) for period in care_beyond_breaks(facts, law)]
    if not ordinary:
        return
    placements = placements_of(facts)
    settled, remands = spans_of(facts, CareStatus.LONG_TERM_PLACEMENT), spans_of(facts, CareStatus.REMAND)
    reviews = _counted(_reviews(facts, placements), settled, law)
    for period, begun_by in ordinary:
        found = _period_steps(facts, law, period, begun_by, reviews, placements, remands)
        for step in found:
            yield _with_meeting(_before_leaving_remand(step, remands), settled, reviews, law)


def _period_steps(
    facts: SubjectFacts,
    law: Law,
    period: CarePeriodFact,
    begun_by: str,
    reviews: Sequence[HeldFact],
    placements: Sequence[Span],
    remands: Sequence[Span],
) -> Iterator[Step]:
    first = _first_code(period, remands, law)
    end = end_of(facts, period.ended_on)
    if period.ended_on == period.started_on:
        if period.started_on_exact and end.first == period.started_on:
            yield Step(kind=MeetingKind.CARE_REVIEW, triggered_on=period.started_on, triggered_by=begun_by, code=first, held=None, end=end)
        return
    chain = Chain(
        kind=MeetingKind.CARE_REVIEW,
        codes=(first, "CARE_REVIEW_SECOND", _NEXT),
        day0=period.started_on,
        day0_exact=period.started_on_exact,
        known_from=period.reviews_known_from,
        begun_by=begun_by,
        followed_by="care review held",
        held=_held_in(period, facts, reviews),
        end=end,
    )
    yield from chain.steps(law, placements)


def _first_code(period: CarePeriodFact, remands: Sequence[Span], law: Law) -> str:
    remanded = any(span.exact and span.started_on == period.started_on for span in remands)
    return "REMAND_REVIEW_FIRST" if remanded and law.find("REMAND_REVIEW_FIRST", period.started_on) else "CARE_REVIEW_FIRST"


def _reviews(facts: SubjectFacts, placements: Sequence[Span]) -> Sequence[HeldFact]:
    """Care reviews, and the adoption reviews that count as such, in order, one a day."""
    care, adoption = facts.held_of(MeetingKind.CARE_REVIEW), facts.held_of(MeetingKind.ADOPTION_REVIEW)
    if not adoption:
        return care
    standing = [*authorities_of(facts, placements), *placements]
    by_day = {each.held_on: each for each in adoption if any(span.reaches(each.held_on) for span in standing)}
    by_day.update((each.held_on, each) for each in care)
    return [by_day[day] for day in sorted(by_day)]


def _held_in(period: CarePeriodFact, facts: SubjectFacts, reviews: Sequence[HeldFact]) -> Sequence[HeldFact]:
    """The reviews of one period of care.

    One on the day on which the period began is none of them: a review of the period that ended that day, or of what was then
    to come, and if it answered the first duty nothing would be owed after it. A period that had merely begun by `started_on`
    reaches back to the end of the one before: a review held earlier shows that the child was looked after then.
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
    after = max(left, period.started_on) if period.started_on_exact else left
    last = period.ended_on or date.max
    return [review for review in reviews if after < review.held_on <= last]


# ------------------------------------------------------------------------------------------------- remand


def _before_leaving_remand(step: Step, remands: Sequence[Span]) -> Step:
    """Reg. 33(3): the child is not to leave remand without a review."""
    for span in remands:
        if span.expected_end_on is not None and step.is_open_on(span.started_on):
            step = step.capped(span.expected_end_on, EarlierReviewReason.LEAVING_REMAND)
    return step


# ------------------------------------------------------------------------------------ long-term placements


def _settled(span: Span, day: date, law: Law) -> bool:
    """Whether the placement has by `day` lasted longer than the regulations ask before meetings may be fewer."""
    after = law.latest("LONG_TERM_SETTLED", span.started_on, on=day)
    return after is not None and after < day and span.reaches(day)


def _counted(reviews: Sequence[HeldFact], settled: Sequence[Span], law: Law) -> Sequence[HeldFact]:
    """Without the reviews of the file where a meeting was needed. Where no meeting is known, the last may lie before the records."""
    if not any(each.without_meeting for each in reviews):
        return reviews
    counted: list[HeldFact] = []
    for each in reviews:
        if each.without_meeting:
            last = _last_meeting(counted, each.held_on)
            until = None if last is None else law.latest("LONG_TERM_MEETING", last, on=each.held_on)
            if not any(_settled(span, each.held_on, law) for span in settled) or (until is not None and until <= each.held_on):
                continue
        counted.append(each)
    return counted


def _last_meeting(reviews: Sequence[HeldFact], day: date) -> date | None:
    return max((each.held_on for each in reviews if not each.without_meeting and each.held_on <= day), default=None)


def _with_meeting(step: Step, settled: Sequence[Span], reviews: Sequence[HeldFact], law: Law) -> Step:
    """The duty, with whether a meeting is needed, and if so within a year of the last."""
    if not settled:
        return step
    if step.held is not None and step.held.without_meeting:
        return replace(step, meeting_needed=False)
    began, due = step.triggered_on, law.latest(step.code, step.triggered_on)
    stays = any(_settled(span, began, law) and (span.ended_on is None or span.reaches(step.held_on or date.max)) for span in settled)
    last = _last_meeting(reviews, began)
    until = None if last is None else law.latest("LONG_TERM_MEETING", last, on=began)
    if not stays or until is None or until <= began or due is None:
        return step  # a meeting of over a year ago was of another time in care
    return replace(step, meeting_needed=False) if until > due else step.capped(until)

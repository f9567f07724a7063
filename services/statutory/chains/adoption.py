"""Adoption: Adoption Agencies Regulations 2005, reg. 36.

Three clocks take over from one another: from the authority to place until the child is placed or the authority ends; from the
placement until the order, or until the child comes back; and from the return. A day on which one of them begins is not the day
of its first review. Authority of which nothing is recorded is presumed of a child who was placed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from services.kernel.words import CareStatus, MeetingKind
from services.statutory.chains.links import Chain, Step, end_of
from services.statutory.chains.spans import Span, care_end, known_from, spans_of
from services.statutory.facts import HeldFact, SubjectFacts
from services.statutory.law import Law

_NEXT = "ADOPTION_REVIEW_AUTHORISED_NEXT"
_HELD = "adoption review held"


def placements_of(facts: SubjectFacts) -> list[Span]:
    """The child's placements for adoption, in order."""
    return spans_of(facts, CareStatus.PLACED_FOR_ADOPTION)


def authorities_of(facts: SubjectFacts, placements: Sequence[Span]) -> list[Span]:
    """When there was authority to place the child: as recorded, and from each placement of which none is."""
    recorded = spans_of(facts, CareStatus.AUTHORISED_FOR_ADOPTION)
    presumed = [
        Span(started_on=each.started_on, ended_on=care_end(facts, each.started_on))
        for each in placements
        if not any(span.reaches(each.started_on) for span in recorded)
    ]
    return recorded + presumed


def adoption_reviews(facts: SubjectFacts, law: Law) -> Iterator[Step]:
    """Authorised: 3 months, then 6; placed: 4 weeks, 3 months, then 6; come back: from 28 to 42 days, then 6 months again."""
    if not facts.statuses:
        return
    placements = placements_of(facts)
    authorities = authorities_of(facts, placements)
    reviews = facts.held_of(MeetingKind.ADOPTION_REVIEW)
    for authority in authorities:
        if not any(each.reaches(authority.started_on) for each in placements):
            yield from _waiting(facts, law, authority, _next_placement(placements, authority.started_on), reviews)
    for placement in placements:
        yield from _placed(facts, law, placement)
        if placement.ended_on is not None and placement.is_disrupted:
            again = _next_placement(placements, placement.started_on)
            yield from _returned(facts, law, placement.ended_on, again, authorities, reviews)


def _next_placement(placements: Sequence[Span], day: date) -> date | None:
    return min((each.started_on for each in placements if each.started_on > day), default=None)


def _within(reviews: Sequence[HeldFact], first: date, last: date | None) -> list[HeldFact]:
    return [each for each in reviews if first < each.held_on <= (last or date.max)]


def _earlier(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _waiting(facts: SubjectFacts, law: Law, authority: Span, placed_on: date | None, reviews: Sequence[HeldFact]) -> Iterator[Step]:
    ends = _earlier(authority.ended_on, placed_on)
    yield from Chain(
        kind=MeetingKind.ADOPTION_REVIEW,
        codes=("ADOPTION_REVIEW_AUTHORISED_FIRST", _NEXT),
        day0=authority.started_on,
        day0_exact=authority.exact,
        known_from=known_from(facts, authority.started_on),
        begun_by="authorised for adoption",
        followed_by=_HELD,
        held=_within(reviews, authority.started_on, ends),
        end=end_of(facts, ends),
    ).steps(law)


def _placed(facts: SubjectFacts, law: Law, placement: Span) -> Iterator[Step]:
    """A placed child has adoption reviews only: one that is recorded as a care review was one."""
    reviews = facts.held_of(MeetingKind.ADOPTION_REVIEW, MeetingKind.CARE_REVIEW)
    yield from Chain(
        kind=MeetingKind.ADOPTION_REVIEW,
        codes=("ADOPTION_REVIEW_PLACED_FIRST", "ADOPTION_REVIEW_PLACED_SECOND", "ADOPTION_REVIEW_PLACED_NEXT"),
        day0=placement.started_on,
        day0_exact=placement.exact,
        known_from=known_from(facts, placement.started_on),
        begun_by="placed for adoption",
        followed_by=_HELD,
        held=_within(reviews, placement.started_on, placement.ended_on),
        end=end_of(facts, placement.ended_on),
    ).steps(law)


def _returned(
    facts: SubjectFacts, law: Law, back_on: date, again: date | None, authorities: Sequence[Span], reviews: Sequence[HeldFact]
) -> Iterator[Step]:
    """A review before the 28th day is no answer. What follows the review of the return goes on while authority stands."""
    stops = _earlier(again, care_end(facts, back_on))
    end = end_of(facts, stops)
    if end.first is not None and back_on >= end.first:
        return
    after = _within(reviews, back_on, stops)
    since, due = known_from(facts, back_on), law.latest("ADOPTION_REVIEW_DISRUPTED", back_on)
    chained_from, exact = back_on, False
    if due is not None and (since is None or due >= since):
        wait = law.latest("ADOPTION_REVIEW_DISRUPTED_EARLIEST", back_on) or back_on
        answer = next((each for each in after if each.held_on >= wait), None)
        yield Step(
            kind=MeetingKind.ADOPTION_REVIEW,
            triggered_on=back_on,
            triggered_by="placement for adoption disrupted",
            code="ADOPTION_REVIEW_DISRUPTED",
            held=answer,
            end=end,
            not_before_code="ADOPTION_REVIEW_DISRUPTED_EARLIEST",
        )
        if answer is None:
            return
        chained_from, exact, since = answer.held_on, True, None
    authority = next((each for each in authorities if each.reaches(chained_from)), None)
    if authority is not None:
        ends = _earlier(stops, authority.ended_on)
        yield from Chain(
            kind=MeetingKind.ADOPTION_REVIEW,
            codes=(_NEXT,),
            day0=chained_from,
            day0_exact=exact,
            known_from=since,
            begun_by=_HELD,
            followed_by=_HELD,
            held=_within(reviews, chained_from, ends),
            end=end_of(facts, ends),
        ).steps(law)

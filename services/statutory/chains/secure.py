"""Secure accommodation: the criteria are reviewed apart from the care plan, and both clocks run.

Children (Secure Accommodation) Regulations 1991, reg. 15. An order that is followed by another without a gap is one placement:
its clock does not start again. Children remanded to a secure place are outside the rule, and have no such status in the records.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.kernel.words import CareStatus, MeetingKind
from services.statutory.chains.links import Chain, Step, end_of
from services.statutory.chains.spans import known_from, spans_of
from services.statutory.facts import SubjectFacts
from services.statutory.law import Law


def secure_criteria_reviews(facts: SubjectFacts, law: Law) -> Iterator[Step]:
    """Within 28 days of the placement, then every 3 months, until it ends."""
    reviews = facts.held_of(MeetingKind.SECURE_CRITERIA_REVIEW) if facts.statuses else ()
    for span in spans_of(facts, CareStatus.SECURE):
        yield from Chain(
            kind=MeetingKind.SECURE_CRITERIA_REVIEW,
            codes=("SECURE_CRITERIA_REVIEW_FIRST", "SECURE_CRITERIA_REVIEW_NEXT"),
            day0=span.started_on,
            day0_exact=span.exact,
            known_from=known_from(facts, span.started_on),
            begun_by="placed in secure accommodation",
            followed_by="secure criteria review held",
            held=[each for each in reviews if span.started_on < each.held_on and span.reaches(each.held_on)],
            end=end_of(facts, span.ended_on),
        ).steps(law)

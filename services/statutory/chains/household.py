"""Foster homes: the subject is the household, with or without children placed in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.kernel.words import MeetingKind
from services.statutory.chains.links import Chain, End, Step
from services.statutory.facts import SubjectFacts
from services.statutory.law import Law


def foster_home_reviews(facts: SubjectFacts, law: Law) -> Iterator[Step]:
    """Within a year of approval, then within a year of each review, until the approval ends. Approved on 29 February: by 28
    February of the next year. A household that is approved again begins anew."""
    for before in facts.approvals_before:
        yield from _reviews(before.approved_on, before.ended_on, facts, law)
    if facts.approved_on is not None:
        yield from _reviews(facts.approved_on, facts.approval_ended_on, facts, law)


def _reviews(approved_on: date, ended_on: date | None, facts: SubjectFacts, law: Law) -> Iterator[Step]:
    last = ended_on or date.max
    yield from Chain(
        kind=MeetingKind.FOSTER_HOME_REVIEW,
        codes=("FOSTER_HOME_REVIEW_FIRST", "FOSTER_HOME_REVIEW_NEXT"),
        day0=approved_on,
        begun_by="foster home approved",
        followed_by="foster home review held",
        held=[each for each in facts.held_of(MeetingKind.FOSTER_HOME_REVIEW) if approved_on < each.held_on <= last],
        end=End(recorded_on=ended_on, adult_on=None),
    ).steps(law)

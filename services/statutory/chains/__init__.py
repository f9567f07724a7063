"""The duties that records start, by kind of meeting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from services.kernel.words import MeetingKind
from services.statutory.chains.adoption import adoption_reviews
from services.statutory.chains.breaks import short_break_reviews
from services.statutory.chains.care import care_reviews
from services.statutory.chains.household import foster_home_reviews
from services.statutory.chains.links import ADULT_AGE, End, Step, brought_forward
from services.statutory.chains.protection import after_birth, book_before, review_conferences, starting_conferences
from services.statutory.chains.secure import secure_criteria_reviews
from services.statutory.facts import STARTING_CONFERENCES, SubjectFacts
from services.statutory.law import Law

__all__ = ["ADULT_AGE", "End", "Step", "book_before", "steps"]

_Find: TypeAlias = Callable[[SubjectFacts, Law], Iterator[Step]]

_OF_CHILDREN: tuple[tuple[frozenset[MeetingKind], _Find], ...] = (
    (STARTING_CONFERENCES, starting_conferences),
    (frozenset({MeetingKind.REVIEW_CONFERENCE}), review_conferences),
    (frozenset({MeetingKind.CARE_REVIEW}), care_reviews),
    (frozenset({MeetingKind.ADOPTION_REVIEW}), adoption_reviews),
    (frozenset({MeetingKind.SHORT_BREAK_REVIEW}), short_break_reviews),
    (frozenset({MeetingKind.SECURE_CRITERIA_REVIEW}), secure_criteria_reviews),
)
_OF_HOUSEHOLDS: tuple[tuple[frozenset[MeetingKind], _Find], ...] = ((frozenset({MeetingKind.FOSTER_HOME_REVIEW}), foster_home_reviews),)


def steps(facts: SubjectFacts, law: Law, kinds: frozenset[MeetingKind] | None = None) -> Iterator[Step]:
    """Every duty that the records of a subject start, of these kinds of meeting or of all. A household owes its own review and
    nothing else: it is no child."""
    for found, find in _OF_CHILDREN if facts.approved_on is None else _OF_HOUSEHOLDS:
        if kinds is None or found & kinds:
            for step in find(facts, law):
                called = brought_forward(facts, step) if facts.earlier else step
                yield after_birth(facts, called, law) if called.kind is MeetingKind.REVIEW_CONFERENCE else called

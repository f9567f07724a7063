"""Days of a life, and the words that go with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Protocol

from services.kernel.errors import InvalidInput
from services.statutory.chains import ADULT_AGE
from services.statutory.counting import birthday
from services.statutory.facts import SubjectFacts

LONGEST_REFERENCE = 64
LONGEST_TEXT = 200
LONGEST_CATEGORY = 64
MOST_CHILDREN = 50
OVERDUE_BIRTH = timedelta(days=42)
EARLIEST_BIRTH = timedelta(weeks=18)
"""Before the expected day: nobody is born alive before the 22nd of 40 weeks."""
EARLIEST_NOTICE_OF_BIRTH = timedelta(days=300)


class Span(Protocol):
    """A record that goes on from one day until another."""

    @property
    def started_on(self) -> date: ...
    @property
    def ended_on(self) -> date | None: ...


def judge_past(field: str, day: date, today: date, why: str) -> None:
    """Raises `InvalidInput` for a day that has not come yet."""
    if day > today:
        raise InvalidInput(f"{field} {day} is in the future: {why}", field)


def judge_lifetime(field: str, day: date, facts: SubjectFacts, *, unborn: bool = False, ending: bool = False) -> None:
    """Raises `InvalidInput` for a day on which the subject was no child: before birth (`unborn`: before the mother could have
    known), from the 18th birthday on (`ending`: after it), after death or an adoption order."""
    if facts.died_on is not None and day > facts.died_on:
        raise InvalidInput(f"{field} {day} comes after the child's death", field)
    if facts.adopted_on is not None and day > facts.adopted_on:
        raise InvalidInput(f"{field} {day} comes after the adoption order: nothing more is recorded under this reference", field)
    birth = facts.born_on or facts.expected_on
    earliest = None if birth is None else birth - (EARLIEST_NOTICE_OF_BIRTH if unborn else timedelta(0))
    if earliest is not None and day < earliest:
        raise InvalidInput(f"{field} {day} comes before the child was born", field)
    if facts.born_on is None:
        return
    adult_on = birthday(facts.born_on, ADULT_AGE)
    if day > adult_on or (day == adult_on and not ending):
        right = f": give {adult_on} at the latest" if ending else ""
        raise InvalidInput(f"{field} {day} is on or after the 18th birthday{right}", field)


def judge_order(field: str, day: date, started_on: date, what: str) -> None:
    """Raises `InvalidInput` for an end that comes before the beginning."""
    if day < started_on:
        raise InvalidInput(f"{field} {day} comes before {what} began: give {started_on} or later", field)


def judge_text(field: str, text: str, what: str) -> None:
    """Raises `InvalidInput` unless the text is one printable line. `what` it has to say."""
    if not is_line(text):
        raise InvalidInput(f"{field} is missing: say in 1 to {LONGEST_TEXT} characters, on one line, {what}", field)


def judge_category(field: str, category: str | None) -> None:
    """Raises `InvalidInput` for a category of harm that is no code."""
    if category is not None and not (is_line(category) and len(category) <= LONGEST_CATEGORY):
        raise InvalidInput(f"category is a code such as NEG, of 1 to {LONGEST_CATEGORY} characters", field)


def judge_reference(reference: str, field: str) -> None:
    """Raises `InvalidInput` for what no authority would write on a file."""
    if not is_line(reference) or reference != reference.strip() or len(reference) > LONGEST_REFERENCE:
        right = f"1 to {LONGEST_REFERENCE} printable characters, without spaces around it"
        raise InvalidInput(f"{field} is the authority's own identifier: {right}", field)


def judge_references(references: tuple[str, ...], what: str) -> None:
    """Raises `InvalidInput` unless some children are named, each once. `what` to record one by one if they are too many."""
    if not references:
        raise InvalidInput("references is empty: name at least one child", "references")
    if len(references) > MOST_CHILDREN:
        raise InvalidInput(f"references names more than {MOST_CHILDREN} children: record the {what} one by one", "references")
    if len(set(references)) != len(references):
        raise InvalidInput("references names a child twice: name each child once", "references")


def is_line(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= LONGEST_TEXT


def overlap(one: Span, other: Span) -> bool:
    """Whether both go on at one time; one may begin on the day on which the other ended."""
    return (other.ended_on is None or one.started_on < other.ended_on) and (one.ended_on is None or other.started_on < one.ended_on)


def lasts(span: Span, day: date) -> bool:
    """Whether it may have begun by that day, and ended on it at the earliest."""
    return (span.started_on <= day or not _is_exact(span)) and (span.ended_on is None or day <= span.ended_on)


def within(outer: Span, inner: Span) -> bool:
    """Whether the one began while the other went on, and ended with it at the latest."""
    return lasts(outer, inner.started_on) and (outer.ended_on is None or (inner.ended_on is not None and inner.ended_on <= outer.ended_on))


def _is_exact(span: Span) -> bool:
    """Not: the records are a window on a longer story, and show only that it had begun by then."""
    return bool(getattr(span, "started_on_exact", True))


def told(span: Span) -> str:
    """For a sentence: when it began and ended."""
    by = "" if _is_exact(span) else "by "
    ended = "is still open" if span.ended_on is None else f"ended {span.ended_on}"
    return f"that began {by}{span.started_on} and {ended}"


@contextmanager
def following(field: str, what: str) -> Iterator[None]:
    """What is refused inside is refused because of `field`, which something that hangs on it follows."""
    try:
        yield
    except InvalidInput as refused:
        raise InvalidInput(f"{field}: {what} follows, and {refused}", field) from None


@contextmanager
def about(reference: str | None) -> Iterator[None]:
    """What is refused inside names the child that it is about."""
    try:
        yield
    except InvalidInput as refused:
        if reference is None:
            raise
        raise InvalidInput(f"{reference}: {refused}", refused.field) from None

"""What held of a child for some time: statuses as spans, in order, none of them longer than the care that it lies in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.kernel.words import CareStatus
from services.statutory.facts import StatusFact, SubjectFacts

DISRUPTED = "DISRUPTED"
_ADOPTED = frozenset({"ADOPTED", "E11", "E12"})  # ours, and the return's codes of an adoption


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `started_on` until `ended_on`; None: it still lasts. `cut`: it ended because care did. `exact`: see `StatusFact`."""

    started_on: date
    exact: bool = True
    ended_on: date | None = None
    end_reason: str | None = None
    expected_end_on: date | None = None
    cut: bool = False

    def covers(self, day: date) -> bool:
        """Whether it held at the end of that day."""
        return self.started_on <= day and (self.ended_on is None or day < self.ended_on)

    def reaches(self, day: date) -> bool:
        """The same, its last day included."""
        return self.started_on <= day and (self.ended_on is None or day <= self.ended_on)

    @property
    def is_disrupted(self) -> bool:
        """Of a placement for adoption: it ended, and neither in an order nor because the child left care.

        Whatever the source says of the reason: a placed child who is placed no longer has come back.
        """
        return self.ended_on is not None and not self.cut and self.end_reason not in _ADOPTED


def spans_of(facts: SubjectFacts, status: CareStatus) -> list[Span]:
    """In order; those that overlap or touch are one, since what goes on has not begun anew.

    Not so placements for adoption the first of which was disrupted, and long-term placements, whose length counts.
    """
    if not facts.statuses:
        return []
    found = sorted({_cut(facts, each) for each in facts.statuses if each.status is status}, key=_order)
    if status is CareStatus.LONG_TERM_PLACEMENT:
        return found
    gap = timedelta(days=0 if status is CareStatus.SHORT_BREAK else 1)
    return _joined(found, gap)


def _order(span: Span) -> tuple[date, bool, date, str, date]:
    return span.started_on, not span.exact, span.ended_on or date.max, span.end_reason or "", span.expected_end_on or date.max


def _cut(facts: SubjectFacts, fact: StatusFact) -> Span:
    ended_on = care_end(facts, fact.started_on)
    span = Span(
        started_on=fact.started_on,
        exact=fact.started_on_exact,
        ended_on=fact.ended_on,
        end_reason=fact.end_reason,
        expected_end_on=fact.expected_end_on,
    )
    if ended_on is None or (span.ended_on is not None and span.ended_on < ended_on):
        return span
    return replace(span, ended_on=ended_on, cut=True)


def care_end(facts: SubjectFacts, day: date) -> date | None:
    """The end of the period of care in which `day` lies; None where it goes on, or where no such period is known."""
    within = [
        each.ended_on or date.max
        for each in facts.care_periods
        if each.started_on <= day and (each.ended_on is None or day <= each.ended_on)
    ]
    last = max(within, default=date.max)
    return None if last == date.max else last


def known_from(facts: SubjectFacts, day: date) -> date | None:
    """`reviews_known_from` of the period of care in which `day` lies."""
    days = [
        each.reviews_known_from
        for each in facts.care_periods
        if each.reviews_known_from is not None and each.started_on <= day and (each.ended_on is None or day <= each.ended_on)
    ]
    return max(days, default=None)


def _joined(found: Iterable[Span], gap: timedelta) -> list[Span]:
    joined: list[Span] = []
    for span in found:
        last = joined[-1] if joined else None
        if last is None or not _goes_on(last, span, gap):
            joined.append(span)
            continue
        later = max(last, span, key=lambda each: (each.ended_on or date.max, each.started_on))
        joined[-1] = replace(later, started_on=last.started_on, exact=last.exact, expected_end_on=span.expected_end_on)
    return joined


def _goes_on(last: Span, span: Span, gap: timedelta) -> bool:
    if last.ended_on is None:
        return True
    if last.end_reason == DISRUPTED and span.started_on >= last.ended_on:
        return False
    return span.started_on <= last.ended_on + gap

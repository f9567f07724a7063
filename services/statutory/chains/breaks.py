"""Short breaks: Care Planning, Placement and Case Review (England) Regulations 2010, reg. 48.

Breaks that follow one another are one series with one clock, which runs from the start of the first. Single breaks are statuses
of the child; a period of short-break care that is no single break is an agreement, whose days at home are not known. A series
of single breaks is over once a year has passed without another; an agreement ends when its records say so.

Days away are counted from the day after a break began to the day it ended: its nights. The 18th of one break, or the 76th within
12 months, is the first day of ordinary care. Breaks that touch are one break, since the child was not at home between them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.kernel.words import CareStatus, MeetingKind
from services.statutory.chains.links import Chain, Step, end_of
from services.statutory.chains.spans import Span, spans_of
from services.statutory.counting import add_months
from services.statutory.facts import CarePeriodFact, SubjectFacts
from services.statutory.law import Law

_DAY = timedelta(days=1)
_TOTAL_WITHIN = 12  # months, in which the days of all breaks are added up: reg. 48(2)(c)


@dataclass(slots=True, kw_only=True)
class _Series:
    """`closed`: the stay that ended last was an agreement, so that its end is the end."""

    started_on: date
    exact: bool
    ended_on: date | None
    closed: bool
    known_from: list[date] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stay:
    started_on: date
    ended_on: date | None
    exact: bool
    agreed: bool
    known_from: date | None


def short_break_reviews(facts: SubjectFacts, law: Law) -> Iterator[Step]:
    """Within 3 months of the first break of a series, then every 6; void while the child is in ordinary care."""
    stays = _stays(facts)
    if not stays:
        return
    reviews = facts.held_of(MeetingKind.SHORT_BREAK_REVIEW, MeetingKind.CARE_REVIEW)
    pauses = _ordinary_care(facts, law)
    left = date.min
    for series in _series_of(stays, law):
        last, over = _last_day(series, law, facts.seen_until)
        after = max(left, series.started_on) if series.exact else left
        yield from Chain(
            kind=MeetingKind.SHORT_BREAK_REVIEW,
            codes=("SHORT_BREAK_REVIEW_FIRST", "SHORT_BREAK_REVIEW_NEXT"),
            day0=series.started_on,
            day0_exact=series.exact,
            known_from=max(series.known_from, default=None),
            begun_by="short breaks began",
            followed_by="short-break review held",
            held=[each for each in reviews if after < each.held_on <= last],
            end=end_of(facts, over),
        ).steps(law, pauses)
        left = last


def care_beyond_breaks(facts: SubjectFacts, law: Law) -> list[CarePeriodFact]:
    """The parts of short breaks that are ordinary care, from the first day over a limit to the end of the break."""
    found = []
    for span, over in _over_limits(facts, law):
        known = [each.reviews_known_from for each in facts.care_periods if each.reviews_known_from is not None and each.started_on <= over]
        found.append(CarePeriodFact(started_on=over, ended_on=span.ended_on, reviews_known_from=max(known, default=None)))
    return found


def _breaks(facts: SubjectFacts) -> list[Span]:
    """Single breaks, in order; none within ordinary care, and none that was over on the day it began."""
    if not facts.statuses:
        return []
    ordinary = [Span(started_on=each.started_on, ended_on=each.ended_on) for each in facts.care_periods if not each.short_break]
    found = spans_of(facts, CareStatus.SHORT_BREAK)
    return [each for each in found if each.ended_on != each.started_on and not any(span.covers(each.started_on) for span in ordinary)]


def _over_limits(facts: SubjectFacts, law: Law) -> Iterator[tuple[Span, date]]:
    """Each break that went over a limit, and the first day over it. A break without an end has lasted until the records are read."""
    away: deque[date] = deque()
    for span in _breaks(facts):
        last = span.ended_on or facts.seen_until or span.started_on
        longest = law.days("SHORT_BREAK_LONGEST", span.started_on)
        day, over = span.started_on, None
        while day < last and over is None:
            day += _DAY
            away.append(day)
            while away[0] <= add_months(day, -_TOTAL_WITHIN):
                away.popleft()
            total = law.days("SHORT_BREAK_TOTAL", day)
            if (longest is not None and (day - span.started_on).days > longest) or (total is not None and len(away) > total):
                over = day
        if over is not None:
            away.extend(over + timedelta(days=number) for number in range(1, min((last - over).days, 366) + 1))
            yield span, over


def _ordinary_care(facts: SubjectFacts, law: Law) -> list[Span]:
    """When the child was in ordinary care, in order."""
    spans = [Span(started_on=each.started_on, ended_on=each.ended_on) for each in facts.care_periods if not each.short_break]
    spans += [Span(started_on=over, ended_on=span.ended_on) for span, over in _over_limits(facts, law)]
    return sorted(spans, key=lambda each: (each.started_on, each.ended_on or date.max))


def _stays(facts: SubjectFacts) -> list[_Stay]:
    """Breaks and agreements, in order. A period of care that is one of the breaks is no agreement."""
    breaks = _breaks(facts)
    single = {(each.started_on, each.ended_on) for each in breaks}
    periods = [each for each in facts.care_periods if each.short_break and each.ended_on != each.started_on]
    stays = [_Stay(started_on=each.started_on, ended_on=each.ended_on, exact=each.exact, agreed=False, known_from=None) for each in breaks]
    stays += [
        _Stay(
            started_on=each.started_on,
            ended_on=each.ended_on,
            exact=each.started_on_exact,
            agreed=(each.started_on, each.ended_on) not in single,
            known_from=each.reviews_known_from,
        )
        for each in periods
    ]
    return sorted(
        stays, key=lambda each: (each.started_on, not each.exact, each.ended_on or date.max, each.agreed, each.known_from or date.min)
    )


def _series_of(stays: Sequence[_Stay], law: Law) -> list[_Series]:
    found: list[_Series] = []
    for stay in stays:
        series = found[-1] if found else None
        if series is None or not _goes_on(series, stay, law):
            series = _Series(started_on=stay.started_on, exact=stay.exact, ended_on=stay.started_on, closed=False)
            found.append(series)
        if series.ended_on is not None and (stay.ended_on is None or stay.ended_on >= series.ended_on):
            series.closed = stay.agreed or (series.closed and stay.ended_on == series.ended_on)
            series.ended_on = stay.ended_on
        if stay.known_from is not None:
            series.known_from.append(stay.known_from)
    return found


def _goes_on(series: _Series, stay: _Stay, law: Law) -> bool:
    if series.ended_on is None or stay.started_on <= series.ended_on + _DAY:
        return True
    last = None if series.closed else law.latest("SHORT_BREAK_SERIES", series.ended_on)
    return last is not None and stay.started_on <= last


def _last_day(series: _Series, law: Law, seen_until: date | None) -> tuple[date, date | None]:
    """The last day on which a review is one of the series, and the day from which it is known to be over."""
    if series.ended_on is None:
        return date.max, None
    if series.closed:
        return series.ended_on, series.ended_on
    last = law.latest("SHORT_BREAK_SERIES", series.ended_on) or series.ended_on
    known_over = seen_until is not None and last < seen_until
    return last, last + _DAY if known_over else None

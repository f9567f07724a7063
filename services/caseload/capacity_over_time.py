"""An officer's working time over the days: what she is on any of them, and when her limit changes next. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from services.caseload.capacity import LEAVER_DAYS, LONG_ABSENCE_DAYS, NextChange, Officer, limit_of
from services.caseload.weights import Scheme
from services.kernel.window import LONDON, DateSpan, TimeWindow

AHEAD = timedelta(days=730)
"""How far a change of the limit is looked for."""

_DAY = timedelta(days=1)
_SATURDAY = 5
_LONG = timedelta(days=LONG_ABSENCE_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracted:
    """WTE in these days."""

    in_force: DateSpan
    wte: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """WTE taken off in these days, and why."""

    in_force: DateSpan
    wte: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTime:
    """What is known of an officer's working time: in the unit in the days `active`, under these contracts, less what is reduced.

    Of several stretches of absence, those that touch, or have a weekend alone between them, count as one.
    """

    iro_id: UUID
    code: str
    active: DateSpan
    contracts: tuple[Contracted, ...] = ()
    reductions: tuple[Reduced, ...] = ()
    absences: tuple[TimeWindow, ...] = ()
    specialities: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


def officer_on(known: WorkingTime, day: date) -> Officer:
    """The officer as she is on a day."""
    return Officer(
        iro_id=known.iro_id,
        code=known.code,
        wte=next((each.wte for each in known.contracts if day in each.in_force), Decimal(0)),
        reduced=sum((each.wte for each in known.reductions if day in each.in_force), Decimal(0)),
        active=day in known.active,
        away=any(day in away for away in _long_absences(known)),
        leaves_on=_leaves_on(known, day),
        specialities=known.specialities,
        areas=known.areas,
    )


def next_change(known: WorkingTime, day: date, schemes: Sequence[Scheme]) -> NextChange | None:
    """The first later day on which the officer's limit is not what it is on `day`; None where there is none within `AHEAD`.

    `schemes`: the one in force on `day`, and those that follow it, in their order.
    """
    now = limit_of(officer_on(known, day), _scheme_on(schemes, day))
    for candidate in sorted({each for each in _turns(known, schemes) if day < each <= day + AHEAD}):
        limit = limit_of(officer_on(known, candidate), _scheme_on(schemes, candidate))
        if limit != now:
            return NextChange(on=candidate, limit=limit, reason="; ".join(_reasons(known, candidate, schemes)))
    return None


def _leaves_on(known: WorkingTime, day: date) -> date | None:
    until = known.active.until
    return until - _DAY if until is not None and day < until <= day + timedelta(days=LEAVER_DAYS) else None


def _long_absences(known: WorkingTime) -> Iterator[DateSpan]:
    """The days on each of which the officer is away for all of the coming weeks."""
    for absence in merged(known.absences):
        first, last = _first_whole_day(absence.start), absence.end.astimezone(LONDON).date() - _LONG
        if first <= last:
            yield DateSpan(first, last + _DAY)


def merged(absences: Sequence[TimeWindow]) -> list[TimeWindow]:
    """The same time in as few stretches as possible, in their order; a weekend between two of them counts as part of them."""
    found: list[TimeWindow] = []
    for each in sorted(absences):
        if found and (each.start <= found[-1].end or _is_weekend(found[-1].end, each.start)):
            found[-1] = TimeWindow(found[-1].start, max(found[-1].end, each.end))
        else:
            found.append(each)
    return found


def _is_weekend(end: datetime, start: datetime) -> bool:
    """Whether nothing but a Saturday, a Sunday or both lies between: who is stated away from Monday to Friday, week by week."""
    first, until = end.astimezone(LONDON).date(), start.astimezone(LONDON)
    days = [first + _DAY * number for number in range(3) if first + _DAY * number <= (until - timedelta(microseconds=1)).date()]
    return len(days) <= 2 and all(day.weekday() >= _SATURDAY for day in days)


def _first_whole_day(instant: datetime) -> date:
    local = instant.astimezone(LONDON)
    return local.date() if local.time() == time.min else local.date() + _DAY


def _turns(known: WorkingTime, schemes: Sequence[Scheme]) -> Iterator[date]:
    """Every day on which something that makes the limit may begin or end."""
    spans = [known.active, *_long_absences(known)]
    spans += [each.in_force for each in known.contracts] + [each.in_force for each in known.reductions]
    for span in spans:
        yield span.first
        if span.until is not None:
            yield span.until
    yield from (scheme.effective_from for scheme in schemes)


def _scheme_on(schemes: Sequence[Scheme], day: date) -> Scheme:
    return [scheme for scheme in schemes if scheme.effective_from <= day][-1]


def _reasons(known: WorkingTime, day: date, schemes: Sequence[Scheme]) -> Iterator[str]:
    """What differs on the day from the day before, in words."""
    before, after = officer_on(known, day - _DAY), officer_on(known, day)
    if before.active != after.active:
        yield "joins the unit" if after.active else f"leaves: her last day is {(day - _DAY).isoformat()}"
    if before.away != after.away:
        yield _absence_in_words(known, day)
    if before.wte != after.wte:
        yield f"{after.wte} WTE by contract, {before.wte} before"
    for each in known.reductions:
        if each.in_force.first == day:
            yield f"{each.wte} WTE less: {each.reason}"
        if each.in_force.until == day:
            yield f"{each.wte} WTE no longer taken off: {each.reason}"
    old, new = _scheme_on(schemes, day - _DAY), _scheme_on(schemes, day)
    if old.limit_per_wte != new.limit_per_wte:
        yield f"the scheme's limit is {new.limit_per_wte} points per WTE, {old.limit_per_wte} before"


def _absence_in_words(known: WorkingTime, day: date) -> str:
    for span in _long_absences(known):
        assert span.until is not None
        back = span.until + _LONG - _DAY
        if day == span.first:
            return f"away until {(back - _DAY).isoformat()}"
        if day == span.until:
            return f"back on {back.isoformat()}, soon enough to take children"
    raise AssertionError("a long absence begins or ends on no such day")

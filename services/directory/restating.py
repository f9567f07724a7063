"""What a file states of an officer's working time, beside what it stated last: what it says again undoes nothing that a person has
recorded since. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from services.directory.establishment import EstablishmentFinding, FindingSeverity, StatedIro
from services.kernel.window import DateSpan

ALWAYS = DateSpan(date(2000, 1, 1))

Taken: TypeAlias = tuple[DateSpan, Decimal, str]
"""A reduction: when, how much, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingTime:
    """An officer's working time as it is recorded, and what a file last stated of it (None: none did since she is in use)."""

    active: DateSpan
    wte: Decimal | None
    reductions: tuple[Taken, ...]
    stated: Mapping[str, Any] | None


def active_of(iro: StatedIro) -> DateSpan:
    """The days in the unit that the file states."""
    return DateSpan(iro.starts_on or ALWAYS.first, iro.leaves_on and iro.leaves_on + timedelta(days=1))


def reductions_of(iro: StatedIro) -> list[Taken]:
    return [
        (DateSpan(each.first_day, each.last_day and each.last_day + timedelta(days=1)), each.wte, each.reason) for each in iro.reductions
    ]


def statement_of(iro: StatedIro) -> dict[str, Any]:
    """What the file states of the officer's working time, so that it can be kept and compared."""
    return {
        "active": _days(active_of(iro)),
        "wte": _number(iro.wte),
        "reductions": sorted([*_days(span), _number(wte), reason] for span, wte, reason in reductions_of(iro)),
    }


def is_restated(iro: StatedIro, part: str, standing: StandingTime | None) -> bool:
    """Whether the file said the same of this part the last time."""
    return standing is not None and standing.stated is not None and standing.stated.get(part) == statement_of(iro)[part]


def fresh_reductions(iro: StatedIro, standing: StandingTime | None) -> list[Taken]:
    """Those that the file did not state the last time."""
    known = [] if standing is None or standing.stated is None else standing.stated["reductions"]
    return [each for each in reductions_of(iro) if [*_days(each[0]), _number(each[1]), each[2]] not in known]


def recorded_since(iros: Sequence[StatedIro], standing: Mapping[str, StandingTime]) -> Iterator[EstablishmentFinding]:
    """Where the file says again what a person has recorded otherwise since: that stands, and is told each time."""
    for iro in iros:
        there = standing.get(iro.code)
        if there is None:
            continue
        if is_restated(iro, "active", there) and there.active != active_of(iro):
            yield _finding(iro, f"her last day is {_last(there.active)} as recorded since; the file still says {_last(active_of(iro))}")
        if is_restated(iro, "wte", there) and there.wte is not None and there.wte != iro.wte:
            yield _finding(iro, f"{there.wte} WTE today as recorded since; the file still says {iro.wte}")
        fresh, stands = fresh_reductions(iro, there), {_key(each) for each in there.reductions}
        for each in reductions_of(iro):
            if each not in fresh and _key(each) not in stands:
                yield _finding(iro, f"the reduction of {each[1]} WTE from {each[0].first.isoformat()} on was ended by hand since")


def _finding(iro: StatedIro, message: str) -> EstablishmentFinding:
    return EstablishmentFinding(
        element=f"iro {iro.code}", rule="RECORDED_BY_HAND", severity=FindingSeverity.NOTE, message=f"{message}: left so"
    )


def _last(span: DateSpan) -> str:
    return "open" if span.until is None else (span.until - timedelta(days=1)).isoformat()


def _key(taken: Taken) -> tuple[DateSpan, str, str]:
    return taken[0], _number(taken[1]), taken[2]


def _days(span: DateSpan) -> list[str | None]:
    return [span.first.isoformat(), None if span.until is None else span.until.isoformat()]


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f")

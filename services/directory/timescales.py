"""How long the unit's establishment file allows, laid over what this release ships: from its first day on, earlier days as they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.directory.establishment import StatedTimescale
from services.kernel.errors import InvalidInput
from services.kernel.window import DateSpan
from services.statutory.timescales import SHIPPED, Timescale

CODES = tuple(dict.fromkeys(row.code for row in SHIPPED))


def judge_timescales(stated: Sequence[StatedTimescale]) -> None:
    """Raises `InvalidInput` for a rule that does not exist, and for two that would hold on one day."""
    for row in stated:
        if row.code not in CODES:
            raise InvalidInput(f"timescale {row.code}: there is no such rule; there are: {', '.join(CODES)}", "timescale")
    for number, row in enumerate(stated):
        for other in stated[:number]:
            if row.code == other.code and _meet(row.in_force, other.in_force):
                raise InvalidInput(
                    f"timescale {row.code} is stated twice for one day: from {other.in_force.first} and from {row.in_force.first}; "
                    "end the earlier one with until",
                    "timescale",
                )


def lay_over(stated: Iterable[StatedTimescale], shipped: Iterable[Timescale] = SHIPPED) -> list[tuple[Timescale, bool]]:
    """Every row of the rules that are stated: what is stated, and what is shipped on all other days. True: it is stated."""
    said = list(stated)
    codes = {row.code for row in said}
    rows = [(_timescale(row), True) for row in said]
    for row in shipped:
        if row.code in codes:
            left = [row.in_force]
            for cut in (each.in_force for each in said if each.code == row.code):
                left = [piece for span in left for piece in _without(span, cut)]
            rows += [(replace(row, in_force=span), False) for span in left]
    return rows


def _timescale(row: StatedTimescale) -> Timescale:
    return Timescale(
        code=row.code,
        amount=row.amount,
        unit=row.unit,
        census_days=row.census_days,
        legal_basis=row.legal_basis,
        in_force=row.in_force,
    )


def _meet(one: DateSpan, other: DateSpan) -> bool:
    return (other.until is None or one.first < other.until) and (one.until is None or other.first < one.until)


def _without(span: DateSpan, cut: DateSpan) -> list[DateSpan]:
    if not _meet(span, cut):
        return [span]
    pieces = [DateSpan(span.first, cut.first)] if span.first < cut.first else []
    if cut.until is not None and (span.until is None or cut.until < span.until):
        pieces.append(DateSpan(cut.until, span.until))
    return pieces

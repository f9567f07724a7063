"""The letter that each officer concerned gets of a rebalancing: numbers alone, nothing about a child. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.allocation.figures import in_points, plain
from services.caseload.capacity import Caseload


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Children who went from one officer to another together, and what they weigh."""

    officer: UUID
    to: UUID
    children: int
    points: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One officer's letter."""

    officer: UUID
    subject: str
    text: str


def digests(changes: Sequence[Change], after: Sequence[Caseload], chaired: Mapping[UUID, int], on: date, unit: str) -> tuple[Digest, ...]:
    """A letter for each officer concerned, by code. `after`: caseloads once it is done; `chaired`: booked meetings that each takes over."""
    concerned = {officer for change in changes for officer in (change.officer, change.to)}
    day = _day(on)
    return tuple(
        Digest(
            officer=each.iro_id,
            subject=f"Changes to your caseload from {day}",
            text=_text(f"From {day} on:", _lines(changes, each.iro_id, chaired.get(each.iro_id, 0)), each, unit),
        )
        for each in after
        if each.iro_id in concerned
    )


def digests_of_undoing(changes: Sequence[Change], after: Sequence[Caseload], on: date, unit: str) -> tuple[Digest, ...]:
    """A letter for each officer concerned, by code, that what was changed on the day has been taken back."""
    concerned = {officer for change in changes for officer in (change.officer, change.to)}
    day = _day(on)
    return tuple(
        Digest(
            officer=each.iro_id,
            subject=f"Changes to your caseload from {day} are taken back",
            text=_text(f"What was changed on {day} is taken back:", _lines(changes, each.iro_id, 0), each, unit),
        )
        for each in after
        if each.iro_id in concerned
    )


def _lines(changes: Sequence[Change], officer: UUID, chaired: int) -> list[str]:
    coming = [change for change in changes if change.to == officer]
    going = [change for change in changes if change.officer == officer]
    lines = []
    if coming:
        lines.append(f"children who come to you: {_sum(coming)}")
    if going:
        lines.append(f"children who go to another officer: {_sum(going)}")
    if chaired:
        lines.append(f"booked meetings that you take over as chair: {chaired}")
    return lines


def _sum(changes: Sequence[Change]) -> str:
    return f"{sum(change.children for change in changes)} ({in_points(sum((change.points for change in changes), Decimal(0)))})"


def _text(begin: str, lines: Sequence[str], after: Caseload, unit: str) -> str:
    holds = f"You then hold {in_points(after.points)}" + (f" of {plain(after.limit)}." if after.limit > 0 else ".")
    listed = "\n".join(f"  {line}" for line in lines)
    return f"{begin}\n\n{listed}\n\n{holds}\nWho they are, and why, is in Convene.\n\n{unit}\n"


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"

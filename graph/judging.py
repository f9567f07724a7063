"""Timeliness as the graph tells it: of a duty that is known, and the worst of several."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from graph.context import Info
from services.history import reading
from services.history.timescales import laws_in_force
from services.kernel.words import Timeliness
from services.statutory.timeliness import timeliness

_THE_LAW = UUID(int=0)  # there is one, for everything that an operation judges
_WORST_FIRST = (
    Timeliness.OVERDUE,
    Timeliness.LATE,
    Timeliness.LATE_ADJOURNED,
    Timeliness.NOT_YET_DUE,
    Timeliness.IN_TIME,
    Timeliness.VOID,
)


async def timeliness_of(info: Info, clock: reading.Clock | None, today: date) -> Timeliness:
    """NOT_APPLICABLE where no obligation is known. An adjourned meeting is judged by the unit's own timescales."""
    if clock is None:
        return Timeliness.NOT_APPLICABLE
    law = None if clock.completed_on is None and clock.begun_on is None else await info.context.loaders.load(laws_in_force, _THE_LAW)
    return timeliness(
        state=clock.state,
        statutory_due_on=clock.statutory_due_on,
        held_on=clock.held_on,
        completed_on=clock.completed_on,
        void_from=clock.void_from,
        begun_on=clock.begun_on,
        today=today,
        law=law,
    )


def worst(found: list[Timeliness]) -> Timeliness:
    """The worst of several; NOT_APPLICABLE of none."""
    return next((each for each in _WORST_FIRST if each in found), Timeliness.NOT_APPLICABLE)

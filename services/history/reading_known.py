"""What was owed by what was known at an instant: for returns and disputes, which ask what could be known then."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from services.history.facts import household_facts_of
from services.history.projection import obligations_known_at
from services.history.reading import Clock, Obligation, Rule, children
from services.history.reading_households import households
from services.history.timescales import load_timescales
from services.kernel.actor import Actor
from services.kernel.window import civil_day
from services.kernel.words import ObligationState
from services.platform.database import Connection
from services.statutory.clock import Due, obligations
from services.statutory.working_days import england


async def dues_of_children(connection: Connection, ids: Collection[UUID], known_at: datetime, today: date) -> dict[UUID, tuple[Due, ...]]:
    """What each child was owed by what was known then. Whoever asks has seen to it that the children are in sight."""
    return await obligations_known_at(connection, ids, known_at, min(today, civil_day(known_at)))


async def dues_of_households(connection: Connection, ids: Collection[UUID], known_at: datetime) -> dict[UUID, tuple[Due, ...]]:
    """The same of foster households."""
    facts = await household_facts_of(connection, ids, known_at=known_at)
    timescales = await load_timescales(connection)
    return {household_id: obligations(known, timescales, england()) for household_id, known in facts.items()}


async def obligations_known(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, known_at: datetime
) -> dict[UUID, list[Obligation]]:
    """Of each child in sight today; in the order of `obligations_of`, and without meetings, of which no record tells then."""
    seen = await children(connection, actor, ids, today)
    dues = await dues_of_children(connection, seen, known_at, today)
    return {
        child_id: sorted((_obligation(due, child_id=child_id, reference=seen[child_id].reference) for due in found), key=_place)
        for child_id, found in dues.items()
    }


async def household_obligations_known(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, known_at: datetime
) -> dict[UUID, list[Obligation]]:
    """Of each foster household, to whoever sees everything, the latest first."""
    seen = await households(connection, actor, ids, today)
    dues = await dues_of_households(connection, seen, known_at)
    return {
        household_id: [_obligation(due, household_id=household_id) for due in sorted(found, key=lambda due: due.triggered_on, reverse=True)]
        for household_id, found in dues.items()
    }


def clock_of_due(due: Due) -> Clock:
    return Clock(
        state=due.state,
        statutory_due_on=due.statutory_due_on,
        held_on=due.held_on,
        completed_on=due.completed_on,
        void_from=due.void_from,
    )


def _place(duty: Obligation) -> tuple[bool, date, int]:
    """What is open first, by due day; then what was met, the latest first."""
    is_open = duty.clock.state in (ObligationState.OPEN, ObligationState.EXPECTED)
    return not is_open, duty.clock.statutory_due_on if is_open else date.min, -duty.triggered_on.toordinal()


def _obligation(due: Due, *, child_id: UUID | None = None, reference: str | None = None, household_id: UUID | None = None) -> Obligation:
    rule = due.timescale
    return Obligation(
        id=due.id,
        child_id=child_id,
        reference=reference,
        household_id=household_id,
        kind=due.kind,
        triggered_on=due.triggered_on,
        triggered_by=due.triggered_by,
        rule=Rule(code=rule.code, amount=rule.amount, unit=rule.unit, legal_basis=rule.legal_basis),
        census_due_on=due.census_due_on,
        book_by_on=due.book_by_on,
        clock=clock_of_due(due),
        meeting_id=None,
        not_before_on=due.not_before_on,
        brought_forward_by=due.brought_forward_by,
        meeting_needed=due.meeting_needed,
    )

"""What was known at an instant: the children in scope on a day, and what a decision of that instant weighed.

From the versions of the records of that time alone; nothing that is computed and stored is read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.caseload.scheming_store import find_scheme
from services.caseload.store import child_of, find_event, scope_words
from services.caseload.weights import ChildOnDay, Scheme, Weight, weigh
from services.history.projection import obligations_known_at
from services.kernel.errors import NotFound
from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, ObligationState
from services.platform.database import Connection
from services.platform.sql import load_queries
from services.statutory.clock import Due
from services.statutory.facts import STARTING_CONFERENCES

_sql = load_queries(__file__, "known.sql")
_OWED = "SELECT * FROM unnest(:owed_children::uuid[], :owed_kinds::text[], :owed_from::date[]) AS owed (child_id, kind, triggered_on)"
_scope = load_queries(
    __file__,
    "scope.sql",
    scope_words("{}recorded @> :at::timestamptz", _OWED, more=", at, owed_children, owed_kinds, owed_from"),
)
SCHEME, POINTS, KNOWN_AT = "scheme_id", "points", "known_at"
"""What a decision keeps for its replay, beside the engine: the scheme, what the child weighed, and the instant."""

_BRING_INTO_SCOPE = STARTING_CONFERENCES | {MeetingKind.SHORT_BREAK_REVIEW}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A decision computed again: `then` is what the child weighed when it was made (None: it was not made by weights), `again` what
    the scheme of then makes of the records as they were known then. `engine` is the one that decided."""

    event_id: UUID
    child_id: UUID
    as_of: date
    known_at: datetime
    engine: str | None
    scheme: Scheme | None
    then: Decimal | None
    again: Weight | None

    @property
    def is_same(self) -> bool:
        """Whether the same points came out again."""
        return self.then == (None if self.again is None else self.again.points)


async def replay(connection: Connection, event_id: UUID) -> Replayed:
    """The decision with what it would weigh again; raises `NotFound` for no such event."""
    decided = await find_event(connection, event_id)
    if decided is None:
        raise NotFound("there is no such decision")
    kept = decided.decision
    known_at = datetime.fromisoformat(kept[KNOWN_AT]) if KNOWN_AT in kept else decided.at
    scheme = await find_scheme(connection, UUID(kept[SCHEME])) if kept.get(SCHEME) else None
    again = None
    if scheme is not None:
        children = await load_children_known(connection, decided.effective_on, [decided.child_id], known_at)
        again = weigh(children, scheme).get(decided.child_id)
    return Replayed(
        event_id=event_id,
        child_id=decided.child_id,
        as_of=decided.effective_on,
        known_at=known_at,
        engine=kept.get("engine"),
        scheme=scheme,
        then=Decimal(kept[POINTS]) if POINTS in kept else None,
        again=again,
    )


async def load_children_known(
    connection: Connection, on: date, child_ids: Collection[UUID] | None, known_at: datetime
) -> tuple[ChildOnDay, ...]:
    """As `store.load_children`, by what was known at that instant."""
    asked = None if child_ids is None else list(child_ids)
    owed = await _owed(connection, on, asked, known_at)
    rows = _scope.children_in_scope(
        connection,
        on_day=on,
        child_ids=asked,
        at=known_at,
        owed_children=[child for child, _, _ in owed],
        owed_kinds=[kind for _, kind, _ in owed],
        owed_from=[day for _, _, day in owed],
    )
    return tuple([child_of(row) async for row in rows])


async def _owed(connection: Connection, on: date, asked: list[UUID] | None, known_at: datetime) -> list[tuple[UUID, str, date]]:
    """What was owed on the day and keeps a child in scope: child, kind and day 0.

    What goes on is known to have gone on until the day that is looked at; a day still to come is seen from that of the instant.
    """
    children = [row["child_id"] async for row in _sql.who_may_await(connection, at=known_at, child_ids=asked)]
    dues = await obligations_known_at(connection, children, known_at, min(on, civil_day(known_at)))
    owed = [
        (child, due.kind.value, due.triggered_on)
        for child, found in dues.items()
        for due in found
        if due.kind in _BRING_INTO_SCOPE and _is_owed(due, on)
    ]
    expected = _sql.expected_by(connection, at=known_at, on_day=on)
    return owed + [(row["child_id"], row["kind"], row["triggered_on"]) async for row in expected]


def _is_owed(due: Due, on: date) -> bool:
    if due.triggered_on > on:
        return False
    met = due.state is ObligationState.HELD and due.held_on is not None and due.held_on <= on
    void = due.state is ObligationState.VOID and (due.void_from is None or due.void_from <= on)
    return not met and not void

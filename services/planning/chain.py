"""The statutory clock as a chain: the day given to one meeting sets what is due next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.kernel.ids import obligation_id
from services.kernel.words import MeetingKind
from services.planning.problem import Owed
from services.statutory.clock import Due, SubjectFacts, assume_held, following
from services.statutory.timescales import Timescales
from services.statutory.working_days import WorkingDays

FIRST_REVIEW = "CARE_REVIEW_FIRST"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatutoryChain:
    """`following` of the clock, with the planned meetings taken as held on their planned days. `facts`: with what stands taken as held;
    `records`: without; `standing`: what stands, by child."""

    facts: Mapping[UUID, SubjectFacts]
    timescales: Timescales
    working_days: WorkingDays
    records: Mapping[UUID, SubjectFacts] = field(default_factory=dict)
    standing: Mapping[UUID, tuple[tuple[MeetingKind, date], ...]] = field(default_factory=dict)
    _known: dict[tuple[UUID, MeetingKind, date, date], Owed | None] = field(default_factory=dict, init=False, compare=False, repr=False)

    def after(self, child_id: UUID, held: tuple[tuple[MeetingKind, date], ...]) -> Owed | None:
        """What is owed after `held`; None for a child of whom nothing is known, or where the clock ends."""
        facts = self.facts.get(child_id)
        if facts is None:
            return None
        *earlier, (kind, day) = held
        for each, on in earlier:
            facts = assume_held(facts, each, on)
        due = following(facts, kind, day, self.timescales, self.working_days)
        return None if due is None else owed_of(child_id, due, chained=True)

    def instead(self, child_id: UUID, kind: MeetingKind, stands_on: date, day: date) -> Owed | None:
        """What is owed after a meeting that stands on a day if it were on `day`; None where nothing is known of the child."""
        key = child_id, kind, stands_on, day
        if key not in self._known:
            self._known[key] = self._instead(*key)
        return self._known[key]

    def _instead(self, child_id: UUID, kind: MeetingKind, stands_on: date, day: date) -> Owed | None:
        facts = self.records.get(child_id)
        if facts is None:
            return None
        for each, on in self.standing.get(child_id, ()):
            if on < stands_on:
                facts = assume_held(facts, each, on)
        due = following(facts, kind, day, self.timescales, self.working_days)
        return None if due is None else owed_of(child_id, due, chained=True)


def owed_of(child_id: UUID, due: Due, *, chained: bool = False) -> Owed:
    """An obligation as planning sees it."""
    kind = due.kind
    return Owed(
        child_id=child_id,
        kind=kind,
        triggered_on=due.triggered_on,
        statutory_due_on=due.statutory_due_on,
        book_by_on=due.book_by_on,
        obligation_id=obligation_id(child_id, kind.value, due.triggered_on),
        first=due.timescale.code == FIRST_REVIEW,
        chained=chained,
        rule_code=due.timescale.code,
        not_before_on=due.not_before_on,
    )

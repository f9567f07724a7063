"""A plan, as plain frozen data: which meeting is when, with whom and where, what found no place, and what is proven of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.kernel.window import TimeWindow
from services.kernel.words import ResourceKind
from services.planning.problem import Booked, Owed, Wanted

WAIVED = "no place of the police was free on any day in time"
"""Why no police attend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A wanted meeting with everything chosen. `police_waived`: why no police attend although they are expected."""

    wanted: Wanted
    meeting: TimeWindow
    day: date
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    police_waived: str | None = None

    @property
    def days_late(self) -> int:
        return self.wanted.days_late(self.day)

    @property
    def moved(self) -> bool:
        """Whether it is a meeting that stands, at another time."""
        return self.wanted.booked is not None and self.wanted.booked.meeting != self.meeting

    @property
    def in_place(self) -> bool:
        """Whether it is a meeting that stands, at its own time."""
        return self.wanted.booked is not None and not self.moved

    @property
    def windows(self) -> tuple[TimeWindow, ...]:
        """All its sittings to come: one that is placed anew has a single one."""
        booked = self.wanted.booked
        return (*(() if booked is None or self.moved else booked.besides), self.meeting)

    @property
    def cast(self) -> dict[ResourceKind, UUID]:
        """Who and what it has, of police the team."""
        found = {
            ResourceKind.IRO: self.wanted.chair_id,
            ResourceKind.ROOM: self.room_id,
            ResourceKind.NOTE_TAKER: self.note_taker_id,
            ResourceKind.POLICE: self.police_team_id,
        }
        return {kind: chosen for kind, chosen in found.items() if chosen is not None}

    @property
    def takes(self) -> dict[ResourceKind, UUID]:
        """What it takes that it does not hold already."""
        booked = self.wanted.booked
        kept = {} if booked is None or self.moved else booked.has
        return {kind: chosen for kind, chosen in self.cast.items() if kept.get(kind) != chosen}

    @property
    def gives_up(self) -> tuple[tuple[UUID, TimeWindow], ...]:
        """What a meeting that stands holds no more."""
        booked = self.wanted.booked
        if booked is None:
            return ()
        gone = {chosen for kind, chosen in booked.has.items() if self.moved or self.cast.get(kind) != chosen}
        return tuple((resource_id, window) for resource_id, window in booked.holds if resource_id in gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A plan. `unplaced` has what has no officer who may chair, `missed` what found no place; `late_bound` is the proven least of
    `late`."""

    placed: tuple[Placed, ...]
    unplaced: tuple[Owed, ...]
    missed: tuple[Wanted, ...]
    late_bound: int
    unrepaired: tuple[tuple[Booked, frozenset[ResourceKind]], ...] = ()
    """Meetings that stand and go on lacking something, and what."""
    reserved: tuple[TimeWindow, ...] = ()
    reserved_wanted: int = 0
    exact: bool = False
    """Whether all that this plan might change was settled together, so that no plan is better by the goals that do not choose between
    days."""

    @property
    def late(self) -> int:
        """Meetings out of time, with everything that has no place at all."""
        return sum(1 for each in self.placed if each.days_late) + len(self.missed) + len(self.unplaced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a search has come: the share done, meetings placed, late so far, and what is proven of lateness."""

    share: float
    placed: int
    late: int
    late_bound: int

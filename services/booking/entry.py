"""An entry of the diary as booking handles it, and what it takes of each resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.booking.attendees import Attendee
from services.booking.needs import MeetingNeeds, span_of, write_up_of
from services.booking.rules import Due, subject_of
from services.directory.attendance import PARENT
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind, MeetingState, ResourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One who, or what, takes part. `id` is the resource's; of police the team's, and `place_id` its place's."""

    kind: ResourceKind
    id: UUID
    code: str
    name: str
    email: str | None = None
    place_id: UUID | None = None

    @property
    def resource_id(self) -> UUID:
        """What is held."""
        return self.place_id or self.id


_PARTS = {ResourceKind.IRO: "chair", ResourceKind.ROOM: "room", ResourceKind.NOTE_TAKER: "note_taker", ResourceKind.POLICE: "police"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who and what takes part in a meeting."""

    chair: Party | None = None
    room: Party | None = None
    note_taker: Party | None = None
    police: Party | None = None

    @classmethod
    def of(cls, parties: Iterable[Party]) -> Cast:
        """The cast with each of these in its part."""
        return cls(**{_PARTS[party.kind]: party for party in parties})

    def __iter__(self) -> Iterator[Party]:
        return (each for each in (self.chair, self.room, self.note_taker, self.police) if each is not None)

    def codes(self) -> dict[str, str]:
        """For the meeting's history: who by kind."""
        return {each.kind.value: each.code for each in self}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One child or foster household of a meeting and what it is for. `due` None: nothing that is still owed."""

    child_id: UUID | None = None
    household_id: UUID | None = None
    reference: str
    kind: MeetingKind
    obligation_id: UUID | None
    due: Due | None = None

    @property
    def subject_id(self) -> UUID:
        """The child's identifier, or the household's."""
        return subject_of(self.child_id, self.household_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What a meeting takes of one resource. `write_up`: minutes that it leaves a note-taker to write in that week."""

    resource_id: UUID
    blocked: TimeWindow
    attended: TimeWindow
    meeting_id: UUID
    sitting: int = 1
    write_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sat:
    """A sitting that took place. `attended`: who came, by role and agency; None: nobody has said."""

    held_on: date
    attended: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A meeting. `sittings` in order; an ordinary meeting has one. `sat`: those that took place, which come first. `lacks`: the kinds
    of resource that it has lost. `attendees`: who comes beside the cast. `parents_apart`: so it is stated of one of its children."""

    id: UUID
    reference: str
    kind: MeetingKind
    state: MeetingState
    sittings: tuple[TimeWindow, ...]
    cast: Cast
    items: tuple[Item, ...]
    version: int = 1
    venue: str | None = None
    venue_confidential: bool = True
    remote: bool = False
    lacks: tuple[ResourceKind, ...] = ()
    provisional_until: datetime | None = None
    override_reason: str | None = None
    police_waived_reason: str | None = None
    attendees: tuple[Attendee, ...] = ()
    sat: tuple[Sat, ...] = ()
    parents_apart: bool = False

    @property
    def apart(self) -> bool:
        """Whether some who come must not meet: it is said of them, or stated of a child whose parents come."""
        return any(each.apart or (self.parents_apart and each.role == PARENT) for each in self.attendees)

    @property
    def window(self) -> TimeWindow:
        """The sitting that comes last: of an ordinary meeting its only one."""
        return self.sittings[-1]

    @property
    def to_come(self) -> tuple[tuple[int, TimeWindow], ...]:
        """The sittings for which it holds what it has, by number: those that have not taken place; where all have, the last."""
        numbered = tuple(enumerate(self.sittings, 1))
        return numbered[len(self.sat) :] or numbered[-1:]


def holds_of(meeting_id: UUID, window: TimeWindow, cast: Cast, needs: MeetingNeeds, sitting: int = 1) -> tuple[Hold, ...]:
    """What a sitting takes of everyone who takes part."""
    spans = [(party, span_of(party.kind, needs, window)) for party in cast]
    write_up = write_up_of(needs.shape, window.duration)
    return tuple(
        Hold(
            resource_id=party.resource_id,
            blocked=span.blocked,
            attended=span.attended,
            meeting_id=meeting_id,
            sitting=sitting,
            write_up=write_up if party.kind is ResourceKind.NOTE_TAKER else 0,
        )
        for party, span in spans
    )

"""What a meeting needs of each resource: pure arithmetic on the unit's shapes of meetings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from services.directory.settings import MeetingShape, Settings
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind, ResourceKind

SECOND_WAITING_ROOM = "second_waiting_room"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNeeds:
    """Length and resources of one meeting. `apart`: some who come must not meet."""

    kind: MeetingKind
    minutes: int
    shape: MeetingShape
    room: bool
    note_taker: bool
    police: bool
    remote: bool = False
    apart: bool = False

    @property
    def room_features(self) -> frozenset[str]:
        """What its room has: one for people who must not meet has two places to wait."""
        own = frozenset(self.shape.features)
        return own | {SECOND_WAITING_ROOM} if self.apart else own

    @property
    def write_up(self) -> int:
        """Minutes that its note-taker writes afterwards."""
        return write_up_of(self.shape, timedelta(minutes=self.minutes))

    @property
    def kinds(self) -> tuple[ResourceKind, ...]:
        """The kinds of resource that it must have."""
        wanted = {ResourceKind.IRO: True, ResourceKind.ROOM: self.room, ResourceKind.NOTE_TAKER: self.note_taker}
        wanted[ResourceKind.POLICE] = self.police
        return tuple(kind for kind, needed in wanted.items() if needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`blocked`: nothing else fits there; `attended`: the resource must be at work then."""

    blocked: TimeWindow
    attended: TimeWindow


def needs_of(
    kind: MeetingKind,
    *,
    children: int,
    first: bool,
    settings: Settings,
    remote: bool = False,
    apart: bool = False,
    note_taker: bool = False,
) -> MeetingNeeds:
    """What a meeting of `kind` about so many children needs. `first`: the first review of a child new to care. `note_taker`: one is
    asked for, also where its kind has none."""
    shape = settings.shapes[kind]
    extra = max(0, children - shape.children_included) * shape.per_extra_child
    return MeetingNeeds(
        kind=kind,
        minutes=(shape.first_minutes if first else shape.minutes) + extra,
        shape=shape,
        room=shape.in_unit_room and not remote,
        note_taker=shape.note_taker or note_taker,
        police=kind in settings.police_at,
        remote=remote,
        apart=apart,
    )


def write_up_of(shape: MeetingShape, length: timedelta) -> int:
    """Minutes of write-up that a sitting of that length leaves its note-taker: they count in the week of the sitting."""
    return ceil(shape.write_up * int(length / timedelta(minutes=1)))


def is_noted(kind: MeetingKind, complexity: Iterable[int], settings: Settings) -> bool:
    """Whether a meeting has a note-taker for what makes its children's cases complex: a care review of a child of whom as many grounds
    are recorded as the unit states. `complexity`: how many are of each child."""
    least = settings.note_taker_from_complexity
    return kind is MeetingKind.CARE_REVIEW and 0 < least <= max(complexity, default=0)


def span_of(resource: ResourceKind, needs: MeetingNeeds, meeting: TimeWindow) -> Span:
    """What a resource gives to a meeting: travel may reach outside its working time, pre-meet and meeting may not.

    Chair, note-taker and room are there from the pre-meet on; chair and room also for the turnaround (record, clearing);
    police come for the meeting alone. Away from the unit chair and note-taker travel both ways, unless the meeting is remote.
    """
    pre, after = timedelta(minutes=needs.shape.pre_meet), timedelta(minutes=needs.shape.turnaround)
    none = timedelta(0)
    if resource is ResourceKind.POLICE:
        return Span(blocked=meeting, attended=meeting)
    attended = meeting.widened(before=pre, after=none)
    travels = resource is not ResourceKind.ROOM and not needs.room and not needs.remote
    travel = timedelta(minutes=needs.shape.travel) if travels else none
    if resource is ResourceKind.NOTE_TAKER:
        return Span(blocked=attended.widened(before=travel, after=travel), attended=attended)
    return Span(blocked=attended.widened(before=travel, after=max(after, travel)), attended=attended)

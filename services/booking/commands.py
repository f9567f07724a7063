"""What a caller may ask of the diary. An omitted field means "choose for me" or "keep it", None means "none"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from services.kernel.words import OMITTED, AbsenceReason, Consent, MeetingKind, Omitted, ParticipationCode, ResourceKind

Choice: TypeAlias = str | Omitted | None
"""The code of a resource; None: explicitly none; OMITTED: chosen for the caller, or kept as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookMeeting:
    """`hold_until`: a provisional hold that lapses then; None: confirmed. `ends_at` None: as long as its kind usually takes.
    `apart`: the parents must not meet. `note_taker`: with one also where its kind has none."""

    request_key: str
    kind: MeetingKind
    starts_at: datetime
    child_references: tuple[str, ...] = ()
    household_reference: str | None = None
    triggered_on: date | None = None
    ends_at: datetime | None = None
    chair_code: Choice = OMITTED
    room_code: Choice = OMITTED
    note_taker_code: Choice = OMITTED
    police_team_code: Choice = OMITTED
    venue: str | None = None
    venue_confidential: bool = True
    remote: bool = False
    apart: bool = False
    note_taker: bool = False
    hold_until: datetime | None = None
    override_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveMeeting:
    """`starts_at` None: same time, other resources. `ends_at` None: as long as before. `remote` None: by video or not, as before.
    `note_taker`: with one from now on."""

    request_key: str
    id: UUID
    version: int
    reason: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    chair_code: Choice = OMITTED
    room_code: Choice = OMITTED
    note_taker_code: Choice = OMITTED
    police_team_code: Choice = OMITTED
    remote: bool | None = None
    note_taker: bool = False
    override_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitMeeting:
    """The meeting is held in these sittings, in order, instead of those that it has to come; one: in a single sitting again.

    Whom or what it has at all of them: as `MoveMeeting` says it of another time.
    """

    request_key: str
    id: UUID
    version: int
    sittings: tuple[Sitting, ...]
    reason: str
    chair_code: Choice = OMITTED
    room_code: Choice = OMITTED
    note_taker_code: Choice = OMITTED
    police_team_code: Choice = OMITTED
    override_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingAction:
    """Confirm, cancel, postpone or reinstate one meeting as it was at `version`."""

    request_key: str
    id: UUID
    version: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildOutcome:
    """`on_plan`, of a conference: does a plan start, or go on?"""

    reference: str
    participation: ParticipationCode | None = None
    on_plan: bool | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendeeStated:
    """One who comes. None: as it was of such a person, else as the unit's lists have it."""

    role: str
    agency: str
    required: bool | None = None
    invited: bool | None = None
    direct_contact: bool | None = None
    consent: Consent | None = None
    apart: bool | None = None
    arrives_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAttendees:
    """Everybody who comes beside those whose time the diary holds."""

    request_key: str
    id: UUID
    version: int
    attendees: tuple[AttendeeStated, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """One who came. The agency of chair, note-taker and police is known."""

    role: str
    agency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHeld:
    """The meeting took place on `held_on`. `resumes_at`: it was adjourned and goes on then. `attended`: everybody who came, from which
    `quorate` follows; None: nobody has said.

    `quorate` False, of a conference: it meets again within ten working days, unless the chair proceeded, and says why.
    `sitting`: of several to come which of them it was; None: the one that the day tells. Those that follow it stand, unless it
    `completes` the meeting: then they are called off.
    """

    request_key: str
    id: UUID
    version: int
    held_on: date
    quorate: bool | None = None
    proceeded_inquorate_because: str | None = None
    resumes_at: datetime | None = None
    outcomes: tuple[ChildOutcome, ...] = ()
    attended: tuple[Attended, ...] | None = None
    sitting: int | None = None
    completes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSearch:
    """Days from `from_day` to `to_day`, both included; None: from the next working day to the law's last one.
    `apart`: the parents must not meet. `sittings`: in several, of so many minutes each. `note_taker`: with one also where its kind has
    none. `having`: of a room, a note-taker and police these alone; None: as its kind has them."""

    kind: MeetingKind
    child_references: tuple[str, ...] = ()
    household_reference: str | None = None
    triggered_on: date | None = None
    moving_meeting_id: UUID | None = None
    chair_code: str | None = None
    minutes: int | None = None
    remote: bool = False
    apart: bool = False
    note_taker: bool = False
    from_day: date | None = None
    to_day: date | None = None
    first: int = 10
    sittings: tuple[int, ...] = ()
    having: frozenset[ResourceKind] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAbsence:
    """`release`: meetings that stand in that time lose this resource; else nothing is recorded while there are any."""

    request_key: str
    kind: ResourceKind
    code: str
    starts_at: datetime
    ends_at: datetime
    reason: AbsenceReason
    release: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementItem:
    """One child of a meeting. `obligation_id` None: the chain owes it only once the meeting before it has a day, `triggered_on`."""

    child_id: UUID
    kind: MeetingKind
    obligation_id: UUID | None
    triggered_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One meeting with everything chosen. `late_reason` is kept with a meeting after the law's day."""

    kind: MeetingKind
    starts_at: datetime
    ends_at: datetime
    chair_id: UUID
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    police_waived_reason: str | None
    items: tuple[PlacementItem, ...]
    venue: str | None = None
    remote: bool = False
    late_reason: str | None = None

    @property
    def wanted(self) -> dict[ResourceKind, UUID]:
        """What it is to have by kind, of police the team."""
        return named(self.chair_id, self.room_id, self.note_taker_id, self.police_team_id)


def named(chair: UUID | None, room: UUID | None, note_taker: UUID | None, police_team: UUID | None) -> dict[ResourceKind, UUID]:
    """Those that there are, by kind."""
    found = {ResourceKind.IRO: chair, ResourceKind.ROOM: room, ResourceKind.NOTE_TAKER: note_taker, ResourceKind.POLICE: police_team}
    return {kind: chosen for kind, chosen in found.items() if chosen is not None}

"""What is to be planned, as plain frozen data: who and what there is, when it is free, and what is owed.

Nothing here reads a clock or a database; a problem can be pickled and sent to another process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID

from services.booking.needs import MeetingNeeds
from services.booking.wishes import OwnTime
from services.directory.planning import Policy
from services.directory.settings import Settings
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import MeetingKind, ResourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A chair, room or note-taker: `available` when at work, `busy` where it is blocked already. `written`: minutes that a note-taker has
    to write up, by the Monday of the week; `write_up_a_week`: how many she can (None: nobody has said)."""

    id: UUID
    code: str
    available: tuple[TimeWindow, ...]
    busy: tuple[TimeWindow, ...] = ()
    seats: int = 0
    features: frozenset[str] = frozenset()
    written: Mapping[date, int] = field(default_factory=dict)
    write_up_a_week: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceTeam:
    """A pool: `places` holds each place's time on duty; `busy` has one window for every attendance that stands already."""

    id: UUID
    code: str
    places: tuple[tuple[TimeWindow, ...], ...]
    busy: tuple[TimeWindow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One child's obligation. `chained`: it exists only if the plan is followed. `first`: a first review of a child new to care."""

    child_id: UUID
    kind: MeetingKind
    triggered_on: date
    statutory_due_on: date
    book_by_on: date
    obligation_id: UUID
    first: bool = False
    chained: bool = False
    behind: tuple[tuple[MeetingKind, date], ...] = ()
    """The planned meetings it hangs on, oldest first."""
    rule_code: str | None = None
    """The timescale by which it falls due."""
    not_before_on: date | None = None
    """The first day on which it may be met, where a rule names one."""
    of_household: bool = False
    """Whether it is a foster household's: `child_id` is the household's identifier."""

    @property
    def latest_on(self) -> date:
        """The last day in time: the law's. The book-by day, which may be the sector's and earlier, is a wish."""
        return self.statutory_due_on

    @property
    def key(self) -> tuple[UUID, MeetingKind, date]:
        return self.child_id, self.kind, self.triggered_on

    @property
    def not_by_own_iro(self) -> bool:
        """Whether the child's own officer may not sit: a panel on secure accommodation has another chair."""
        return self.kind is MeetingKind.SECURE_CRITERIA_REVIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What planning must know of a child: who chairs, and who are siblings. `barred`: officers who may not chair.

    `panel_chair_id`: who chairs its panel on secure accommodation, another than its own officer. `reference` settles what is
    equal otherwise, so that a plan does not hang on random identifiers. `parents_apart`: they must not meet.
    """

    child_id: UUID
    chair_id: UUID | None
    sibling_group: str | None = None
    barred: frozenset[UUID] = frozenset()
    panel_chair_id: UUID | None = None
    reference: str = ""
    own_time: OwnTime | None = None
    parents_apart: bool = False
    complexity: int = 0
    """How many grounds are recorded that make the case complex."""

    def chair_for(self, owed: Owed) -> UUID | None:
        """The officer who chairs it: of a panel its chair, else the one to whom the child is allocated, unless a rule bars her."""
        if owed.not_by_own_iro:
            return self.panel_chair_id if self.panel_chair_id != self.chair_id else None
        return None if self.chair_id in self.barred else self.chair_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A later meeting that stands, for what the day of the one before makes due: due as its records have it, held on `day`."""

    reference: str
    child_id: UUID
    kind: MeetingKind
    day: date
    statutory_due_on: date
    book_by_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A meeting that stands. `lacks`: what it should have and has not. `own_chairs`: the officers to whom its children are allocated on
    its day; `barred`: who may not chair it. `holds`: what it blocks of each resource (of police: of the team).

    `fixed`: why a plan gives it no other time, and how people do; None: a plan may.
    """

    meeting_id: UUID
    version: int
    reference: str
    kind: MeetingKind
    items: tuple[Owed, ...]
    meeting: TimeWindow
    day: date
    needs: MeetingNeeds
    has: Mapping[ResourceKind, UUID]
    lacks: frozenset[ResourceKind] = frozenset()
    own_chairs: tuple[UUID, ...] = ()
    barred: frozenset[UUID] = frozenset()
    holds: tuple[tuple[UUID, TimeWindow], ...] = ()
    police_waived: str | None = None
    latest_on: date | None = None
    """The last day that needs no manager's reason."""
    fixed: str | None = None
    venue: str | None = None
    begun_on: date | None = None
    """The day of its sitting before, of one that was adjourned: it goes on after that, until `latest_on`."""
    followers: tuple[Follower, ...] = ()
    entangled: frozenset[UUID] = frozenset()
    """The meetings that stand which follow it, or which it follows: of two a plan moves one."""
    besides: tuple[TimeWindow, ...] = ()
    """Its other sittings to come: whatever it has it has at each of them."""
    written: Mapping[date, int] = field(default_factory=dict)
    """Minutes that its note-taker has to write up of its sittings to come, by the Monday of the week."""

    @property
    def key(self) -> tuple[UUID, MeetingKind, date]:
        """Of this meeting among all that are placed."""
        return self.meeting_id, self.kind, self.day

    @property
    def chaired(self) -> tuple[UUID, date] | None:
        """Who chairs it, and on which day."""
        chair = self.has.get(ResourceKind.IRO)
        return None if chair is None else (chair, self.day)

    @property
    def chairings(self) -> tuple[tuple[UUID, date], ...]:
        """The same for each of its sittings to come."""
        chair = self.has.get(ResourceKind.IRO)
        return () if chair is None else tuple((chair, day) for day in (*(civil_day(each.start) for each in self.besides), self.day))

    @property
    def covered(self) -> bool:
        """Whether another chairs it than an officer of its children, who have one."""
        return self.covers(self.has.get(ResourceKind.IRO))

    def covers(self, chair: UUID | None) -> bool:
        """Whether this chair would be such another."""
        panel = self.kind is MeetingKind.SECURE_CRITERIA_REVIEW
        return chair is not None and not panel and bool(self.own_chairs) and chair not in self.own_chairs


class Chain(Protocol):
    """What a meeting, once held, makes due next."""

    def after(self, child_id: UUID, held: tuple[tuple[MeetingKind, date], ...]) -> Owed | None:
        """What `child_id` is owed after the planned meetings `held` (oldest first); None: nothing follows."""
        ...

    def instead(self, child_id: UUID, kind: MeetingKind, stands_on: date, day: date) -> Owed | None:
        """What `child_id` is owed after its meeting that stands on a day if that were on `day`, and nothing stood after it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One diary to lay. `days` are those on which meetings may be placed, from the day after `today` on: the working days, and with them
    those `offered` on which somebody who may chair is at work. On these no conference is placed (census rule 8875)."""

    today: date
    first_day: date
    last_day: date
    days: tuple[date, ...]
    owed: tuple[Owed, ...]
    subjects: Mapping[UUID, Subject]
    chairs: tuple[Resource, ...]
    rooms: tuple[Resource, ...]
    note_takers: tuple[Resource, ...]
    police: tuple[PoliceTeam, ...]
    chain: Chain
    settings: Settings = field(default_factory=Settings)
    policy: Policy = field(default_factory=Policy)
    offered: frozenset[date] = frozenset()
    kinds: frozenset[MeetingKind] | None = None
    standing: tuple[tuple[UUID, MeetingKind, date], ...] = ()
    """Meetings that are booked and not yet held: they start chains as planned ones do."""
    expected_a_week: float = 0.0
    """Initial conferences that a week brings, by the last twelve months."""
    booked: tuple[Booked, ...] = ()
    """Meetings that stand which the plan may change: those that lack something or are covered, and those that may move."""
    lacking_today: tuple[Booked, ...] = ()
    """Meetings still to come today which lack something: people see to them, a plan names them."""
    may_move: int = 0
    """At most so many of them get another time."""
    frozen_days: int = 2
    """What stands on the next so many working days does not, nor does anything that is moved get one then."""
    chairing: tuple[tuple[UUID, date], ...] = ()
    """Who chairs on which day, for every meeting that stands."""

    def wants(self, kind: MeetingKind) -> bool:
        return self.kinds is None or kind in self.kinds

    def own_times(self, wanted: Wanted) -> tuple[OwnTime, ...]:
        """Of the children whom a meeting is about, each once."""
        children = dict.fromkeys(item.child_id for item in wanted.items)
        known = (self.subjects.get(child) for child in children)
        return tuple(each.own_time for each in known if each is not None and each.own_time is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One meeting to place: the obligations that it meets together, with its chair and its days."""

    kind: MeetingKind
    items: tuple[Owed, ...]
    chair_id: UUID
    needs: MeetingNeeds
    earliest_on: date
    preferred_on: date
    book_by_on: date
    latest_on: date
    slack_days: int
    booked: Booked | None = None
    """The meeting that stands and is this one."""

    @property
    def key(self) -> tuple[UUID, MeetingKind, date]:
        if self.booked is not None:
            return self.booked.key
        return self.items[0].key

    def days_late(self, day: date) -> int:
        """Calendar days after the last one in time; 0 in time."""
        return max(0, (day - self.latest_on).days)

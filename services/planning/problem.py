"""What is to be planned, as plain frozen data: who and what there is, when it is free, and what is owed.

Nothing here reads a clock or a database; a problem can be pickled and sent to another process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from services.booking.needs import MeetingNeeds, needs_of
from services.directory.settings import Settings
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind

LEADING = tuple(MeetingKind)
"""Where kinds sit together, the earliest of this order leads: a conference is as long as its gravest part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a diary is laid where the law leaves room. All are the unit's own choice; days are working days unless named otherwise."""

    notice_days: int = 5
    """Fewer days from today are short notice for families and agencies: taken only to avoid lateness."""
    slack_days: int = 10
    """Days kept before the book-by day, so that an illness does not make a breach."""
    slack_days_initial: int = 3
    """The same where the whole window is a few weeks: initial conferences and first reviews."""
    earliest_share: float = 0.5
    """No review before this share of its interval has run: early reviews pull the chain in."""
    preferred_share: float = 2 / 3
    together_days: int = 28
    """Calendar days within which siblings that are due are seen in one meeting."""
    late_days: int = 40
    """How far after its last day in time a meeting is still placed."""
    reserve: bool = True
    """Whether room is kept for the initial conferences that each week is expected to bring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A chair, room or note-taker: `available` when at work, `busy` where it is blocked already."""

    id: UUID
    code: str
    available: tuple[TimeWindow, ...]
    busy: tuple[TimeWindow, ...] = ()
    seats: int = 0
    features: frozenset[str] = frozenset()


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
    equal otherwise, so that a plan does not hang on random identifiers.
    """

    child_id: UUID
    chair_id: UUID | None
    sibling_group: str | None = None
    barred: frozenset[UUID] = frozenset()
    panel_chair_id: UUID | None = None
    reference: str = ""

    def chair_for(self, owed: Owed) -> UUID | None:
        """The officer who chairs it: of a panel its chair, else the one to whom the child is allocated, unless a rule bars her."""
        if owed.not_by_own_iro:
            return self.panel_chair_id if self.panel_chair_id != self.chair_id else None
        return None if self.chair_id in self.barred else self.chair_id


class Chain(Protocol):
    """What a meeting, once held, makes due next."""

    def after(self, child_id: UUID, held: tuple[tuple[MeetingKind, date], ...]) -> Owed | None:
        """What `child_id` is owed after the planned meetings `held` (oldest first); None: nothing follows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One diary to lay. `days` are the working days on which meetings may be placed, from the day after `today` on."""

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
    kinds: frozenset[MeetingKind] | None = None
    standing: tuple[tuple[UUID, MeetingKind, date], ...] = ()
    """Meetings that are booked and not yet held: they start chains as planned ones do."""
    expected_a_week: float = 0.0
    """Initial conferences that a week brings, by the last twelve months."""

    def wants(self, kind: MeetingKind) -> bool:
        return self.kinds is None or kind in self.kinds


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

    @property
    def key(self) -> tuple[UUID, MeetingKind, date]:
        return self.items[0].key

    def days_late(self, day: date) -> int:
        """Calendar days after the last one in time; 0 in time."""
        return max(0, (day - self.latest_on).days)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A plan. `unplaced` has what has no officer who may chair, `missed` what found no place; `late_bound` is the proven least of
    `late`."""

    placed: tuple[Placed, ...]
    unplaced: tuple[Owed, ...]
    missed: tuple[Wanted, ...]
    late_bound: int
    reserved: tuple[TimeWindow, ...] = ()
    reserved_wanted: int = 0

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


def want(problem: Problem, items: tuple[Owed, ...], chair_id: UUID) -> Wanted:
    """One meeting for `items`, due with the earliest of them, not before that one's interval allows and not before the clock of
    any of them has begun."""

    def place(each: Owed) -> tuple[date, int, str, UUID]:
        known = problem.subjects.get(each.child_id)
        return each.book_by_on, LEADING.index(each.kind), "" if known is None else known.reference, each.child_id

    ordered = tuple(sorted(items, key=place))
    kind = min((each.kind for each in ordered), key=LEADING.index)
    lead = ordered[0]
    short = (lead.book_by_on - lead.triggered_on).days < 60
    policy = problem.policy
    begun_on = max(each.not_before_on or each.triggered_on + timedelta(days=1) for each in ordered)
    return Wanted(
        kind=kind,
        items=ordered,
        chair_id=chair_id,
        needs=needs_of(kind, children=len(ordered), first=any(each.first for each in ordered), settings=problem.settings),
        earliest_on=max(begun_on, lead.triggered_on if short else _share(lead, policy.earliest_share)),
        preferred_on=lead.triggered_on if short else _share(lead, policy.preferred_share),
        book_by_on=min(each.book_by_on for each in ordered),
        latest_on=min(each.latest_on for each in ordered),
        slack_days=policy.slack_days_initial if short else policy.slack_days,
    )


def _share(owed: Owed, share: float) -> date:
    return owed.triggered_on + (owed.book_by_on - owed.triggered_on) * share

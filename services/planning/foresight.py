"""What the diary as it stands will not hold: duties with hardly a time left, weeks in which the police, note-takers or rooms run out,
conferences that the police do not attend. Pure: a problem as plans are posed in, with its board, and plain answers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import reduce
from operator import and_
from uuid import UUID

from services.booking import rules
from services.booking.blockers import ABSENT, BUSY
from services.booking.needs import needs_of
from services.booking.slots import SCARCE
from services.kernel.errors import Blocker
from services.kernel.window import civil_day
from services.kernel.words import BlockerCode, MeetingKind, ResourceKind
from services.planning.bits import FULL
from services.planning.board import NOBODY, Board
from services.planning.demand import WeekShort, weeks_short
from services.planning.explain import Boards, blockers_of_chairless
from services.planning.gathering import gather, gather_all
from services.planning.preferences import span_of_days
from services.planning.problem import Owed, Problem, Wanted
from services.planning.wanting import want

ENOUGH = SCARCE
"""Times that a duty should have left at least: with fewer, whoever books is warned, and so is whoever looks ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A resource that is short. `slots_if_free`: how many times there would be were there always enough of it: counted, not guessed."""

    blocker: Blocker
    slots_if_free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObligationAtRisk:
    """A duty with `slots` bookable times left from its first useful day to its last in time, `short` fewer than it should have.

    `shortages`: what is short, what would help most first.
    """

    owed: Owed
    reference: str
    last_day: date
    slots: int
    short: int
    shortages: tuple[Shortage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unattended:
    """A conference that stands without police although its kind expects them. `sittings`: those to come, when each begins and how many
    minutes it takes. `waived`: the reason that was given."""

    meeting_id: UUID
    reference: str
    kind: MeetingKind
    sittings: tuple[tuple[datetime, int], ...]
    waived: str | None

    @property
    def starts_at(self) -> datetime:
        """Of the first of them."""
        return self.sittings[0][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutPolice:
    """A conference that the police do not, or cannot, attend: one that stands, or one still to be booked (then `owed` names it).

    `short`: places of the police that are missing; 0: one is free at its time and need only be added.
    """

    kind: MeetingKind
    day: date
    meeting: Unattended | None = None
    owed: tuple[Owed, ...] = ()
    short: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachForecast:
    """`first_day` to `last_day`: the weeks looked at; `quarter_ends_on`: how far conferences are looked at for police."""

    today: date
    first_day: date
    last_day: date
    quarter_ends_on: date
    obligations: tuple[ObligationAtRisk, ...]
    weeks: tuple[WeekShort, ...]
    without_police: tuple[WithoutPolice, ...]


def foresee(problem: Problem, last_day: date, quarter_ends_on: date, unattended: Sequence[Unattended]) -> BreachForecast:
    """What lies ahead to `last_day`, if nothing is booked, moved or called off; the problem holds what is owed until then, and to the
    end of the quarter."""
    board = Board(problem)
    sought = [_Sought.of(board, wanted) for wanted in gather(problem)]
    chairless = [owed for owed in problem.owed if problem.subjects[owed.child_id].chair_for(owed) is None]
    bare = Board(_unbooked(problem))
    due = [each for each in sought if each.last_day <= last_day and each.slots() < ENOUGH]
    at_risk = [row for each in due for row in _obligations_at_risk(problem, board, bare, each)]
    at_risk += [_without_chair(problem, bare, board, owed) for owed in chairless if last_in_time((owed,)) <= last_day]
    return BreachForecast(
        today=problem.today,
        first_day=problem.today + timedelta(days=1),
        last_day=last_day,
        quarter_ends_on=quarter_ends_on,
        obligations=tuple(sorted(at_risk, key=lambda each: (each.last_day, each.slots, each.reference, each.owed.kind))),
        weeks=weeks_short(problem, [(each, last_in_time(each.items)) for each in gather_all(problem)], last_day),
        without_police=tuple(
            sorted(
                (*_stand_without_police(board, unattended), *_never_with_police(sought, quarter_ends_on)),
                key=lambda each: (each.day, each.message, each.kind),
            )
        ),
    )


def last_in_time(items: Iterable[Owed]) -> date:
    """The last day on which a meeting for all of these needs no manager's reason."""
    return min(rules.last_day(item.kind, item) for item in items)


def slots_of(starts: int, apart: int) -> int:
    """How many meetings could begin at these starts one after the other, each `apart` units after the one before at least."""
    found = 0
    while starts:
        at = (starts & -starts).bit_length() - 1
        starts = starts >> (at + apart) << (at + apart)
        found += 1
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sought:
    """One meeting to be booked: the starts of each of its days at which what it needs is free, by kind of resource."""

    wanted: Wanted
    last_day: date
    days: range
    apart: int
    free: Mapping[ResourceKind, tuple[int, ...]]

    @classmethod
    def of(cls, board: Board, wanted: Wanted) -> _Sought:
        last = last_in_time(wanted.items)
        days = _days(board, replace(wanted, latest_on=last))
        chair = board.footprint(ResourceKind.IRO, wanted.needs)
        return cls(
            wanted=wanted,
            last_day=last,
            days=days,
            apart=chair.blocked_until - chair.blocked_from,
            free={kind: tuple(starts_of(board, wanted, kind, day) for day in days) for kind in wanted.needs.kinds},
        )

    def slots(self, *, without: ResourceKind | None = None) -> int:
        """Bookable times left; `without`: if there were always enough of that resource."""
        masks = [free for kind, free in self.free.items() if kind is not without]
        return sum(slots_of(reduce(and_, starts, FULL), self.apart) for starts in zip(*masks, strict=True)) if masks else 0

    def ever(self, kind: ResourceKind) -> bool:
        return any(self.free[kind])


def _days(board: Board, wanted: Wanted) -> range:
    """The days from its first useful one to its last in time, less those before its clock has begun."""
    span = span_of_days(board, wanted)
    begun = max(each.not_before_on or each.triggered_on + timedelta(days=1) for each in wanted.items)
    return range(max(span.first, bisect_left(board.days, begun)), span.last + 1)


def starts_of(board: Board, wanted: Wanted, kind: ResourceKind, day: int) -> int:
    """The starts of a day, within the hours of the kind of meeting, at which this resource is free for it."""
    needs = wanted.needs
    if kind is ResourceKind.IRO:
        return board.chair_starts(wanted, day)
    found = {
        ResourceKind.ROOM: board.room_starts,
        ResourceKind.NOTE_TAKER: board.note_taker_starts,
        ResourceKind.POLICE: board.police_starts,
    }[kind](needs, day)
    return found & board.hours(needs, day)


def _unbooked(problem: Problem) -> Problem:
    """The same unit with nothing in its diary."""
    return replace(
        problem,
        chairs=tuple(replace(each, busy=()) for each in problem.chairs),
        rooms=tuple(replace(each, busy=()) for each in problem.rooms),
        note_takers=tuple(replace(each, busy=(), written={}) for each in problem.note_takers),
        police=tuple(replace(each, busy=()) for each in problem.police),
    )


# ---------------------------------------------------------------------------------------------------- duties at risk


def _obligations_at_risk(problem: Problem, board: Board, bare: Board, sought: _Sought) -> Iterator[ObligationAtRisk]:
    """Of siblings who would sit together, one whose own days go on for longer is only at risk if it has hardly a time by itself."""
    for owed in sought.wanted.items:
        own = sought
        if last_in_time((owed,)) > sought.last_day:
            own = _Sought.of(board, want(problem, (owed,), sought.wanted.chair_id))
        slots = own.slots()
        if slots < ENOUGH:
            shortages = tuple(_shortages(problem, board, bare, own))
            yield _at_risk(problem, owed, own.last_day, slots, shortages)


def _without_chair(problem: Problem, bare: Board, board: Board, owed: Owed) -> ObligationAtRisk:
    (blocker,) = blockers_of_chairless(Boards(problem=problem, bare=bare, full=board), owed)
    if owed.kind is MeetingKind.FOSTER_HOME_REVIEW and blocker.code is BlockerCode.NO_CHAIR:
        blocker = Blocker(code=blocker.code, message="nobody is named who reviews this home", resource=ResourceKind.IRO)
    anybody = _Sought.of(board, want(problem, (owed,), NOBODY))
    return _at_risk(problem, owed, anybody.last_day, 0, (Shortage(blocker=blocker, slots_if_free=anybody.slots()),))


def _at_risk(problem: Problem, owed: Owed, last_day: date, slots: int, shortages: tuple[Shortage, ...]) -> ObligationAtRisk:
    reference = problem.subjects[owed.child_id].reference
    return ObligationAtRisk(owed=owed, reference=reference, last_day=last_day, slots=slots, short=ENOUGH - slots, shortages=shortages)


def _shortages(problem: Problem, board: Board, bare: Board, sought: _Sought) -> Iterator[Shortage]:
    wanted, slots = sought.wanted, sought.slots()
    if not sought.days:
        message = f"no working day in time is left: the last was {sought.last_day.isoformat()}"
        yield Shortage(blocker=Blocker(code=BlockerCode.WINDOW_CLOSED, message=message), slots_if_free=0)
        return
    if not any(board.hours(wanted.needs, day) for day in sought.days):
        blocker = Blocker(code=BlockerCode.OUTSIDE_HOURS, message="the meeting is longer than the hours of its kind")
        yield Shortage(blocker=blocker, slots_if_free=0)
        return
    helped = {kind: sought.slots(without=kind) for kind in sought.free}
    # where no resource alone is at fault, each that has hardly a time of its own is; else all of them: never free at one time
    short = [kind for kind in helped if helped[kind] > slots]
    short = short or [kind for kind in helped if _hardly(sought.free[kind], sought.apart)] or list(helped)
    codes = {chair.id: chair.code for chair in problem.chairs}
    for kind in sorted(short, key=lambda each: -helped[each]):
        unbooked = tuple(starts_of(bare, wanted, kind, day) for day in sought.days)
        busy = replace(sought, free={**sought.free, kind: unbooked}).slots() > slots or not _hardly(unbooked, sought.apart)
        code, message = (BUSY if busy else ABSENT)[kind][0], _SHORT[kind][busy]
        if kind is ResourceKind.NOTE_TAKER and _write_up_alone(board, sought):
            code, message = BlockerCode.WRITE_UP_FULL, "the note-takers have as much to write up as they can"
        named = codes.get(wanted.chair_id) if kind is ResourceKind.IRO else None
        blocker = Blocker(code=code, message=message, resource=kind, resource_code=named)
        yield Shortage(blocker=blocker, slots_if_free=helped[kind])


def _write_up_alone(board: Board, sought: _Sought) -> bool:
    """Whether more note-takers would help no further than time for the write-up would."""
    taker, needs = ResourceKind.NOTE_TAKER, sought.wanted.needs
    free = tuple(board.note_taker_starts_but_for_write_up(needs, day) & board.hours(needs, day) for day in sought.days)
    found = replace(sought, free={**sought.free, taker: free}).slots()
    return found > sought.slots() and found >= min(ENOUGH, sought.slots(without=taker))


def _hardly(free: Iterable[int], apart: int) -> bool:
    return sum(slots_of(starts, apart) for starts in free) < ENOUGH


_SHORT = {
    ResourceKind.IRO: ("the chair is too seldom at work on its days", "the chair has other meetings"),
    ResourceKind.ROOM: ("too seldom is a room that suits open on its days", "the rooms that suit are taken"),
    ResourceKind.NOTE_TAKER: ("too seldom is a note-taker at work on its days", "the note-takers have other meetings"),
    ResourceKind.POLICE: ("the police are too seldom on duty on its days", "the police attend other conferences"),
}
"""Why a resource is short: by its own working time, or by what stands in the diary."""


# ---------------------------------------------------------------------------------------------------- without police


def _stand_without_police(board: Board, unattended: Sequence[Unattended]) -> Iterator[WithoutPolice]:
    for each in unattended:
        free = all(_police_free(board, each.kind, starts_at, minutes) for starts_at, minutes in each.sittings)
        why = f"stands without police ({each.waived})" if each.waived else "has lost its police"
        then = "a place is free at its time: add it" if free else "every place is taken or off duty at its time"
        yield WithoutPolice(kind=each.kind, day=civil_day(each.starts_at), meeting=each, short=0 if free else 1, message=f"{why}; {then}")


def _police_free(board: Board, kind: MeetingKind, starts_at: datetime, minutes: int) -> bool:
    shape = needs_of(kind, children=1, first=False, settings=board.problem.settings)
    day = board.calendar.index.get(civil_day(starts_at))
    if day is None:
        return False
    starts = board.police_starts(replace(shape, minutes=minutes), day)
    return bool(starts >> int(board.calendar.unit(day, starts_at)) & 1)


def _never_with_police(sought: Sequence[_Sought], until: date) -> Iterator[WithoutPolice]:
    for each in sought:
        if not each.wanted.needs.police or each.last_day > until or not each.days or each.slots():
            continue
        without = each.slots(without=ResourceKind.POLICE)
        if without or not each.ever(ResourceKind.POLICE):
            times = f"{without} time{'' if without == 1 else 's'} without them"
            message = f"is not booked: no time with police until {each.last_day.isoformat()}, {times}"
            yield WithoutPolice(kind=each.wanted.kind, day=each.last_day, owed=each.wanted.items, short=1, message=message)

"""Times at which everything that a meeting needs is free, ranked; or why there is none. Pure: diaries in, options out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.booking.needs import MeetingNeeds, span_of
from services.booking.police import most_at_once
from services.kernel.errors import Blocker
from services.kernel.window import TimeWindow, civil_day, local_instant
from services.kernel.words import BlockerCode, ResourceKind

START_EVERY = timedelta(minutes=15)
NOTICE = 5
"""Working days that families and agencies should have."""
SCARCE = 3
"""Days in time with a free slot: where there are fewer, whoever books is warned."""
SLACK = 3
"""Working days to keep before the last one, so that an illness does not make a breach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """When a resource is at work and when it is blocked. Of a police team: of one of its places."""

    id: UUID
    code: str
    at_work: Mapping[date, Sequence[TimeWindow]]
    busy: Mapping[date, Sequence[TimeWindow]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A police team with its places that may be dealt."""

    id: UUID
    code: str
    places: tuple[Diary, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotProblem:
    """Where to look: days in order, hours by the clock on the wall, and who and what there is. Only rooms that suit are given.

    `last_in_time` is the last day that needs no manager's reason. `chaired_a_day`: more meetings a day are too much for a chair.
    """

    needs: MeetingNeeds
    days: tuple[date, ...]
    hours: tuple[time, time]
    today: date
    last_in_time: date
    chair: Diary
    rooms: tuple[Diary, ...] = ()
    note_takers: tuple[Diary, ...] = ()
    teams: tuple[Team, ...] = ()
    chaired_a_day: int = 3
    working_days_between: Callable[[date, date], int] = field(default=lambda first, last: (last - first).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOption:
    """A time with who and what is free then. `reasons`: one line a preference met or missed."""

    starts_at: datetime
    ends_at: datetime
    chair_id: UUID
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    in_timescale: bool
    reasons: tuple[str, ...]


class _Reach(NamedTuple):
    """What a resource gives around a meeting: how long before its start and after its end."""

    blocked: tuple[timedelta, timedelta]
    attended: tuple[timedelta, timedelta]


def find_slots(problem: SlotProblem, first: int) -> tuple[SlotOption, ...]:
    """Up to `first` options, the best first: in time, with notice, not too much for the chair, then the earliest.

    A morning and an afternoon a day come before a second of the same half-day. Where hardly any day in time is left, each option
    says so. Empty: see `find_blockers`.
    """
    found = _warned([option for start in _starts(problem) if (option := _option(problem, start)) is not None])
    ranked = sorted(found, key=lambda each: (_rank(problem, each), each.starts_at))
    seen: set[tuple[date, bool]] = set()
    leading: list[SlotOption] = []
    rest: list[SlotOption] = []
    for option in ranked:
        half = civil_day(option.starts_at), option.starts_at >= local_instant(civil_day(option.starts_at), time(12))
        (rest if half in seen else leading).append(option)
        seen.add(half)
    chosen = [*leading, *rest][:first]
    return tuple(sorted(chosen, key=lambda each: (_rank(problem, each), each.starts_at)))


def _warned(found: list[SlotOption]) -> list[SlotOption]:
    """With a warning in each where fewer than three days in time have a free slot: bank holidays shrink a window."""
    days = {civil_day(option.starts_at) for option in found if option.in_timescale}
    if not 0 < len(days) < SCARCE:
        return found
    warning = f"only {len(days)} day{'s' if len(days) > 1 else ''} in time left with a free slot"
    return [replace(option, reasons=(*option.reasons, warning)) for option in found]


def find_blockers(problem: SlotProblem, unsuitable: Collection[Blocker] = ()) -> tuple[Blocker, ...]:
    """Why there is no option: each kind of resource at fault, and where it alone is, when the meeting would fit without it.

    `unsuitable`: why rooms that exist do not suit; told where no room does.
    """
    if not problem.days:
        return (Blocker(code=BlockerCode.WINDOW_CLOSED, message="no day is left on which such a meeting may be held"),)
    starts = list(_starts(problem))
    if not starts:
        return (Blocker(code=BlockerCode.OUTSIDE_HOURS, message="the meeting is longer than the hours of its kind"),)
    fits = {kind: {start for start in starts if _free(problem, kind, start)} for kind in problem.needs.kinds}
    alone = {kind: [start for start in starts if _fits_beside(fits, kind, start)] for kind in fits}
    at_fault = [kind for kind in fits if not fits[kind]] or [kind for kind in fits if alone[kind]] or list(fits)
    blockers: list[Blocker] = []
    for kind in at_fault:
        if kind is ResourceKind.ROOM and not problem.rooms and unsuitable:
            blockers.extend(unsuitable)
        else:
            blockers.append(_blocker(problem, kind, starts, alone[kind]))
    return tuple(blockers)


def _fits_beside(fits: Mapping[ResourceKind, Collection[datetime]], kind: ResourceKind, start: datetime) -> bool:
    """Whether everything but `kind` is free then."""
    return all(start in free for other, free in fits.items() if other is not kind)


def _starts(problem: SlotProblem) -> Iterator[datetime]:
    length = timedelta(minutes=problem.needs.minutes)
    opens, closes = problem.hours
    for day in problem.days:
        start, end = local_instant(day, opens), local_instant(day, closes)
        while start + length <= end:
            yield start
            start += START_EVERY


@lru_cache(maxsize=256)
def _reach(needs: MeetingNeeds, kind: ResourceKind) -> _Reach:
    noon = local_instant(date(2026, 1, 5), time(12))
    meeting = TimeWindow(noon, noon + timedelta(minutes=needs.minutes))
    span = span_of(kind, needs, meeting)
    return _Reach(
        (meeting.start - span.blocked.start, span.blocked.end - meeting.end),
        (meeting.start - span.attended.start, span.attended.end - meeting.end),
    )


def _windows(problem: SlotProblem, kind: ResourceKind, start: datetime) -> tuple[TimeWindow, TimeWindow]:
    """Blocked and attended span of a meeting at `start`."""
    reach, end = _reach(problem.needs, kind), start + timedelta(minutes=problem.needs.minutes)
    blocked, attended = reach
    return TimeWindow(start - blocked[0], end + blocked[1]), TimeWindow(start - attended[0], end + attended[1])


def _at_work(diary: Diary, day: date, attended: TimeWindow) -> bool:
    return any(window.contains(attended) for window in diary.at_work.get(day, ()))


def _is_free(diary: Diary, day: date, blocked: TimeWindow, attended: TimeWindow) -> bool:
    return _at_work(diary, day, attended) and not any(window.overlaps(blocked) for window in diary.busy.get(day, ()))


def _free(problem: SlotProblem, kind: ResourceKind, start: datetime) -> UUID | None:
    """Who or what of that kind is free for a meeting at `start`: the first room, the note-taker with the emptiest day."""
    day = civil_day(start)
    blocked, attended = _windows(problem, kind, start)
    if kind is ResourceKind.POLICE:
        return next((team.id for team in problem.teams if _has_place(team, day, attended)), None)
    free = (each for each in _diaries(problem, kind) if _is_free(each, day, blocked, attended))
    if kind is ResourceKind.NOTE_TAKER:
        emptiest = min(free, key=lambda each: len(each.busy.get(day, ())), default=None)
        return None if emptiest is None else emptiest.id
    return next((each.id for each in free), None)


def _diaries(problem: SlotProblem, kind: ResourceKind) -> tuple[Diary, ...]:
    if kind is ResourceKind.IRO:
        return (problem.chair,)
    if kind is ResourceKind.ROOM:
        return problem.rooms
    if kind is ResourceKind.NOTE_TAKER:
        return problem.note_takers
    return tuple(place for team in problem.teams for place in team.places)


def _has_place(team: Team, day: date, attended: TimeWindow) -> bool:
    on_duty = sum(_at_work(place, day, attended) for place in team.places)
    busy = [window for place in team.places for window in place.busy.get(day, ())]
    return most_at_once(busy, attended) < on_duty


def _option(problem: SlotProblem, start: datetime) -> SlotOption | None:
    found: dict[ResourceKind, UUID] = {}
    for kind in problem.needs.kinds:
        free = _free(problem, kind, start)
        if free is None:
            return None
        found[kind] = free
    return SlotOption(
        starts_at=start,
        ends_at=start + timedelta(minutes=problem.needs.minutes),
        chair_id=problem.chair.id,
        room_id=found.get(ResourceKind.ROOM),
        note_taker_id=found.get(ResourceKind.NOTE_TAKER),
        police_team_id=found.get(ResourceKind.POLICE),
        in_timescale=civil_day(start) <= problem.last_in_time,
        reasons=_reasons(problem, civil_day(start)),
    )


def _notice(problem: SlotProblem, day: date) -> int:
    return problem.working_days_between(problem.today, day)


def _slack(problem: SlotProblem, day: date) -> int:
    return problem.working_days_between(day, problem.last_in_time)


def _chaired(problem: SlotProblem, day: date) -> int:
    return len(problem.chair.busy.get(day, ()))


def _rank(problem: SlotProblem, option: SlotOption) -> tuple[bool, bool, bool, bool]:
    day = civil_day(option.starts_at)
    return (
        not option.in_timescale,
        _notice(problem, day) < NOTICE,
        _chaired(problem, day) >= problem.chaired_a_day,
        _slack(problem, day) < SLACK,
    )


def _reasons(problem: SlotProblem, day: date) -> tuple[str, ...]:
    notice, slack, chaired = _notice(problem, day), _slack(problem, day), _chaired(problem, day)
    in_time = f"{slack} working days before the last day in time" if slack >= 0 else f"{-slack} working days after the last day in time"
    return (
        in_time if slack else "the last day in time",
        f"{notice} working days' notice" + ("" if notice >= NOTICE else f", fewer than {NOTICE}"),
        f"the chair has {chaired or 'no'} other meeting{'s' if chaired > 1 else ''} that day",
    )


ABSENT = {
    ResourceKind.IRO: (BlockerCode.CHAIR_ABSENT, "the chair is not at work at any such time"),
    ResourceKind.ROOM: (BlockerCode.NO_ROOM, "no room that suits is open at any such time"),
    ResourceKind.NOTE_TAKER: (BlockerCode.NO_NOTE_TAKER, "no note-taker is at work at any such time"),
    ResourceKind.POLICE: (BlockerCode.POLICE_OFF_DUTY, "no police team is on duty at any such time"),
}
BUSY = {
    ResourceKind.IRO: (BlockerCode.CHAIR_BUSY, "the chair has other meetings"),
    ResourceKind.ROOM: (BlockerCode.ROOM_BUSY, "every room that suits is taken"),
    ResourceKind.NOTE_TAKER: (BlockerCode.NOTE_TAKER_BUSY, "every note-taker has other meetings"),
    ResourceKind.POLICE: (BlockerCode.POLICE_AT_CAPACITY, "the police attend as many conferences as they can"),
}
_WITHOUT = {
    ResourceKind.IRO: "the chair were free",
    ResourceKind.ROOM: "a room were free",
    ResourceKind.NOTE_TAKER: "a note-taker were free",
    ResourceKind.POLICE: "no police attended",
}


def _blocker(problem: SlotProblem, kind: ResourceKind, starts: Sequence[datetime], alone: Sequence[datetime]) -> Blocker:
    there = _diaries(problem, kind)
    spans = [(civil_day(start), _windows(problem, kind, start)[1]) for start in starts]
    ever = any(_at_work(each, day, attended) for each in there for day, attended in spans)
    code, message = (BUSY if ever else ABSENT)[kind]
    return Blocker(
        code=code,
        message=message,
        resource=kind,
        resource_code=problem.chair.code if kind is ResourceKind.IRO else None,
        would_fit_if=f"{_WITHOUT[kind]} at {alone[0].isoformat()}" if alone else None,
    )

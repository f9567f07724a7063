"""Why there is no time for a meeting: each resource at fault, and under what it would fit, tried on the same diaries. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import TypeAlias

from services.booking.bits import starts_in
from services.booking.diaries import Diary, SlotProblem
from services.booking.openings import Openings
from services.kernel.errors import Blocker
from services.kernel.window import LONDON, local_instant
from services.kernel.words import BlockerCode, ResourceKind

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
_Fits: TypeAlias = Mapping[ResourceKind, int]
"""By kind the starts at which one of it is free."""
Unsuitable = Sequence[tuple[Diary, Blocker]]
"""Rooms that do not suit such a meeting, each with why."""


def find_blockers(problem: SlotProblem, unsuitable: Unsuitable = ()) -> tuple[Blocker, ...]:
    """Why there is no option as asked: each kind of resource at fault, with what would have to be otherwise, and when it would fit
    then. Where no room suits, why each does not."""
    if not problem.days:
        return (Blocker(code=BlockerCode.WINDOW_CLOSED, message="no day is left on which such a meeting may be held"),)
    openings = Openings(problem)
    if not openings.hours(problem.needs):
        return (_too_long(problem),)
    fits = {kind: _starts(openings, kind) for kind in problem.needs.kinds}
    alone = [kind for kind in fits if _time(openings, fits, {kind}) is not None]
    at_fault = [kind for kind in fits if not fits[kind]] or alone or list(fits)
    found: list[Blocker] = []
    for kind in at_fault:
        if kind is ResourceKind.ROOM and not problem.rooms and unsuitable:
            found.extend(_each_unsuitable(problem, unsuitable))
        else:
            written = _write_up(openings, fits) if kind is ResourceKind.NOTE_TAKER else None
            found.append(written or _blocker(openings, kind, _would_fit(openings, fits, kind)))
    return tuple(found)


def _write_up(openings: Openings, fits: _Fits) -> Blocker | None:
    """Of note-takers: where they are free, and only have too much to write up in these weeks; None: that is not it."""
    needs, taker = openings.problem.needs, ResourceKind.NOTE_TAKER
    free = reduce(or_, (openings.free_of(needs, taker, each) for each in openings.problem.note_takers), 0) & openings.hours(needs)
    if free == fits[taker] or (fits[taker] and _time(openings, {**fits, taker: free}, set()) is None):
        return None
    would = _would_fit(openings, {**fits, taker: free}, None, f"a note-taker could write {needs.write_up} minutes more in its week")
    message = f"no note-taker who is free has {needs.write_up} minutes left for the write-up in the week of any such time"
    return Blocker(code=BlockerCode.WRITE_UP_FULL, message=message, resource=taker, would_fit_if=would)


def fits_with(openings: Openings, officer: Diary) -> str | None:
    """The first time at which all is free with this officer in the chair; None: there is none."""
    return _first(openings, openings.starts(openings.problem.needs, officer))


def _starts(openings: Openings, kind: ResourceKind) -> int:
    needs = openings.problem.needs
    if kind is ResourceKind.IRO:
        return openings.chair_starts(needs, openings.problem.chair)
    return openings.shared_starts(needs, kind) & openings.hours(needs)


def _time(openings: Openings, fits: _Fits, but: set[ResourceKind]) -> str | None:
    """The first time at which everything is free but those of these kinds."""
    hours = openings.hours(openings.problem.needs)
    return _first(openings, reduce(and_, (free for kind, free in fits.items() if kind not in but), hours))


def _first(openings: Openings, starts: int) -> str | None:
    return openings.timeline.instant(next(starts_in(starts))).astimezone(LONDON).isoformat() if starts else None


def _would_fit(openings: Openings, fits: _Fits, kind: ResourceKind | None, first: str | None = None) -> str | None:
    """The fewest that would have to be free with it, and when it would fit then. `first`: what would have to be in any case."""
    but = set() if kind is None else {kind}
    words = [first] if first is not None else [_WITHOUT[each] for each in but]
    others = [each for each in fits if each is not (kind or ResourceKind.NOTE_TAKER)]
    for number in range(len(others) + 1):
        for beside in combinations(others, number):
            when = _time(openings, fits, {*but, *beside})
            if when is not None:
                return f"{' and '.join((*words, *(_WITHOUT[each] for each in beside)))} at {when}"
    return None


def _blocker(openings: Openings, kind: ResourceKind, would: str | None) -> Blocker:
    needs = openings.problem.needs
    ever = any(openings.at_work(needs, kind, each) & openings.hours(needs) for each in openings.of_kind(kind))
    code, message = (BUSY if ever else ABSENT)[kind]
    return Blocker(
        code=code,
        message=message,
        resource=kind,
        resource_code=openings.problem.chair.code if kind is ResourceKind.IRO else None,
        would_fit_if=would,
    )


def _each_unsuitable(problem: SlotProblem, unsuitable: Unsuitable) -> Iterator[Blocker]:
    for room, why in unsuitable:
        when = fits_with(Openings(replace(problem, rooms=(room,))), problem.chair)
        yield why if when is None else replace(why, would_fit_if=f"{room.code} suited, at {when}")


def _too_long(problem: SlotProblem) -> Blocker:
    """The meeting is longer than its hours; shorter it may fit."""
    day = problem.days[0]
    opens, closes = (local_instant(day, at) for at in problem.hours)
    most = int((closes - opens) / timedelta(minutes=1))
    shorter = replace(problem, needs=replace(problem.needs, minutes=most)) if most > 0 else None
    when = None if shorter is None else fits_with(Openings(shorter), shorter.chair)
    return Blocker(
        code=BlockerCode.OUTSIDE_HOURS,
        message="the meeting is longer than the hours of its kind",
        would_fit_if=None if when is None else f"it took {most} minutes, at {when}",
    )

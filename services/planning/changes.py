"""What becomes of meetings that stand, in words, and why one goes on lacking something, as coded blockers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from uuid import UUID

from services.booking.needs import span_of
from services.kernel.errors import Blocker
from services.kernel.window import LONDON, TimeWindow
from services.kernel.words import BlockerCode, ResourceKind
from services.planning.answer import Placed
from services.planning.following import is_entangled
from services.planning.goals import covers
from services.planning.problem import Booked, Problem
from services.planning.repairing import may_chair, near, wanted_of, why_fixed
from services.planning.suiting import suits
from services.planning.times import Times, at_work
from services.planning.writing import asked_by

_NOUNS = {
    ResourceKind.IRO: "chair",
    ResourceKind.ROOM: "room",
    ResourceKind.NOTE_TAKER: "note-taker",
    ResourceKind.POLICE: "place of the police",
}
_BUSY = {
    ResourceKind.IRO: BlockerCode.CHAIR_BUSY,
    ResourceKind.ROOM: BlockerCode.ROOM_BUSY,
    ResourceKind.NOTE_TAKER: BlockerCode.NOTE_TAKER_BUSY,
    ResourceKind.POLICE: BlockerCode.POLICE_AT_CAPACITY,
}
_ABSENT = {
    ResourceKind.IRO: BlockerCode.CHAIR_ABSENT,
    ResourceKind.ROOM: BlockerCode.NO_ROOM,
    ResourceKind.NOTE_TAKER: BlockerCode.NO_NOTE_TAKER,
    ResourceKind.POLICE: BlockerCode.POLICE_OFF_DUTY,
}


def reasons_of_change(problem: Problem, placed: Placed) -> Iterator[str]:
    """Why a meeting that stands is changed, and what it gives up."""
    booked = placed.wanted.booked
    assert booked is not None
    names = _codes(problem)
    if placed.moved:
        yield f"moved from {_when(booked.meeting)}: {_why_moved(placed, booked)}"
    elif not booked.lacks and not (booked.covered and not covers(placed)):
        yield "it lacks nothing: it makes room for another"
    for kind, chosen in placed.takes.items():
        if placed.moved or kind is ResourceKind.IRO:
            continue
        yield f"{names[chosen]} in the place of the {_NOUNS[kind]} that it lost" if kind in booked.lacks else f"{names[chosen]} instead"
    if ResourceKind.IRO in placed.takes:
        own = not covers(placed)
        yield f"{names[placed.wanted.chair_id]} chairs it" + (", the children's own officer" if own and booked.own_chairs else "")
    if covers(placed):
        yield f"{names[placed.wanted.chair_id]} only covers: the children keep their officer"
        fixed = why_fixed(problem, booked) if problem.may_move and not near(problem, booked.day) else None
        if fixed is not None:
            yield f"no other time for its own officer: {fixed}"
    if placed.moved and booked.venue is not None:
        yield "at its venue outside: ask there whether it is free then"
    gone = sorted((window.start, str(names[each]), _when(window)) for each, window in placed.gives_up if each in names)
    if gone:
        yield f"gives up {', '.join(f'{name} on {when}' for _, name, when in gone)}"


def _why_moved(placed: Placed, booked: Booked) -> str:
    if booked.lacks:
        return f"it lacks a {_listed(booked.lacks)} at its time"
    if booked.covered and not covers(placed):
        return "there another only covers"
    return "it makes room for another"


def blockers_of_lacking(
    problem: Problem, booked: Booked, missing: frozenset[ResourceKind], *, moved: Collection[UUID], elsewhere: bool
) -> tuple[Blocker, ...]:
    """Why a meeting that stands goes on lacking this: each resource at its own time, then why it has no other.

    `problem`: with all that the plan has changed. `moved`: the meetings that it has moved; `elsewhere`: whether there would be another
    time for this one.
    """
    times = Times(problem)
    return (
        *(_blocker(problem, times, booked, kind) for kind in ResourceKind if kind in missing),
        _not_elsewhere(problem, booked, moved=moved, over_limit=elsewhere and len(moved) >= problem.may_move),
    )


def _blocker(problem: Problem, times: Times, booked: Booked, kind: ResourceKind) -> Blocker:
    able = list(_able(problem, times, booked, kind))
    sittings = sorted((*booked.besides, booked.meeting))
    spans, when = [span_of(kind, booked.needs, each) for each in sittings], " and ".join(map(_when, sittings))
    then = any(all(at_work(windows, span.attended) for span in spans) for windows in able)
    code = (_BUSY if then else _ABSENT)[kind]
    if not able and kind is ResourceKind.IRO:
        code = BlockerCode.NO_CHAIR
    if kind is ResourceKind.NOTE_TAKER and any(all(times.free(each.id, span) for span in spans) for each in problem.note_takers):
        asked = " and ".join(str(minutes) for minutes in asked_by(booked.needs, sittings).values())
        message = f"at {when} no note-taker who is free has {asked} minutes left for the write-up in that week"
        return Blocker(code=BlockerCode.WRITE_UP_FULL, message=message, resource=kind)
    what = "is taken by another meeting" if then else "is to be had"
    quantity = "every" if then else "no"
    return Blocker(code=code, message=f"at {when} {quantity} {_NOUNS[kind]} that suits {what}", resource=kind)


def _able(problem: Problem, times: Times, booked: Booked, kind: ResourceKind) -> Iterator[tuple[TimeWindow, ...]]:
    if kind is ResourceKind.IRO:
        known = {each.id: each.available for each in problem.chairs}
        yield from (known[each] for each in may_chair(problem, booked, times) if each in known)
    elif kind is ResourceKind.ROOM:
        yield from (each.available for each in problem.rooms if suits(each, booked.needs))
    elif kind is ResourceKind.NOTE_TAKER:
        yield from (each.available for each in problem.note_takers)
    else:
        yield from (place for team in problem.police for place in team.places)


def _not_elsewhere(problem: Problem, booked: Booked, *, moved: Collection[UUID], over_limit: bool) -> Blocker:
    if near(problem, booked.day):
        return Blocker(
            code=BlockerCode.WINDOW_CLOSED,
            message=f"it is within {problem.frozen_days} working days, and not moved",
            would_fit_if="fewer days were frozen",
        )
    fixed = why_fixed(problem, booked)
    if fixed is not None:
        return Blocker(code=BlockerCode.UNAVAILABLE, message=fixed)
    if is_entangled(booked, moved):
        message = "a meeting that it follows, or that follows it, is moved: the next plan may move it"
        return Blocker(code=BlockerCode.UNAVAILABLE, message=message)
    if over_limit:
        return Blocker(
            code=BlockerCode.OVER_LIMIT, message="as many meetings as the plan may move are moved", would_fit_if="more might be moved"
        )
    last = wanted_of(problem, booked, booked.has.get(ResourceKind.IRO, booked.meeting_id)).latest_on
    return Blocker(code=BlockerCode.WINDOW_CLOSED, message=f"no other time up to {say(last)} has everything that it needs")


def _codes(problem: Problem) -> dict[object, str]:
    known: dict[object, str] = {each.id: each.code for each in (*problem.chairs, *problem.rooms, *problem.note_takers)}
    return known | {each.id: each.code for each in problem.police}


def _listed(kinds: frozenset[ResourceKind]) -> str:
    return " and a ".join(_NOUNS[kind] for kind in ResourceKind if kind in kinds)


def _when(window: TimeWindow) -> str:
    start = window.start.astimezone(LONDON)
    return f"{say(start.date())}, {start:%H:%M}"


def say(day: date) -> str:
    """A day as people write it."""
    return f"{day.day} {day:%B %Y}"

"""What a plan must keep: each rule judged on plain data, whoever made the plan.

The rules answer with breaches, none for a plan that may be stored. Spans come from `booking.needs`; nothing here knows how plans
are searched. What a meeting that stands holds already is not judged again: it was when it was booked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from services.booking.needs import Span, span_of
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.keeping import Breach, booked_stay, changed_once, followers_stay_legal, lacking_is_had_or_named, may_chair_it
from services.planning.problem import Owed, Problem, Resource
from services.planning.writing import after


def judge(problem: Problem, answer: Answer) -> tuple[Breach, ...]:
    """Every breach of a hard rule; empty for an answer that may be stored."""
    return tuple(breach for rule in HARD for breach in rule(problem, answer))


def no_two_places(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Nobody and no room is in two places: blocked spans of one resource never overlap, with what stands included."""
    known = {each.id: each for each in _resources(problem)}
    taken: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    for resource in known.values():
        taken[resource.id] += resource.busy
    for placed in answer.placed:
        for resource_id, window in placed.gives_up:
            if window in taken.get(resource_id, ()):
                taken[resource_id].remove(window)
    for placed in answer.placed:
        for resource_id, span in _spans(placed):
            taken[resource_id].append(span.blocked)
    for resource_id, windows in taken.items():
        windows.sort()
        for one, other in pairwise(windows):
            if one.overlaps(other):
                yield Breach(rule="no_two_places", message=f"{known[resource_id].code} is held twice at {other.start.isoformat()}")


def within_availability(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Chair, room and note-taker are at work for the part that each attends."""
    known = {each.id: _joined(each.available) for each in _resources(problem)}
    for placed in answer.placed:
        for resource_id, span in _spans(placed):
            if not _inside(span.attended, known.get(resource_id, [])):
                yield Breach(rule="within_availability", message=f"{resource_id} is not at work at {span.attended.start.isoformat()}")


def room_fits(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """A meeting in the unit has a room with the seats and features that it needs, and a note-taker where it has one."""
    rooms = {each.id: each for each in problem.rooms}
    for placed in answer.placed:
        needs = placed.wanted.needs
        if placed.in_place and ResourceKind.ROOM not in placed.takes:
            continue
        if not placed.in_place and needs.note_taker != (placed.note_taker_id is not None):
            yield Breach(rule="room_fits", message=f"{placed.wanted.kind} on {placed.day} has the wrong number of note-takers")
        if not needs.room:
            continue
        room = rooms.get(placed.room_id) if placed.room_id else None
        if room is None or room.seats < needs.shape.seats or not room.features >= needs.room_features:
            yield Breach(rule="room_fits", message=f"{placed.wanted.kind} on {placed.day} has no room that suits")


def write_up_capacity(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """No note-taker gets more to write up in a week, from Monday to Sunday, than she can do beside what stands."""
    codes = {each.id: each.code for each in problem.note_takers}
    for (note_taker, monday), writing in after(problem.note_takers, answer.placed).items():
        if writing.most is not None and writing.minutes > writing.most:
            message = f"{codes.get(note_taker)} has {writing.minutes} minutes to write up in the week of {monday}, more than {writing.most}"
            yield Breach(rule="write_up_capacity", message=message)


def police_capacity(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """At no instant does a team attend more conferences than it has places on duty."""
    attended, standing = _attendances(problem, answer)
    for team in problem.police:
        changes: list[tuple[datetime, int, int]] = []
        for window in (*attended[team.id], *standing[team.id]):
            changes += [(window.start, 1, 1), (window.end, 0, -1)]
        for place in team.places:
            for free in place:
                changes += [(free.start, 0, -1), (free.end, 1, 1)]
        load = 0
        for instant, _, change in sorted(changes):
            load += change
            if load > 0 and change > 0 and _counts(instant, attended[team.id]):
                yield Breach(rule="police_capacity", message=f"{team.code} is beyond its places at {instant.isoformat()}")


def _attendances(problem: Problem, answer: Answer) -> tuple[dict[UUID, list[TimeWindow]], dict[UUID, list[TimeWindow]]]:
    """By team: what the plan adds, and what goes on to stand."""
    attended: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    standing = {team.id: list(team.busy) for team in problem.police}
    for placed in answer.placed:
        for resource_id, gone in placed.gives_up:
            if gone in standing.get(resource_id, ()):
                standing[resource_id].remove(gone)
        team_id = placed.takes.get(ResourceKind.POLICE)
        if team_id is not None:
            attended[team_id] += [span_of(ResourceKind.POLICE, placed.wanted.needs, window).attended for window in placed.windows]
    return attended, standing


def police_attend(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Police come to every conference that expects them; where they do not, it says why, and the conference is in time:
    attendance yields to the law's day alone."""
    for placed in answer.placed:
        expects = placed.wanted.needs.police and not placed.in_place
        if expects and placed.police_team_id is None and placed.police_waived is None:
            yield Breach(rule="police_attend", message=f"{placed.wanted.kind} on {placed.day} has no police and no reason")
        if placed.police_waived is not None and (placed.police_team_id is not None or placed.days_late):
            yield Breach(rule="police_attend", message=f"{placed.wanted.kind} on {placed.day} waives police without need")


def chair_is_allocated_iro(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """The chair is the officer to whom every child of the meeting is allocated, and may chair for each of them."""
    for placed in answer.placed:
        for item in placed.wanted.items if placed.wanted.booked is None else ():
            subject = problem.subjects[item.child_id]
            if subject.chair_for(item) != placed.wanted.chair_id:
                yield Breach(rule="chair_is_allocated_iro", message=f"the chair on {placed.day} is not the officer of every child")


def within_hours(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Meetings keep the hours of their kind, on days of the plan that are still to come; conferences on working days."""
    days = frozenset(problem.days)
    for placed in _timed(answer):
        opens, closes = problem.settings.hours(placed.wanted.kind)
        hours = TimeWindow(local_instant(placed.day, opens), local_instant(placed.day, closes))
        closed = placed.day not in days or (placed.wanted.kind.is_conference and placed.day in problem.offered)
        if closed or not hours.contains(placed.meeting):
            yield Breach(rule="within_hours", message=f"{placed.wanted.kind} at {placed.meeting.start.isoformat()} is out of hours")


def clocks_begun(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Nothing is met before its clock has begun, or before the first day that its rule allows: it would not discharge the duty."""
    for placed in _timed(answer):
        if any(item.triggered_on >= placed.day for item in placed.wanted.items):
            yield Breach(rule="clocks_begun", message=f"{placed.wanted.kind} on {placed.day} comes before its day 0 is over")
        if any(item.not_before_on is not None and placed.day < item.not_before_on for item in placed.wanted.items):
            yield Breach(rule="clocks_begun", message=f"{placed.wanted.kind} on {placed.day} comes before the first day allowed")


def lengths_kept(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """A meeting lasts as long as its kind and its children need."""
    for placed in answer.placed:
        if placed.meeting.duration != timedelta(minutes=placed.wanted.needs.minutes):
            yield Breach(rule="lengths_kept", message=f"{placed.wanted.kind} on {placed.day} has the wrong length")


def each_owed_once(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Everything owed is placed or accounted for, and nothing twice."""
    seen: defaultdict[object, int] = defaultdict(int)
    for owed in _accounted(answer):
        seen[owed] += 1
    for owed_once in problem.owed:
        if owed_once.key not in seen:
            yield Breach(rule="each_owed_once", message=f"{owed_once.kind} due {owed_once.book_by_on} is forgotten")
    yield from (Breach(rule="each_owed_once", message=f"{key} is there {number} times") for key, number in seen.items() if number > 1)


def chain_followed(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """What a placed meeting makes due within the span is owed with the day that its own day sets."""
    known = {item.key: item for each in answer.placed for item in each.wanted.items}
    known |= {item.key: item for each in answer.missed for item in each.items} | {item.key: item for item in answer.unplaced}
    for placed in _timed(answer):
        for due in _makes_due(problem, placed):
            if due is None or due.book_by_on > problem.last_day or not problem.wants(due.kind):
                continue
            found = known.get(due.key)
            if found is None or found.book_by_on != due.book_by_on:
                yield Breach(rule="chain_followed", message=f"{due.kind} that follows {placed.day} is not owed by {due.book_by_on}")


def _makes_due(problem: Problem, placed: Placed) -> Iterator[Owed | None]:
    """For each child what the meeting makes due on its day, but for what stands already; what was adjourned made it by its first day."""
    booked = placed.wanted.booked
    if booked is None:
        yield from (problem.chain.after(item.child_id, (*item.behind, (item.kind, placed.day))) for item in placed.wanted.items)
    elif booked.begun_on is None:
        followed = {each.child_id for each in booked.followers}
        for item in booked.items:
            if item.child_id not in followed:
                yield problem.chain.instead(item.child_id, item.kind, booked.day, placed.day)


HARD = (
    no_two_places,
    within_availability,
    room_fits,
    write_up_capacity,
    police_capacity,
    police_attend,
    chair_is_allocated_iro,
    within_hours,
    clocks_begun,
    lengths_kept,
    each_owed_once,
    chain_followed,
    booked_stay,
    followers_stay_legal,
    changed_once,
    may_chair_it,
    lacking_is_had_or_named,
)


def _resources(problem: Problem) -> tuple[Resource, ...]:
    return (*problem.chairs, *problem.rooms, *problem.note_takers)


def _spans(placed: Placed) -> Iterator[tuple[UUID, Span]]:
    """What it takes of chair, room and note-taker that it does not hold already."""
    for kind, resource_id in placed.takes.items():
        if kind is not ResourceKind.POLICE:
            yield from ((resource_id, span_of(kind, placed.wanted.needs, window)) for window in placed.windows)


def _timed(answer: Answer) -> Iterator[Placed]:
    """The placements for which the plan has chosen the time."""
    return (each for each in answer.placed if not each.in_place)


def _joined(windows: Iterable[TimeWindow]) -> list[TimeWindow]:
    """Windows that touch are one stretch of work."""
    joined: list[TimeWindow] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = TimeWindow(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return joined


def _inside(window: TimeWindow, stretches: list[TimeWindow]) -> bool:
    before = bisect_right(stretches, window.start, key=lambda stretch: stretch.start)
    return before > 0 and stretches[before - 1].contains(window)


def _counts(instant: datetime, attended: list[TimeWindow]) -> bool:
    """Whether a planned attendance runs at that instant: what stands beyond duty time is not the plan's doing."""
    return any(window.start <= instant < window.end for window in attended)


def _accounted(answer: Answer) -> Iterator[object]:
    for placed in answer.placed:
        yield from (item.key for item in placed.wanted.items)
    for wanted in answer.missed:
        yield from (item.key for item in wanted.items)
    yield from (owed.key for owed in answer.unplaced)

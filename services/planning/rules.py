"""What a plan must keep, and what makes one plan better than another: each rule judged on plain data, whoever made the plan.

The hard rules answer with breaches, none for a plan that may be stored. The score is compared part by part, in the order of
its fields. Spans come from `booking.needs`; nothing here knows how plans are searched.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from services.booking.needs import Span, span_of
from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import ResourceKind
from services.planning.problem import Answer, Placed, Problem, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A rule that a plan breaks, and where."""

    rule: str
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Score:
    """Less is better, the first part that differs decides."""

    late: int
    """meetings out of time, with those that found no place at all"""
    days_late: int
    """calendar days, of all late meetings together"""
    police_waived: int
    """conferences without the police whom they expect"""
    chaired_beyond: int
    """meetings beyond the most that one chair should have on a day"""
    short_notice: int
    """meetings within the days of notice"""
    slack_missing: int
    """working days of slack that are missing before book-by days"""
    too_early: int
    """reviews before the preferred share of their interval"""


def judge(problem: Problem, answer: Answer) -> tuple[Breach, ...]:
    """Every breach of a hard rule; empty for an answer that may be stored."""
    return tuple(breach for rule in HARD for breach in rule(problem, answer))


def score(problem: Problem, answer: Answer) -> Score:
    """How good the plan is, apart from being allowed."""
    late = [each.days_late for each in answer.placed if each.days_late]
    notice = problem.days[: problem.policy.notice_days]
    return Score(
        late=answer.late,
        days_late=sum(late),
        police_waived=sum(1 for each in answer.placed if each.police_waived is not None),
        chaired_beyond=_chaired_beyond(problem, answer),
        short_notice=sum(1 for each in answer.placed if each.day in notice),
        slack_missing=sum(max(0, each.wanted.slack_days - slack(problem, each)) for each in answer.placed),
        too_early=sum(1 for each in answer.placed if each.day < each.wanted.preferred_on),
    )


def slack(problem: Problem, placed: Placed) -> int:
    """Working days from the meeting to its book-by day; negative after it."""
    return bisect_right(problem.days, placed.wanted.book_by_on) - bisect_right(problem.days, placed.day)


def better(one: Score, other: Score) -> bool:
    return astuple(one) < astuple(other)


def _chaired_beyond(problem: Problem, answer: Answer) -> int:
    chaired: defaultdict[tuple[UUID, date], int] = defaultdict(int)
    for each in answer.placed:
        chaired[each.wanted.chair_id, each.day] += 1
    return sum(max(0, number - problem.settings.chaired_a_day) for number in chaired.values())


# ------------------------------------------------------------------------------------------------------ hard rules


def no_two_places(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Nobody and no room is in two places: blocked spans of one resource never overlap, with what stands included."""
    known = {each.id: each for each in _resources(problem)}
    taken: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    for resource in known.values():
        taken[resource.id] += resource.busy
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
        if needs.note_taker != (placed.note_taker_id is not None):
            yield Breach(rule="room_fits", message=f"{placed.wanted.kind} on {placed.day} has the wrong number of note-takers")
        if not needs.room:
            continue
        room = rooms.get(placed.room_id) if placed.room_id else None
        if room is None or room.seats < needs.shape.seats or not room.features >= frozenset(needs.shape.features):
            yield Breach(rule="room_fits", message=f"{placed.wanted.kind} on {placed.day} has no room that suits")


def police_capacity(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """At no instant does a team attend more conferences than it has places on duty."""
    attended: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    for placed in answer.placed:
        if placed.police_team_id is not None:
            attended[placed.police_team_id].append(span_of(ResourceKind.POLICE, placed.wanted.needs, placed.meeting).attended)
    for team in problem.police:
        changes: list[tuple[datetime, int, int]] = []
        for window in (*attended[team.id], *team.busy):
            changes += [(window.start, 1, 1), (window.end, 0, -1)]
        for place in team.places:
            for free in place:
                changes += [(free.start, 0, -1), (free.end, 1, 1)]
        load = 0
        for instant, _, change in sorted(changes):
            load += change
            if load > 0 and change > 0 and _counts(instant, attended[team.id]):
                yield Breach(rule="police_capacity", message=f"{team.code} is beyond its places at {instant.isoformat()}")


def police_attend(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Police come to every conference that expects them; where they do not, it says why, and the conference is in time:
    attendance yields to the law's day alone."""
    for placed in answer.placed:
        expects = placed.wanted.needs.police
        if expects and placed.police_team_id is None and placed.police_waived is None:
            yield Breach(rule="police_attend", message=f"{placed.wanted.kind} on {placed.day} has no police and no reason")
        if placed.police_waived is not None and (placed.police_team_id is not None or placed.days_late):
            yield Breach(rule="police_attend", message=f"{placed.wanted.kind} on {placed.day} waives police without need")


def chair_is_allocated_iro(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """The chair is the officer to whom every child of the meeting is allocated, and may chair for each of them."""
    for placed in answer.placed:
        for item in placed.wanted.items:
            subject = problem.subjects[item.child_id]
            if subject.chair_for(item) != placed.wanted.chair_id:
                yield Breach(rule="chair_is_allocated_iro", message=f"the chair on {placed.day} is not the officer of every child")


def within_hours(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Meetings keep the hours of their kind, on working days that are still to come."""
    days = frozenset(problem.days)
    for placed in answer.placed:
        opens, closes = problem.settings.hours(placed.wanted.kind)
        hours = TimeWindow(local_instant(placed.day, opens), local_instant(placed.day, closes))
        if placed.day not in days or not hours.contains(placed.meeting):
            yield Breach(rule="within_hours", message=f"{placed.wanted.kind} at {placed.meeting.start.isoformat()} is out of hours")


def clocks_begun(problem: Problem, answer: Answer) -> Iterator[Breach]:
    """Nothing is met before its clock has begun, or before the first day that its rule allows: it would not discharge the duty."""
    for placed in answer.placed:
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
    for placed in answer.placed:
        for item in placed.wanted.items:
            due = problem.chain.after(item.child_id, (*item.behind, (item.kind, placed.day)))
            if due is None or due.book_by_on > problem.last_day or not problem.wants(due.kind):
                continue
            found = known.get(due.key)
            if found is None or found.book_by_on != due.book_by_on:
                yield Breach(rule="chain_followed", message=f"{due.kind} that follows {placed.day} is not owed by {due.book_by_on}")


HARD = (
    no_two_places,
    within_availability,
    room_fits,
    police_capacity,
    police_attend,
    chair_is_allocated_iro,
    within_hours,
    clocks_begun,
    lengths_kept,
    each_owed_once,
    chain_followed,
)


def _resources(problem: Problem) -> tuple[Resource, ...]:
    return (*problem.chairs, *problem.rooms, *problem.note_takers)


def _spans(placed: Placed) -> Iterator[tuple[UUID, Span]]:
    needs, meeting = placed.wanted.needs, placed.meeting
    yield placed.wanted.chair_id, span_of(ResourceKind.IRO, needs, meeting)
    if placed.room_id is not None:
        yield placed.room_id, span_of(ResourceKind.ROOM, needs, meeting)
    if placed.note_taker_id is not None:
        yield placed.note_taker_id, span_of(ResourceKind.NOTE_TAKER, needs, meeting)


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

"""A year that is planned and booked, and then officers fall ill: the problem that a plan which may move meetings is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid5

from services.booking.needs import span_of
from services.kernel.window import TimeWindow
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.answer import Answer, Placed, Progress
from services.planning.chain import StatutoryChain
from services.planning.problem import Booked, Follower, Problem, Resource
from services.planning.repairing import placed_again
from services.planning.times import Times
from services.statutory.clock import assume_held

WEEKS = timedelta(weeks=8)
_SPACE = UUID("00000000-0000-4000-8000-000000000002")


def fall_ill(problem: Problem, answer: Answer, *, officers: int, away: tuple[date, date], may_move: int) -> Problem:
    """The diary of `answer` booked, and so many officers away from the first of these days to the last: their meetings lack a chair."""
    ill = {chair.id for chair in problem.chairs[:officers]}
    standing = [_stand(problem, number, placed, ill, away) for number, placed in enumerate(answer.placed)]
    standing = _followed(standing)
    busy: defaultdict[UUID, list[TimeWindow]] = defaultdict(list)
    for each in standing:
        for resource_id, window in each.holds:
            busy[resource_id].append(window)
    until = problem.today + WEEKS
    held = tuple((item.child_id, item.kind, each.day) for each in standing for item in each.items)
    return replace(
        problem,
        last_day=until,
        owed=(),
        standing=held,
        chain=_with(problem, standing),
        chairs=tuple(_busy(each, busy, away if each.id in ill else None) for each in problem.chairs),
        rooms=tuple(_busy(each, busy) for each in problem.rooms),
        note_takers=tuple(_busy(each, busy) for each in problem.note_takers),
        police=tuple(replace(team, busy=(*team.busy, *busy[team.id])) for team in problem.police),
        booked=tuple(each for each in standing if each.day <= until),
        may_move=may_move,
        chairing=tuple(each.chaired for each in standing if each.chaired is not None),
    )


def cover_greedily(problem: Problem, _: Callable[[Progress], None]) -> Answer:
    """The plain way: meetings in order of time, each covered by the first officer who is free; nothing is moved."""
    times, placed, left = Times(problem), list[Placed](), list[tuple[Booked, frozenset[ResourceKind]]]()
    for booked in problem.booked:
        if not booked.lacks:
            continue
        span = span_of(ResourceKind.IRO, booked.needs, booked.meeting)
        chair = next((each.id for each in problem.chairs if each.id not in booked.barred and times.free(each.id, span)), None)
        if chair is None:
            left.append((booked, booked.lacks))
            continue
        placed.append(placed_again(problem, booked, {**booked.has, ResourceKind.IRO: chair}))
        times.change(placed[-1])
    return Answer(placed=tuple(placed), unplaced=(), missed=(), late_bound=0, unrepaired=tuple(left))


def _stand(problem: Problem, number: int, placed: Placed, ill: set[UUID], away: tuple[date, date]) -> Booked:
    wanted, cast = placed.wanted, placed.cast
    lost = wanted.chair_id in ill and away[0] <= placed.day <= away[1]
    has = {kind: each for kind, each in cast.items() if not (lost and kind is ResourceKind.IRO)}
    return Booked(
        meeting_id=uuid5(_SPACE, str(number)),
        version=1,
        reference=f"M-{number:06}",
        kind=wanted.kind,
        items=wanted.items,
        meeting=placed.meeting,
        day=placed.day,
        needs=replace(wanted.needs, police=placed.police_team_id is not None),
        has=has,
        lacks=frozenset({ResourceKind.IRO}) if lost else frozenset(),
        own_chairs=(wanted.chair_id,),
        barred=frozenset(each for item in wanted.items for each in problem.subjects[item.child_id].barred),
        holds=tuple((each, span_of(kind, wanted.needs, placed.meeting).blocked) for kind, each in has.items()),
        police_waived=placed.police_waived,
        latest_on=min(item.latest_on for item in wanted.items),
    )


def _followed(standing: list[Booked]) -> list[Booked]:
    """Each with the later meetings that stand for what its day makes due."""
    begun = {(item.child_id, item.triggered_on): (each, item) for each in standing for item in each.items if item.chained}
    pairs = [(each, *found) for each in standing for item in each.items if (found := begun.get((item.child_id, each.day))) is not None]
    followers, entangled = defaultdict[UUID, list[Follower]](list), defaultdict[UUID, set[UUID]](set)
    for each, later, item in pairs:
        due = {"statutory_due_on": item.statutory_due_on, "book_by_on": item.book_by_on}
        follower = Follower(reference=later.reference, child_id=item.child_id, kind=item.kind, day=later.day, **due)
        followers[each.meeting_id].append(follower)
        entangled[each.meeting_id].add(later.meeting_id)
        entangled[later.meeting_id].add(each.meeting_id)
    return [
        replace(each, followers=tuple(followers[each.meeting_id]), entangled=frozenset(entangled[each.meeting_id])) for each in standing
    ]


def _with(problem: Problem, standing: list[Booked]) -> StatutoryChain:
    chain = problem.chain
    assert isinstance(chain, StatutoryChain)
    facts, stands = dict(chain.records), defaultdict[UUID, tuple[tuple[MeetingKind, date], ...]](tuple)
    for each in sorted(standing, key=lambda each: each.day):
        for item in each.items:
            facts[item.child_id] = assume_held(facts[item.child_id], item.kind, each.day)
            stands[item.child_id] += ((item.kind, each.day),)
    return replace(chain, facts=facts, standing=dict(stands))


def _busy(resource: Resource, busy: defaultdict[UUID, list[TimeWindow]], away: tuple[date, date] | None = None) -> Resource:
    available = tuple(_present(resource, away)) if away is not None else resource.available
    return replace(resource, available=available, busy=(*resource.busy, *busy[resource.id]))


def _present(resource: Resource, away: tuple[date, date]) -> Iterator[TimeWindow]:
    return (window for window in resource.available if not away[0] <= window.start.date() <= away[1])

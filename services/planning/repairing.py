"""Meetings that stand, repaired at their own time: what they lack is had again, and whoever only covers gives the chair back.

Meetings at about the same time are settled together and exactly: first as few as possible that go on lacking something, then as
few as possible that are covered, then as few as possible that change at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from operator import add
from uuid import UUID

from services.booking.needs import span_of
from services.kernel.window import TimeWindow
from services.kernel.words import ResourceKind
from services.planning.answer import Placed
from services.planning.days import thawed_on
from services.planning.following import days_for_followers, is_as_recorded, sets_a_day
from services.planning.problem import Booked, PoliceTeam, Problem, Resource, Wanted
from services.planning.times import Times
from services.planning.wanting import want

SHARED = (ResourceKind.ROOM, ResourceKind.NOTE_TAKER, ResourceKind.POLICE)
TRIES = 4000
"""Arrangements looked at for meetings at about the same time; by then the best found is taken."""
Lacking = tuple[Booked, frozenset[ResourceKind]]
_Cost = tuple[int, ...]
"""Meetings that go on lacking something though no other time can be found; that lack something; what they lack; covered; covered though
no time of their own officer can be found; changed."""
_NOTHING: _Cost = (0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """`placed`: meetings with other resources at their own time. `left`: those that still lack something, and what. `problem`: with
    all that is `placed` taken."""

    problem: Problem
    placed: tuple[Placed, ...]
    left: tuple[Lacking, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Option:
    """What may become of a meeting. `placed` None: it stays as it is."""

    placed: Placed | None
    missing: frozenset[ResourceKind]
    cost: _Cost


def repair(problem: Problem, *, elsewhere: Collection[UUID] = (), own: Collection[UUID] = ()) -> Repaired:
    """Everything that stands and lacks something, or is covered, as well off as it can be at its own time.

    `elsewhere`: meetings that have another time to go to. They come second to those that have none, and take nothing here
    unless it is all that they lack. `own`: those for which their own officer has another time, who are covered before others.
    """
    search = _Search(problem, frozenset(elsewhere), frozenset(own))
    placed: list[Placed] = []
    left: list[Lacking] = []
    for together in _at_about_the_same_time([each for each in problem.booked if each.lacks or _may_go_back(problem, each)]):
        found = search.best(together)
        if any(option.missing for _, option in found):
            changed = {each.wanted.key for each in placed}
            others = [each for each in _who_could_swap(problem, together) if each.key not in changed]
            with_others = search.best([*others, *together]) if others else found
            found = min(found, with_others, key=_total)
        for booked, option in found:
            if option.placed is not None:
                search.times.change(option.placed)
                placed.append(option.placed)
            if option.missing:
                left.append((booked, option.missing))
    return Repaired(problem=search.times.problem(placed), placed=tuple(placed), left=tuple(sorted(left, key=in_order)))


def in_order(lacking: Lacking) -> tuple[object, ...]:
    """By time; what is equal, by reference."""
    return lacking[0].meeting.start, lacking[0].reference


class _Search:
    """The best arrangement of a few meetings, by trying."""

    def __init__(self, problem: Problem, elsewhere: frozenset[UUID], own: frozenset[UUID]) -> None:
        self.problem = problem
        self.times = Times(problem)
        self._elsewhere = elsewhere
        self._own = own
        self._tries = 0

    def best(self, meetings: Sequence[Booked]) -> list[tuple[Booked, _Option]]:
        """What becomes of each; nothing is taken yet."""
        least = self._least(meetings)
        self._tries = TRIES
        found = self._from(meetings, least, None)
        assert found is not None  # every meeting may stay as it is
        return list(zip(meetings, found, strict=True))

    def _from(self, meetings: Sequence[Booked], least: Sequence[_Cost], below: _Cost | None) -> list[_Option] | None:
        """The best for these meetings as things are, if it costs less than `below`. `least`: what they cost at the least, from each on."""
        if not meetings:
            return []
        best: list[_Option] | None = None
        for option in self._options(self.times, meetings[0]):
            if below is not None and _sum(option.cost, least[1]) >= below:
                continue
            if self._tries <= 0 and best is not None:
                break
            self._tries -= 1
            if option.placed is not None:
                self.times.change(option.placed)
            rest = self._from(meetings[1:], least[1:], None if below is None else _less(below, option.cost))
            if option.placed is not None:
                self.times.undo(option.placed)
            if rest is None:
                continue
            best, below = [option, *rest], _sum(option.cost, *(each.cost for each in rest))
            if below <= least[0]:
                break
        return best

    def _least(self, meetings: Sequence[Booked]) -> list[_Cost]:
        """What the meetings from each on cost at the least: as if none of the others held or took anything."""
        with self.times.vacated(each for each in meetings if not each.lacks):
            costs = [min(option.cost for option in self._options(self.times, each)) for each in meetings]
        return [_sum(_NOTHING, *costs[number:]) for number in range(len(costs) + 1)]

    def _options(self, times: Times, booked: Booked) -> Iterator[_Option]:
        """What may become of the meeting at its own time, the likeliest best first."""
        if not booked.lacks:
            yield from self._changes(times, booked)
            return
        kinds = [kind for kind in ResourceKind if kind in booked.lacks]
        goes = booked.meeting_id in self._elsewhere
        for chosen in product(*([*free_for(self.problem, times, booked, kind), None] for kind in kinds)):
            has = {**booked.has, **{kind: each for kind, each in zip(kinds, chosen, strict=True) if each is not None}}
            missing = booked.lacks - has.keys()
            chair = has.get(ResourceKind.IRO)
            changes = chair is not None and len(missing) < len(booked.lacks)
            if (missing and goes) or not changes:
                continue
            cost = (int(bool(missing)), int(bool(missing)), len(missing), *self._covered(booked, chair), 1)
            yield _Option(placed=placed_again(self.problem, booked, has), missing=missing, cost=cost)
        cost = (int(not goes), 1, 0 if goes else len(booked.lacks), *self._covered(booked, None), 0)
        yield _Option(placed=None, missing=booked.lacks, cost=cost)

    def _covered(self, booked: Booked, chair: UUID | None) -> tuple[int, int]:
        """Whether this chair would only cover, and that for good."""
        covered = booked.covers(chair)
        return int(covered), int(covered and booked.meeting_id not in self._own)

    def _changes(self, times: Times, booked: Booked) -> Iterator[_Option]:
        """Of one that lacks nothing: as it is; its own officer back; or another room or note-taker, for the sake of others."""
        chair = booked.has.get(ResourceKind.IRO)
        free = free_for(self.problem, times, booked, ResourceKind.IRO) if booked.covered else ()
        back = [each for each in free if each in booked.own_chairs]
        for own in back:
            has = {**booked.has, ResourceKind.IRO: own}
            yield _Option(placed=placed_again(self.problem, booked, has), missing=frozenset(), cost=(0, 0, 0, 0, 0, 1))
        yield _Option(placed=None, missing=frozenset(), cost=(0, 0, 0, *self._covered(booked, chair), 0))
        if back or booked.fixed is not None:
            return
        for kind in (ResourceKind.ROOM, ResourceKind.NOTE_TAKER):
            for chosen in free_for(self.problem, times, booked, kind) if kind in booked.has else ():
                cost = (0, 0, 0, *self._covered(booked, chair), 1)
                has = {**booked.has, kind: chosen}
                yield _Option(placed=placed_again(self.problem, booked, has), missing=frozenset(), cost=cost)


def free_for(problem: Problem, times: Times, booked: Booked, kind: ResourceKind) -> Iterator[UUID]:
    """What else than it has of that kind it could have at its own times, as things are."""
    spans = [span_of(kind, booked.needs, window) for window in (booked.meeting, *booked.besides)]
    able = may_chair(problem, booked, times) if kind is ResourceKind.IRO else _suitable(problem, booked, kind)
    writes = kind is ResourceKind.NOTE_TAKER
    return (
        each
        for each in able
        if booked.has.get(kind) != each and all(times.free(each, span) for span in spans) and (not writes or times.can_write(each, booked))
    )


def may_chair(problem: Problem, booked: Booked, times: Times) -> Iterator[UUID]:
    """Who may chair it: its children's officers first, then those with the least on that day, by code."""
    yield from (each for each in booked.own_chairs if each not in booked.barred)
    others = [each for each in problem.chairs if each.id not in booked.own_chairs and each.id not in booked.barred]
    yield from (each.id for each in sorted(others, key=lambda each: (times.load(each.id, booked), each.code)))


def _suitable(problem: Problem, booked: Booked, kind: ResourceKind) -> Iterable[UUID]:
    """The smallest room that suits first; note-takers and teams by code."""
    if kind is ResourceKind.ROOM:
        shape = booked.needs.shape
        rooms = [each for each in problem.rooms if each.seats >= shape.seats and each.features >= booked.needs.room_features]
        return [each.id for each in sorted(rooms, key=lambda each: (len(each.features), each.seats, each.code))]
    pool: Iterable[Resource | PoliceTeam] = problem.note_takers if kind is ResourceKind.NOTE_TAKER else problem.police
    return [each.id for each in sorted(pool, key=lambda each: each.code)]


def near(problem: Problem, day: date) -> bool:
    """Whether what stands on that day is too near to be moved."""
    return day < thawed_on(problem)


def may_change(problem: Problem, booked: Booked) -> bool:
    """Whether a plan may make anything else of it: what lacks nothing and is not covered keeps what it has where it is too near, and
    where people move it."""
    return bool(booked.lacks) or (not near(problem, booked.day) and (booked.covered or booked.fixed is None))


def may_go(problem: Problem, booked: Booked) -> bool:
    """Whether the plan may give it another time, as far as it goes by this meeting alone."""
    return not near(problem, booked.day) and why_fixed(problem, booked) is None


def why_fixed(problem: Problem, booked: Booked) -> str | None:
    """Why it gets no other time however far away it is; None: it may."""
    if booked.fixed is not None:
        return booked.fixed
    if not is_as_recorded(problem, booked):
        later = ", ".join(dict.fromkeys(each.reference for each in booked.followers))
        return f"{later} follows it, and is not where it may be by its own rule: people move both (moveMeeting)"
    if sets_a_day(problem, booked):
        return "what falls due in the span of this plan hangs on its day: a plan with an earlier last day may move it"
    return None


def wanted_of(problem: Problem, booked: Booked, chair_id: UUID) -> Wanted:
    """The meeting as one to place: its days are those of what it is for, from the end of the frozen ones on and never later than
    allowed without a reason, or than it is."""
    first, last = days_for_followers(problem, booked) if problem.may_move else (date.min, date.max)
    latest = min(max(booked.latest_on or booked.day, booked.day), last)
    if not booked.items or booked.begun_on is not None:
        return _without_days(problem, booked, chair_id, latest)
    plain = want(problem, booked.items, chair_id)
    return Wanted(
        kind=booked.kind,
        items=plain.items,
        chair_id=chair_id,
        needs=booked.needs,
        earliest_on=max(plain.earliest_on, thawed_on(problem), first),
        preferred_on=plain.preferred_on,
        book_by_on=min(plain.book_by_on, latest),
        latest_on=latest,
        slack_days=plain.slack_days,
        booked=booked,
    )


def _without_days(problem: Problem, booked: Booked, chair_id: UUID, latest: date) -> Wanted:
    """One that no clock gives days: from the day after its sitting before on, if it goes on; else its own day."""
    first = booked.day if booked.begun_on is None else max(booked.begun_on + timedelta(days=1), thawed_on(problem))
    return Wanted(
        kind=booked.kind,
        items=booked.items,
        chair_id=chair_id,
        needs=booked.needs,
        earliest_on=first,
        preferred_on=first,
        book_by_on=booked.day if booked.begun_on is None else latest,
        latest_on=latest,
        slack_days=0,
        booked=booked,
    )


def placed_again(problem: Problem, booked: Booked, has: dict[ResourceKind, UUID]) -> Placed:
    """The meeting at its own time with these resources."""
    return Placed(
        wanted=wanted_of(problem, booked, has[ResourceKind.IRO]),
        meeting=booked.meeting,
        day=booked.day,
        room_id=has.get(ResourceKind.ROOM),
        note_taker_id=has.get(ResourceKind.NOTE_TAKER),
        police_team_id=has.get(ResourceKind.POLICE),
        police_waived=booked.police_waived if ResourceKind.POLICE not in has else None,
    )


def _may_go_back(problem: Problem, booked: Booked) -> bool:
    return booked.covered and not near(problem, booked.day)


def _who_could_swap(problem: Problem, together: Sequence[Booked]) -> list[Booked]:
    """Meetings that lack nothing, beside those that do, and could give a room or a note-taker up for another."""
    wanted = frozenset(kind for each in together for kind in each.lacks) & {ResourceKind.ROOM, ResourceKind.NOTE_TAKER}
    known, spans = {each.meeting_id for each in together}, [_hull(each) for each in together if each.lacks]
    return [
        each
        for each in problem.booked
        if each.meeting_id not in known
        and not each.lacks
        and each.fixed is None
        and not near(problem, each.day)
        and wanted & each.has.keys()
        and any(span.overlaps(_hull(each)) for span in spans)
    ]


def _at_about_the_same_time(meetings: Iterable[Booked]) -> Iterator[list[Booked]]:
    """Meetings whose blocked times hang together; of each such heap those that lack nothing first, for what they give up."""
    heap: list[Booked] = []
    until = None
    for each in sorted(meetings, key=lambda each: (_hull(each).start, each.reference)):
        span = _hull(each)
        if until is not None and span.start >= until:
            yield _givers_first(heap)
            heap, until = [], None
        heap.append(each)
        until = span.end if until is None else max(until, span.end)
    if heap:
        yield _givers_first(heap)


def _givers_first(heap: Iterable[Booked]) -> list[Booked]:
    return sorted(heap, key=lambda each: (bool(each.lacks), each.meeting.start, each.reference))


def _hull(booked: Booked) -> TimeWindow:
    """From the first of it that anything is blocked for to the last."""
    spans = [span_of(kind, booked.needs, booked.meeting).blocked for kind in ResourceKind]
    return TimeWindow(min(each.start for each in spans), max(each.end for each in spans))


def _sum(*costs: _Cost) -> _Cost:
    total = costs[0]
    for each in costs[1:]:
        total = tuple(map(add, total, each))
    return total


def _less(one: _Cost, other: _Cost) -> _Cost:
    return tuple(a - b for a, b in zip(one, other, strict=True))


def _total(found: Sequence[tuple[Booked, _Option]]) -> _Cost:
    return _sum(_NOTHING, *(option.cost for _, option in found))

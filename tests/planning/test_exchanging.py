"""What stands and what is owed, settled together: small units against every plan there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.directory.planning import Goal, Policy, parse_policy
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.bits import starts_in
from services.planning.board import NOBODY, Board
from services.planning.following import is_entangled
from services.planning.gathering import gather
from services.planning.goals import days_without_place, score
from services.planning.laying import lay
from services.planning.preferences import span_of_days
from services.planning.problem import Booked, Problem, Wanted
from services.planning.proposing import propose
from services.planning.repairing import may_go, near, wanted_of
from services.planning.rules import judge
from services.planning.times import without
from tests.support.diaries import TODAY, Authority, add_working_days, at, id_of, window
from tests.support.drawn import Unit

IRO, ROOM, TAKER, POLICE = ResourceKind.IRO, ResourceKind.ROOM, ResourceKind.NOTE_TAKER, ResourceKind.POLICE
GOALS = (Goal.LATE, Goal.DAYS_LATE, Goal.POLICE_AND_QUORUM, Goal.BOOK_BY, Goal.CHAIR_CONTINUITY, Goal.BOOKED_STAY)
_Cost = tuple[int, ...]
_Chosen = dict[ResourceKind, UUID]


def reached(problem: Problem, answer: Answer) -> _Cost:
    """The score by the goals that do not choose between days, in the order of the unit."""
    found = score(problem, answer)
    return tuple(found.of(goal) for goal in problem.policy.order if goal in GOALS)


class Every:
    """All plans of a few meetings. What stands has its time first, whatever stays there; then the rest, each day's in the order of
    their starts and as early as can be: whatever else there is can be shifted to one of these at the same cost."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._board = Board(without(problem, problem.booked))
        self._order = [GOALS.index(goal) for goal in problem.policy.order if goal in GOALS]
        self._chairs = {each.id for each in problem.chairs}

    def any_below(self, below: _Cost) -> list[str] | None:
        """A plan that costs less, as text; None: there is none."""
        return self._stand(self._problem.booked, (), (0,) * 6, below)

    def _dear(self, cost: _Cost, below: _Cost) -> bool:
        return tuple(cost[number] for number in self._order) >= below

    def _stand(self, rest: tuple[Booked, ...], going: tuple[Booked, ...], cost: _Cost, below: _Cost) -> list[str] | None:
        if self._dear(cost, below):
            return None
        if not rest:
            return self._from((*going, *gather(self._problem)), 0, cost, below)
        booked = rest[0]
        moved = {each.meeting_id for each in going}
        if len(going) < self._problem.may_move and may_go(self._problem, booked) and not is_entangled(booked, moved):
            found = self._stand(rest[1:], (*going, booked), _sum(cost, (0, 0, 0, 0, 0, 1)), below)
            if found is not None:
                return found
        for has in self._ways_to_stay(booked):
            chair = has.get(IRO)
            lacks = booked.lacks - has.keys()
            wanted = replace(wanted_of(self._problem, booked, chair or NOBODY), booked=None)
            placed = _placed(wanted, booked, has)
            self._board.put(placed)
            more = (0, 0, int(bool(lacks)), 0, int(chair is None or booked.covers(chair)), 0)
            found = self._stand(rest[1:], going, _sum(cost, more), below)
            self._board.remove(placed)
            if found is not None:
                return [f"{booked.reference} stays, lacks {sorted(lacks)}, chair {chair}", *found]
        return None

    def _ways_to_stay(self, booked: Booked) -> Iterator[_Chosen]:
        kinds = [kind for kind in ResourceKind if kind in booked.has or kind in booked.lacks]
        for chosen in product(*(self._able(booked, kind) for kind in kinds)):
            has = {kind: known for kind, known in zip(kinds, chosen, strict=True) if known is not None}
            if IRO in has or has == booked.has:
                yield has

    def _able(self, booked: Booked, kind: ResourceKind) -> Iterator[UUID | None]:
        board, day = self._board, self._board.calendar.index[booked.day]
        start = int(board.calendar.unit(day, booked.meeting.start))
        has, still = booked.has.get(kind), not near(self._problem, booked.day) and booked.fixed is None
        if kind is IRO:
            wanted = {each: replace(wanted_of(self._problem, booked, each), booked=None) for each in self._chairs}
            free = [each for each in self._chairs if board.chair_starts(wanted[each], day) >> start & 1]
        elif kind is POLICE:
            free = [self._problem.police[0].id] if self._problem.police and board.police_starts(booked.needs, day) >> start & 1 else []
        else:
            apart = (board.rooms_apart if kind is ROOM else board.note_takers_apart)(booked.needs, day)
            free = [each for each, starts in apart.items() if starts >> start & 1]
        if kind in booked.lacks:
            yield from (each for each in free if kind is not IRO or each not in booked.barred)
            yield None
        elif kind is IRO and booked.covered and not near(self._problem, booked.day):
            yield from (each for each in free if each == has or each in booked.own_chairs)
        elif still and kind is not POLICE:
            yield from free
        else:
            yield from (each for each in free if each == has)

    def _from(self, rest: tuple[Booked | Wanted, ...], day: int, cost: _Cost, below: _Cost) -> list[str] | None:
        if self._dear(cost, below):
            return None
        if not any(isinstance(each, Booked) for each in rest):
            missed = [each for each in rest if isinstance(each, Wanted)]
            days = sum(days_without_place(self._problem, each) for each in missed)
            if not self._dear(_sum(cost, (len(missed), days, 0, 0, 0, 0)), below):
                return [f"{each.kind} missed" for each in missed]
        for number, job in enumerate(rest):
            others = (*rest[:number], *rest[number + 1 :])
            for wanted, covered in self._as_wanted(job):
                for day_, start, chosen, waived in self._ways(job, wanted, day):
                    more = self._cost(wanted, day_, waived=waived, standing=isinstance(job, Booked))
                    placed = self._board.place(wanted, day_, start, chosen=chosen, police_waived="-" if waived else None)
                    found = self._from(others, day_, _sum(cost, (*more, covered, 0)), below)
                    self._board.remove(placed)
                    if found is not None:
                        return [f"{wanted.kind} of {wanted.latest_on} at {placed.meeting.start} {waived} {chosen}", *found]
        return None

    def _as_wanted(self, job: Booked | Wanted) -> Iterator[tuple[Wanted, int]]:
        if isinstance(job, Wanted):
            yield job, 0
            return
        for each in self._problem.chairs:
            if each.id not in job.barred or each.id == job.has.get(IRO):
                yield replace(wanted_of(self._problem, job, each.id), booked=None), int(job.covers(each.id))

    def _cost(self, wanted: Wanted, number: int, *, waived: bool, standing: bool) -> _Cost:
        day = self._board.days[number]
        late = 0 if standing else wanted.days_late(day)
        return int(bool(late)), late, int(waived), int(day > wanted.book_by_on and not late)

    def _ways(self, job: Booked | Wanted, wanted: Wanted, first: int) -> Iterator[tuple[int, int, _Chosen, bool]]:
        """Day, start, what is chosen, and whether police stay away: of what is owed they may, in time."""
        board, needs, span = self._board, wanted.needs, span_of_days(self._board, wanted)
        standing = isinstance(job, Booked)
        if wanted.earliest_on > wanted.latest_on and standing:
            return
        for day in range(max(span.first, first), (span.last if standing else span.until) + 1):
            rooms = board.rooms_apart(needs, day) if needs.room else {None: -1}
            takers = board.note_takers_apart(needs, day) if needs.note_taker else {None: -1}
            for waived in (False, True) if needs.police and day <= span.last and not standing else (False,):
                chair = board.chair_starts(wanted, day) & (board.police_starts(needs, day) if needs.police and not waived else -1)
                for (room, in_room), (taker, written) in product(rooms.items(), takers.items()):
                    starts = chair & in_room & written
                    if starts:
                        known = {ROOM: room, TAKER: taker}
                        yield day, next(starts_in(starts)), {kind: each for kind, each in known.items() if each is not None}, waived


def _placed(wanted: Wanted, booked: Booked, has: _Chosen) -> Placed:
    return Placed(
        wanted=wanted,
        meeting=booked.meeting,
        day=booked.day,
        room_id=has.get(ROOM),
        note_taker_id=has.get(TAKER),
        police_team_id=has.get(POLICE),
    )


def _sum(one: _Cost, other: _Cost) -> _Cost:
    return tuple(map(sum, zip(one, other, strict=True)))


# ------------------------------------------------------------------------------------------------------------------ units


_KINDS = (MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE, MeetingKind.CARE_REVIEW)
_ORDERS = (Policy(late_days=2), replace(parse_policy({"order": ["BOOKED_STAY", "CHAIR_CONTINUITY"]}), late_days=2))
_AHEAD = 6


@st.composite
def units(draw: st.DrawFn) -> Unit:
    """One to three meetings that stand, some of which have lost something, and one to three duties; who and what they need is away or
    taken for days and half days."""
    made = Authority(
        last_day=add_working_days(TODAY, _AHEAD),
        officers=draw(st.integers(1, 3)),
        rooms=draw(st.integers(1, 2)),
        note_takers=draw(st.integers(1, 2)),
        write_up_a_week=draw(st.sampled_from([None, None, 300])),
        police=draw(st.integers(0, 2)),
    )
    drawn = [f"{made.officers} chairs, {made.rooms} rooms, {made.note_takers} note-takers, {made.police} police"]
    held: dict[tuple[str, int], int] = {}
    for number in range(draw(st.integers(1, 3))):
        _stands(draw, made, number, held, drawn)
    for number in range(draw(st.integers(0, 3))):
        kind, officer = draw(st.sampled_from(_KINDS)), draw(st.integers(0, made.officers - 1))
        last = add_working_days(TODAY, draw(st.integers(1, 5)))
        made.owe(made.child(f"owed-{number}", officer=officer), kind, TODAY - timedelta(days=28 - number), last)
        drawn.append(f"{kind} of IRO-{officer} due {last}")
    names = [
        f"{kind}-{number}"
        for kind, many in (("IRO", made.officers), ("ROOM", made.rooms), ("NT", made.note_takers))
        for number in range(many)
    ]
    for name in [*names, "POL"]:
        for ahead in range(1, _AHEAD + 1):
            taken, day = draw(st.sampled_from(_TAKEN)), add_working_days(TODAY, ahead)
            if taken is None or (name, ahead) in held:
                continue
            drawn.append(f"{name} on {day}: {taken}")
            if taken == "away":
                made.away(name, day, day)
            elif name != "POL":
                made.busy.setdefault(name, []).append(window(day, taken, 240))
    made.days = made.days[: _AHEAD + 2]
    may_move, frozen = draw(st.integers(0, 3)), draw(st.sampled_from([0, 0, 2]))
    policy = draw(st.sampled_from(_ORDERS))
    drawn.append(f"may move {may_move}, frozen {frozen}, {policy.order[4]} first")
    return Unit(made.problem(policy=policy, may_move=may_move, frozen_days=frozen), "; ".join(drawn))


_TAKEN = (None, "away", "away", "09:00", "13:00")


def _stands(draw: st.DrawFn, made: Authority, number: int, held: dict[tuple[str, int], int], drawn: list[str]) -> None:
    kind, officer = draw(st.sampled_from(_KINDS)), draw(st.integers(0, made.officers - 1))
    ahead, clock = draw(st.integers(1, 5)), draw(st.sampled_from(["10:00", "13:30"]))
    chair = draw(st.sampled_from([officer, officer, draw(st.integers(0, made.officers - 1))]))
    wanted = {IRO: f"IRO-{chair}"}
    if kind.is_conference:
        wanted |= {ROOM: f"ROOM-{draw(st.integers(0, made.rooms - 1))}", TAKER: f"NT-{draw(st.integers(0, made.note_takers - 1))}"}
        if kind is MeetingKind.INITIAL_CONFERENCE and made.police and draw(st.booleans()):
            wanted[POLICE] = "POL"
    lost = draw(st.sets(st.sampled_from(sorted(wanted)), max_size=2))
    full = {(name, ahead) for name in wanted.values() if held.get((name, ahead), 0) >= 1}
    has = {each: name for each, name in wanted.items() if each not in lost and (name, ahead) not in full}
    for name in has.values():
        held[name, ahead] = held.get((name, ahead), 0) + 1
    last = add_working_days(TODAY, draw(st.integers(ahead, 6)))
    item = made.owe(made.child(f"stands-{number}", officer=officer), kind, TODAY - timedelta(days=28 - number), last)
    movable = draw(st.sampled_from([True, True, True, False]))
    made.stand(item, at(add_working_days(TODAY, ahead), clock), has=has, lacks=wanted.keys() - has.keys(), movable=movable)
    drawn.append(f"{kind} of IRO-{officer} stands {ahead} ahead at {clock} by {last}, has {has} of {wanted}, {movable}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(units())
def test_no_plan_at_all_is_better_by_the_goals_that_do_not_choose_between_days(unit: Unit) -> None:
    problem = unit.problem
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    ours = reached(problem, answer)
    assert Every(problem).any_below(ours) is None, (ours, [(each.wanted.kind, each.meeting.start) for each in answer.placed])


# ------------------------------------------------------------------------------------------------------------ named cases


def plan(problem: Problem) -> tuple[Answer, _Cost]:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer, reached(problem, answer)


def _only_on(made: Authority, names: Iterable[str], *ahead: int) -> None:
    for name in names:
        for number in range(1, 20):
            if number not in ahead:
                made.away(name, add_working_days(TODAY, number), add_working_days(TODAY, number))


def test_a_duty_takes_the_time_of_a_meeting_that_lacks_something_which_goes_elsewhere() -> None:
    """The one day of the duty's officer has room for one of the two; the meeting that lacks a room could be repaired there."""
    made = Authority(last_day=add_working_days(TODAY, 12), officers=1, rooms=1, note_takers=1)
    _only_on(made, ["IRO-0"], 3, 8)
    item = made.initial("stands", TODAY - timedelta(days=1))
    made.stand(item, at(add_working_days(TODAY, 3), "10:00"), has={IRO: "IRO-0", TAKER: "NT-0", POLICE: "POL"}, lacks={ROOM})
    made.busy["IRO-0"].append(window(add_working_days(TODAY, 3), "13:00", 240))
    made.owe(made.child("owed"), MeetingKind.INITIAL_CONFERENCE, TODAY - timedelta(days=10), add_working_days(TODAY, 5))
    assert plan(made.problem())[1] == (1, 3, 0, 0, 0, 0)  # nothing may be moved: repaired, and the duty late
    assert plan(made.problem(may_move=1))[1] == (0, 0, 0, 0, 0, 1)


def test_what_was_settled_all_together_is_proven_and_what_was_left_out_is_not() -> None:
    """Two want the one room of the day, and one of the two goes: looked at by itself, neither must."""
    made = Authority(last_day=add_working_days(TODAY, 12), officers=2, rooms=1, note_takers=2, police=2)
    for number in range(2):
        item = made.initial(f"stands-{number}", TODAY - timedelta(days=1), officer=number)
        cast = {IRO: f"IRO-{number}", TAKER: f"NT-{number}", POLICE: "POL"}
        made.stand(item, at(add_working_days(TODAY, 4), "10:00"), has=cast, lacks={ROOM})
    problem = made.problem(may_move=2)
    found = {each.goal: (each.value, each.bound) for each in propose(problem, lambda _: None).proofs}
    assert found[Goal.BOOKED_STAY] == (1, 1)
    small = tuple(replace(problem.rooms[0], id=id_of(f"R-{number}"), seats=1) for number in range(20))
    crowded = replace(problem, rooms=(*small, *problem.rooms))
    found = {each.goal: (each.value, each.bound) for each in propose(crowded, lambda _: None).proofs}
    assert found[Goal.BOOKED_STAY] == (1, 0)


def test_of_two_that_are_repaired_one_leaves_its_room_to_a_duty_and_goes() -> None:
    """Both could have the room on its day; so could the duty, which has no other day."""
    made = Authority(last_day=add_working_days(TODAY, 12), officers=3, rooms=1, note_takers=3, police=3)
    _only_on(made, ["ROOM-0"], 4, 7)
    _only_on(made, ["IRO-2"], 4)
    for number, clock in enumerate(("10:00", "13:30")):
        item = made.initial(f"stands-{number}", TODAY - timedelta(days=1), officer=number)
        cast = {IRO: f"IRO-{number}", TAKER: f"NT-{number}", POLICE: "POL"}
        made.stand(item, at(add_working_days(TODAY, 4), clock), has=cast, lacks={ROOM})
    made.owe(made.child("owed", officer=2), MeetingKind.INITIAL_CONFERENCE, TODAY - timedelta(days=10), add_working_days(TODAY, 5))
    answer, found = plan(made.problem(may_move=2))
    assert found == (0, 0, 0, 0, 0, 1)
    assert answer.unrepaired == ()


def test_three_losses_that_hang_together_over_several_times_are_settled_together() -> None:
    """One room for three who lost theirs, on the two days on which all can meet: whoever stays, two fit on each day."""
    made = Authority(last_day=add_working_days(TODAY, 12), officers=3, rooms=1, note_takers=3, police=3)
    _only_on(made, ["ROOM-0"], 4, 6)
    _only_on(made, ["IRO-0", "IRO-1"], 4)
    for number, clock in enumerate(("10:00", "09:30", "13:30")):
        item = made.initial(f"stands-{number}", TODAY - timedelta(days=1), officer=2 - number)
        cast = {IRO: f"IRO-{2 - number}", TAKER: f"NT-{number}", POLICE: "POL"}
        made.stand(item, at(add_working_days(TODAY, 4), clock), has=cast, lacks={ROOM})
    answer, found = plan(made.problem(may_move=3))
    assert found == (0, 0, 0, 0, 0, 1)
    assert answer.unrepaired == ()


def test_one_that_lacks_nothing_is_covered_so_that_its_officer_is_free_for_what_would_be_late() -> None:
    made = Authority(last_day=add_working_days(TODAY, 12), officers=2, rooms=2, note_takers=2, police=2)
    _only_on(made, ["IRO-0"], 4)
    made.busy["IRO-0"] = [window(add_working_days(TODAY, 4), "13:00", 240)]
    item = made.initial("stands", TODAY - timedelta(days=1))
    cast = {IRO: "IRO-0", ROOM: "ROOM-0", TAKER: "NT-0", POLICE: "POL"}
    made.stand(item, at(add_working_days(TODAY, 4), "10:00"), has=cast)
    made.owe(made.child("owed"), MeetingKind.INITIAL_CONFERENCE, TODAY - timedelta(days=10), add_working_days(TODAY, 5))
    assert plan(made.problem())[1] == (0, 0, 0, 0, 1, 0)


def test_a_panel_keeps_its_chair_and_nobody_covers_for_a_cover() -> None:
    for kind, chair in ((MeetingKind.SECURE_CRITERIA_REVIEW, "IRO-0"), (MeetingKind.CARE_REVIEW, "IRO-0")):
        made = Authority(last_day=add_working_days(TODAY, 12), officers=3)
        _only_on(made, ["IRO-0"], 4)
        _only_on(made, ["IRO-2"], 9)
        made.busy["IRO-0"] = [window(add_working_days(TODAY, 4), "13:30", 240)]
        item = made.owe(made.child("stands", officer=2), kind, TODAY - timedelta(days=20), add_working_days(TODAY, 4))
        made.stand(item, at(add_working_days(TODAY, 4), "10:30"), has={IRO: chair})
        made.owe(made.child("owed"), MeetingKind.CARE_REVIEW, TODAY - timedelta(days=10), add_working_days(TODAY, 5))
        assert plan(made.problem())[1][0] == 1

"""Meetings that stand and lack something: repaired by a plan at their time, else moved, as few as can be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.needs import span_of
from services.directory.planning import parse_policy
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.board import Board
from services.planning.grouping import depend
from services.planning.laying import lay
from services.planning.problem import Booked, Problem
from services.planning.proposing import propose
from services.planning.repairing import may_chair, may_go, wanted_of
from services.planning.rules import judge
from services.planning.times import Times
from tests.support.diaries import TODAY, Authority, add_working_days, at, id_of, window

IRO, ROOM, TAKER, POLICE = ResourceKind.IRO, ResourceKind.ROOM, ResourceKind.NOTE_TAKER, ResourceKind.POLICE
LAST = TODAY + timedelta(days=28)
CAST = {IRO: "IRO-0", ROOM: "ROOM-0", TAKER: "NT-0", POLICE: "POL"}
DAY = add_working_days(TODAY, 8)


def authority(**more: int) -> Authority:
    return Authority(**{"last_day": LAST, "officers": 2, "rooms": 2, "note_takers": 2, "police": 2, **more})  # type: ignore[arg-type]


def conference(
    made: Authority,
    name: str,
    day: date = DAY,
    clock: str = "10:00",
    *,
    without: tuple[ResourceKind, ...] = (),
    officer: int = 0,
    **has: str,
) -> Booked:
    """An initial conference that stands, due in 15 working days."""
    owed = made.initial(name, TODAY - timedelta(days=1), officer=officer)
    cast = {**CAST, IRO: f"IRO-{officer}", **{ResourceKind(kind): known for kind, known in has.items()}}
    return made.stand(owed, at(day, clock), has={kind: known for kind, known in cast.items() if kind not in without}, lacks=without)


def plan(problem: Problem) -> Answer:
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    return answer


def changed(answer: Answer) -> dict[str, Placed]:
    return {each.wanted.booked.reference: each for each in answer.placed if each.wanted.booked is not None}


@pytest.mark.parametrize("kind", [ROOM, TAKER, POLICE])
def test_what_is_lost_is_had_again_at_the_same_time(kind: ResourceKind) -> None:
    made = authority()
    booked = conference(made, "a", without=(kind,))
    (placed,) = changed(plan(made.problem())).values()
    assert (placed.meeting, placed.moved) == (booked.meeting, False)
    assert placed.takes.keys() == {kind}


def test_a_lost_chair_comes_back_where_she_is_free_and_is_covered_where_she_is_not() -> None:
    made = authority()
    conference(made, "hers", without=(IRO,))
    conference(made, "covered", add_working_days(DAY, 1), without=(IRO,))
    made.away("IRO-0", add_working_days(DAY, 1), add_working_days(DAY, 2))
    found = changed(plan(made.problem()))
    assert [each.wanted.chair_id for each in found.values()] == [id_of("IRO-0"), id_of("IRO-1")]


def test_who_only_covers_gives_the_chair_back_but_not_within_the_frozen_days() -> None:
    made = authority()
    conference(made, "near", add_working_days(TODAY, 2), IRO="IRO-1")
    conference(made, "later", IRO="IRO-1")
    found = changed(plan(made.problem()))
    assert {key: each.wanted.chair_id for key, each in found.items()} == {"M-001": id_of("IRO-0")}


def test_an_officer_who_gives_a_chair_back_is_free_for_another_at_that_time() -> None:
    made = authority(officers=3)
    conference(made, "covered", IRO="IRO-1")
    conference(made, "lost", officer=2, without=(IRO,), ROOM="ROOM-1", NOTE_TAKER="NT-1")
    made.away("IRO-2", DAY, DAY)
    problem = made.problem()
    found = changed(plan(problem))
    assert [found[key].wanted.chair_id for key in ("M-000", "M-001")] == [id_of("IRO-0"), id_of("IRO-1")]
    assert len({*depend(problem, tuple(found.values()))} - {None}) == 1  # one takes what the other gives up


def test_a_room_is_exchanged_before_anything_is_moved() -> None:
    """The only room with level access is taken by a conference that would do without: it gives way at its time."""
    made = authority(rooms=3, plain_rooms=1)
    made.away("ROOM-1", DAY, DAY)
    owed = made.owe(made.child("review", officer=1), MeetingKind.REVIEW_CONFERENCE, TODAY - timedelta(days=150), LAST)
    made.stand(owed, at(DAY, "10:00"), has={IRO: "IRO-1", ROOM: "ROOM-2", TAKER: "NT-1"})
    conference(made, "flooded", without=(ROOM,))
    found = changed(plan(made.problem(may_move=5)))
    assert {key: (each.room_id, each.moved) for key, each in found.items()} == {
        "M-000": (id_of("ROOM-0"), False),
        "M-001": (id_of("ROOM-2"), False),
    }


@pytest.mark.parametrize(("frozen_days", "exchanged"), [(0, True), (1, True), (2, False)])
def test_nobody_gives_a_room_up_for_another_within_the_frozen_days(frozen_days: int, exchanged: bool) -> None:
    made, day = authority(rooms=2, plain_rooms=1), add_working_days(TODAY, 2)
    owed = made.owe(made.child("review", officer=1), MeetingKind.REVIEW_CONFERENCE, TODAY - timedelta(days=150), LAST)
    made.stand(owed, at(day, "10:00"), has={IRO: "IRO-1", ROOM: "ROOM-1", TAKER: "NT-1"})
    conference(made, "flooded", day, without=(ROOM,))
    found = changed(plan(made.problem(frozen_days=frozen_days)))
    assert {key: each.room_id for key, each in found.items()} == ({"M-000": id_of("ROOM-0"), "M-001": id_of("ROOM-1")} if exchanged else {})


def test_what_cannot_be_repaired_at_its_time_is_moved_only_as_far_as_the_plan_may() -> None:
    made = authority(rooms=1)
    made.away("ROOM-0", DAY, DAY)
    for number, clock in enumerate(("10:00", "13:30")):
        conference(made, f"child-{number}", clock=clock, without=(ROOM,))
    assert changed(plan(made.problem())) == {}
    one = plan(made.problem(may_move=1))
    assert [each.moved for each in changed(one).values()] == [True]
    assert [booked.reference for booked, _ in one.unrepaired] == ["M-001"]
    assert [each.moved for each in changed(plan(made.problem(may_move=9))).values()] == [True, True]


def test_what_is_moved_keeps_its_room_and_its_note_taker_where_they_are_free() -> None:
    made = authority(rooms=3, note_takers=3)
    conference(made, "a", without=(POLICE,), ROOM="ROOM-2", NOTE_TAKER="NT-2")
    made.away("POL", DAY, DAY)
    (placed,) = changed(plan(made.problem(may_move=1))).values()
    assert (placed.moved, placed.room_id, placed.note_taker_id) == (True, id_of("ROOM-2"), id_of("NT-2"))


def test_nothing_within_the_frozen_days_is_moved_unless_told_to() -> None:
    made = authority(rooms=1)
    tomorrow = add_working_days(TODAY, 1)
    made.away("ROOM-0", tomorrow, tomorrow)
    conference(made, "a", tomorrow, without=(ROOM,))
    proposal = propose(made.problem(may_move=3), lambda _: None)
    assert proposal.answer.placed == ()
    assert [each.code.value for _, _, blockers in proposal.unrepaired for each in blockers] == ["NO_ROOM", "WINDOW_CLOSED"]
    assert [each.moved for each in changed(plan(made.problem(may_move=3, frozen_days=0))).values()] == [True]


def test_a_new_duty_gets_its_time_from_meetings_that_stand_and_can_wait() -> None:
    made = authority(officers=1, rooms=1, note_takers=1)
    first = add_working_days(TODAY, 3)
    made.away("IRO-0", add_working_days(TODAY, 4), add_working_days(TODAY, 12))
    made.away("IRO-0", add_working_days(TODAY, 1), add_working_days(TODAY, 2))
    for number, clock in enumerate(("09:30", "13:30")):
        conference(made, f"stands-{number}", first, clock)
    new = made.owe(made.child("new"), MeetingKind.INITIAL_CONFERENCE, TODAY, add_working_days(TODAY, 10))
    problem = made.problem(may_move=3)
    assert plan(made.problem()).late == 1
    answer = plan(problem)
    assert answer.late == 0
    (given,) = changed(answer).values()
    assert (given.moved, given.day > add_working_days(TODAY, 12)) == (True, True)
    groups = dict(zip((each.wanted.key for each in answer.placed), depend(problem, answer.placed), strict=True))
    assert groups[new.key] == groups[given.wanted.key] is not None


@pytest.mark.parametrize(("may_move", "late"), [(0, 2), (1, 1), (2, 0)])
def test_no_more_gives_way_than_may_be_moved_and_the_bound_is_honest(may_move: int, late: int) -> None:
    made = authority(officers=1, rooms=1, note_takers=1)
    made.away("IRO-0", add_working_days(TODAY, 4), add_working_days(TODAY, 12))
    made.away("IRO-0", add_working_days(TODAY, 1), add_working_days(TODAY, 2))
    for number, clock in enumerate(("09:30", "13:30")):
        conference(made, f"stands-{number}", add_working_days(TODAY, 3), clock)
    for number in range(2):
        made.owe(made.child(f"new-{number}"), MeetingKind.INITIAL_CONFERENCE, TODAY, add_working_days(TODAY, 10))
    answer = plan(made.problem(may_move=may_move))
    assert (answer.late, len(changed(answer))) == (late, may_move)
    assert answer.late_bound <= late


# ------------------------------------------------------------------------------------- against every arrangement there is


class Unit:
    """A problem that is not shown whole where a test fails."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def __repr__(self) -> str:
        def names(ids: Iterable[UUID]) -> list[str]:
            known = {each.id: each.code for each in (*self.problem.chairs, *self.problem.rooms, *self.problem.note_takers)}
            return [known.get(each, "?") for each in ids]

        stands = [
            (f"{each.meeting.start:%H:%M}", sorted(each.lacks), names(each.has.values()), names(each.own_chairs), each.fixed)
            for each in self.problem.booked
        ]
        return f"may move {self.problem.may_move}: {stands}"


@st.composite
def units(draw: st.DrawFn) -> Unit:
    """A few conferences at about one time on one day, which have lost this or that; who and what is left is scarce."""
    made = authority(officers=draw(st.integers(2, 3)), rooms=draw(st.integers(1, 3)), note_takers=draw(st.integers(1, 2)))
    taken: set[tuple[str, str]] = set()
    for number in range(draw(st.integers(1, 3))):
        clock, officer = draw(st.sampled_from(["10:00", "13:30"])), draw(st.integers(0, made.officers - 1))
        wanted = {
            IRO: f"IRO-{draw(st.integers(0, made.officers - 1))}",
            ROOM: f"ROOM-{draw(st.integers(0, made.rooms - 1))}",
            TAKER: f"NT-{draw(st.integers(0, made.note_takers - 1))}",
        }
        lost = draw(st.sets(st.sampled_from([IRO, ROOM, TAKER]), max_size=2))
        has = {kind: name for kind, name in wanted.items() if kind not in lost and (name, clock) not in taken}
        taken |= {(name, clock) for name in has.values()}
        owed = made.initial(f"child-{number}", TODAY - timedelta(days=1), officer=officer)
        made.stand(owed, at(DAY, clock), has=has, lacks=wanted.keys() - has.keys(), movable=draw(st.booleans()))
    for name in ("IRO-0", "IRO-1", "ROOM-0", "NT-0"):
        away = draw(st.sampled_from([None, 0, 20]))
        if away is not None and not any(known == name for known, _ in taken):
            made.away(name, DAY, DAY + timedelta(days=away))
    return Unit(made.problem(may_move=draw(st.integers(0, 3))))


def _in_place(problem: Problem, booked: Booked, times: Times) -> Iterator[dict[ResourceKind, UUID]]:
    """Every way to give it all that it lacks at its own time."""
    able = {
        IRO: list(may_chair(problem, booked, times)),
        ROOM: [each.id for each in problem.rooms],
        TAKER: [each.id for each in problem.note_takers],
    }
    kinds = sorted(booked.lacks)
    for chosen in product(*(able[kind] for kind in kinds)):
        spans = [(known, span_of(kind, booked.needs, booked.meeting)) for kind, known in zip(kinds, chosen, strict=True)]
        if all(times.free(known, span) for known, span in spans):
            yield dict(zip(kinds, chosen, strict=True))


def _least(problem: Problem) -> tuple[int, int]:
    """How many must go on lacking something, then how many must be moved: by trying every choice of who is repaired where."""
    lacking = [each for each in problem.booked if each.lacks]
    for stay_lacking in range(len(lacking) + 1):
        for number in range(min(problem.may_move, len(lacking) - stay_lacking) + 1):
            for without in combinations(lacking, stay_lacking):
                rest = [each for each in lacking if each not in without]
                for going in combinations(rest, number):
                    if all(may_go(problem, each) for each in going) and _can(problem, [each for each in rest if each not in going], going):
                        return stay_lacking, number
    raise AssertionError("everything may stay as it is")


def _can(problem: Problem, here: list[Booked], going: tuple[Booked, ...]) -> bool:
    """Whether all of `here` can be repaired together at their time, and `going` have room elsewhere (there is enough on other days)."""

    def all_of(rest: list[Booked], taken: list[tuple[UUID, object]]) -> bool:
        if not rest:
            return all(_elsewhere(problem, each) for each in going)
        times = Times(problem)
        for has in _in_place(problem, rest[0], times):
            took = [(known, rest[0].meeting.start) for known in has.values()]
            if not set(took) & set(taken) and all_of(rest[1:], [*taken, *took]):
                return True
        return False

    return all_of(here, [])


def _elsewhere(problem: Problem, booked: Booked) -> bool:
    board = Board(problem)
    board.vacate(booked)
    present = booked.has.get(IRO)
    for chair in may_chair(problem, booked, Times(problem)):
        wanted = wanted_of(problem, booked, chair)
        days = [number for number, day in enumerate(problem.days) if wanted.earliest_on <= day <= wanted.latest_on]
        if any(board.starts(wanted, day) for day in days):
            return True
    return present is None and False


@settings(max_examples=40, deadline=None)
@given(units())
def test_no_more_is_moved_and_no_more_goes_on_lacking_than_must(unit: Unit) -> None:
    problem = replace(unit.problem, policy=parse_policy({"order": ["BOOKED_STAY", "CHAIR_CONTINUITY"]}))
    answer = plan(problem)
    moved = sum(1 for each in answer.placed if each.moved)
    assert moved <= problem.may_move
    assert (len(answer.unrepaired), moved) <= _least(problem)


@settings(max_examples=40, deadline=None)
@given(units(), st.integers(0, 12))
def test_nothing_frozen_is_moved_whatever_is_lacking(unit: Unit, frozen: int) -> None:
    days = unit.problem.days[:frozen]
    for each in plan(replace(unit.problem, frozen_days=frozen)).placed:
        assert not each.moved or (each.day not in days and DAY not in days)


def test_an_officer_may_not_chair_in_her_place_who_is_barred() -> None:
    made = authority()
    booked = conference(made, "a", without=(IRO,))
    made.away("IRO-0", DAY, DAY)
    barred = replace(booked, barred=frozenset({id_of("IRO-1")}))
    answer = plan(replace(made.problem(), booked=(barred,)))
    assert [missing for _, missing in answer.unrepaired] == [frozenset({IRO})]


def test_people_who_must_not_meet_get_another_room_only_where_they_can_wait_apart() -> None:
    made = authority(rooms=3)
    conference(made, "a", without=(ROOM,))
    problem = made.problem()
    (booked,) = problem.booked
    apart = replace(problem, booked=(replace(booked, needs=replace(booked.needs, apart=True)),))
    assert changed(plan(apart)) == {}
    rooms = tuple(
        replace(each, features=each.features | {"second_waiting_room"}) if each.code == "ROOM-2" else each for each in apart.rooms
    )
    (placed,) = changed(plan(replace(apart, rooms=rooms))).values()
    assert (placed.room_id, placed.moved) == (id_of("ROOM-2"), False)


def test_one_that_has_got_a_part_of_what_it_lacks_is_changed_once_though_another_leaves_it_a_time() -> None:
    """Without a room and police it gets a room; then one that is moved leaves it the only time with police."""
    made = Authority(last_day=add_working_days(TODAY, 12), officers=2, rooms=1, note_takers=2)
    there, then = add_working_days(TODAY, 4), add_working_days(TODAY, 6)
    for name, days in (("IRO-0", {there, then}), ("IRO-1", {add_working_days(TODAY, 8)}), ("POL", {then})):
        for day in {add_working_days(TODAY, number) for number in range(1, 40)} - days:
            made.away(name, day, day)
    made.busy["IRO-0"] = [window(then, "12:15", 240)]
    owed = made.initial("a", TODAY - timedelta(days=1))
    made.stand(owed, at(there, "10:00"), has={IRO: "IRO-0", TAKER: "NT-0"}, lacks={ROOM, POLICE})
    review = made.owe(made.child("b", officer=1), MeetingKind.REVIEW_CONFERENCE, TODAY - timedelta(days=60), add_working_days(TODAY, 10))
    made.stand(review, at(then, "11:00"), has={ROOM: "ROOM-0", TAKER: "NT-1"}, lacks={IRO})
    problem = made.problem(may_move=2, frozen_days=0)
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    assert (answer.unrepaired, [each.moved for each in answer.placed]) == ((), [True, True])

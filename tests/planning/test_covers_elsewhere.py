"""A meeting that is only covered, at its time or where it moves, costs less than what comes before chair continuity in the order; it says
why."""

from __future__ import annotations

from datetime import timedelta

from services.kernel.words import MeetingKind, ResourceKind
from services.planning.goals import score
from services.planning.laying import lay
from services.planning.proposing import propose
from services.planning.rules import judge
from tests.support.diaries import TODAY, Authority, add_working_days, at, window

IRO, ROOM, TAKER, POLICE = ResourceKind.IRO, ResourceKind.ROOM, ResourceKind.NOTE_TAKER, ResourceKind.POLICE


def test_a_conference_gets_police_where_another_can_move_only_to_one_who_covers() -> None:
    """Their one officer and the police are both there on one day only; on the other day with police somebody else is at work."""
    made = Authority(last_day=add_working_days(TODAY, 12), officers=2, rooms=2, note_takers=2)
    for name, days in (("IRO-0", (4, 5)), ("IRO-1", (7,)), ("POL", (4, 7))):
        for day in [add_working_days(TODAY, number) for number in range(1, 60) if number not in days]:
            made.away(name, day, day)
    made.busy["IRO-0"] = [window(add_working_days(TODAY, number), "12:30", 270) for number in (4, 5)]
    stands = made.owe(made.child("stands"), MeetingKind.INITIAL_CONFERENCE, TODAY - timedelta(days=5), add_working_days(TODAY, 8))
    cast = {IRO: "IRO-0", ROOM: "ROOM-0", TAKER: "NT-0", POLICE: "POL"}
    made.stand(stands, at(add_working_days(TODAY, 4), "09:45"), has=cast)
    made.owe(made.child("owed"), MeetingKind.INITIAL_CONFERENCE, TODAY - timedelta(days=10), add_working_days(TODAY, 5))
    problem = made.problem(may_move=1)
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    found = score(problem, answer)
    assert (found.late, found.police_and_quorum, found.chair_continuity, found.booked_stay) == (0, 0, 1, 1)


def test_one_that_is_covered_for_the_sake_of_another_says_so_and_one_that_gets_its_officer_back_does_not() -> None:
    made = Authority(last_day=add_working_days(TODAY, 12), officers=2, rooms=2, note_takers=2, police=2)
    there = add_working_days(TODAY, 4)
    for day in [add_working_days(TODAY, number) for number in range(1, 60) if number not in (4, 6)]:
        made.away("IRO-0", day, day)
    made.busy["IRO-0"] = [window(there, "13:00", 240)]
    stands = made.initial("stands", TODAY - timedelta(days=1))
    made.stand(stands, at(there, "10:00"), has={IRO: "IRO-0", ROOM: "ROOM-0", TAKER: "NT-0", POLICE: "POL"})
    covered = made.initial("covered", TODAY - timedelta(days=1))
    made.stand(covered, at(add_working_days(TODAY, 6), "10:00"), has={IRO: "IRO-1", ROOM: "ROOM-0", TAKER: "NT-0", POLICE: "POL"})
    made.owe(made.child("owed"), MeetingKind.INITIAL_CONFERENCE, TODAY - timedelta(days=10), add_working_days(TODAY, 5))
    proposal = propose(made.problem(), lambda _: None)
    told = {
        each.wanted.booked.reference: reasons
        for each, reasons in zip(proposal.answer.placed, proposal.reasons, strict=True)
        if each.in_place and each.wanted.booked
    }
    assert told["M-000"][:3] == (
        "it lacks nothing: it makes room for another",
        "IRO-1 chairs it",
        "IRO-1 only covers: the children keep their officer",
    )
    assert told["M-001"][0] == "IRO-0 chairs it, the children's own officer"

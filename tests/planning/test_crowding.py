"""Who is settled together with what is amiss, where many stand about it."""

from __future__ import annotations

from datetime import timedelta

from services.kernel.words import MeetingKind, ResourceKind
from services.planning.goals import score
from services.planning.laying import lay
from services.planning.rules import judge
from tests.support.diaries import TODAY, Authority, add_working_days, at, window

CARE = MeetingKind.CARE_REVIEW


def test_what_is_late_gets_an_earlier_day_of_its_chair_however_many_others_meet_on_its_own() -> None:
    """An officer is back for one meeting on the tenth day and for more on the thirteenth; what she lost and what she owes want both."""
    made = Authority(last_day=add_working_days(TODAY, 20), officers=17)
    for day in [add_working_days(TODAY, number) for number in range(1, 60) if number not in (10, 13)]:
        made.away("IRO-0", day, day)
    made.busy["IRO-0"] = [window(add_working_days(TODAY, 10), "12:30", 270)]
    lost = made.owe(made.child("lost"), CARE, TODAY - timedelta(days=60), add_working_days(TODAY, 13))
    made.stand(lost, at(add_working_days(TODAY, 9), "10:00"), has={}, lacks={ResourceKind.IRO})
    for number in range(1, 17):
        item = made.owe(made.child(f"{number}", officer=number), CARE, TODAY - timedelta(days=60), add_working_days(TODAY, 14))
        made.stand(item, at(add_working_days(TODAY, 13), "10:00"), has={ResourceKind.IRO: f"IRO-{number}"})
        for ahead in (9, 10):
            made.away(f"IRO-{number}", add_working_days(TODAY, ahead), add_working_days(TODAY, ahead))
    made.owe(made.child("owed"), CARE, TODAY - timedelta(days=90), add_working_days(TODAY, 5))
    problem = made.problem(may_move=3)
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    late = (add_working_days(TODAY, 10) - add_working_days(TODAY, 5)).days
    assert (score(problem, answer).late, score(problem, answer).days_late) == (1, late)


def test_a_move_for_an_own_officer_is_given_up_for_one_that_gives_a_meeting_its_chair() -> None:
    """Two that could be covered have all the moves that there are; nobody can chair the third unless one who could goes elsewhere."""
    made = Authority(last_day=add_working_days(TODAY, 30), officers=19)
    day = add_working_days(TODAY, 10)
    made.away("IRO-0", TODAY, add_working_days(TODAY, 20))
    lost = made.owe(made.child("lost"), CARE, TODAY - timedelta(days=60), day)
    made.stand(lost, at(day, "10:00"), has={}, lacks={ResourceKind.IRO})
    for number in range(1, 19):
        item = made.owe(made.child(f"{number}", officer=number), CARE, TODAY - timedelta(days=60), add_working_days(TODAY, 11))
        made.stand(item, at(day, "10:00"), has={ResourceKind.IRO: f"IRO-{number}"})
        made.busy[f"IRO-{number}"] = [*made.busy.get(f"IRO-{number}", ()), window(day, "12:30", 270)]
        for ahead in range(1, 12):
            if ahead != 10 and (number, ahead) != (1, 11):
                made.away(f"IRO-{number}", add_working_days(TODAY, ahead), add_working_days(TODAY, ahead))
    for number in (1, 2):
        item = made.owe(made.child(f"covered {number}"), CARE, TODAY - timedelta(days=60), add_working_days(TODAY, 25))
        made.stand(item, at(add_working_days(TODAY, 13), "10:00"), has={}, lacks={ResourceKind.IRO})
    for number in range(3, 19):  # who meet nearer to where these two are than the third does
        item = made.owe(made.child(f"later {number}", officer=number), CARE, TODAY - timedelta(days=60), add_working_days(TODAY, 25))
        made.stand(item, at(add_working_days(TODAY, 20), "10:00"), has={ResourceKind.IRO: f"IRO-{number}"})
    problem = made.problem(may_move=2)
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    assert (answer.unrepaired, score(problem, answer).booked_stay, score(problem, answer).chair_continuity) == ((), 2, 2)

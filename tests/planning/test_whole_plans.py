"""Small units against every plan there is: none has fewer late, then fewer days late, then fewer conferences without police."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.directory.planning import Policy
from services.kernel.words import MeetingKind, ResourceKind
from services.planning.bits import starts_in
from services.planning.board import Board
from services.planning.gathering import gather
from services.planning.goals import days_without_place, score
from services.planning.laying import lay
from services.planning.preferences import span_of_days
from services.planning.problem import Problem, Wanted
from services.planning.rules import judge
from tests.support.diaries import TODAY, Authority, add_working_days, window
from tests.support.drawn import Unit

_Cost = tuple[int, int, int]
"""Late, days late, without police: the first goals, in their order."""


@st.composite
def units(draw: st.DrawFn) -> Unit:
    """Two to four duties, a conference among them, due within three working days, on the Saturday after or overdue; who and what
    they need is away or taken for days and half days, and some offer the Saturday."""
    made = Authority(
        last_day=TODAY + timedelta(days=30),
        officers=draw(st.integers(1, 2)),
        rooms=draw(st.integers(1, 2)),
        note_takers=draw(st.integers(1, 2)),
        write_up_a_week=draw(st.sampled_from([None, None, 300])),
        police=draw(st.integers(0, 2)),
    )
    drawn = [f"{made.officers} chairs, {made.rooms} rooms, {made.note_takers} note-takers, {made.police} police"]
    for number in range(draw(st.integers(2, 4))):
        kind = MeetingKind.INITIAL_CONFERENCE if not number else draw(st.sampled_from(_KINDS))
        officer, due = draw(st.integers(0, made.officers - 1)), draw(st.integers(-1, 4))
        last = add_working_days(TODAY, due) if due >= 0 else TODAY - timedelta(days=1)
        last = SATURDAY if due == 4 else last
        made.owe(made.child(f"child-{number}", officer=officer), kind, TODAY - timedelta(days=28 - number), last)
        drawn.append(f"{kind} of IRO-{officer} due {last}")
    for name in [f"{kind}-{number}" for kind, number in product(("IRO", "ROOM", "NT"), range(2))] + ["POL"]:
        if draw(st.booleans()):
            made.offer(name, SATURDAY)
            drawn.append(f"{name} offers {SATURDAY}")
        for ahead in range(1, 6):
            taken = draw(st.sampled_from(_TAKEN))
            day = add_working_days(TODAY, ahead)
            if taken is None:
                continue
            drawn.append(f"{name} on {day}: {taken}")
            if taken == "away":
                made.away(name, day, day)
            elif name != "POL":
                made.busy.setdefault(name, []).append(window(day, taken, 240))
    return Unit(made.problem(policy=Policy(late_days=2)), "; ".join(drawn))


SATURDAY = TODAY + timedelta(days=4)
_KINDS = (MeetingKind.INITIAL_CONFERENCE, MeetingKind.REVIEW_CONFERENCE, MeetingKind.CARE_REVIEW)
_TAKEN = (None, None, "away", "09:00", "13:00")


class Every:
    """All plans of a few meetings, each day's in the order of their starts and as early as can be: whatever else there is can be
    shifted to one of these without being later, or lacking more."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._board = Board(problem)

    def any_below(self, below: _Cost) -> list[str] | None:
        """A plan that costs less, as text; None: there is none."""
        return self._from(gather(self._problem), 0, (0, 0, 0), below)

    def _from(self, rest: tuple[Wanted, ...], day: int, cost: _Cost, below: _Cost) -> list[str] | None:
        late = [each for each in rest if span_of_days(self._board, each).last < day]
        days = sum(each.days_late(self._board.days[day]) for each in late)
        if _sum(cost, (len(late), days, 0)) >= below:
            return None
        missed = (len(rest), sum(days_without_place(self._problem, each) for each in rest), 0)
        if _sum(cost, missed) < below:
            return [f"{each.kind} missed" for each in rest]
        for number, wanted in enumerate(rest):
            others = (*rest[:number], *rest[number + 1 :])
            for day_, start, chosen, waived in self._ways(wanted, day):
                late_by = wanted.days_late(self._board.days[day_])
                placed = self._board.place(wanted, day_, start, chosen=chosen, police_waived="-" if waived else None)
                found = self._from(others, day_, _sum(cost, (late_by > 0, late_by, waived)), below)
                self._board.remove(placed)
                if found is not None:
                    return [f"{wanted.kind} of {wanted.latest_on} at {placed.meeting.start} {waived}", *found]
        return None

    def _ways(self, wanted: Wanted, first: int) -> Iterator[tuple[int, int, dict[ResourceKind, UUID], bool]]:
        """Day, start, what is chosen, and whether police stay away: they may, in time."""
        board, needs, span = self._board, wanted.needs, span_of_days(self._board, wanted)
        for day in range(max(span.first, first), span.until + 1):
            rooms = board.rooms_apart(needs, day) if needs.room else {None: -1}
            takers = board.note_takers_apart(needs, day) if needs.note_taker else {None: -1}
            for waived in (False, True) if needs.police and day <= span.last else (False,):
                chair = board.chair_starts(wanted, day) & (board.police_starts(needs, day) if needs.police and not waived else -1)
                for (room, in_room), (taker, written) in product(rooms.items(), takers.items()):
                    starts = chair & in_room & written
                    if starts:
                        known = {ResourceKind.ROOM: room, ResourceKind.NOTE_TAKER: taker}
                        yield day, next(starts_in(starts)), {kind: each for kind, each in known.items() if each is not None}, waived


def _sum(one: _Cost, other: _Cost) -> _Cost:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(units())
def test_no_plan_at_all_has_fewer_late_then_fewer_days_late_then_more_police(unit: Unit) -> None:
    problem = unit.problem
    answer = lay(problem, lambda _: None)
    assert judge(problem, answer) == ()
    ours = score(problem, answer)
    below = (ours.late, ours.days_late, ours.police_and_quorum)
    assert Every(problem).any_below(below) is None, (below, [(each.wanted.kind, each.meeting.start) for each in answer.placed])
    assert answer.late_bound <= ours.late

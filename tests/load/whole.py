"""The year put to CP-SAT as one model, as the textbook has it: every meeting and every day at once, no decomposition, no hints.

It has the rules of `services.planning.model` by the same names and weighs a day as `services.planning.preferences` does. The chain is
part of it: what a meeting makes due has its days by the day that the meeting is given.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ortools.sat.python import cp_model

from services.planning.answer import Answer, Placed
from services.planning.board import Board
from services.planning.gathering import Waiting, family_of, gather
from services.planning.model import Choice, Meeting, Search, arranged
from services.planning.preferences import EARLY, Span, base_cost, span_of_days, weights
from services.planning.problem import Owed, Problem, Wanted
from services.planning.wanting import want

WAIVED = "no place of the police was free on any day in time"


@dataclass(slots=True, kw_only=True)
class _Node:
    """A meeting of the model. `before`: the one that makes it due, with the family of kinds; its own day may change what it is for."""

    wanted: Wanted
    meeting: Meeting
    before: tuple[_Node, str] | None = None


def plan_whole(problem: Problem, seconds: float) -> Answer | None:
    """A plan after so many seconds of search on two cores; None: nothing was found in them. Raises `ValueError` for a problem with
    meetings that stand."""
    if problem.standing or problem.booked:
        raise ValueError("the whole model plans an empty diary alone")
    return _Whole(problem).plan(seconds)


class _Whole(Search):
    def __init__(self, problem: Problem) -> None:
        super().__init__(Board(problem))
        self.problem = problem
        self.nodes: list[_Node] = []
        self.missed: list[Wanted] = []
        self.costs: list[cp_model.LinearExprT] = []
        self.weigh = weights(self.board)
        self.late, self.waived = 256 * self.weigh.days_late, 2 * self.weigh.book_by

    def plan(self, seconds: float) -> Answer | None:
        for wanted in gather(self.problem):
            self._add_owed(wanted)
        self.no_two_places_chairs()
        self.no_two_places_rooms_and_note_takers()
        self.write_up_capacity()
        self.police_capacity()
        self.wishes()
        self.balanced_days()
        self.costs += [self.weigh.wishes * missed for each in self.meetings for missed in each.unwished]
        self.model.minimize(sum(self.costs))
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, 2
        solver.parameters.cp_model_probing_level, solver.parameters.symmetry_level = 0, 0  # else it never ends to prepare itself
        solver.parameters.max_presolve_iterations = 1
        if solver.solve(self.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return self._answer(solver)

    def _add_owed(self, wanted: Wanted) -> None:
        """What is owed, with what it costs by the day; then what hangs on it."""
        span = span_of_days(self.board, wanted)
        days = {day: base_cost(self.board, wanted, span, day) for day in range(max(span.first, 0), span.last + 1)}
        for day in range(max(span.last + 1, 0), span.until + 1):
            days[day] = self.late + self.weigh.days_late * wanted.days_late(self.board.days[day])
        meeting = self._add(wanted, days, optional=False, latest=span.last)
        if meeting is None:
            self.missed.append(wanted)
            return
        self.costs += [cost * meeting.on[day] for day, cost in days.items() if day in meeting.on]
        self._add_following(_Node(wanted=wanted, meeting=meeting))

    def _add(self, wanted: Wanted, days: dict[int, int], *, optional: bool, latest: int | None) -> Meeting | None:
        starts = {day: self.board.starts(wanted, day, police=False) for day in days}
        if not any(starts.values()):
            return None
        self.add(Choice(wanted=wanted, days=days, police=True), optional=optional, shared=False)
        meeting = self.meetings[-1]
        if wanted.needs.police:
            meeting.waived = self.model.new_bool_var("waived")
            self.costs.append(self.waived * meeting.waived)
            if latest is not None:
                self.model.add(sum(on for day, on in meeting.on.items() if day <= latest) >= meeting.waived)
        return meeting

    def _add_following(self, node: _Node) -> None:
        """The meetings that the chain makes due after this one, whichever day it has."""
        self.nodes.append(node)
        families: defaultdict[str, dict[int, Wanted]] = defaultdict(dict)
        for day in sorted(node.meeting.on):
            found = self._following(node.wanted, self.board.days[day])
            if not found:
                break  # later days make due later still
            for family, wanted in found.items():
                families[family][day] = wanted
        for family, by_day in families.items():
            self._follow(node, family, by_day)

    def _following(self, wanted: Wanted, on: date) -> dict[str, Wanted]:
        """By family of kinds, what is due after the meeting if it is on that day."""
        due: defaultdict[str, list[Owed]] = defaultdict(list)
        for item in wanted.items:
            owed = self.problem.chain.after(item.child_id, (*item.behind, (item.kind, on)))
            if owed is not None and owed.book_by_on <= self.problem.last_day and self.problem.wants(owed.kind):
                behind = (*item.behind, (item.kind, on))
                due[family_of(owed.kind)].append(replace(owed, chained=True, behind=behind))
        return {family: want(self.problem, tuple(items), wanted.chair_id) for family, items in due.items()}

    def _follow(self, before: _Node, family: str, by_day: dict[int, Wanted]) -> None:
        spans = {day: span_of_days(self.board, each) for day, each in by_day.items()}
        first, until = min(max(each.first, 0) for each in spans.values()), max(each.until for each in spans.values())
        wanted = next(iter(by_day.values()))
        meeting = self._add(wanted, dict.fromkeys(range(first, until + 1), 0), optional=True, latest=None)
        if meeting is None:
            return
        assert meeting.present is not None
        self.model.add(meeting.present == sum(before.meeting.on[day] for day in by_day))
        self._weigh(meeting, before.meeting, {day: (spans[day], _first_wished(self.board, each)) for day, each in by_day.items()})
        self._add_following(_Node(wanted=wanted, meeting=meeting, before=(before, family)))

    def _weigh(self, meeting: Meeting, before: Meeting, spans: dict[int, tuple[Span, int]]) -> None:
        """The days of a meeting by the day of the one before it, and what they cost."""
        model, days = self.model, len(self.board.days)

        def by(name: str, numbers: Iterable[tuple[int, cp_model.IntVar]]) -> cp_model.IntVar:
            found = model.new_int_var(-days, days, name)
            model.add(found == sum(number * on for number, on in numbers))
            return found

        on = before.on
        held = by("day", meeting.on.items())
        book_by = by("book-by", ((span.book_by, on[day]) for day, (span, _) in spans.items()))
        last = by("last", ((span.last, on[day]) for day, (span, _) in spans.items()))
        short, early, days_late = (model.new_int_var(0, days, name) for name in ("short", "early", "days late"))
        after, late, too_early = (model.new_bool_var(name) for name in ("after book-by", "late", "too early"))
        assert meeting.present is not None
        slack = meeting.choice.wanted.slack_days * meeting.present
        model.add(short >= slack - book_by + held)
        model.add(early >= book_by - held - slack)
        model.add(held <= book_by + days * after)
        model.add(held <= last + days_late)
        model.add(days_late <= days * late)
        model.add(held >= by("first", ((max(span.first, 0), on[day]) for day, (span, _) in spans.items())))
        model.add(held >= by("preferred", ((first, on[day]) for day, (_, first) in spans.items())) - days * too_early)
        if meeting.waived is not None:
            model.add(meeting.waived + late <= 1)
        weigh = self.weigh
        self.costs += [weigh.slack * short, EARLY * early, weigh.book_by * after, weigh.wishes * too_early]
        self.costs += [self.late * late, weigh.days_late * days_late]

    def balanced_days(self) -> None:
        """At most three meetings a chair and day, or each beyond costs."""
        chaired: defaultdict[tuple[UUID, int], list[cp_model.IntVar]] = defaultdict(list)
        for each in self.meetings:
            for day, on in each.on.items():
                chaired[each.choice.wanted.chair_id, day].append(on)
        most = self.problem.settings.chaired_a_day
        for (chair, day), those in chaired.items():
            stands = self.board.chaired[chair, day]
            if len(those) + stands > most:
                beyond = self.model.new_int_var(0, len(those), "beyond")
                self.model.add(sum(those) + stands <= most + beyond)
                self.costs.append(self.weigh.balanced_days * beyond)

    def _answer(self, solver: cp_model.CpSolver) -> Answer:
        placed: dict[int, Placed] = {}
        for node in self.nodes:
            if node.meeting.present is not None and not solver.boolean_value(node.meeting.present):
                continue
            wanted = node.wanted
            if node.before is not None:
                before, family = node.before
                held = placed[id(before)]
                wanted = self._following(held.wanted, held.day)[family]
            found = arranged(solver, node.meeting)
            waived = WAIVED if node.meeting.waived is not None and solver.boolean_value(node.meeting.waived) else None
            placed[id(node)] = self.board.place(wanted, found.day, found.start, police_waived=waived, chosen=found.chosen)
        chairless = Waiting(self.problem).chairless
        return Answer(placed=tuple(placed.values()), unplaced=tuple(chairless), missed=tuple(self.missed), late_bound=0)


def _first_wished(board: Board, wanted: Wanted) -> int:
    return bisect_left(board.days, wanted.preferred_on)

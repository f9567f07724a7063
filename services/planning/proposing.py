"""A plan from problem to proposal: laid, judged by the rules, explained. Runs in a process of its own; all of it is plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from services.directory.planning import Goal
from services.kernel.errors import Blocker
from services.kernel.words import BlockerCode, ResourceKind
from services.planning.answer import Answer, Progress
from services.planning.changes import blockers_of_lacking
from services.planning.explain import Boards, blockers_of_chairless, blockers_of_missed, count, reasons_of
from services.planning.grouping import depend
from services.planning.laying import lay
from services.planning.problem import Booked, Owed, Problem
from services.planning.proving import Proof, prove
from services.planning.rules import judge
from services.planning.shifting import with_another_time
from services.planning.times import Times


class PlanBroken(Exception):
    """A laid plan breaks a rule that it must keep: a fault of the search, which is stored nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is stored: each placement of the answer with its reasons, and what has no place with its blockers."""

    answer: Answer
    reasons: tuple[tuple[str, ...], ...]
    unplaced: tuple[tuple[Owed, tuple[Blocker, ...]], ...]
    unrepaired: tuple[tuple[Booked, frozenset[ResourceKind], tuple[Blocker, ...]], ...] = ()
    groups: tuple[int | None, ...] = ()
    """For each placement the number of its group: those of one number stand together or not at all."""
    proofs: tuple[Proof, ...] = ()
    """What is proven of each goal, in the order of the unit."""

    @property
    def late(self) -> int:
        return self.answer.late

    @property
    def wanted(self) -> int:
        whole = {booked.key for booked, _, _ in self.unrepaired} - {each.wanted.key for each in self.answer.placed}
        return len(self.answer.placed) + len(self.answer.missed) + len(self.answer.unplaced) + len(whole)

    @property
    def message(self) -> str:
        """One line on what the counts do not say."""
        changed = [each for each in self.answer.placed if each.wanted.booked is not None]
        moved, lacking = sum(1 for each in changed if each.moved), len(self.unrepaired)
        waived = sum(1 for each in self.answer.placed if each.police_waived is not None and not each.in_place)
        kept, expected = len(self.answer.reserved), self.answer.reserved_wanted
        parts = [
            f"{count(len(changed), 'meeting')} that stood changed, {moved} of them moved{self._proven_moved}" if changed else "",
            f"{count(lacking, 'meeting')} that {'stand' if lacking > 1 else 'stands'} still {'lack' if lacking > 1 else 'lacks'} something"
            if lacking
            else "",
            f"{count(waived, 'conference')} without police, {'each with its' if waived > 1 else 'with the'} reason" if waived else "",
            f"room kept for {kept} of {count(expected, 'expected initial conference')}" if expected else "",
        ]
        return "; ".join(part for part in parts if part)

    @property
    def _proven_moved(self) -> str:
        found = next((each for each in self.proofs if each.goal is Goal.BOOKED_STAY and each.value), None)
        return "" if found is None else f" (proven: at least {found.bound})"


def propose(problem: Problem, report: Callable[[Progress], None]) -> Proposal:
    """A proposal that keeps every hard rule; raises `PlanBroken` rather than answer with one that does not."""
    answer = lay(problem, report)
    breaches = judge(problem, answer)
    if breaches:
        raise PlanBroken(f"{len(breaches)} breaches, the first: {breaches[0].rule}")
    chaired = Counter((each.wanted.chair_id, each.day) for each in answer.placed)
    reasons = tuple(reasons_of(problem, each, chaired=chaired[each.wanted.chair_id, each.day]) for each in answer.placed)
    boards = Boards.after(problem, answer) if answer.missed or answer.unplaced else None
    unplaced: list[tuple[Owed, tuple[Blocker, ...]]] = []
    if boards is not None:
        for wanted in answer.missed:
            blockers = blockers_of_missed(boards, wanted)
            unplaced += [(item, blockers) for item in wanted.items]
        unplaced += [(owed, blockers_of_chairless(boards, owed)) for owed in answer.unplaced]
    return Proposal(
        answer=answer,
        reasons=reasons,
        unplaced=tuple(unplaced),
        unrepaired=_unrepaired(problem, answer),
        groups=depend(problem, answer.placed),
        proofs=prove(problem, answer),
    )


def _unrepaired(problem: Problem, answer: Answer) -> tuple[tuple[Booked, frozenset[ResourceKind], tuple[Blocker, ...]], ...]:
    """What goes on lacking something, today's first."""
    closed = Blocker(code=BlockerCode.WINDOW_CLOSED, message="it is today: a plan changes nothing of today")
    today = tuple((booked, booked.lacks, (closed,)) for booked in problem.lacking_today)
    return today + _not_repaired(problem, answer)


def _not_repaired(problem: Problem, answer: Answer) -> tuple[tuple[Booked, frozenset[ResourceKind], tuple[Blocker, ...]], ...]:
    if not answer.unrepaired:
        return ()
    times = Times(problem)
    for each in answer.placed:
        times.change(each)
    after = times.problem()
    moved = {each.wanted.booked.meeting_id for each in answer.placed if each.wanted.booked is not None and each.moved}
    able = with_another_time(replace(after, booked=tuple(booked for booked, _ in answer.unrepaired)))
    return tuple(
        (booked, missing, blockers_of_lacking(after, booked, missing, moved=moved, elsewhere=booked.meeting_id in able))
        for booked, missing in answer.unrepaired
    )

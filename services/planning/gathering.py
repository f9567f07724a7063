"""What waits to be placed: obligations in the order of their days, siblings gathered into one meeting as their turn comes."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

from services.kernel.window import TimeWindow, local_instant
from services.kernel.words import CONFERENCES, MeetingKind
from services.planning.answer import Placed
from services.planning.problem import Owed, Problem, Wanted
from services.planning.wanting import want

Key = tuple[UUID, MeetingKind, date]
_NOBODY = UUID(int=0)


def family_of(kind: MeetingKind) -> str:
    """Kinds that one meeting can serve together: conferences of every sort; each sort of review by itself."""
    return "CONFERENCE" if kind in CONFERENCES else kind.value


class Waiting:
    """Obligations without a place yet. Placing a meeting adds what its chain makes due within the span."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._pending: dict[Key, Owed] = {}
        self._heap: list[tuple[date, int, Key]] = []
        self._groups: defaultdict[str, set[Key]] = defaultdict(set)
        self._made: dict[Key, list[Key]] = {}
        self._number = 0
        self.chairless: list[Owed] = []
        self.wanted = 0
        for owed in problem.owed:
            self._add(owed)
        for child_id, kind, day in problem.standing:
            self._follow(child_id, ((kind, day),))

    def next(self) -> Wanted | None:
        """The meeting whose book-by day comes first, with every sibling due within tolerance; None: all have had their turn."""
        while self._heap:
            _, _, key = heapq.heappop(self._heap)
            lead = self._pending.get(key)
            if lead is None:
                continue
            items = tuple(self._together(lead))
            for each in items:
                self._drop(each.key)
            return want(self._problem, items, self._chair(lead))
        return None

    def placed(self, placed: Placed) -> None:
        """What the chain owes after `placed` waits now, in place of what it owed by an earlier day of the same meeting."""
        wanted = placed.wanted
        self.missed(wanted)
        made = []
        for item in wanted.items:
            made_due = self._follow(item.child_id, (*item.behind, (item.kind, placed.day)))
            if made_due is not None:
                made.append(made_due)
        if made:
            self._made[wanted.key] = made

    def missed(self, wanted: Wanted) -> None:
        """What the chain owed after it is owed no more: it has no day."""
        for key in self._made.pop(wanted.key, []):
            self._drop(key)

    def may_move(self, wanted: Wanted) -> bool:
        """Whether nothing that hangs on this meeting has been placed yet: another day for it is still free to choose."""
        return all(key in self._pending for key in self._made.get(wanted.key, []))

    def __len__(self) -> int:
        return len(self._pending)

    def _chair(self, owed: Owed) -> UUID:
        chair = self._problem.subjects[owed.child_id].chair_for(owed)
        assert chair is not None  # those without one never wait
        return chair

    def _follow(self, child_id: UUID, held: tuple[tuple[MeetingKind, date], ...]) -> Key | None:
        owed = self._problem.chain.after(child_id, held)
        if owed is None or owed.book_by_on > self._problem.last_day or not self._problem.wants(owed.kind):
            return None
        owed = replace(owed, chained=True, behind=held)
        return owed.key if self._add(owed) else None

    def _add(self, owed: Owed) -> bool:
        subject = self._problem.subjects[owed.child_id]
        if subject.chair_for(owed) is None:
            self.chairless.append(owed)
            return False
        if owed.key in self._pending:
            return False
        self._pending[owed.key] = owed
        self._number += 1
        heapq.heappush(self._heap, (owed.book_by_on, self._number, owed.key))
        if subject.sibling_group is not None:
            self._groups[subject.sibling_group].add(owed.key)
        return True

    def _drop(self, key: Key) -> None:
        self._pending.pop(key, None)
        group = self._problem.subjects[key[0]].sibling_group
        if group is not None:
            self._groups[group].discard(key)

    def _place(self, key: Key) -> tuple[date, str, Key]:
        return self._pending[key].book_by_on, self._problem.subjects[key[0]].reference, key

    def _together(self, lead: Owed) -> Iterator[Owed]:
        yield lead
        subject = self._problem.subjects[lead.child_id]
        if subject.sibling_group is None:
            return
        until, chair_id = lead.book_by_on + timedelta(days=self._problem.policy.together_days), subject.chair_for(lead)
        seen = {lead.child_id}
        for key in sorted(self._groups[subject.sibling_group], key=self._place):
            other = self._pending[key]
            fits = family_of(other.kind) == family_of(lead.kind) and self._problem.subjects[other.child_id].chair_for(other) == chair_id
            sat_together = other.triggered_on == lead.triggered_on
            allowed = other.not_before_on is None or other.not_before_on <= lead.book_by_on
            if other.child_id not in seen and fits and allowed and (other.book_by_on <= until or sat_together):
                seen.add(other.child_id)
                yield other


def gather(problem: Problem) -> tuple[Wanted, ...]:
    """The meetings for what is owed already, without what the chain adds: what a bound may count on."""
    waiting = Waiting(replace(problem, standing=()))
    found: list[Wanted] = []
    while (wanted := waiting.next()) is not None:
        found.append(wanted)
    return tuple(found)


def gather_all(problem: Problem) -> tuple[Wanted, ...]:
    """The same, with what the chain adds to the end of the span where each meeting is held on its book-by day, and what has no chair."""
    waiting = Waiting(problem)
    found: list[Wanted] = []
    while (wanted := waiting.next()) is not None:
        found.append(wanted)
        waiting.placed(_held_by_its_day(problem, wanted))
    return (*found, *(want(problem, (owed,), _NOBODY) for owed in waiting.chairless))


def _held_by_its_day(problem: Problem, wanted: Wanted) -> Placed:
    day = max(wanted.book_by_on, problem.today)
    noon = local_instant(day, time(12))
    meeting = TimeWindow(noon, noon + timedelta(minutes=wanted.needs.minutes))
    return Placed(wanted=wanted, meeting=meeting, day=day, room_id=None, note_taker_id=None, police_team_id=None)

"""Lays a diary: meetings in the order of their book-by days, each on its best day; what is hard goes to the exact search.

The order of days is what makes chains simple: when a meeting's turn comes, everything that sets its due day has been
placed, and nothing that it will make due has been. Whenever a meeting adds more to what is late or without police than it
must by itself, it and those about it are settled together (`trading`): where these are all that matter, no plan is better
by these goals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from services.kernel.words import ResourceKind
from services.planning.answer import WAIVED, Answer, Placed, Progress
from services.planning.arranging import rearrange
from services.planning.bits import starts_in
from services.planning.board import Board
from services.planning.bounds import has_time, prove_late
from services.planning.exchanging.improving import improve
from services.planning.gathering import gather
from services.planning.laid import Laid
from services.planning.model import Choice
from services.planning.moving import Movable
from services.planning.preferences import Span, base_cost, cheapest, span_of_days, start_among, weights, wishes
from services.planning.problem import Problem, Wanted
from services.planning.proving import loosened
from services.planning.shifting import Settled, settle
from services.planning.trading import Traded, least_grave, together, trade

NEIGHBOURS = (8, 28)
"""How many meetings may be rearranged for one that finds no place: few first, which is quick."""
DAYS_EACH = 10
CROWD, TRADES = 8, 12
"""So many meetings are settled together by the gravest goals, and so often in one plan."""
_REPORT_EVERY = 100


def lay(problem: Problem, report: Callable[[Progress], None]) -> Answer:
    """A plan for `problem`: first what stands and lacks something, then what is owed; last, whatever is amiss is settled anew with what
    stands in its way."""
    settled = settle(problem)
    diary = Diary(settled.problem)
    bound = diary.lay_all(Board(loosened(problem)), report)
    found = improve(problem, _answer(diary, settled, bound))
    report(Progress(share=1.0, placed=len(found.placed), late=found.late, late_bound=found.late_bound))
    return found


def _answer(diary: Diary, settled: Settled, bound: int) -> Answer:
    return Answer(
        placed=tuple(sorted((*settled.placed, *diary.laid), key=lambda each: (each.meeting.start, str(each.wanted.chair_id)))),
        unrepaired=settled.unrepaired,
        unplaced=tuple(diary.waiting.chairless),
        missed=tuple(diary.missed.values()),
        late_bound=bound,
        reserved=diary.reserve.kept(),
        reserved_wanted=diary.reserve.wanted,
    )


class Diary(Laid):
    """A diary being laid."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.bare = Board(problem, self.board.calendar)
        self.movable = Movable(problem, self.board)
        self.roots = gather(problem)
        self._trades = TRADES

    @property
    def laid(self) -> tuple[Placed, ...]:
        """Every placement so far, with the meetings that stand and gave way."""
        return (*self.movable.changed, *self.placed.values())

    def lay_all(self, loose: Board, report: Callable[[Progress], None]) -> int:
        """Everything owed has its place or is named as missed; answers the proven least that is late. `loose`: as `surely_late`."""
        bound = self.surely_late(loose)

        def sweep() -> None:
            while (wanted := self.waiting.next()) is not None:
                self.settle(wanted)
                done = len(self.placed) + len(self.missed)
                if done % _REPORT_EVERY == 0:
                    share = 0.95 * done / (done + len(self.waiting))
                    report(Progress(share=share, placed=len(self.placed), late=self.late, late_bound=bound))

        sweep()
        self.win_police_back()
        sweep()  # a conference that was moved may have brought another into the span
        return prove_late(loose, self.roots, self.placed.values(), self.missed.values()) + len(self.waiting.chairless)

    def surely_late(self, loose: Board) -> int:
        """How many of what is owed now have no chair, or no time at all before their last day, whatever is planned. `loose`: without
        all that might be changed."""
        return len(self.waiting.chairless) + sum(1 for each in self.roots if not has_time(loose, each, police=False))

    def settle(self, wanted: Wanted) -> None:
        """Places the meeting, or names it as missed. Where that costs more of the gravest goals than it must by itself, others may be
        late or without police instead."""
        before = self.grave
        self._settle(wanted)
        if self.grave > together(before, least_grave(self.bare, wanted)) and self._trades:
            self._trades -= 1
            self._trade(self._crowd(wanted))

    def _settle(self, wanted: Wanted) -> None:
        """The meeting in time with police (by the book-by day if it can be), else where what stands gives way for that,
        else in time without, else as few days late as found."""
        span = span_of_days(self.board, wanted)
        in_time = range(span.first, span.last + 1)
        found = self._with_police(wanted, span, range(span.first, min(span.book_by, span.last) + 1))
        if found is None and has_time(self.bare, wanted, police=True) and self._make_way(wanted, span, police=True):
            return
        found = found or self._with_police(wanted, span, in_time)
        if found is None and self._displace(wanted, span, police=True):
            return
        if found is None and wanted.needs.police:
            found = self._waiving(wanted, span, in_time)
        if found is None and has_time(self.bare, wanted, police=False) and self._make_way(wanted, span, police=False):
            return
        if found is None and wanted.needs.police and self._displace(wanted, span, police=False):
            return
        found = found or self._first_late(wanted, span)
        if found is None:
            self._miss(wanted)

    def _with_police(self, wanted: Wanted, span: Span, days: range) -> Placed | None:
        return self._cheapest(wanted, span, days) or self._from_reserve(wanted, span, days)

    def win_police_back(self) -> None:
        """Police attend again wherever a waived conference finds a time with them after all; a day that others hang on stays."""
        for placed in [each for each in self.placed.values() if each.police_waived is not None]:
            span, (day, _) = span_of_days(self.board, placed.wanted), self.board.start_of(placed)
            free = self.waiting.may_move(placed.wanted)
            self._remove(placed)
            if self._cheapest(placed.wanted, span, range(span.first, span.last + 1) if free else (day,)) is None:
                self._put(placed)

    def _cheapest(self, wanted: Wanted, span: Span, days: Iterable[int], *, waived: str | None = None) -> Placed | None:
        found = cheapest(self.board, wanted, span, days, police=waived is None)
        return None if found is None else self._place(wanted, *found, waived=waived)

    def _from_reserve(self, wanted: Wanted, span: Span, in_time: Iterable[int]) -> Placed | None:
        """A time that was kept for conferences nobody has asked for yet, where no other is left."""
        if not wanted.needs.room:
            return None
        for _, day in sorted((base_cost(self.board, wanted, span, day), day) for day in in_time):
            given = self.reserve.give_up(day)
            if not given:
                continue
            starts = self.board.starts(wanted, day)
            placed = self._place(wanted, day, start_among(wanted, starts)) if starts else None
            self.reserve.keep_again(given, untouched=placed is None)
            if placed is not None:
                return placed
        return None

    def _waiving(self, wanted: Wanted, span: Span, in_time: Iterable[int]) -> Placed | None:
        return self._cheapest(wanted, span, in_time, waived=WAIVED)

    def _first_late(self, wanted: Wanted, span: Span) -> Placed | None:
        for day in range(max(span.last + 1, 0), span.until + 1):
            given = self.reserve.give_up(day)
            starts = self.board.starts(wanted, day)
            _, wished = wishes(self.board, wanted, day, starts)
            placed = self._place(wanted, day, next(starts_in(wished))) if starts else None
            self.reserve.keep_again(given, untouched=placed is None)
            if placed is not None:
                return placed
        return None

    def _make_way(self, wanted: Wanted, span: Span, *, police: bool) -> bool:
        """Whether the exact search found a place in time by rearranging neighbours: who is in time stays so."""
        neighbours = self._neighbours(wanted, span)
        return any(self._rearrange(wanted, span, neighbours[:number], police=police) for number in NEIGHBOURS)

    def _rearrange(self, wanted: Wanted, span: Span, neighbours: list[Placed], *, police: bool) -> bool:
        given = [each for day in range(span.first, span.last + 1) for each in self.reserve.give_up(day)]
        for each in neighbours:
            self._remove(each)
        choices = [self._choice(wanted, police=police), *(self._choice_of(each) for each in neighbours)]
        found = rearrange(self.board, choices)
        if found is None:
            for each in neighbours:
                self._put(each)
        else:
            for choice, place in zip(choices, found, strict=True):
                self._place(choice.wanted, place.day, place.start, waived=None if choice.police else WAIVED, chosen=place.chosen)
        self.reserve.keep_again(given, untouched=found is None)
        return found is not None

    def _crowd(self, wanted: Wanted) -> list[Wanted]:
        """The meeting with those whose day may decide over its own, the nearest first."""
        crowd = {wanted.key: wanted}
        for each in (queue := [wanted]):
            for other in self._beside(each):
                if len(crowd) < CROWD and other.key not in crowd:
                    crowd[other.key] = other
                    queue.append(other)
        return list(crowd.values())

    def _beside(self, wanted: Wanted) -> Iterator[Wanted]:
        """What shares a chair or anything else with the meeting on the days that it may have."""
        last = span_of_days(self.board, wanted).last
        for day in sorted(self._days_about(wanted), key=lambda day: abs(day - last)):
            for placed in self._on_day.get(day, {}).values():
                if _compete(wanted, placed.wanted) and self.waiting.may_move(placed.wanted):
                    yield placed.wanted
        yield from (each for each in self.missed.values() if _compete(wanted, each))

    def _days_about(self, wanted: Wanted) -> range:
        """Its days in time, and the first late ones."""
        span = span_of_days(self.board, wanted)
        return range(max(span.first, 0), min(span.last + DAYS_EACH, span.until) + 1)

    def _trade(self, crowd: list[Wanted]) -> None:
        """All of them where they cost least of the gravest goals together, if that is less than now."""
        now = {each.key: self.placed.get(each.key) for each in crowd}
        cost = together(*(self.cost(each) for each in crowd))
        for placed in now.values():
            if placed is not None:
                self._remove(placed)
        days = {day for each in crowd for day in self._days_about(each)}
        given = [each for day in sorted(days) for each in self.reserve.give_up(day)]
        choices = [self._any_choice(each, now[each.key]) for each in crowd]
        found = trade(self.board, choices, cost)
        if found is None:
            for placed in now.values():
                if placed is not None:
                    self._put(placed)
        else:
            for wanted, became in zip(crowd, found, strict=True):
                self._become(wanted, became)
        self.reserve.keep_again(given, untouched=found is None)

    def _become(self, wanted: Wanted, became: Traded) -> None:
        if became.place is None:
            self._miss(wanted)
            return
        self._miss_no_more(wanted)
        place = became.place
        self._place(wanted, place.day, place.start, waived=WAIVED if became.waived else None, chosen=place.chosen)

    def _any_choice(self, wanted: Wanted, placed: Placed | None) -> Choice:
        """Days in time, those with police and the cheapest first, and late ones, the first; with them the day that it has now."""
        span, board = span_of_days(self.board, wanted), self.board
        in_time = self._costs(wanted, span, (day for day in range(span.first, span.last + 1) if board.starts(wanted, day, police=False)))
        ranked = sorted(in_time, key=lambda day: (not board.starts(wanted, day), in_time[day]))[:DAYS_EACH]
        late = islice((day for day in range(max(span.last + 1, 0), span.until + 1) if board.starts(wanted, day)), DAYS_EACH)
        hint = None if placed is None else board.start_of(placed)
        days = {*ranked, *late, *(() if hint is None else hint[:1])}
        return Choice(wanted=wanted, days=self._costs(wanted, span, sorted(days)), police=wanted.needs.police, hint=hint)

    def _displace(self, wanted: Wanted, span: Span, *, police: bool) -> bool:
        """Whether it found a place in time because meetings that stand gave way, as few as may be and no more than may be moved."""
        days = range(max(span.first, 0), span.last + 1)
        given = [each for day in days for each in self.reserve.give_up(day)]
        found = self.movable.give_way(self._choice(wanted, police=police), days) if days else None
        if found is not None:
            waived = WAIVED if not police else None
            self._place(wanted, found.day, found.start, waived=waived, chosen=found.chosen)
        self.reserve.keep_again(given, untouched=found is None)
        return found is not None

    def _neighbours(self, wanted: Wanted, span: Span) -> list[Placed]:
        near = [
            (abs(day - span.last), placed)
            for day in range(max(span.first, 0), span.last + 1)
            for placed in self._on_day.get(day, {}).values()
            if (placed.wanted.chair_id == wanted.chair_id or (wanted.needs.room and placed.wanted.needs.room))
            and self.waiting.may_move(placed.wanted)
        ]
        near.sort(key=lambda each: (each[1].wanted.chair_id != wanted.chair_id, each[0], each[1].meeting.start))
        return [placed for _, placed in near]

    def _choice(self, wanted: Wanted, *, police: bool) -> Choice:
        span = span_of_days(self.board, wanted)
        return Choice(wanted=wanted, days=self._costs(wanted, span, range(span.first, span.last + 1)), police=police)

    def _choice_of(self, placed: Placed) -> Choice:
        """A neighbour's days: its own and the cheapest in time; for one that is late, its own and the first late ones with a time."""
        wanted, (day, start) = placed.wanted, self.board.start_of(placed)
        span = span_of_days(self.board, wanted)
        if placed.days_late:
            first = (each for each in range(max(span.last + 1, 0), span.until + 1) if each == day or self.board.starts(wanted, each))
            late = weights(self.board).days_late
            days = {each: late * wanted.days_late(self.board.days[each]) for each in {day, *islice(first, DAYS_EACH)}}
        else:
            costs = self._costs(wanted, span, range(span.first, span.last + 1))
            days = {each: costs[each] for each in sorted(costs, key=lambda each: (each != day, costs[each]))[:DAYS_EACH]}
        police = wanted.needs.police and placed.police_waived is None
        return Choice(wanted=wanted, days=days, police=police, hint=(day, start))


def _compete(one: Wanted, other: Wanted) -> bool:
    """Whether they have a chair in common or both need a room, a note-taker or police."""
    return one.chair_id == other.chair_id or bool({*one.needs.kinds} & {*other.needs.kinds} - {ResourceKind.IRO})

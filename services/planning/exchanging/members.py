"""What may become of a meeting that is settled anew, on the diary around it and its like. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from uuid import UUID

from services.kernel.words import MeetingKind, ResourceKind
from services.planning.board import NOBODY
from services.planning.exchanging.around import Around
from services.planning.exchanging.pieces import Piece
from services.planning.following import is_entangled
from services.planning.model import ALTERNATIVES, Choice
from services.planning.preferences import Span, base_cost, load_cost, span_of_days
from services.planning.problem import Booked, Problem, Wanted
from services.planning.repairing import free_for, may_chair, may_go, near, wanted_of

DAYS_EACH = 24
"""So many days in time are weighed for each meeting, the best, and so many late ones, the first."""
CHAIRS = 8
"""So many who might chair a meeting that stands, its own officers first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A meeting with all its alternatives. `choice`: its days; of one that stands, other times than its own. `chairs`: who may chair it
    then. `able`: what it might have at its own time, of each kind that it needs. `must`: it has a place on its day, whatever else.
    `whole`: nothing that it might have is left out."""

    piece: Piece
    choice: Choice
    chairs: tuple[UUID, ...]
    able: Mapping[ResourceKind, tuple[UUID, ...]] = field(default_factory=dict)
    must: bool = False
    whole: bool = True

    @property
    def booked(self) -> Booked | None:
        return self.piece.booked


def member_of(around: Around, piece: Piece) -> Member:
    """The meeting with its alternatives, on a diary that it is lifted from."""
    if piece.wanted is not None:
        return _owed(around, piece, piece.wanted)
    assert piece.booked is not None
    return _standing(around, piece, piece.booked)


# ------------------------------------------------------------------------------------------------------------ what is owed


def _owed(around: Around, piece: Piece, wanted: Wanted) -> Member:
    board, span, placed = around.board, span_of_days(around.board, wanted), piece.placed
    if placed is not None and _makes_due(around.problem, wanted, board.calendar.index[placed.day]):
        days, whole = [board.calendar.index[placed.day]], False  # its followers have their places
        must = True
    else:
        days, whole = _days(around, wanted, span)
        must = False
    costs = {day: _cost(around, wanted, span, day) for day in days}
    hint = None if placed is None else board.start_of(placed)
    choice = Choice(wanted=wanted, days=costs, police=wanted.needs.police, hint=hint)
    return Member(piece=piece, choice=choice, chairs=(wanted.chair_id,), must=must, whole=whole and _few(around.problem))


def _few(problem: Problem) -> bool:
    """Whether every room and note-taker, and every chair, is weighed."""
    return len(problem.chairs) <= CHAIRS and len(problem.rooms) <= ALTERNATIVES and len(problem.note_takers) <= ALTERNATIVES


def _days(around: Around, wanted: Wanted, span: Span) -> tuple[list[int], bool]:
    """Days in time, those with police and by the book-by day and the cheapest first, and late ones, the first; and whether these are
    all. None on which it would make something due that this plan has to place."""
    board = around.board
    all_days = [day for day in range(max(span.first, 0), span.until + 1) if board.starts(wanted, day, police=False)]
    first = all_days[:1]
    chained = bool(first) and _makes_due(around.problem, wanted, first[0])
    free = [day for day in all_days if not (chained and _makes_due(around.problem, wanted, day))]
    in_time = [day for day in free if day <= span.last]
    late = [day for day in free if day > span.last and board.starts(wanted, day)]
    in_time.sort(key=lambda day: (not board.starts(wanted, day), day > span.book_by, _cost(around, wanted, span, day)))
    whole = len(in_time) <= DAYS_EACH and len(late) <= DAYS_EACH and not chained
    return sorted((*in_time[:DAYS_EACH], *late[:DAYS_EACH])), whole


def _makes_due(problem: Problem, wanted: Wanted, number: int) -> bool:
    """Whether, held on that day, it makes something due within the span."""
    day = problem.days[number]
    due = (problem.chain.after(item.child_id, (*item.behind, (item.kind, day))) for item in wanted.items)
    return any(each is not None and each.book_by_on <= problem.last_day and problem.wants(each.kind) for each in due)


def _cost(around: Around, wanted: Wanted, span: Span, day: int) -> int:
    return base_cost(around.board, wanted, span, day) + load_cost(around.board, wanted, day)


# ------------------------------------------------------------------------------------------------------------- what stands


def _standing(around: Around, piece: Piece, booked: Booked) -> Member:
    board, problem = around.board, around.problem
    chairs, every = _chairs(around, booked)
    wanted = wanted_of(problem, booked, chairs[0] if chairs else NOBODY)
    days, whole = _other_days(around, booked, wanted, chairs)
    span = span_of_days(board, wanted)
    has: dict[ResourceKind, UUID] = {kind: known for kind, known in booked.has.items() if kind is not ResourceKind.IRO}
    hint = board.start_of(piece.placed) if piece.placed is not None and piece.moved else None
    costs = {day: _cost(around, wanted, span, day) for day in days}
    choice = Choice(wanted=wanted, days=costs, police=wanted.needs.police, has=has, hint=hint)
    able = {kind: tuple(_able(around, booked, kind)) for kind in ResourceKind if kind in booked.has or kind in booked.lacks}
    to_the_unit = all(board.is_exact(window) for _, window in booked.holds)
    return Member(piece=piece, choice=choice, chairs=chairs, able=able, whole=whole and every and to_the_unit and _few(problem))


def _chairs(around: Around, booked: Booked) -> tuple[tuple[UUID, ...], bool]:
    """Who may chair it at another time: its children's officers, who does now, others; and whether these are all."""
    present = booked.has.get(ResourceKind.IRO)
    found = list(may_chair(around.problem, booked, around.times))
    found.sort(key=lambda each: (each not in booked.own_chairs, each != present))
    if present is not None and present not in found:
        found.insert(0, present)
    return tuple(found[:CHAIRS]), len(found) <= CHAIRS


def _other_days(around: Around, booked: Booked, wanted: Wanted, chairs: tuple[UUID, ...]) -> tuple[list[int], bool]:
    problem, board = around.problem, around.board
    may = around.may_move > 0 and may_go(problem, booked) and not is_entangled(booked, around.moved)
    if not may or wanted.earliest_on > wanted.latest_on:
        return [], True
    span = span_of_days(board, wanted)
    days = [day for day in range(max(span.first, 0), span.last + 1) if any(starts_of(around, wanted, chairs, day))]
    days.sort(key=lambda day: (day > span.book_by, _cost(around, wanted, span, day)))
    return sorted(days[:DAYS_EACH]), len(days) <= DAYS_EACH


def starts_of(around: Around, wanted: Wanted, chairs: tuple[UUID, ...], day: int) -> Iterator[int]:
    """For each chair the starts of the day at which all is free, police aside."""
    shared = around.board.shared_starts(wanted, day, police=False)
    for chair in chairs:
        starts = shared and shared & around.board.chair_starts(replace(wanted, chair_id=chair), day)
        if starts:
            yield starts


def _able(around: Around, booked: Booked, kind: ResourceKind) -> Iterator[UUID]:
    """What it has, if nobody has it now, then what else is free at its own time, as far as it may change."""
    problem, has = around.problem, booked.has.get(kind)
    if has is not None and all(around.times.is_clear(has, window) for each, window in booked.holds if each == has):
        yield has
    others = free_for(problem, around.times, booked, kind)
    if kind is ResourceKind.IRO:
        others = islice(_other_chairs(problem, booked, others), CHAIRS)
    may = booked.fixed is None and kind is not ResourceKind.POLICE
    if kind in booked.lacks or ((may or (kind is ResourceKind.IRO and booked.covered)) and not near(problem, booked.day)):
        yield from others


def _other_chairs(problem: Problem, booked: Booked, others: Iterator[UUID]) -> Iterator[UUID]:
    """Where there is a chair: nobody covers for a cover, and a panel keeps its own."""
    if ResourceKind.IRO in booked.lacks:
        yield from others
    elif booked.covered:
        yield from (each for each in others if each in booked.own_chairs)
    elif booked.kind is not MeetingKind.SECURE_CRITERIA_REVIEW:
        yield from others

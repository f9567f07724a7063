"""Why a meeting is where it is, one line a preference met or missed, and why another has no place, as coded blockers.

Lines hold numbers and days, never a child. Nothing says that a plan cannot be bettered: the bound beside it does, where proven.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from services.booking.needs import MeetingNeeds
from services.booking.wishes import said
from services.kernel.errors import Blocker
from services.kernel.words import BlockerCode, ResourceKind
from services.planning.answer import Answer, Placed
from services.planning.board import Board
from services.planning.changes import reasons_of_change, say
from services.planning.days import within
from services.planning.goals import slack, wishes_missed
from services.planning.preferences import Span, span_of_days
from services.planning.problem import Owed, Problem, Subject, Wanted
from services.planning.suiting import suits
from services.planning.wanting import want


def reasons_of(problem: Problem, placed: Placed, *, chaired: int) -> tuple[str, ...]:
    """What was weighed for this placement. `chaired`: meetings of its chair that day."""
    return tuple(_reasons(problem, placed, chaired))


def _reasons(problem: Problem, placed: Placed, chaired: int) -> Iterator[str]:
    wanted = placed.wanted
    if wanted.booked is not None:
        yield from reasons_of_change(problem, placed)
        if placed.in_place:
            return
    if wanted.items:
        yield from _reasons_of_day(problem, placed)
        yield from said(wishes_missed(problem, placed))
    if wanted.booked is None:
        yield "chaired by another than the child's own officer" if wanted.items[0].not_by_own_iro else "chaired by the allocated officer"
    if len(wanted.items) > 1:
        yield f"siblings together: {len(wanted.items)} children"
    if any(each.chained for each in wanted.items):
        yield f"follows the meeting planned for {say(wanted.items[0].triggered_on)}"
    if chaired > problem.settings.chaired_a_day:
        yield f"the chair has {chaired} meetings that day, more than {problem.settings.chaired_a_day}"
    if placed.police_waived is not None:
        yield f"no police: {placed.police_waived}"
    elif wanted.needs.police:
        yield "police can attend"


def _reasons_of_day(problem: Problem, placed: Placed) -> Iterator[str]:
    wanted, left = placed.wanted, slack(problem, placed)
    yield _timeliness(placed, left)
    if placed.day in problem.offered:
        yield "no working day: its chair is at work then"
    if 0 <= left < wanted.slack_days and not placed.days_late:
        yield f"fewer than the {count(wanted.slack_days, 'working day')} of slack wanted"
    if placed.day < wanted.preferred_on:
        yield f"earlier than wished (from {say(wanted.preferred_on)}): the next review falls due sooner"
    if placed.day in within(problem, problem.policy.notice_days):
        yield f"short notice: within {count(problem.policy.notice_days, 'working day')}"


def _timeliness(placed: Placed, left: int) -> str:
    if placed.days_late:
        return f"{count(placed.days_late, 'day')} late: the last day in time is {say(placed.wanted.latest_on)}"
    if placed.day > placed.wanted.book_by_on:
        return f"after the book-by day {say(placed.wanted.book_by_on)}, on or before the law's day {say(placed.wanted.latest_on)}"
    if placed.day == placed.wanted.book_by_on:
        return f"on the book-by day {say(placed.wanted.book_by_on)}"
    return f"{count(left, 'working day')} before the book-by day {say(placed.wanted.book_by_on)}"


def count(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Boards:
    """The working time of all without any meeting, and the diary after a plan."""

    problem: Problem
    bare: Board
    full: Board

    @classmethod
    def after(cls, problem: Problem, answer: Answer) -> Boards:
        full = Board(problem)
        for each in answer.placed:
            full.put(each)
        unbooked = replace(
            problem,
            chairs=tuple(replace(each, busy=()) for each in problem.chairs),
            police=tuple(replace(each, busy=()) for each in problem.police),
        )
        return cls(problem=problem, bare=Board(unbooked), full=full)


def blockers_of_missed(boards: Boards, wanted: Wanted) -> tuple[Blocker, ...]:
    """Why a meeting has no place: each resource looked at by itself over the days it could have been, on the finished diary."""
    problem, full, bare = boards.problem, boards.full, boards.bare
    span = span_of_days(full, wanted)
    days = range(span.first, span.until + 1)
    if not days:
        return (
            Blocker(
                code=BlockerCode.WINDOW_CLOSED, message=f"no working day of the plan is left for it; it was due by {say(wanted.latest_on)}"
            ),
        )
    found = tuple(_each_resource(problem, full, bare, wanted, days))
    return found or (
        Blocker(code=BlockerCode.OUTSIDE_HOURS, message="everything it needs is free, but never at one and the same time within hours"),
    )


def _each_resource(problem: Problem, full: Board, bare: Board, wanted: Wanted, days: range) -> Iterator[Blocker]:
    def any_time(board: Board) -> bool:
        return any(board.chair_starts(wanted, day) for day in days)

    needs, would = wanted.needs, _would_fit(full, wanted, days)
    code = next((chair.code for chair in problem.chairs if chair.id == wanted.chair_id), None)
    if not any_time(bare):
        yield Blocker(
            code=BlockerCode.CHAIR_ABSENT,
            message="its chair is not at work on any of its days",
            resource=ResourceKind.IRO,
            resource_code=code,
        )
    elif not any_time(full):
        yield Blocker(
            code=BlockerCode.CHAIR_BUSY,
            message="its chair has other meetings on all of its days",
            resource=ResourceKind.IRO,
            resource_code=code,
        )
    if needs.room and not any(suits(room, needs) for room in problem.rooms):
        yield Blocker(code=BlockerCode.NO_ROOM, message="no room has the seats and features that it needs", resource=ResourceKind.ROOM)
    elif needs.room and not any(full.room_starts(needs, day) & full.hours(needs, day) for day in days):
        yield Blocker(code=BlockerCode.ROOM_BUSY, message="every suitable room is taken on all of its days", resource=ResourceKind.ROOM)
    if needs.note_taker and not problem.note_takers:
        yield Blocker(code=BlockerCode.NO_NOTE_TAKER, message="there is no note-taker", resource=ResourceKind.NOTE_TAKER)
    elif needs.note_taker and not any(full.note_taker_starts(needs, day) & full.hours(needs, day) for day in days):
        free = any(full.note_taker_starts_but_for_write_up(needs, day) & full.hours(needs, day) for day in days)
        yield (
            _full_of_write_up(needs)
            if free
            else Blocker(
                code=BlockerCode.NOTE_TAKER_BUSY, message="every note-taker is taken on all of its days", resource=ResourceKind.NOTE_TAKER
            )
        )
    if needs.police and not any(full.police_starts(needs, day) & full.hours(needs, day) for day in days):
        off = not any(bare.police_starts(needs, day) & bare.hours(needs, day) for day in days)
        yield Blocker(
            code=BlockerCode.POLICE_OFF_DUTY if off else BlockerCode.POLICE_AT_CAPACITY,
            message="no police are on duty on its days" if off else "every place of the police is taken on all of its days",
            resource=ResourceKind.POLICE,
            would_fit_if=would,
        )


def _full_of_write_up(needs: MeetingNeeds) -> Blocker:
    message = f"no note-taker who is free has {needs.write_up} minutes left for the write-up in the week of any of its days"
    return Blocker(code=BlockerCode.WRITE_UP_FULL, message=message, resource=ResourceKind.NOTE_TAKER)


def _would_fit(full: Board, wanted: Wanted, days: range) -> str | None:
    """Tried, not supposed: whether it fits without police."""
    if wanted.needs.police and any(full.starts(wanted, day, police=False) for day in days):
        return "police did not attend"
    return None


def blockers_of_chairless(boards: Boards, owed: Owed) -> tuple[Blocker, ...]:
    """Why an obligation could not even be given a chair; `would_fit_if` was tried with an officer who has time."""
    problem = boards.problem
    subject = problem.subjects[owed.child_id]
    if owed.not_by_own_iro:
        return (_panel_chair(boards, owed, subject),)
    if subject.chair_id is not None:
        message = "its allocated officer may not chair for this child"
        return (Blocker(code=BlockerCode.CHAIR_NOT_ELIGIBLE, message=message, resource=ResourceKind.IRO),)
    free = _free_officer(boards, owed, subject)
    would = f"the child were allocated to {free}" if free is not None else None
    return (
        Blocker(code=BlockerCode.NO_CHAIR, message="the child is allocated to no officer", resource=ResourceKind.IRO, would_fit_if=would),
    )


def _panel_chair(boards: Boards, owed: Owed, subject: Subject) -> Blocker:
    free = _free_officer(boards, owed, subject)
    return Blocker(
        code=BlockerCode.ON_SECURE_PANEL,
        message="a panel on secure accommodation is not chaired by the child's own officer: book it with another chair",
        resource=ResourceKind.IRO,
        would_fit_if=None if free is None else f"it were chaired by {free}",
    )


def _free_officer(boards: Boards, owed: Owed, subject: Subject) -> str | None:
    """The code of an officer other than the child's own who may chair, and has time in the diary as planned."""
    problem, barred = boards.problem, subject.barred | {subject.chair_id}
    able = (chair.code for chair in problem.chairs if chair.id not in barred and _fits_with(problem, boards.full, owed, chair.id))
    return next(able, None)


def _fits_with(problem: Problem, board: Board, owed: Owed, chair_id: UUID) -> bool:
    wanted = want(problem, (owed,), chair_id)
    span: Span = span_of_days(board, wanted)
    return any(board.starts(wanted, day) for day in range(span.first, span.last + 1))

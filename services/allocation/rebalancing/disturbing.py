"""The booked meetings that moves disturb: what becomes of the chair of each, foreseen and done in the same order.

A meeting about children of several moves goes with the first of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.allocation.rebalancing.commands import DisturbedMeeting
from services.booking.desk import Desk
from services.booking.rechairing import Chaired, NewChair, Rechaired, chaired_for, foresee, rechair_in
from services.platform.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A move as the diary sees it: these children leave the officer and go to another."""

    number: int
    child_ids: tuple[UUID, ...]
    officer: UUID
    to: UUID


async def find_meetings(connection: Connection, moves: Sequence[Taken], today: date) -> dict[int, tuple[Chaired, ...]]:
    """The meetings that each move disturbs, by its number: a child who stays keeps the chair for all whom its meeting is about."""
    leaving: dict[UUID, set[UUID]] = {}
    for move in moves:
        leaving.setdefault(move.officer, set()).update(move.child_ids)
    found: dict[int, list[Chaired]] = {move.number: [] for move in moves}
    for officer, children in leaving.items():
        for meeting in await chaired_for(connection, children, officer, today):
            for move in moves:
                if move.officer == officer and set(move.child_ids) & set(meeting.child_ids):
                    found[move.number].append(meeting)
    return {number: tuple(meetings) for number, meetings in found.items()}


def chairs_of(moves: Sequence[Taken], meetings: Mapping[int, Sequence[Chaired]]) -> dict[UUID, Taken]:
    """By which move each meeting gets its chair, in the order in which it is to be asked for."""
    found: dict[UUID, Taken] = {}
    for move in sorted(moves, key=lambda move: move.number):
        for meeting in meetings[move.number]:
            found.setdefault(meeting.meeting_id, move)
    return found


async def foresee_meetings(
    connection: Connection, moves: Sequence[Taken], away: Collection[UUID], today: date, now: datetime
) -> dict[int, tuple[DisturbedMeeting, ...]]:
    """What would become of the meetings that each move disturbs; nothing is written."""
    meetings = await find_meetings(connection, moves, today)
    wanted = [NewChair(meeting_id=meeting, iro_id=move.to) for meeting, move in chairs_of(moves, meetings).items()]
    foreseen = await foresee(connection, wanted, now, today=today, away=away)
    return {
        number: tuple(
            DisturbedMeeting(
                meeting_id=each.meeting_id,
                version=each.version,
                chair=foreseen[each.meeting_id].chair,
                notices=each.notices,
                message=foreseen[each.meeting_id].message,
            )
            for each in disturbed
        )
        for number, disturbed in meetings.items()
    }


async def rechair(
    desk: Desk, moves: Sequence[Taken], meetings: Mapping[int, Sequence[Chaired]], away: Collection[UUID], reason: str
) -> dict[UUID, Rechaired]:
    """Each meeting has the chair that it can have; raises `StaleVersion` where one is not what was found."""
    versions = {each.meeting_id: each.version for disturbed in meetings.values() for each in disturbed}
    return {
        meeting: await rechair_in(desk, meeting, versions[meeting], move.to, reason, away=move.officer in away)
        for meeting, move in chairs_of(moves, meetings).items()
    }

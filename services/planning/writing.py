"""What note-takers have to write up in each week while a diary is being laid. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.booking.needs import MeetingNeeds, write_up_of
from services.booking.writing import Writing
from services.kernel.window import TimeWindow, civil_day, monday_of
from services.kernel.words import ResourceKind
from services.planning.answer import Placed
from services.planning.problem import Booked, Resource

Part = tuple[UUID, date, int]
"""Note-taker, Monday of the week, minutes."""


class WriteUp:
    """Minutes of write-up by note-taker and week."""

    def __init__(self, note_takers: Iterable[Resource]) -> None:
        known = list(note_takers)
        self._most = {each.id: each.write_up_a_week for each in known}
        self._minutes = Counter({(each.id, monday): minutes for each in known for monday, minutes in each.written.items()})

    def of(self, note_taker: UUID, monday: date) -> Writing:
        """What she has to write up in that week, and how much she can."""
        return Writing(minutes=self._minutes[note_taker, monday], most=self._most.get(note_taker))

    def add(self, parts: Iterable[Part], sign: int = 1) -> None:
        """So much more, or with `sign` -1 less, is to be written up."""
        for note_taker, monday, minutes in parts:
            self._minutes[note_taker, monday] += sign * minutes

    def carried_to(self, note_takers: Iterable[Resource]) -> tuple[Resource, ...]:
        """These note-takers with what they have to write up now."""
        by: dict[UUID, dict[date, int]] = {}
        for (note_taker, monday), minutes in self._minutes.items():
            by.setdefault(note_taker, {})[monday] = minutes
        return tuple(replace(each, written=by.get(each.id, {})) for each in note_takers)


def asked_by(needs: MeetingNeeds, sittings: Iterable[TimeWindow]) -> dict[date, int]:
    """What these sittings leave a note-taker to write up, by the Monday of the week."""
    found: dict[date, int] = {}
    for each in sittings:
        monday, minutes = monday_of(civil_day(each.start)), write_up_of(needs.shape, each.duration)
        if minutes:
            found[monday] = found.get(monday, 0) + minutes
    return found


def taken_by(placed: Placed) -> Iterator[Part]:
    """What the placement adds for its note-taker, unless she has it to write up already."""
    note_taker = placed.takes.get(ResourceKind.NOTE_TAKER)
    if note_taker is not None:
        yield from ((note_taker, monday, minutes) for monday, minutes in asked_by(placed.wanted.needs, placed.windows).items())


def given_up_by(placed: Placed) -> Iterator[Part]:
    """What the note-taker of a meeting that stands has to write up no more."""
    booked = placed.wanted.booked
    if booked is not None and (placed.moved or placed.note_taker_id != booked.has.get(ResourceKind.NOTE_TAKER)):
        yield from held_by(booked)


def held_by(booked: Booked) -> Iterator[Part]:
    """What the note-taker of a meeting that stands has to write up of it."""
    note_taker = booked.has.get(ResourceKind.NOTE_TAKER)
    if note_taker is not None:
        yield from ((note_taker, monday, minutes) for monday, minutes in booked.written.items())


def after(note_takers: Iterable[Resource], placed: Iterable[Placed]) -> Mapping[tuple[UUID, date], Writing]:
    """The weeks to which these placements add something, each as it is once all of them are made."""
    write_up, touched = WriteUp(note_takers), dict[tuple[UUID, date], None]()
    for each in placed:
        write_up.add(given_up_by(each), -1)
        taken = list(taken_by(each))
        write_up.add(taken)
        touched |= dict.fromkeys((note_taker, monday) for note_taker, monday, _ in taken)
    return {key: write_up.of(*key) for key in touched}

"""Times for a meeting in several sittings: on days close together, with the same chair, room, note-taker and police at each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice, product
from typing import NamedTuple

from services.booking.bits import starts_in
from services.booking.diaries import SlotProblem
from services.booking.needs import MeetingNeeds
from services.booking.openings import Openings
from services.booking.ranking import Rank, Scale
from services.booking.sitting_rules import LONGEST_BREAK
from services.booking.slots import BY_VIDEO, SlotOption, beside, covering, find_slots, marked
from services.booking.wishes import Where, missed, said
from services.kernel.window import LONDON, TimeWindow, monday_of
from services.kernel.words import Alternative, ResourceKind

MOST_CASTS = 24
"""So many rooms, note-takers and teams are tried together at most."""
MOST_COVERS = 8
"""So many officers are tried at most who could chair instead."""
NEAR = 5
"""Days with a free time after one sitting, among which the next finds the one that the children wish."""


class _Chain(NamedTuple):
    rank: Rank
    days: int
    units: tuple[int, ...]
    cast: int


def find_sittings(problem: SlotProblem, minutes: Sequence[int], last_first: date, first: int) -> tuple[SlotOption, ...]:
    """Up to `first` options, each with all its sittings: as `find_slots` ranks the first of them, then the closest together.

    Each sitting is on a later day than the one before, the first on `last_first` at the latest, the last within 20 working days of it.
    Empty: no chair, room, note-taker and police have so many.
    """
    casts = [_Cast(narrowed, minutes, last_first) for narrowed in islice(_casts(problem), MOST_CASTS)]
    found = sorted(chain for number, cast in enumerate(casts) for chain in cast.chains(number, first))
    best: dict[tuple[int, ...], _Chain] = {}
    for chain in found:  # at one time one option, of the first cast that has it
        best.setdefault(chain.units, chain)
    return tuple(casts[each.cast].option(each) for each in islice(best.values(), first))


def offer_sittings(problem: SlotProblem, minutes: Sequence[int], last_first: date, first: int) -> tuple[SlotOption, ...]:
    """As `find_sittings`, and among them one of each sort that there is beside the best as asked: its first sitting on another day, all
    in another room, with a cover chair, by video."""
    asked = find_sittings(problem, minutes, last_first, first)
    others = [each for each in _others(problem, minutes, last_first, asked) if each is not None]
    return tuple(beside(asked, others, first))


def _others(problem: SlotProblem, minutes: Sequence[int], last_first: date, asked: Sequence[SlotOption]) -> Iterator[SlotOption | None]:
    def best(of: SlotProblem) -> SlotOption | None:
        return next(iter(find_sittings(of, minutes, last_first, 1)), None)

    needs = problem.needs
    if asked and needs.room:
        codes = {room.id: room.code for room in problem.rooms if room.id != asked[0].room_id}
        found = best(replace(problem, rooms=tuple(room for room in problem.rooms if room.id in codes)))
        yield found and marked(found, Alternative.ANOTHER_ROOM, f"another room: {codes[found.room_id]}" if found.room_id else "")
    covers = covering(Openings(replace(problem, needs=replace(needs, minutes=minutes[0]))))[:MOST_COVERS]
    covered = ((cover, best(replace(problem, chair=cover, covers=()))) for _, cover in covers)
    yield next((marked(found, Alternative.COVER_CHAIR, f"a cover chair: {cover.code}") for cover, found in covered if found), None)
    if not needs.remote:
        found = best(replace(problem, needs=replace(needs, room=False, remote=True)))
        yield found and marked(found, Alternative.REMOTE, BY_VIDEO)


def _casts(problem: SlotProblem) -> Iterator[SlotProblem]:
    """The problem with each room, note-taker and team alone, as far as it needs them."""
    needs = problem.needs
    rooms = [(each,) for each in problem.rooms] if needs.room else [()]
    takers = [(each,) for each in problem.note_takers] if needs.note_taker else [()]
    teams = [(each,) for each in problem.teams] if needs.police else [()]
    for room, taker, team in product(rooms, takers, teams):
        yield replace(problem, rooms=room, note_takers=taker, teams=team, covers=())


class _Cast:
    """One who chairs, with one room, note-taker and team: when all of them are free for each of the sittings."""

    def __init__(self, problem: SlotProblem, minutes: Sequence[int], last_first: date) -> None:
        self.problem, self._last_first = problem, last_first
        self._openings = Openings(problem)
        self._needs: list[MeetingNeeds] = [replace(problem.needs, minutes=each) for each in minutes]
        self._starts = [self._openings.starts(each, problem.chair) for each in self._needs]
        self._scales = [Scale(self._openings, each, problem.chair) for each in self._needs]

    def chains(self, number: int, most: int) -> Iterator[_Chain]:
        """From the best start of each of the best days on, where the others follow."""
        timeline, scale = self._openings.timeline, self._scales[0]
        days = [day for day in timeline.days_in(self._starts[0]) if timeline.date(day) <= self._last_first]
        found = 0
        for _, day in sorted((scale.best_on(day), day) for day in days):
            if found >= most:
                return
            first = self._best(0, day)
            units = self._follow((first,))
            if units is not None:
                found += 1
                yield _Chain(scale.rank(first), timeline.day(units[-1]) - day, units, number)

    def _best(self, sitting: int, day: int) -> int:
        timeline = self._openings.timeline
        starts = timeline.of_day(self._starts[sitting], day) << timeline.within(day)
        return next(starts_in(self._scales[sitting].best_of(starts)))

    def _follow(self, units: tuple[int, ...]) -> tuple[int, ...] | None:
        """The sittings after these; None: there is no time for one of them."""
        if not self._can_write(units):
            return None
        if len(units) == len(self._needs):
            return units
        timeline, sitting = self._openings.timeline, len(units)
        begun, last = timeline.date(timeline.day(units[0])), timeline.day(units[-1])
        later = (day for day in timeline.days_in(self._starts[sitting]) if day > last)
        near = [day for day in islice(later, NEAR) if self.problem.working_days_between(begun, timeline.date(day)) <= LONGEST_BREAK]
        wished = sorted((self._scales[sitting].rank(unit)[2], unit) for unit in (self._best(sitting, day) for day in near))
        return next((found for _, unit in wished if (found := self._follow((*units, unit))) is not None), None)

    def _can_write(self, units: tuple[int, ...]) -> bool:
        """Whether the note-taker has time to write all these sittings up, several of them in one week included."""
        asked, timeline = Counter[date](), self._openings.timeline
        for needs, unit in zip(self._needs, units, strict=False):
            asked[monday_of(timeline.date(timeline.day(unit)))] += needs.write_up
        takers = self.problem.note_takers if self.problem.needs.note_taker else ()
        return all(taker.can_write(monday, minutes) for taker in takers for monday, minutes in asked.items())

    def option(self, chain: _Chain) -> SlotOption:
        """The first sitting as any other slot, with all of them."""
        timeline, needs = self._openings.timeline, self._needs
        begins = [timeline.instant(unit).astimezone(LONDON) for unit in chain.units]
        sittings = tuple(TimeWindow(at, at + timedelta(minutes=each.minutes)) for at, each in zip(begins, needs, strict=True))
        alone = replace(self.problem, needs=needs[0], days=(begins[0].date(),))
        (first,) = [each for each in find_slots(alone, 200) if each.starts_at == begins[0]]
        where = Where(in_unit_room=needs[0].room, remote=needs[0].remote)
        wishes = missed(self.problem.own_times, needs[0].kind, sittings, where, self.problem.settings)
        lines = [each for each in first.reasons if each not in said(first.wishes_missed) and not each.startswith("only ")]
        together = f"{len(sittings)} sittings within {(sittings[-1].start.date() - sittings[0].start.date()).days + 1} days"
        return replace(first, reasons=(*lines, together, *said(wishes)), wishes_missed=wishes, sittings=sittings)


def cannot_be_held(problem: SlotProblem, minutes: Sequence[int]) -> tuple[str, str | None]:
    """Why there are no such sittings although there may be a time for the first: in words, and when that one would fit."""
    alone = find_slots(replace(problem, needs=replace(problem.needs, minutes=minutes[0])), 1)
    kinds = {ResourceKind.ROOM: "room", ResourceKind.NOTE_TAKER: "note-taker", ResourceKind.POLICE: "police"}
    free = ", ".join(["chair", *(name for kind, name in kinds.items() if kind in problem.needs.kinds)])
    message = f"on no {len(minutes)} days within {LONGEST_BREAK} working days are the same free: {free}"
    return message, f"it were held in one sitting, at {alone[0].starts_at.isoformat()}" if alone else None

"""What a meeting could take as things stand: of each kind the one that is free and suits best. Nothing is held by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta
from itertools import groupby
from uuid import UUID

from services.booking import police, rules, store
from services.booking.desk import Desk
from services.booking.entry import Cast, Hold, Party, holds_of
from services.booking.needs import SECOND_WAITING_ROOM, MeetingNeeds, span_of, write_up_of
from services.booking.rows import Attendance, Candidate
from services.booking.writing import full
from services.kernel.errors import NotEligible, OutsideAvailability, Rejected, ResourceTaken
from services.kernel.window import TimeWindow, civil_day, local_instant, monday_of
from services.kernel.words import BlockerCode, ResourceKind

_NONE_AT_ALL = {
    ResourceKind.IRO: (BlockerCode.NO_CHAIR, "there is no such officer"),
    ResourceKind.ROOM: (BlockerCode.NO_ROOM, "no room of the unit has the seats and features that such a meeting needs"),
    ResourceKind.NOTE_TAKER: (BlockerCode.NO_NOTE_TAKER, "there is no note-taker"),
    ResourceKind.POLICE: (BlockerCode.POLICE_OFF_DUTY, "there is no police team with a place"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """Who takes part and what is held of each. `renumbered` holds of other meetings come in the place of `instead_of`."""

    cast: Cast
    holds: tuple[Hold, ...]
    renumbered: tuple[Hold, ...] = ()
    instead_of: tuple[Hold, ...] = ()


Choices = Mapping[ResourceKind, UUID | None]
"""What a meeting takes: of a kind the one named (of police a team), or None: any that is free. A kind left out: nothing."""


async def choose(
    desk: Desk, meeting_id: UUID, needs: MeetingNeeds, window: TimeWindow, choices: Choices, sitting: int = 1, *, locked: bool = False
) -> Taking:
    """What could be held as things stand now; raises as `holding.hold_all` does where something cannot. `locked`: the police's day is."""
    day = day_of(window)
    if ResourceKind.POLICE in choices and not locked:
        await store.lock_police_days(desk.connection, [civil_day(window.start)])
    spans = {kind: span_of(kind, needs, window) for kind in choices}
    named = {kind: chosen for kind, chosen in choices.items() if chosen is not None}
    candidates = await store.find_candidates(
        desk.connection, {kind: (span.blocked, span.attended) for kind, span in spans.items()}, named, day
    )
    found: dict[ResourceKind, Party] = {}
    for kind in choices:
        if kind is not ResourceKind.POLICE:
            found[kind] = _pick(kind, candidates[kind], needs, window, named=kind in named)
    renumbered: tuple[tuple[Hold, Hold], ...] = ()
    if ResourceKind.POLICE in choices:
        found[ResourceKind.POLICE], renumbered = await _pick_police(desk, candidates[ResourceKind.POLICE], window)
    cast = Cast(
        chair=found.get(ResourceKind.IRO),
        room=found.get(ResourceKind.ROOM),
        note_taker=found.get(ResourceKind.NOTE_TAKER),
        police=found.get(ResourceKind.POLICE),
    )
    return Taking(
        cast=cast,
        holds=holds_of(meeting_id, window, cast, needs, sitting),
        renumbered=tuple(now for _, now in renumbered),
        instead_of=tuple(before for before, _ in renumbered),
    )


def day_of(window: TimeWindow) -> TimeWindow:
    """The civil day in which a window begins, and as much of the next as it reaches into."""
    first = civil_day(window.start)
    return TimeWindow(local_instant(first, time.min), max(local_instant(first + timedelta(days=1), time.min), window.end))


def _pick(kind: ResourceKind, candidates: Sequence[Candidate], needs: MeetingNeeds, window: TimeWindow, *, named: bool) -> Party:
    if kind is ResourceKind.ROOM:
        objections = [rules.object_to_room(each.seats, each.features, needs) for each in candidates]
        if named and objections and objections[0] is not None:
            raise objections[0].refusal()
        candidates = [each for each, objection in zip(candidates, objections, strict=True) if objection is None]
    if not candidates:
        raise _none_at_all(kind, needs)
    free = [each for each in candidates if each.is_free]
    if not free:
        raise _none_free(candidates)
    if kind is ResourceKind.NOTE_TAKER:
        write_up = write_up_of(needs.shape, window.duration)
        able = [each for each in free if each.writing.has_room(write_up)]
        if not able:
            left = {each.owner_code: each.writing.left for each in free}
            raise NotEligible(BlockerCode.WRITE_UP_FULL, full(write_up, left, monday_of(civil_day(window.start))))
        free = able
    return min(free, key=lambda each: each.load).party


def _none_at_all(kind: ResourceKind, needs: MeetingNeeds) -> NotEligible:
    code, message = _NONE_AT_ALL[kind]
    apart = kind is ResourceKind.ROOM and needs.apart
    return NotEligible(code, f"{message}, with {SECOND_WAITING_ROOM} since the parents must not meet" if apart else message)


def _none_free(candidates: Sequence[Candidate]) -> Rejected:
    """Of those at work, the one that is free again first; else nobody is at work."""
    busy = [(each.taken.end, each.owner_code, each.taken, each.party) for each in candidates if each.at_work and each.taken is not None]
    if not busy:
        return OutsideAvailability(candidates[0].party.kind, candidates[0].party.code)
    _, code, taken, party = min(busy, key=lambda each: each[:2])
    return ResourceTaken(party.kind, code, taken.start, taken.end)


async def _pick_police(desk: Desk, places: Sequence[Candidate], window: TimeWindow) -> tuple[Party, tuple[tuple[Hold, Hold], ...]]:
    """A place of the first team that has one free, and the holds to be renumbered for it (before, now)."""
    if not places:
        raise NotEligible(*_NONE_AT_ALL[ResourceKind.POLICE])
    on_duty = _on_duty(places)
    if not on_duty:
        raise OutsideAvailability(ResourceKind.POLICE, places[0].party.code)
    at_once = _free_place(places, on_duty)
    if at_once is not None:
        return at_once, ()
    standing = await store.police_attendances(desk.connection, {each.owner_id for each in on_duty}, day_of(window))
    for _, party, renumbered in _dealt(on_duty, standing, window):
        return party, renumbered
    raise _police_taken(on_duty[0].party, standing, window)


async def teams_free(desk: Desk, places: Sequence[Candidate], window: TimeWindow) -> list[UUID]:
    """The police teams that could come then, by code; `places` are all of theirs. Nobody else may deal places on that day."""
    on_duty = _on_duty(places)
    standing = await store.police_attendances(desk.connection, {each.owner_id for each in on_duty}, day_of(window))
    return [team_id for team_id, _, _ in _dealt(on_duty, standing, window)]


def _on_duty(places: Sequence[Candidate]) -> list[Candidate]:
    return [each for each in places if each.at_work and each.number <= each.capacity]


def _dealt(
    on_duty: Sequence[Candidate], standing: Sequence[Attendance], window: TimeWindow
) -> Iterator[tuple[UUID, Party, tuple[tuple[Hold, Hold], ...]]]:
    """Each team that has a place then, by code, with the place and the holds to be renumbered for it."""
    for team_id, of_team in groupby(sorted(on_duty, key=lambda each: each.owner_code), key=lambda each: each.owner_id):
        team = {each.number: each.party for each in of_team}
        theirs = [each for each in standing if each.team_id == team_id]
        dealt = police.deal(team, [(each.number, each.hold.blocked) for each in theirs], window)
        if dealt is not None:
            renumbered = tuple(_renumber(theirs[at], team[number]) for at, number in dealt.renumbered.items())
            yield team_id, team[dealt.number], renumbered


def _free_place(places: Sequence[Candidate], on_duty: Sequence[Candidate]) -> Party | None:
    """The lowest place of the first team that is free as its attendances are numbered; None: only a look at its day can tell.

    A team that was larger once may attend more than it has places for: its taken places count, whatever their number.
    """
    team = min(on_duty, key=lambda each: each.owner_code).owner_id
    theirs = [each for each in on_duty if each.owner_id == team]
    free = [each for each in theirs if each.is_free]
    taken = sum(each.owner_id == team and each.taken is not None for each in places)
    return min(free, key=lambda each: each.number).party if free and taken < len(theirs) else None


def _renumber(attendance: Attendance, place: Party) -> tuple[Hold, Hold]:
    return attendance.hold, replace(attendance.hold, resource_id=place.resource_id)


def _police_taken(team: Party, standing: Sequence[Attendance], window: TimeWindow) -> ResourceTaken:
    theirs = [each.hold.blocked for each in standing if each.team_id == team.id and each.hold.blocked.overlaps(window)]
    first = min(theirs, key=lambda taken: (taken.end, taken.start))
    return ResourceTaken(ResourceKind.POLICE, team.code, first.start, first.end)

"""Chooses what a meeting takes and holds it: the one way in which anything is ever held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from itertools import groupby
from uuid import UUID

from services.booking import police, refusals, rules, store
from services.booking.desk import Desk
from services.booking.entry import Cast, Hold, Party, holds_of
from services.booking.needs import SECOND_WAITING_ROOM, MeetingNeeds, span_of, write_up_of
from services.booking.rows import Attendance, Candidate
from services.booking.writing import full
from services.kernel.errors import InvalidInput, NotEligible, OutsideAvailability, Rejected, ResourceTaken, Unavailable
from services.kernel.window import LONDON, TimeWindow, civil_day, local_instant, monday_of
from services.kernel.words import BlockerCode, ResourceKind

_LOOKS = 25
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


async def hold_all(
    desk: Desk,
    meeting_id: UUID,
    needs: MeetingNeeds,
    window: TimeWindow,
    choices: Choices,
    write: Callable[[Taking], Awaitable[None]],
    *,
    sitting: int = 1,
) -> Taking:
    """Everything that the choices ask for is held, and what `write` writes beside it stands.

    Raises `ResourceTaken`, `OutsideAvailability` or `NotEligible` for what cannot be had, `InvalidInput` where another
    meeting came first for the same obligation. Whoever loses a race for something that was chosen for the caller gets another.
    """
    for _ in range(_LOOKS):
        taking = await choose(desk, meeting_id, needs, window, choices, sitting)

        async def work(taking: Taking = taking) -> None:
            await write(taking)
            await store.write_holds(desk.connection, (*taking.holds, *taking.renumbered), instead_of=taking.instead_of)

        constraint = await store.attempt(desk.connection, work, refusals.MAY_REFUSE)
        if constraint is None:
            return taking
        if constraint not in refusals.LOOK_AGAIN:
            raise refusals.refusal(constraint)
    raise Unavailable("the diary is busy at that time: try again")


async def hold_every(
    desk: Desk,
    meeting_id: UUID,
    needs: MeetingNeeds,
    sittings: Sequence[tuple[int, TimeWindow]],
    choices: Choices,
    write: Callable[[Taking], Awaitable[None]],
) -> Taking:
    """As `hold_all`, for each of these sittings (by number) of a meeting that is written already: who and what is in the first is in
    all of them, so that what is left open is chosen of what is free at all. `write` comes with the holds of all; what a call of it
    wrote that is not the last has gone. Where one sitting cannot be had the caller must let go of the others."""
    sought = [kind for kind, chosen in choices.items() if chosen is None and kind is not ResourceKind.POLICE]
    if len(sittings) == 1 or not sought:
        return await _hold_each(desk, meeting_id, needs, sittings, choices, write)
    found = await _free_at_all(desk, needs, sittings, sought)
    for _ in range(_LOOKS):
        try:
            async with desk.connection.transaction():
                return await _hold_each(desk, meeting_id, needs, sittings, {**choices, **found}, write)
        except (ResourceTaken, OutsideAvailability, NotEligible):
            before, found = found, await _free_at_all(desk, needs, sittings, sought)
            if found == before:  # nobody was faster: there is none
                raise
    raise Unavailable("the diary is busy at that time: try again")


async def _free_at_all(
    desk: Desk, needs: MeetingNeeds, sittings: Sequence[tuple[int, TimeWindow]], kinds: Sequence[ResourceKind]
) -> dict[ResourceKind, UUID]:
    """Of each of these kinds what could be had for every sitting, if there is any."""
    at_each: list[dict[ResourceKind, list[Candidate]]] = []
    write_ups: list[tuple[date, int]] = []
    for _, window in sittings:
        spans = {kind: span_of(kind, needs, window) for kind in kinds}
        wanted = {kind: (span.blocked, span.attended) for kind, span in spans.items()}
        at_each.append(await store.find_candidates(desk.connection, wanted, {}, day_of(window)))
        write_ups.append((monday_of(civil_day(window.start)), write_up_of(needs.shape, window.duration)))
    found = {kind: _best_of_all(kind, [candidates[kind] for candidates in at_each], needs, write_ups) for kind in kinds}
    return {kind: chosen for kind, chosen in found.items() if chosen is not None}


def _best_of_all(
    kind: ResourceKind, at_each: Sequence[Sequence[Candidate]], needs: MeetingNeeds, write_ups: Sequence[tuple[date, int]]
) -> UUID | None:
    of_one: dict[UUID, list[Candidate]] = {}
    for candidates in at_each:
        for each in candidates:
            of_one.setdefault(each.owner_id, []).append(each)
    asked: Counter[date] = Counter()
    for monday, write_up in write_ups:
        asked[monday] += write_up

    def is_able(then: Sequence[Candidate]) -> bool:
        if not all(each.is_free for each in then):
            return False
        if kind is ResourceKind.ROOM:
            return rules.object_to_room(then[0].seats, then[0].features, needs) is None
        if kind is ResourceKind.NOTE_TAKER:
            return all(each.writing.has_room(asked[monday]) for each, (monday, _) in zip(then, write_ups, strict=True))
        return True

    able = [(chosen, then) for chosen, then in of_one.items() if is_able(then)]
    return min(able, key=lambda each: sum(one.load for one in each[1]))[0] if able else None


async def _hold_each(
    desk: Desk,
    meeting_id: UUID,
    needs: MeetingNeeds,
    sittings: Sequence[tuple[int, TimeWindow]],
    choices: Choices,
    write: Callable[[Taking], Awaitable[None]],
) -> Taking:
    *earlier, (last, window) = sittings
    held: list[Hold] = []
    for number, before in earlier:
        _judge_close(held, needs, choices, number, before)
        taking = await hold_all(desk, meeting_id, needs, before, choices, _write_nothing, sitting=number)
        held += taking.holds
        choices = {party.kind: party.id for party in taking.cast}

    async def write_once(taking: Taking) -> None:
        await write(replace(taking, holds=(*held, *taking.holds)))

    _judge_close(held, needs, choices, last, window)
    taking = await hold_all(desk, meeting_id, needs, window, choices, write_once, sitting=last)
    return replace(taking, holds=(*held, *taking.holds))


def _judge_close(held: Sequence[Hold], needs: MeetingNeeds, choices: Choices, number: int, window: TimeWindow) -> None:
    """Raises `InvalidInput` for a sitting that somebody could not come to, still being with one before it of the same meeting."""
    own = {chosen: span_of(kind, needs, window).blocked for kind, chosen in choices.items()}
    begins = [
        hold.blocked.end + (window.start - own[hold.resource_id].start)
        for hold in held
        if hold.resource_id in own and hold.blocked.overlaps(own[hold.resource_id])
    ]
    if begins:
        first = max(begins).astimezone(LONDON).isoformat(timespec="minutes")
        raise InvalidInput(f"sitting {number} is too close to the one before it, for who comes to both: let it begin at {first} or later")


async def _write_nothing(_: Taking) -> None:
    pass


async def choose(
    desk: Desk, meeting_id: UUID, needs: MeetingNeeds, window: TimeWindow, choices: Choices, sitting: int = 1, *, locked: bool = False
) -> Taking:
    """What could be held as things stand now; raises as `hold_all` does where something cannot. `locked`: the police's day is."""
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
    on_duty = [each for each in places if each.at_work and each.number <= each.capacity]
    if not on_duty:
        raise OutsideAvailability(ResourceKind.POLICE, places[0].party.code)
    at_once = _free_place(places, on_duty)
    if at_once is not None:
        return at_once, ()
    standing = await store.police_attendances(desk.connection, {each.owner_id for each in on_duty}, day_of(window))
    for team_id, of_team in groupby(sorted(on_duty, key=lambda each: each.owner_code), key=lambda each: each.owner_id):
        team = {each.number: each.party for each in of_team}
        theirs = [each for each in standing if each.team_id == team_id]
        dealt = police.deal(team, [(each.number, each.hold.blocked) for each in theirs], window)
        if dealt is not None:
            return team[dealt.number], tuple(_renumber(theirs[at], team[number]) for at, number in dealt.renumbered.items())
    raise _police_taken(on_duty[0].party, standing, window)


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

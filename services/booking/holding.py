"""Holds what a meeting takes: the one way in which anything is ever held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.booking import refusals, rules, store
from services.booking.choosing import Choices, Taking, choose, day_of, teams_free
from services.booking.desk import Desk
from services.booking.entry import Hold
from services.booking.needs import MeetingNeeds, span_of, write_up_of
from services.booking.rows import Candidate
from services.kernel.errors import InvalidInput, NotEligible, OutsideAvailability, ResourceTaken, Unavailable
from services.kernel.window import LONDON, TimeWindow, civil_day, monday_of
from services.kernel.words import ResourceKind

_LOOKS = 25


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
    sought = [kind for kind, chosen in choices.items() if chosen is None]
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
    if ResourceKind.POLICE in kinds:
        await store.lock_police_days(desk.connection, [civil_day(window.start) for _, window in sittings])
    at_each: list[dict[ResourceKind, list[Candidate]]] = []
    write_ups: list[tuple[date, int]] = []
    for _, window in sittings:
        spans = {kind: span_of(kind, needs, window) for kind in kinds}
        wanted = {kind: (span.blocked, span.attended) for kind, span in spans.items()}
        at_each.append(await store.find_candidates(desk.connection, wanted, {}, day_of(window)))
        write_ups.append((monday_of(civil_day(window.start)), write_up_of(needs.shape, window.duration)))
    found: dict[ResourceKind, UUID | None] = {}
    for kind in kinds:
        if kind is not ResourceKind.POLICE:
            found[kind] = _best_of_all(kind, [candidates[kind] for candidates in at_each], needs, write_ups)
    if ResourceKind.POLICE in kinds:
        places = [candidates[ResourceKind.POLICE] for candidates in at_each]
        at_all = [await teams_free(desk, each, window) for each, (_, window) in zip(places, sittings, strict=True)]
        found[ResourceKind.POLICE] = next((team for team in at_all[0] if all(team in free for free in at_all)), None)
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

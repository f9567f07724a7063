"""Changes of meetings that stand, and of those that no longer do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from services.booking import rules, sitting_rules, store, subject_store
from services.booking.about import judge_gone
from services.booking.choosing import Choices, Taking, day_of
from services.booking.commands import Choice, MeetingAction, MoveMeeting, SplitMeeting
from services.booking.desk import Desk
from services.booking.entry import Cast, Entry, Hold, Item, Party, holds_of
from services.booking.holding import hold_every
from services.booking.lapsing import lapse
from services.booking.needs import MeetingNeeds
from services.booking.placing import NO_POLICE, adapt, judge_chair, judge_day, judge_panel, judge_time, lapses_at, needs_for
from services.booking.rules import Subject
from services.booking.telling import tell
from services.directory.settings import Settings
from services.history import service as history
from services.kernel.errors import InvalidInput, StaleVersion
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import CONFERENCES, OMITTED, MeetingKind, MeetingState, ResourceKind
from services.platform.database import Connection
from services.statutory.working_days import england

_NOBODY = Cast()


async def move_in(desk: Desk, command: MoveMeeting) -> UUID:
    """Another time, or other resources: what the meeting held is free and what it needs now is held, or nothing has changed."""
    said = rules.judge_text(command.reason, "reason")
    if said is None:
        raise InvalidInput("say why: a meeting is not moved without a reason", "reason")
    entry = await read_for_change(desk, command.id, command.version, rules.STANDING)
    window = _new_window(entry, command)
    if window != entry.window and len(entry.to_come) > 1:
        raise InvalidInput(f"the meeting has {len(entry.to_come)} sittings: state them all anew (splitMeeting)", "startsAt")
    subjects = await subjects_at(desk, entry, window)
    reason = entry.override_reason
    if window != entry.window:
        judge_time(desk, entry.kind, window)
        reason = _judge_new_day(desk, entry, window, rules.judge_text(command.override_reason, "overrideReason"))
    remote = entry.remote if command.remote is None else command.remote
    choices = await choices_of(desk, entry, command, subjects, moved=window != entry.window, noted=command.note_taker)
    if remote != entry.remote and command.room_code is OMITTED:  # by video it takes no room, else what its kind needs
        choices = _with_room(choices, needs_for(entry.kind, entry.items, desk.settings, remote=remote))
    await lock_police(desk, entry, window)
    for each in (window, *(sitting for _, sitting in entry.to_come[:-1])):
        await lapse(desk, day_of(each), (), sparing=entry.id)
    kept = _kept(entry, choices) if (window, remote) == (entry.window, entry.remote) else _NOBODY
    await _let_go(desk, entry, kept)
    lacks = tuple(kind for kind in entry.lacks if kind not in choices and not (remote and kind is ResourceKind.ROOM))
    moved = replace(
        entry,
        sittings=(*entry.sittings[:-1], window),
        lacks=lacks,
        provisional_until=lapses_at(desk, entry.provisional_until, window),
        override_reason=reason,
        police_waived_reason=waived(entry, command),
        remote=remote,
        version=entry.version + 1,
    )
    await carry(desk, entry, moved, choices, said, kept)
    return entry.id


def _kept(entry: Entry, choices: Choices) -> Cast:
    """Of a meeting at its own time those people whose time it goes on having as it was taken, also where they could not be taken anew:
    who can write up less by now, a team that has fewer places. Nobody's where it has a room and had none, or the other way round:
    that changes who travels. A room is looked at anew, for it may not suit any more."""
    if (entry.cast.room is None) == (ResourceKind.ROOM in choices):
        return _NOBODY
    return Cast.of(party for party in entry.cast if party.kind is not ResourceKind.ROOM and choices.get(party.kind) == party.id)


async def _let_go(desk: Desk, entry: Entry, kept: Cast) -> None:
    """What the meeting holds for its sittings to come is free, but for these."""
    numbers = [number for number, _ in entry.to_come]
    staying = {party.kind for party in kept}
    going = await resources_of(desk.connection, entry, {party.kind for party in entry.cast} - staying) if staying else None
    await store.drop_holds(desk.connection, [entry.id], resource_ids=going, sittings=numbers)


async def carry(desk: Desk, entry: Entry, moved: Entry, choices: Choices, reason: str, kept: Cast = _NOBODY) -> None:
    """The meeting, which holds nothing any more but those `kept`, stands as `moved` with these choices; what is expected of its day
    moves with it, and whose own view has changed is told."""
    before = {"starts_at": entry.window.start, **entry.cast.codes()}
    room = choices.get(ResourceKind.ROOM)
    stays = room is not None and entry.cast.room is not None and room == entry.cast.room.id and moved.sittings == entry.sittings
    apart = entry.apart and not stays  # where it stays nobody asks anew who can wait there
    after, holds = await _hold_again(desk, moved, choices, "MOVED", reason, {"before": before}, apart=apart, kept=kept)
    await re_anchor(desk, entry, civil_day(entry.sittings[0].start), civil_day(moved.sittings[0].start))
    await tell(desk, after, holds, "MOVE", **after.cast.codes())


async def confirm_in(desk: Desk, command: MeetingAction) -> UUID:
    """A provisional meeting is certain now, and everybody is invited. Also after its time, until it has lapsed."""
    entry = await read_for_change(desk, command.id, command.version, {MeetingState.PROVISIONAL})
    sure = replace(entry, state=MeetingState.CONFIRMED, provisional_until=None, version=entry.version + 1)
    judge_panel(sure)
    await store.change_meeting(desk.connection, sure, desk.event("CONFIRMED", rules.judge_text(command.reason, "reason")))
    await tell(desk, sure, await taken_holds(desk.connection, sure, desk.settings), "CONFIRM")
    return entry.id


async def cancel_in(desk: Desk, command: MeetingAction, state: MeetingState) -> UUID:
    """Cancelled or postponed: nothing is held any more, the obligations are free again, everybody invited hears of it."""
    reason = rules.judge_text(command.reason, "reason")
    if reason is None:
        raise InvalidInput("say why: a meeting is not called off without a reason", "reason")
    entry = await read_for_change(desk, command.id, command.version, rules.STANDING)
    await lock_police(desk, entry)
    await store.drop_holds(desk.connection, [entry.id], sittings=[number for number, _ in entry.to_come])
    gone = replace(entry, state=state, provisional_until=None, version=entry.version + 1)
    event = desk.event(state.value, reason, before={"starts_at": entry.window.start, **entry.cast.codes()})
    await store.change_meeting(desk.connection, gone, event, live=False)
    await rewrite(desk, entry.items)
    await tell(desk, gone, (), "CANCEL" if state is MeetingState.CANCELLED else "POSTPONE")
    return entry.id


async def reinstate_in(desk: Desk, command: MeetingAction) -> UUID:
    """A meeting that was called off stands again as it was, while everything is still free for it."""
    entry = await read_for_change(desk, command.id, command.version, rules.GONE)
    _judge_owed(entry)
    subjects = await subjects_at(desk, entry, entry.window)
    judge_gone(subjects)
    back = replace(entry, state=MeetingState.ADJOURNED if entry.sat else MeetingState.CONFIRMED, version=entry.version + 1)
    for _, window in back.to_come:
        judge_time(desk, entry.kind, window)
    _judge_new_day(desk, back, back.to_come[0][1], entry.override_reason)
    choices: Choices = {party.kind: party.id for party in entry.cast}
    if entry.cast.chair is not None:
        judge_chair(entry.kind, entry.cast.chair.id, subjects)
    for _, window in back.to_come:
        await lapse(desk, day_of(window), [item.obligation_id for item in entry.items if item.obligation_id is not None])
    judge_panel(back)
    said = rules.judge_text(command.reason, "reason")
    after = await _hold_again(desk, back, choices, "REINSTATED", said, {}, apart=back.apart, live=True)
    await tell(desk, after[0], after[1], "REINSTATE", **after[0].cast.codes())
    return entry.id


def _judge_owed(entry: Entry) -> None:
    """Raises `InvalidInput` where another meeting has met what this one was for, or nothing is owed any more."""
    settled = [item.reference for item in entry.items if item.obligation_id is not None and item.due is None]
    if settled:
        raise InvalidInput(f"what the meeting was for is not owed any more for {', '.join(settled)}: book another one", "id")


async def read_for_change(desk: Desk, meeting_id: UUID, version: int, states: Collection[MeetingState]) -> Entry:
    """The meeting, locked; raises `NotFound`, `StaleVersion`, and `InvalidInput` where its state does not allow the change."""
    entry = await store.lock_entry(desk.connection, meeting_id, own_iro=desk.own_iro, today=desk.today)
    if entry.version != version:
        raise StaleVersion(entry.version)
    if entry.state not in states:
        allowed = ", ".join(sorted(states))
        raise InvalidInput(f"the meeting is {entry.state.value}; this can be done to one that is {allowed}", "id")
    return entry


async def lock_police(desk: Desk, entry: Entry, *windows: TimeWindow) -> None:
    """Nobody else deals places of the police on the days of this meeting, and of the windows, until the transaction ends."""
    if entry.cast.police is not None:
        await store.lock_police_days(desk.connection, [civil_day(each.start) for each in (*entry.sittings, *windows)])


async def taken_holds(connection: Connection, entry: Entry, settings: Settings) -> tuple[Hold, ...]:
    """What the meeting holds for its sittings to come, as it was taken: the unit's shapes of meetings may have changed since."""
    needs = replace(needs_for(entry.kind, entry.items, settings, remote=entry.remote), room=entry.cast.room is not None)
    found: list[Hold] = []
    for number, window in entry.to_come:
        taken = {hold.resource_id: hold for hold in await store.load_holds(connection, entry.id, number)}
        found += [taken.get(hold.resource_id, hold) for hold in holds_of(entry.id, window, entry.cast, needs, number)]
    return tuple(found)


async def resources_of(connection: Connection, entry: Entry, kinds: Collection[ResourceKind]) -> set[UUID]:
    """What the meeting holds of these kinds for its sittings to come; of the police each sitting may have another place."""
    people = {party.resource_id: party.kind for party in entry.cast if party.kind is not ResourceKind.POLICE}
    found = {resource_id for resource_id, kind in people.items() if kind in kinds}
    if ResourceKind.POLICE in kinds and entry.cast.police is not None:
        held = [hold for number, _ in entry.to_come for hold in await store.load_holds(connection, entry.id, number)]
        found |= {hold.resource_id for hold in held} - people.keys()
    return found


async def _hold_again(
    desk: Desk,
    entry: Entry,
    choices: Choices,
    what: str,
    reason: str | None,
    details: Mapping[str, object],
    *,
    apart: bool,
    live: bool | None = None,
    kept: Cast = _NOBODY,
) -> tuple[Entry, tuple[Hold, ...]]:
    needs = adapt(needs_for(entry.kind, entry.items, desk.settings, remote=entry.remote, apart=apart), choices)
    staying = {party.kind for party in kept}
    theirs = await taken_holds(desk.connection, replace(entry, cast=kept), desk.settings) if staying else ()
    written: list[tuple[Entry, tuple[Hold, ...]]] = []

    async def write(taking: Taking) -> None:
        after = replace(entry, cast=Cast.of((*kept, *taking.cast)))
        holds = (*theirs, *taking.holds)
        event = desk.event(what, reason, **details, after={"starts_at": after.window.start, **after.cast.codes()})
        await store.change_meeting(desk.connection, after, event, live=live)
        await store.replace_attendance(desk.connection, after, holds)
        written.append((after, holds))

    taken = {kind: chosen for kind, chosen in choices.items() if kind not in staying}
    await hold_every(desk, entry.id, needs, entry.to_come, taken, write)
    return written[-1]


def _new_window(entry: Entry, command: MoveMeeting) -> TimeWindow:
    starts_at = command.starts_at or entry.window.start
    minutes = int(entry.window.duration.total_seconds() // 60)
    return rules.meeting_window(starts_at, command.ends_at, minutes)


def _judge_new_day(desk: Desk, entry: Entry, window: TimeWindow, override_reason: str | None) -> str | None:
    """As `judge_day`; a meeting that was begun in time may end later, within the longest break."""
    if entry.state is not MeetingState.ADJOURNED:
        return judge_day(desk, entry.items, window, override_reason)
    objection = sitting_rules.object_to_break(entry.sittings[: len(entry.sat)], window, england().between)
    if objection is not None:
        raise InvalidInput(objection, "startsAt")
    return entry.override_reason


async def subjects_at(desk: Desk, entry: Entry, window: TimeWindow) -> tuple[Subject, ...]:
    day = max(civil_day(window.start), desk.today)
    return await subject_store.load_item_subjects(desk.connection, entry.items, day)


async def choices_of(
    desk: Desk, entry: Entry, command: MoveMeeting | SplitMeeting, subjects: tuple[Subject, ...], *, moved: bool, noted: bool = False
) -> Choices:
    """What the caller names; else what the meeting has. What it has lost is sought again with another time; `noted`: with a
    note-taker where it has none. Raises `NotEligible` for a chair who may not."""
    cast = entry.cast
    asked: tuple[tuple[ResourceKind, Choice, Party | None], ...] = (
        (ResourceKind.IRO, command.chair_code, cast.chair),
        (ResourceKind.ROOM, command.room_code, cast.room),
        (ResourceKind.NOTE_TAKER, command.note_taker_code, cast.note_taker),
        (ResourceKind.POLICE, command.police_team_code, cast.police),
    )
    choices: dict[ResourceKind, UUID | None] = {}
    for kind, code, party in asked:
        if isinstance(code, str):
            choices[kind] = await store.find_resource(desk.connection, kind, code)
        elif code is OMITTED and party is not None:
            choices[kind] = party.id
        elif code is OMITTED and kind is ResourceKind.NOTE_TAKER and noted:
            choices[kind] = None
        elif code is OMITTED and kind in entry.lacks and moved:
            choices[kind] = rules.own_chair(entry.kind, subjects) if kind is ResourceKind.IRO else None
        elif code is None and kind is ResourceKind.IRO:
            raise InvalidInput("a meeting needs a chair", "chairCode")
    chair_id = choices.get(ResourceKind.IRO)
    if chair_id is None:
        choices.pop(ResourceKind.IRO, None)  # still without: nobody is allocated
    else:
        judge_chair(entry.kind, chair_id, subjects)
    return choices


def _with_room(choices: Choices, needs: MeetingNeeds) -> Choices:
    found: dict[ResourceKind, UUID | None] = dict(choices)
    found.pop(ResourceKind.ROOM, None)
    if needs.room:
        found[ResourceKind.ROOM] = None
    return found


def waived(entry: Entry, command: MoveMeeting | SplitMeeting) -> str | None:
    """Why police do not attend from now on; None: they do, or need not."""
    if command.police_team_code is None and entry.cast.police is not None:
        return rules.judge_text(command.override_reason, "overrideReason") or NO_POLICE
    return None if isinstance(command.police_team_code, str) else entry.police_waived_reason


async def re_anchor(desk: Desk, entry: Entry, before: date, after: date) -> None:
    """What is expected of the day on which this meeting is held, or begun, moves with it."""
    if before == after:
        return
    for item in entry.items:
        following = MeetingKind.REVIEW_CONFERENCE if item.kind in CONFERENCES else item.kind
        if item.child_id is not None:  # of a household nothing is expected: it is owed from its approval or its last review
            await history.re_anchor(desk.connection, item.child_id, following, before, after, today=desk.today)


async def rewrite(desk: Desk, items: Sequence[Item]) -> None:
    """What is owed to the children or the household of these items is what their records say now."""
    children = [item.child_id for item in items if item.child_id is not None]
    households = [item.household_id for item in items if item.household_id is not None]
    if children:
        await history.rewrite_obligations(desk.connection, children, desk.today)
    if households:
        await history.rewrite_household_obligations(desk.connection, households, desk.today)

"""Meetings that stand, changed together by a plan: what one gives up another may take, and all of it happens or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.booking import rules, sitting_rules, store, subject_store
from services.booking.about import judge_gone
from services.booking.changing import carry
from services.booking.choosing import Choices, day_of
from services.booking.commands import named
from services.booking.desk import Desk
from services.booking.entry import Entry
from services.booking.following import judge_followers
from services.booking.lapsing import lapse
from services.booking.placing import judge_chair, judge_day, judge_early, judge_time, lapses_at
from services.booking.recasting import give_up, recast
from services.directory.settings import Settings
from services.kernel.actor import Actor
from services.kernel.errors import InvalidInput, NotFound, Rejected, Superseded
from services.kernel.permission import Act, require
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import MeetingState, ResourceKind
from services.platform.database import Connection
from services.statutory.working_days import england

REPAIRED = "REPAIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What a meeting that stood at `version` is to be: its time, and all that it is to have. A kind that it has and that is None here
    it gives up only with its time."""

    meeting_id: UUID
    version: int
    starts_at: datetime
    ends_at: datetime
    chair_id: UUID
    room_id: UUID | None
    note_taker_id: UUID | None
    police_team_id: UUID | None
    reason: str

    @property
    def window(self) -> TimeWindow:
        return TimeWindow(self.starts_at, self.ends_at)

    @property
    def wanted(self) -> dict[ResourceKind, UUID]:
        """What it is to have by kind, of police the team."""
        return named(self.chair_id, self.room_id, self.note_taker_id, self.police_team_id)

    def instead(self, entry: Entry) -> dict[ResourceKind, UUID]:
        """What it takes at its own time that it has not."""
        has = {party.kind: party.id for party in entry.cast}
        return {kind: chosen for kind, chosen in self.wanted.items() if has.get(kind) != chosen}


async def repair_in(
    connection: Connection, actor: Actor, repairs: Sequence[Repair], now: datetime, settings: Settings, *, today: date
) -> None:
    """All these meetings are as stated, in the caller's transaction, best in a savepoint; whose own view has changed is told.

    Raises `Superseded`, which names the meeting, where one has changed meanwhile or what it was to have is taken, absent or
    barred; then nothing of it may be kept.
    """
    require(actor, Act.PLAN)
    await store.keep_subjects(connection)
    desk = Desk(connection=connection, actor=actor, now=now, today=today, settings=settings)
    entries = {each.meeting_id: await _locked(desk, each) for each in sorted(repairs, key=lambda each: each.meeting_id)}
    await _lock_police(desk, repairs, entries)
    for each in repairs:
        await _give_up(desk, each, entries[each.meeting_id])
    for each in repairs:
        entry = await store.read_entry(connection, each.meeting_id)  # its place of the police may have another number by now
        try:
            await _change(desk, each, entry)
        except Rejected as fault:
            raise Superseded(f"{entry.reference}: {fault}") from fault


async def _locked(desk: Desk, repair: Repair) -> Entry:
    try:
        entry = await store.lock_entry(desk.connection, repair.meeting_id)
    except NotFound as fault:
        raise Superseded("a meeting is not there any more") from fault
    if entry.version != repair.version or entry.state not in rules.STANDING:
        raise Superseded(f"{entry.reference} has changed since the plan was made")
    if entry.provisional_until is not None and entry.provisional_until <= desk.now:
        raise Superseded(f"{entry.reference} was provisional, and has lapsed")
    return entry


async def _lock_police(desk: Desk, repairs: Sequence[Repair], entries: dict[UUID, Entry]) -> None:
    days = {civil_day(each.starts_at) for each in repairs if each.police_team_id is not None}
    days |= {civil_day(sitting.start) for entry in entries.values() if entry.cast.police is not None for sitting in entry.sittings}
    await store.lock_police_days(desk.connection, days)


async def _give_up(desk: Desk, repair: Repair, stated: Entry) -> None:
    """Whatever it will not have is free for the others."""
    entry = await store.read_entry(desk.connection, stated.id)
    await lapse(desk, day_of(repair.window), (), sparing=entry.id)
    if repair.window != entry.window:
        await store.drop_holds(desk.connection, [entry.id], sittings=[number for number, _ in entry.to_come])
        return
    await give_up(desk, entry, repair.instead(entry).keys())


async def _change(desk: Desk, repair: Repair, entry: Entry) -> None:
    window, day = repair.window, civil_day(repair.starts_at)
    subjects = await subject_store.load_item_subjects(desk.connection, entry.items, max(day, desk.today))
    judge_gone(subjects)
    judge_chair(entry.kind, repair.chair_id, subjects)
    if window == entry.window:
        await recast(desk, entry, repair.instead(entry), REPAIRED, repair.reason)
        return
    judge_time(desk, entry.kind, window)
    _judge_new_day(desk, entry, window)
    choices: Choices = dict(repair.wanted)
    moved = replace(
        entry,
        sittings=(*entry.sittings[:-1], window),
        lacks=tuple(kind for kind in entry.lacks if kind not in choices),
        provisional_until=lapses_at(desk, entry.provisional_until, window),
        version=entry.version + 1,
    )
    await carry(desk, entry, moved, choices, repair.reason)
    await judge_followers(desk.connection, moved)


def _judge_new_day(desk: Desk, entry: Entry, window: TimeWindow) -> None:
    """Raises for a day that needs a manager's reason, or comes too early. One that was begun in time may go on within the longest
    break."""
    if len(entry.to_come) > 1:
        raise InvalidInput("it has several sittings to come: a plan moves single meetings", "startsAt")
    if entry.state is MeetingState.ADJOURNED:
        objection = sitting_rules.object_to_break(entry.sittings[: len(entry.sat)], window, england().between)
        if objection is not None:
            raise InvalidInput(objection, "startsAt")
        return
    day = civil_day(window.start)
    judge_early(entry.items, day)
    if day > civil_day(entry.window.start):
        judge_day(desk, entry.items, window, None)

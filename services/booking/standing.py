"""Meetings that stand in another diary when the unit begins: kept as they are stated, with as much of it as can be held here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from services.booking import rules, store, subject_store
from services.booking.about import TRIGGERED_BY, item_of, judge_gone, owed_to
from services.booking.attendees import expected_at, must_be_apart
from services.booking.changing import lock_police, re_anchor, read_for_change
from services.booking.choosing import Taking, day_of
from services.booking.desk import Desk
from services.booking.entry import Cast, Entry, Item
from services.booking.holding import hold_all
from services.booking.lapsing import lapse
from services.booking.needs import MeetingNeeds
from services.booking.placing import needs_for, noted_for
from services.booking.quorum import foreseen, object_to_panel
from services.booking.rules import Due, Objection, Subject
from services.booking.telling import tell
from services.history import service as history
from services.kernel.errors import InvalidInput, NotEligible, OutsideAvailability, Rejected, ResourceTaken
from services.kernel.ids import new_id, new_reference
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import BlockerCode, MeetingKind, MeetingState, ResourceKind
from services.platform.sql import load_queries
from services.statutory.clock import PREDECESSORS
from services.statutory.working_days import england

STOOD = "stood in the diary when the unit began"
CORRECTED = "the diary was corrected"
NO_POLICE_STATED = "the diary states no police"
_sql = load_queries(__file__, "standing.sql")
_AT_FAULT = {
    BlockerCode.NO_CHAIR: ResourceKind.IRO,
    BlockerCode.NO_ROOM: ResourceKind.ROOM,
    BlockerCode.NO_NOTE_TAKER: ResourceKind.NOTE_TAKER,
    BlockerCode.WRITE_UP_FULL: ResourceKind.NOTE_TAKER,
    BlockerCode.POLICE_OFF_DUTY: ResourceKind.POLICE,
}
_UNSUITABLE = frozenset({BlockerCode.ROOM_TOO_SMALL, BlockerCode.ROOM_LACKS_FEATURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingMeeting:
    """What another diary states, about children or one foster household. `wanted`: resources by kind (of police the team);
    `unknown`: kinds of which it names one that this unit does not have."""

    kind: MeetingKind
    window: TimeWindow
    child_ids: tuple[UUID, ...] = ()
    household_id: UUID | None = None
    wanted: Mapping[ResourceKind, UUID]
    unknown: frozenset[ResourceKind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What is stated and could not be had. `holders`: the meetings that have it then, by identifier and reference."""

    kind: ResourceKind
    fault: Rejected
    holders: tuple[tuple[UUID, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A meeting that is kept. It lacks what is `left_out` and what is `unstated` although such a meeting needs it.

    `against`: rules of this unit that it breaks as it stands. `not_owed`: the children for whom nothing of its kind is owed.
    `late_for`: what it comes too late for.
    """

    meeting_id: UUID
    reference: str
    version: int
    left_out: tuple[LeftOut, ...]
    unstated: tuple[ResourceKind, ...]
    against: tuple[Objection, ...]
    not_owed: tuple[str, ...]
    late_for: Due | None


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A meeting on its way into the diary: loses what cannot be had, one resource after the other."""

    entry: Entry
    needs: MeetingNeeds
    wanted: dict[ResourceKind, UUID]
    unstated: tuple[ResourceKind, ...]
    unknown: tuple[ResourceKind, ...]
    against: list[Objection] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def with_(self, taking: Taking) -> Entry:
        """The meeting as it will be written."""
        lacks = (*self.unknown, *(each.kind for each in self.left_out), *self.unstated)
        return replace(self.entry, cast=taking.cast, lacks=tuple(kind for kind in ResourceKind if kind in lacks))


Write = Callable[[Entry, Taking], Awaitable[None]]


async def stand_in(desk: Desk, meeting: StandingMeeting) -> Stood:
    """The meeting is in the diary, confirmed, with every resource that is stated, free and allowed; the others it lacks.

    Nothing is chosen for it. Hours, weekends, rooms and the law's days are not held against it, but answered: it stands. An
    officer who may not chair these children does not chair it here: it waits for one who may. Everybody who is held for it is
    owed an invitation. Raises `InvalidInput` for a length that is none, a day that is over, and a
    child who died or was adopted.
    """
    subjects = await _subjects(desk, meeting)
    items = await _items(desk, meeting, subjects)
    apart = must_be_apart(meeting.kind, (each.parents_apart for each in subjects), desk.settings)
    entry = Entry(
        id=new_id(),
        reference=new_reference(),
        kind=meeting.kind,
        state=MeetingState.CONFIRMED,
        sittings=(meeting.window,),
        cast=Cast(),
        items=tuple(items),
        attendees=expected_at(meeting.kind, desk.settings, apart=apart),
    )
    await lapse(desk, day_of(meeting.window), [item.obligation_id for item in items if item.obligation_id is not None])

    async def write(after: Entry, taking: Taking) -> None:
        event = desk.event("BOOKED", STOOD, diary=True, after={"starts_at": after.window.start, **taking.cast.codes()})
        await store.add_meeting(desk.connection, after, taking.holds, event)

    return await _keep(desk, _draft(desk, entry, meeting, subjects), write, "BOOK")


async def stand_again_in(desk: Desk, meeting_id: UUID, version: int, meeting: StandingMeeting) -> Stood:
    """A meeting that was kept before is as it is stated now: its time and its resources. Raises `StaleVersion` where somebody
    has changed it since, else as `stand_in`."""
    entry = await read_for_change(desk, meeting_id, version, rules.STANDING)
    subjects = await _subjects(desk, meeting)
    await lock_police(desk, entry, meeting.window)
    await lapse(desk, day_of(meeting.window), ())
    await store.drop_holds(desk.connection, [entry.id], sittings=[number for number, _ in entry.to_come])
    before = {"starts_at": entry.window.start, **entry.cast.codes()}
    moved = replace(entry, sittings=(*entry.sittings[:-1], meeting.window), version=version + 1)
    await re_anchor(desk, entry, civil_day(entry.sittings[0].start), civil_day(moved.sittings[0].start))

    async def write(after: Entry, taking: Taking) -> None:
        event = desk.event("MOVED", CORRECTED, diary=True, before=before, after={"starts_at": after.window.start, **taking.cast.codes()})
        await store.change_meeting(desk.connection, after, event)
        await store.replace_attendance(desk.connection, after, taking.holds)

    return await _keep(desk, _draft(desk, moved, meeting, subjects), write, "MOVE")


async def _subjects(desk: Desk, meeting: StandingMeeting) -> tuple[Subject, ...]:
    rules.meeting_window(meeting.window.start, meeting.window.end, 0)
    day = civil_day(meeting.window.start)
    if day < desk.today:
        raise InvalidInput(f"{day.isoformat()} is over: a meeting is booked from today on", "startsAt")
    about: list[tuple[UUID | None, UUID | None]] = [(child_id, None) for child_id in meeting.child_ids]
    if meeting.household_id is not None:
        about.append((None, meeting.household_id))
    asked = [Item(child_id=one, household_id=other, reference="", kind=meeting.kind, obligation_id=None) for one, other in about]
    subjects = await subject_store.load_item_subjects(desk.connection, asked, day)
    judge_gone(subjects)
    return subjects


async def _items(desk: Desk, meeting: StandingMeeting, subjects: Sequence[Subject]) -> list[Item]:
    """For each child what the meeting is for: what is owed and not booked, else what follows from the meeting before it."""
    day = civil_day(meeting.window.start)
    found = []
    owed = await owed_to(desk, subjects, day)
    for subject, chosen, dues in zip(subjects, rules.choose_dues(meeting.kind, owed, None), owed, strict=True):
        due = chosen
        if due is None or due.meeting_reference is not None:
            due = await _next_due(desk, meeting, subject)
        found.append(_item_without_due(meeting.kind, subject) if due is None else item_of(subject, due))
        beside = rules.also_answered(meeting.kind, dues, day)
        if beside is not None:
            found.append(item_of(subject, beside))
    return found


def _item_without_due(kind: MeetingKind, subject: Subject) -> Item:
    return Item(
        child_id=subject.child_id, household_id=subject.household_id, reference=subject.reference, kind=kind, obligation_id=None, due=None
    )


async def _next_due(desk: Desk, meeting: StandingMeeting, subject: Subject) -> Due | None:
    """What will be owed once the meeting before this one is held; None where there is none, or that too is booked."""
    kinds, day = PREDECESSORS.get(meeting.kind, ()), civil_day(meeting.window.start)
    if subject.child_id is None:
        return None
    before = await _sql.day_before(desk.connection, child_id=subject.child_id, kinds=[kind.value for kind in kinds], day=day)
    if before is None:
        return None
    try:
        expected = await history.expect_obligation(desk.connection, subject.child_id, meeting.kind, before, TRIGGERED_BY, today=desk.today)
    except InvalidInput:  # no rule was in force then
        return None
    free = [due for due in await subject_store.load_dues(desk.connection, obligation_ids=[expected]) if due.meeting_reference is None]
    return free[0] if free else None


def _draft(desk: Desk, entry: Entry, meeting: StandingMeeting, subjects: Sequence[Subject]) -> _Draft:
    """The meeting with what it states, less an officer who may not chair it."""
    late = _late_for(entry)
    noted = noted_for(entry.kind, subjects, desk.settings)
    needs = needs_for(entry.kind, entry.items, desk.settings, remote=entry.remote, apart=entry.apart, note_taker=noted)
    stated = {*meeting.wanted, *meeting.unknown}
    unstated = tuple(kind for kind in needs.kinds if kind not in stated)
    waived = NO_POLICE_STATED if ResourceKind.POLICE in unstated else None
    draft = _Draft(
        entry=replace(entry, override_reason=STOOD if late is not None else None, police_waived_reason=waived),
        needs=replace(needs, room=needs.room or ResourceKind.ROOM in stated),
        wanted=dict(meeting.wanted),
        unstated=tuple(kind for kind in unstated if kind is not ResourceKind.POLICE),
        unknown=tuple(meeting.unknown),
    )
    hours = rules.object_to_time(entry.kind, entry.window, desk.settings, england().is_working)
    if hours is not None:
        draft.against.append(hours)
    if entry.kind is MeetingKind.SECURE_CRITERIA_REVIEW:
        draft.against.extend(object_to_panel(foreseen(entry.attendees, police=False)))
    chair_id = meeting.wanted.get(ResourceKind.IRO)
    barred = None if chair_id is None else rules.object_to_chair(entry.kind, chair_id, subjects)
    if barred is not None:
        del draft.wanted[ResourceKind.IRO]
        draft.left_out.append(LeftOut(kind=ResourceKind.IRO, fault=barred.refusal()))
    return draft


def _late_for(entry: Entry) -> Due | None:
    due = rules.most_pressing([item.due for item in entry.items if item.due is not None])
    return due if due is not None and civil_day(entry.sittings[0].start) > rules.last_day(due.kind, due) else None


async def _keep(desk: Desk, draft: _Draft, write: Write, action: str) -> Stood:
    """Held as far as it can be, written and owed."""
    while True:
        try:
            taking = await hold_all(
                desk,
                draft.entry.id,
                draft.needs,
                draft.entry.window,
                draft.wanted,
                lambda taking: write(draft.with_(taking), taking),
                sitting=len(draft.entry.sittings),
            )
            break
        except Rejected as fault:
            await _give_way(desk, draft, fault)
    after = draft.with_(taking)
    await tell(desk, after, taking.holds, action, **after.cast.codes(), lacks=[kind.value for kind in after.lacks])
    return Stood(
        meeting_id=after.id,
        reference=after.reference,
        version=after.version,
        left_out=tuple(draft.left_out),
        unstated=draft.unstated,
        against=tuple(draft.against),
        not_owed=tuple(item.reference for item in after.items if item.obligation_id is None),
        late_for=_late_for(after),
    )


async def _give_way(desk: Desk, draft: _Draft, fault: Rejected) -> None:
    """The meeting does without what cannot be had; a room that does not suit it is its room all the same. Raises any other fault."""
    if isinstance(fault, NotEligible) and fault.code in _UNSUITABLE:
        draft.against.append(Objection(code=fault.code, message=str(fault)))
        draft.needs = replace(draft.needs, shape=replace(draft.needs.shape, seats=1, features=()), apart=False)
        return
    kind = _kind_at_fault(fault)
    if kind is None or kind not in draft.wanted:
        raise fault
    del draft.wanted[kind]
    holders: tuple[tuple[UUID, str], ...] = ()
    if isinstance(fault, ResourceTaken):
        found = _sql.holders(desk.connection, kind=kind.value, code=fault.code, starts_at=fault.starts_at, ends_at=fault.ends_at)
        holders = tuple([(row["id"], row["reference"]) async for row in found])
    draft.left_out.append(LeftOut(kind=kind, fault=fault, holders=holders))


def _kind_at_fault(fault: Rejected) -> ResourceKind | None:
    if isinstance(fault, (ResourceTaken, OutsideAvailability)):
        return fault.kind
    return _AT_FAULT.get(fault.code) if isinstance(fault, NotEligible) else None

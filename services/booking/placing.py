"""Puts new meetings into the diary, for one caller or for a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.booking import rules, store, subject_store
from services.booking.about import items_for, judge_gone, once_each, placed_items, subjects_for
from services.booking.attendees import expected_at, must_be_apart
from services.booking.choosing import Choices, Taking, choose, day_of
from services.booking.commands import BookMeeting, Choice, Placement
from services.booking.desk import Desk
from services.booking.entry import Cast, Entry, Item
from services.booking.holding import hold_all
from services.booking.lapsing import lapse, week_of
from services.booking.needs import MeetingNeeds, is_noted, needs_of
from services.booking.quorum import foreseen, object_to_panel
from services.booking.rules import Due, Subject
from services.booking.telling import BOOKED, audited, first_notices, tell
from services.booking.written_rows import Event
from services.directory.settings import Settings
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotEligible, OutsideTimescale
from services.kernel.ids import new_id, new_reference
from services.kernel.permission import Act, Reach, reach, require
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import OMITTED, BlockerCode, MeetingKind, MeetingState, ResourceKind
from services.platform.database import Connection
from services.statutory.working_days import england

NO_POLICE = "booked without police"
"""Why police do not attend, where the caller wanted none and said no more."""
PLANNED_LATE = "the plan found no earlier time"
_A_DAY = timedelta(days=1)
"""No meeting lasts longer."""


async def book_in(desk: Desk, command: BookMeeting, meeting_id: UUID, *, at_once: bool = False) -> UUID:
    """One meeting, booked as `service.book` says, in the caller's transaction. `at_once`: in as few statements as can be; then it
    raises `Overtaken` where another look is needed, and nothing of the transaction stands."""
    venue = rules.judge_text(command.venue, "venue")
    override_reason = rules.judge_text(command.override_reason, "overrideReason")
    look = await _look(desk, command, at_once=at_once)
    subjects = look.subjects
    items = await items_for(desk, command.kind, subjects, command.triggered_on, civil_day(command.starts_at), look.dues)
    kind = rules.leading_kind(command.kind, {item.kind for item in items})
    apart = command.apart or must_be_apart(kind, (each.parents_apart for each in subjects), desk.settings)
    noted = command.note_taker or noted_for(kind, subjects, desk.settings)
    needs = needs_for(kind, items, desk.settings, remote=command.remote, apart=apart, note_taker=noted)
    window = rules.meeting_window(command.starts_at, command.ends_at, needs.minutes)
    judge_time(desk, kind, window)
    reason = judge_day(desk, items, window, override_reason)
    room_code = None if command.room_code is OMITTED and venue is not None else command.room_code
    choices = await choices_for(
        desk,
        needs,
        {
            ResourceKind.IRO: command.chair_code,
            ResourceKind.ROOM: room_code,
            ResourceKind.NOTE_TAKER: command.note_taker_code,
            ResourceKind.POLICE: command.police_team_code,
        },
        subjects,
    )
    waived = needs.police and ResourceKind.POLICE not in choices
    entry = Entry(
        id=meeting_id,
        reference=new_reference(),
        kind=kind,
        state=MeetingState.CONFIRMED if command.hold_until is None else MeetingState.PROVISIONAL,
        sittings=(window,),
        cast=Cast(),
        items=tuple(items),
        venue=venue,
        venue_confidential=command.venue_confidential,
        remote=command.remote,
        provisional_until=_hold_until(desk, command.hold_until, window),
        override_reason=reason,
        police_waived_reason=(override_reason or NO_POLICE) if waived else None,
        attendees=expected_at(kind, desk.settings, apart=apart),
    )
    judge_panel(entry)
    return await _write(desk, entry, adapt(needs, choices), choices, look if at_once else None)


async def place_in(connection: Connection, actor: Actor, placement: Placement, now: datetime, settings: Settings, *, today: date) -> UUID:
    """One meeting of a plan, with everything chosen, in the caller's transaction, best in a savepoint.

    Raises `ResourceTaken`, `OutsideAvailability` or another `Rejected` for what the world took meanwhile. The plan has judged
    the days: one after the law's is kept with `late_reason`.
    """
    require(actor, Act.PLAN)
    await store.keep_subjects(connection)
    desk = Desk(connection=connection, actor=actor, now=now, today=today, settings=settings)
    window = rules.meeting_window(placement.starts_at, placement.ends_at, 0)
    day = civil_day(window.start)
    subjects = await subject_store.load_subjects(connection, day, child_ids=[item.child_id for item in placement.items])
    judge_gone(subjects)
    items = await placed_items(desk, placement.items, subjects, day)
    judge_time(desk, placement.kind, window)
    judge_early(items, day)
    judge_chair(placement.kind, placement.chair_id, subjects)
    choices: Choices = dict(placement.wanted)
    apart = must_be_apart(placement.kind, (each.parents_apart for each in subjects), settings)
    late = any(item.due is not None and day > rules.last_day(item.kind, item.due) for item in items)
    entry = Entry(
        id=new_id(),
        reference=new_reference(),
        kind=placement.kind,
        state=MeetingState.CONFIRMED,
        sittings=(window,),
        cast=Cast(),
        items=tuple(items),
        venue=placement.venue,
        remote=placement.remote,
        override_reason=(placement.late_reason or PLANNED_LATE) if late else None,
        police_waived_reason=placement.police_waived_reason,
        attendees=expected_at(placement.kind, settings, apart=apart),
    )
    judge_panel(entry)
    needs = needs_for(placement.kind, items, settings, remote=placement.remote, apart=apart)
    return await _write(desk, entry, adapt(needs, choices), choices)


def noted_for(kind: MeetingKind, subjects: Sequence[Subject], settings: Settings) -> bool:
    """Whether a meeting about these has a note-taker for what makes their cases complex."""
    return is_noted(kind, (each.complexity for each in subjects), settings)


def needs_for(
    kind: MeetingKind, items: Sequence[Item], settings: Settings, *, remote: bool, apart: bool = False, note_taker: bool = False
) -> MeetingNeeds:
    first = any(item.due is not None and item.due.first_of_care for item in items)
    children = len({item.subject_id for item in items})
    return needs_of(kind, children=children, first=first, settings=settings, remote=remote, apart=apart, note_taker=note_taker)


def adapt(needs: MeetingNeeds, choices: Choices) -> MeetingNeeds:
    """The needs of this meeting: a chair whose meeting is in no room of the unit travels, whatever its kind."""
    return replace(needs, room=ResourceKind.ROOM in choices)


def judge_time(desk: Desk, kind: MeetingKind, window: TimeWindow) -> None:
    """Raises for a day that is over, a day on which no conference is held, and a time outside the unit's hours."""
    _judge_over(desk, civil_day(window.start))
    objection = rules.object_to_time(kind, window, desk.settings, england().is_working)
    if objection is not None:
        raise objection.refusal()


def judge_early(items: Sequence[Item], day: date) -> None:
    """Raises `InvalidInput` for a day before the first on which all of it may be met."""
    objection = rules.object_to_early([item.due for item in items if item.due is not None], day)
    if objection is not None:
        raise InvalidInput(objection, "startsAt")


def judge_day(desk: Desk, items: Sequence[Item], window: TimeWindow, override_reason: str | None) -> str | None:
    """A manager's reason where the day is later than the law's (for conferences: than book-by), else None.

    Raises `InvalidInput` for one that is too early, `OutsideTimescale` for one that is too late without a reason, `Forbidden` for
    anybody but a manager with one.
    """
    judge_early(items, civil_day(window.start))
    due = rules.most_pressing([item.due for item in items if item.due is not None])
    if due is None or civil_day(window.start) <= rules.last_day(due.kind, due):
        return None
    if override_reason is None:
        raise OutsideTimescale(due.statutory_due_on, due.book_by_on)
    if reach(desk.actor, Act.OVERRIDE) is not Reach.ALL:
        raise Forbidden("a day after the law's needs a manager")
    return override_reason


def judge_chair(kind: MeetingKind, chair_id: UUID, subjects: Sequence[Subject]) -> None:
    """Raises `NotEligible` where this officer may not chair such a meeting about these children."""
    objection = rules.object_to_chair(kind, chair_id, subjects)
    if objection is not None:
        raise objection.refusal()


def judge_panel(entry: Entry) -> None:
    """Raises `NotEligible` for a secure criteria review that is certain without a panel. Its chair is judged as an officer."""
    if entry.kind is MeetingKind.SECURE_CRITERIA_REVIEW and entry.state is not MeetingState.PROVISIONAL:
        for objection in object_to_panel(foreseen(entry.attendees, police=False)):
            raise objection.refusal()


async def choices_for(desk: Desk, needs: MeetingNeeds, codes: dict[ResourceKind, Choice], subjects: Sequence[Subject]) -> Choices:
    """What the meeting takes, by the codes that the caller gave: none given means what its kind needs, the children's officer first."""
    choices: dict[ResourceKind, UUID | None] = {}
    for kind, code in codes.items():
        if isinstance(code, str):
            choices[kind] = await store.find_resource(desk.connection, kind, code)
        elif code is OMITTED and kind in needs.kinds:
            choices[kind] = None
    if ResourceKind.IRO not in choices:
        raise InvalidInput("a meeting needs a chair", "chairCode")
    chair_id = choices[ResourceKind.IRO] or rules.own_chair(needs.kind, subjects)
    if chair_id is None:
        raise NotEligible(BlockerCode.NO_CHAIR, "no officer is allocated who could chair: allocate first, or name a chair")
    judge_chair(needs.kind, chair_id, subjects)
    return {**choices, ResourceKind.IRO: chair_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """Whom a meeting is about. `dues`: what they are owed, where that has been read with them: then nothing has lapsed that stands in
    the way. `police_locked`: nobody else deals places of the police that day."""

    subjects: tuple[Subject, ...]
    dues: list[Due] | None = None
    police_locked: bool = False


async def _look(desk: Desk, command: BookMeeting, *, at_once: bool) -> _Look:
    references, household = tuple(dict.fromkeys(command.child_references)), command.household_reference
    objection = rules.object_to_subjects(command.kind, children=bool(references), household=household is not None)
    if objection is not None:
        raise objection
    if command.starts_at.tzinfo is None:
        raise InvalidInput("a time needs an offset, for example 2026-11-23T10:00:00+00:00", "startsAt")
    day = civil_day(command.starts_at)
    _judge_over(desk, day)
    if not (at_once and references):
        return _Look(subjects=await subjects_for(desk, references, household, day))
    police = _asks_for_police(desk, command)
    found, dues = await subject_store.look(
        desk.connection,
        day,
        references=references,
        own_iro=desk.own_iro,
        today=desk.today,
        within=week_of(TimeWindow(command.starts_at, command.starts_at + _A_DAY)),
        now=desk.now,
        police_day=day if police else None,
    )
    return _Look(subjects=once_each(found), dues=dues, police_locked=police)


def _asks_for_police(desk: Desk, command: BookMeeting) -> bool:
    return isinstance(command.police_team_code, str) or (command.police_team_code is OMITTED and command.kind in desk.settings.police_at)


def _judge_over(desk: Desk, day: date) -> None:
    if day < desk.today:
        raise InvalidInput(f"{day.isoformat()} is over: a meeting is booked from today on", "startsAt")


def _hold_until(desk: Desk, until: datetime | None, window: TimeWindow) -> datetime | None:
    if until is None:
        return None
    if until.tzinfo is None:
        raise InvalidInput("a time needs an offset, for example 2026-11-23T10:00:00+00:00", "holdUntil")
    if until <= desk.now:
        raise InvalidInput("holdUntil lies in the past: a provisional hold lapses later", "holdUntil")
    if until > window.start:
        raise InvalidInput("holdUntil comes after the meeting begins: a provisional hold lapses before, or is confirmed", "holdUntil")
    return until


def lapses_at(desk: Desk, until: datetime | None, window: TimeWindow) -> datetime | None:
    """Until when a meeting that is provisional until then is, at another time: no longer than to its beginning. None: it is certain.

    Raises `InvalidInput` where it would have lapsed already.
    """
    if until is None or until <= window.start:
        return until
    if window.start <= desk.now:
        raise InvalidInput("a provisional meeting lapses before it begins, and this time is over: confirm it first", "startsAt")
    return window.start


async def _write(desk: Desk, entry: Entry, needs: MeetingNeeds, choices: Choices, at_once: _Look | None = None) -> UUID:
    """Held, written and owed. `at_once`: after that look, in as few statements as can be."""
    owed = [item.obligation_id for item in entry.items if item.obligation_id is not None]
    looked = at_once is not None and at_once.dues is not None
    if not looked:
        await lapse(desk, day_of(entry.window), owed)
    booked = [item.due.meeting_reference for item in entry.items if item.due is not None and item.due.meeting_reference is not None]
    if booked and (looked or await _still_booked(desk, owed)):
        raise InvalidInput(f"{booked[0]} stands for this already: move that meeting instead", "childReferences")
    if at_once is not None:
        taking = await choose(desk, entry.id, needs, entry.window, choices, locked=at_once.police_locked)
        if not taking.renumbered:
            return await _write_at_once(desk, replace(entry, cast=taking.cast), taking)
    written: list[Entry] = []

    async def write(taking: Taking) -> None:
        now_entry = replace(entry, cast=taking.cast, reference=new_reference())
        await store.add_meeting(desk.connection, now_entry, taking.holds, _booked(desk, now_entry))
        written.append(now_entry)

    taking = await hold_all(desk, entry.id, needs, entry.window, choices, write)
    await tell(desk, written[-1], taking.holds, BOOKED, **taking.cast.codes())
    return entry.id


async def _write_at_once(desk: Desk, entry: Entry, taking: Taking) -> UUID:
    """With everything that is taken, which is free for all that anybody knows."""
    told = audited(desk, entry, BOOKED, **entry.cast.codes())
    owed = first_notices(desk, entry, taking.holds)
    await store.book_at_once(desk.connection, entry, taking.holds, _booked(desk, entry), told, owed)
    return entry.id


def _booked(desk: Desk, entry: Entry) -> Event:
    return desk.event("BOOKED", entry.override_reason, after={"starts_at": entry.window.start, **entry.cast.codes()})


async def _still_booked(desk: Desk, owed: Sequence[UUID]) -> bool:
    return any(each.meeting_reference is not None for each in await subject_store.load_dues(desk.connection, obligation_ids=owed))

"""One sitting of a meeting that goes on: recorded as held, or adjourned to go on then; the rest of the meeting stands."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.booking import rules, sitting_rules, store
from services.booking.changing import lock_police, re_anchor, taken_holds
from services.booking.choosing import Choices, Taking, day_of
from services.booking.commands import RecordHeld
from services.booking.desk import Desk
from services.booking.entry import Entry, Sat
from services.booking.holding import hold_every
from services.booking.lapsing import lapse
from services.booking.placing import adapt, needs_for
from services.booking.telling import tell
from services.booking.written_rows import Event
from services.kernel.errors import InvalidInput
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import MeetingState
from services.statutory.working_days import england


def sat_by(
    entry: Entry, number: int, command: RecordHeld, attended: tuple[str, ...] | None
) -> tuple[tuple[TimeWindow, ...], tuple[Sat, ...]]:
    """The sittings up to this one on the days on which they took place, and what is recorded of each.

    Those before it of which nothing was recorded took place as they stood.
    """
    before = entry.sittings[: number - 1]
    said = [*entry.sat, *(Sat(held_on=civil_day(window.start)) for window in before[len(entry.sat) :])]
    windows = (*before, sitting_rules.sat_on(entry.sittings[number - 1], command.held_on))
    return windows, (*said, Sat(held_on=command.held_on, attended=attended))


def still_expected(desk: Desk, entry: Entry, held: Entry) -> bool:
    """Whether somebody would still come: it was held before its day, or a sitting of it that is still to come is dropped."""
    dropped = len(held.sat) < len(entry.sittings)
    return civil_day(entry.window.start) > desk.today or (dropped and entry.window.start > desk.hour)


async def sit_in(desk: Desk, entry: Entry, command: RecordHeld, number: int, attended: tuple[str, ...] | None) -> UUID:
    """That sitting is held, and the others keep all that they have: nobody's view of them changes."""
    windows, sat = sat_by(entry, number, command, attended)
    rest = entry.sittings[number:]
    if windows[-1].end > rest[0].start:
        raise InvalidInput(f"sitting {number + 1} begins before: state the sittings to come anew (splitMeeting) first", "heldOn")
    await lock_police(desk, entry, windows[-1])
    await _leave_behind(desk, entry, windows, number)
    after = replace(entry, state=MeetingState.ADJOURNED, sittings=(*windows, *rest), sat=sat, version=entry.version + 1)
    holds = await taken_holds(desk.connection, after, desk.settings)
    await store.change_meeting(desk.connection, after, _event(desk, "SITTING_HELD", command, number, attended, rest[0]))
    await store.replace_attendance(desk.connection, after, holds)
    await tell(desk, after, holds, "RECORD_SITTING", sitting=number, held_on=command.held_on.isoformat())
    return entry.id


async def adjourn_in(desk: Desk, entry: Entry, command: RecordHeld, number: int, attended: tuple[str, ...] | None) -> UUID:
    """Everything that the meeting has is held for the sitting in which it goes on, too; those after it stand as they did, with another
    number where it comes before them."""
    windows, sat = sat_by(entry, number, command, attended)
    window = _resumed(desk, entry, command, windows)
    later = entry.sittings[number:]
    rest = tuple(sorted((*later, window), key=lambda each: each.start))
    await lock_police(desk, entry, window, windows[-1])
    await lapse(desk, day_of(window), ())
    await _leave_behind(desk, entry, windows, number)
    after = replace(entry, state=MeetingState.ADJOURNED, sittings=(*windows, *rest), sat=sat, version=entry.version + 1)
    event = _event(desk, "ADJOURNED", command, number, attended, window)
    await hold_rest(desk, entry, after, event, "ADJOURN")
    return entry.id


async def hold_rest(
    desk: Desk, entry: Entry, after: Entry, event: Event, what: str, choices: Choices | None = None, **details: object
) -> None:
    """These choices, or all that the meeting has, are held for the sittings to come of `after`, in place of what it held for its own;
    whose view has changed is told. Raises as `hold_every` does, and then the caller's transaction must not stand."""
    chosen: Choices = {party.kind: party.id for party in entry.cast} if choices is None else choices
    needs = adapt(needs_for(entry.kind, entry.items, desk.settings, remote=entry.remote, apart=entry.apart), chosen)
    written: list[Entry] = []

    async def write(taking: Taking) -> None:
        stated = replace(after, cast=taking.cast)
        await store.change_meeting(desk.connection, stated, event)
        await store.replace_attendance(desk.connection, stated, taking.holds)
        written.append(stated)

    await store.drop_holds(desk.connection, [entry.id], sittings=[number for number, _ in entry.to_come if number > len(after.sat)])
    taking = await hold_every(desk, entry.id, needs, after.to_come, chosen, write)
    await tell(desk, written[-1], taking.holds, what, **details)


async def _leave_behind(desk: Desk, entry: Entry, windows: tuple[TimeWindow, ...], number: int) -> None:
    """What was held for sittings that took place on another day, and is still to come, is free."""
    if windows == entry.sittings[:number]:
        return
    await store.drop_holds(desk.connection, [entry.id], since=desk.hour, sittings=range(len(entry.sat) + 1, number + 1))
    await re_anchor(desk, entry, civil_day(entry.sittings[0].start), civil_day(windows[0].start))


def _resumed(desk: Desk, entry: Entry, command: RecordHeld, sat: tuple[TimeWindow, ...]) -> TimeWindow:
    """When it goes on: for as long as the sitting that was adjourned took."""
    assert command.resumes_at is not None
    window = rules.meeting_window(command.resumes_at, None, int(sat[-1].duration.total_seconds() // 60))
    hours = rules.object_to_time(entry.kind, window, desk.settings, england().is_working)
    objection = sitting_rules.object_to_break(sat, window, england().between) if hours is None else hours.message
    if objection is None and any(window.overlaps(each) for each in entry.sittings[len(sat) :]):
        objection = "another sitting of this meeting stands at that time: it goes on before or after it"
    if objection is not None:
        raise InvalidInput(objection, "resumesAt")
    return window


def _event(desk: Desk, what: str, command: RecordHeld, number: int, attended: tuple[str, ...] | None, following: TimeWindow) -> Event:
    after = {"starts_at": following.start}
    return desk.event(what, sitting=number, held_on=command.held_on, quorate=command.quorate, attended=attended, after=after)

"""Who is said to come to a meeting, and who came: stated by people, in place of what the unit's own lists say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from services.booking import rules, store, subject_store
from services.booking.attendee_rows import ROLES
from services.booking.attendees import EARLIEST, Attendee
from services.booking.changing import read_for_change
from services.booking.commands import Attended, AttendeeStated, RecordHeld, SetAttendees
from services.booking.desk import Desk
from services.booking.entry import Entry
from services.booking.placing import judge_panel
from services.booking.quorum import Quorum, foreseen, judge_quorum, object_to_panel, those_who_came
from services.booking.recasting import needs_as_it_is
from services.directory.attendance import (
    LONGEST_OFFSET,
    MOST_PEOPLE,
    POLICE,
    RESOURCES,
    REVIEW_UNIT,
    WITHOUT_OWN_CONTACT,
    Expected,
    known_agencies,
    known_roles,
    object_to_person,
)
from services.directory.settings import Settings
from services.kernel.errors import InvalidInput, NotEligible
from services.kernel.words import Consent, MeetingKind, ResourceKind
from services.platform import audit

ATTENDEES_SET = "ATTENDEES_SET"


async def set_attendees_in(desk: Desk, command: SetAttendees) -> UUID:
    """These come, and nobody else beside those whose time is held. What is not said of one who was to come already stays.

    Raises `InvalidInput` for a role, agency, time or consent that cannot be, `NotEligible` where the meeting's room has one place to
    wait for people who must not meet, or a panel would not be one; `StaleVersion`, `NotFound`.
    """
    entry = await read_for_change(desk, command.id, command.version, rules.STANDING)
    after = replace(entry, attendees=_stated(entry, command.attendees, desk.settings), version=entry.version + 1)
    if after.apart and not entry.apart:
        await _judge_room(desk, after)
    judge_panel(after)
    event = desk.event(ATTENDEES_SET, before=_codes(entry.attendees), after=_codes(after.attendees))
    await store.change_meeting(desk.connection, after, event)
    await store.replace_people(desk.connection, after)
    subject, details = f"meeting:{entry.id}", {"version": after.version, "attendees": len(after.attendees)}
    await audit.record(desk.connection, desk.actor, "SET_ATTENDEES", subject=subject, details=details)  # in nobody's calendar: none is told
    return entry.id


def _codes(attendees: Iterable[Attendee]) -> list[str]:
    return [f"{each.role} {each.agency}" for each in attendees]


def _stated(entry: Entry, stated: Sequence[AttendeeStated], settings: Settings) -> tuple[Attendee, ...]:
    if len(stated) > MOST_PEOPLE:
        raise InvalidInput(f"at most {MOST_PEOPLE} people are named for one meeting", "attendees")
    left = list(entry.attendees)
    found = []
    for number, each in enumerate(stated, 1):
        _judge_person(number, each, settings)
        known = next((known for known in left if (known.role, known.agency) == (each.role, each.agency)), None)
        if known is not None:
            left.remove(known)
        found.append(_with_stated(number, entry, known or _newcomer(entry.kind, each.role, each.agency, settings), each))
    if sum(each.apart for each in found) == 1:
        raise InvalidInput("apart is said of all who must not meet, two at least", "attendees")
    return tuple(found)


def _judge_person(number: int, stated: AttendeeStated | Attended, settings: Settings, beside: frozenset[str] = frozenset()) -> None:
    """`beside`: roles that may be named too."""
    roles, agencies = known_roles(settings.attendance), known_agencies(settings.attendance)
    objection = None if stated.role in beside else object_to_person(stated.role, stated.agency, roles, agencies)
    if objection is not None:
        raise InvalidInput(f"{number}.: {objection}", "attended" if beside else "attendees")


def _newcomer(kind: MeetingKind, role: str, agency: str, settings: Settings) -> Attendee:
    """One who is not among those who were to come, as the unit's lists have such a person, those of this kind first."""
    usual = _usual(kind, role, agency, settings)
    contact = agency not in WITHOUT_OWN_CONTACT if usual is None else usual.direct_contact
    arrives = 0 if usual is None else usual.arrives
    before = timedelta(minutes=settings.shapes[kind].pre_meet if arrives is None else arrives)
    return Attendee(role=role, agency=agency, direct_contact=contact, before=before)


def _usual(kind: MeetingKind, role: str, agency: str, settings: Settings) -> Expected | None:
    lists = [settings.attendance[kind], *(people for other, people in settings.attendance.items() if other is not kind)]
    return next((each for people in lists for each in people if (each.role, each.agency) == (role, agency)), None)


def _with_stated(number: int, entry: Entry, known: Attendee, stated: AttendeeStated) -> Attendee:
    consent = known.consent if stated.consent is None else stated.consent
    refused = consent is Consent.REFUSED
    if refused and stated.invited:
        raise InvalidInput(f"{number}.: who refused consent is not invited: leave invited out, or state another consent", "attendees")
    was_invited = known.invited or known.consent is Consent.REFUSED
    return replace(
        known,
        required=known.required if stated.required is None else stated.required,
        invited=not refused and (was_invited if stated.invited is None else stated.invited),
        direct_contact=known.direct_contact if stated.direct_contact is None else stated.direct_contact,
        consent=consent,
        apart=known.apart if stated.apart is None else stated.apart,
        before=known.before if stated.arrives_at is None else _before(number, entry, stated),
    )


def _before(number: int, entry: Entry, stated: AttendeeStated) -> timedelta:
    assert stated.arrives_at is not None
    if stated.arrives_at.tzinfo is None:
        raise InvalidInput(f"{number}.: a time needs an offset, for example 2026-11-23T10:00:00+00:00", "attendees")
    _, first = entry.to_come[0]
    if not first.start - EARLIEST <= stated.arrives_at < first.end:
        message = f"{number}.: arrivesAt lies before the meeting ends, and not more than {LONGEST_OFFSET} minutes before it begins"
        raise InvalidInput(message, "attendees")
    return first.start - stated.arrives_at


async def _judge_room(desk: Desk, entry: Entry) -> None:
    """Raises `NotEligible` where those who must not meet would have to wait in one room."""
    if entry.cast.room is None:
        return
    seats, features = await store.load_room(desk.connection, entry.cast.room.id)
    apart, together = (replace(needs_as_it_is(entry, desk.settings), apart=each) for each in (True, False))
    objection = rules.object_to_room(seats, features, apart)
    if objection is not None and rules.object_to_room(seats, features, together) is None:
        raise NotEligible(objection.code, f"{entry.cast.room.code}: {objection.message}: move the meeting to another room first")


def came_to(entry: Entry, attended: Sequence[Attended], settings: Settings) -> tuple[Attendee, ...]:
    """Everybody who was to come or came, with who attended; those of the diary are in it only where they are named.

    Raises `InvalidInput` for a role or agency that is none.
    """
    for number, each in enumerate(attended, 1):
        _judge_person(number, each, settings, RESOURCES)
    named = Counter((each.role, _agency_of(each)) for each in attended)
    found = []
    for person in entry.attendees:
        came = named[person.role, person.agency] > 0
        named[person.role, person.agency] -= came
        found.append(replace(person, attended=came))
    for (role, agency), number in named.items():
        contact = role == POLICE or _newcomer(entry.kind, role, agency, settings).direct_contact
        came_too = Attendee(role=role, agency=agency, invited=False, direct_contact=contact, attended=True)
        found.extend([came_too] * number)
    return tuple(found)


def _agency_of(attended: Attended) -> str:
    """Of a role that the diary fills its own agency, whatever is said."""
    if attended.role in RESOURCES:
        return POLICE if attended.role == POLICE else REVIEW_UNIT
    return attended.agency


async def constituted(desk: Desk, entry: Entry, command: RecordHeld, came: Sequence[Attendee] | None) -> RecordHeld:
    """The command with `quorate` as follows from who came; as stated where that is not said.

    Raises `InvalidInput` for a `quorate` that contradicts it, `NotEligible` for a secure criteria review without a panel.
    """
    if entry.kind is MeetingKind.SECURE_CRITERIA_REVIEW and command.resumes_at is None:
        await _judge_panel_held(desk, entry, command.held_on, came)
    if came is None or not entry.kind.is_conference:
        return command
    quorum = await _quorum(desk, entry, command.held_on, came)
    if command.quorate is not None and command.quorate != quorum.met:
        said = f"it lacked {' and '.join(quorum.needs)}" if quorum.needs else "nobody was missing"
        raise InvalidInput(f"quorate: {str(command.quorate).lower()} contradicts who attended: {said}", "quorate")
    return replace(command, quorate=quorum.met)


async def _quorum(desk: Desk, entry: Entry, held_on: date, came: Sequence[Attendee]) -> Quorum:
    children = [item.child_id for item in entry.items if item.child_id is not None]
    induced = await store.is_illness_induced(desk.connection, children, held_on)
    found = judge_quorum(entry.kind, those_who_came(came), induced_illness=induced)
    assert found is not None
    return found


async def _judge_panel_held(desk: Desk, entry: Entry, held_on: date, came: Sequence[Attendee] | None) -> None:
    present = foreseen(entry.attendees, police=False) if came is None else those_who_came(came)
    for objection in object_to_panel(present, chaired=entry.cast.chair is not None):
        raise objection.refusal()
    subjects = await subject_store.load_item_subjects(desk.connection, entry.items, held_on)
    if entry.cast.chair is not None and any(entry.cast.chair.id == each.iro_id for each in subjects):
        raise rules.OWN_OFFICER_ON_PANEL.refusal()


def attended_codes(command: RecordHeld) -> tuple[str, ...] | None:
    """Who came, by role and agency; None: nobody has said."""
    return None if command.attended is None else tuple(f"{each.role} {_agency_of(each)}" for each in command.attended)


async def record_attended(desk: Desk, entry: Entry, came: Sequence[Attendee]) -> None:
    """Who attended is kept with the meeting: its chair did, of the others whoever is named."""
    held = {ROLES[party.kind] for party in entry.cast if party.kind in ROLES}
    named = {each.role for each in came if each.role in RESOURCES}
    others = tuple(each for each in came if each.role not in held)
    await store.replace_people(desk.connection, replace(entry, attendees=others))
    await store.mark_attended(desk.connection, entry.id, sorted(named | {ROLES[ResourceKind.IRO]}))

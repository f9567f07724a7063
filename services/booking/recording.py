"""What took place: it goes from the diary into the records, and from there into what is owed next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.booking import rules, store, subject_store
from services.booking.attendees import Attendee
from services.booking.attending import attended_codes, came_to, constituted, record_attended
from services.booking.changing import lock_police, read_for_change, rewrite
from services.booking.commands import ChildOutcome, RecordHeld
from services.booking.desk import Desk
from services.booking.entry import Entry, Item
from services.booking.sitting import adjourn_in, sat_by, sit_in, still_expected
from services.booking.telling import tell
from services.history import service as history
from services.history.rules.meetings import judge_participation
from services.kernel.errors import InvalidInput
from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, MeetingState
from services.platform import audit

SOURCE = "DIARY"
LONGEST_CATEGORY = 64
_HOLDABLE = frozenset({MeetingState.CONFIRMED, MeetingState.ADJOURNED})


async def record_held_in(desk: Desk, command: RecordHeld) -> UUID:
    """The meeting is held, or a sitting of it, or it is adjourned to go on at `resumes_at`. Once the last sitting is held the records
    and obligations of its children say so."""
    entry = await read_for_change(desk, command.id, command.version, _HOLDABLE)
    number = _number(entry, command)
    goes_on = command.resumes_at is not None or (number < len(entry.sittings) and not command.completes)
    outcomes = _outcomes(entry, command, goes_on=goes_on)
    came = None if command.attended is None else came_to(entry, command.attended, desk.settings)
    command = await constituted(desk, entry, command, came)
    await _judge(desk, entry, command, outcomes, goes_on=goes_on)
    proceeded = _judge_quorum(entry, command, goes_on=goes_on)
    codes = attended_codes(command)
    if command.resumes_at is not None:
        return await adjourn_in(desk, entry, command, number, codes)
    if goes_on:
        return await sit_in(desk, entry, command, number, codes)
    _, sat = sat_by(entry, number, command, codes)
    held = replace(entry, state=MeetingState.HELD, sittings=entry.sittings[: len(sat)], sat=sat, version=entry.version + 1)
    return await _complete(desk, entry, held, _Told(command=command, outcomes=outcomes, came=came, proceeded=proceeded))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What is said of the meeting at its end. `proceeded`: why, although it was inquorate."""

    command: RecordHeld
    outcomes: Mapping[str, ChildOutcome]
    came: tuple[Attendee, ...] | None
    proceeded: str | None


async def _complete(desk: Desk, entry: Entry, held: Entry, told: _Told) -> UUID:
    """All of it has taken place: it goes into the records, and nothing is held for it any more."""
    command = told.command
    first = held.sat[0].held_on
    record = _Record(
        meeting_id=entry.id,
        held_on=first,
        completed_on=command.held_on if first != command.held_on else None,
        to_reconvene=command.quorate is False and told.proceeded is None,
    )
    for item in _recorded(entry.items):
        await _record(desk, record, item, told.outcomes.get(item.reference))
    await lock_police(desk, entry)
    await store.drop_holds(desk.connection, [entry.id], since=desk.hour)
    said = {"held_on": command.held_on, "quorate": command.quorate, "to_reconvene": record.to_reconvene}
    event = desk.event("HELD", told.proceeded, **said, attended=attended_codes(command))
    await store.change_meeting(desk.connection, held, event)
    await store.note_sat(desk.connection, held)
    if told.came is not None:
        await record_attended(desk, entry, told.came)
    await rewrite(desk, entry.items)
    if still_expected(desk, entry, held):
        await tell(desk, held, (), "RECORD_HELD", held_on=command.held_on.isoformat())
        return entry.id
    details = {"version": held.version, "held_on": command.held_on.isoformat()}
    await audit.record(desk.connection, desk.actor, "RECORD_HELD", subject=f"meeting:{entry.id}", details=details)
    return entry.id


def _number(entry: Entry, command: RecordHeld) -> int:
    """Which of its sittings this was: as stated, or the last to come that does not stand after that day, or else the first to come."""
    to_come = [number for number, _ in entry.to_come]
    if command.sitting is not None:
        if command.sitting not in to_come:
            named = " or ".join(str(each) for each in to_come)
            raise InvalidInput(f"sitting {command.sitting} is none that is still to be recorded: give {named}", "sitting")
        later = [number for number, window in entry.to_come if number < command.sitting and civil_day(window.start) > command.held_on]
        if later:
            raise InvalidInput(f"sitting {later[0]}, which comes before it, stands on a later day: split the meeting anew", "heldOn")
        return command.sitting
    begun = [number for number, window in entry.to_come if civil_day(window.start) <= command.held_on]
    return begun[-1] if begun else to_come[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """What is recorded of the meeting for everybody whom it was about."""

    meeting_id: UUID
    held_on: date
    completed_on: date | None
    to_reconvene: bool


def _recorded(items: Sequence[Item]) -> list[Item]:
    """One record a child: an adoption review answers the clock of care as well, and is one review."""
    adoption = {item.subject_id for item in items if item.kind is MeetingKind.ADOPTION_REVIEW}
    return [item for item in items if item.kind is not MeetingKind.CARE_REVIEW or item.subject_id not in adoption]


def _judge_quorum(entry: Entry, command: RecordHeld, *, goes_on: bool) -> str | None:
    """Why the chair proceeded although the conference was inquorate; None where it was quorate, or is to meet again.

    Raises `InvalidInput` for a reason without need, for a review, which has no quorum, and for a plan that is to end at a
    conference that is to meet again: only a quorate one ends it, or a chair who says why.
    """
    reason = rules.judge_text(command.proceeded_inquorate_because, "proceededInquorateBecause")
    if command.quorate is not False:
        if reason is not None:
            raise InvalidInput("say quorate: false with it, or leave proceededInquorateBecause out", "proceededInquorateBecause")
        return None
    if not entry.kind.is_conference:
        raise InvalidInput(f"a {entry.kind.value} has no quorum: leave quorate out", "quorate")
    if reason is not None and goes_on:
        raise InvalidInput("the meeting goes on (resumesAt, or a sitting to come): leave it out", "proceededInquorateBecause")
    ending = {outcome.reference for outcome in command.outcomes if outcome.on_plan is False}
    reviewed = sorted(item.reference for item in entry.items if item.kind is MeetingKind.REVIEW_CONFERENCE and item.reference in ending)
    if reviewed and reason is None and not goes_on:
        message = f"{reviewed[0]}: an inquorate conference ends no plan: let it go on, or say in proceededInquorateBecause why it may end"
        raise InvalidInput(message, "outcomes")
    return reason


def _outcomes(entry: Entry, command: RecordHeld, *, goes_on: bool) -> dict[str, ChildOutcome]:
    if command.outcomes and goes_on and command.resumes_at is None:
        message = "a sitting is still to come: state outcomes with the last one, or completes: true if nothing is to come any more"
        raise InvalidInput(message, "outcomes")
    outcomes = {outcome.reference: outcome for outcome in command.outcomes}
    unknown = sorted(outcomes.keys() - {item.reference for item in entry.items})
    if unknown:
        raise InvalidInput(f"the meeting was not about {', '.join(unknown)}", "outcomes")
    return outcomes


async def _judge(desk: Desk, entry: Entry, command: RecordHeld, outcomes: Mapping[str, ChildOutcome], *, goes_on: bool) -> None:
    if command.completes and command.resumes_at is not None:
        raise InvalidInput("an adjourned meeting is not complete: leave completes or resumesAt out", "completes")
    _judge_day(desk, entry, command.held_on)
    subjects = await subject_store.load_item_subjects(desk.connection, entry.items, command.held_on)
    for item, subject in zip(entry.items, subjects, strict=True):
        outcome = outcomes.get(item.reference)
        if item.kind in rules.STARTING and not goes_on and (outcome is None or outcome.on_plan is None):
            raise InvalidInput(f"say for {item.reference} whether a plan starts (onPlan)", "outcomes")
        if outcome is not None:
            _judge_outcome(item, outcome, subject.born_on, command.held_on)


def _judge_day(desk: Desk, entry: Entry, held_on: date) -> None:
    if held_on > desk.today:
        raise InvalidInput(f"{held_on.isoformat()} is not over yet: a meeting is recorded as held once it was", "heldOn")
    if entry.kind.is_conference and held_on.weekday() >= 5:
        raise InvalidInput(f"{held_on.isoformat()} is a weekend: a conference is held on a working day", "heldOn")
    objection = rules.object_to_held_on(held_on, [item.due for item in entry.items if item.due is not None])
    if objection is None and entry.sat and held_on < entry.sat[-1].held_on:
        objection = (
            f"{held_on.isoformat()} comes before the sitting that was held last: give {entry.sat[-1].held_on.isoformat()} or a later day"
        )
    if objection is not None:
        raise InvalidInput(objection, "heldOn")


def _judge_outcome(item: Item, outcome: ChildOutcome, born_on: date | None, held_on: date) -> None:
    wrong = _wrong_participation(item, outcome, born_on, held_on)
    if outcome.on_plan is not None and not item.kind.is_conference:
        wrong = "only a conference decides on a plan (onPlan)"
    elif outcome.category is not None and not 0 < len(outcome.category.strip()) <= LONGEST_CATEGORY:
        wrong = f"category is a code such as NEG, of 1 to {LONGEST_CATEGORY} characters"
    if wrong is not None:
        raise InvalidInput(f"{item.reference}: {wrong}", "outcomes")


def _wrong_participation(item: Item, outcome: ChildOutcome, born_on: date | None, held_on: date) -> str | None:
    if item.child_id is None:
        return None if outcome.participation is None else "a household is no child that could take part: leave participation out"
    try:
        judge_participation("outcomes", outcome.participation, held_on, born_on)
    except InvalidInput as wrong:
        return str(wrong)
    return None


async def _record(desk: Desk, record: _Record, item: Item, outcome: ChildOutcome | None) -> None:
    await history.record_held_in(
        desk.connection,
        item.child_id,
        item.kind,
        record.held_on,
        household_id=item.household_id,
        participation=outcome.participation if outcome is not None else None,
        meeting_id=record.meeting_id,
        source=SOURCE,
        now=desk.now,
        completed_on=record.completed_on,
        to_reconvene=record.to_reconvene,
    )
    if item.child_id is None or outcome is None or outcome.on_plan is None:
        return
    # a review conference may end a plan or let it go on; none but a starting one begins it
    if outcome.on_plan and item.kind is MeetingKind.REVIEW_CONFERENCE and outcome.category is None:
        return
    await history.record_plan_in(
        desk.connection,
        item.child_id,
        record.completed_on or record.held_on,
        on_plan=outcome.on_plan,
        category=outcome.category,
        source=SOURCE,
        now=desk.now,
    )

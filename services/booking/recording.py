"""What took place: it goes from the diary into the records, and from there into what is owed next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.booking import rules, store
from services.booking.attending import attended_codes, came_to, constituted, record_attended
from services.booking.changing import lock_police, re_anchor, read_for_change, rewrite
from services.booking.commands import ChildOutcome, RecordHeld
from services.booking.desk import Desk
from services.booking.entry import Entry, Item
from services.booking.holding import Choices, Taking, day_of, hold_all
from services.booking.lapsing import lapse
from services.booking.placing import adapt, needs_for
from services.booking.telling import tell
from services.history import service as history
from services.history.rules.meetings import judge_participation
from services.kernel.errors import InvalidInput
from services.kernel.window import civil_day
from services.kernel.words import MeetingKind, MeetingState
from services.platform import audit
from services.statutory.working_days import england

SOURCE = "DIARY"
LONGEST_CATEGORY = 64
_HOLDABLE = frozenset({MeetingState.CONFIRMED, MeetingState.ADJOURNED})


async def record_held_in(desk: Desk, command: RecordHeld) -> UUID:
    """The meeting is held, or adjourned to go on at `resumes_at`; records and obligations of its children say so."""
    entry = await read_for_change(desk, command.id, command.version, _HOLDABLE)
    outcomes = _outcomes(entry, command)
    came = None if command.attended is None else came_to(entry, command.attended, desk.settings)
    command = await constituted(desk, entry, command, came)
    await _judge(desk, entry, command, outcomes)
    proceeded = _judge_quorum(entry, command)
    if command.resumes_at is not None:
        if len(entry.to_come) > 1:
            raise InvalidInput("the meeting has several sittings: state one more of them (splitMeeting) instead", "resumesAt")
        return await _adjourn(desk, entry, command)
    first = civil_day(entry.sittings[0].start) if len(entry.sittings) > 1 else command.held_on
    sat = _Sat(
        meeting_id=entry.id,
        held_on=first,
        completed_on=command.held_on if first != command.held_on else None,
        to_reconvene=command.quorate is False and proceeded is None,
    )
    for item in _recorded(entry.items):
        await _record(desk, sat, item, outcomes.get(item.reference))
    await lock_police(desk, entry)
    await store.drop_holds(desk.connection, [entry.id], since=desk.now)
    held = replace(entry, state=MeetingState.HELD, version=entry.version + 1)
    event = desk.event(
        "HELD",
        proceeded,
        held_on=command.held_on,
        quorate=command.quorate,
        to_reconvene=sat.to_reconvene,
        attended=attended_codes(command),
    )
    await store.change_meeting(desk.connection, held, event)
    if came is not None:
        await record_attended(desk, entry, came)
    await rewrite(desk, entry.items)
    if civil_day(entry.window.start) > desk.today:  # held before its day: nobody is to come on that day any more
        await tell(desk, held, (), "RECORD_HELD", held_on=command.held_on.isoformat())
        return entry.id
    details = {"version": held.version, "held_on": command.held_on.isoformat()}
    await audit.record(desk.connection, desk.actor, "RECORD_HELD", subject=f"meeting:{entry.id}", details=details)
    return entry.id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sat:
    """What is recorded of the meeting for everybody whom it was about."""

    meeting_id: UUID
    held_on: date
    completed_on: date | None
    to_reconvene: bool


def _recorded(items: Sequence[Item]) -> list[Item]:
    """One record a child: an adoption review answers the clock of care as well, and is one review."""
    adoption = {item.subject_id for item in items if item.kind is MeetingKind.ADOPTION_REVIEW}
    return [item for item in items if item.kind is not MeetingKind.CARE_REVIEW or item.subject_id not in adoption]


def _judge_quorum(entry: Entry, command: RecordHeld) -> str | None:
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
    if reason is not None and command.resumes_at is not None:
        raise InvalidInput("the chair adjourned it (resumesAt), and so did not proceed: leave one of them out", "proceededInquorateBecause")
    ending = {outcome.reference for outcome in command.outcomes if outcome.on_plan is False}
    reviewed = sorted(item.reference for item in entry.items if item.kind is MeetingKind.REVIEW_CONFERENCE and item.reference in ending)
    if reviewed and reason is None and command.resumes_at is None:
        message = f"{reviewed[0]}: an inquorate conference ends no plan: let it go on, or say in proceededInquorateBecause why it may end"
        raise InvalidInput(message, "outcomes")
    return reason


def _outcomes(entry: Entry, command: RecordHeld) -> dict[str, ChildOutcome]:
    outcomes = {outcome.reference: outcome for outcome in command.outcomes}
    unknown = sorted(outcomes.keys() - {item.reference for item in entry.items})
    if unknown:
        raise InvalidInput(f"the meeting was not about {', '.join(unknown)}", "outcomes")
    return outcomes


async def _judge(desk: Desk, entry: Entry, command: RecordHeld, outcomes: Mapping[str, ChildOutcome]) -> None:
    _judge_day(desk, entry, command.held_on)
    subjects = await store.load_item_subjects(desk.connection, entry.items, command.held_on)
    for item, subject in zip(entry.items, subjects, strict=True):
        outcome = outcomes.get(item.reference)
        if item.kind in rules.STARTING and command.resumes_at is None and (outcome is None or outcome.on_plan is None):
            raise InvalidInput(f"say for {item.reference} whether a plan starts (onPlan)", "outcomes")
        if outcome is not None:
            _judge_outcome(item, outcome, subject.born_on, command.held_on)


def _judge_day(desk: Desk, entry: Entry, held_on: date) -> None:
    if held_on > desk.today:
        raise InvalidInput(f"{held_on.isoformat()} is not over yet: a meeting is recorded as held once it was", "heldOn")
    if entry.kind.is_conference and held_on.weekday() >= 5:
        raise InvalidInput(f"{held_on.isoformat()} is a weekend: a conference is held on a working day", "heldOn")
    objection = rules.object_to_held_on(held_on, [item.due for item in entry.items if item.due is not None])
    begun = entry.sittings[-2 if entry.state is MeetingState.ADJOURNED else 0]
    if objection is None and len(entry.sittings) > 1 and held_on < civil_day(begun.start):
        objection = f"{held_on.isoformat()} comes before the sitting that was adjourned: give its day or a later one"
        if entry.state is not MeetingState.ADJOURNED:
            objection = f"{held_on.isoformat()} comes before the first sitting: give its day or a later one"
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


async def _record(desk: Desk, sat: _Sat, item: Item, outcome: ChildOutcome | None) -> None:
    await history.record_held_in(
        desk.connection,
        item.child_id,
        item.kind,
        sat.held_on,
        household_id=item.household_id,
        participation=outcome.participation if outcome is not None else None,
        meeting_id=sat.meeting_id,
        source=SOURCE,
        now=desk.now,
        completed_on=sat.completed_on,
        to_reconvene=sat.to_reconvene,
    )
    if item.child_id is None or outcome is None or outcome.on_plan is None:
        return
    # a review conference may end a plan or let it go on; none but a starting one begins it
    if outcome.on_plan and item.kind is MeetingKind.REVIEW_CONFERENCE and outcome.category is None:
        return
    await history.record_plan_in(
        desk.connection,
        item.child_id,
        sat.completed_on or sat.held_on,
        on_plan=outcome.on_plan,
        category=outcome.category,
        source=SOURCE,
        now=desk.now,
    )


async def _adjourn(desk: Desk, entry: Entry, command: RecordHeld) -> UUID:
    """Everything that the meeting has is held for its next sitting as well."""
    assert command.resumes_at is not None
    minutes = int(entry.window.duration.total_seconds() // 60)
    window = rules.meeting_window(command.resumes_at, None, minutes)
    objection = rules.object_to_time(entry.kind, window, desk.settings, england().is_working)
    if objection is not None:
        raise InvalidInput(objection.message, "resumesAt")
    sat = (*entry.sittings[:-1], rules.sat_on(entry.window, command.held_on))
    longest = rules.object_to_break(sat, window, england().between)
    if longest is not None:
        raise InvalidInput(longest, "resumesAt")
    choices: Choices = {party.kind: party.id for party in entry.cast}
    await lock_police(desk, entry, window)
    await lapse(desk, day_of(window), ())
    if sat != entry.sittings:  # it is not held for a sitting on another day any more
        await store.drop_holds(desk.connection, [entry.id], since=desk.now)
        await re_anchor(desk, entry, civil_day(entry.sittings[0].start), civil_day(sat[0].start))
    after = replace(entry, state=MeetingState.ADJOURNED, sittings=(*sat, window), version=entry.version + 1)
    needs = adapt(needs_for(entry.kind, entry.items, desk.settings, remote=entry.remote, apart=entry.apart), choices)
    said = attended_codes(command)
    event = desk.event("ADJOURNED", held_on=command.held_on, quorate=command.quorate, attended=said, after={"starts_at": window.start})

    async def write(taking: Taking) -> None:
        await store.change_meeting(desk.connection, replace(after, cast=taking.cast), event)
        await store.replace_attendance(desk.connection, replace(after, cast=taking.cast), taking.holds)

    taking = await hold_all(desk, entry.id, needs, window, choices, write, sitting=len(after.sittings))
    await tell(desk, replace(after, cast=taking.cast), taking.holds, "ADJOURN")
    return entry.id

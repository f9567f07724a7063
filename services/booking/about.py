"""Whom a meeting is about, and what it is for: of what is owed to each of them, the part that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from services.booking import rules, subject_store
from services.booking.commands import PlacementItem, SlotSearch
from services.booking.desk import Desk
from services.booking.entry import Entry, Item
from services.booking.rules import Due, Subject
from services.directory.settings import Settings
from services.history import service as history
from services.kernel.errors import InvalidInput, NotFound, Superseded
from services.kernel.words import MeetingKind, ResourceKind

TRIGGERED_BY = "stated with the booking"


async def subjects_for(desk: Desk, references: Sequence[str], household: str | None, day: date) -> tuple[Subject, ...]:
    """The children, each once, or the household, with the officers allocated that day.

    Raises `NotFound` for one that is not there or not for this actor: a household is no officer's own; `InvalidInput` for a child
    who died or was adopted.
    """
    if household is not None:
        if desk.own_iro is not None:
            raise NotFound(f"there is no foster household {household}")
        return (await subject_store.load_household(desk.connection, household, day),)
    found = await subject_store.load_subjects(desk.connection, day, references=references, own_iro=desk.own_iro, today=desk.today)
    return once_each(found)


def once_each(found: Sequence[Subject]) -> tuple[Subject, ...]:
    """Each of these children once; raises `InvalidInput` where one of them died or was adopted."""
    judge_gone(found)
    return tuple({each.subject_id: each for each in found}.values())


def judge_gone(subjects: Sequence[Subject]) -> None:
    """Raises `InvalidInput` where one of them died or was adopted."""
    objection = rules.object_to_gone(subjects)
    if objection is not None:
        raise InvalidInput(objection, "childReferences")


async def items_for(
    desk: Desk, kind: MeetingKind, subjects: Sequence[Subject], triggered_on: date | None, day: date, known: Sequence[Due] | None = None
) -> list[Item]:
    """For each child or household what a meeting on `day` is for; raises `InvalidInput` where nothing is owed and no day 0 is given.
    `known`: what is owed to them, where that has been read."""
    found: list[Item] = []
    owed = _to_each(subjects, await _dues_of(desk, subjects) if known is None else known, day)
    for subject, chosen, dues in zip(subjects, rules.choose_dues(kind, owed, triggered_on), owed, strict=True):
        due = chosen or await _expected(desk, kind, subject, judge_trigger(kind, subject, triggered_on, day))
        beside = rules.also_answered(kind, dues, day)
        found += [item_of(subject, each) for each in (due, beside) if each is not None]
    return found


async def placed_items(desk: Desk, stated: Sequence[PlacementItem], subjects: Sequence[Subject], day: date) -> list[Item]:
    """What a meeting of a plan on `day` is for; raises `Superseded` where something of it is owed no more."""
    named = [item.obligation_id for item in stated if item.obligation_id is not None]
    dues = {due.id: due for due in await subject_store.load_dues(desk.connection, obligation_ids=named)}
    found = []
    for item, subject in zip(stated, subjects, strict=True):
        due = None if item.obligation_id is None else dues.get(item.obligation_id)
        if due is None and item.obligation_id is not None:
            raise Superseded(f"what was owed for {subject.reference} has changed since the plan was made")
        due = due or await _expected(desk, item.kind, subject, item.triggered_on)
        found.append(item_of(subject, due))
    adoption = [subject for item, subject in zip(stated, subjects, strict=True) if item.kind is MeetingKind.ADOPTION_REVIEW]
    for subject, owed in zip(adoption, await owed_to(desk, adoption, day) if adoption else [], strict=True):
        beside = rules.also_answered(MeetingKind.ADOPTION_REVIEW, owed, day)
        if beside is not None and beside.id not in named:
            found.append(item_of(subject, beside))
    return found


def item_of(subject: Subject, due: Due) -> Item:
    """That subject's part of a meeting for what it is owed."""
    return Item(
        child_id=subject.child_id,
        household_id=subject.household_id,
        reference=subject.reference,
        kind=due.kind,
        obligation_id=due.id,
        due=due,
    )


async def owed_to(desk: Desk, subjects: Sequence[Subject], day: date | None = None) -> list[list[Due]]:
    """What is owed to each of them, as far as its clock has begun by `day`: nothing is met before."""
    return _to_each(subjects, await _dues_of(desk, subjects), day)


async def _dues_of(desk: Desk, subjects: Sequence[Subject]) -> list[Due]:
    return await subject_store.load_dues(
        desk.connection,
        child_ids=[each.child_id for each in subjects if each.child_id is not None],
        household_ids=[each.household_id for each in subjects if each.household_id is not None],
    )


def _to_each(subjects: Sequence[Subject], dues: Sequence[Due], day: date | None) -> list[list[Due]]:
    begun = [due for due in dues if day is None or due.triggered_on <= day]
    return [[due for due in begun if due.subject_id == subject.subject_id] for subject in subjects]


def judge_trigger(kind: MeetingKind, subject: Subject, triggered_on: date | None, last: date) -> date:
    """Day 0, stated for a child of whom no record holds it, of a meeting on `last` or before; raises `InvalidInput`."""
    if subject.household_id is not None:
        message = f"no {kind.value} is owed for {subject.reference} then: its clock begins with the approval, or with the review before"
        raise InvalidInput(message, "householdReference")
    if triggered_on is None:
        message = f"no {kind.value} is owed for {subject.reference}: state triggeredOn, day 0 of its clock"
        raise InvalidInput(message, "triggeredOn")
    objection = rules.object_to_trigger(triggered_on, subject, last)
    if objection is not None:
        raise InvalidInput(objection, "triggeredOn")
    return triggered_on


async def _expected(desk: Desk, kind: MeetingKind, subject: Subject, triggered_on: date) -> Due:
    assert subject.child_id is not None  # what a household is owed is always recorded
    obligation_id = await history.expect_obligation(desk.connection, subject.child_id, kind, triggered_on, TRIGGERED_BY, today=desk.today)
    (due,) = await subject_store.load_dues(desk.connection, obligation_ids=[obligation_id])
    return due


def as_it_stands(search: SlotSearch, entry: Entry, settings: Settings) -> SlotSearch:
    """The search for another time of a meeting that takes as long as it does, and has what it has, or has lost, as far as nothing else
    is asked for: what is found it can be moved to. By video it stays where that is asked for again; else it is where its kind is."""
    has = frozenset({*(party.kind for party in entry.cast), *entry.lacks})
    search = replace(search, apart=search.apart or entry.apart, note_taker=search.note_taker or ResourceKind.NOTE_TAKER in has)
    if search.kind is not entry.kind:
        return search
    again = {ResourceKind.ROOM} if entry.remote and settings.shapes[entry.kind].in_unit_room else set()
    minutes = int(entry.window.duration.total_seconds() // 60)
    return replace(
        search,
        minutes=minutes if search.minutes is None and not search.sittings else search.minutes,
        having=has | again,
    )

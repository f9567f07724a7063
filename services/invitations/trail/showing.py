"""What the calendars of chair and note-taker show of a paper: that there is a task, of which meeting, and when it is due."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, time

from services.invitations.ical import HALF_AN_HOUR, task_event
from services.invitations.trail import store
from services.invitations.trail.store import Shown, TaskEntry
from services.kernel.window import local_instant
from services.platform.database import Connection


async def show(connection: Connection, tasks: Collection[Shown], now: datetime) -> None:
    """True once the caller's transaction commits: each calendar shows what it is to show of these papers. What is the same writes nothing.

    Call it last in a transaction: it locks the diaries' versions until the end.
    """
    known: dict[uuid.UUID, list[TaskEntry]] = {}
    for entry in await store.entries_of(connection, [each.task_id for each in tasks]):
        known.setdefault(entry.task_id, []).append(entry)
    changed = [entry for each in tasks for entry in compare(each, known.get(each.task_id, ()), now)]
    if changed:
        await store.write_entries(connection, changed, now)


def compare(shown: Shown, known: Iterable[TaskEntry], now: datetime) -> Iterator[TaskEntry]:
    """The entries that are new or other than known; SEQUENCE rises with each change and never falls."""
    before = {each.owner_id: each for each in known}
    for owner_id, each in before.items():
        if not each.cancelled and (shown.over or owner_id != shown.owner_id):
            yield _written(replace(each, sequence=each.sequence + 1, cancelled=True), shown.reference, now)
    if shown.over or shown.owner_id is None:
        return
    entry = before.get(shown.owner_id)
    if entry is None:
        entry = TaskEntry(
            uid=str(uuid.uuid4()),
            task_id=shown.task_id,
            owner_id=shown.owner_id,
            sequence=0,
            cancelled=False,
            due_at=shown.due_at,
            due_on=shown.due_on,
        )
        yield _written(entry, shown.reference, now)
    elif entry.cancelled or (entry.due_at, entry.due_on) != (shown.due_at, shown.due_on):
        entry = replace(entry, sequence=entry.sequence + 1, cancelled=False, due_at=shown.due_at, due_on=shown.due_on)
        yield _written(entry, shown.reference, now)


def _written(entry: TaskEntry, reference: str, now: datetime) -> TaskEntry:
    due = entry.due_at if entry.due_on is None else entry.due_on
    starts_at = entry.due_at - HALF_AN_HOUR if entry.due_on is None else local_instant(entry.due_on, time.min)
    event = task_event(entry.uid, entry.sequence, now, reference, due, cancelled=entry.cancelled)
    return replace(entry, starts_at=starts_at, vevent=event)

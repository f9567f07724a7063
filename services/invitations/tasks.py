"""The worklist: what of invitations waits for business support, and the papers that a meeting owes.

What of invitations waits is derived from what is, never kept beside it: a task is there as long as its cause is, a change of the meeting,
another answer, mail that arrives, or a person who has seen to it ends it, and nothing can forget to. Papers (`trail`) are stated as they
come to be owed, and seen to by whoever owes them or by business support.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from services.directory.paper_trail import AFTER, BEFORE
from services.directory.reading import all_rows
from services.invitations.trail import store as trail_store
from services.invitations.trail.following import show_again
from services.kernel.actor import Actor
from services.kernel.errors import NotFound
from services.kernel.paging import Slice, Window, cut
from services.kernel.permission import Act, Reach, reach, require
from services.kernel.window import LONDON
from services.kernel.words import TaskKind, TaskOf
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "tasks.sql")
_NOBODY = UUID(int=0)
_PAPERS = frozenset({*BEFORE, *AFTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`about`: the meeting's reference, or what a letter tells of; `attendee`: role and code, None for a letter to nobody who is known
    and for papers of business support. `refusal`: why a mail could not be delivered, the mail server's number or a word of ours.
    `due_at`: it is overdue from then on; `due_on`: the whole day at whose end that is, None where it is an hour, or nothing is due.
    `place`: its order in the worklist.
    """

    id: UUID
    kind: TaskKind
    meeting_id: UUID | None
    about: str
    attendee: str | None
    raised_at: datetime
    proposed_starts_at: datetime | None
    proposed_ends_at: datetime | None
    refusal: str | None
    whose: TaskOf
    due_at: datetime | None
    due_on: date | None
    place: str
    done_at: datetime | None
    done_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksWanted:
    """`done`: those that are done, the latest first; else those that wait, `due_by` an hour if one is given."""

    done: bool = False
    due_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeToTask:
    request_key: str
    id: UUID


async def tasks(connection: Connection, actor: Actor, today: date) -> list[Task]:
    """What waits for this actor, by when it was raised or is due; nothing for whoever does not work on it."""
    own, nothing = _own(actor)
    return [] if nothing else await open_tasks(connection, today, own=own)


async def tasks_page(connection: Connection, actor: Actor, today: date, wanted: TasksWanted, window: Window) -> Slice[Task]:
    """A page of what waits for this actor, or of what is done."""
    own, nothing = _own(actor)
    if nothing:
        return Slice()
    page = {"own": own, "after_key": window.after_key, "after_id": window.after_id, "wanted": window.first + 1}
    if wanted.done:
        rows = _sql.done_tasks(connection, **page)
    else:
        rows = _sql.open_tasks(connection, since=_midnight(today), id=None, kinds=None, due_by=wanted.due_by, **page)
    return cut([_task(row) for row in await all_rows(rows)], window)


async def tasks_count(connection: Connection, actor: Actor, today: date, wanted: TasksWanted) -> int:
    """How many there are on all pages."""
    own, nothing = _own(actor)
    if nothing:
        return 0
    if wanted.done:
        return int(await _sql.done_tasks_counted(connection, own=own))
    return int(await _sql.open_tasks_counted(connection, since=_midnight(today), own=own, due_by=wanted.due_by))


async def open_tasks(
    connection: Connection,
    today: date,
    task_id: UUID | None = None,
    *,
    kinds: Collection[TaskKind] | None = None,
    own: UUID | None = None,
) -> list[Task]:
    """All that waits on that day, the one of that identifier, what is of these kinds, or what is this officer's or note-taker's own."""
    rows = _sql.open_tasks(
        connection,
        since=_midnight(today),
        id=task_id,
        kinds=None if kinds is None else [each.value for each in kinds],
        own=own,
        due_by=None,
        after_key=None,
        after_id=None,
        wanted=None,
    )
    return [_task(row) for row in await all_rows(rows)]


async def the_open_task(connection: Connection, task_id: UUID, today: date, own: UUID | None = None) -> Task:
    """Raises `NotFound` where nothing of that identifier waits (any more), or not for that officer or note-taker."""
    for found in await open_tasks(connection, today, task_id, own=own):
        return found
    raise NotFound("there is no such task, or it is done already")


async def undeliverable(connection: Connection, today: date) -> list[Task]:
    """Mail that was refused for good and that nobody has seen to."""
    return await open_tasks(connection, today, kinds=[TaskKind.UNDELIVERABLE])


async def see_to(resources: Resources, actor: Actor, command: SeeToTask, now: datetime) -> UUID:
    """Somebody has done what there was to do: the task waits no more. Raises `NotFound`, `Forbidden`, `RequestKeyReused`."""
    require(actor, Act.WORK_TASKS)
    own, _ = _own(actor)

    async def work(connection: Connection) -> dict[str, str]:
        task = await the_open_task(connection, command.id, resources.today(now), own)
        await audit.record(connection, actor, "SEE_TO_TASK", subject=subject_of(task), details=details_of(task))
        if task.kind in _PAPERS:
            if not await trail_store.finish_task(connection, task.id, now, actor.subject):
                raise NotFound("there is no such task, or it is done already")
            await show_again(connection, task.id, now)
        else:
            await _sql.see_to(connection, id=task.id, now=now, by=actor.subject)
        return {"id": str(task.id)}

    body = {"command": "SeeToTask", "id": command.id}
    return UUID((await once(resources.database, actor, command.request_key, body, work))["id"])


def _own(actor: Actor) -> tuple[UUID | None, bool]:
    """Whose tasks the actor works on: None, everybody's; and whether it is nobody's."""
    far = reach(actor, Act.WORK_TASKS)
    return ((actor.resource_id or _NOBODY) if far is Reach.OWN else None), far is Reach.NONE


def _midnight(today: date) -> datetime:
    return datetime.combine(today, time(0), tzinfo=LONDON)


def subject_of(task: Task) -> str:
    """What the audit says a task is about."""
    return task.about if task.meeting_id is None else f"meeting:{task.meeting_id}"


def details_of(task: Task) -> dict[str, str | None]:
    return {"task": task.kind.value, "attendee": task.attendee}


def _task(row: Any) -> Task:
    return Task(**{**row, "kind": TaskKind(row["kind"]), "whose": TaskOf(row["whose"])})

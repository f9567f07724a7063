"""The worklist of business support: declined, another time asked for, not to be delivered. Derived from what is, never kept beside it.

So a task is there as long as its cause is: a change of the meeting, another answer, mail that arrives, or a person who has seen
to it ends it, and nothing can forget to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from services.directory.reading import all_rows
from services.kernel.actor import Actor
from services.kernel.errors import NotFound
from services.kernel.permission import Act, Reach, reach, require
from services.kernel.window import LONDON
from services.kernel.words import TaskKind
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "tasks.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`about`: the meeting's reference, or what a letter tells of; `attendee`: role and code, None for a letter to nobody who is known.
    `refusal`: why a mail could not be delivered, the mail server's number or a word of ours.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SeeToTask:
    request_key: str
    id: UUID


async def tasks(connection: Connection, actor: Actor, today: date) -> list[Task]:
    """What waits, the oldest first; nothing for whoever does not work on it."""
    return [] if reach(actor, Act.WORK_TASKS) is Reach.NONE else await open_tasks(connection, today)


async def open_tasks(connection: Connection, today: date, task_id: UUID | None = None) -> list[Task]:
    """All that waits on that day, or the one of that identifier."""
    rows = await all_rows(_sql.open_tasks(connection, since=datetime.combine(today, time(0), tzinfo=LONDON), id=task_id))
    return [_task(row) for row in rows]


async def the_open_task(connection: Connection, task_id: UUID, today: date) -> Task:
    """Raises `NotFound` where nothing of that identifier waits (any more)."""
    for found in await open_tasks(connection, today, task_id):
        return found
    raise NotFound("there is no such task, or it is done already")


async def undeliverable(connection: Connection, today: date) -> list[Task]:
    """Mail that was refused for good and that nobody has seen to."""
    return [task for task in await open_tasks(connection, today) if task.kind is TaskKind.UNDELIVERABLE]


async def see_to(resources: Resources, actor: Actor, command: SeeToTask, now: datetime) -> UUID:
    """Somebody has done what there was to do: the task waits no more. Raises `NotFound`, `Forbidden`, `RequestKeyReused`."""
    require(actor, Act.WORK_TASKS)

    async def work(connection: Connection) -> dict[str, str]:
        task = await the_open_task(connection, command.id, resources.today(now))
        await _sql.see_to(connection, id=task.id, now=now, by=actor.subject)
        await audit.record(connection, actor, "SEE_TO_TASK", subject=subject_of(task), details=details_of(task))
        return {"id": str(task.id)}

    body = {"command": "SeeToTask", "id": command.id}
    return UUID((await once(resources.database, actor, command.request_key, body, work))["id"])


def subject_of(task: Task) -> str:
    """What the audit says a task is about."""
    return task.about if task.meeting_id is None else f"meeting:{task.meeting_id}"


def details_of(task: Task) -> dict[str, str | None]:
    return {"task": task.kind.value, "attendee": task.attendee}


def _task(row: Any) -> Task:
    return Task(**{**row, "kind": TaskKind(row["kind"])})

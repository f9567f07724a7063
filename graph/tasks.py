"""What of invitations waits for business support, and how it is done."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graph import described, errors
from graph.context import Info
from graph.names import LazyMeeting, global_id, id_of
from graph.recording import keep
from services.invitations import resending, tasks
from services.kernel.words import TaskKind


@strawberry.type(
    description="Derived from what is: a change of the meeting, another answer, or mail that arrives ends it; so does whoever sees to it."
)
class Task:
    id: strawberry.ID
    kind: TaskKind
    attendee: str | None = strawberry.field(description="Role and code, never an address. Null: a letter to nobody who is known any more.")
    about: str = strawberry.field(description="The meeting's reference, or what a letter tells of.")
    raised_at: datetime
    proposed_starts_at: datetime | None = strawberry.field(description="Null where no other time is asked for, or none that could be read.")
    proposed_ends_at: datetime | None
    refusal: str | None = strawberry.field(
        description="UNDELIVERABLE: the mail server's number, or ADDRESS where no mail can carry the address."
    )
    row: strawberry.Private[tasks.Task]

    @described.field("Null for a letter.")
    async def meeting(self, info: Info) -> LazyMeeting | None:
        from graph.booking import meeting_by_id

        return None if self.row.meeting_id is None else await meeting_by_id(info, self.row.meeting_id)


@strawberry.input
class TaskInput:
    request_key: strawberry.ID
    id: strawberry.ID


@strawberry.type(description="It waits no more. tasks: those that still do.")
class TaskDone:
    id: strawberry.ID
    tasks: list[Task]


TaskResult = Annotated[
    TaskDone | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("TaskResult"),
]


def task_of(row: tasks.Task) -> Task:
    return Task(
        id=global_id("Task", row.id),
        kind=row.kind,
        attendee=row.attendee,
        about=row.about,
        raised_at=row.raised_at,
        proposed_starts_at=row.proposed_starts_at,
        proposed_ends_at=row.proposed_ends_at,
        refusal=row.refusal,
        row=row,
    )


async def _waiting(info: Info) -> list[Task]:
    return [task_of(row) for row in await info.context.read(tasks.tasks, info.context.today)]


@strawberry.type
class TaskQuery:
    @described.field("What waits for business support, the oldest first; of meetings whose day is over nothing does.")
    async def tasks(self, info: Info) -> list[Task]:
        return await _waiting(info)


@strawberry.type
class TaskMutation:
    @described.mutation("Somebody has done what there was to do.")
    async def see_to_task(self, info: Info, input: TaskInput) -> TaskResult:  # noqa: A002
        command = tasks.SeeToTask(request_key=input.request_key, id=id_of("Task", input.id))
        done = await keep(info, tasks.see_to, command)
        return TaskDone(id=global_id("Task", done), tasks=await _waiting(info))

    @described.mutation(
        "Of a task UNDELIVERABLE: the same bytes are owed again; where the addressee has another address by now, the invitation goes there."
    )
    async def resend_invitation(self, info: Info, input: TaskInput) -> TaskResult:  # noqa: A002
        done = await keep(info, resending.resend, resending.Resend(request_key=input.request_key, id=id_of("Task", input.id)))
        return TaskDone(id=global_id("Task", done), tasks=await _waiting(info))

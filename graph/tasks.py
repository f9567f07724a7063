"""What waits for a person, of invitations and of the papers of meetings, and how it is done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import strawberry

from graph import described, errors
from graph.context import Info
from graph.names import LazyMeeting, global_id, id_of
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from graph.recording import keep
from services.invitations import resending, tasks
from services.kernel.errors import InvalidInput
from services.kernel.paging import Window
from services.kernel.window import hour_of
from services.kernel.words import TaskKind, TaskOf


@strawberry.type(
    description="Of invitations it is derived from what is: a change of the meeting, another answer, or mail that arrives ends it; so does "
    "whoever sees to it. Papers of a meeting are owed until somebody sees to them, or the meeting is not to be."
)
class Task:
    id: strawberry.ID
    kind: TaskKind
    whose: TaskOf
    attendee: str | None = strawberry.field(
        description="Role and code, never an address: whom it is about, of papers whose they are. Null: a letter to nobody who is known "
        "any more, and papers of business support."
    )
    about: str = strawberry.field(description="The meeting's reference, or what a letter tells of.")
    raised_at: datetime
    due_on: date | None = strawberry.field(description="Of papers: the last day in time. Null where an hour is the last.")
    due_at: datetime | None = strawberry.field(description="Of papers: overdue from then on.")
    overdue: bool
    done_at: datetime | None
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


@strawberry.type
class TaskEdge:
    cursor: str
    node: Task


@strawberry.type
class TaskConnection:
    edges: list[TaskEdge]
    page_info: PageInfo
    counting: strawberry.Private[Counting]

    @strawberry.field
    async def total_count(self) -> int:
        return await self.counting()


@strawberry.input
class TaskInput:
    request_key: strawberry.ID
    id: strawberry.ID


@strawberry.type(description="It waits no more.")
class TaskDone:
    id: strawberry.ID

    @described.field("Those that still wait.")
    async def tasks(self, info: Info, first: int | None = 50, after: str | None = None) -> TaskConnection:
        return await _page(info, tasks.TasksWanted(), window_of(first, after))


TaskResult = Annotated[
    TaskDone | errors.NotFound | errors.InvalidInput | errors.RequestKeyReused | errors.Forbidden,
    strawberry.union("TaskResult"),
]


def task_of(row: tasks.Task, hour: datetime) -> Task:
    return Task(
        id=global_id("Task", row.id),
        kind=row.kind,
        whose=row.whose,
        attendee=row.attendee,
        about=row.about,
        raised_at=row.raised_at,
        due_on=row.due_on,
        due_at=row.due_at,
        overdue=row.due_at is not None and row.done_at is None and row.due_at <= hour,
        done_at=row.done_at,
        proposed_starts_at=row.proposed_starts_at,
        proposed_ends_at=row.proposed_ends_at,
        refusal=row.refusal,
        row=row,
    )


async def _page(info: Info, wanted: tasks.TasksWanted, window: Window) -> TaskConnection:
    context = info.context
    page, hour = await context.read(tasks.tasks_page, context.today, wanted, window), hour_of(context.today, context.now)
    edges = [TaskEdge(cursor=cursor_of(row.place, row.id), node=task_of(row, hour)) for row in page.rows]
    return TaskConnection(
        edges=edges,
        page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window),
        counting=lambda: context.read(tasks.tasks_count, context.today, wanted),
    )


@strawberry.type
class TaskQuery:
    @described.field(
        "What waits for the viewer, by when it was raised or, of papers, is due; of meetings whose day is over nothing of invitations "
        "does. `overdue`: that alone. `done`: papers that are done, the latest first. An IRO and a note-taker see their own papers, "
        "business support and managers everything."
    )
    async def tasks(
        self, info: Info, first: int | None = 50, after: str | None = None, overdue: bool = False, done: bool = False
    ) -> TaskConnection:
        if overdue and done:
            raise InvalidInput("what is done is not overdue: ask for one of the two", "overdue")
        due_by = hour_of(info.context.today, info.context.now) if overdue else None
        return await _page(info, tasks.TasksWanted(done=done, due_by=due_by), window_of(first, after))


@strawberry.type
class TaskMutation:
    @described.mutation("Somebody has done what there was to do: of papers whose they are, or business support.")
    async def see_to_task(self, info: Info, input: TaskInput) -> TaskResult:  # noqa: A002
        command = tasks.SeeToTask(request_key=input.request_key, id=id_of("Task", input.id))
        return TaskDone(id=global_id("Task", await keep(info, tasks.see_to, command)))

    @described.mutation(
        "Of a task UNDELIVERABLE: the same bytes are owed again; where the addressee has another address by now, the invitation goes there."
    )
    async def resend_invitation(self, info: Info, input: TaskInput) -> TaskResult:  # noqa: A002
        command = resending.Resend(request_key=input.request_key, id=id_of("Task", input.id))
        return TaskDone(id=global_id("Task", await keep(info, resending.resend, command)))

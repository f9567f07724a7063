"""Mail that was refused for good, sent again when a person says so: the very same bytes, or what they said to a new address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.directory.settings import Settings
from services.directory.store import load_settings
from services.invitations import store
from services.invitations.itip import can_be_mailed
from services.invitations.service import owe_elsewhere
from services.invitations.tasks import Task, details_of, subject_of, the_open_task
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden, InvalidInput, NotFound
from services.kernel.permission import Act, Reach, require
from services.kernel.words import TaskKind
from services.platform import audit
from services.platform.database import Connection
from services.platform.requests import once
from services.platform.resources import Resources
from services.platform.sql import load_queries

_sql = load_queries(__file__, "resending.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resend:
    """`id` of a task that is UNDELIVERABLE."""

    request_key: str
    id: UUID


async def resend(resources: Resources, actor: Actor, command: Resend, now: datetime) -> UUID:
    """The mail is owed again as the bytes that were refused; where the addressee has another address by now, what it said is owed
    to that one, under the next SEQUENCE. Answers the identifier of the task, which waits no more.

    Raises `NotFound` for what is no such task (any more), `InvalidInput` where there is no address that mail can carry,
    `Forbidden`, `RequestKeyReused`.
    """
    if require(actor, Act.WORK_TASKS) is not Reach.ALL:
        raise Forbidden("your role may not do this")

    async def work(connection: Connection) -> dict[str, str]:
        today = resources.today(now)
        task = await the_open_task(connection, command.id, today)
        if task.kind is not TaskKind.UNDELIVERABLE:
            raise NotFound("there is no such mail that could not be delivered")
        await resend_in(connection, task, await load_settings(connection, today), now)
        await audit.record(connection, actor, "RESEND", subject=subject_of(task), details=details_of(task))
        return {"id": str(task.id)}

    body = {"command": "Resend", "id": command.id}
    answer = await once(resources.database, actor, command.request_key, body, work)
    await resources.doorbell.ring_delivery()
    return UUID(answer["id"])


async def resend_in(connection: Connection, task: Task, settings: Settings, now: datetime) -> None:
    """The same in the caller's transaction, for a task that is open."""
    if task.meeting_id is None:
        if await _sql.owe_letter_again(connection, id=task.id, now=now) is None:
            raise InvalidInput(
                f"the letter on {task.about} was never written, since its address was none: correct it in the establishment, tell "
                "that person yourself, and see to the task",
                "id",
            )
        return
    await store.entries_of_meeting(connection, task.meeting_id)  # locked: no change of the meeting comes between
    notice = await _sql.refused_notice(connection, id=task.id, room_desk=settings.room_desk)
    if notice is None:
        raise NotFound("something newer is owed to that addressee by now")
    email = notice["email_now"] or notice["email"]
    for address, whose in ((email, task.attendee), (settings.organiser, "the organiser")):
        if not can_be_mailed(address):
            raise InvalidInput(
                f"{whose} has no address that mail can carry: correct it in the establishment, import that, and resend", "id"
            )
    if email != notice["email"] or notice["never_composed"]:
        await owe_elsewhere(connection, task.meeting_id, task.about, notice["uid"], email, settings, now)
    else:
        await _sql.owe_notice_again(connection, id=task.id, now=now)

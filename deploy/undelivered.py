"""Mail that was refused for good, told to the operator without an address, and owed again at a word."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from deploy.tables import NONE, aligned
from services.invitations.resending import Resend, resend
from services.invitations.tasks import Task, undeliverable
from services.kernel.actor import COMMAND_LINE
from services.kernel.errors import InvalidInput, NotFound
from services.kernel.window import LONDON
from services.platform.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """A mail that could not be delivered, and what became of it now: None, nothing was tried."""

    task: Task
    result: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """All of them, the oldest first."""

    mails: tuple[Dead, ...]

    def lines(self) -> list[str]:
        if not self.mails:
            return ["Nothing is undelivered."]
        heads = ("owed since", "to", "about", "refused with", *(["now"] if any(dead.result for dead in self.mails) else []))
        return aligned([heads, *(_row(dead) for dead in self.mails)], right=())

    def as_json(self) -> list[dict[str, Any]]:
        return [{**asdict(dead.task), "result": dead.result} for dead in self.mails]


async def read_undelivered(resources: Resources) -> Undelivered:
    async with resources.database.connection() as connection:
        found = await undeliverable(connection, resources.today(datetime.now(UTC)))
    return Undelivered(mails=tuple(Dead(task=task) for task in found))


async def resend_undelivered(resources: Resources) -> Undelivered:
    """Each is owed again, or says what keeps it from that; one that cannot be keeps no other waiting."""
    found = await read_undelivered(resources)
    return Undelivered(mails=tuple([Dead(task=dead.task, result=await _resend(resources, dead.task)) for dead in found.mails]))


async def _resend(resources: Resources, task: Task) -> str:
    try:
        await resend(resources, COMMAND_LINE, Resend(request_key=str(uuid.uuid4()), id=task.id), datetime.now(UTC))
    except (InvalidInput, NotFound) as refusal:
        return str(refusal)
    return "owed again"


def _row(dead: Dead) -> tuple[str, ...]:
    task = dead.task
    since = f"{task.raised_at.astimezone(LONDON):%Y-%m-%d %H:%M}"
    row = (since, task.attendee or NONE, task.about, task.refusal or NONE)
    return row if dead.result is None else (*row, dead.result)

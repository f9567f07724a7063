"""The paper trail follows the meetings: whatever becomes of one, its papers are owed, done or lapsed as the rules say, soon after; and
where the unit lets calendars show kinds, feeds show the one that the records say by now.

Every change of a meeting asks for a look in its own transaction, and every look says when the next one is due: nothing of it is
lost with a worker. A look that finds nothing new writes nothing but when to look again. Several may look at once: a meeting is locked
while it is looked at.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.directory.paper_trail import BEFORE
from services.directory.settings import Settings
from services.directory.store import load_settings
from services.invitations.showing import show_meetings
from services.invitations.trail import store
from services.invitations.trail.mails import Hour, owe_mails
from services.invitations.trail.rules import Step, TrailMeeting, has_gone_on, next_look, steps
from services.invitations.trail.showing import show
from services.invitations.trail.store import Kept, Shown
from services.kernel.ids import new_id
from services.kernel.window import hour_of, local_instant
from services.platform.database import Connection
from services.platform.resources import Resources
from services.statutory.working_days import england

BY_ITSELF = "service:paper-trail"
"""Who has done what nobody had to do."""
_AT_ONCE = 10
"""Meetings in one transaction: who would change one of them waits until it ends."""
_LOOKED_BACK = timedelta(days=60)


async def follow_some(resources: Resources, now: datetime) -> tuple[int, int]:
    """True once it returns: of a few meetings that are to be looked at the papers are as the rules have them now, but for those that
    somebody is changing at this moment. Answers at how many it has looked, and how much has come of it."""
    return await resources.database.run(lambda connection: _look(resources, connection, now))


async def look_at_all(connection: Connection, today: date) -> None:
    """Settings have changed: every meeting that is not long over is looked at again once the caller's transaction commits."""
    await store.look_at_all(connection, _not_long_over(today))


async def look_by_settings(connection: Connection, today: date) -> None:
    """Settings that begin to hold on a day hold from it on: every meeting that is not long over, and was looked at last under those
    before, is looked at again once the caller's transaction commits. Done again it does nothing."""
    await store.look_by_settings(connection, today, _not_long_over(today))


def _not_long_over(today: date) -> datetime:
    return local_instant(today, time.min) - _LOOKED_BACK


async def show_again(connection: Connection, task_id: UUID, now: datetime) -> None:
    """Calendars show a paper as it is now. To be called last in a transaction."""
    await show(connection, [await store.shown_task(connection, task_id)], now)


async def _look(resources: Resources, connection: Connection, now: datetime) -> tuple[int, int]:
    """Answers at how many meetings it has looked, and how many calendars and mails that may concern."""
    today = resources.today(now)
    hour = Hour(now=now, diary=hour_of(today, now))
    meetings = await store.due_meetings(connection, hour.diary, _AT_ONCE)
    if not meetings:
        return 0, 0
    settings = await load_settings(connection, today)
    kept = await store.tasks_of(connection, [each.id for each in meetings])
    desk, looks = _Desk(connection, settings, hour), []
    for meeting in meetings:
        await desk.follow(meeting, kept.get(meeting.id, ()))
        looks.append((meeting.id, next_look(meeting, settings.paper_trail, hour.diary, england())))
    await store.look_again(connection, looks, hour.diary)
    await show_meetings(connection, settings, [each.id for each in meetings], now)
    await show(connection, desk.shown, now)
    return len(meetings), desk.mails + len(desk.shown)


class _Desk:
    """Where papers are brought to what the rules say. `shown`: those of which calendars may show something else now; `mails`: how many
    are owed."""

    __slots__ = ("connection", "hour", "mails", "settings", "shown")

    def __init__(self, connection: Connection, settings: Settings, hour: Hour) -> None:
        self.connection, self.settings, self.hour = connection, settings, hour
        self.shown: list[Shown] = []
        self.mails = 0

    async def follow(self, meeting: TrailMeeting, kept: Collection[Kept]) -> None:
        """The papers of a meeting are owed, done or lapsed as they are to be at this hour."""
        known = {each.step.kind: each for each in kept}
        for step in steps(meeting, self.settings.paper_trail, self.hour.diary, england()):
            found = known.pop(step.kind, None)
            await (self._send(meeting, step, found) if step.kind in BEFORE else self._ask(meeting, step, found))
        for left in known.values():
            if not left.lapsed and not left.done:
                await store.lapse_task(self.connection, left.id)
                self._show(left.id, meeting, left.step, over=True)

    async def _send(self, meeting: TrailMeeting, step: Step, known: Kept | None) -> None:
        task_id, number, now = (new_id(), 1, self.hour.now) if known is None else (known.id, known.round, self.hour.now)
        if known is None:
            await store.raise_task(self.connection, task_id, meeting.id, step, now)
        elif known.lapsed or known.step.runs_from != step.runs_from:
            await store.restate_task(self.connection, task_id, step, now, anew=True)
            number += 1
        mails, complete = await owe_mails(self.connection, meeting, step, number, self.settings, self.hour)
        self.mails += mails
        if complete:
            await store.finish_task(self.connection, task_id, now, BY_ITSELF)
        else:  # somebody came to be asked whom no mail reaches, after all others had theirs
            await store.reopen_task(self.connection, task_id, step, now, BY_ITSELF)

    async def _ask(self, meeting: TrailMeeting, step: Step, known: Kept | None) -> None:
        """What was done after a sitting is done for that one: a review that went on is written up at its end."""
        task_id = new_id() if known is None else known.id
        anew = known is not None and has_gone_on(meeting, known.step.runs_from)
        if known is None:
            await store.raise_task(self.connection, task_id, meeting.id, step, self.hour.now)
        elif anew or known.lapsed or known.step != step:
            await store.restate_task(self.connection, task_id, step, self.hour.now, anew=anew)
        else:
            return
        self._show(task_id, meeting, step, over=known is not None and known.done and not anew)

    def _show(self, task_id: UUID, meeting: TrailMeeting, step: Step, *, over: bool) -> None:
        self.shown.append(
            Shown(task_id=task_id, reference=meeting.reference, owner_id=step.owner_id, due_at=step.due_at, due_on=step.due_on, over=over)
        )

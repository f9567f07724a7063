"""The diary as it changes, for as long as somebody follows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described
from graph.booking import meeting_by_id
from graph.changes import MeetingChanged
from graph.context import Info
from graph.names import global_id
from graph.runs import LOOK_EVERY, meet_again
from services.booking.watching import concerned, followed_span
from services.kernel.permission import Act, require
from services.kernel.window import TimeWindow


@strawberry.type(description="It is not, or no longer, among the meetings that the viewer may see and that begin in these days.")
class MeetingGone:
    id: strawberry.ID


DiaryChange = Annotated[MeetingChanged | MeetingGone, strawberry.union("DiaryChange")]


async def _as_it_is(info: Info, meeting_id: UUID, followed: TimeWindow) -> MeetingChanged | MeetingGone:
    """The meeting as the viewer may see it by now, with a token that is still good."""
    info.context.renew()
    meeting = await meeting_by_id(info, meeting_id)
    if meeting is None or not followed.start <= meeting.starts_at < followed.end:
        return MeetingGone(id=global_id("Meeting", meeting_id))
    return MeetingChanged(meeting=meeting)


@strawberry.type
class DiarySubscription:
    @described.subscription(
        "Meetings booked, moved, cancelled or gone from view in these days, both included, as the viewer may see them. Every change is "
        "told at least once, beginning with those of the last minute: read the diary, then follow it. An error UNAVAILABLE ends it: "
        "follow it again and read it anew."
    )
    async def diary_changes(
        self, info: Info, from_: Annotated[date, strawberry.argument(name="from")], to: date
    ) -> AsyncGenerator[DiaryChange, None]:
        context = info.context
        require(context.actor, Act.READ_MEETINGS)
        followed, database = followed_span(from_, to), context.resources.database
        place = await context.diary.begin(database)
        while True:
            context.renew()
            changes, place = await context.diary.after(database, place)
            if news := [each for each in changes if each.touches(followed)]:
                await meet_again(context)
                for meeting_id in await context.read(concerned, news, followed):
                    yield await _as_it_is(info, meeting_id, followed)
            await asyncio.sleep(LOOK_EVERY)

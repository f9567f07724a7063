"""A merge undone, as the diary sees it: which meetings, with what was recorded of them, are about the other child again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.history.versions import open_version, records_in_force
from services.intake.merging import pass_record
from services.intake.passing import Merge, Owed, attach_all, owed_of, rewrite_both
from services.kernel.ids import new_id, obligation_id
from services.platform.sql import load_queries

_sql = load_queries(__file__, "identities.sql")
_BY_DIARY = "DIARY"
"""The source of what is recorded of a meeting of the diary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meetings:
    """What a merge had moved (`items`), and what meetings that came to the kept child since stood for while the two were one."""

    kept: UUID
    other: UUID
    items: Sequence[Mapping[str, Any]]
    since: tuple[Owed, ...]


async def read_meetings(merge: Merge, kept: UUID, other: UUID, items: Sequence[Mapping[str, Any]]) -> Meetings:
    """To be read before anything is rewritten."""
    moved = {(each["meeting_id"], each["number"]) for each in items if not each["dropped"]}
    every = [row async for row in _sql.items_of(merge.connection, child_id=kept)]
    since = [one for row in every if (str(row["meeting_id"]), row["number"]) not in moved for one in owed_of(row)]
    return Meetings(kept=kept, other=other, items=items, since=tuple(since))


async def return_meetings(merge: Merge, meetings: Meetings) -> list[str]:
    """The meetings that were about the other are again, also those that were about both, and so are those booked since for what
    only the other is owed; what was recorded of them goes along. Answers the live ones that stand for nothing now."""
    owed = await _return_items(merge, meetings)
    await rewrite_both(merge, meetings.kept, meetings.other)
    without = await attach_all(merge, meetings.other, owed)
    await rewrite_both(merge, meetings.kept, meetings.other)
    left = sorted(meetings.since, key=lambda each: each.triggered_on)
    for each in left:  # one after the other: what was held may be what the next is for
        if await _is_the_others(merge, meetings, each):
            await _pass_one(merge, meetings, each)
    return without + await _standing_for_nothing(merge, meetings)


async def _return_items(merge: Merge, meetings: Meetings) -> list[Owed]:
    owed: list[Owed] = []
    for each in meetings.items:
        meeting_id = UUID(each["meeting_id"])
        if each["dropped"]:
            twin = await _sql.item_of(merge.connection, meeting_id=meeting_id, child_id=meetings.kept, kind=each["kind"])
            if twin is None:
                continue
            number = await _sql.add_item(
                merge.connection,
                meeting_id=meeting_id,
                number=each["number"],
                child_id=meetings.other,
                kind=twin["kind"],
                live=twin["live"],
            )
            owed += [replace(one, number=number) for one in owed_of(twin)]
            await _record_of_both(merge, meetings, meeting_id)
            continue
        item = await _sql.item_at(merge.connection, meeting_id=meeting_id, number=each["number"], child_id=meetings.kept)
        if item is not None:
            await _sql.pass_item(merge.connection, meeting_id=meeting_id, number=each["number"], child_id=meetings.other)
            await _pass_records(merge, meetings, meeting_id)
            owed += owed_of(item)
    return owed


async def _record_of_both(merge: Merge, meetings: Meetings, meeting_id: UUID) -> None:
    """A meeting that was about both was held for both."""
    if await _records(merge, meetings.other, meeting_id):
        return
    for record in await _records(merge, meetings.kept, meeting_id):
        values = {name: value for name, value in record.items() if name not in ("recorded", "source")}
        values |= {"id": new_id(), "child_id": meetings.other}
        await open_version(merge.connection, "held_record", values, source=record["source"], at=merge.now)


async def _pass_records(merge: Merge, meetings: Meetings, meeting_id: UUID) -> None:
    """What was recorded of the meeting, and the plan that began at it."""
    records = await _records(merge, meetings.kept, meeting_id)
    for record in records:
        await pass_record(merge, "held_record", record, meetings.other)
    days = {record["completed_on"] or record["held_on"] for record in records if record["source"] == _BY_DIARY}
    for plan in await records_in_force(merge.connection, "protection_plan", {"child_id": meetings.kept}):
        if plan["source"] == _BY_DIARY and plan["started_on"] in days:
            await pass_record(merge, "protection_plan", plan, meetings.other)


async def _records(merge: Merge, child_id: UUID, meeting_id: UUID) -> list[dict[str, Any]]:
    return await records_in_force(merge.connection, "held_record", {"child_id": child_id, "meeting_id": meeting_id})


async def _is_the_others(merge: Merge, meetings: Meetings, owed: Owed) -> bool:
    """Whether what the meeting stood for is owed to the other, and to the kept one no more."""
    same = [obligation_id(child, owed.kind, owed.triggered_on) for child in (meetings.kept, meetings.other)]
    states: Mapping[UUID, str] = {row["id"]: row["state"] async for row in _sql.owed_among(merge.connection, ids=same)}
    return same[0] not in states and same[1] in states


async def _pass_one(merge: Merge, meetings: Meetings, owed: Owed) -> None:
    await _sql.pass_item(merge.connection, meeting_id=owed.meeting_id, number=owed.number, child_id=meetings.other)
    await _pass_records(merge, meetings, owed.meeting_id)
    await rewrite_both(merge, meetings.kept, meetings.other)
    await attach_all(merge, meetings.other, [owed])
    await rewrite_both(merge, meetings.kept, meetings.other)


async def _standing_for_nothing(merge: Merge, meetings: Meetings) -> list[str]:
    """Of the meetings since, the live ones of which neither child is owed anything."""
    ids: Collection[UUID] = {each.meeting_id for each in meetings.since if each.live}
    return [str(row["id"]) async for row in _sql.without_duty(merge.connection, ids=list(ids), child_id=meetings.kept)]

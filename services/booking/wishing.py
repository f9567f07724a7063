"""Reads the own time of children, and tells what of it meetings do not respect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from services.booking import reading
from services.booking.wishes import OwnTime, Where, WishMissed, missed
from services.directory.store import load_settings
from services.history import reading as history
from services.kernel.actor import Actor
from services.kernel.window import TimeWindow, civil_day
from services.kernel.words import MeetingKind, Weekday, WishedPlace
from services.platform.database import Connection
from services.platform.sql import load_queries

_sql = load_queries(__file__, "wishing.sql")


async def own_times(connection: Connection, child_ids: Collection[UUID], on: date) -> dict[UUID, OwnTime]:
    """For each of these children what is stated of its time for a day, as it is known now."""
    rows = _sql.own_times(connection, child_ids=list(child_ids), on_day=on)
    return {row["asked_id"]: _own_time(row) async for row in rows}


async def missed_by_meetings(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date
) -> dict[UUID, tuple[WishMissed, ...]]:
    """For each meeting what it does not respect of children whose records the actor sees: by what was stated for its day, or for today
    where it is still to come."""
    seen = {each.id: each for each in (await reading.meetings(connection, actor, ids, today)).values() if each.items is not None}
    rows = [row async for row in _sql.whereabouts(connection, ids=list(seen))]
    about = {row["id"]: [item.child_id for item in seen[row["id"]].items or () if item.child_id is not None] for row in rows}
    known = await history.children(connection, actor, {child for each in about.values() for child in each}, today)
    children = {meeting_id: [child for child in dict.fromkeys(each) if child in known] for meeting_id, each in about.items()}
    by_day: defaultdict[date, list[Any]] = defaultdict(list)
    for row in rows:
        if row["sittings"]:
            by_day[min(today, civil_day(row["sittings"][0].lower))].append(row)
    found: dict[UUID, tuple[WishMissed, ...]] = {}
    for day, of_day in by_day.items():
        own = await own_times(connection, {child for row in of_day for child in children[row["id"]]}, day)
        settings = await load_settings(connection, day)
        for row in of_day:
            sittings = [TimeWindow(during.lower, during.upper) for during in row["sittings"]]
            where = Where(in_unit_room=row["in_unit_room"], remote=row["remote"], venue=row["venue"])
            stated = [own[child] for child in children[row["id"]]]
            found[row["id"]] = missed(stated, MeetingKind(row["kind"]), sittings, where, settings)
    return found


def _own_time(row: Any) -> OwnTime:
    return OwnTime(
        reference=row["reference"],
        born_on=row["born_on"],
        weekdays=frozenset(Weekday(each) for each in row["wished_weekdays"] or ()),
        since=row["wished_from"],
        until=row["wished_until"],
        place=None if row["wished_place"] is None else WishedPlace(row["wished_place"]),
        venue=row["wished_venue"],
        activity_days=frozenset(Weekday(each) for each in row["activity_days"] or ()),
    )

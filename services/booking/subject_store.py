"""What booking reads in PostgreSQL of those whom a meeting is about, and of what they are owed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from services.booking import rows
from services.booking.entry import Item
from services.booking.refusals import Overtaken
from services.booking.rows import Row
from services.booking.rules import Due, Subject
from services.kernel.errors import NotFound
from services.kernel.window import TimeWindow
from services.platform.database import Connection
from services.platform.ranges import range_of
from services.platform.sql import load_queries

_sql = load_queries(__file__, "subjects.sql")


async def load_subjects(
    connection: Connection,
    on_day: date,
    *,
    references: Sequence[str] = (),
    child_ids: Sequence[UUID] = (),
    own_iro: UUID | None = None,
    today: date | None = None,
) -> tuple[Subject, ...]:
    """The children in the order asked, with the officers allocated `on_day`.

    Raises `NotFound` for one that is not there or, with `own_iro`, is not that officer's `today`.
    """
    stated = _sql.subjects(
        connection, references_=list(references), child_ids=list(child_ids), on_day=on_day, own_iro=own_iro, today=today or on_day
    )
    return _subjects_asked([row async for row in stated], references, child_ids)


def _subjects_asked(stated: Sequence[Row], references: Sequence[str], child_ids: Sequence[UUID] = ()) -> tuple[Subject, ...]:
    found: dict[str | UUID, Subject] = {}
    for row in stated:
        if row["asked_id"] not in found:
            found[row["asked_reference"]] = found[row["asked_id"]] = rows.subject(row)
    asked: list[str | UUID] = [*references, *child_ids]
    missing = [str(each) for each in asked if each not in found]
    if missing:
        raise NotFound(f"there is no child {', '.join(missing)}")
    return tuple(found[each] for each in asked)


async def look(
    connection: Connection,
    on_day: date,
    *,
    references: Sequence[str],
    own_iro: UUID | None,
    today: date,
    within: TimeWindow,
    now: datetime,
    police_day: date | None,
) -> tuple[tuple[Subject, ...], list[Due]]:
    """As `load_subjects`, with what they are owed; then `police_day` is locked as `lock_police_days` says. Raises `Overtaken` where
    something has lapsed and still stands, for what they are owed or in that span."""
    stated = _sql.look(
        connection, references_=list(references), child_ids=[], on_day=on_day, own_iro=own_iro, today=today,
        within=range_of(within), now=now, police_day=police_day,
    )  # fmt: skip
    found = [row async for row in stated]
    if any(row["lapsed"] for row in found):
        raise Overtaken
    dues = {row["id"]: row for row in found if row["id"] is not None}
    return _subjects_asked(found, references), [rows.due(row) for row in dues.values()]


async def load_household(connection: Connection, reference: str, on_day: date) -> Subject:
    """The foster household of that reference, with the officers of that day; raises `NotFound`."""
    found = [rows.household(row) async for row in _sql.households(connection, reference=reference, ids=[], on_day=on_day)]
    if not found:
        raise NotFound(f"there is no foster household {reference}")
    return found[0]


async def load_item_subjects(connection: Connection, items: Sequence[Item], on_day: date) -> tuple[Subject, ...]:
    """The child or household of each item, with the officers allocated `on_day`."""
    children = [item.child_id for item in items if item.child_id is not None]
    households = [item.household_id for item in items if item.household_id is not None]
    found = {each.subject_id: each for each in await load_subjects(connection, on_day, child_ids=children)}
    if households:
        found |= {
            row["id"]: rows.household(row) async for row in _sql.households(connection, reference=None, ids=households, on_day=on_day)
        }
    return tuple(found[item.subject_id] for item in items)


async def load_dues(
    connection: Connection,
    *,
    child_ids: Collection[UUID] = (),
    household_ids: Collection[UUID] = (),
    obligation_ids: Collection[UUID] = (),
) -> list[Due]:
    """What is owed of these children and households, and these obligations as far as they are still owed."""
    stated = _sql.dues(connection, child_ids=list(child_ids), household_ids=list(household_ids), obligation_ids=list(obligation_ids))
    return [rows.due(row) async for row in stated]

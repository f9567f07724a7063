"""What viewers read of who has whom: allocations, weights and caseloads within the viewer's sight."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.caseload import service
from services.caseload.capacity import Caseload
from services.caseload.scheming_store import find_scheme
from services.caseload.weights import Scheme, Weight
from services.directory.reading import all_rows, grouped
from services.history.reading import ChildName, children_seen
from services.kernel.actor import Actor
from services.kernel.errors import NotFound
from services.kernel.paging import Slice, Window, cut
from services.kernel.permission import Act, Reach, reach
from services.platform.database import Connection
from services.platform.sql import load_queries

_queries = load_queries(__file__, "reading.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """One IRO's time with one child; the last day is included, None: until changed."""

    id: UUID
    child_id: UUID
    reference: str
    iro_id: UUID
    first_day: date
    last_day: date | None
    reason: str | None
    approved_by: str | None


async def allocations_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, list[Allocation]]:
    """Every allocation of each child in sight, the latest first."""
    rows = await all_rows(_queries.allocations(connection, children=list(ids), ids=[], **children_seen(actor, today)))
    return grouped(rows, "child_id", lambda row: Allocation(**row))


async def allocations(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Allocation]:
    rows = await all_rows(_queries.allocations(connection, children=[], ids=list(ids), **children_seen(actor, today)))
    return {row["id"]: Allocation(**row) for row in rows}


async def officers_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date, as_of: date) -> dict[UUID, UUID]:
    """The IRO who has each child in sight on the day `as_of`."""
    rows = await all_rows(_queries.officers_of(connection, ids=list(ids), as_of=as_of, **children_seen(actor, today)))
    return {row["child_id"]: row["iro_id"] for row in rows}


async def children_of_officers(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, as_of: date, window: Window
) -> dict[UUID, Slice[ChildName]]:
    """For each IRO a page of the children in sight whom she has on the day `as_of`, by reference."""
    rows = await all_rows(
        _queries.children_of_officers(
            connection,
            ids=list(ids),
            as_of=as_of,
            after_key=window.after_key,
            after_id=window.after_id,
            wanted=window.first + 1,
            **children_seen(actor, today),
        )
    )
    pages = grouped(rows, "of_id", lambda row: ChildName(id=row["id"], reference=row["reference"]))
    return {officer: cut(page, window) for officer, page in pages.items()}


async def children_of_officers_count(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, as_of: date
) -> dict[UUID, int]:
    rows = await all_rows(_queries.children_of_officers_counted(connection, ids=list(ids), as_of=as_of, **children_seen(actor, today)))
    return {row["of_id"]: row["number"] for row in rows}


async def weights(
    connection: Connection, actor: Actor, ids: Collection[UUID], today: date, as_of: date, known_at: datetime | None = None
) -> dict[UUID, Weight]:
    """What each child in sight weighs on the day `as_of`, as is known now, or was at `known_at`."""
    rows = await all_rows(_queries.children_in_view(connection, ids=list(ids), **children_seen(actor, today)))
    if not rows:
        return {}
    return await service.weights_on(connection, as_of, [row["child_id"] for row in rows], known_at)


async def caseloads(connection: Connection, actor: Actor, on: date, known_at: datetime | None = None) -> tuple[Caseload, ...]:
    """The caseloads in sight on a day, as is known now, or was at `known_at`: all, an IRO's own, or none."""
    if reach(actor, Act.READ_CASELOADS) is Reach.NONE:
        return ()
    return in_sight(actor, await service.caseloads(connection, on, known_at))


def in_sight(actor: Actor, found: Collection[Caseload]) -> tuple[Caseload, ...]:
    """Of these caseloads those in sight: all, an IRO's own, or none."""
    far = reach(actor, Act.READ_CASELOADS)
    own = actor.resource_id if far is Reach.OWN else None
    return tuple(each for each in found if far is Reach.ALL or (own is not None and each.iro_id == own))


async def caseloads_of(connection: Connection, actor: Actor, ids: Collection[UUID], today: date, as_of: date) -> dict[UUID, Caseload]:
    return {each.iro_id: each for each in await caseloads(connection, actor, as_of)}


async def schemes(connection: Connection, actor: Actor, ids: Collection[UUID], today: date) -> dict[UUID, Scheme]:
    """Schemes by identifier, those among them that others have taken the place of, to whoever reads caseloads."""
    if reach(actor, Act.READ_CASELOADS) is Reach.NONE:
        return {}
    found = [await find_scheme(connection, each) for each in ids]
    return {scheme.id: scheme for scheme in found if scheme is not None}


async def scheme(connection: Connection, actor: Actor, on: date) -> Scheme:
    """The weighting scheme in force on a day, to whoever reads caseloads."""
    if reach(actor, Act.READ_CASELOADS) is Reach.NONE:
        raise NotFound("there is no weighting scheme to see")
    return await service.scheme_on(connection, on)

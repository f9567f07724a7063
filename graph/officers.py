"""Who and what there is: IROs, rooms, note-takers, police teams, absences, and the viewer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from graph import described
from graph.context import Info
from graph.names import LazyCaseload, LazyChildren, LazyMeetings, LazyReduction, Node, global_id
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from services.caseload import reading as caseload_reading
from services.directory import reading
from services.kernel.errors import NotFound
from services.kernel.paging import Slice, Window
from services.kernel.words import AbsenceReason, Role

AsOf = Annotated[date | None, strawberry.argument(name="asOf")]
From = Annotated[date | None, strawberry.argument(name="from")]


@strawberry.type
class Room(Node):
    code: str
    name: str
    seats: int
    features: list[str]


@strawberry.type(description="writeUpAWeek: minutes of write-up that she can do from Monday to Sunday; null: no limit is stated.")
class NoteTaker(Node):
    code: str
    name: str
    wte: Decimal
    write_up_a_week: int | None


@strawberry.type(description="capacity: how many conferences at one time it can attend.")
class PoliceTeam(Node):
    code: str
    name: str
    capacity: int


@strawberry.type(description="reason is null to all but managers and the person herself.")
class Absence(Node):
    from_: datetime = strawberry.field(name="from")
    to: datetime
    reason: AbsenceReason | None


@strawberry.type
class Iro(Node):
    code: str
    name: str
    wte: Decimal
    specialities: list[str]
    areas: list[str] = strawberry.field(description="Where she works, as the unit divides its world; empty where none is stated.")
    key: strawberry.Private[UUID]

    @strawberry.field
    async def caseload(self, info: Info, as_of: AsOf = None) -> LazyCaseload:
        from graph.caseload import caseload_of

        found = await info.context.loaders.load(caseload_reading.caseloads_of, self.key, as_of or info.context.today)
        if found is None:
            raise NotFound("there is no caseload of this officer then, or not for you")
        return caseload_of(found)

    @described.field("The children whom she has on a day, of those that the viewer may see.")
    async def children(self, info: Info, as_of: AsOf = None, first: int | None = 50, after: str | None = None) -> LazyChildren:
        from graph.children import named_children

        day, window, loaders = as_of or info.context.today, window_of(first, after), info.context.loaders
        page = await loaders.load(caseload_reading.children_of_officers, self.key, day, window)

        async def count() -> int:
            return await loaders.load(caseload_reading.children_of_officers_count, self.key, day) or 0

        return named_children(info, page or Slice(), window, count)

    @described.field("The meetings that she chairs, by their beginning.")
    async def meetings(
        self, info: Info, from_: From = None, to: date | None = None, first: int | None = 50, after: str | None = None
    ) -> LazyMeetings:
        from graph.booking import meetings_page
        from services.booking import reading as booking_reading

        window, loaders = window_of(first, after), info.context.loaders
        page = await loaders.load(booking_reading.meetings_of_chairs, self.key, from_, to, window)

        async def count() -> int:
            return await loaders.load(booking_reading.meetings_of_chairs_count, self.key, from_, to) or 0

        return await meetings_page(info, page or Slice(), window, count)

    @described.field("WTE taken off her contract, past and to come, by first day; to whoever sees her caseload.")
    async def reductions(self, info: Info) -> list[LazyReduction]:
        from graph.working_time import reduction_of
        from services.directory import reading_reductions

        return [reduction_of(row) for row in await info.context.loaders.load(reading_reductions.reductions_of, self.key) or []]

    @strawberry.field
    async def absences(self, info: Info, from_: From = None, to: date | None = None) -> list[Absence]:
        found = await info.context.loaders.load(reading.absences_of, self.key, from_, to)
        return [absence_of(each) for each in found or []]


@strawberry.type
class IroEdge:
    cursor: str
    node: Iro


@strawberry.type
class IroConnection:
    edges: list[IroEdge]
    page_info: PageInfo
    counting: strawberry.Private[Counting]

    @strawberry.field
    async def total_count(self) -> int:
        return await self.counting()


@strawberry.type
class Viewer:
    name: str
    role: Role

    @strawberry.field
    async def iro(self, info: Info) -> Iro | None:
        return await iro_by_id(info, _self_id(info, Role.IRO))

    @strawberry.field
    async def note_taker(self, info: Info) -> NoteTaker | None:
        return await note_taker_by_id(info, _self_id(info, Role.NOTE_TAKER))

    @strawberry.field
    async def police_team(self, info: Info) -> PoliceTeam | None:
        return await police_team_by_id(info, _self_id(info, Role.POLICE_LIAISON))


def _self_id(info: Info, role: Role) -> UUID | None:
    actor = info.context.actor
    return actor.resource_id if actor.role is role else None


def iro_of(row: reading.Officer) -> Iro:
    return Iro(
        id=global_id("Iro", row.id),
        code=row.code,
        name=row.name,
        wte=row.wte,
        specialities=list(row.specialities),
        areas=list(row.areas),
        key=row.id,
    )


def room_of(row: reading.Room) -> Room:
    return Room(id=global_id("Room", row.id), code=row.code, name=row.name, seats=row.seats, features=list(row.features))


def note_taker_of(row: reading.NoteTaker) -> NoteTaker:
    return NoteTaker(id=global_id("NoteTaker", row.id), code=row.code, name=row.name, wte=row.wte, write_up_a_week=row.write_up_a_week)


def police_team_of(row: reading.PoliceTeam) -> PoliceTeam:
    return PoliceTeam(id=global_id("PoliceTeam", row.id), code=row.code, name=row.name, capacity=row.capacity)


def absence_of(row: reading.Absence) -> Absence:
    return Absence(id=global_id("Absence", row.id), from_=row.starts_at, to=row.ends_at, reason=row.reason)


async def iro_by_id(info: Info, identifier: UUID | None) -> Iro | None:
    """For edges of what the viewer sees; None for none."""
    row = None if identifier is None else await info.context.loaders.load(reading.officers, identifier)
    return None if row is None else iro_of(row)


async def the_iro(info: Info, identifier: UUID) -> Iro:
    """An IRO who must be there, since a row names her."""
    found = await iro_by_id(info, identifier)
    if found is None:
        raise NotFound("there is no such officer")
    return found


async def room_by_id(info: Info, identifier: UUID | None) -> Room | None:
    row = None if identifier is None else await info.context.loaders.load(reading.rooms, identifier)
    return None if row is None else room_of(row)


async def note_taker_by_id(info: Info, identifier: UUID | None) -> NoteTaker | None:
    row = None if identifier is None else await info.context.loaders.load(reading.note_takers, identifier)
    return None if row is None else note_taker_of(row)


async def police_team_by_id(info: Info, identifier: UUID | None) -> PoliceTeam | None:
    row = None if identifier is None else await info.context.loaders.load(reading.police_teams, identifier)
    return None if row is None else police_team_of(row)


def iros_page(page: Slice[reading.Officer], window: Window, count: Counting) -> IroConnection:
    edges = [IroEdge(cursor=cursor_of(row.code, row.id), node=iro_of(row)) for row in page.rows]
    return IroConnection(edges=edges, page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window), counting=count)


@strawberry.type
class DirectoryQuery:
    @strawberry.field
    def viewer(self, info: Info) -> Viewer:
        return Viewer(name=info.context.actor.name, role=info.context.actor.role)

    @strawberry.field
    async def iro(self, info: Info, code: str) -> Iro | None:
        row = await info.context.read(reading.officer_by_code, code, info.context.today)
        return None if row is None else iro_of(row)

    @strawberry.field
    async def iros(self, info: Info, first: int | None = 50, after: str | None = None) -> IroConnection:
        window, context = window_of(first, after), info.context
        page = await context.read(reading.officers_page, context.today, window)
        return iros_page(page, window, lambda: context.read(reading.officers_count, context.today))

    @strawberry.field
    async def rooms(self, info: Info) -> list[Room]:
        return [room_of(row) for row in await info.context.read(reading.all_rooms, info.context.today)]

    @strawberry.field
    async def note_takers(self, info: Info) -> list[NoteTaker]:
        return [note_taker_of(row) for row in await info.context.read(reading.all_note_takers, info.context.today)]

    @strawberry.field
    async def police_teams(self, info: Info) -> list[PoliceTeam]:
        return [police_team_of(row) for row in await info.context.read(reading.all_police_teams, info.context.today)]

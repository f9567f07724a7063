"""Foster households: carers whose approval is reviewed every year, whatever children live with them."""

from __future__ import annotations

import strawberry

from graph import described
from graph.context import Info
from graph.obligations import FosterHousehold, household_of
from graph.pagination import Counting, PageInfo, cursor_of, page_info, window_of
from services.history import reading_households as reading


@strawberry.type
class FosterHouseholdEdge:
    cursor: str
    node: FosterHousehold


@strawberry.type
class FosterHouseholdConnection:
    edges: list[FosterHouseholdEdge]
    page_info: PageInfo
    counting: strawberry.Private[Counting]

    @strawberry.field
    async def total_count(self) -> int:
        return await self.counting()


def _remembered(info: Info, row: reading.Household) -> FosterHousehold:
    info.context.loaders.remember(reading.households, row.id, row)
    return household_of(row.id, row.reference, row.approved_on)


@strawberry.type
class HouseholdQuery:
    @described.field("Foster households by reference, those whose approval has ended among them.")
    async def households(self, info: Info, first: int | None = 50, after: str | None = None) -> FosterHouseholdConnection:
        window, context = window_of(first, after), info.context
        page = await context.read(reading.households_page, window)
        edges = [FosterHouseholdEdge(cursor=cursor_of(row.reference, row.id), node=_remembered(info, row)) for row in page.rows]
        return FosterHouseholdConnection(
            edges=edges,
            page_info=page_info([edge.cursor for edge in edges], more=page.more, window=window),
            counting=lambda: context.read(reading.households_count),
        )

    @strawberry.field
    async def household(self, info: Info, reference: str) -> FosterHousehold | None:
        row = await info.context.read(reading.household_named, reference)
        return None if row is None else _remembered(info, row)

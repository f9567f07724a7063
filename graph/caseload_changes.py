"""Caseloads as they change, for as long as somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import strawberry

from graph import described
from graph.caseload import Caseload, caseload_of
from graph.context import Context, Info
from graph.runs import LOOK_EVERY, meet_again
from services.caseload import capacity, reading
from services.kernel.permission import Act, require
from services.kernel.words import CaseloadState

_Rows = Mapping[UUID, capacity.Caseload]


async def _look(context: Context) -> _Rows:
    """The caseloads in sight by now, and the token still good."""
    context.renew()
    found = await context.watch.look(context.resources.database, context.today)
    return {row.iro_id: row for row in reading.in_sight(context.actor, found)}


def _changed(before: _Rows, now: _Rows) -> list[capacity.Caseload]:
    """What is to be sent: whatever differs, and nothing for whoever has left and has handed over her last child."""
    changed = [row for row in now.values() if before.get(row.iro_id) != row]
    return [*changed, *(_empty(row) for row in before.values() if row.iro_id not in now)]


def _empty(row: capacity.Caseload) -> capacity.Caseload:
    nothing = Decimal(0)
    gone = replace(row, children=0, children_in_care=0, children_on_plans=0, households=0, points=nothing, next_change=None)
    return replace(gone, wte=nothing, reduced=nothing, limit=nothing, headroom=nothing, utilisation=None, state=CaseloadState.UNAVAILABLE)


@strawberry.type
class CaseloadSubscription:
    @described.subscription("Every caseload in sight, then each whenever it differs from what was last sent.")
    async def caseload_changes(self, info: Info) -> AsyncGenerator[Caseload, None]:
        context = info.context
        require(context.actor, Act.READ_CASELOADS)
        sent: _Rows = {}
        while True:
            now = await _look(context)
            if changed := _changed(sent, now):
                await meet_again(context)
                for row in changed:
                    yield caseload_of(row)
                sent = now
            await asyncio.sleep(LOOK_EVERY)

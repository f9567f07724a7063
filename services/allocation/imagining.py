"""The caseloads of a day under changes that are not made, for viewers."""

from __future__ import annotations

from asyncio import to_thread
from datetime import date

from services.allocation import store
from services.allocation.what_if import WhatIf, imagine, table_of
from services.caseload.capacity import Caseload
from services.kernel.actor import Actor
from services.kernel.permission import Act, Reach, reach
from services.platform.database import Connection


async def caseloads_if(connection: Connection, actor: Actor, on: date, what_if: WhatIf, today: date) -> tuple[Caseload, ...]:
    """The table of a day if these changes were made, as far as the viewer sees caseloads: all, an IRO's own, or none.

    Nothing is written. Under absences alone it is the table that a rebalancing of that day with the same officers absent
    starts from. Raises as `imagine` does.
    """
    far = reach(actor, Act.READ_CASELOADS)
    if far is Reach.NONE:
        return ()
    known = await store.load_known(connection, on)
    table = await to_thread(lambda: table_of(imagine(known, what_if)))  # thousands of new children take seconds
    return table if far is Reach.ALL else tuple(each for each in table if each.iro_id == actor.resource_id)

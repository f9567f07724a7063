"""The allocations that stand on the day a unit begins: written by the caseload, as decisions made elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from services.caseload import service as caseload
from services.intake import store
from services.intake.report import Finding
from services.intake.rules import Severity
from services.kernel.actor import Actor
from services.kernel.errors import Rejected
from services.platform.database import Connection

_REASON = "stood when the unit began"

_Row = Mapping[str, Any]


async def make_allocations(connection: Connection, actor: Actor, file_name: str, now: datetime) -> None:
    """Each accepted row stands from its day on. Of a child of whom the caseload refuses one row, none stands, and it is listed;
    that stops nobody else."""
    wanted = await store.allocations_to_make(connection)
    if await _refused_of(connection, actor, wanted, now) is None:
        await store.note_changed(connection, [row["child_id"] for row in wanted])
        return
    by_child: dict[str, list[_Row]] = defaultdict(list)
    for row in wanted:
        by_child[row["child"]].append(row)
    for rows in by_child.values():
        fault = await _refused_of(connection, actor, rows, now)
        if fault is None:
            await store.note_changed(connection, [row["child_id"] for row in rows])
        else:
            await store.add_findings(connection, [_finding(file_name, *fault)])


async def _refused_of(connection: Connection, actor: Actor, rows: Sequence[_Row], now: datetime) -> tuple[_Row, Rejected] | None:
    """None after all of them stand; else the first row of the day that was refused, and none of them stands."""
    at = rows[0] if rows else {}
    try:
        async with connection.transaction():
            for day, of_day in groupby(sorted(rows, key=itemgetter("from_day", "child")), key=itemgetter("from_day")):
                together = list(of_day)
                at = together[0]
                await _assign(connection, actor, day, together, now)
    except Rejected as fault:
        return at, fault
    return None


async def _assign(connection: Connection, actor: Actor, day: date, rows: Sequence[_Row], now: datetime) -> None:
    wanted = [
        caseload.Assignment(child_id=row["child_id"], iro_id=row["iro_id"], reason=_REASON, decision={"source": "ALLOCATIONS"})
        for row in rows
    ]
    await caseload.assign_many(connection, wanted, day, actor=actor, now=now, what="IMPORTED")


def _finding(file_name: str, row: _Row, fault: Rejected) -> Finding:
    return Finding(
        file_name=file_name,
        line=row["line"],
        element=None,
        child_reference=row["child"],
        rule="ALLOCATION_REFUSED",
        severity=Severity.REFUSED,
        message=str(fault),
    )

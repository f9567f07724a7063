"""The allocations that stand on the day a unit begins: written by the caseload, as decisions made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from services.caseload import service as caseload
from services.intake import store
from services.intake.report import Finding
from services.intake.rules import Severity
from services.kernel.actor import Actor
from services.kernel.errors import Rejected
from services.platform.database import Connection

_REASON = "stood when the unit began"


async def make_allocations(connection: Connection, actor: Actor, file_name: str, now: datetime) -> None:
    """Each accepted row stands from its day on; what the caseload refuses is listed and stops nobody else."""
    wanted = sorted(await store.allocations_to_make(connection), key=lambda row: (row["from_day"], row["child"]))
    for day, rows in groupby(wanted, key=lambda row: row["from_day"]):
        await _assign(connection, actor, file_name, day, list(rows), now)


async def _assign(
    connection: Connection, actor: Actor, file_name: str, day: date, rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    try:
        async with connection.transaction():
            for row in rows:
                await caseload.assign(
                    connection,
                    row["child_id"],
                    row["iro_id"],
                    day,
                    reason=_REASON,
                    actor=actor,
                    now=now,
                    decision={"source": "ALLOCATIONS"},
                    what="IMPORTED",
                )
    except Rejected as fault:
        if len(rows) > 1:
            for row in rows:
                await _assign(connection, actor, file_name, day, [row], now)
            return
        await store.add_findings(connection, [_refused(file_name, rows[0], fault)])
        return
    await store.note_changed(connection, [row["child_id"] for row in rows])


def _refused(file_name: str, row: Mapping[str, Any], fault: Rejected) -> Finding:
    return Finding(
        file_name=file_name,
        line=row["line"],
        element=None,
        child_reference=row["child"],
        rule="ALLOCATION_REFUSED",
        severity=Severity.REFUSED,
        message=str(fault),
    )

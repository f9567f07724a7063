"""Whether it was in time, as a client reads it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from services.history.service import rewrite_obligations
from services.history.store import record_held_in
from services.history.timescales import ensure_timescales
from services.kernel.words import MeetingKind
from tests.graph.stated import TODAY
from tests.support.graph import Graph
from tests.support.records import Records

SHOWN = '{ child(reference: "CH500") { obligations { triggeredOn timeliness } held { timeliness } } }'


async def test_an_adjourned_review_is_judged_by_the_units_own_days(graph: Graph, records: Records, now: datetime) -> None:
    """Held on the last day, 3 August 2026, and completed on 2 September, the 21st working day after it."""
    connection, child = records.connection, await records.child("CH500")
    await ensure_timescales(connection)
    await records.care_period(child, date(2026, 7, 6))
    await record_held_in(
        connection, child, MeetingKind.CARE_REVIEW, date(2026, 8, 3),
        participation=None, meeting_id=None, source="TEST", now=now, completed_on=date(2026, 9, 2),
    )  # fmt: skip
    await rewrite_obligations(connection, [child], TODAY)

    async def judged() -> set[Any]:
        shown = (await graph.ask(SHOWN)).data["child"]
        duty = next(each for each in shown["obligations"] if each["triggeredOn"] == "2026-07-06")
        return {duty["timeliness"], *(each["timeliness"] for each in shown["held"])}

    assert await judged() == {"LATE_ADJOURNED"}
    await connection.execute("UPDATE timescale SET amount = 21 WHERE code = 'ADJOURNED_COMPLETION'")
    assert await judged() == {"IN_TIME"}

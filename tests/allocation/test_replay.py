"""Whatever way a child got its IRO, what it weighed then comes out again from the scheme and the records of that instant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from services.allocation import service
from services.allocation.commands import AllocateTo, DecideRequest
from services.allocation.requests import Requested, allocate_to, decide_request
from services.allocation.service import AllocateChildren
from services.caseload.known import Replayed, replay
from services.caseload.scheming import SetWeightingScheme, set_scheme
from services.caseload.weights import ENGINE
from services.platform.database import Connection, Database
from tests.allocation.unit import MANAGER, OTHER, TODAY, Unit

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    async with database.connection() as opened:
        yield opened


@pytest.fixture
def unit(database: Database, connection: Connection) -> Unit:
    return Unit.of(database, connection)


def after(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


async def decided(unit: Unit) -> None:
    """At the door, by a run, by a person, and by another who approved a change: a decision of each kind, brothers and sisters too."""
    await unit.officer("IRO-01"), await unit.officer("IRO-02")
    for number in range(5):
        await unit.child(f"CH{number}", siblings="F1" if number < 3 else None)
    resources = unit.resources
    await service.allocate_now(resources, MANAGER, AllocateChildren(request_key="door", references=("CH0",)), after(1))
    by_person = AllocateTo(request_key="person", reference="CH3", iro_code="IRO-02", reason="she knows the family")
    await allocate_to(resources, MANAGER, by_person, after(2))
    await service.request_run(resources, MANAGER, AllocateChildren(request_key="run", references=None), after(3))
    await service.perform_waiting(resources, lambda: after(4))
    to = "IRO-01" if await unit.holder("CH4") == unit.iros["IRO-02"] else "IRO-02"
    change = AllocateTo(request_key="change", reference="CH4", iro_code=to, reason="wished")
    asked = await allocate_to(resources, MANAGER, change, after(5))
    assert isinstance(asked, Requested)
    await decide_request(resources, OTHER, DecideRequest(request_key="yes", id=asked.request_id, approve=True, reason="right"), after(6))


async def replayed(unit: Unit) -> list[Replayed]:
    events = await unit.connection.fetch("SELECT id FROM allocation_event ORDER BY number")
    return [await replay(unit.connection, row["id"]) for row in events]


async def test_every_decision_weighs_again_what_it_weighed_whatever_is_recorded_and_set_since(unit: Unit) -> None:
    await decided(unit)
    before = await replayed(unit)
    assert len(before) == 6
    assert all(each.is_same and each.then and each.scheme and each.as_of == TODAY for each in before)
    assert {each.then for each in before} >= {Decimal("1.25"), Decimal("1.15")}
    assert all(each.engine is not None and each.engine.endswith(ENGINE) for each in before)
    own = SetWeightingScheme(request_key="s", effective_from=TODAY, limit_per_wte=Decimal(70), factors={"IN_CARE": Decimal(3)})
    await set_scheme(unit.resources, MANAGER, own, after(10))
    for child in unit.children.values():
        held = [await unit.records.held(child, "CARE_REVIEW", date(2026, month, 6)) for month in (2, 5)]
        await unit.connection.execute("UPDATE held_record SET recorded = tstzrange($2, NULL) WHERE id = ANY($1)", held, after(11))
    await unit.connection.execute(
        "UPDATE sibling_group_member SET recorded = tstzrange(lower(recorded), $1) WHERE upper_inf(recorded)", after(12)
    )
    assert await replayed(unit) == before
    assert not replace(before[0], then=Decimal(9)).is_same

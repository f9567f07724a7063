"""kill -9 of whoever proposes, applies or undoes a rebalancing: it is done whole, or not at all and can be done again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.allocation.rebalancing import performing
from services.kernel.words import RunState
from tests.booking.conftest import unit_database
from tests.booking.world import at
from tests.races.conftest import until_gone
from tests.rebalancing.conftest import database_url, world
from tests.rebalancing.process import started
from tests.rebalancing.unit import Caseloads, searching

__all__ = ["database_url", "unit_database", "world"]

_ALL = (
    "allocation",
    "allocation_event",
    "meeting",
    "hold",
    "meeting_event",
    "notice",
    "letter",
    "rebalancing_move",
    "rebalancing_meeting",
    "audit_event",
)


async def everything(world: Caseloads) -> dict[str, list[str]]:
    """Every row of what a rebalancing may change."""
    return {table: sorted(str(tuple(row)) for row in await world.sql(f"SELECT * FROM {table}")) for table in _ALL}


async def two_with_meetings(world: Caseloads) -> None:
    await world.review("CH1"), await world.review("CH2")
    await world.book_review("CH1", starts_at=at(date(2026, 9, 8), "10:00"))
    await world.book_review("CH2", starts_at=at(date(2026, 9, 9), "10:00"))


async def held_and_killed(url: str, deed: str, **asked: Any) -> None:
    """True afterwards: nothing is left of the process, in the database neither."""
    with started() as process:
        process.ask(url, deed, **asked)
        await process.is_held()
    owner = await asyncpg.connect(url)
    await until_gone(owner, "process")
    await owner.close()


async def test_a_worker_killed_while_it_searches_leaves_nothing_and_another_takes_it_up(
    world: Caseloads, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.settled("CH1", iro="IRO-01")
    found = await world.ask()
    await held_and_killed(database_url, "search_for_ever")
    read = await world.read(found)
    assert (read.state, read.before, await world.moves(found)) == (RunState.RUNNING, (), [])
    assert await world.perform() == 0, "it may still be alive: for a minute nobody else begins"
    await another_takes_it_up(world, found, monkeypatch)
    assert len(await world.moves(found)) == 1


async def test_a_worker_killed_before_it_commits_has_proposed_nothing(
    world: Caseloads, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_with_meetings(world)
    found = await world.ask()
    before = await everything(world)
    await held_and_killed(database_url, "work", moves={"CH1": "IRO-02"}, hold=2)
    assert await everything(world) == before
    await another_takes_it_up(world, found, monkeypatch)
    assert len((await world.moves(found))[0].meetings) == 1


async def another_takes_it_up(world: Caseloads, found: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the first has been silent for a minute."""
    await world.sql("UPDATE rebalancing SET heartbeat_at = clock_timestamp() - interval '61 seconds'")
    monkeypatch.setattr(performing, "solve_apart", searching({"CH1": "IRO-02"}))
    assert await world.perform() == 1
    assert (await world.read(found)).state is RunState.PROPOSED


@pytest.mark.parametrize("deed", ["apply", "undo"])
async def test_killed_before_it_commits_nothing_is_done_and_the_same_request_does_it(
    world: Caseloads, database_url: str, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    await two_with_meetings(world)
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02", "CH2": "IRO-02"})
    if deed == "undo":
        await world.apply(found)
    before, state = await everything(world), (await world.read(found)).state
    await held_and_killed(database_url, deed, id=str(found), key="the same", hold=1)
    assert (await everything(world), (await world.read(found)).state) == (before, state)
    again = world.apply if deed == "apply" else world.undo
    assert [each.applied for each in (await again(found, request_key="the same")).results] == [True, True]
    officer = "IRO-02" if deed == "apply" else "IRO-01"
    assert set((await world.holders()).values()) == {officer}
    chairs = await world.sql("SELECT DISTINCT code FROM meeting JOIN resource ON resource.id = chair_id")
    assert [row["code"] for row in chairs] == [officer]


async def test_killed_once_it_has_committed_the_same_request_hears_what_was_done_and_does_it_no_second_time(
    world: Caseloads, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await two_with_meetings(world)
    found = await world.proposed(monkeypatch, {"CH1": "IRO-02"})
    with started() as process:
        process.ask(database_url, "apply", id=str(found), key="the same")
        assert await process.answer() == {"applied": [True]}
    done = await everything(world)
    assert [each.applied for each in (await world.apply(found, request_key="the same")).results] == [True]
    assert await everything(world) == done

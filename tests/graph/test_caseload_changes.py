"""Caseloads followed over a real server: sent once as they are, then each as it changes, as long as the viewer may see it."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from services.caseload import service, watching
from services.caseload.watching import Watch
from services.kernel.words import Role
from services.platform.database import Connection
from tests.graph.conftest import Authority
from tests.graph.proposed import TODAY, rebalancing
from tests.graph.test_following import _hear, _say, connected, served
from tests.support.graph import Graph, global_id
from tests.support.records import Records

FOLLOW = "subscription { caseloadChanges { iro { code } children points limit state } }"
REBALANCING = "subscription ($id: ID!) { rebalancingProgress(id: $id) { state progress moves { id } } }"


async def _heard(wire: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await _hear(wire))["payload"]["data"]["caseloadChanges"]
    return found


async def test_caseloads_are_sent_as_they_are_and_then_whenever_one_differs(graph: Graph, authority: Authority, records: Records) -> None:
    async with served(graph) as port, connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
        await _hear(wire)
        await _say(wire, FOLLOW, {})
        first = [await _heard(wire) for _ in range(2)]
        assert [(row["iro"]["code"], row["children"]) for row in first] == [("IRO-01", 1), ("IRO-02", 1)]
        child = await records.child("CH100")
        await records.care_period(child, date(2026, 8, 10))
        await records.allocation(child, authority.colleague)
        changed = await _heard(wire)
        assert (changed["iro"]["code"], changed["children"]) == ("IRO-02", 2)
        await records.connection.execute("UPDATE contract SET wte = 0.5 WHERE resource_id = $1", authority.officer)
        assert (await _heard(wire))["limit"] == "45"
        await records.connection.execute(
            "UPDATE resource SET active = daterange('2020-01-01', '2026-09-01') WHERE id = $1", authority.officer
        )
        assert (await _heard(wire))["state"] == "UNAVAILABLE"
        await records.connection.execute("DELETE FROM allocation WHERE iro_id = $1", authority.officer)
        gone = await _heard(wire)
        assert gone == {"iro": {"code": "IRO-01"}, "children": 0, "points": "0", "limit": "0", "state": "UNAVAILABLE"}


async def test_an_officer_follows_her_own_caseload_until_she_leaves(graph: Graph, authority: Authority, records: Records) -> None:
    async with served(graph) as port, connected(port, {"token": graph.token(Role.IRO, "IRO-01")}) as wire:
        await _hear(wire)
        await _say(wire, FOLLOW, {})
        assert (await _heard(wire))["iro"]["code"] == "IRO-01"
        await records.connection.execute("UPDATE contract SET wte = 0.4 WHERE resource_id = $1", authority.colleague)
        await records.connection.execute("UPDATE contract SET wte = 0.5 WHERE resource_id = $1", authority.officer)
        assert ((changed := await _heard(wire))["iro"]["code"], changed["limit"]) == ("IRO-01", "45")
        await records.connection.execute(
            "UPDATE resource SET active = daterange('2020-01-01', '2026-09-01') WHERE id = $1", authority.officer
        )
        assert "errors" in (await _hear(wire))["payload"]
        assert (await _hear(wire))["type"] == "complete"


@pytest.mark.parametrize("role", [Role.NOTE_TAKER, Role.POLICE_LIAISON, Role.SOCIAL_WORKER])
async def test_whoever_sees_no_caseload_follows_none(graph: Graph, authority: Authority, role: Role) -> None:
    code = {Role.NOTE_TAKER: "NT-01", Role.POLICE_LIAISON: "POL-01"}.get(role)
    async with served(graph) as port, connected(port, {"token": graph.token(role, code)}) as wire:
        await _hear(wire)
        await _say(wire, FOLLOW, {})
        assert (await _hear(wire))["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_following_ends_with_the_token(graph: Graph, authority: Authority, records: Records) -> None:
    late = [False]

    def clock() -> datetime:
        return graph.clock() + (timedelta(hours=2) if late[0] else timedelta())

    async with served(graph, clock) as port, connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
        await _hear(wire)
        await _say(wire, FOLLOW, {})
        for _ in range(2):
            await _heard(wire)
        late[0] = True
        assert (await _hear(wire))["payload"]["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_whoever_stops_listening_or_hangs_up_keeps_nobody_else_from_following(
    graph: Graph, authority: Authority, records: Records
) -> None:
    async with served(graph) as port, connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
        await _hear(wire)
        await _say(wire, FOLLOW, {})
        for _ in range(2):
            await _heard(wire)
        async with connected(port, {"token": graph.token(Role.MANAGER)}) as other:
            await _hear(other)
            await _say(other, FOLLOW, {})
            await _heard(other)
            other.transport.abort()  # without a word, with a caseload on the way
        await wire.send(json.dumps({"id": "1", "type": "complete"}))
        await _say(wire, FOLLOW, {}, "2")
        assert [(await _heard(wire))["iro"]["code"] for _ in range(2)] == ["IRO-01", "IRO-02"]
        await records.connection.execute("UPDATE contract SET wte = 0.5 WHERE resource_id = $1", authority.officer)
        changed = await _hear(wire)
        assert (changed["id"], changed["payload"]["data"]["caseloadChanges"]["limit"]) == ("2", "45")


async def test_caseloads_are_computed_once_for_all_who_look_and_again_only_once_something_was_written(
    graph: Graph, authority: Authority, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = 0
    compute = service.caseloads

    async def counted(connection: Connection, on: date) -> Any:
        nonlocal computed
        computed += 1
        return await compute(connection, on)

    monkeypatch.setattr(service, "caseloads", counted)
    monkeypatch.setattr(watching, "_REST", -1)
    watch = Watch()
    first = [await watch.look(graph.database, TODAY) for _ in range(5)]
    assert (computed, len(first[0]), all(each is first[0] for each in first)) == (1, 2, True)
    graph.database.statements.clear()
    await watch.look(graph.database, TODAY)
    assert len(graph.database.statements) == 3  # begin, what was seen, commit
    await records.allocation(await records.child("CH100"), authority.officer)
    assert (await watch.look(graph.database, TODAY), computed) == (first[0], 2)
    await watch.look(graph.database, TODAY + timedelta(days=1))
    assert computed == 3


async def test_it_rests_ten_times_as_long_as_it_computes_except_for_another_day(
    graph: Graph, authority: Authority, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_REST", 1_000_000)
    watch = Watch()
    first = await watch.look(graph.database, TODAY)
    await records.connection.execute("UPDATE contract SET wte = 0.5 WHERE resource_id = $1", authority.officer)
    assert await watch.look(graph.database, TODAY) is first
    assert (await watch.look(graph.database, TODAY + timedelta(days=1)))[0].limit == 45


async def test_a_rebalancing_is_followed_until_it_is_proposed(graph: Graph, authority: Authority, records: Records) -> None:
    identifier = await rebalancing(records.connection, authority, state="RUNNING")
    await records.connection.execute("UPDATE rebalancing SET progress = 0.25")
    async with served(graph) as port:
        async with connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
            await _hear(wire)
            await _say(wire, REBALANCING, {"id": global_id("Rebalancing", identifier)})
            first = (await _hear(wire))["payload"]["data"]["rebalancingProgress"]
            assert (first["state"], first["progress"], len(first["moves"])) == ("RUNNING", 0.25, 1)
            await records.connection.execute("UPDATE rebalancing SET progress = 1, state = 'PROPOSED'")
            assert (await _hear(wire))["payload"]["data"]["rebalancingProgress"]["state"] == "PROPOSED"
            assert await _hear(wire) == {"id": "1", "type": "complete"}
        for role, code in ((Role.BUSINESS_SUPPORT, None), (Role.IRO, "IRO-01"), (Role.SERVICE, None), (Role.AUDITOR, None)):
            async with connected(port, {"token": graph.token(role, code)}) as wire:
                await _hear(wire)
                await _say(wire, REBALANCING, {"id": global_id("Rebalancing", identifier)})
                assert (await _hear(wire))["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND", role

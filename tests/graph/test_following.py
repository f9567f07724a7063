"""Subscriptions over a real server: graphql-transport-ws with the token in `connection_init`, and server-sent events."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from websockets.typing import Subprotocol

from graph import limits
from graph.app import build_app
from services.directory import reading
from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.support.graph import Graph, global_id
from tests.support.records import Records

PLAN = "subscription ($id: ID!) { planProgress(id: $id) { state progress placed } }"


@asynccontextmanager
async def served(graph: Graph, clock: Callable[[], datetime] | None = None) -> AsyncIterator[int]:
    """The application on a free port of loopback."""
    config = uvicorn.Config(
        build_app(graph.resources, clock or graph.clock), port=0, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))  # connections wait in its queue until the server takes them
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def connected(port: int, shown: dict[str, Any] | None) -> AsyncIterator[Any]:
    async with websockets.connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as wire:
        await wire.send(json.dumps({"type": "connection_init", **({} if shown is None else {"payload": shown})}))
        yield wire


async def _say(wire: Any, document: str, variables: dict[str, Any], name: str = "1") -> None:
    await wire.send(json.dumps({"id": name, "type": "subscribe", "payload": {"query": document, "variables": variables}}))


async def _hear(wire: Any) -> dict[str, Any]:
    heard: dict[str, Any] = json.loads(await asyncio.wait_for(wire.recv(), 300))
    return heard


async def test_a_plan_is_followed_until_it_is_proposed(graph: Graph, authority: Authority, records: Records) -> None:
    plan = await records.plan(state="RUNNING")
    await records.connection.execute("UPDATE plan SET progress = 0.25, placed = NULL")
    async with served(graph) as port, connected(port, {"Authorization": f"Bearer {graph.token(Role.MANAGER)}"}) as wire:
        assert (await _hear(wire))["type"] == "connection_ack"
        await _say(wire, PLAN, {"id": global_id("Plan", plan)})
        first = await _hear(wire)
        assert first["payload"]["data"] == {"planProgress": {"state": "RUNNING", "progress": 0.25, "placed": None}}
        await records.connection.execute("UPDATE plan SET progress = 1, state = 'PROPOSED', placed = 7")
        assert (await _hear(wire))["payload"]["data"] == {"planProgress": {"state": "PROPOSED", "progress": 1.0, "placed": 7}}
        assert await _hear(wire) == {"id": "1", "type": "complete"}


_NO_MESSAGES: list[str] = [
    "nope", "[]", "5", "[" * 50_000, '{"type": "pong", "payload": ' + "1" * 5_000 + "}", '{"type": "\\ud800"}', '{"type": ["ping"]}',
    json.dumps({"type": "x" * 500}), '{"type": "complete", "id": {}}', '{"type": "subscribe", "id": [], "payload": {"query": "{ a }"}}',
    '{"type": "subscribe", "id": "1", "payload": 5}', '{"type": "subscribe", "id": "1", "payload": {"query": 5}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { name } }", "variables": [1]}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { name } }", "operationName": 5}}',
    json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ viewer { name } }", "operationName": "x" * 500}}),
]  # fmt: skip


async def test_what_is_no_message_of_the_protocol_closes_the_socket_in_good_order(
    graph: Graph, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    async with served(graph) as port:
        for message in _NO_MESSAGES:
            async with connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
                assert (await _hear(wire))["type"] == "connection_ack"
                await wire.send(message)
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await _hear(wire)
                assert (closed.value.rcvd and closed.value.rcvd.code) == 4400, message[:80]
    assert "graph.fault" not in "".join(capsys.readouterr())


async def test_whoever_leaves_while_connected_is_told_nothing_more(graph: Graph, authority: Authority, records: Records) -> None:
    everything = '{ meetings(filter: {from: "2026-09-01", to: "2026-09-30"}) { totalCount } }'
    async with served(graph) as port, connected(port, {"token": graph.token(Role.IRO, "IRO-01")}) as wire:
        assert (await _hear(wire))["type"] == "connection_ack"
        await _say(wire, everything, {}, "1")
        assert (await _hear(wire))["payload"]["data"] == {"meetings": {"totalCount": 2}}
        assert (await _hear(wire))["type"] == "complete"
        await records.connection.execute(
            "UPDATE resource SET active = daterange('2020-01-01', '2026-09-01') WHERE id = $1", authority.officer
        )
        await _say(wire, everything, {}, "2")
        heard = await _hear(wire)
        assert (heard["type"], "data" in str(heard)) == ("error", False)


_NO_TOKENS: list[dict[str, Any] | None] = [None, {}, {"token": "x.y.z"}, {"Authorization": "Bearer nonsense"}, {"token": 5}]


async def test_a_socket_without_a_valid_token_is_closed_unheard(graph: Graph) -> None:
    for shown in _NO_TOKENS:
        async with served(graph) as port, connected(port, shown) as wire:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await _hear(wire)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403


async def test_over_a_socket_the_same_rights_limits_and_expiry_hold(graph: Graph, authority: Authority, records: Records) -> None:
    plan, late = await records.plan(state="RUNNING"), [False]

    def clock() -> datetime:
        return graph.clock() + (timedelta(hours=2) if late[0] else timedelta())

    async with served(graph, clock) as port, connected(port, {"token": graph.token(Role.NOTE_TAKER, "NT-01")}) as wire:
        await _hear(wire)
        await _say(wire, PLAN, {"id": global_id("Plan", plan)})
        refused = await _hear(wire)
        assert refused["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert (await _hear(wire))["type"] == "complete"
        await _say(wire, "{ iros(first: 100) { edges { node { children(first: 100) { edges { node { id } } } } } } }", {}, "2")
        assert (await _hear(wire))["payload"][0]["extensions"]["code"] == "TOO_MUCH"
        await _say(wire, "{ viewer { role } }", {}, "3")
        assert (await _hear(wire))["payload"]["data"] == {"viewer": {"role": "NOTE_TAKER"}}
        assert (await _hear(wire))["type"] == "complete"
        late[0] = True
        await _say(wire, "{ viewer { role } }", {}, "4")
        assert (await _hear(wire))["payload"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_child_seen_over_a_socket_is_on_record_before_it_is_shown(graph: Graph, authority: Authority, records: Records) -> None:
    async with served(graph) as port, connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
        await _hear(wire)
        await _say(wire, '{ child(reference: "CH001") { reference } }', {})
        assert (await _hear(wire))["payload"]["data"]["child"]["reference"] == "CH001"
        seen = await records.connection.fetchval("SELECT count(*) FROM audit_event WHERE action = 'READ_CHILD'")
        assert seen == 1


async def test_a_run_is_followed_by_server_sent_events(graph: Graph, authority: Authority, records: Records) -> None:
    run = await records.allocation_run(state="PROPOSED")
    document = "subscription ($id: ID!) { allocationProgress(id: $id) { state progress } }"
    headers = {"Authorization": f"Bearer {graph.token(Role.MANAGER)}", "Accept": "text/event-stream"}
    async with served(graph) as port, httpx.AsyncClient(timeout=300) as client:
        body = {"query": document, "variables": {"id": global_id("AllocationRun", run)}}
        answer = await client.post(f"http://127.0.0.1:{port}/graphql", json=body, headers=headers)
        refused = await client.post(f"http://127.0.0.1:{port}/graphql", json=body, headers={"Accept": "text/event-stream"})
    assert refused.status_code == 401
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
    assert json.loads(events[0])["data"] == {"allocationProgress": {"state": "PROPOSED", "progress": 1.0}}
    assert "event: complete" in answer.text


async def test_a_query_over_a_socket_is_cut_off_when_it_takes_too_long(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(*_: object) -> list[object]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(limits, "SECONDS", 0.05)
    monkeypatch.setattr(reading, "all_rooms", slow)
    async with served(graph) as port, connected(port, {"token": graph.token(Role.MANAGER)}) as wire:
        await _hear(wire)
        await _say(wire, "{ rooms { code } }", {})
        assert (await _hear(wire))["payload"]["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert (await _hear(wire))["type"] == "complete"

"""Rebalancing over the graph: what a proposal shows, in how many statements, and a real one from asking to undoing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.allocation.rebalancing.service import perform_waiting_rebalancings
from tests.graph.conftest import Authority
from tests.graph.proposed import move, rebalancing
from tests.support.graph import Graph, global_id
from tests.support.records import Records

SHOWN = """
  id state progress maxMoves targetUtilisation asOf absentIros { code } worstUtilisation worstUtilisationBound message
  requestedBy requestedAt appliedBy appliedAt applyReason undoneBy undoneAt
  before { iro { code } points limit state } after { iro { code } points }
  leftBehind { children { reference } iro { code } reasons }
  moves { id children { reference } from { code } to { code } points reasons meetingsDisturbed { reference }
    meetings { chair notices message meeting { reference chair { code } } } }
  results { id applied message }
"""
READ = f"query ($id: ID!) {{ rebalancing(id: $id) {{ {SHOWN} }} }}"


async def test_a_proposal_shows_what_it_would_change_and_what_it_would_disturb(
    graph: Graph, authority: Authority, records: Records
) -> None:
    identifier = await rebalancing(records.connection, authority)
    found = (await graph.ask(READ, {"id": global_id("Rebalancing", identifier)})).data["rebalancing"]
    assert (found["id"], found["state"], found["maxMoves"]) == (global_id("Rebalancing", identifier), "PROPOSED", 5)
    assert (found["targetUtilisation"], found["asOf"], found["absentIros"]) == ("0.95", "2026-09-01", [{"code": "IRO-01"}])
    assert [each["iro"]["code"] for each in found["before"]] == [each["iro"]["code"] for each in found["after"]] == ["IRO-01", "IRO-02"]
    assert (found["worstUtilisation"], found["worstUtilisationBound"], found["message"]) == ("0.5", "0.4", "one move")
    (only,) = found["moves"]
    assert (only["children"], only["from"], only["to"]) == ([{"reference": "CH001"}], {"code": "IRO-01"}, {"code": "IRO-02"})
    assert (only["points"], only["reasons"]) == ("1.25", ["the fullest officer is relieved"])
    assert only["meetingsDisturbed"] == [{"reference": "M-OWN1-OWN1"}]
    assert only["meetings"] == [
        {"chair": "REPLACED", "notices": 3, "message": "she is free then",
         "meeting": {"reference": "M-OWN1-OWN1", "chair": {"code": "IRO-01"}}},
    ]  # fmt: skip
    assert found["leftBehind"] == [{"children": [{"reference": "CH002"}], "iro": {"code": "IRO-02"}, "reasons": ["nobody has room"]}]


async def test_whoever_is_in_a_proposal_is_on_record_as_seen(graph: Graph, authority: Authority, records: Records) -> None:
    identifier = global_id("Rebalancing", await rebalancing(records.connection, authority))
    for fields, seen in (
        ("state before { points }", []),
        ("moves { id points }", [authority.own]),
        ("leftBehind { reasons }", [authority.other]),
        ("... on Rebalancing { id }", []),
    ):
        await records.connection.execute("SET ROLE NONE")
        await records.connection.execute("TRUNCATE audit_event")
        await graph.ask(f"query ($id: ID!) {{ node(id: $id) {{ ... on Rebalancing {{ {fields} }} }} }}", {"id": identifier})
        rows = await records.connection.fetch("SELECT subject FROM audit_event WHERE action = 'READ_CHILD'")
        assert [row["subject"] for row in rows] == [f"child:{child}" for child in seen]


async def test_more_moves_take_no_more_statements(graph: Graph, authority: Authority, records: Records) -> None:
    identifier = await rebalancing(records.connection, authority)
    few = await graph.ask(READ, {"id": global_id("Rebalancing", identifier)})
    for number in range(2, 9):
        child = await records.child(f"CH1{number}")
        meeting = await records.meeting(
            f"M-MOR{number}-AAAA", datetime(2026, 9, 10, 9, tzinfo=UTC) + timedelta(days=number), [(child, None)], chair=authority.colleague
        )
        await move(records.connection, identifier, number, [child], authority.colleague, authority.officer, meetings=[meeting])
    many = await graph.ask(READ, {"id": global_id("Rebalancing", identifier)})
    assert len(many.data["rebalancing"]["moves"]) == 8
    # the rebalancing; its moves; officers, at two levels; meetings; who chairs them; and the record of who saw whom
    assert len(many.statements) == len(few.statements) <= 7


ASK = """mutation ($input: ProposeRebalancingInput!) { proposeRebalancing(input: $input) { __typename
  ... on RebalancingQueued { rebalancing { id state before { points } after { points } moves { id } } }
  ... on InvalidInput { message field } ... on NotFound { message } } }"""
APPLY = """mutation ($input: ApplyRebalancingInput!) { applyRebalancing(input: $input) { __typename
  ... on Applied { results { id applied message } } ... on InvalidInput { message field } ... on NotFound { message }
  ... on Superseded { message } } }"""
ACT = """mutation ($input: RunActionInput!) { %s(input: $input) { __typename
  ... on Applied { results { id applied message } } ... on InvalidInput { message field } ... on NotFound { message } } }"""


async def _do(graph: Graph, document: str, **stated: Any) -> dict[str, Any]:
    (found,) = (await graph.ask(document, {"input": stated})).data.values()
    assert isinstance(found, dict)
    return found


async def _proposed(graph: Graph, authority: Authority, records: Records) -> dict[str, Any]:
    """Thirteen children are with IRO-01 and one with IRO-02; at most two are to move, and the worker has found which."""
    for number in range(12):
        child = await records.child(f"CH1{number:02}")
        await records.care_period(child, date(2026, 1, 5))
        await records.allocation(child, authority.officer)
    asked = await _do(graph, ASK, requestKey="ask", maxMoves=2, keepReferences=["CH001"], absentIros=None)
    queued = asked["rebalancing"]
    assert (queued["state"], queued["before"], queued["after"], queued["moves"]) == ("QUEUED", [], None, [])
    assert await _do(graph, ASK, requestKey="ask", maxMoves=2, keepReferences=["CH001"], absentIros=None) == asked
    assert await perform_waiting_rebalancings(graph.resources, graph.clock) == 1
    found: dict[str, Any] = (await graph.ask(READ, {"id": queued["id"]})).data["rebalancing"]
    return found


async def test_a_rebalancing_is_asked_for_looked_at_applied_and_undone(graph: Graph, authority: Authority, records: Records) -> None:
    proposal = await _proposed(graph, authority, records)
    moved = [each["children"][0]["reference"] for each in proposal["moves"]]
    assert (proposal["state"], len(moved), "CH001" in moved) == ("PROPOSED", 2, False)
    assert float(proposal["worstUtilisation"]) >= float(proposal["worstUtilisationBound"])
    now = {row["iro"]["code"]: row["points"] for row in (await graph.ask("{ caseloads { iro { code } points } }")).data["caseloads"]}
    assert {row["iro"]["code"]: row["points"] for row in proposal["before"]} == now
    first, second = [each["id"] for each in proposal["moves"]]
    one = await _do(graph, APPLY, requestKey="apply", id=proposal["id"], moveIds=[first], reason="she is to be relieved")
    assert one == {"__typename": "Applied", "results": [{"id": first, "applied": True, "message": None}]}
    whose = "query ($reference: String!) { child(reference: $reference) { iro { code } } }"
    assert (await graph.ask(whose, {"reference": moved[0]})).data["child"]["iro"] == {"code": "IRO-02"}
    assert (await graph.ask(whose, {"reference": moved[1]})).data["child"]["iro"] == {"code": "IRO-01"}
    applied = (await graph.ask(READ, {"id": proposal["id"]})).data["rebalancing"]
    assert (applied["state"], applied["appliedBy"], applied["applyReason"]) == ("APPLIED", "manager:MANAGER", "she is to be relieved")
    assert applied["results"][0] == {"id": first, "applied": True, "message": None}
    again = await _do(graph, APPLY, requestKey="again", id=proposal["id"], moveIds=[second], reason="r")
    assert (again["__typename"], again["field"]) == ("InvalidInput", "id")
    undone = await _do(graph, ACT % "undoRebalancing", requestKey="undo", id=proposal["id"], reason="it was the wrong week")
    assert [(each["id"], each["applied"]) for each in undone["results"]] == [(first, True)]
    assert (await graph.ask(whose, {"reference": moved[0]})).data["child"]["iro"] == {"code": "IRO-01"}
    assert (await graph.ask(READ, {"id": proposal["id"]})).data["rebalancing"]["undoneBy"] == "manager:MANAGER"


async def test_a_proposal_that_the_world_has_overtaken_applies_nothing_and_says_so(
    graph: Graph, authority: Authority, records: Records
) -> None:
    proposal = await _proposed(graph, authority, records)
    (name,) = [child["reference"] for child in proposal["moves"][0]["children"]]
    await records.connection.execute(
        "UPDATE allocation SET iro_id = $1 WHERE child_id = (SELECT id FROM child WHERE reference = $2)", authority.colleague, name
    )
    before = await records.connection.fetchval("SELECT count(*) FROM allocation_event")
    said = await _do(graph, APPLY, requestKey="apply", id=proposal["id"], reason="r")
    assert said["__typename"] == "Superseded"
    assert name in said["message"]
    assert await records.connection.fetchval("SELECT count(*) FROM allocation_event") == before
    assert (await graph.ask(READ, {"id": proposal["id"]})).data["rebalancing"]["state"] == "SUPERSEDED"


async def test_a_rebalancing_that_is_wanted_no_more_is_cancelled_before_the_worker_has_it(
    graph: Graph, authority: Authority, records: Records
) -> None:
    asked = (await _do(graph, ASK, requestKey="ask", maxMoves=2))["rebalancing"]
    assert await _do(graph, ACT % "cancelRun", requestKey="cancel", id=asked["id"]) == {"__typename": "Applied", "results": []}
    assert await perform_waiting_rebalancings(graph.resources, graph.clock) == 0
    assert (await graph.ask(READ, {"id": asked["id"]})).data["rebalancing"]["state"] == "CANCELLED"
    twice = await _do(graph, ACT % "cancelRun", requestKey="twice", id=asked["id"])
    assert (twice["__typename"], twice["field"]) == ("InvalidInput", "id")


_MISTAKES: list[tuple[dict[str, Any], str, str | None]] = [
    ({"maxMoves": 0}, "InvalidInput", "maxMoves"),
    ({"maxMoves": 1_000_000}, "InvalidInput", "maxMoves"),
    ({"maxMoves": 3, "targetUtilisation": "95"}, "InvalidInput", "targetUtilisation"),
    ({"maxMoves": 3, "targetUtilisation": "0"}, "InvalidInput", "targetUtilisation"),
    ({"maxMoves": 3, "absentIros": ["IRO-01", "IRO-02"]}, "InvalidInput", "absentIros"),
    ({"maxMoves": 3, "absentIros": ["IRO-99"]}, "NotFound", None),
    ({"maxMoves": 3, "keepReferences": ["CH999"]}, "NotFound", None),
]


async def test_what_cannot_be_meant_is_refused_by_the_field(graph: Graph, authority: Authority) -> None:
    for number, (stated, kind, field) in enumerate(_MISTAKES):
        said = await _do(graph, ASK, requestKey=f"k{number}", **stated)
        assert (said["__typename"], said.get("field")) == (kind, field), stated
        assert len(said["message"]) > 15
    move_of_another = global_id("Placement", authority.own)
    said = await _do(graph, APPLY, requestKey="x", id=global_id("Rebalancing", authority.own), moveIds=[move_of_another], reason="r")
    assert said["__typename"] == "NotFound"

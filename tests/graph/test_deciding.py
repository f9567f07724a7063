"""A person's own decisions over the graph: candidates, an officer of her choice, another manager's approval, who waits."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.proposed import request
from tests.support.graph import Answer, Graph, global_id
from tests.support.records import Records

_KEYS = count()
_DECISION = """allocation { iro { code } child { reference } reason approvedBy } reasons points engine knownAt order costs
  recommended { code } scheme { limitPerWte } rejected { iro { code } code message source wouldFitIf }"""
_REQUEST = """id state reason needsApprovalFor askedBy decidedBy decidedReason overtakenBecause costs child { reference } iro { code }
  from { code }  recommended { code }"""
CANDIDATES = """query ($reference: String!) { candidates(reference: $reference) { iro { code } rank recommended holds code message
  wouldFitIf source pointsAfter limit utilisationAfter reasons needsApprovalFor } }"""
ALLOCATE = f"""mutation ($input: AllocateToInput!) {{ allocateTo(input: $input) {{ __typename
  ... on ChildrenAllocated {{ decisions {{ {_DECISION} }} }} ... on AllocationRequested {{ request {{ {_REQUEST} }} }}
  ... on NotEligible {{ message code }} ... on InvalidInput {{ message field }} ... on NotFound {{ message }} }} }}"""
DECIDE = f"""mutation ($input: DecideAllocationRequestInput!) {{ decideAllocationRequest(input: $input) {{ __typename
  ... on AllocationRequestDecided {{ request {{ {_REQUEST} }} decision {{ {_DECISION} }} }}
  ... on Forbidden {{ message }} ... on InvalidInput {{ message field }} }} }}"""


async def _do(graph: Graph, document: str, *, name: str | None = None, **stated: Any) -> dict[str, Any]:
    """`name`: another manager than the usual one."""
    body = {"requestKey": f"key-{next(_KEYS)}", **stated}
    (found,) = (await graph.ask(document, {"input": body}, code=name)).data.values()
    assert isinstance(found, dict)
    return found


async def _waiting_child(records: Records, reference: str = "CH004") -> str:
    await records.care_period(await records.child(reference), date(2026, 8, 24))
    return reference


async def _had_charge(records: Records, authority: Authority, reference: str) -> None:
    await records.connection.execute(
        "INSERT INTO may_not_chair (iro_id, child_reference, reason, source, ground) VALUES ($1, $2, 'knew it', 'TEST', 'HAD_CHARGE')",
        authority.colleague,
        reference,
    )


async def test_candidates_are_ranked_with_what_each_would_mean(graph: Graph, authority: Authority, records: Records) -> None:
    reference = await _waiting_child(records)
    await _had_charge(records, authority, "CH004")
    answer = await graph.ask(CANDIDATES, {"reference": reference})
    best, barred = answer.data["candidates"]
    assert (best["iro"]["code"], best["rank"], best["recommended"], best["code"], best["needsApprovalFor"]) == ("IRO-01", 1, True, None, [])
    assert (best["limit"], best["holds"]) == ("90", False)
    assert float(best["pointsAfter"]) > 1
    assert (barred["iro"]["code"], barred["rank"], barred["code"], barred["recommended"]) == ("IRO-02", None, "INDEPENDENCE", False)
    assert "46" in barred["source"]
    seen = await records.connection.fetch("SELECT subject FROM audit_event WHERE action = 'READ_CHILD'")
    child = await records.connection.fetchval("SELECT id FROM child WHERE reference = 'CH004'")
    assert [row["subject"] for row in seen] == [f"child:{child}"]


async def test_a_choice_against_the_recommendation_is_done_and_its_reason_kept(
    graph: Graph, authority: Authority, records: Records
) -> None:
    reference = await _waiting_child(records)
    told = (await graph.ask(CANDIDATES, {"reference": reference})).data["candidates"]
    recommended, other = [next(each["iro"]["code"] for each in told if each["recommended"] is flag) for flag in (True, False)]
    said = await _do(graph, ALLOCATE, reference=reference, iroCode=other, reason="she speaks the family's language")
    (decision,) = said["decisions"]
    assert (decision["allocation"]["iro"]["code"], decision["allocation"]["reason"]) == (other, "she speaks the family's language")
    assert decision["recommended"] == {"code": recommended}
    assert decision["costs"]
    assert (decision["scheme"], decision["knownAt"]) == ({"limitPerWte": "90"}, "2026-09-01T09:00:00+00:00")
    assert float(decision["points"]) > 1
    assert decision["engine"]
    assert decision["order"]
    kept = await graph.ask(f'{{ child(reference: "{reference}") {{ allocations {{ decision {{ {_DECISION} }} }} }} }}', role=Role.AUDITOR)
    assert kept.data["child"]["allocations"] == [{"decision": decision}]


async def test_a_change_of_iro_waits_for_another_manager_who_approves(graph: Graph, authority: Authority) -> None:
    said = await _do(graph, ALLOCATE, reference="CH001", iroCode="IRO-02", reason="with its sister")
    asked = said["request"]
    assert (asked["state"], asked["iro"], asked["from"], asked["child"]) == (
        "WAITING", {"code": "IRO-02"}, {"code": "IRO-01"}, {"reference": "CH001"},
    )  # fmt: skip
    assert asked["needsApprovalFor"] == ["CHANGE_OF_IRO"]
    whose = '{ child(reference: "CH001") { iro { code } } }'
    assert (await graph.ask(whose)).data["child"]["iro"] == {"code": "IRO-01"}
    own = await _do(graph, DECIDE, id=asked["id"], approve=True, reason="yes")
    assert own["__typename"] == "Forbidden"
    listed = (await graph.ask("{ allocationRequests(states: [WAITING]) { totalCount edges { node { id } } } }")).data["allocationRequests"]
    assert listed == {"totalCount": 1, "edges": [{"node": {"id": asked["id"]}}]}
    decided = await _do(graph, DECIDE, name="another", id=asked["id"], approve=True, reason="agreed with her team")
    assert (decided["request"]["state"], decided["request"]["decidedBy"]) == ("APPROVED", "manager:another")
    assert decided["decision"]["allocation"]["iro"] == {"code": "IRO-02"}
    assert decided["decision"]["allocation"]["approvedBy"] == "manager:another"
    assert (await graph.ask(whose)).data["child"]["iro"] == {"code": "IRO-02"}
    twice = await _do(graph, DECIDE, name="another", id=asked["id"], approve=True, reason="r")
    assert (twice["__typename"], twice["field"]) == ("InvalidInput", "id")


async def test_a_request_is_declined_or_overtaken_and_changes_nothing(graph: Graph, authority: Authority, records: Records) -> None:
    first = (await _do(graph, ALLOCATE, reference="CH001", iroCode="IRO-02", reason="r"))["request"]
    declined = await _do(graph, DECIDE, name="another", id=first["id"], approve=False, reason="not now")
    assert (declined["request"]["state"], declined["request"]["decidedReason"], declined["decision"]) == ("DECLINED", "not now", None)
    second = (await _do(graph, ALLOCATE, reference="CH001", iroCode="IRO-02", reason="r"))["request"]
    await records.connection.execute("UPDATE allocation SET iro_id = $1 WHERE child_id = $2", await records.iro("IRO-03"), authority.own)
    overtaken = await _do(graph, DECIDE, name="another", id=second["id"], approve=True, reason="yes")
    assert (overtaken["request"]["state"], overtaken["decision"]) == ("OVERTAKEN", None)
    assert "CH001" in overtaken["request"]["overtakenBecause"]
    shown = (await graph.ask("{ allocationRequests { edges { node { state } } } }")).data["allocationRequests"]["edges"]
    assert [edge["node"]["state"] for edge in shown] == ["DECLINED", "OVERTAKEN"]


async def test_what_cannot_be_decided_is_refused_by_the_field(graph: Graph, authority: Authority, records: Records) -> None:
    await _had_charge(records, authority, "CH001")
    barred = await _do(graph, ALLOCATE, reference="CH001", iroCode="IRO-02", reason="r")
    assert (barred["__typename"], barred["code"]) == ("NotEligible", "INDEPENDENCE")
    mute = await _do(graph, ALLOCATE, reference="CH001", iroCode="IRO-01", reason=" ")
    assert (mute["__typename"], mute["field"]) == ("InvalidInput", "reason")
    idle = await _do(graph, ALLOCATE, reference="CH003", iroCode="IRO-01", reason="r")
    assert (idle["__typename"], idle["field"]) == ("InvalidInput", "reference")


async def test_who_waits_is_shown_with_the_days(graph: Graph, authority: Authority, records: Records) -> None:
    await _waiting_child(records)
    await records.care_period(await records.child("CH005"), date(2026, 8, 28))
    fields = "child { reference } since sinceExact why workingDays namedBy overdue"
    first, second = (await graph.ask(f"{{ awaitingAllocation {{ {fields} }} }}")).data["awaitingAllocation"]
    # the Monday in between is a bank holiday
    assert (first["child"]["reference"], first["since"], first["workingDays"], first["namedBy"]) == ("CH004", "2026-08-24", 5, "2026-09-01")
    assert (first["overdue"], first["sinceExact"]) == (False, True)
    assert (second["child"]["reference"], second["workingDays"], second["namedBy"]) == ("CH005", 1, "2026-09-07")
    seen = await records.connection.fetchval("SELECT count(*) FROM audit_event WHERE action = 'READ_CHILD'")
    assert seen == 2


_MOST_STATEMENTS = [
    ("{ allocationRequests { edges { node { reason child { reference } iro { code } from { code } recommended { code } } } } }", 3),
    ("{ awaitingAllocation { workingDays child { reference } } }", 6),
    ('{ candidates(reference: "CH000") { rank iro { code } } }', 25),
]


async def test_more_rows_take_no_more_statements(graph: Graph, authority: Authority, records: Records) -> None:
    await _waiting_child(records, "CH000")
    await request(records.connection, authority.own, authority.colleague, from_iro=authority.officer)
    few = [await graph.ask(document) for document, _ in _MOST_STATEMENTS]
    for number in range(5):
        child = await records.child(f"CH10{number}")
        await records.care_period(child, date(2026, 8, 24))
        await request(records.connection, child, await records.iro(f"IRO-1{number}"))
    for (document, most), before in zip(_MOST_STATEMENTS, few, strict=True):
        answer: Answer = await graph.ask(document)
        assert answer.data
        assert len(answer.statements) <= most, (document, len(answer.statements))
        assert len(answer.statements) <= len(before.statements) + 1, document  # one more level of officers, at most


async def test_what_tells_of_a_child_that_waits_is_on_record_without_its_name_too(
    graph: Graph, authority: Authority, records: Records
) -> None:
    await _waiting_child(records)
    waiting = await records.connection.fetchval("SELECT id FROM child WHERE reference = 'CH004'")
    asked = await request(records.connection, authority.own, authority.colleague, from_iro=authority.officer)
    node = f'{{ node(id: "{global_id("AllocationRequest", asked)}") {{ id }} }}'
    for document, child in (
        ("{ awaitingAllocation { why } }", waiting),
        ("{ allocationRequests { edges { node { reason } } } }", authority.own),
        (node, authority.own),
    ):
        await records.connection.execute("SET ROLE NONE")
        await records.connection.execute("TRUNCATE audit_event")
        await graph.ask(document)
        rows = await records.connection.fetch("SELECT subject FROM audit_event WHERE action = 'READ_CHILD'")
        assert [row["subject"] for row in rows] == [f"child:{child}"], document


async def test_requests_come_in_pages_and_each_is_a_node(graph: Graph, authority: Authority, records: Records) -> None:
    children = [await records.child(f"CH10{number}") for number in range(3)]
    wanted = [global_id("AllocationRequest", await request(records.connection, child, authority.officer)) for child in children]
    page = "totalCount pageInfo { hasNextPage endCursor } edges { node { id } }"
    document = f"query ($after: String) {{ allocationRequests(first: 2, after: $after) {{ {page} }} }}"
    first = (await graph.ask(document)).data["allocationRequests"]
    second = (await graph.ask(document, {"after": first["pageInfo"]["endCursor"]})).data["allocationRequests"]
    shown = [edge["node"]["id"] for page in (first, second) for edge in page["edges"]]
    assert (sorted(shown), first["totalCount"], first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (
        sorted(wanted),
        3,
        True,
        False,
    )
    assert (await graph.ask('{ allocationRequests(after: "nonsense") { totalCount } }')).code == "INVALID_INPUT"
    node = await graph.ask("query ($id: ID!) { node(id: $id) { __typename } }", {"id": wanted[0]})
    assert node.data["node"] == {"__typename": "AllocationRequest"}

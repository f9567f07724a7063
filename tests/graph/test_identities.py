"""One child under two references, through the graph: who sees the proposal, who decides, and what the answer shows."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.rights import CHILDREN, CODES, Case, ask, may_record, table
from tests.support.graph import Graph, global_id
from tests.support.records import EARLY, Records

_KEYS = count()
_LINK = """reference otherReference evidence state keptReference proposedBy decidedAt decidedBy reason toSettle
  child { reference otherReferences } other { reference }"""


async def propose(records: Records, one: UUID, other: UUID) -> UUID:
    """A proposal as an import leaves it."""
    identifier = uuid4()
    await records.connection.execute(
        "INSERT INTO identity_link (id, child_id, other_id, evidence, state, proposed_at, proposed_by) "
        "VALUES ($1, $2, $3, ARRAY['SAME_UPN', 'SAME_BIRTH'], 'PROPOSED', $4, 'import')",
        identifier, one, other, EARLY,
    )  # fmt: skip
    return identifier


@pytest.fixture
async def proposal(authority: Authority, records: Records) -> UUID:
    third = await records.connection.fetchval("SELECT id FROM child WHERE reference = 'CH003'")
    return await propose(records, authority.own, third)


async def _decide(graph: Graph, name: str, identifier: UUID, role: Role = Role.BUSINESS_SUPPORT, **stated: Any) -> dict[str, Any]:
    kind = "MergeIdentitiesInput" if name == "mergeIdentities" else "DecideIdentityInput"
    document = f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{ __typename
      ... on IdentityDecided {{ link {{ {_LINK} }} released {{ reference needs }} stopped {{ reference state }} }}
      ... on InvalidInput {{ message field }} }} }}"""
    body = {"requestKey": f"key-{next(_KEYS)}", "id": global_id("IdentityLink", identifier), "reason": "the same birth certificate"}
    answer = await graph.ask(document, {"input": {**body, **stated}}, role=role, code=CODES.get(role), children=("CH001",))
    found: dict[str, Any] = answer.data[name]
    return found


async def test_two_references_become_one_child_and_two_again(graph: Graph, proposal: UUID) -> None:
    merged = (await _decide(graph, "mergeIdentities", proposal, keptReference="CH001"))["link"]
    assert (merged["state"], merged["keptReference"], merged["evidence"]) == ("MERGED", "CH001", ["SAME_UPN", "SAME_BIRTH"])
    assert (merged["child"], merged["other"]) == ({"reference": "CH001", "otherReferences": ["CH003"]}, None)
    assert merged["reason"] == "the same birth certificate"
    assert merged["toSettle"] == []
    again = await _decide(graph, "mergeIdentities", proposal)
    assert (again["__typename"], again["field"]) == ("InvalidInput", "id")
    parted = (await _decide(graph, "undoMerge", proposal))["link"]
    assert (parted["state"], parted["keptReference"]) == ("UNDONE", None)
    assert (parted["child"]["otherReferences"], parted["other"]) == ([], {"reference": "CH003"})


async def test_who_merges_is_told_which_meetings_lost_their_room_and_whose_did_nothing_of_it(
    graph: Graph, authority: Authority, records: Records, proposal: UUID
) -> None:
    await records.connection.execute("UPDATE attendee SET role = 'PARENT', agency = 'FAMILY' WHERE meeting_id = $1", authority.own_meeting)
    stated = {"requestKey": "apart", "reference": "CH003", "fromDay": "2026-09-01", "parentsApart": True}
    document = "mutation ($input: RecordCircumstancesInput!) { recordCircumstances(input: $input) { __typename } }"
    assert (await graph.ask(document, {"input": stated})).data["recordCircumstances"]["__typename"] == "ChildRecorded"
    told = await _decide(graph, "mergeIdentities", proposal, keptReference="CH001")
    assert (told["released"], told["stopped"]) == ([{"reference": "M-OWN1-OWN1", "needs": ["ROOM"]}], [])


async def test_who_merges_is_told_which_meetings_are_called_off_since_the_child_died(
    graph: Graph, authority: Authority, records: Records, proposal: UUID
) -> None:
    document = "mutation ($input: RecordDeathInput!) { recordDeath(input: $input) { __typename } }"
    stated = {"requestKey": "death", "reference": "CH003", "diedOn": "2026-08-31"}
    assert (await graph.ask(document, {"input": stated})).data["recordDeath"]["__typename"] == "ChildRecorded"
    key: dict[str, Any] = {"requestKey": "once", "keptReference": "CH001"}
    told = await _decide(graph, "mergeIdentities", proposal, **key)
    assert (told["released"], told["stopped"]) == ([], [{"reference": "M-OWN1-OWN1", "state": "CANCELLED"}])
    assert await _decide(graph, "mergeIdentities", proposal, **key) == told  # asked again by the same key


async def test_two_that_are_two_are_rejected(graph: Graph, proposal: UUID) -> None:
    assert (await _decide(graph, "rejectIdentity", proposal))["link"]["state"] == "REJECTED"
    answer = await graph.ask("{ identityLinks(states: [PROPOSED]) { totalCount } all: identityLinks { totalCount } }")
    assert answer.data == {"identityLinks": {"totalCount": 0}, "all": {"totalCount": 1}}


async def test_proposals_come_in_pages_what_waits_first(graph: Graph, authority: Authority, records: Records, proposal: UUID) -> None:
    for number in range(4):
        await propose(records, authority.other, await records.child(f"CH4{number}"))
    await _decide(graph, "rejectIdentity", proposal)
    document = """query ($after: String) { identityLinks(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor }
      edges { node { id state } } } }"""
    seen, after = [], None
    while True:
        page = (await graph.ask(document, {"after": after})).data["identityLinks"]
        assert page["totalCount"] == 5
        seen += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len({each["id"] for each in seen}) == 5
    assert [each["state"] for each in seen] == ["PROPOSED"] * 4 + ["REJECTED"]
    assert (await graph.ask(document, {"after": "WyIiLCAiMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAiXQ"})).code == "INVALID_INPUT"


async def test_a_proposal_is_there_for_whoever_sees_every_child_and_decided_by_whoever_records_all(
    graph: Graph, authority: Authority, records: Records, proposal: UUID
) -> None:
    for role in Role:
        sees = table()[CHILDREN][role] in ("all", "read", "read, record")
        answer = await ask(
            graph, Case(CHILDREN, role, "own"),
            "query ($id: ID!) { node(id: $id) { id } identityLinks { totalCount edges { node { id } } } }",
            id=global_id("IdentityLink", proposal),
        )  # fmt: skip
        assert (answer.data["node"] is not None) is sees
        assert (answer.data["identityLinks"]["totalCount"], len(answer.data["identityLinks"]["edges"])) == ((1, 1) if sees else (0, 0))
        for name in ("mergeIdentities", "rejectIdentity", "undoMerge"):
            never = await _decide(graph, name, uuid4(), role)
            assert never["__typename"] == ("NotFound" if may_record(role, "other") else "Forbidden")
            if not may_record(role, "other"):
                assert (await _decide(graph, name, proposal, role))["__typename"] == "Forbidden"


async def test_whoever_reads_a_proposal_has_seen_both_children(
    graph: Graph, authority: Authority, records: Records, proposal: UUID
) -> None:
    await graph.ask("{ identityLinks { edges { node { state } } } }", role=Role.AUDITOR)
    rows = await records.connection.fetch("SELECT subject FROM audit_event WHERE action = 'READ_CHILD'")
    third = await records.connection.fetchval("SELECT id FROM child WHERE reference = 'CH003'")
    assert {row["subject"] for row in rows} == {f"child:{authority.own}", f"child:{third}"}

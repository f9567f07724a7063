"""The papers that meetings owe, in the graph: whose they are, in pages, overdue and done."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.kernel.words import Role
from tests.graph.conftest import Authority
from tests.graph.rights import CODES
from tests.support.graph import Graph

_NODE = "id kind whose attendee about dueOn dueAt overdue doneAt meeting { reference }"
_PAGE = f"totalCount pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {_NODE} }} }}"
_TASKS = (
    "query ($first: Int, $after: String, $overdue: Boolean! = false, $done: Boolean! = false) "
    f"{{ tasks(first: $first, after: $after, overdue: $overdue, done: $done) {{ {_PAGE} }} }}"
)
_SEE_TO = (
    "mutation ($id: ID!, $key: ID!) { seeToTask(input: {requestKey: $key, id: $id}) "
    "{ __typename ... on TaskDone { id tasks(first: 1) { totalCount edges { node { id } } } } } }"
)
EVERYTHING = ["RAG_DOCUMENT", "RECORD_WRITTEN", "RAG_DOCUMENT", "RECORD_DISTRIBUTED"]
OF_OTHERS = {Role.POLICE_LIAISON, Role.SOCIAL_WORKER, Role.AUDITOR, Role.SERVICE}
SEEN = {
    Role.BUSINESS_SUPPORT: EVERYTHING,
    Role.MANAGER: EVERYTHING,
    Role.IRO: ["RAG_DOCUMENT"],
    Role.NOTE_TAKER: ["RECORD_WRITTEN", "RECORD_DISTRIBUTED"],
} | {role: [] for role in OF_OTHERS}


@pytest.fixture
async def owing(graph: Graph, authority: Authority, now: datetime) -> Authority:
    """Two papers of each meeting: one overdue, three to come."""
    written, sent = datetime(2026, 9, 21, 23, tzinfo=UTC), datetime(2026, 9, 28, 23, tzinfo=UTC)
    rows = [
        (authority.own_meeting, "RAG_DOCUMENT", "CHAIR", authority.officer, now - timedelta(hours=1), None),
        (authority.own_meeting, "RECORD_WRITTEN", "NOTE_TAKER", authority.note_taker, written, date(2026, 9, 21)),
        (authority.other_meeting, "RAG_DOCUMENT", "CHAIR", authority.colleague, datetime(2026, 9, 22, 12, tzinfo=UTC), None),
        (authority.own_meeting, "RECORD_DISTRIBUTED", "NOTE_TAKER", authority.note_taker, sent, date(2026, 9, 28)),
    ]  # fmt: skip
    async with graph.database.connection() as connection:
        await connection.executemany(
            """INSERT INTO paper_task (id, meeting_id, kind, whose, owner_id, runs_from, due_at, due_on, raised_at)
               VALUES (gen_random_uuid(), $1, $2, $3, $4, now(), $5, $6, now())""",
            rows,
        )
    return authority


async def _tasks(graph: Graph, role: Role = Role.BUSINESS_SUPPORT, **asked: Any) -> dict[str, Any]:
    children = ("CH001",) if role is Role.SOCIAL_WORKER else ()
    found: dict[str, Any] = (await graph.ask(_TASKS, asked, role=role, code=CODES.get(role), children=children)).data["tasks"]
    return found


def _nodes(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in page["edges"]]


async def test_each_role_sees_its_own_papers_or_all_or_none(graph: Graph, owing: Authority) -> None:
    for role in Role:
        page = await _tasks(graph, role)
        assert ([each["kind"] for each in _nodes(page)], page["totalCount"]) == (SEEN[role], len(SEEN[role])), role


async def test_a_paper_says_whose_it_is_until_when_and_whether_it_is_overdue(graph: Graph, owing: Authority) -> None:
    rag, record, *_ = _nodes(await _tasks(graph))
    assert {name: rag[name] for name in rag if name != "id"} == {
        "kind": "RAG_DOCUMENT", "whose": "CHAIR", "attendee": "IRO IRO-01", "about": "M-OWN1-OWN1", "dueOn": None,
        "dueAt": "2026-09-01T08:00:00+00:00", "overdue": True, "doneAt": None, "meeting": {"reference": "M-OWN1-OWN1"},
    }  # fmt: skip
    assert (record["attendee"], record["dueOn"], record["overdue"]) == ("NOTE_TAKER NT-01", "2026-09-21", False)
    late = await _tasks(graph, overdue=True)
    assert ([each["id"] for each in _nodes(late)], late["totalCount"]) == ([rag["id"]], 1)


async def test_pages_follow_one_another_without_gap_or_repetition(graph: Graph, owing: Authority) -> None:
    found, after = [], None
    while True:
        page = await _tasks(graph, first=1, after=after)
        assert page["totalCount"] == 4
        found += _nodes(page)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == _nodes(await _tasks(graph))


async def test_whoever_owes_a_paper_sees_to_it_once_and_nobody_elses_is_there(graph: Graph, owing: Authority) -> None:
    rag, _, others, _ = _nodes(await _tasks(graph))
    mine: dict[str, Any] = {"role": Role.IRO, "code": "IRO-01"}
    foreign = await graph.ask(_SEE_TO, {"id": others["id"], "key": "a"}, **mine)
    assert foreign.data["seeToTask"]["__typename"] == "NotFound"
    for _ in range(2):
        done = (await graph.ask(_SEE_TO, {"id": rag["id"], "key": "b"}, **mine)).data["seeToTask"]
        assert done == {"__typename": "TaskDone", "id": rag["id"], "tasks": {"totalCount": 0, "edges": []}}
    again = await graph.ask(_SEE_TO, {"id": rag["id"], "key": "c"}, **mine)
    assert again.data["seeToTask"]["__typename"] == "NotFound"
    (kept,) = _nodes(await _tasks(graph, Role.IRO, done=True))
    assert (kept["id"], kept["overdue"], kept["doneAt"] is not None) == (rag["id"], False, True)
    assert _nodes(await _tasks(graph, Role.NOTE_TAKER, done=True)) == []


async def test_what_is_done_is_not_asked_for_as_overdue(graph: Graph, owing: Authority) -> None:
    answer = await graph.ask(_TASKS, {"done": True, "overdue": True}, role=Role.BUSINESS_SUPPORT)
    assert "ask for one of the two" in str(answer.body)
